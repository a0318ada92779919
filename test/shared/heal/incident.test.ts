import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  ALARM_LAG_MS,
  allocate,
  answeredOf,
  askedOf,
  claim,
  conclude,
  FLAP_WINDOW_MS,
  INVOKE_AGAIN_MS,
  isAsked,
  judgeAttempt,
  keepsNode,
  MAX_FAILURES,
  movedTo,
  type Onset,
  type Outcome,
  openIncident,
  pauseAfterRefusal,
  recovered,
  refuseOpen,
  reopenToSettle,
  spent,
  wouldEscalate,
} from '../../../shared/heal/incident.ts';
import type { ApprovalRecord, IncidentRecord } from '../../../shared/heal/records.ts';
import { type ExecutionStatus, REQUEST_LIFETIME_MS } from '../../../shared/model/execution.ts';
import { tries } from '../../fixtures/any.ts';
import {
  allocatedIncident,
  claimedIncident,
  endedIncident,
  ME,
  OTHER,
  openIncidentRecord,
  payload,
} from '../../fixtures/builders/incident.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const onset = (onsetMs: number, incidentId = 'aaaa1111'): Onset => {
  const { fleet, node, instanceId, trigger, alarm } = payload();
  return { fleet, node, instanceId, trigger, incidentId, onsetMs, alarm };
};
const payloadOf = (attempt: number) => payload({ attempt });
const SENT = { code: 'not-proved', sentence: 'the client does not run', atMs: NOON_MS } as const;
const failed: Outcome = {
  outcome: 'failed',
  code: 'not-proved',
  sentence: 'the client does not run',
  notBeforeMs: NOON_MS + 5 * MINUTE_MS,
  page: SENT,
};
const refused = {
  outcome: 'refused',
  code: 'paused',
  sentence: 'Anna is at it',
  notBeforeMs: NOON_MS + MINUTE_MS,
} as const satisfies Outcome;
const pendingPage = { code: 'paused', sentence: 'Anna is at it', atMs: NOON_MS } as const;

describe('an alarm', () => {
  it('opens an incident where none was, before its first attempt', () => {
    expect(openIncident(undefined, onset(NOON_MS), NOON_MS)).toMatchObject({
      next: {
        state: 'open',
        incidentId: 'aaaa1111',
        onsetMs: NOON_MS,
        attempt: 0,
        failures: 0,
        notBeforeMs: 0,
        version: 1,
      },
    });
  });

  it('that is told again changes nothing while its incident is under way', () => {
    for (const read of [openIncidentRecord(), allocatedIncident(), claimedIncident()])
      expect(openIncident(read, onset(NOON_MS + HOUR_MS), NOON_MS + HOUR_MS)).toEqual({ keep: read });
  });

  it('that still rings minutes after the cure only lags behind', () => {
    const healed = endedIncident('healed', NOON_MS + MINUTE_MS);
    const at = (afterMs: number) => openIncident(healed, onset(NOON_MS), NOON_MS + MINUTE_MS + afterMs);
    expect(at(ALARM_LAG_MS - 1)).toEqual({ lags: true });
    // A report of exactly the moment of the cure counts as older than the cure.
    expect(openIncident(healed, onset(NOON_MS + MINUTE_MS), NOON_MS + MINUTE_MS)).toEqual({ lags: true });
    expect(at(ALARM_LAG_MS)).toMatchObject({ next: { state: 'open', incidentId: '7f3a0c1d' } });
  });

  it('that rings again right after the cure opens the same incident again: it flaps', () => {
    const healed = endedIncident('healed', NOON_MS, {
      attempt: 2,
      failures: 1,
      pagedCodes: ['not-proved'],
      notBeforeMs: 5,
    });
    expect(openIncident(healed, onset(NOON_MS + 1), NOON_MS + 2)).toMatchObject({
      next: {
        state: 'open',
        incidentId: '7f3a0c1d',
        attempt: 2,
        failures: 1,
        pagedCodes: ['not-proved'],
        notBeforeMs: 0,
        version: 4,
      },
    });
    expect(openIncident(healed, onset(NOON_MS + FLAP_WINDOW_MS), NOON_MS + HOUR_MS)).toMatchObject({
      next: { incidentId: '7f3a0c1d' },
    });
  });

  it('half an hour after the cure is a new incident, whose attempts are counted on', () => {
    const healed = endedIncident('healed', NOON_MS, {
      attempt: 2,
      failures: 1,
      refusedCodes: ['paused'],
      pagedCodes: ['not-proved'],
    });
    expect(openIncident(healed, onset(NOON_MS + FLAP_WINDOW_MS + 1), NOON_MS + HOUR_MS)).toMatchObject({
      next: { state: 'open', incidentId: 'aaaa1111', attempt: 2, failures: 0, refusedCodes: [], pagedCodes: [] },
    });
  });

  it('of an incident that a person was paged for is left to that person, unless it began anew much later', () => {
    const escalated = endedIncident('escalated', NOON_MS, { failures: MAX_FAILURES });
    expect(openIncident(escalated, onset(NOON_MS - HOUR_MS), NOON_MS + 24 * HOUR_MS)).toEqual({ keep: escalated });
    expect(openIncident(escalated, onset(NOON_MS + FLAP_WINDOW_MS), NOON_MS + HOUR_MS)).toEqual({ keep: escalated });
    const later = onset(NOON_MS + FLAP_WINDOW_MS + 1);
    expect(openIncident(escalated, later, NOON_MS + HOUR_MS)).toMatchObject({
      next: { state: 'open', failures: 0, incidentId: 'aaaa1111' },
    });
    // What tells of it is new, and the trouble is not.
    expect(openIncident(escalated, later, NOON_MS + HOUR_MS, NOON_MS + MINUTE_MS)).toEqual({ keep: escalated });
  });
});

describe('an attempt', () => {
  it('is numbered after the last one, whatever became of it', () => {
    const open = openIncidentRecord({ attempt: 4, version: 9 });
    expect(allocate(open, true, payloadOf, NOON_MS)).toMatchObject({
      next: { state: 'allocated', attempt: 5, version: 10, allocatedAtMs: NOON_MS, payload: { attempt: 5 } },
      invoke: { attempt: 5 },
    });
  });

  it('takes no number while the node is held, or before it is time to look again', () => {
    expect(allocate(openIncidentRecord(), false, payloadOf, NOON_MS)).toEqual({ leave: 'busy' });
    const later = openIncidentRecord({ notBeforeMs: NOON_MS });
    expect(allocate(later, true, payloadOf, NOON_MS - 1)).toEqual({ leave: 'later' });
    expect(allocate(later, true, payloadOf, NOON_MS)).toHaveProperty('next');
  });

  it('that never began is invoked again with the very payload that was stored', () => {
    const allocated = allocatedIncident({}, NOON_MS);
    const other = () => payload({ attempt: 9, mode: 'plan' });
    expect(allocate(allocated, true, other, NOON_MS + INVOKE_AGAIN_MS - 1)).toEqual({ leave: 'working' });
    expect(allocate(allocated, false, other, NOON_MS + INVOKE_AGAIN_MS)).toEqual({ invokeAgain: payload() });
  });

  it('is not begun beside one that works, nor after the end', () => {
    expect(allocate(claimedIncident(), true, payloadOf, NOON_MS + 24 * HOUR_MS)).toEqual({ leave: 'working' });
    for (const state of ['healed', 'escalated'] as const)
      expect(allocate(endedIncident(state, NOON_MS), true, payloadOf, NOON_MS)).toEqual({ leave: 'ended' });
  });
});

describe('a claim', () => {
  it('is the execution’s first act, and can be replayed', () => {
    const claimed = claim(allocatedIncident(), 1, ME);
    expect(claimed).toMatchObject({ next: { state: 'claimed', execution: ME, version: 4, payload: payload() } });
    expect('next' in claimed && claimed.next).not.toHaveProperty('allocatedAtMs');
    expect(claim(claimedIncident(), 1, ME)).toEqual({ mine: true });
  });

  it.each<[string, IncidentRecord | undefined, number, string]>([
    ['no incident', undefined, 1, 'there is no such incident'],
    ['an older attempt', allocatedIncident({ attempt: 2 }), 1, 'attempt 1 is not the current one, 2 is'],
    ['a twin', claimedIncident({}, OTHER), 1, 'attempt 1 was claimed by another execution'],
    ['an open incident', openIncidentRecord(), 1, 'attempt 1 is over: the incident is open'],
    ['a healed incident', endedIncident('healed', NOON_MS), 1, 'attempt 1 is over: the incident is healed'],
  ])('is refused, and says why: %s', (_, read, attempt, end) => {
    expect(claim(read, attempt, ME)).toEqual({ end });
  });
});

describe('a question to people', () => {
  const approval: ApprovalRecord = {
    ...{ attempt: 1, plan: 'abc', callbackId: 'cb', sentence: 'grow', terms: [['size', '900 GiB']] },
    ...{ askedAtMs: NOON_MS, untilMs: NOON_MS + 4 * HOUR_MS },
  };
  const yes = { said: 'approved', by: null, atMs: NOON_MS + MINUTE_MS } as const;
  const asked = claimedIncident({ approval });

  it('is written by the attempt that has claimed the incident, and by no other', () => {
    const mine = claimedIncident();
    expect(askedOf(mine, 1, ME, approval)).toEqual({ next: { ...mine, approval, version: mine.version + 1 } });
    for (const notMine of [
      askedOf(mine, 1, OTHER, approval),
      askedOf(mine, 2, ME, approval),
      askedOf(openIncidentRecord({ attempt: 1 }), 1, ME, approval),
      askedOf(undefined, 1, ME, approval),
    ])
      expect(notMine).toEqual({ notMine: true });
  });

  it('is answered once, by the same', () => {
    const answered = answeredOf(asked, 1, ME, yes);
    if (!('next' in answered)) throw new Error('it was not answered');
    expect(answered.next).toEqual({ ...asked, approval: { ...approval, answer: yes }, version: asked.version + 1 });
    for (const notMine of [
      answeredOf(answered.next, 1, ME, { ...yes, said: 'denied' }),
      answeredOf(asked, 1, OTHER, yes),
      answeredOf(claimedIncident(), 1, ME, yes),
      answeredOf(claimedIncident({ approval: { ...approval, attempt: 0 } }), 1, ME, yes),
    ])
      expect(notMine).toEqual({ notMine: true });
  });

  it('stays to be read when the attempt is over, and goes with its incident', () => {
    const answer = { ...approval, answer: yes };
    const over = conclude(claimedIncident({ approval: answer }), 1, ME, failed, NOON_MS, true);
    expect(over).toMatchObject({ next: { state: 'open', approval: answer } });
    const ended = endedIncident('healed', NOON_MS, { approval: answer });
    const flap = openIncident(ended, onset(NOON_MS + MINUTE_MS), NOON_MS + MINUTE_MS);
    expect(flap).toMatchObject({ next: { incidentId: ended.incidentId, approval: answer } });
    const later = NOON_MS + FLAP_WINDOW_MS + MINUTE_MS;
    const anew = openIncident(ended, onset(later), later);
    expect('next' in anew && 'approval' in anew.next).toBe(false);
  });

  it('stands until something of it was tried, and not for what comes after its incident', () => {
    const answer = { ...approval, answer: yes };
    const refused = { outcome: 'refused', code: 'paused', sentence: 'Anna is at it', notBeforeMs: NOON_MS } as const;
    const concluded = (outcome: Outcome) =>
      conclude(claimedIncident({ approval: answer }), 1, ME, outcome, NOON_MS, true);
    expect(concluded(refused)).toHaveProperty('next.approval', answer);
    expect(concluded({ ...refused, hasTried: true })).toHaveProperty('next.approval.isOver', true);
    expect(concluded(failed)).toHaveProperty('next.approval.isOver', true);
    const healed = endedIncident('healed', NOON_MS, { approval: answer });
    const flap = openIncident(healed, onset(NOON_MS + MINUTE_MS), NOON_MS + MINUTE_MS);
    expect(flap).toHaveProperty('next.approval.isOver', true);
    expect(reopenToSettle(healed)).toHaveProperty('next.approval.isOver', true);
  });
});

describe('an outcome', () => {
  it.each<[string, IncidentRecord | undefined]>([
    ['nothing', undefined],
    ['an allocated attempt', allocatedIncident()],
    ['another execution’s attempt', claimedIncident({}, OTHER)],
    ['another attempt', claimedIncident({ attempt: 2 })],
    ['an open incident', openIncidentRecord()],
    ['an ended incident', endedIncident('healed', NOON_MS)],
  ])('is not written over %s', (_, read) => {
    expect(conclude(read, 1, ME, { outcome: 'healed', proof: 'three blocks more' }, NOON_MS, true)).toEqual({
      notMine: true,
    });
  });

  it('of health closes the incident now', () => {
    expect(
      conclude(claimedIncident(), 1, ME, { outcome: 'healed', proof: 'three blocks more' }, NOON_MS, true),
    ).toMatchObject({
      next: { state: 'healed', endedAtMs: NOON_MS, version: 4 },
    });
  });

  it('of a plan or a refusal leaves it open, and counts towards nothing', () => {
    const planned: Outcome = { outcome: 'planned', sentence: 'grow it', notBeforeMs: NOON_MS + HOUR_MS };
    for (const outcome of [planned, refused])
      expect(conclude(claimedIncident({ failures: 2 }), 1, ME, outcome, NOON_MS, true)).toMatchObject({
        next: { state: 'open', failures: 2, attempt: 1 },
      });
  });

  it('of failure counts, and the third ends the ladder', () => {
    const afterFailures = (failures: number) => conclude(claimedIncident({ failures }), 1, ME, failed, NOON_MS, true);
    expect(afterFailures(0)).toMatchObject({
      next: { state: 'open', failures: 1, notBeforeMs: NOON_MS + 5 * MINUTE_MS },
    });
    expect(afterFailures(1)).toMatchObject({ next: { state: 'open', failures: 2 } });
    expect(afterFailures(2)).toMatchObject({ next: { state: 'escalated', failures: 3, endedAtMs: NOON_MS } });
  });

  it('of a ladder that is spent escalates at once, and counts no failure', () => {
    const spent: Outcome = {
      outcome: 'escalated',
      code: 'not-proved',
      sentence: 'the client does not run',
      page: SENT,
    };
    expect(conclude(claimedIncident({ failures: 0 }), 1, ME, spent, NOON_MS, true)).toMatchObject({
      next: {
        state: 'escalated',
        failures: 0,
        endedAtMs: NOON_MS,
        refusedCodes: ['not-proved'],
        pagedCodes: ['not-proved'],
      },
    });
  });

  it('of a client that did not open its data keeps that beside its words, which are cut', () => {
    const spent = { outcome: 'escalated', code: 'ladder-spent', sentence: 'why '.repeat(400), page: SENT } as const;
    const wordOf = (outcome: Outcome) => {
      const concluded = conclude(claimedIncident(), 1, ME, outcome, NOON_MS, true);
      return 'next' in concluded ? concluded.next.lastWord : undefined;
    };
    expect(wordOf({ ...spent, unopened: true })).toMatchObject({ kind: 'failed', unopened: true });
    expect(wordOf({ ...spent, unopened: true })?.sentence.length).toBeLessThanOrEqual(600);
    expect(wordOf(spent)).not.toHaveProperty('unopened');
  });

  it('would be the last exactly when it is', () => {
    for (const failures of [0, 1, 2, 3]) {
      const read = claimedIncident({ failures });
      const concluded = conclude(read, 1, ME, failed, NOON_MS, true);
      expect('next' in concluded && concluded.next.state === 'escalated').toBe(wouldEscalate(read));
    }
  });

  it('remembers its code once, and as paged only when people are told', () => {
    const once = conclude(claimedIncident(), 1, ME, refused, NOON_MS, true);
    expect(once).toMatchObject({ next: { refusedCodes: ['paused'], pagedCodes: [] } });
    const known = claimedIncident({ refusedCodes: ['paused'], pagedCodes: ['paused'], pendingPages: [pendingPage] });
    expect(conclude(known, 1, ME, { ...refused, pendingPage }, NOON_MS, true)).toMatchObject({
      next: { refusedCodes: ['paused'], pagedCodes: ['paused'], pendingPages: [pendingPage] },
    });
  });

  it('keeps the code that was last said as the last one', () => {
    const before = claimedIncident({ refusedCodes: ['paused', 'breaker-open'] });
    expect(conclude(before, 1, ME, refused, NOON_MS, true)).toMatchObject({
      next: { refusedCodes: ['breaker-open', 'paused'] },
    });
  });
});

describe('a refusal by the dispatcher', () => {
  it('spends no number, and looks again', () => {
    const refusal = {
      code: 'paused',
      sentence: 'Anna is at it',
      notBeforeMs: NOON_MS + MINUTE_MS,
      pendingPage,
    } as const;
    expect(refuseOpen(openIncidentRecord(), refusal, NOON_MS)).toMatchObject({
      next: {
        state: 'open',
        attempt: 1,
        notBeforeMs: NOON_MS + MINUTE_MS,
        refusedCodes: ['paused'],
        pagedCodes: ['paused'],
        pendingPages: [pendingPage],
      },
    });
    expect(refuseOpen(claimedIncident(), refusal, NOON_MS)).toEqual({ leave: true });
  });
});

describe('an execution', () => {
  const ended = (endedAtMs: number): ExecutionStatus => ({ state: 'ended', endedAtMs });

  it('that ended without an outcome leaves its incident open, once its last request has died out', () => {
    for (const read of [allocatedIncident(), claimedIncident()]) {
      expect(judgeAttempt(read, ended(NOON_MS), NOON_MS + REQUEST_LIFETIME_MS)).toEqual({ leave: true });
      expect(judgeAttempt(read, ended(NOON_MS), NOON_MS + REQUEST_LIFETIME_MS + 1)).toMatchObject({
        next: { state: 'open', attempt: 1, version: 4 },
      });
    }
  });

  it('that keeps dying is followed by another more and more slowly, and the incident remembers how often', () => {
    const died = (deaths: number) => {
      const judged = judgeAttempt({ ...claimedIncident(), deaths }, ended(0), NOON_MS);
      return 'next' in judged ? [judged.next.deaths, (judged.next.notBeforeMs - NOON_MS) / MINUTE_MS] : judged;
    };
    expect([0, 1, 2, 3, 4, 9].map(died)).toEqual([
      [1, 2],
      [2, 4],
      [3, 8],
      [4, 16],
      [5, 32],
      [10, 32],
    ]);
  });

  it('that outlives its deadline is stopped first, never overtaken', () => {
    const { deadlineMs } = payload();
    expect(judgeAttempt(claimedIncident(), { state: 'running' }, deadlineMs)).toEqual({ leave: true });
    expect(judgeAttempt(claimedIncident(), { state: 'running' }, deadlineMs + 1)).toEqual({ stop: true });
  });

  it('of which nothing can be read is taken for alive, however late', () => {
    expect(judgeAttempt(claimedIncident(), { state: 'unknown' }, NOON_MS + 1_000 * HOUR_MS)).toEqual({ leave: true });
  });

  it('is nobody’s concern when none is under way', () => {
    for (const read of [openIncidentRecord(), endedIncident('healed', 0), endedIncident('escalated', 0)])
      expect(judgeAttempt(read, ended(0), NOON_MS)).toEqual({ leave: true });
  });
});

describe('an incident whose trouble is gone', () => {
  it('is closed where nobody is at work', () => {
    for (const read of [openIncidentRecord(), endedIncident('escalated', 0)])
      expect(recovered(read, NOON_MS)).toMatchObject({ next: { state: 'healed', endedAtMs: NOON_MS, version: 4 } });
    for (const read of [allocatedIncident(), claimedIncident(), endedIncident('healed', 0)])
      expect(recovered(read, NOON_MS)).toEqual({ leave: true });
  });

  it('is opened again, at once, for what a dead holder left open', () => {
    for (const state of ['healed', 'escalated'] as const)
      expect(reopenToSettle(endedIncident(state, 0, { notBeforeMs: NOON_MS }))).toMatchObject({
        next: { state: 'open', notBeforeMs: 0 },
      });
    for (const read of [openIncidentRecord(), allocatedIncident(), claimedIncident()])
      expect(reopenToSettle(read)).toEqual({ leave: true });
  });
});

describe('an attempt whose name was used before, with another payload', () => {
  it('spends its number and nothing else: the next one is taken', () => {
    const read = allocatedIncident({ attempt: 2, version: 4 });
    expect(spent(read, 2)).toMatchObject({ next: { state: 'open', attempt: 2, failures: 0, version: 5 } });
  });

  it('is left alone where it is claimed, or another one is allocated', () => {
    expect(spent(claimedIncident({ attempt: 2 }), 2)).toEqual({ leave: true });
    expect(spent(allocatedIncident({ attempt: 3 }), 2)).toEqual({ leave: true });
  });
});

describe('an incident whose fleet has another name now', () => {
  const left = openIncidentRecord({
    attempt: 3,
    failures: 1,
    pagedCodes: ['paused'],
    notBeforeMs: NOON_MS,
    version: 9,
  });

  it('goes on there: with its number of attempts and what people know, and at once', () => {
    expect(movedTo(left, 'btc', undefined)).toEqual({ next: { ...left, fleet: 'btc', notBeforeMs: 0, version: 1 } });
  });

  it('takes no number twice, and the place of one that is over', () => {
    const there = endedIncident('healed', NOON_MS, { fleet: 'btc', attempt: 5, version: 4 });
    expect(movedTo(left, 'btc', there)).toMatchObject({
      next: { fleet: 'btc', attempt: 5, version: 5, state: 'open' },
    });
  });

  it('leaves the node to an incident of the new name that is open already', () => {
    for (const there of [openIncidentRecord(), allocatedIncident(), claimedIncident()])
      expect(movedTo(left, 'btc', there)).toEqual({ leave: true });
  });
});

describe('whatever happens to an incident, in whatever order', () => {
  const nextOf = (decide: () => object): IncidentRecord | undefined =>
    (decide() as { readonly next?: IncidentRecord }).next;
  const anyOutcome = fc.constantFrom<Outcome>(
    { outcome: 'healed', proof: 'three blocks more' },
    { outcome: 'planned', sentence: 'grow it', notBeforeMs: 0 },
    refused,
    failed,
    { outcome: 'escalated', code: 'not-proved', sentence: 'the client does not run', page: SENT },
  );
  const anyStatus = fc.constantFrom<ExecutionStatus>(
    { state: 'running' },
    { state: 'unknown' },
    { state: 'ended', endedAtMs: 0 },
  );
  const anyAct = fc.record({
    act: fc.constantFrom('open', 'allocate', 'claim', 'conclude', 'refuse', 'judge', 'recover', 'settle'),
    minutes: fc.integer({ min: 0, max: 90 }),
    attempt: fc.integer({ min: 0, max: 2 }),
    execution: fc.constantFrom(ME, OTHER),
    leaseFree: fc.boolean(),
    outcome: anyOutcome,
    status: anyStatus,
  });

  it('attempts only rise, outcomes are the claimed attempt’s, and every write follows the one before', () => {
    fc.assert(
      fc.property(fc.array(anyAct, { maxLength: 60 }), (acts) => {
        let record: IncidentRecord | undefined;
        let nowMs = NOON_MS;
        for (const { act, minutes, attempt, execution, leaseFree, outcome, status } of acts) {
          nowMs += minutes * MINUTE_MS;
          const before: IncidentRecord | undefined = record;
          // An execution knows its own number: the current one, or an older.
          const number = Math.max(1, (before?.attempt ?? 0) - attempt);
          const next = nextOf(() => {
            if (act === 'open') return openIncident(before, onset(nowMs - minutes * MINUTE_MS, `id${nowMs}`), nowMs);
            if (act === 'claim') return claim(before, number, execution);
            if (act === 'conclude') return conclude(before, number, execution, outcome, nowMs, true);
            if (!before) return { leave: true };
            if (act === 'allocate') return allocate(before, leaseFree, payloadOf, nowMs);
            if (act === 'refuse')
              return refuseOpen(before, { code: 'paused', sentence: 'Anna is at it', notBeforeMs: nowMs }, nowMs);
            if (act === 'judge') return judgeAttempt(before, status, nowMs);
            return act === 'recover' ? recovered(before, nowMs) : reopenToSettle(before);
          });
          if (!next) continue;
          expect(next.version).toBe((before?.version ?? 0) + 1);
          expect(next.attempt - (before?.attempt ?? 0)).toBe(act === 'allocate' ? 1 : 0);
          expect(next.failures).toBeGreaterThanOrEqual(
            before && next.incidentId === before.incidentId ? before.failures : 0,
          );
          expect(new Set(next.refusedCodes).size).toBe(next.refusedCodes.length);
          if (act === 'claim') expect(before).toMatchObject({ state: 'allocated', attempt: number });
          if (act === 'conclude') expect(before).toMatchObject({ state: 'claimed', attempt: number, execution });
          if (next.state === 'allocated' || next.state === 'claimed') expect(next.payload.attempt).toBe(next.attempt);
          // No attempt begins next to one that may be alive.
          if (before?.state === 'claimed' && next.state !== 'claimed') expect(['conclude', 'judge']).toContain(act);
          record = next;
        }
      }),
      tries('incident', 500),
    );
  });
});

describe('an incident at its edges', () => {
  it('has told nothing when it is opened, and owes no page when it is opened for other trouble', () => {
    expect(openIncident(undefined, onset(NOON_MS), NOON_MS)).toMatchObject({
      next: { refusedCodes: [], pagedCodes: [] },
    });
    const escalated = endedIncident('escalated', NOON_MS, { pendingPages: [pendingPage] });
    expect(openIncident(escalated, onset(NOON_MS + FLAP_WINDOW_MS + 1), NOON_MS + HOUR_MS)).toMatchObject({
      next: { pendingPages: [] },
    });
  });

  it('counts its refusals, which make its pauses longer, but none for a turn', () => {
    const outcomeOf = (code: 'paused' | 'replace-in-flight' | 'disk-full-first', refusals?: number) => {
      const read = claimedIncident({ attempt: 1, ...(refusals !== undefined && { refusals }) });
      const concluded = conclude(read, 1, ME, { ...refused, code }, NOON_MS, true);
      if (!('next' in concluded)) throw new Error('not mine');
      return [concluded.next.refusals, concluded.next.waitsFor];
    };
    expect(outcomeOf('paused')).toEqual([1, undefined]);
    expect(outcomeOf('paused', 4)).toEqual([5, undefined]);
    expect(outcomeOf('disk-full-first', 4)).toEqual([4, 'disk-full-first']);
  });

  it('that was planned is planned until then, and neither refused nor told', () => {
    const read = claimedIncident({ attempt: 1 });
    const untilMs = NOON_MS + HOUR_MS;
    expect(
      conclude(read, 1, ME, { outcome: 'planned', sentence: 'grow it', notBeforeMs: untilMs }, NOON_MS, true),
    ).toMatchObject({
      next: { state: 'open', plannedUntilMs: untilMs, notBeforeMs: 0, refusedCodes: [], pagedCodes: [] },
    });
  });

  it('waits longer with each refusal, up to an hour; a turn is looked for as soon as it says', () => {
    const pause = (refusals: number | undefined, code = 'paused', retryAfterMs = MINUTE_MS) =>
      pauseAfterRefusal(refusals === undefined ? {} : { refusals }, code, retryAfterMs) / MINUTE_MS;
    expect([pause(undefined), pause(0), pause(2), pause(9), pause(500)]).toEqual([1, 1, 4, 60, 60]);
    expect([pause(3, 'disk-full-first'), pause(1, 'paused', 3 * HOUR_MS)]).toEqual([1, 180]);
  });

  it('keeps the node’s own word that its disk is full, which the dispatcher only guesses', () => {
    const waitsFor = (read: 'disk-full-first' | undefined, code: 'disk-full-first' | 'paused') => {
      const refusal = refuseOpen(openIncidentRecord(read && { waitsFor: read }), { ...refused, code }, NOON_MS);
      return 'next' in refusal ? refusal.next.waitsFor : 'left';
    };
    expect(waitsFor('disk-full-first', 'disk-full-first')).toBe('disk-full-first');
    expect(waitsFor(undefined, 'disk-full-first')).toBeUndefined();
    expect(waitsFor('disk-full-first', 'paused')).toBeUndefined();
    const left = refuseOpen(openIncidentRecord({ waitsFor: 'disk-full-first' }), refused, NOON_MS);
    expect('next' in left && Object.keys(left.next)).not.toContain('waitsFor');
  });

  it('is written with the next version when it is opened to settle what is left', () => {
    expect(reopenToSettle(endedIncident('healed', NOON_MS))).toMatchObject({ next: { state: 'open', version: 4 } });
  });

  it('goes on under a new name beside one of that name that has ended, and stays where it is that one', () => {
    const left = openIncidentRecord();
    const there = (state: 'healed' | 'escalated', incidentId: string) =>
      movedTo(left, 'new', endedIncident(state, NOON_MS, { incidentId, attempt: 9 }));
    expect(there('escalated', 'aaaa1111')).toMatchObject({ next: { fleet: 'new', attempt: 9, version: 4 } });
    expect(there('escalated', left.incidentId)).toEqual({ leave: true });
    expect(there('healed', left.incidentId)).toMatchObject({ next: { fleet: 'new' } });
    expect(movedTo(left, 'new', openIncidentRecord({ incidentId: 'aaaa1111' }))).toEqual({ leave: true });
  });

  it('owes the page of each code once, the last one that was said of it', () => {
    const other = { ...pendingPage, code: 'breaker-open' as const };
    const read = openIncidentRecord({ pendingPages: [pendingPage, other] });
    const later = { ...pendingPage, sentence: 'Anna is still at it' };
    const refusal = refuseOpen(read, { ...refused, pendingPage: later }, NOON_MS);
    expect('next' in refusal && refusal.next.pendingPages).toEqual([other, later]);
  });

  it('remembers the page that was sent, and none that was not', () => {
    const of = (page: typeof SENT | undefined) => {
      const concluded = conclude(claimedIncident({ attempt: 1 }), 1, ME, { ...failed, page } as Outcome, NOON_MS, true);
      if (!('next' in concluded)) throw new Error('not mine');
      return [concluded.next.lastPage, concluded.next.pagedCodes];
    };
    expect(of(SENT)).toEqual([SENT, ['not-proved']]);
    expect(of(undefined)).toEqual([undefined, []]);
  });
});

describe('an incident keeps its node from what may wait', () => {
  const of = (more: object): IncidentRecord => ({ ...openIncidentRecord(), ...more }) as IncidentRecord;
  const asked = { attempt: 2, approval: { attempt: 2 } };

  it('until it is healed', () => {
    for (const state of ['open', 'allocated', 'claimed', 'escalated'] as const)
      expect(keepsNode(of({ state }))).toBe(true);
    expect(keepsNode(of({ state: 'healed' }))).toBe(false);
    expect(keepsNode(of({ state: 'healed', trigger: 'node:type' }))).toBe(false);
  });

  it('by the type of its first sync only while somebody is at it, and no person is asked', () => {
    const type = (more: object) => keepsNode(of({ trigger: 'node:type', attempt: 2, ...more }));
    expect(type({ state: 'allocated' })).toBe(true);
    expect(type({ state: 'claimed' })).toBe(true);
    expect(type({ state: 'open' })).toBe(false);
    expect(type({ state: 'escalated' })).toBe(false);
    expect(type({ state: 'claimed', ...asked })).toBe(false);
    expect(type({ state: 'allocated', ...asked })).toBe(false);
    expect(keepsNode(of({ state: 'claimed', ...asked }))).toBe(true);
  });

  it('where a person has been asked until there is an answer, of this attempt', () => {
    const approval = (more: object) => ({ attempt: 2, ...more }) as ApprovalRecord;
    expect(isAsked({ attempt: 2, approval: approval({}) })).toBe(true);
    expect(isAsked({ attempt: 3, approval: approval({}) })).toBe(false);
    expect(isAsked({ attempt: 2, approval: approval({ answer: 'approved' }) })).toBe(false);
    expect(isAsked(of({}))).toBe(false);
  });
});

describe('what is left to a person or to a boot', () => {
  const LEFT = ['client-stopped', 'instance-stopped', 'client-unknown', 'first-boot'] as const;
  const left = (code: (typeof LEFT)[number] | 'aws-refused', before: object = {}) =>
    conclude(
      claimedIncident(before),
      1,
      ME,
      { outcome: 'refused', code, sentence: 'not now', notBeforeMs: NOON_MS + 1 },
      NOON_MS,
      true,
    );

  it('is remembered with the moment at which it was left', () => {
    for (const code of LEFT) expect(left(code)).toMatchObject({ next: { leftAtMs: NOON_MS } });
  });

  it('until an attempt ends otherwise', () => {
    expect(left('aws-refused', { leftAtMs: NOON_MS - 1 })).not.toMatchObject({ next: { leftAtMs: expect.anything() } });
  });
});
