// An instance beside a node that runs the next version: what is looked at, what proves it, and how the old one goes.

import { describe, expect, it } from '@jest/globals';
import { decide, nextCleanup } from '../../../functions/replace-node/decide.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { besideOf, unfitFor } from '../../../functions/replace-node/rungs/beside.ts';
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';
import type { Beside, BesideLook, LadderState, Replacement } from '../../../shared/heal/memory.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { standing } from '../../fixtures/builders/observation.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { attachedAt, DATA_PATH, volumeNow } from '../../fixtures/builders/volume.ts';
import {
  besideNode,
  client,
  copy,
  copyVolume,
  facts,
  ladderState,
  machine,
  newReplacement,
  seen,
  watched,
  YOUNG,
} from '../../fixtures/replace-facts.ts';

const fleet = bitcoinFleet({
  ...{ probe: 'ssm', unit: 'node@*', volumes: { data: { path: DATA_PATH } } },
  client: { versions: ['28.0', '28.1'] },
  replace: { rungs: ['restart', 'swap', 'replace'], launchTemplate: 'lt-0123456789abcdef0' },
});
const unnamed = { ...fleet, dns: undefined } as unknown as Facts['fleet'];
const named = { ...fleet, dns: bitcoinFleet({ dns: { zone: 'bitcoin.internal' } }).dns } as Facts['fleet'];
const want = { do: 'upgrade', to: '28.1', cleanSinceMs: 7, watchMinutes: 0 } as const;
const ago = (minutes: number): number => NOON_MS - minutes * MINUTE_MS;
const runs = (instance: string) => seen([client('running', { instance })]);
const silent = machine({}, { agentOnline: false });
const busy = { refuse: 'cannot-be-spared', reason: 'another one is stuck', page: false, retryAfterMs: 1 } as const;

/** The act, or the end with its page, and why. */
function told(act: Decision): string {
  if (act.do === 'wait') return `wait ${act.seconds} s: ${act.what}`;
  if (act.do !== 'end') return 'reason' in act && act.reason ? `${act.do}: ${act.reason}` : act.do;
  const { end } = act;
  if (end.as === 'refused') return `${end.refusal.refuse}${end.refusal.page ? ' (paged)' : ''}: ${end.refusal.reason}`;
  return `${end.as === 'healed' ? 'healed' : end.code}: ${end.reason}`;
}

describe('beside the node', () => {
  const blueGreen = { ...want, strategy: 'blue-green' } as const;
  const UP = ago(5);
  const young = machine({ instanceId: YOUNG, devices: [] });
  const there = {
    ...{ fleet, want: blueGreen, spared: null, watched: watched('synced', { lagBlocks: 0 }), replacement: young },
    volumes: [volumeNow(), copyVolume({ attachment: { ...attachedAt('/dev/sdg'), instanceId: YOUNG } })],
    seen: runs('28.1'),
  };
  const look = (more: Partial<BesideLook> = {}): BesideLook => ({
    ...{ atMs: NOON_MS, health: 'synced', reason: 'it is at 1010, 0 behind', height: 1010, lagBlocks: 0 },
    ...{ track: standing(1010, NOON_MS), ...more },
  });
  const state = (
    more: Partial<Beside> = {},
    of: Partial<Replacement> = {},
    has: Partial<LadderState> = {},
  ): LadderState =>
    ladderState({
      ...{ rung: 'replace', hold: 'none', hasMade: true, restoredVolumes: copy(), upSinceMs: UP, inspectedAtMs: UP },
      replacement: newReplacement({ takeOver: 'intended', ...of }),
      beside: besideNode({ isEnabled: true, firstHeight: 1000, look: look(), ...more }),
      ...has,
    });
  const next = (more: Partial<Facts>, has: LadderState): string => told(decide(facts({ ...there, ...more }), has));
  const unseen = { health: 'unknown', reason: 'throttled' } as const;
  const quiet = { health: 'unreachable', height: null, lagBlocks: null } as const;

  it('nothing is known where nobody asks for it, the node does not tell its version, or none can be told', () => {
    const of = (more: Partial<Facts>) => besideOf(facts({ ...there, seen: runs('28.0'), ...more }));
    expect(of({})).toEqual({
      ...{ from: '28.0', to: '28.1', at: 0, isEnabled: false, firstHeight: null },
      ...{ nearest: null, look: null, knownAtMs: null, proved: null, mayHaveServed: false },
    });
    const plain = bitcoinFleet({ probe: 'ssm', volumes: { data: { path: DATA_PATH } } });
    expect([of({ want: { do: 'heal' } }), of({ seen: seen() }), of({ seen: null }), of({ fleet: plain })]).toEqual([
      ...[null, null, null, null],
    ]);
  });

  it('no instance comes without data, or where a person has to change something', () => {
    const none = { good: [], refused: [], sibling: null, kept: null };
    const refused = Array.from({ length: 6 }, (_, at) => ({ setId: `old-${at}`, why: 'stale' }));
    const why = (sources: Facts['sources'], guard: Parameters<typeof unfitFor>[1] = null) =>
      unfitFor({ sources }, guard);
    expect(why({ ...none, refused })).toBe(
      'no good snapshot is there that another instance could catch up from; old-0: stale; old-1: stale; old-2: stale; old-3: stale',
    );
    expect(why(null, { ...busy, page: true })).toBe('another one is stuck');
    expect([why(none, busy), why(null), why({ ...none, unread: 'HTTP 503' }), why(facts().sources)]).toEqual([
      ...[null, null, null, null],
    ]);
  });

  it.each<[string, Partial<Facts>, LadderState, string | RegExp]>([
    ['it waits where it has no block of its own', {}, state({ firstHeight: 1008 }), /^wait 30 s: it is at 1010/],
    ['its first height is not known', {}, state({ firstHeight: null }), /^wait/],
    ['it is proved by its own blocks', {}, state(), 'prove-beside: it is at 1010, 0 behind'],
    ['it is looked at after half a minute', {}, state({ look: look({ atMs: NOON_MS - 30_000 }) }), 'look-beside'],
    ['and not before', {}, state({ look: look({ atMs: NOON_MS - 29_000 }) }), /^prove-beside/],
    [
      'the wait is what is left until then',
      {},
      state({ firstHeight: 1008, look: look({ atMs: NOON_MS - 9_500 }) }),
      /^wait 21 s/,
    ],
    [
      'what was proved holds for five minutes',
      {},
      state({ proved: 'x', look: look({ atMs: ago(5) }) }),
      /^keep-volumes/,
    ],
    ['and not longer', {}, state({ proved: 'x', look: look({ atMs: ago(5) - 1 }) }), 'look-beside'],
    ['what was proved is looked at where nobody has', {}, state({ proved: 'x', look: null }), 'look-beside'],
    [
      'what was proved waits where it is behind',
      {},
      state({ proved: 'x', look: look({ health: 'behind', lagBlocks: 9 }) }),
      /^wait/,
    ],
    ['it takes the place once its volumes are kept', {}, state({ proved: 'x' }, { volumesKept: true }), 'join'],
    [
      'it is given up where it stands, with what it said',
      {},
      state({ look: look({ health: 'stuck', track: standing(1010, UP + 1), reason: 'at 1010 for an hour' }) }),
      'give-up-replacement: it stands: at 1010 for an hour',
    ],
    [
      'it is given up where it has other blocks',
      {},
      state({ look: look({ health: 'forked', reason: 'it has other blocks' }) }),
      'give-up-replacement: it has other blocks',
    ],
    [
      'it is given up where its data are',
      {},
      state({}, {}, { restoredVolumes: copy({ givenUp: { door: 'data', fault: 'open', reason: 'x' } }) }),
      /^detach/,
    ],
    [
      'it is given up where nobody wants it',
      { want: { do: 'heal' } },
      state(),
      'give-up-replacement: another upgrade had begun it, and nobody asks for it any more',
    ],
    ['it is given up where the node is to be switched', { want }, state(), /^give-up-replacement: another upgrade/],
    [
      'it is given up where another version is wanted',
      { want: { ...blueGreen, to: '29.0' } },
      state(),
      /^give-up-replacement: another upgrade/,
    ],
    [
      'it is given up where the file does not name it',
      { fleet: { ...fleet, client: undefined } as unknown as Facts['fleet'] },
      state(),
      'give-up-replacement: the fleet file does not name 28.1 under client.versions any more',
    ],
    [
      'it is given up where the node was terminated',
      { original: machine({ state: 'terminated' }) },
      state(),
      'give-up-replacement: the old instance was terminated meanwhile',
    ],
    [
      'it is given up where the node is being terminated',
      { original: machine({ state: 'shutting-down' }) },
      state(),
      /^give-up-replacement: the old instance was terminated/,
    ],
    ['it is not where one reading does not show the node', { original: null }, state(), /^prove-beside/],
    [
      'it is not where somebody has stopped the node',
      { original: machine({ state: 'stopped' }) },
      state(),
      /^prove-beside/,
    ],
    [
      'nobody could tell for two hours',
      { nowMs: UP + 130 * MINUTE_MS },
      state({ look: look({ ...unseen, atMs: UP + 130 * MINUTE_MS }) }),
      /^wait/,
    ],
  ])('%s', (_, more, has, words) => {
    const is = next(more, has);
    if (typeof words === 'string') expect(is).toBe(words);
    else expect(is).toMatch(words);
  });

  it('is looked at the more seldom the longer it runs', () => {
    const waits = (minutes: number, ms = 0) => {
      const nowMs = UP + minutes * MINUTE_MS + ms;
      const behind = look({ health: 'behind', height: 1_001, lagBlocks: 90, atMs: nowMs });
      const is = decide(facts({ ...there, nowMs }), state({ look: behind, nearest: { atMs: nowMs, lagBlocks: 90 } }));
      return is.do === 'wait' ? is.seconds : is.do;
    };
    expect([waits(10, -1), waits(10), waits(120, -1), waits(120), waits(720, -1), waits(720)]).toEqual([
      ...[30, 120, 120, 600, 600, 1_800],
    ]);
  });

  it('is given up where nobody could tell for more than two hours, and not before', () => {
    const nowMs = UP + 6 * HOUR_MS;
    const lost = (knownMinutes: number | null, ms = 0) =>
      told(
        decide(
          facts({ ...there, nowMs }),
          state({
            look: look({ ...unseen, atMs: nowMs }),
            knownAtMs: knownMinutes === null ? null : nowMs - knownMinutes * MINUTE_MS - ms,
          }),
        ),
      );
    expect(lost(120)).toMatch(/^wait 600 s: throttled/);
    expect(lost(120, 1)).toBe('give-up-replacement: for two hours nobody could tell where it stands: throttled');
    expect(lost(null)).toMatch(/^give-up-replacement: for two hours/);
  });

  it('is given up where it has not opened its copy, and syncs from the first block', () => {
    const nowMs = UP + 5 * HOUR_MS;
    const anew = look({ health: 'behind', height: 9, lagBlocks: 9_000, atMs: nowMs });
    const told = (height: number | null, firstHeight = 8) =>
      decide(facts({ ...there, nowMs }), state({ look: anew, firstHeight }, {}, { restoredVolumes: copy({ height }) }));
    expect(told(5_000, 2_500)).toMatchObject({ do: 'wait' });
    expect(told(5_000)).toMatchObject({ do: 'give-up-replacement', reason: expect.stringContaining('were at 5000') });
    expect(told(null)).toMatchObject({ do: 'wait' });
  });

  it('has a day to catch up, or as long as its data take, or as it comes nearer', () => {
    const nowMs = UP + 25 * HOUR_MS;
    const behind = look({ health: 'behind', height: 1_001, lagBlocks: 90, atMs: nowMs, reason: 'it is at 1001' });
    const caughtUp = (more: Partial<Beside>, has: Partial<LadderState> = {}) =>
      told(decide(facts({ ...there, nowMs }), state({ look: behind, ...more }, {}, has)));
    const never =
      'give-up-replacement: it has not caught up within 24 h, and came no nearer in the last 6: it is at 1001';
    expect(caughtUp({})).toBe(never);
    expect(caughtUp({ nearest: { atMs: nowMs - 7 * HOUR_MS, lagBlocks: 90 } })).toBe(never);
    expect(caughtUp({ nearest: { atMs: nowMs - HOUR_MS, lagBlocks: 90 } })).toMatch(/^wait 1800 s/);
    expect(caughtUp({}, { restoredVolumes: copy({ catchUpMs: 48 * HOUR_MS }) })).toMatch(/^wait 1800 s/);
  });

  it('is asked itself where it is silent, if somebody can ask', () => {
    const late = { ...there, nowMs: UP + 8 * MINUTE_MS };
    const has = state({ look: look({ ...quiet, atMs: late.nowMs }) }, {}, { inspectedAtMs: UP - 1 });
    const asked = (more: Partial<Facts>) => told(decide(facts({ ...late, ...more }), has));
    expect(asked({})).toBe('inspect');
    expect(decide(facts(late), has)).toEqual({ do: 'inspect', which: 'replacement' });
    const inPlace = joined({ inspectedAtMs: UP - 1 });
    const quietThere = { watched: watched('unreachable', { height: null, instanceId: YOUNG }) };
    expect(decide(facts({ ...there, ...quietThere }), inPlace)).toEqual({ do: 'inspect', which: 'replacement' });
    const open = { count: 1, reason: 'late', isStale: false };
    expect(asked({ unanswered: open })).toBe('wait 30 s: neither its client nor its agent answers');
    expect(asked({ replacement: machine({ instanceId: YOUNG, devices: [] }, { agentOnline: false }) })).toMatch(
      /^wait 30 s: neither/,
    );
  });

  const cameUp = { cameUp: { upSinceMs: UP, height: 1000, nearest: { atMs: UP, height: 1000, lagBlocks: 0 } } };
  const joined = (has: Partial<LadderState> = {}) =>
    state(
      { proved: 'it is at 1010', mayHaveServed: true },
      { volumesKept: true, membership: 'joined' },
      { ...cameUp, client: 'mayBeDown', ...has },
    );
  const seenNow = (height: number, more: Parameters<typeof watched>[1] = {}) => ({
    watched: watched('synced', { height, lagBlocks: 0, instanceId: YOUNG, ...more }),
  });

  it.each<[string, Partial<Facts>, LadderState, string | RegExp]>([
    ['is proved', seenNow(1003), joined(), 'prove: 28.0 → 28.1: height 1003, 3 beyond where it had stopped, 0 behind'],
    [
      'is watched',
      { ...seenNow(1003), want: { ...blueGreen, watchMinutes: 60 } },
      joined({ followsSinceMs: ago(5) }),
      /^wait 300 s: it is watched for 55 min more/,
    ],
    [
      'is given up where it stands',
      { watched: watched('stuck', { height: 1000, sinceMs: ago(1), instanceId: YOUNG }) },
      joined(),
      /^give-up-replacement: it stands still at height 1000/,
    ],
    [
      'has the time from now on, where nobody knows since when it is up',
      seenNow(1003),
      joined({ upSinceMs: null }),
      /^wait/,
    ],
  ])('in its place it %s', (_, more, has, words) => {
    const is = next(more, has);
    if (typeof words === 'string') expect(is).toBe(words);
    else expect(is).toMatch(words);
  });

  describe('the old one', () => {
    const cleared = [
      { kind: 'hand-over', target: YOUNG },
      { kind: 'register', target: 'bitcoin' },
      { kind: 'rotate', target: 'bitcoin' },
    ] as const;
    const over = (of: Partial<Replacement> = {}, has: Partial<LadderState> = {}) =>
      state(
        { proved: 'x', mayHaveServed: true },
        { volumesKept: true, membership: 'joined', ...of },
        { proved: '28.0 → 28.1', restoredVolumes: null, pool: 'left', cleared, ...has },
      );
    const then = (more: Partial<Facts>, has: LadderState) => told(nextCleanup(facts({ ...there, ...more }), has));
    const STOP = 'stop-instance: another instance has taken its place';
    it.each<[string, Partial<Facts>, LadderState, string]>([
      ['leaves the pool first', { fleet: named }, over({}, { pool: 'in' }), 'leave-pool'],
      [
        'has no pool to leave',
        { fleet: unnamed },
        over({}, { pool: 'in' }),
        'mask-original: another instance has taken its place',
      ],
      ['ends with its grace', { fleet: named }, over(), 'mask-original: another instance has taken its place'],
      ['is stopped once it is fenced', {}, over({ fencedBy: 'acknowledgement' }), STOP],
      ['is stopped where it did not confirm that', {}, over({ originalMask: 'unconfirmed' }), STOP],
      [
        'is waited for while its agent is silent',
        { original: silent },
        over({}, { waitingSinceMs: ago(15) }),
        'wait 60 s: the agent of the old instance is silent',
      ],
      [
        'is stopped after a quarter of an hour of that',
        { original: silent },
        over({}, { waitingSinceMs: ago(15) - 1 }),
        STOP,
      ],
    ])('%s', (_, more, has, words) => {
      expect(then(more, has)).toBe(words);
    });

    it('is kept where it is stopped already', () => {
      expect(then({ original: machine({ state: 'stopped' }) }, over())).toBe('clean-up');
    });
  });
});
