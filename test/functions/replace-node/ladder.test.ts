// Which rungs could help, in which order, which guardrails refuse them, and how the ladder ends.
import { describe, expect, it } from '@jest/globals';
import { type Act, reduceAct } from '../../../functions/replace-node/acts/table.ts';
import { decide } from '../../../functions/replace-node/decide.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { ladderOf, needsOf, nextRung } from '../../../functions/replace-node/ladder.ts';
import { isReservedFor, reservationKey } from '../../../functions/replace-node/state.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import type { Rung } from '../../../shared/model/rungs.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { snapshotSet } from '../../fixtures/builders/snapshot.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { volumeNow } from '../../fixtures/builders/volume.ts';
import {
  client,
  copy,
  copyVolume,
  FLEET,
  facts,
  impaired,
  ladderState,
  machine,
  newReplacement,
  seen,
  watched,
} from '../../fixtures/replace-facts.ts';

const restore = (acknowledgesValidator = false) =>
  ({ do: 'restore', snapshotId: null, acknowledgesValidator }) as const;
const failed = (...rungs: readonly Rung[]) => ({
  failed: rungs.map((rung) => ({ rung, reason: `${rung} was in vain` })),
});
const fleetOf = (replace: Partial<Fleet['replace']>): Fleet => ({
  ...FLEET,
  replace: { ...FLEET.replace, ...replace },
});
const IN_ZONE = { name: 'eu-west-1a', instanceIds: [INSTANCE], sentence: '3 of 3' };
const silent = machine({}, { agentOnline: false });

/** The next act, or the code of the ladder's end. */
function next(more: Partial<Facts> = {}, has: Partial<LadderState> = {}): string {
  const act = decide(facts(more), ladderState(has));
  if (act.do === 'take-rung') return `take ${act.rung}`;
  if (act.do !== 'end') return act.do;
  return act.end.as === 'refused' ? act.end.refusal.refuse : act.end.as === 'healed' ? 'healed' : act.end.code;
}

describe('a node of which nobody knows how it is by now', () => {
  const onRestart = { rung: 'restart' } as const;
  const ready = { rung: 'swap', restoredVolumes: copy({ checked: 1 }) } as const;
  const copied = { volumes: [volumeNow(), copyVolume()] };

  it.each<[string, Partial<Facts>, string]>([
    ['the watch could not ask it', { watched: watched('unknown') }, 'wait'],
    ['it was not observed lately', { watched: null }, 'wait'],
    [
      'its own word is that its client does not run',
      { watched: watched('unknown'), seen: seen([client('failed')]) },
      'restart',
    ],
    ['nobody observes the fleet', { watched: null, fleet: { ...FLEET, probe: undefined } }, 'restart'],
    ['it is stuck', {}, 'restart'],
  ])('is not restarted on an old reading, where %s: %s', (_, more, act) => {
    expect(next(more, onRestart)).toBe(act);
  });

  it('keeps its volumes until it was looked at again', () => {
    expect(next({ ...copied, watched: watched('unknown') }, ready)).toBe('wait');
    expect(next(copied, ready)).not.toBe('wait');
  });

  it('is told after two hours of that', () => {
    const waitingSinceMs = NOON_MS - 120 * MINUTE_MS;
    expect(next({ watched: watched('unknown') }, { ...onRestart, waitingSinceMs })).toBe('observation-stale');
  });
});

describe('the rungs that could help', () => {
  it.each<[string, Partial<Facts>, Pick<LadderState, 'failed'>, readonly Rung[]]>([
    ['of a stuck client: restart, other data, another instance', {}, failed(), ['restart', 'swap', 'replace']],
    [
      'of an impaired instance: stop it, or take another one',
      { original: impaired('instance') },
      failed(),
      ['stop-start', 'replace'],
    ],
    ['of impaired hardware', { original: impaired('system') }, failed(), ['stop-start', 'replace']],
    ['of an instance whose agent is silent', { original: silent }, failed(), ['stop-start', 'replace']],
    [
      'of one that came up by a stop and is stuck: other data next',
      {},
      failed('stop-start'),
      ['stop-start', 'swap', 'replace'],
    ],
    ['for a restore: only other data', { want: restore() }, failed(), ['swap']],
    ['to take a restore back', { want: { do: 'undo' } }, failed(), ['swap']],
    ['where a person wants another instance', { want: { do: 'replace-instance' } }, failed(), ['replace']],
    [
      'where the fleet file allows two',
      { fleet: fleetOf({ rungs: ['restart', 'swap'] }) },
      failed(),
      ['restart', 'swap'],
    ],
    [
      'where the fleet file allows none that helps',
      { fleet: fleetOf({ rungs: ['swap'] }), original: silent },
      failed(),
      [],
    ],
  ])('%s', (_, more, tried, rungs) => {
    expect(ladderOf(facts(more), tried)).toEqual(rungs);
  });
});

describe('another instance', () => {
  const reason = 'Corrupted block database detected';
  const inVain = (...data: readonly ('own' | 'copy' | undefined)[]) => ({
    failed: [
      ...failed('stop-start').failed,
      ...data.map((badData) => ({ rung: 'replace' as const, reason, ...(badData && { badData }) })),
    ],
  });
  const dead = facts({ original: impaired('system') });
  const gone = { power: 'terminated', machine: null, volumes: [], present: [], missed: [] } as const;

  it.each<[string, ReturnType<typeof inVain>, Partial<Facts>, Rung | undefined]>([
    ['is made where nothing else helped', inVain(), {}, 'replace'],
    ['is made again where its own data did not open on it', inVain('own'), {}, 'replace'],
    ['is made again where a copy did not open, either', inVain('own', 'copy'), {}, 'replace'],
    ['is not made a fourth time', inVain('own', 'copy', 'copy'), {}, undefined],
    ['is not made again where the data were not the trouble', inVain(undefined), {}, undefined],
    ['is not made again where they were not the last time', inVain('own', undefined), {}, undefined],
    ['is made once where a person asks for it', inVain('own'), { want: { do: 'replace-instance' } }, undefined],
    ['is made once for a node that was terminated', inVain('own'), { gone }, undefined],
  ])('%s', (_, state, more, expected) => {
    expect(nextRung({ ...dead, ...more }, state)).toBe(expected);
  });

  it('counts each time', () => {
    const keyOf = (state: Pick<LadderState, 'failed'>) => reservationKey('7f3a', ladderState(state), 'replace');
    const keys = [inVain(), inVain('own'), inVain('own', 'copy')].map(keyOf);
    expect(new Set(keys).size).toBe(3);
    for (const key of keys) expect(isReservedFor(key, 'replace')).toBe(true);
  });
});

describe('where the consensus client is at fault', () => {
  const beside = [
    { name: 'execution', runtime: { kind: 'systemd', unit: 'geth' }, stopGraceSeconds: 300, cleanLine: undefined },
    { name: 'beacon', runtime: { kind: 'systemd', unit: 'lighthouse' }, stopGraceSeconds: 120, cleanLine: undefined },
  ] as const;
  const ours = { ...FLEET, units: beside };
  const at = watched('stuck', { cause: 'consensus-client' });

  it('it alone is restarted', () => {
    expect(next({ fleet: ours, watched: at })).toBe('take restart');
    expect(decide(facts({ fleet: ours, watched: at }), ladderState({ rung: 'restart' }))).toMatchObject({
      do: 'restart',
      only: 'beacon',
    });
  });

  it('nothing else of the ladder is tried for the execution client', () => {
    expect(next({ fleet: ours, watched: at }, failed('restart'))).toBe('skip-rung');
    expect(next({ fleet: ours, watched: at }, failed('restart', 'swap'))).toBe('skip-rung');
    expect(next({ fleet: FLEET, watched: at })).toBe('skip-rung');
  });

  it('a person who wants another thing is not stopped', () => {
    expect(next({ fleet: ours, watched: at, want: restore() })).toBe('take swap');
  });
});

describe('the ladder is climbed', () => {
  it.each<[string, Partial<Facts>, Partial<LadderState>, string]>([
    ['the supply is held before the first rung', {}, { hold: 'none' }, 'hold-snapshots'],
    ['from the mildest rung', {}, {}, 'take restart'],
    ['to the next where one was in vain', {}, failed('restart'), 'take swap'],
    ['and to the last', {}, failed('restart', 'swap'), 'take replace'],
    ['a person’s wish holds no supply', { want: restore() }, { hold: 'none' }, 'take swap'],
  ])('%s', (_, more, has, does) => {
    expect(next(more, has)).toBe(does);
  });

  it.each<[string, Partial<Facts>, Partial<LadderState>, string]>([
    ['a validator is not even restarted', { role: 'validator' }, {}, 'validator'],
    ['a role that nobody knows counts as one', { role: 'unknown' }, {}, 'role-unknown'],
    ['a restore of a validator wants its acknowledgement', { role: 'validator', want: restore() }, {}, 'validator'],
    ['and goes on with it', { role: 'validator', want: restore(true) }, {}, 'take swap'],
    ['a chain that stands has no sick node', { haltedSinceMs: NOON_MS }, {}, 'chain-standing'],
    [
      'but a client that has ended is started',
      { haltedSinceMs: NOON_MS, seen: seen([client('failed')]) },
      {},
      'take restart',
    ],
    [
      'more sick nodes than the breaker allows are restarted, at the fleet’s pace',
      { breaker: { open: true, sentence: '3 of 5' } },
      {},
      'take restart',
    ],
    ['and no more than that', { breaker: { open: true, sentence: '3 of 5' } }, failed('restart'), 'breaker-open'],
    [
      'what nobody sees is not restarted',
      { breaker: { open: true, sentence: '3 of 5', isMostlyUnknown: true } },
      {},
      'breaker-open',
    ],
    [
      'nor after its restart was taken',
      { breaker: { open: true, sentence: '3 of 5', isMostlyUnknown: true } },
      { rung: 'restart' },
      'breaker-open',
    ],
    [
      'an impaired instance of a zone in trouble is not stopped',
      { original: impaired('instance'), breaker: { open: true, sentence: '', zone: IN_ZONE } },
      {},
      'zone-down',
    ],
    ['its client is restarted', { breaker: { open: true, sentence: '', zone: IN_ZONE } }, {}, 'take restart'],
    [
      'a person who names one node has looked',
      { breaker: { open: true, sentence: '3 of 5' }, want: restore() },
      {},
      'take swap',
    ],
    [
      'a group would replace what is stopped',
      { original: { ...impaired('instance'), instance: machine({ autoScalingGroup: 'nodes' }).instance } },
      {},
      'asg-owned',
    ],
    ['in vain', {}, failed('restart', 'swap', 'replace'), 'ladder-spent'],
    [
      'where no rung may help, nothing was tried',
      { fleet: fleetOf({ rungs: ['swap'] }), original: silent },
      {},
      'restart-forbidden',
    ],
  ])('%s: %s', (_, more, has, ends) => {
    expect(next(more, has)).toBe(ends);
  });

  it('says what was in vain, and that the node is as it was found', () => {
    const act = decide(facts(), ladderState(failed('restart', 'swap', 'replace')));
    expect(act).toMatchObject({
      end: { asFound: true, reason: expect.stringContaining('restart: restart was in vain; swap: swap was in vain') },
    });
  });
});

describe('from the onset on', () => {
  const sets = [snapshotSet(0), snapshotSet(1), snapshotSet(2)];
  const sources = { good: sets, refused: [{ setId: 'snap-09', why: 'it is of node1' }], sibling: null, kept: null };
  const held = (more: Partial<Facts>, has: Partial<LadderState> = {}) => {
    const act = decide(facts(more), ladderState({ hold: 'none', ...has }));
    return act.do === 'hold-snapshots' ? act : undefined;
  };

  it('the best set and the one behind it are held, so that no retention takes what the swap may need', () => {
    const act = held({ sources });
    expect(act?.snapshots.map(({ snapshotId }) => snapshotId)).toEqual(['snap-00', 'snap-01']);
    expect(act?.notUsed).toEqual(['snap-09 not: it is of node1']);
  });

  it('what cannot be read is told of, and the milder rung is taken all the same', () => {
    const unread = {
      unread: 'Unavailable: the service is unavailable',
      good: [],
      refused: [],
      sibling: null,
      kept: null,
    };
    const act = held({ sources: unread });
    expect(act?.notUsed).toEqual(['they cannot be read: Unavailable: the service is unavailable']);
    const told = reduceAct(ladderState({ hold: 'none' }), act as Act, { is: 'done', atMs: NOON_MS });
    expect(next({ sources: unread }, told)).toBe('take restart');
    // Data must be read before they are copied, and no replacement is reserved before that.
    expect(next({ sources: unread }, { ...told, ...failed('restart') })).toBe('unreadable');
    expect(next({ sources }, { ...told, ...failed('restart') })).toBe('hold-snapshots');
  });

  it.each<['failed' | 'unknown', string]>([
    ['failed', 'take swap'],
    ['unknown', 'hold-snapshots'],
  ])('a hold that %s keeps no milder rung from being taken; before the swap: %s', (is, before) => {
    const act = held({ sources }) as Act;
    const after = reduceAct(ladderState({ hold: 'none' }), act, {
      is,
      atMs: NOON_MS,
      reason: 'UnauthorizedOperation: no',
    });
    expect(next({ sources }, after)).toBe('take restart');
    expect(next({ sources }, { ...after, setback: null, ...failed('restart') })).toBe(before);
    expect(
      next(
        { sources },
        { ...after, rung: 'restart', proved: 'it follows', cleared: [{ kind: 'register', target: 'bitcoin' }] },
      ),
    ).toBe('clean-up');
  });

  it('nobody waits for ever for a hold that nobody answers', () => {
    let has: LadderState = ladderState({ hold: 'none', ...failed('restart') });
    for (let count = 0; count < 3; count++) {
      const act = decide(facts({ sources, nowMs: NOON_MS + count * 2 * MINUTE_MS }), has);
      expect(act.do).toBe('hold-snapshots');
      has = reduceAct(has, act as Act, { is: 'unknown', atMs: NOON_MS + count * 2 * MINUTE_MS, reason: 'no answer' });
    }
    expect(next({ sources, nowMs: NOON_MS + 6 * MINUTE_MS }, has)).toBe('take swap');
  });
});

describe('before it gives up', () => {
  const spent = failed('stop-start', 'replace');
  const stopped = { original: machine({ state: 'stopped' }, { agentOnline: false }) };

  it('an instance that it has stopped is started again', () => {
    expect(next(stopped, { ...spent, hold: 'held', original: 'stopIntended' })).toBe('start-instance');
    expect(next(stopped, { ...spent, hold: 'held' })).toBe('ladder-spent');
  });

  it('one that runs again, though nobody heard of its start, is noted as started', () => {
    const all = failed('stop-start', 'swap', 'replace');
    expect(next({}, { ...all, hold: 'held', original: 'stopIntended' })).toBe('start-instance');
    const pending = { call: 'StopInstances', target: INSTANCE, atMs: NOON_MS - MINUTE_MS };
    expect(next({}, { ...all, hold: 'held', original: 'stopIntended', pending })).toBe('wait');
  });

  it('one that it has just started is not told of as stopped because Describe is older than the start', () => {
    const started = (agoMs: number) => ({ call: 'StartInstances', target: INSTANCE, atMs: NOON_MS - agoMs }) as const;
    expect(next(stopped, { ...spent, hold: 'held', pending: started(MINUTE_MS) })).toBe('wait');
    expect(next(stopped, { ...spent, hold: 'held', pending: started(60 * MINUTE_MS) })).toBe('ladder-spent');
  });

  it('a member that cannot be started again stays on standby, or its group would replace it', () => {
    const member = machine({ state: 'stopped', autoScalingGroup: 'nodes' }, { agentOnline: false });
    const setback = { act: 'start-instance', count: 3, reason: 'no capacity', atMs: NOON_MS };
    expect(
      next({ original: member }, { ...spent, hold: 'held', original: 'stopIntended', standby: 'entering', setback }),
    ).toBe('step-failed');
  });

  it('says so where it cannot be started, and tries again', () => {
    const setback = { act: 'start-instance', count: 3, reason: 'InsufficientInstanceCapacity', atMs: NOON_MS };
    const act = decide(facts(stopped), ladderState({ ...spent, hold: 'held', original: 'stopIntended', setback }));
    expect(act).toMatchObject({
      end: {
        as: 'failed',
        code: 'step-failed',
        retryAfterMs: 30 * MINUTE_MS,
        reason: expect.stringMatching(/^nothing helped.*cannot be started again: InsufficientInstanceCapacity/),
      },
    });
  });

  it('what could not be started half an hour ago is started once more by the next attempt', () => {
    const setback = { act: 'start-instance', count: 3, reason: 'no capacity', atMs: NOON_MS };
    const state = { ...spent, hold: 'held', original: 'stopIntended', setback } as const;
    expect(next({ ...stopped, nowMs: NOON_MS + 29 * MINUTE_MS }, state)).toBe('step-failed');
    expect(next({ ...stopped, nowMs: NOON_MS + 30 * MINUTE_MS }, state)).toBe('start-instance');
  });

  it('a member that was set aside goes back into service, also where a guard refuses the next rung', () => {
    const member = machine({ autoScalingGroup: 'nodes' });
    expect(next({ original: member }, { ...spent, hold: 'held', standby: 'entered' })).toBe('clean-up');
    expect(next({ original: member, haltedSinceMs: NOON_MS }, { hold: 'held', standby: 'entered' })).toBe('clean-up');
  });
});

describe('an instance that was terminated in the middle', () => {
  const dead = machine({ state: 'terminated' });
  const proving = { rung: 'restart', upSinceMs: NOON_MS - MINUTE_MS, client: 'mayBeDown' } as const;
  it.each<[string, Partial<Facts>, Partial<LadderState>, string]>([
    ['ends the heal, since no proof will come', { original: dead }, proving, 'instance-gone'],
    ['is no reason to launch another one', { original: dead }, failed('restart'), 'instance-gone'],
    [
      'counts as gone once EC2 has not shown it for a while',
      { original: null, nowMs: NOON_MS + 6 * MINUTE_MS },
      proving,
      'instance-gone',
    ],
    ['is not gone where one reading does not show it', { original: null }, proving, 'wait'],
    [
      'is first relieved of what was made for it',
      { original: dead },
      { rung: 'swap', restoredVolumes: copy() },
      'drop-volumes',
    ],
  ])('%s', (_, more, has, does) => {
    expect(next(more, has)).toBe(does);
  });
});

describe('a fleet that nobody observes', () => {
  const fleet = { ...FLEET, probe: undefined };
  const up = { rung: 'swap', client: 'mayBeDown', restoredVolumes: copy({ mounted: 'restored' }) } as const;
  const upFor = (minutes: number, askedMinutes: number) => ({
    ...up,
    ...{ upSinceMs: NOON_MS - minutes * MINUTE_MS, inspectedAtMs: NOON_MS - askedMinutes * MINUTE_MS },
  });
  it.each<[string, Partial<Facts>, Partial<LadderState>, string]>([
    ['is waited for', {}, upFor(4, 4), 'wait'],
    ['is asked every five minutes', {}, upFor(6, 6), 'inspect'],
    ['is proved by a client that stays up', {}, upFor(11, 0), 'prove'],
    ['is not proved by a client that ends', { seen: seen([client('failed')]) }, upFor(11, 0), 'give-up-volumes'],
    [
      'ends, and is told, where nobody says so for hours',
      { seen: null, original: silent },
      upFor(200, 200),
      'node-silent',
    ],
  ])('%s', (_, more, has, does) => {
    expect(next({ fleet, watched: null, volumes: [volumeNow(), copyVolume()], ...more }, has)).toBe(does);
  });
});

describe('a restart', () => {
  const rung = { rung: 'restart' } as const;

  it.each<[string, Partial<Facts>, Partial<LadderState>, Act['do'] | 'end']>([
    ['is one word to the node', {}, {}, 'restart'],
    ['is preceded by the node’s own word, where an attempt has died', { seen: null }, {}, 'inspect'],
    ['is no rung where the node does not answer', { seen: null, original: silent }, {}, 'end-rung'],
    ['is waited for', {}, { upSinceMs: NOON_MS - MINUTE_MS }, 'wait'],
    ['is not for a client that somebody has stopped since', { seen: seen([client('stopped')]) }, {}, 'end'],
    [
      'has not failed where somebody stopped the client after it',
      { seen: seen([client('stopped')]), watched: watched('unreachable', { height: null }) },
      { upSinceMs: NOON_MS - 5 * MINUTE_MS, inspectedAtMs: NOON_MS - MINUTE_MS, client: 'mayBeDown' },
      'end',
    ],
    [
      'is not repeated for ever: that nobody answered is told, and is no failure of it',
      {},
      { setback: { act: 'restart', count: 3, reason: 'no answer', atMs: NOON_MS } },
      'end',
    ],
  ])('%s', (_, more, has, does) => {
    expect(decide(facts(more), ladderState({ ...rung, ...has })).do).toBe(does);
  });
});

describe('what did not come off', () => {
  const back = {
    rung: 'swap',
    restoredVolumes: copy({ mounted: 'restored', givenUp: { door: 'nobody-knows', fault: 'other', reason: 'x' } }),
  } as const;
  const setback = (count: number, minutesAgo: number) => ({
    setback: { act: 'swap to found', count, reason: 'busy', atMs: NOON_MS - minutesAgo * MINUTE_MS },
  });

  it.each<[string, number, number, string]>([
    ['is made again after a minute', 1, 2, 'swap'],
    ['is waited for until then', 1, 0.5, 'wait'],
    ['ends the attempt the third time, and a person is told', 3, 2, 'step-failed'],
    ['is tried once more by the next attempt', 3, 31, 'swap'],
  ])('%s', (_, count, minutesAgo, does) => {
    expect(next({}, { ...back, ...setback(count, minutesAgo) })).toBe(does);
  });
});

it('what may be copied is read only for a decision that needs it', () => {
  expect(needsOf(facts(), ladderState({ hold: 'none' }))).toMatchObject({ sources: false, supply: true });
  expect(needsOf(facts(), ladderState()).sources).toBe(false);
  expect(needsOf(facts(), ladderState({ rung: 'swap' })).sources).toBe(true);
  expect(needsOf(facts(), ladderState({ rung: 'swap', restoredVolumes: copy() })).sources).toBe(false);
  expect(needsOf(facts(), ladderState({ rung: 'replace', replacement: newReplacement() })).sources).toBe(false);
  expect(needsOf(facts(), ladderState({ rung: 'replace' })).stop).toBe(true);
  expect(needsOf({ ...facts(), original: impaired('system') }, ladderState()).stop).toBe(true);
  expect(needsOf(facts(), ladderState({ rung: 'swap' })).stop).toBe(false);
  expect(needsOf(facts(), ladderState()).standby).toBe(false);
  expect(needsOf(facts(), ladderState({ rung: 'swap' })).standby).toBe(true);
  expect(needsOf(facts(), ladderState({ rung: 'swap', standby: 'entered' })).standby).toBe(false);
  expect(
    needsOf(facts(), ladderState({ rung: 'replace', replacement: newReplacement({ availabilityZone: 'eu-west-1b' }) }))
      .sources,
  ).toBe(true);
});
