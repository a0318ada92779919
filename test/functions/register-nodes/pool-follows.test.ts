// What follows a heal in the pool: in mode ask by the yes to it, and the way back in any case.
import { describe, expect, it } from '@jest/globals';
import { followPool, hasStrangers, type RetiredInstance } from '../../../functions/register-nodes/pool-follows.ts';
import { desiredNames } from '../../../functions/register-nodes/records.ts';
import type { OutOfPool } from '../../../shared/guardrails/names.ts';
import { applied, factsOf, healthOf, idOf, nodes, valuesIn, zoneOf } from '../../fixtures/register-facts.ts';

const POOL = 'pool.bitcoin.internal';
const NOW_MS = Date.UTC(2026, 0, 1, 12);
const DAY_MS = 24 * 60 * 60_000;
const [one, two, three] = nodes as [(typeof nodes)[0], (typeof nodes)[0], (typeof nodes)[0]];
const TAKEN = new Set([idOf(2)]);
const left = (index: number, agoMs = 0): OutOfPool => ({
  node: `node${index}`,
  instanceId: idOf(index),
  atMs: NOW_MS - agoMs,
});

type Facts = ReturnType<typeof factsOf>;

const follow = (facts: Facts, out: readonly OutOfPool[] = [], retired: readonly RetiredInstance[] = []) =>
  followPool({ ...facts, out, retired, nowMs: NOW_MS }, desiredNames(facts));
const poolAfter = (facts: Facts, out: readonly OutOfPool[] = [], retired: readonly RetiredInstance[] = []) =>
  follow(facts, out, retired).plan.changes.map(({ name, create }) => [name, ...create.flatMap(({ values }) => values)]);

const before = applied(factsOf());
const without = applied({ ...before, taken: TAKEN });

describe('a node that a heal has taken', () => {
  it('leaves the pool, and that is remembered', () => {
    const followed = follow({ ...before, taken: TAKEN });
    expect(followed.plan.changes.map(({ sentence }) => sentence)).toEqual([`${POOL} A loses 10.0.2.2 (2 in all)`]);
    expect(followed.sentence).toBe('node2 leaves the pool for what is done to it');
    expect(followed.out).toEqual([left(2)]);
    expect(valuesIn(without, POOL)).toEqual(['10.0.0.3', '10.0.1.1']);
  });

  it('comes back when the heal is over, also at another address, and is forgotten once it is in', () => {
    const out = [left(2, DAY_MS)];
    expect(poolAfter({ ...without, taken: new Set() }, out)).toEqual([[POOL, '10.0.0.3', '10.0.1.1', '10.0.2.2']]);
    const replaced = [one, { ...two, instanceId: 'i-other', privateIp: '10.0.2.9' }, three];
    const health = new Map([...without.health, ['i-other', 'synced' as const]]);
    expect(poolAfter({ ...without, taken: new Set(), nodes: replaced, health }, out)).toEqual([
      [POOL, '10.0.0.3', '10.0.1.1', '10.0.2.9'],
    ]);
    expect(follow(before, out).out).toEqual([]);
  });

  it('leaves no pool under a pause, and comes back', () => {
    const held = (facts: Facts, out: readonly OutOfPool[]) =>
      followPool({ ...facts, out, retired: [], nowMs: NOW_MS, isHeld: true }, desiredNames(facts));
    expect(held({ ...before, taken: TAKEN }, [])).toMatchObject({ plan: { changes: [] }, out: [] });
    const back = held({ ...without, taken: new Set<string>() }, [left(2)]);
    expect(back.plan.changes.map(({ sentence }) => sentence)).toEqual([`${POOL} A gains 10.0.2.2 (3 in all)`]);
    expect(back.sentence).toBe('node2 is back in the pool, which it had left for a heal');
  });

  it('stays out while it is not synced, and while another heal has it', () => {
    const out = [left(2)];
    const sick = { ...without, taken: new Set<string>(), health: healthOf('synced', 'stuck', 'synced') };
    expect(follow(sick, out)).toMatchObject({ plan: { changes: [] }, out });
    expect(follow(without, out)).toMatchObject({ plan: { changes: [] }, out });
  });

  it('comes back by a yes alone after a week', () => {
    const over = { ...without, taken: new Set<string>() };
    expect(poolAfter(over, [left(2, 7 * DAY_MS - 1)])).toHaveLength(1);
    expect(follow(over, [left(2, 7 * DAY_MS)])).toMatchObject({ plan: { changes: [] }, out: [] });
  });
});

describe('what no yes covers', () => {
  it('is who else leaves or comes: a sick node stays in, a new one out', () => {
    const facts = { ...before, health: healthOf('synced', 'synced', 'stuck'), taken: TAKEN };
    expect(poolAfter(facts)).toEqual([[POOL, '10.0.0.3', '10.0.1.1']]);
    expect(poolAfter({ ...without, taken: new Set() }, [left(1)])).toEqual([]);
  });

  it('is an empty pool: the only address in it stays', () => {
    const alone = applied(factsOf({ nodes: [two], health: healthOf('stuck', 'synced') }));
    expect(poolAfter({ ...alone, nodes, taken: TAKEN, health: healthOf('synced', 'synced', 'synced') })).toEqual([]);
    expect(poolAfter({ ...alone, taken: TAKEN })).toEqual([]);
  });

  it('is a node that a person has paused, and a record that is not ours', () => {
    expect(poolAfter({ ...before, taken: TAKEN, paused: TAKEN })).toEqual([]);
    expect(poolAfter({ ...without, taken: new Set(), paused: TAKEN }, [left(2)])).toEqual([]);
    const foreign = [...before.zone.values()].filter(({ name }) => !name.startsWith('_chainmend.pool.'));
    expect(poolAfter({ ...before, zone: zoneOf(foreign), taken: TAKEN })).toEqual([]);
    expect(poolAfter({ ...before, zone: zoneOf([]), taken: TAKEN })).toEqual([]);
  });
});

describe('an instance that another one has taken the place of', () => {
  const successor = { ...two, instanceId: 'i-new', privateIp: '10.0.2.9' };
  const after = {
    ...before,
    nodes: [one, successor, three],
    health: new Map([...before.health, ['i-new', 'synced' as const]]),
  };

  it('leaves the pool by its tag, and the node comes in at its new address in the same change', () => {
    expect(poolAfter(after, [], [two])).toEqual([[POOL, '10.0.0.3', '10.0.1.1', '10.0.2.9']]);
    const young = { ...after, health: before.health };
    expect(poolAfter(young, [], [two])).toEqual([[POOL, '10.0.0.3', '10.0.1.1']]);
    expect(follow(young, [], [two]).out).toEqual([left(2)]);
  });

  it('is looked for only where the pool has an address that no node has', () => {
    expect(hasStrangers(before, before.zone)).toBe(false);
    expect(hasStrangers(after, before.zone)).toBe(true);
    expect(hasStrangers(after, new Map())).toBe(false);
  });

  it('and that is a node all the same is judged as a node', () => {
    expect(poolAfter(before, [], [two])).toEqual([]);
  });
});

describe('two of one name', () => {
  const namesake = { ...two, instanceId: 'i-namesake', privateIp: '10.0.2.8' };
  const health = new Map([...before.health, ['i-namesake', 'synced' as const]]);

  it('are told apart by their instances: none comes in for the other one', () => {
    const both = { ...without, nodes: [one, two, three, namesake], health };
    expect(poolAfter({ ...both, taken: TAKEN }, [left(2)])).toEqual([]);
    expect(poolAfter({ ...both, taken: new Set() }, [left(2)])).toEqual([[POOL, '10.0.0.3', '10.0.1.1', '10.0.2.2']]);
  });

  it('and nobody knows which of them has taken its place', () => {
    const others = [namesake, { ...namesake, instanceId: 'i-third', privateIp: '10.0.2.7' }];
    const nobody = { ...without, taken: new Set<string>(), nodes: [one, three, ...others], health };
    expect(follow(nobody, [left(2)])).toMatchObject({ plan: { changes: [] }, out: [left(2)] });
  });
});

describe('a pool of which the others should not be in it', () => {
  it('stays as it is: a wrong answer is worse than none', () => {
    const forked = { ...before, health: healthOf('synced', 'forked', 'forked'), taken: new Set([idOf(1)]) };
    const four = { ...forked, nodes: [...nodes, { ...one, instanceId: 'i-4', name: 'node4', privateIp: '10.0.0.4' }] };
    const facts = { ...four, health: new Map([...forked.health, ['i-4', 'synced' as const]]) };
    expect(poolAfter(facts)).toEqual([]);
  });
});
