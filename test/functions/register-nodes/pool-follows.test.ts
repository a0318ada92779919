// What a yes to a heal covers in the pool of a fleet in mode ask.
import { describe, expect, it } from '@jest/globals';
import { followPool, mayFollow } from '../../../functions/register-nodes/pool-follows.ts';
import { desiredNames } from '../../../functions/register-nodes/records.ts';
import type { OutOfPool } from '../../../shared/guardrails/names.ts';
import { applied, factsOf, healthOf, idOf, nodes, valuesIn, zoneOf } from '../../fixtures/register-facts.ts';

const POOL = 'pool.bitcoin.internal';
const NOW_MS = Date.UTC(2026, 0, 1, 12);
const DAY_MS = 24 * 60 * 60_000;
const [one, two, three] = nodes as [(typeof nodes)[0], (typeof nodes)[0], (typeof nodes)[0]];
const TAKEN = new Set([idOf(2)]);
const left = (node: string, agoMs = 0): OutOfPool => ({ node, atMs: NOW_MS - agoMs });

type Facts = ReturnType<typeof factsOf>;

const follow = (facts: Facts, out: readonly OutOfPool[] = []) =>
  followPool({ ...facts, out, nowMs: NOW_MS }, desiredNames(facts));
const poolAfter = (facts: Facts, out: readonly OutOfPool[] = []) =>
  follow(facts, out).plan.changes.map(({ name, create }) => [name, ...create.flatMap(({ values }) => values)]);

const before = applied(factsOf());
const without = applied({ ...before, taken: TAKEN });

describe('a node that a heal has taken, by a yes', () => {
  it('leaves the pool, and that is remembered', () => {
    const followed = follow({ ...before, taken: TAKEN });
    expect(followed.plan.changes.map(({ sentence }) => sentence)).toEqual([`${POOL} A loses 10.0.2.2 (2 in all)`]);
    expect(followed.sentence).toBe('node2 leaves the pool, as said with the yes to what is done to it');
    expect(followed.out).toEqual([left('node2')]);
    expect(valuesIn(without, POOL)).toEqual(['10.0.0.3', '10.0.1.1']);
  });

  it('comes back when the heal is over, also at another address, and is forgotten once it is in', () => {
    const out = [left('node2', DAY_MS)];
    expect(poolAfter({ ...without, taken: new Set() }, out)).toEqual([[POOL, '10.0.0.3', '10.0.1.1', '10.0.2.2']]);
    const replaced = [one, { ...two, instanceId: 'i-other', privateIp: '10.0.2.9' }, three];
    const health = new Map([...without.health, ['i-other', 'synced' as const]]);
    expect(poolAfter({ ...without, taken: new Set(), nodes: replaced, health }, out)).toEqual([
      [POOL, '10.0.0.3', '10.0.1.1', '10.0.2.9'],
    ]);
    expect(follow(before, out).out).toEqual([]);
  });

  it('stays out while it is not synced, and while another heal has it', () => {
    const out = [left('node2')];
    const sick = { ...without, taken: new Set<string>(), health: healthOf('synced', 'stuck', 'synced') };
    expect(follow(sick, out)).toMatchObject({ plan: { changes: [] }, out });
    expect(follow(without, out)).toMatchObject({ plan: { changes: [] }, out });
  });

  it('comes back by a yes alone after a week', () => {
    const over = { ...without, taken: new Set<string>() };
    expect(poolAfter(over, [left('node2', 7 * DAY_MS - 1)])).toHaveLength(1);
    expect(follow(over, [left('node2', 7 * DAY_MS)])).toMatchObject({ plan: { changes: [] }, out: [] });
  });
});

describe('what no yes covers', () => {
  it('is who else leaves or comes: a sick node stays in, a new one out', () => {
    const facts = { ...before, health: healthOf('synced', 'synced', 'stuck'), taken: TAKEN };
    expect(poolAfter(facts)).toEqual([[POOL, '10.0.0.3', '10.0.1.1']]);
    expect(poolAfter({ ...without, taken: new Set() }, [left('node1')])).toEqual([]);
  });

  it('is an empty pool: the only address in it stays', () => {
    const alone = applied(factsOf({ nodes: [two], health: healthOf('stuck', 'synced') }));
    expect(poolAfter({ ...alone, nodes, taken: TAKEN, health: healthOf('synced', 'synced', 'synced') })).toEqual([]);
    expect(poolAfter({ ...alone, taken: TAKEN })).toEqual([]);
  });

  it('is a node that a person has paused, and a record that is not ours', () => {
    expect(poolAfter({ ...before, taken: TAKEN, paused: TAKEN })).toEqual([]);
    expect(poolAfter({ ...without, taken: new Set(), paused: TAKEN }, [left('node2')])).toEqual([]);
    const foreign = [...before.zone.values()].filter(({ name }) => !name.startsWith('_chainmend.pool.'));
    expect(poolAfter({ ...before, zone: zoneOf(foreign), taken: TAKEN })).toEqual([]);
    expect(poolAfter({ ...before, zone: zoneOf([]), taken: TAKEN })).toEqual([]);
  });
});

describe('the zone is read for it', () => {
  it('only where a node is taken or has left', () => {
    expect(mayFollow({ nodes, taken: new Set(), out: [] })).toBe(false);
    expect(mayFollow({ nodes, taken: new Set(['i-of-another-fleet']), out: [] })).toBe(false);
    expect(mayFollow({ nodes, taken: TAKEN, out: [] })).toBe(true);
    expect(mayFollow({ nodes, taken: new Set(), out: [left('node2')] })).toBe(true);
  });
});
