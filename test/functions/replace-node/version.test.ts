// Another version, act by act: what is judged before it, what proves it, and the way back.
import { describe, expect, it } from '@jest/globals';
import type { Act } from '../../../functions/replace-node/acts/table.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { giveBackInstead } from '../../../functions/replace-node/give-back.ts';
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';
import { foundSince, stoppedBefore, UPGRADE } from '../../../functions/replace-node/rungs/upgrade.ts';
import type { LadderState, VersionChange } from '../../../shared/heal/memory.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { DATA_PATH } from '../../fixtures/builders/volume.ts';
import { client, facts, ladderState, machine, seen, watched } from '../../fixtures/replace-facts.ts';

const fleet = bitcoinFleet({
  ...{ probe: 'ssm', unit: 'node@*', volumes: { data: { path: DATA_PATH } } },
  client: { versions: ['28.0', '28.1'] },
  replace: { rungs: ['restart', 'swap', 'replace'], launchTemplate: 'lt-0123456789abcdef0' },
});
const aside = { ...fleet, replace: { ...fleet.replace, autoScaling: 'standby' } } as const;
const named = { ...fleet, dns: bitcoinFleet({ dns: { zone: 'bitcoin.internal' } }).dns } as Facts['fleet'];
const want = { do: 'upgrade', to: '28.1', cleanSinceMs: 7, watchMinutes: 0 } as const;
const ago = (minutes: number): number => NOON_MS - minutes * MINUTE_MS;
const runs = (instance: string) => seen([client('running', { instance })]);
const well = { fleet, want, spared: null, watched: watched('synced', { lagBlocks: 0 }), seen: runs('28.0') };
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

describe('a switch', () => {
  const change = (more: Partial<VersionChange> = {}): VersionChange => ({
    ...{ from: '28.0', to: '28.1', is: 'to', mayHaveRun: true, givenUp: null, at: 0, cleanSinceMs: 7 },
    ...more,
  });
  const act = (more: Partial<Facts> = {}, has: Partial<LadderState> = {}): Decision =>
    UPGRADE.next(facts({ ...well, ...more }), ladderState({ rung: 'upgrade', pool: 'left', hold: 'none', ...has }));
  const UP = ago(10);
  const up = { client: 'mayBeDown', upSinceMs: UP, inspectedAtMs: UP, upgrade: change() } as const;
  const ANOTHERS = 'another heal had begun it, and nobody asks for it any more';
  const blind = { breaker: { open: true, sentence: 'no observation', isBlind: true } } as const;
  const member = machine({ autoScalingGroup: 'nodes' });
  const down = seen([client('failed', { instance: '28.0' })]);

  it.each<[string, Partial<Facts>, Partial<LadderState>, string | RegExp]>([
    ['is made where nothing speaks against it', {}, {}, 'switch-version: 28.0 → 28.1'],
    [
      'is told with what its rehearsal has shown',
      { want: { ...want, rehearsed: 'on a copy of set-0' } },
      {},
      'switch-version: 28.0 → 28.1 (on a copy of set-0)',
    ],
    [
      'is made again where nobody knows what became of it',
      {},
      { client: 'mayBeDown', upgrade: change({ is: 'unknown' }) },
      'switch-version: what became of it nobody knows: 28.1 again',
    ],
    [
      'is not begun where the fleet cannot spare the node',
      { spared: busy },
      {},
      'cannot-be-spared: another one is stuck',
    ],
    ['is brought to its end all the same', { spared: busy }, { client: 'mayBeDown' }, /^switch-version/],
    ['waits while nobody sees the fleet', { ...blind, spared: busy }, {}, 'wait 2 s: no observation'],
    ['waits for no observation that it does not need', blind, {}, /^switch-version/],
    [
      'is not begun where nobody can follow the client',
      { seen: seen([client('unknown', { instance: '28.0' })]) },
      {},
      /^client-unknown \(paged\)/,
    ],
    [
      'is not begun where the client is down',
      { seen: down },
      {},
      'cannot-be-spared: its client is failed before anything was done: what it has comes first',
    ],
    ['comes after the pool was left', { fleet: named }, { pool: 'in' }, 'leave-pool'],
    ['comes after the group has set the node aside', { original: member, fleet: aside }, {}, 'standby'],
    [
      'needs no pool where the client may be down already',
      { fleet: named },
      { pool: 'in', client: 'mayBeDown' },
      /^switch-version/,
    ],
    [
      'is not made where the node does not tell its version',
      { seen: seen([client('running')]) },
      {},
      /^version-unknown \(paged\)/,
    ],
    [
      'is not made where the node does not answer',
      { original: silent },
      {},
      'node-silent (paged): the node does not answer commands, and its client is switched by one',
    ],
    ['is not made where the instance is not shown', { original: null }, {}, /^node-silent/],
    ['is not begun for another wish', { want: { do: 'heal' } }, {}, `end-rung: ${ANOTHERS}`],
    [
      'is not begun for an upgrade beside the node',
      { want: { ...want, strategy: 'blue-green' } },
      {},
      `end-rung: ${ANOTHERS}`,
    ],
    [
      'is taken back for another wish',
      { want: { do: 'heal' } },
      { client: 'mayBeDown', upgrade: change({ is: 'unknown' }) },
      `give-up-version: ${ANOTHERS}`,
    ],
    [
      'is watched on for another wish, once its client is up',
      { want: { do: 'heal' }, seen: runs('28.1') },
      up,
      /^wait/,
    ],
    [
      'of which nobody knows whether its client is up is made again',
      {},
      { ...up, upSinceMs: null },
      /^switch-version: what became of it/,
    ],
    [
      'is watched only where the new version is there',
      {},
      { ...up, upgrade: change({ is: 'unknown' }) },
      /^switch-version: what became of it/,
    ],
  ])('%s', (_, more, has, words) => {
    const is = told(act(more, has));
    if (typeof words === 'string') expect(is).toBe(words);
    else expect(is).toMatch(words);
  });

  it('carries all that its way back needs', () => {
    expect(act()).toEqual({
      ...{ do: 'switch-version', goes: 'to', from: '28.0', to: '28.1', at: 0, cleanSinceMs: 7, reason: '28.0 → 28.1' },
    });
    expect(act({ want: { ...want, atHeight: 1_001 } })).toMatchObject({ atHeight: 1_001 });
    expect(act({ original: silent })).toMatchObject({ end: { refusal: { retryAfterMs: 15 * MINUTE_MS } } });
    expect(act({ seen: down })).toMatchObject({ end: { refusal: { page: false, retryAfterMs: 5 * MINUTE_MS } } });
  });

  const cameUp = { cameUp: { upSinceMs: UP, height: 1_000, nearest: { atMs: UP, height: 1_000, lagBlocks: 0 } } };
  const follows = { ...cameUp, followsSinceMs: UP };
  const high = { watched: watched('synced', { height: 1_010, lagBlocks: 0 }), seen: runs('28.1') };
  const canary = (minutes: number, ms = 0) => ({
    ...high,
    want: { ...want, watchMinutes: minutes },
    nowMs: NOON_MS + ms,
  });

  it.each<[string, Partial<Facts>, Partial<LadderState>, string | RegExp]>([
    ['is proved', high, cameUp, 'prove: 28.0 → 28.1: height 1010, 10 beyond where it had stopped, 0 behind'],
    [
      'is watched for as long as the file says',
      canary(10, -1),
      follows,
      /^wait 1 s: it is watched for 1 min more: height 1010/,
    ],
    // A version that migrates its data for hours has been seen by nobody yet.
    ['is watched from where it was seen first', canary(10), cameUp, /^wait 300 s: it is watched for 10 min more: /],
    ['is proved then', canary(10), follows, /^prove: /],
    ['is looked at every five minutes at most', canary(60), follows, /^wait 300 s: it is watched for 50 min more: /],
    ['is looked at when its time is over', canary(12), follows, /^wait 120 s: it is watched for 2 min more: /],
    [
      'is given up where it stands',
      { watched: watched('stuck', { sinceMs: ago(1) }), seen: runs('28.1') },
      cameUp,
      /^give-up-version: it stands still at height 1000/,
    ],
  ])('%s', (_, more, has, words) => {
    const is = told(act(more, { ...up, ...has }));
    if (typeof words === 'string') expect(is).toBe(words);
    else expect(is).toMatch(words);
  });

  const HEIGHT = 1_001;
  const atHeight = { ...up, upgrade: change({ atHeight: HEIGHT }) };
  const stands = (more: Parameters<typeof watched>[1] = {}, rest: Partial<Facts> = {}) => ({
    ...{ want: { ...want, atHeight: HEIGHT }, haltedSinceMs: ago(30), seen: runs('28.1') },
    watched: watched('synced', { height: HEIGHT - 1, lagBlocks: 0, ...more }),
    ...rest,
  });
  it.each<[string, Partial<Facts>, Partial<LadderState>, string | RegExp]>([
    [
      'stands with its whole chain',
      stands(),
      atHeight,
      'prove: 28.0 → 28.1: it has run for 10 min, and stands at 1000 with the whole chain, which waits for others',
    ],
    ['has stood with it for five minutes', stands({ observedAtMs: UP + 5 * MINUTE_MS }), atHeight, /^prove/],
    ['has not stood with it for five minutes', stands({ observedAtMs: UP + 5 * MINUTE_MS - 1 }), atHeight, /^wait/],
    ['is not synced as others see it', stands({ health: 'behind' }), atHeight, /^wait/],
    ['is seen by nobody', stands({}, { watched: null }), atHeight, /^wait/],
    ['is of a chain that goes on', stands({}, { haltedSinceMs: null }), atHeight, /^wait/],
    ['is of no height', stands(), up, /^wait/],
    [
      'is given up: there is no way back',
      stands(),
      { ...atHeight, upgrade: change({ atHeight: HEIGHT, givenUp: 'it stands' }) },
      'keep-version: it stands',
    ],
    [
      'is given up before it has run',
      stands(),
      { ...atHeight, upgrade: change({ atHeight: HEIGHT, mayHaveRun: false, is: 'unknown', givenUp: 'a pause' }) },
      'switch-version: a pause',
    ],
  ])('at a height %s', (_, more, has, words) => {
    const is = told(act(more, has));
    if (typeof words === 'string') expect(is).toBe(words);
    else expect(is).toMatch(words);
  });

  const back = (more: Partial<VersionChange>, given: Partial<Facts> = {}) =>
    act(given, { ...up, upSinceMs: null, upgrade: change({ givenUp: 'it stands', ...more }) });
  const half = seen([client('running'), client('failed')]);
  it.each<[string, Partial<VersionChange>, Partial<Facts>, string]>([
    ['the version comes first', {}, {}, 'switch-version: it stands'],
    ['the version is there', { is: 'from' }, { seen: down }, 'end-rung: it stands'],
    [
      'its client is owed a start where the new one never ran',
      { is: 'from', mayHaveRun: false },
      { seen: half },
      'switch-version: it stands',
    ],
    ['it is owed none where it runs', { is: 'from', mayHaveRun: false }, {}, 'end-rung: it stands'],
    ['it is owed none of which nobody knows', { is: 'from', mayHaveRun: false }, { seen: null }, 'end-rung: it stands'],
    [
      'a silent node cannot get it',
      {},
      { original: silent },
      'node-silent (paged): the node does not answer commands, and 28.0 has to come back (it stands)',
    ],
    [
      'one that is not shown cannot either',
      {},
      { original: null },
      'node-silent (paged): the node does not answer commands, and 28.0 has to come back (it stands)',
    ],
  ])('on the way back %s', (_, of, more, words) => {
    expect(told(back(of, more))).toBe(words);
  });

  it('on the way back carries what it had on its way there', () => {
    expect(back({})).toEqual({
      ...{ do: 'switch-version', goes: 'from', from: '28.0', to: '28.1', at: 0, cleanSinceMs: 7, reason: 'it stands' },
    });
    expect(back({}, { original: silent })).toMatchObject({ end: { refusal: { retryAfterMs: 15 * MINUTE_MS } } });
  });

  it('that a guard forbids is taken back only where it may have left its client down', () => {
    const to = {
      do: 'switch-version',
      goes: 'to',
      from: '28.0',
      to: '28.1',
      at: 0,
      cleanSinceMs: 7,
      reason: '',
    } as const;
    const cutOff = ladderState({ ...up, rung: 'upgrade', upgrade: change({ is: 'unknown' }) });
    const instead = (state: LadderState | null, answer: Facts['seen'], of: Act = to) =>
      giveBackInstead({ refused: of, why: 'paused' }, state, { seen: answer, unanswered: null });
    expect(instead(cutOff, half)).toEqual({ ...to, goes: 'from', reason: 'paused: its client does not stay down' });
    const none = [
      instead(cutOff, null),
      instead(cutOff, runs('28.0')),
      instead(null, half),
      instead(ladderState(), half),
      instead(cutOff, half, { ...to, goes: 'from' }),
      instead(cutOff, half, { do: 'restart', reason: '' }),
    ];
    expect(none).toEqual(Array(6).fill(null));
  });

  it('is proved above the first height that others saw of it, of the start that is under way', () => {
    const since = (more: Partial<Facts>, has: Partial<LadderState>, height?: number) =>
      foundSince(facts(more), ladderState(has), UP, height);
    expect(since(high, cameUp)).toMatchObject({ height: 1_000, lagBlocks: 0 });
    expect(since(high, { cameUp: { ...cameUp.cameUp, upSinceMs: UP - 1 } })).toMatchObject({ height: 1_010 });
    expect(since(high, {})).toMatchObject({ height: 1_010, lagBlocks: 0 });
    expect(since({ watched: watched('synced', { height: 1_010, observedAtMs: UP }) }, {})).toMatchObject({
      height: 1_000,
    });
    expect(since({ watched: null }, {})).toMatchObject({ height: 1_000 });
    expect(since(high, cameUp, HEIGHT)).toMatchObject({ height: 1_000, lagBlocks: 0 });
    expect(since(high, cameUp, 2_000)).toMatchObject({ height: 1_999 });
  });

  it('at a height asks only whether a person has stopped the client', () => {
    const judged = (state: 'failed' | 'stopped' | 'running', more: Partial<Facts> = {}) =>
      stoppedBefore(facts({ ...well, seen: seen([client(state)]), ...more }))?.refuse ?? null;
    const atHeightToo = { want: { ...want, atHeight: HEIGHT } };
    expect([judged('failed'), judged('stopped'), judged('running')]).toEqual([
      'cannot-be-spared',
      'client-stopped',
      null,
    ]);
    expect([judged('failed', atHeightToo), judged('stopped', atHeightToo)]).toEqual([null, 'client-stopped']);
    expect(judged('failed', { want: { do: 'heal' } })).toBe('cannot-be-spared');
    expect(stoppedBefore(facts({ ...well, seen: null }))).toBeNull();
  });
});
