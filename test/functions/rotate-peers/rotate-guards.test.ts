// How much of a fleet's lists changes at the same time, and which client may be restarted.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PeerSelection } from '../../../functions/rotate-peers/peer-selection.ts';
import { type ListProposal, limitChanges } from '../../../functions/rotate-peers/plan.ts';
import {
  isChainStillYoung,
  isChainUnstarted,
  judgeRestart,
  type RestartFacts,
} from '../../../functions/rotate-peers/restart.ts';
import { judgeObservation } from '../../../functions/rotate-peers/schedule.ts';
import type { Health, NodeMemory } from '../../../shared/fleet/observation.ts';
import { parseFleet } from '../../../shared/fleet/resolve.ts';
import type { BreakerReading } from '../../../shared/guardrails/breaker.ts';
import { tries } from '../../fixtures/any.ts';

const list = (from: number, to: number): string[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, index) => `10.0.0.${from + index}:8333`);

function wanted(
  index: number,
  before: readonly string[],
  after: readonly string[],
  more: { readonly belowFloor?: boolean; readonly forbidden?: readonly string[]; readonly exist?: number } = {},
): ListProposal {
  const choice: PeerSelection = {
    instanceId: `i-${index}`,
    peers: after,
    hiddenIds: [],
    exist: more.exist ?? 100,
    reachable: after.length,
    dropped: before
      .filter((peer) => !after.includes(peer))
      .map((peer, badness) => ({
        peer,
        why: 'it is stuck',
        forbidden: more.forbidden?.includes(peer) ?? false,
        badness,
      })),
  };
  const now = { instanceId: `i-${index}`, peers: before, owned: [], connected: new Set<string>() };
  return { node: `node${String(index).padStart(3, '0')}`, now, choice, belowFloor: more.belowFloor ?? false };
}

describe('the length of a list', () => {
  it.each([
    [8, 1, 4],
    [6, 0, 3],
    [4, 1, 3],
    [3, 1, 3],
    [2, 1, 2],
    [20, 8, 10],
    [10, 9, 9],
  ])('of %i entries, %i of which are good, %i are left', (before, good, left) => {
    const [change] = limitChanges([wanted(1, list(1, before + 1), list(1, good + 1))], { entries: 1_000, changed: 0 });
    expect(change?.after).toHaveLength(left);
  });

  it('is that of a small fleet where there are no more: entries of nodes that are gone go', () => {
    const [change] = limitChanges([wanted(1, list(1, 11), list(1, 3), { exist: 2 })], { entries: 1_000, changed: 0 });
    expect(change?.after).toEqual(list(1, 3));
  });

  it('the least bad stay', () => {
    const [change] = limitChanges([wanted(1, list(1, 9), [])], { entries: 1_000, changed: 0 });
    expect(change?.after).toEqual(list(1, 5));
  });

  it('what has no business there goes all the same', () => {
    const before = list(1, 4);
    const [change] = limitChanges([wanted(1, before, [], { forbidden: before })], { entries: 1_000, changed: 0 });
    expect(change?.after).toEqual([]);
  });
});

describe('churn', () => {
  it('is at most 30 % of the fleet’s entries in an hour, the rest waits', () => {
    const nodes = [1, 2, 3, 4].map((index) => wanted(index, list(0, 10), list(5, 15)));
    const changes = limitChanges(nodes, { entries: 40, changed: 0 });
    expect(changes.map(({ entries, waiting }) => [entries, waiting])).toEqual([
      [5, 0],
      [5, 0],
      [2, 3],
      [0, 5],
    ]);
    expect(changes[3]?.after).toEqual(changes[3]?.before);
  });

  it('counts what the hour has seen already', () => {
    const [change] = limitChanges([wanted(1, list(0, 10), list(5, 15))], { entries: 40, changed: 12 });
    expect(change).toMatchObject({ entries: 0, waiting: 5 });
  });

  it('lets one entry an hour through in the smallest fleet', () => {
    const [change] = limitChanges([wanted(1, list(0, 1), list(1, 2), { exist: 1 })], { entries: 2, changed: 0 });
    expect(change).toMatchObject({ entries: 1, added: list(1, 2), removed: list(0, 1) });
  });

  it('does not hold up a node below its floor', () => {
    const [change] = limitChanges([wanted(1, [], list(0, 10), { belowFloor: true })], { entries: 0, changed: 100 });
    expect(change).toMatchObject({ after: list(0, 10), entries: 0, waiting: 0 });
  });

  it('whatever is wanted, stays within all limits and comes to the same end', () => {
    const any = fc.array(
      fc.record({
        before: fc.uniqueArray(fc.nat(30), { maxLength: 12 }),
        after: fc.uniqueArray(fc.nat(30), { maxLength: 12 }),
        forbidden: fc.array(fc.nat(30), { maxLength: 4 }),
        belowFloor: fc.boolean(),
      }),
      { minLength: 1, maxLength: 8 },
    );
    const text = (index: number): string => `10.0.0.${index}:8333`;
    fc.assert(
      fc.property(any, fc.nat(20), (nodes, changed) => {
        const all = nodes.map(({ before, after, forbidden, belowFloor }, index) =>
          wanted(index, before.map(text), after.filter((peer) => !forbidden.includes(peer)).map(text), {
            belowFloor,
            forbidden: forbidden.map(text),
          }),
        );
        const entries = nodes.reduce((sum, { before }) => sum + before.length, 0);
        const changes = limitChanges(all, { entries, changed });
        const spent = changes.reduce((sum, change) => sum + change.entries, 0);
        const withinBudget = spent <= Math.max(0, Math.max(1, Math.floor(entries * 0.3)) - changed);
        const withinLength = changes.every(({ before, after }, index) => {
          const { dropped = [], peers = [] } = all[index]?.choice ?? {};
          const keepable = before.filter((peer) => !dropped.some((one) => one.peer === peer && one.forbidden));
          const exists = new Set([...keepable, ...peers]).size;
          return (
            after.length >= Math.min(3, Math.ceil(before.length / 2), exists) &&
            after.length >= Math.min(Math.ceil(before.length / 2), exists)
          );
        });
        const sound = changes.every(
          ({ before, after, added, removed }) =>
            new Set(after).size === after.length &&
            added.every((peer) => after.includes(peer) && !before.includes(peer)) &&
            removed.every((peer) => before.includes(peer) && !after.includes(peer)),
        );
        return withinBudget && withinLength && sound;
      }),
      tries('rotate-guards', 2_000),
    );
  });
});

const fleetFile = (more: object = {}) =>
  parseFleet({
    fleet: 'irita',
    chain: 'cometbft',
    mode: 'act',
    nodes: { tag: { Project: 'irita' } },
    docker: 'node',
    volumes: { data: '/data' },
    peers: { config: '/data/config.toml', restart: true },
    ...more,
  });

const NOW = Date.UTC(2026, 0, 15);
const observed = (healths: readonly Health[], ageMs = 0) => [
  { observedAtMs: NOW - ageMs, nodes: healths.map((health) => ({ health })) } as never,
];

const restartsValidators = fleetFile({ owner: { restartValidators: true } });
/** Four validators, of which one fares so; node1, which is to be restarted, is what it is. */
const withValidators = (health: Health) => [
  {
    observedAtMs: NOW,
    nodes: [health, 'synced', 'synced', 'synced'].map((one, at) => ({
      ...{ name: `node${4 - at}`, role: 'validator', health: one },
    })),
  } as never,
];

const split: BreakerReading = {
  open: false,
  sentence: '',
  conditions: [{ code: 'no-majority', status: 'holds', sinceMs: NOW, seenAtMs: NOW, reason: 'two blocks at 900' }],
};

describe('a restart', () => {
  const allowed: RestartFacts = {
    fleet: fleetFile(),
    instanceId: 'i-1',
    node: 'node1',
    role: 'follower',
    health: 'stuck',
    observed: observed(['synced', 'synced', 'synced', 'synced']),
    breaker: { open: false, sentence: '' },
    fresh: false,
    unproved: undefined,
    heldByHeal: undefined,
  };

  it.each<[string, Partial<RestartFacts>, string | null]>([
    ['of a follower, where the fleet file allows it', {}, null],
    ['where it does not', { fleet: fleetFile({ peers: { config: '/data/config.toml' } }) }, 'restart-forbidden'],
    ['of a node of unknown role', { role: 'unknown' }, 'restart-forbidden'],
    ['of a node of unknown role, even of a fresh fleet', { role: 'unknown', fresh: true }, 'restart-forbidden'],
    ['of a validator', { role: 'validator' }, 'restart-forbidden'],
    [
      'of a validator, where its owner agrees',
      { role: 'validator', fleet: fleetFile({ owner: { restartValidators: true } }) },
      null,
    ],
    [
      'of a validator that has no block yet, as its whole fleet',
      { role: 'validator', fresh: true, observed: observed(['starting', 'starting']) },
      null,
    ],
    ['of a client that is just starting', { health: 'starting' }, 'restart-forbidden'],
    ['while another one has not proved itself', { unproved: 'node2' }, 'restart-unproved'],
    ['while a heal is at work on another one', { heldByHeal: 'node2' }, 'busy'],
    [
      'while a heal is at work on another one of a fleet without a block',
      { heldByHeal: 'node2', fresh: true, observed: observed(['starting', 'starting']) },
      null,
    ],
    ['of a follower while a validator is down', { observed: withValidators('unreachable') }, null],
    [
      'of a validator while another one is down',
      { role: 'validator', fleet: restartsValidators, observed: withValidators('unreachable') },
      'restart-forbidden',
    ],
    [
      'of a validator while another one only lacks peers',
      { role: 'validator', fleet: restartsValidators, observed: withValidators('stuck') },
      null,
    ],
    ['while the breaker is open', { breaker: { open: true, sentence: '3 of 4 nodes unhealthy' } }, 'breaker-open'],
    ['while nobody knows whose blocks are right', { breaker: split }, 'condition-holds'],
    ['of a fleet without a block, whatever holds', { breaker: split, fresh: true }, null],
  ])('%s', (_, facts, code) => {
    expect(judgeRestart({ ...allowed, ...facts })?.refuse ?? null).toBe(code);
  });
});

interface Beginner {
  readonly height: number | null;
  readonly health: Health;
  readonly progress: number | null;
}

it('who waits for another one’s proof is nobody’s trouble: the other one is told of when its grace is over', () => {
  const facts: RestartFacts = {
    fleet: fleetFile(),
    instanceId: 'i-1',
    node: 'node1',
    role: 'follower',
    health: 'stuck',
    observed: observed(['synced', 'synced', 'synced', 'synced']),
    breaker: { open: false, sentence: '' },
    fresh: false,
    unproved: 'node2',
    heldByHeal: undefined,
  };
  expect(judgeRestart(facts)).toMatchObject({ refuse: 'restart-unproved', page: false });
});

describe('what has to be known', () => {
  it('an observation of more than three minutes ago, or none, is none', () => {
    expect(judgeObservation(observed(['synced'], 180_000), NOW)).toBeNull();
    expect(judgeObservation(observed(['synced'], 181_000), NOW)).toMatchObject({ refuse: 'observation-stale' });
    expect(judgeObservation([...observed([]), ...observed([], 200_000)], NOW)).toMatchObject({
      refuse: 'observation-stale',
    });
    expect(judgeObservation([], NOW)?.reason).toContain('never');
  });

  const track = (progress: number | null) => ({ progress, sinceMs: NOW, readAtMs: NOW, advancedAtMs: null });
  const node = (
    heard: NodeMemory['heard'],
    { height = null, health = 'starting', progress = height }: Partial<Beginner> = {},
  ) => ({ height, health, memory: { track: track(progress), heard, starts: 0, doubted: null } });
  const says = node('starting');

  it.each<[string, boolean, Parameters<typeof isChainUnstarted>[1]]>([
    ['all say that they have no block', true, [says, says]],
    ['that after their grace', true, [says, node('starting', { health: 'unreachable' })]],
    ['one is at height 0', true, [says, node('facts', { height: 0 })]],
    ['one has a block', false, [says, node('facts', { height: 1 })]],
    ['one had blocks, and says that it has none', false, [says, node('starting', { progress: 815 })]],
    ['one is silent', false, [says, node('nothing', { health: 'unreachable' })]],
    ['one is silent within its grace', false, [says, node('nothing')]],
    ['one could not be asked lately', false, [says, node('starting', { health: 'unknown' })]],
    ['one was never asked', false, [says, node(null, { health: 'unknown' })]],
    ['one is not observed at all', false, [says, undefined]],
    ['one stands still', false, [says, node('facts', { height: 0, health: 'stuck' })]],
    ['nobody answers', false, [node('nothing', { health: 'unreachable' }), node('nothing', { health: 'unreachable' })]],
    ['there is none', false, []],
  ])('a fleet of which %s is fresh: %s', (_, fresh, nodes) => {
    expect(isChainUnstarted('cometbft', nodes)).toBe(fresh);
  });

  it('a fleet whose clients load what they have is not fresh for it', () => {
    expect(isChainUnstarted('bitcoin', [says, says])).toBe(false);
    expect(isChainUnstarted('bitcoin', [node('facts', { height: 0 })])).toBe(true);
  });

  it('a fresh fleet stays so while nobody has more blocks than it can have made since', () => {
    const at = (height: number, health: Health = 'synced') => node('facts', { height, health });
    const later = NOW + 60_000;
    expect(isChainStillYoung([says, node('nothing'), at(120)], NOW, later)).toBe(true);
    expect(isChainStillYoung([says, at(121)], NOW, later)).toBe(false);
    expect(isChainStillYoung([says, node('nothing', { progress: 815 })], NOW, later)).toBe(false);
    expect(isChainStillYoung([says, at(1, 'forked')], NOW, later)).toBe(false);
    expect(isChainStillYoung([says, undefined], NOW, later)).toBe(false);
  });
});
