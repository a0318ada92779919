// When a client counts as following its chain again, and the message for one that does not.
import { describe, expect, it } from '@jest/globals';
import type { Watched } from '../../../functions/replace-node/facts.ts';
import { judgeProof, type Verdict } from '../../../functions/replace-node/judge.ts';
import type { FoundNode } from '../../../shared/heal/memory.ts';
import type { DataHeight } from '../../../shared/snapshots/anew.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { client, FLEET, ladderState, seen, watched } from '../../fixtures/replace-facts.ts';

const { found } = ladderState();
interface Case {
  readonly upMinutes?: number;
  readonly found?: Partial<FoundNode>;
  readonly inspectedMinutesAgo?: number;
  readonly nearestMinutesAgo?: number;
  readonly catchUpHours?: number;
  /** Where its data were. */
  readonly from?: DataHeight | null;
  /** Where it was seen before. */
  readonly best?: number | null;
  readonly client?: ReturnType<typeof client>;
  /** It builds its data again: for so many minutes more it may say nothing, and has so many for all of it. */
  readonly builds?: { readonly patient: number; readonly most: number };
}

function verdictOf(
  is: Watched | null,
  {
    upMinutes = 5,
    inspectedMinutesAgo,
    nearestMinutesAgo,
    catchUpHours,
    from = null,
    best = 0,
    client: one,
    builds,
    ...more
  }: Case = {},
): Verdict {
  return judgeProof({
    nowMs: NOON_MS,
    fleet: FLEET,
    watched: is,
    seen: one ? seen([one]) : seen(),
    found: { ...found, ...more.found },
    upSinceMs: NOON_MS - upMinutes * MINUTE_MS,
    inspectedAtMs: inspectedMinutesAgo === undefined ? null : NOON_MS - inspectedMinutesAgo * MINUTE_MS,
    nearestAtMs: nearestMinutesAgo === undefined ? null : NOON_MS - nearestMinutesAgo * MINUTE_MS,
    catchUpMs: catchUpHours === undefined ? null : catchUpHours * 60 * MINUTE_MS,
    ...{ from, best },
    ...(builds && {
      builds: { patientUntilMs: NOON_MS + builds.patient * MINUTE_MS, untilMs: NOON_MS + builds.most * MINUTE_MS },
    }),
  });
}
/** The verdict, and the cause of a failure. */
function judge(is: Watched | null, more: Case = {}): string {
  const verdict = verdictOf(is, more);
  return verdict.is === 'failed' ? `failed: ${verdict.at}` : verdict.is;
}
const at = (health: Watched['health'], height: number | null, lagBlocks: number | null, more: Partial<Watched> = {}) =>
  watched(health, { height, lagBlocks, ...more });
const patienceMinutes = FLEET.health.patienceSeconds / 60;
const graceMinutes = FLEET.health.startGraceSeconds / 60;

describe('a client that has not opened its data, and syncs from the first block', () => {
  const from = (of: DataHeight['of']): DataHeight => ({ height: 20_000, of });
  const after = { upMinutes: graceMinutes + 1, from: from('these') };
  const young = { ...after, from: from('others') };
  it('has not come back, though it comes nearer with each look', () => {
    expect(judge(at('behind', 199, 20_000), young)).toBe('failed: unopened');
    expect(judge(at('starting', 0, 20_000), young)).toBe('failed: unopened');
    // Its disk was full meanwhile: it is seen as late as it has come from the first block.
    expect(judge(at('behind', 9_999, 10_001), after)).toBe('failed: unopened');
    expect(verdictOf(at('behind', 199, 20_000), after)).toMatchObject({
      reason:
        'it is at height 199 where its data were at 20000: it has not opened them, and syncs from the first block',
    });
  });

  it.each<[string, Watched, Case]>([
    ['has its grace, in which it may say anything', at('starting', 0, 20_000), { ...after, upMinutes: graceMinutes }],
    ['is none at half of where its data were', at('behind', 10_000, 10_000), after],
    ['is none at a hundredth of what stands for their height', at('behind', 200, 20_000), young],
    ['is none where nobody knows where its data were', at('behind', 1, 20_000), { ...after, from: null }],
    ['is none that builds its data again', at('behind', 1, 20_000), { ...after, builds: { patient: 60, most: 600 } }],
    ['is none that was seen but once', at('starting', 0, 20_000), { ...after, best: null }],
    ['is none that was seen higher before', at('starting', 0, 20_000), { ...after, best: 10_000 }],
    ['tells no height, and so nothing of that', at('starting', null, null), after],
  ])('%s', (_, is, more) => {
    expect(judge(is, more)).toBe('waiting');
  });
});

describe('a client whose height stands while its stages move', () => {
  const moved = (minutesAgo: number, more: Partial<Watched> = {}) =>
    at('behind', 500, 700, { movedAtMs: NOON_MS - minutesAgo * MINUTE_MS, ...more });

  it.each<[string, Watched, number, string]>([
    ['is waited for beyond a day, while they move', moved(5), 25 * 60, 'waiting'],
    ['has failed once they have stood for six hours', moved(361), 25 * 60, 'failed: other'],
    ['is waited for until the fourth day', moved(5), 96 * 60, 'waiting'],
    ['and no longer: some heal their state for ever', moved(5), 96 * 60 + 1, 'failed: other'],
  ])('%s', (_, is, upMinutes, verdict) => {
    expect(judge(is, { upMinutes })).toBe(verdict);
  });
});

describe('a client that says for hours what it does', () => {
  const verifies = at('busy', null, null, { tellsPhase: true, reason: 'Verifying blocks...' });

  it('is waited for like one that catches up: its data are not called bad', () => {
    expect(judge(verifies, { upMinutes: 23 * 60 })).toBe('waiting');
    expect(judge(verifies, { upMinutes: 25 * 60 })).toBe('unknown');
  });

  it('is told sooner where it answers, and says nothing of what it does', () => {
    expect(judge(at('busy', null, null), { upMinutes: graceMinutes + 121 })).toBe('unknown');
  });
});

describe('a client follows its chain again', () => {
  it.each<[string, Watched, Case]>([
    ['when it is synced three blocks beyond where it had stopped', at('synced', 1003, 0), {}],
    ['when it is behind, but beyond where it had stopped and nearer than then', at('behind', 1003, 49), {}],
    ['when nobody knows where it had stopped, and it is synced', at('synced', 5, 0), { found: { height: null } }],
  ])('%s', (_, is, more) => {
    expect(judge(is, more)).toBe('proved');
  });

  it.each<[string, Watched | null, Case]>([
    [
      'nobody has looked since it came up, however well it was before',
      at('synced', 1003, 0, { observedAtMs: NOON_MS - 6 * MINUTE_MS }),
      {},
    ],
    ['it is not observed at all', null, {}],
    ['it is synced, but two blocks beyond where it had stopped', at('synced', 1002, 0), {}],
    ['it is beyond, but further behind than before', at('behind', 1100, 51), {}],
    [
      'it is behind, and nobody knows where it had stopped',
      at('behind', 9000, 3),
      { found: { height: null, lagBlocks: null } },
    ],
    ['it catches up from an old copy for hours', at('behind', 500, 700), { upMinutes: 300 }],
    ['it catches up for days, and comes nearer', at('behind', 500, 700), { upMinutes: 50 * 60, nearestMinutesAgo: 30 }],
    [
      'its data take two days by what the fleet has shown, and it has come no nearer for a while',
      at('behind', 500, 700),
      { upMinutes: 50 * 60, nearestMinutesAgo: 7 * 60, catchUpHours: 48 },
    ],
    ['it is still where it was, and that has not lasted', at('behind', 1000, 60), {}],
    ['it does not answer yet, within its start’s grace', at('unreachable', null, null), { upMinutes: 1 }],
    ['nobody can tell', at('unknown', null, null), {}],
    ['it answers, and does not say where it stands', at('busy', null, null), { upMinutes: graceMinutes + 10 }],
  ])('not yet, while %s', (_, is, more) => {
    expect(judge(is, more)).toBe('waiting');
  });
});

describe('a client that does not follow is told by what it does', () => {
  it.each<[string, Watched, Case, string]>([
    ['it stands where it had stopped', at('stuck', 1000, 90, { sinceMs: NOON_MS - MINUTE_MS }), {}, 'same-stop'],
    [
      'it stands two blocks from where it had stopped',
      at('stuck', 1002, 90, { sinceMs: NOON_MS - MINUTE_MS }),
      {},
      'same-stop',
    ],
    ['it stands below where it had stopped', at('stuck', 950, 140, { sinceMs: NOON_MS - MINUTE_MS }), {}, 'lower-stop'],
    ['it stands beyond where it had stopped', at('stuck', 1200, 90, { sinceMs: NOON_MS - MINUTE_MS }), {}, 'other'],
    [
      'it stands, and nobody knows where it had stopped',
      at('stuck', 900, 90, { sinceMs: NOON_MS - MINUTE_MS }),
      { found: { height: null } },
      'other',
    ],
    ['it has other blocks than most', at('forked', 1010, 0), {}, 'forked'],
    [
      'it ends, as the node says',
      at('unreachable', null, null),
      { inspectedMinutesAgo: 1, client: client('failed') },
      'open',
    ],
    [
      'it does not answer when its grace is over',
      at('unreachable', null, null),
      { upMinutes: graceMinutes + 1 },
      'other',
    ],
    ['it has been behind for more than a day', at('behind', 500, 700), { upMinutes: 25 * 60 }, 'other'],
    [
      'it has been behind for days, and comes no nearer any more',
      at('behind', 500, 700),
      { upMinutes: 50 * 60, nearestMinutesAgo: 7 * 60 },
      'other',
    ],
    [
      'its data take weeks by what the fleet has shown, and after four days it comes no nearer',
      at('behind', 500, 700),
      { upMinutes: 97 * 60, nearestMinutesAgo: 7 * 60, catchUpHours: 500 },
      'other',
    ],
  ])('%s', (_, is, more, fault) => {
    expect(judge(is, more)).toBe(`failed: ${fault}`);
  });

  it('what it was before it came up is not held against it', () => {
    const before = at('stuck', 1000, 60, { sinceMs: NOON_MS - 60 * MINUTE_MS });
    expect(judge(before, { upMinutes: 2 })).toBe('waiting');
    expect(judge(before, { upMinutes: patienceMinutes + 1 })).toBe('failed: same-stop');
  });

  it('an end that was seen before it came up is not held against it', () => {
    expect(judge(at('unreachable', null, null), { inspectedMinutesAgo: 6, client: client('failed') })).not.toBe(
      'failed: open',
    );
  });

  it('one that is silent for two minutes is asked after on its node, and then every five', () => {
    const silent = at('unreachable', null, null);
    expect(judge(silent, { upMinutes: 3 })).toBe('silent');
    expect(judge(silent, { upMinutes: 8, inspectedMinutesAgo: 4 })).toBe('waiting');
    expect(judge(silent, { upMinutes: 8, inspectedMinutesAgo: 6 })).toBe('silent');
  });

  it('where nobody has looked for long, nothing is known, and that climbs no rung', () => {
    expect(judge(null, { upMinutes: graceMinutes + 119 })).toBe('waiting');
    expect(judge(null, { upMinutes: graceMinutes + 121 })).toBe('unknown');
    expect(judge(at('busy', null, null), { upMinutes: graceMinutes + 121 })).toBe('unknown');
  });
});

describe('a client that builds its data again', () => {
  const upMinutes = Math.max(graceMinutes, patienceMinutes) + 30;
  const patient = { upMinutes, builds: { patient: 5, most: 60 } };
  const overdue = { upMinutes, builds: { patient: -1, most: 60 } };
  const late = { upMinutes, builds: { patient: -30, most: -1 } };

  it.each<[string, Watched, Case, string]>([
    ['may answer nobody for longer than a start takes', at('unreachable', null, null), patient, 'silent'],
    [
      'and is asked for no more often than any other',
      at('unreachable', null, null),
      { ...patient, inspectedMinutesAgo: 1 },
      'waiting',
    ],
    ['may stand at its first block', at('stuck', 0, 9000, { sinceMs: NOON_MS - MINUTE_MS }), patient, 'waiting'],
    ['may stand where it had stopped', at('stuck', 1000, 90), patient, 'waiting'],
    [
      'has failed where it ends',
      at('unreachable', null, null),
      { ...patient, inspectedMinutesAgo: 1, client: client('failed') },
      'failed: open',
    ],
    ['has failed where it is forked', at('forked', 1010, 0), patient, 'failed: forked'],
    ['is proved as every other', at('synced', 1003, 0), patient, 'proved'],
    [
      'has failed where it is silent for longer than was measured',
      at('unreachable', null, null),
      overdue,
      'failed: other',
    ],
    ['has failed where it stands for longer than was measured', at('stuck', 1000, 90), overdue, 'failed: same-stop'],
    ['may come nearer for longer than was measured', at('behind', 500, 700), overdue, 'waiting'],
    [
      'has failed where its time in the file is over, however near it comes',
      at('behind', 999, 60),
      late,
      'failed: other',
    ],
    ['is proved where its time is over, and it follows', at('synced', 1003, 0), late, 'proved'],
  ])('%s', (_, is, more, expected) => {
    expect(judge(is, more)).toBe(expected);
  });
});

describe('the words of a verdict', () => {
  const before = at('synced', 1003, 0, { observedAtMs: NOON_MS - 6 * MINUTE_MS });
  const young = { sinceMs: NOON_MS - MINUTE_MS };
  it.each<[string, Watched | null, Case, string]>([
    ['no look since the start', before, {}, 'nobody has looked at it since its client came up'],
    ['no look at all', null, { upMinutes: graceMinutes + 120 }, 'nobody has looked at it since its client came up'],
    ['nobody can tell', at('unknown', null, null), {}, 'it is unknown'],
    ['the proof by height', at('synced', 1003, 0), {}, 'height 1003, 3 beyond where it had stopped, 0 behind'],
    ['the proof without a height', at('synced', 5, 0), { found: { height: null } }, 'height 5, synced, 0 behind'],
    [
      'the end of its time',
      at('behind', 999, 60),
      { builds: { patient: -30, most: -1 } },
      'it has not built its data again in its time: it is behind',
    ],
    [
      'the same stop',
      at('stuck', 1000, 90, young),
      {},
      'it stands still at height 1000, where it had stopped before: it is stuck',
    ],
    [
      'another stop',
      at('stuck', 950, 140, young),
      {},
      'it stands still at height 950; it had stopped at 1000: it is stuck',
    ],
    [
      'its silence',
      at('unreachable', null, null),
      { upMinutes: graceMinutes + 1 },
      `no answer ${graceMinutes + 1} min after its start: it is unreachable`,
    ],
    [
      'a day without being nearer',
      at('behind', 500, 700),
      { upMinutes: 25 * 60 },
      'it has not caught up within 24 h, and came no nearer in the last 6: it is behind',
    ],
    [
      'half as much again as its data take',
      at('behind', 500, 700),
      { upMinutes: 73 * 60, catchUpHours: 48 },
      'it has not caught up within 72 h, and came no nearer in the last 6: it is behind',
    ],
    [
      'four days at the latest',
      at('behind', 500, 700),
      { upMinutes: 97 * 60, catchUpHours: 500 },
      'it has not caught up within 96 h, and came no nearer in the last 6: it is behind',
    ],
  ])('say %s', (_, is, more, words) => {
    const verdict = verdictOf(is, more);
    expect('reason' in verdict ? verdict.reason : 'why' in verdict && verdict.why).toBe(words);
  });
});

describe('the edges of a proof', () => {
  const silent = at('unreachable', null, null);
  const low = at('behind', 500, 700);
  it.each<[string, Watched | null, Case, string]>([
    [
      'an observation of the moment of its start is of before',
      at('synced', 1003, 0, { observedAtMs: NOON_MS - 5 * MINUTE_MS }),
      {},
      'waiting',
    ],
    ['two hours after its grace nobody knows', null, { upMinutes: graceMinutes + 120 }, 'unknown'],
    ['a height without a distance proves nothing', at('synced', 1003, null), {}, 'waiting'],
    ['a distance without a height proves nothing', at('synced', null, 0), {}, 'waiting'],
    ['nor where nobody knows the height of its stop', at('synced', null, 0), { found: { height: null } }, 'waiting'],
    [
      'a stop beyond where it had stopped is no proof',
      at('stuck', 1200, 10, { sinceMs: NOON_MS }),
      {},
      'failed: other',
    ],
    ['one that starts is proved by its height', at('starting', 1003, 49), {}, 'proved'],
    ['it is as far behind as before', at('behind', 1003, 50), {}, 'waiting'],
    ['any distance is nearer than an unknown one', at('behind', 1003, 9000), { found: { lagBlocks: null } }, 'proved'],
    ['it stands three blocks beyond its stop', at('stuck', 1003, 90, { sinceMs: NOON_MS }), {}, 'failed: other'],
    ['it stands three blocks below its stop', at('stuck', 997, 90, { sinceMs: NOON_MS }), {}, 'failed: lower-stop'],
    ['it stands at an unknown height', at('stuck', null, null, { sinceMs: NOON_MS }), {}, 'failed: other'],
    [
      'it stands since the moment of its start, within its patience',
      at('stuck', 1000, 90, { sinceMs: NOON_MS - patienceMinutes * MINUTE_MS }),
      { upMinutes: patienceMinutes },
      'waiting',
    ],
    [
      'its client was stopped since, as its node says',
      silent,
      { inspectedMinutesAgo: 1, client: client('stopped') },
      'failed: open',
    ],
    ['its client runs, as its node says', silent, { inspectedMinutesAgo: 1, client: client('running') }, 'waiting'],
    [
      'its node said so at the moment of its start',
      silent,
      { inspectedMinutesAgo: 5, client: client('failed') },
      'waiting',
    ],
    ['its node was never asked', silent, { upMinutes: 1, client: client('failed') }, 'waiting'],
    ['it is silent for just its grace', silent, { upMinutes: graceMinutes, inspectedMinutesAgo: 1 }, 'waiting'],
    ['it is silent for just two minutes', silent, { upMinutes: 2 }, 'waiting'],
    ['it was asked just five minutes ago', silent, { upMinutes: 8, inspectedMinutesAgo: 5 }, 'waiting'],
    ['it builds, and its time ends now', low, { builds: { patient: -1, most: 0 } }, 'waiting'],
    ['it builds, and is forked late', at('forked', 1010, 0), { builds: { patient: -2, most: -1 } }, 'failed: forked'],
    [
      'it builds, and its patience ends now',
      at('stuck', 1000, 90, { sinceMs: NOON_MS }),
      { builds: { patient: 0, most: 1 } },
      'waiting',
    ],
    ['it is behind for just a day', low, { upMinutes: 24 * 60 }, 'waiting'],
    ['it was nearest just six hours ago', low, { upMinutes: 25 * 60, nearestMinutesAgo: 6 * 60 }, 'waiting'],
    ['it has its whole day, though its data take an hour', low, { upMinutes: 20 * 60, catchUpHours: 1 }, 'waiting'],
  ])('%s', (_, is, more, expected) => {
    expect(judge(is, more)).toBe(expected);
  });

  it.each([
    [9, 20],
    [10, 60],
    [59, 60],
    [60, 300],
    [24 * 60 - 1, 300],
    [24 * 60, 1_800],
  ])('%d min after its start the next look comes in %d s', (upMinutes, seconds) => {
    const near = { upMinutes, nearestMinutesAgo: 1 };
    expect(verdictOf(low, near)).toEqual({ is: 'waiting', seconds, why: 'it is behind' });
  });

  it('after an hour within its grace its node is asked each quarter of an hour', () => {
    const builds = { patient: 100, most: 200 };
    const asked = (upMinutes: number, inspectedMinutesAgo: number) =>
      judge(silent, { upMinutes, inspectedMinutesAgo, builds });
    expect([asked(59, 6), asked(60, 6), asked(60, 15), asked(60, 16)]).toEqual([
      ...['silent', 'waiting', 'waiting', 'silent'],
    ]);
  });

  it('a silent client is given up unasked only where its node was not asked in this very turn: a person may have stopped it', () => {
    const over = { upMinutes: graceMinutes + 1 };
    expect(verdictOf(silent, over)).toMatchObject({ isUnasked: true });
    expect(verdictOf(silent, { ...over, inspectedMinutesAgo: 1 })).toMatchObject({ isUnasked: true });
    expect(verdictOf(silent, { ...over, inspectedMinutesAgo: 0.51 })).toMatchObject({ isUnasked: true });
    expect(verdictOf(silent, { ...over, inspectedMinutesAgo: 0.5 })).not.toHaveProperty('isUnasked');
  });

  it('nor is one whose client had ended, by an answer of before: a person may have started it since', () => {
    const ended = (inspectedMinutesAgo: number) =>
      verdictOf(silent, { inspectedMinutesAgo, client: client('stopped') });
    expect(ended(1)).toMatchObject({ is: 'failed', at: 'open', isUnasked: true });
    expect(ended(0.5)).not.toHaveProperty('isUnasked');
  });
});
