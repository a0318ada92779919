// What all rungs share: how long is waited, what is asked again, and what is put back before an end.
import { describe, expect, it } from '@jest/globals';
import { retryKeyOf } from '../../../functions/replace-node/acts/table.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import {
  askNode,
  awaitReading,
  awaitSight,
  type Decision,
  doorOfSetback,
  type End,
  ended,
  isolate,
  isSpent,
  onceSettled,
  orTold,
  paced,
  rungFailed,
  sentenceOfSetback,
  setAside,
  startMachine,
  stopMachine,
  stopsMachine,
  waitFor,
} from '../../../functions/replace-node/rungs/rung.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { FLEET, facts, ladderState, machine, watched } from '../../fixtures/replace-facts.ts';

const ago = (minutes: number): number => NOON_MS - minutes * MINUTE_MS;
const RESTORE = { do: 'restore', snapshotId: null, acknowledgesValidator: false } as const;
const stopped = machine({ state: 'stopped' }, { agentOnline: false });
const SETTLED = { as: 'escalated', code: 'ladder-spent', reason: 'nothing helped', asFound: true } as const;
const REFUSAL = { refuse: 'chain-standing', reason: 'nobody advances', page: false, retryAfterMs: 1 } as const;

describe('a wait', () => {
  it.each([
    [0, 2],
    [4_999, 2],
    [5_000, 5],
    [29_999, 5],
    [30_000, 10],
    [119_999, 10],
    [120_000, 20],
    [899_999, 20],
    [900_000, 60],
  ])('of %d ms so far is looked at again after %d s', (ms, seconds) => {
    const state = ladderState({ waitingSinceMs: NOON_MS - ms });
    expect(waitFor(state, NOON_MS, 'it comes')).toStrictEqual({ do: 'wait', seconds, what: 'it comes' });
  });

  it('begins now, where nothing was waited for', () => {
    expect(waitFor(ladderState({ waitingSinceMs: null }), NOON_MS, 'it comes')).toMatchObject({ seconds: 2 });
  });

  it('for an observation of the fleet takes two hours at most', () => {
    const blind = { breaker: { open: true, sentence: 'no valid observation', isBlind: true } } as const;
    const seenFor = (ms: number, more: Partial<Facts> = blind) =>
      awaitSight(facts(more), ladderState({ waitingSinceMs: NOON_MS - 2 * HOUR_MS + ms }))?.do ?? null;
    expect([seenFor(1), seenFor(0), seenFor(1, {})]).toEqual(['wait', null, null]);
  });

  it('for a reading of the node takes two hours at most, and then people are told', () => {
    const at = (more: Partial<Facts>, ms = 1) =>
      awaitReading(facts(more), ladderState({ waitingSinceMs: NOON_MS - 2 * HOUR_MS + ms }));
    expect(at({ watched: null })).toMatchObject({
      what: 'nobody knows how it is by now: it was not observed for 3 min',
    });
    expect(at({ watched: watched('unknown') })).toMatchObject({
      what: 'nobody knows how it is by now: it is unknown',
    });
    expect(at({ watched: null }, 0)).toMatchObject({
      end: { refusal: { refuse: 'observation-stale', page: true, retryAfterMs: 2 * HOUR_MS } },
    });
    expect([
      at({}),
      at({ watched: null, want: RESTORE }),
      at({ watched: null, fleet: { ...FLEET, probe: undefined } }),
    ]).toEqual([...[null, null, null]]);
  });
});

describe('a question that is left open', () => {
  const open = (
    more: Partial<NonNullable<Facts['unanswered']>>,
    state: LadderState | null,
    act: Decision = askNode('original'),
  ) =>
    orTold(act, facts({ onsetMs: ago(60), unanswered: { count: 1, reason: 'late', isStale: false, ...more } }), state);

  it('is told within a minute where the node obeys a later heal', () => {
    expect(open({ isStale: true }, null)).toMatchObject({
      end: { refusal: { refuse: 'node-silent', page: false, retryAfterMs: MINUTE_MS } },
    });
  });

  it('is told with a page: the older the trouble the later it is asked again, and soon where the client may be down', () => {
    const refusal = (state: LadderState | null) => open({ count: 3 }, state);
    const told = (minutes: number) => ({
      end: { refusal: { refuse: 'node-silent', page: true, retryAfterMs: minutes * MINUTE_MS } },
    });
    expect(refusal(null)).toMatchObject(told(120));
    expect(refusal(ladderState())).toMatchObject(told(120));
    expect(refusal(ladderState({ client: 'mayBeDown' }))).toMatchObject(told(15));
  });

  it('keeps nothing else from being done', () => {
    const act = waitFor(ladderState(), NOON_MS, 'it comes');
    expect([open({ isStale: true }, null, act), open({ count: 3 }, null, act)]).toEqual([act, act]);
  });
});

describe('an act that has failed', () => {
  const stop = stopMachine('original', 'it is impaired');
  const setback = (count: number, minutes: number, act = 'stop original') =>
    ladderState({ setback: { act, count, reason: 'busy', atMs: ago(minutes) }, waitingSinceMs: ago(minutes) });

  it.each<[string, number, number, object]>([
    ['is waited for, for a minute', 1, 0.5, { do: 'wait', what: 'stop original again: busy' }],
    ['is made again after that', 1, 1, stop],
    ['is made again after two failures', 2, 1, stop],
    [
      'is told after three',
      3,
      1,
      {
        end: {
          ...{ as: 'failed', code: 'step-failed', retryAfterMs: 30 * MINUTE_MS },
          reason: 'the step "stop original" failed 3 times in a row (busy), and without it the node is not given back',
        },
      },
    ],
    ['is made again by the next attempt', 3, 30, stop],
  ])('%s', (_, count, minutes, expected) => {
    expect(paced(stop, setback(count, minutes), NOON_MS)).toMatchObject(expected);
  });

  it('holds up no other act, and no end', () => {
    const end = ended({ as: 'healed', reason: '' });
    expect(paced(stop, setback(3, 1, 'stop replacement'), NOON_MS)).toBe(stop);
    expect(paced(end, setback(3, 1), NOON_MS)).toBe(end);
    expect(paced(stop, ladderState(), NOON_MS)).toBe(stop);
  });

  it('is spent after three failures, and no other one is', () => {
    const spent = (state: LadderState, act: Decision = stop) => isSpent(state, act);
    expect([spent(setback(2, 1)), spent(setback(3, 1)), spent(setback(3, 1, 'wait')), spent(ladderState())]).toEqual([
      ...[false, true, false, false],
    ]);
  });

  it.each([
    ['attach vol-1', 'aws'],
    ['detach vol-1', 'aws'],
    ['swap to restored', 'nobody-knows'],
    ['look to attach vol-1', 'nobody-knows'],
  ])('%s is laid at the door of %s', (act, door) => {
    expect(doorOfSetback(setback(3, 1, act))).toBe(door);
    expect(sentenceOfSetback(setback(3, 1, act))).toBe(`${act} failed several times: busy`);
  });

  it('of nothing is at nobody’s door', () => {
    expect(doorOfSetback(ladderState())).toBe('nobody-knows');
  });
});

describe('before a node is stopped', () => {
  const member = machine({ autoScalingGroup: 'nodes' });
  const dns = bitcoinFleet({ probe: 'ssm', dns: { zone: 'bitcoin.internal' } });
  const synced = watched('synced');

  it.each<[string, Partial<Facts>, Partial<LadderState>, string | null]>([
    ['it leaves the pool', { fleet: dns, watched: synced }, {}, 'leave-pool'],
    ['it has left the pool', { fleet: dns, watched: synced }, { pool: 'left' }, null],
    ['its fleet has no names', { fleet: { ...FLEET, dns: undefined } as Facts['fleet'], watched: synced }, {}, null],
    ['an unwell one is out of the pool by its health', { fleet: dns, watched: watched('stuck') }, {}, null],
    ['one that nobody sees is, too', { fleet: dns, watched: null }, {}, null],
    ['its group sets it aside', { original: member }, {}, 'standby'],
    ['its group has done so', { original: member }, { standby: 'entered' }, null],
    ['an instance that is not shown has no group', { original: null }, {}, null],
  ])('%s', (_, more, has, does) => {
    expect(isolate(facts(more), ladderState(has))?.do ?? null).toBe(does);
    if (does !== 'leave-pool') expect(setAside(facts(more), ladderState(has))?.do ?? null).toBe(does);
  });

  it('a stop is told from other acts, and from that of the other instance', () => {
    const of = (act: Decision) => act.do !== 'end' && stopsMachine(act, 'original');
    expect([of(stopMachine('original', '')), of(stopMachine('replacement', '')), of(askNode('original'))]).toEqual([
      ...[true, false, false],
    ]);
  });
});

describe('before an end', () => {
  const settle = (more: Partial<Facts>, has: Partial<LadderState>, end: End = SETTLED) =>
    onceSettled(facts(more), ladderState(has), end);
  const at = (
    state: 'stopped' | 'stopping' | 'running' | 'pending' | 'terminated' | 'shutting-down',
    more: object = {},
  ) => ({
    original: machine({ state, ...more }, { agentOnline: false }),
  });
  const owes = { original: 'stopRequested' } as const;
  const pending = (call: 'StartInstances' | 'StopInstances', minutes = 1) =>
    ({ pending: { call, target: INSTANCE, atMs: ago(minutes) } }) as const;
  const waited = (ms: number) => ({ waitingSinceMs: NOON_MS - 20 * MINUTE_MS - ms });
  const spent = (minutes: number) => ({
    setback: {
      act: retryKeyOf({ do: 'start-instance', reason: '' }) ?? '',
      count: 3,
      reason: 'no',
      atMs: ago(minutes),
    },
  });
  const short = (minutes: number, sinceHours = 1) =>
    ({
      unstarted: { of: 'capacity', reason: 'no capacity', sinceMs: NOON_MS - sinceHours * HOUR_MS, atMs: ago(minutes) },
    }) as const;
  const word = (act: Decision): string =>
    act.do === 'wait'
      ? `wait: ${act.what}`
      : act.do !== 'end'
        ? act.do
        : act.end.as === 'refused'
          ? act.end.refusal.refuse
          : act.end.as === 'healed'
            ? 'healed'
            : act.end.code;

  it.each<[string, Partial<Facts>, Partial<LadderState>, string]>([
    ['an instance that a heal has stopped is started', at('stopped'), owes, 'start-instance'],
    ['one that runs again is noted as started', at('running'), owes, 'start-instance'],
    [
      'one that is to stop still is waited for',
      at('running'),
      { ...owes, ...pending('StopInstances') },
      'wait: the instance is running',
    ],
    [
      'not longer than it may be on its way',
      at('running'),
      { ...owes, ...pending('StopInstances', 5) },
      'start-instance',
    ],
    [
      'one whose start is on its way is waited for',
      at('stopped'),
      { ...owes, ...pending('StartInstances') },
      'wait: the instance is stopped',
    ],
    [
      'a running one has no start on its way',
      at('running'),
      { ...owes, ...pending('StartInstances') },
      'start-instance',
    ],
    ['one that stops is waited for', at('stopping'), owes, 'wait: the instance is stopping'],
    ['for twenty minutes', at('stopping'), { ...owes, ...waited(0) }, 'wait: the instance is stopping'],
    ['and is told then', at('stopping'), { ...owes, ...waited(1) }, 'step-failed'],
    ['one that is gone is owed nothing', at('shutting-down'), owes, 'ladder-spent'],
    ['one that was terminated is owed nothing', at('terminated'), owes, 'ladder-spent'],
    ['one that is not shown is owed nothing now', { original: null }, owes, 'ladder-spent'],
    ['a start that has failed three times is told', at('stopped'), { ...owes, ...spent(29) }, 'step-failed'],
    ['and made again after half an hour', at('stopped'), { ...owes, ...spent(30) }, 'start-instance'],
    ['a start for which AWS has no room is told', at('stopped'), { ...owes, ...short(59) }, 'no-capacity'],
    ['and made again after an hour', at('stopped'), { ...owes, ...short(60) }, 'start-instance'],
    [
      'a start that was made is seen',
      at('stopped'),
      pending('StartInstances'),
      'wait: it was started, and EC2 says stopped still',
    ],
    [
      'a member goes back into service',
      at('running', { autoScalingGroup: 'nodes' }),
      { standby: 'entered' },
      'clean-up',
    ],
    [
      'a member whose group is not told has nothing to go back to',
      at('running'),
      { standby: 'entered' },
      'ladder-spent',
    ],
    [
      'a member that does not run stays set aside',
      at('stopped', { autoScalingGroup: 'nodes' }),
      { ...owes, ...spent(1), standby: 'entered' },
      'step-failed',
    ],
  ])('%s', (_, more, has, does) => {
    expect(word(settle(more, has))).toBe(does);
  });

  it('a member that runs goes back into service, though its start cannot be noted', () => {
    const member = at('running', { autoScalingGroup: 'nodes' });
    expect(word(settle(member, { ...owes, ...spent(1), standby: 'entered' }))).toBe('clean-up');
  });

  it('which instance goes back into service is told', () => {
    expect(settle(at('running', { autoScalingGroup: 'nodes' }), { standby: 'entering' })).toMatchObject({
      piece: { kind: 'leave-standby', target: 'nodes' },
    });
  });

  it.each<[string, Partial<Facts>, Partial<LadderState>, End, object]>([
    ['a running node is as it was found', {}, {}, SETTLED, SETTLED],
    ['one that comes up is', at('pending'), {}, SETTLED, SETTLED],
    [
      'one that is stopped is not',
      { original: stopped },
      {},
      SETTLED,
      { ...SETTLED, asFound: false, reason: 'nothing helped; its instance is stopped' },
    ],
    [
      'one that is gone is not',
      { original: null },
      {},
      SETTLED,
      { ...SETTLED, asFound: false, reason: 'nothing helped; its instance is gone' },
    ],
    [
      'what was not as found is told as it is',
      { original: null },
      {},
      { ...SETTLED, asFound: false },
      { ...SETTLED, asFound: false },
    ],
    [
      'a refusal is told as it is',
      { original: null },
      {},
      { as: 'refused', refusal: REFUSAL },
      { as: 'refused', refusal: REFUSAL },
    ],
    [
      'data that went back are not as they were',
      {},
      { rolledBack: true },
      SETTLED,
      { ...SETTLED, asFound: false, reason: 'nothing helped; its data may have been taken back by some blocks' },
    ],
    [
      'data that were built again are not',
      {},
      { reindexed: { patientUntilMs: 0, untilMs: 0 } },
      SETTLED,
      { ...SETTLED, asFound: false, reason: 'nothing helped; its data may have been built again in part' },
    ],
    [
      'while the rung is under way nobody knows that yet',
      {},
      { rolledBack: true, reindexed: { patientUntilMs: 0, untilMs: 0 }, rung: 'swap' },
      SETTLED,
      SETTLED,
    ],
    [
      'a refusal says nothing of data that went back',
      {},
      { rolledBack: true },
      { as: 'refused', refusal: REFUSAL },
      { as: 'refused', refusal: REFUSAL },
    ],
    [
      'nor one of data that were built again',
      {},
      { reindexed: { patientUntilMs: 0, untilMs: 0 } },
      { as: 'refused', refusal: REFUSAL },
      { as: 'refused', refusal: REFUSAL },
    ],
  ])('%s', (_, more, has, end, expected) => {
    expect(settle(more, has, end)).toEqual({ do: 'end', end: expected });
  });

  it('an instance that cannot be started is told with whatever ends the heal', () => {
    const why = 'its instance is stopped, and cannot be started again: no';
    expect(settle(at('stopped'), { ...owes, ...spent(1) })).toMatchObject({
      end: { as: 'failed', code: 'step-failed', reason: `nothing helped; ${why}`, retryAfterMs: 30 * MINUTE_MS },
    });
    expect(settle(at('stopped'), { ...owes, ...spent(1) }, { as: 'refused', refusal: REFUSAL })).toMatchObject({
      end: { as: 'failed', reason: why },
    });
    // A day without room at AWS is a person's.
    expect(settle(at('stopped'), { ...owes, ...short(1, 25) })).toMatchObject({
      end: { as: 'escalated', code: 'ladder-spent', asFound: false, reason: `nothing helped; ${why} capacity` },
    });
  });

  it('an instance that AWS has no room for is told with the refusal of another one', () => {
    const full = {
      refuse: 'no-capacity',
      reason: 'AWS launches no other instance',
      page: true,
      retryAfterMs: 1,
    } as const;
    expect(settle(at('stopped'), { ...owes, ...short(1) }, { as: 'refused', refusal: full })).toMatchObject({
      end: { refusal: { refuse: 'no-capacity', reason: expect.stringMatching(/; AWS launches no other instance$/) } },
    });
  });
});

it('a rung that has failed without a code has none', () => {
  expect(rungFailed('it stands')).toStrictEqual({ do: 'end-rung', reason: 'it stands' });
  expect(rungFailed('none', 'no-good-snapshot')).toStrictEqual({
    do: 'end-rung',
    reason: 'none',
    code: 'no-good-snapshot',
  });
  expect(retryKeyOf(startMachine('') as never)).toBe('start-instance');
});
