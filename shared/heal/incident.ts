// Incidents: which attempt may work on one, how it ends, and how it is opened again. Pure decisions over INCIDENT records; the store writes the
// result on the condition that nothing changed.

import { type ExecutionStatus, REQUEST_LIFETIME_MS } from '../model/execution.ts';
import type { GuardrailCode, PageCode } from '../model/guardrail-codes.ts';
import type { HealPayload } from '../model/payload.ts';
import { NODE_TYPE, readTrigger } from '../model/trigger.ts';
import type { Write } from '../model/write.ts';
import { plainText } from '../text/plain-text.ts';
import { leaseFree, owesClient, unsettled } from './lease.ts';
import {
  type ApprovalRecord,
  DISK_FIRST,
  type IncidentBase,
  type IncidentRecord,
  type LastWord,
  type NodeRecord,
  type PageNote,
  type PendingPage,
  QUEUE_CODES,
} from './records.ts';

/** Attempts that may fail in one incident before a person is paged and nothing more is tried. */
export const MAX_FAILURES = 3;
/** Attempts that may die in one incident before a person is paged; further ones follow, at growing intervals. */
export const DEATHS_TO_PAGE = 3;
const MAX_DEATH_PAUSE_MINUTES = 32;
export const MAX_REFUSAL_PAUSE_MS = 60 * 60_000;
/** From a second to more than an hour. */
const MAX_DOUBLINGS = 12;
/** A healed incident takes up a flap within this time; a later onset is a new incident. */
export const FLAP_WINDOW_MS = 30 * 60_000;

/**
 * Whether an incident keeps its node from what may wait: somebody is at it, or a person who was called may need it as it is. That its instance has the type of
 * its first sync still, while nobody is at it, costs money alone.
 */
export const keepsNode = (incident: IncidentRecord): boolean => {
  const { state, trigger } = incident;
  if (state === 'healed') return false;
  return trigger !== NODE_TYPE || ((state === 'allocated' || state === 'claimed') && !isAsked(incident));
};

/** A person has been asked, and has not said yes or no: nothing is begun. */
export const isAsked = ({ approval, attempt }: Pick<IncidentRecord, 'approval' | 'attempt'>): boolean =>
  approval?.attempt === attempt && approval.answer === undefined;
/**
 * An alarm lags behind the cure: CloudWatch needs its periods to see the new size. An alarm with a lower threshold than the fleet's stays in ALARM on
 * a disk that is well: such a node is asked again twice an hour, not each minute.
 */
export const ALARM_LAG_MS = 30 * 60_000;
/** An attempt that was allocated and is not claimed after this time is invoked again. */
export const INVOKE_AGAIN_MS = 60_000;

export type Onset = Pick<
  IncidentBase,
  'fleet' | 'node' | 'instanceId' | 'trigger' | 'incidentId' | 'onsetMs' | 'alarm'
>;

/**
 * The record of trouble seen now: a new one, the existing one, or the healed one opened again. `lags` when it was healed so recently that the alarm
 * only lags behind the cure.
 *
 * @param sinceMs since when the trouble lasts, where that is earlier than what tells of it now
 */
export function openIncident(
  read: IncidentRecord | undefined,
  onset: Onset,
  nowMs: number,
  sinceMs: number = onset.onsetMs,
): Write<IncidentRecord> | { readonly keep: IncidentRecord } | { readonly lags: true } {
  if (!read) {
    const fresh = { attempt: 0, failures: 0, notBeforeMs: 0, refusedCodes: [], pagedCodes: [], version: 1 };
    return { next: { ...onset, ...fresh, state: 'open' } };
  }
  if (read.state === 'escalated') {
    // A person has been paged. Only trouble that began after that, and after the flap window, is new.
    const isNew = Math.min(onset.onsetMs, sinceMs) > read.endedAtMs + FLAP_WINDOW_MS;
    return isNew ? { next: reopened(read, onset, true) } : { keep: read };
  }
  if (read.state !== 'healed') return { keep: read };
  const toldAgain = onset.onsetMs > read.endedAtMs;
  if (!toldAgain && nowMs - read.endedAtMs < ALARM_LAG_MS) return { lags: true };
  return { next: reopened(read, onset, onset.onsetMs > read.endedAtMs + FLAP_WINDOW_MS) };
}

const reopened = (read: IncidentRecord, onset: Onset, isNew: boolean): IncidentRecord => ({
  ...(isNew
    ? {
        // The approval and the pages belong to the incident before.
        ...withoutWord(withoutQueue(withoutApproval(identity(read)))),
        incidentId: onset.incidentId,
        onsetMs: onset.onsetMs,
        alarm: onset.alarm,
        failures: 0,
        deaths: 0,
        refusals: 0,
        refusedCodes: [],
        pagedCodes: [],
        pendingPages: [],
        plannedUntilMs: 0,
      }
    : withoutWord(withoutYes(identity(read)))),
  notBeforeMs: 0,
  version: read.version + 1,
  state: 'open',
});

/** What was approved is done, or over. The question stays, for people to read. */
const withoutYes = ({ approval, ...rest }: IncidentBase): IncidentBase => ({
  ...rest,
  ...(approval && { approval: { ...approval, isOver: true as const } }),
});

const withoutApproval = ({ approval: _, lastPage: __, askedAtMs: ___, ...rest }: IncidentBase): IncidentBase => rest;

/** Allocates the next attempt of an open incident. Only when the node's lease is free (`leaseFree`): waiting spends no number. */
export function allocate(
  read: IncidentRecord,
  leaseFree: boolean,
  payloadOf: (attempt: number) => HealPayload,
  nowMs: number,
):
  | (Write<IncidentRecord> & { readonly invoke: HealPayload })
  | { readonly invokeAgain: HealPayload }
  | { readonly leave: 'busy' | 'working' | 'ended' | 'later' } {
  switch (read.state) {
    case 'claimed':
      return { leave: 'working' };
    case 'healed':
    case 'escalated':
      return { leave: 'ended' };
    case 'allocated':
      return nowMs - read.allocatedAtMs >= INVOKE_AGAIN_MS ? { invokeAgain: read.payload } : { leave: 'working' };
    case 'open': {
      if (nowMs < read.notBeforeMs) return { leave: 'later' };
      if (!leaseFree) return { leave: 'busy' };
      const attempt = read.attempt + 1;
      const payload = payloadOf(attempt);
      const next: IncidentRecord = {
        ...identity(read),
        attempt,
        version: read.version + 1,
        state: 'allocated',
        payload,
        allocatedAtMs: nowMs,
      };
      return { next, invoke: payload };
    }
  }
}

/**
 * The name of this attempt's execution was used before, with another payload: the table was restored, and has forgotten that attempt. Its number is
 * spent, and the next one is taken.
 */
export const spent = (read: IncidentRecord, attempt: number): Write<IncidentRecord> | { readonly leave: true } =>
  read.state === 'allocated' && read.attempt === attempt
    ? { next: { ...identity(read), version: read.version + 1, state: 'open' } }
    : { leave: true };

/** An execution's first act: it claims its attempt by its ARN, or ends and touches nothing. */
export function claim(
  read: IncidentRecord | undefined,
  attempt: number,
  execution: string,
): Write<IncidentRecord> | { readonly mine: true } | { readonly end: string } {
  if (!read) return { end: 'there is no such incident' };
  if (read.attempt !== attempt) return { end: `attempt ${attempt} is not the current one, ${read.attempt} is` };
  if (read.state === 'claimed') {
    return read.execution === execution
      ? { mine: true }
      : { end: `attempt ${attempt} was claimed by another execution` };
  }
  if (read.state !== 'allocated') return { end: `attempt ${attempt} is over: the incident is ${read.state}` };
  const { allocatedAtMs: _, ...rest } = read;
  return { next: { ...rest, version: read.version + 1, state: 'claimed', execution } };
}

/** The claimed attempt puts a plan to a person. */
export const askedOf = (
  read: IncidentRecord | undefined,
  attempt: number,
  execution: string,
  approval: ApprovalRecord,
): Write<IncidentRecord> | { readonly notMine: true } =>
  isMine(read, attempt, execution) ? { next: { ...read, approval, version: read.version + 1 } } : { notMine: true };

/** The answer to this attempt's question; recorded once. */
export const answeredOf = (
  read: IncidentRecord | undefined,
  attempt: number,
  execution: string,
  answer: NonNullable<ApprovalRecord['answer']>,
): Write<IncidentRecord> | { readonly notMine: true } =>
  isMine(read, attempt, execution) && read.approval && isAsked(read)
    ? { next: { ...read, approval: { ...read.approval, answer }, version: read.version + 1 } }
    : { notMine: true };

const isMine = (
  read: IncidentRecord | undefined,
  attempt: number,
  execution: string,
): read is Extract<IncidentRecord, { readonly state: 'claimed' }> =>
  read?.state === 'claimed' && read.attempt === attempt && read.execution === execution;

export interface Refused {
  readonly code: GuardrailCode;
  readonly sentence: string;
  readonly notBeforeMs: number;
  /** See `Refusal`. */
  readonly untilMs?: number;
  /** As `pendingPageOf` gives it: the sweep pages for it. */
  readonly pendingPage?: PendingPage;
}

export type Outcome =
  /** proof: the sentence that says how it was proved */
  | { readonly outcome: 'healed'; readonly proof: string }
  /** Mode plan: the plan is in the journal, and nothing was touched. */
  | { readonly outcome: 'planned'; readonly sentence: string; readonly notBeforeMs: number }
  /** Nothing more was possible for the reason `code`; looked at again from `notBeforeMs`. Never counts towards the ladder. */
  | ({ readonly outcome: 'refused'; readonly hasTried?: true } & Refused)
  | {
      readonly outcome: 'failed';
      readonly code: PageCode;
      readonly sentence: string;
      readonly notBeforeMs: number;
      /** The page that was sent for it; undefined where none was. */
      readonly page: PageNote | undefined;
    }
  /** There is nothing left to try, even with attempts left: a person has been paged. */
  | {
      readonly outcome: 'escalated';
      readonly code: PageCode;
      readonly sentence: string;
      readonly page: PageNote | undefined;
      readonly unopened?: true;
    };

/** What a person has stopped is left to that person, and a client that nobody can follow yet to its boot or its owner. */
const LEFT: ReadonlySet<GuardrailCode> = new Set<GuardrailCode>([
  ...(['client-stopped', 'instance-stopped', 'client-unknown', 'first-boot'] as const),
]);

/**
 * The outcome of an attempt. Only its own claimed attempt may write it; the last failure of a ladder escalates.
 *
 * @param asked the attempt has asked the node
 */
export function conclude(
  read: IncidentRecord | undefined,
  attempt: number,
  execution: string,
  outcome: Outcome,
  nowMs: number,
  asked: boolean,
): Write<IncidentRecord> | { readonly notMine: true } {
  if (!isMine(read, attempt, execution)) return { notMine: true };
  const { leftAtMs: _, ...kept } = withoutWord(withoutQueue(identity(read)));
  const said = wordOf(outcome, nowMs, asked);
  const base: IncidentBase = { ...kept, ...(said && { lastWord: said }), version: read.version + 1 };
  switch (outcome.outcome) {
    case 'healed':
      return { next: { ...base, state: 'healed', endedAtMs: nowMs, proof: plainText(outcome.proof) } };
    case 'planned':
      return { next: { ...base, plannedUntilMs: outcome.notBeforeMs, state: 'open' } };
    case 'refused': {
      const waitsFor = waitsForTurn(outcome.code);
      return {
        next: {
          ...refusedFor(queued(outcome.hasTried ? withoutYes(base) : base, waitsFor), outcome),
          ...(waitsFor === undefined && { refusals: (read.refusals ?? 0) + 1 }),
          ...(LEFT.has(outcome.code) && { leftAtMs: nowMs }),
          notBeforeMs: outcome.notBeforeMs,
          state: 'open',
        },
      };
    }
    case 'failed': {
      const failures = read.failures + 1;
      const after = { ...pagedFor(withoutYes(base), outcome), failures, notBeforeMs: outcome.notBeforeMs };
      return failures >= MAX_FAILURES
        ? { next: { ...after, state: 'escalated', endedAtMs: nowMs } }
        : { next: { ...after, state: 'open' } };
    }
    case 'escalated':
      return { next: { ...pagedFor(base, outcome), state: 'escalated', endedAtMs: nowMs } };
  }
}

function wordOf(outcome: Outcome, atMs: number, asked: boolean): LastWord | undefined {
  switch (outcome.outcome) {
    case 'healed':
      return undefined;
    case 'planned':
      return { kind: 'planned', sentence: short(outcome.sentence), atMs, asked };
    case 'refused':
      return refusalWord(outcome, atMs, asked);
    case 'failed':
      return failureWord(outcome, atMs, asked);
    case 'escalated':
      return { ...failureWord(outcome, atMs, asked), ...(outcome.unopened && { unopened: true }) };
  }
}

const failureWord = (
  { code, sentence }: { readonly code: PageCode; readonly sentence: string },
  atMs: number,
  asked: boolean,
): LastWord => ({ kind: 'failed', code, sentence: short(sentence), atMs, asked });

/** It is read on one screen; the journal has all of it. */
const short = (sentence: string): string => plainText(sentence, 600);

/**
 * How long to wait after a refusal: as long as its reason says, and twice as long each time that the incident is refused again, up to an hour. What
 * waits for a turn waits at the door, which looks each minute and starts no execution.
 */
export function pauseAfterRefusal(read: Pick<IncidentRecord, 'refusals'>, code: string, retryAfterMs: number): number {
  if (waitsForTurn(code) !== undefined) return retryAfterMs;
  const grown = retryAfterMs * 2 ** Math.min(read.refusals ?? 0, MAX_DOUBLINGS);
  return Math.max(retryAfterMs, Math.min(grown, MAX_REFUSAL_PAUSE_MS));
}

/** What people have to know of a refusal; undefined where it does not page, or they were told of its code before in this incident. */
/** What a plan is refused for, whoever has asked for it reads. */
export const pendingPageOf = (
  { pagedCodes, trigger }: Pick<IncidentRecord, 'pagedCodes' | 'trigger'>,
  { code, reason, page }: { readonly code: GuardrailCode; readonly reason: string; readonly page: boolean },
  atMs: number,
): PendingPage | undefined =>
  page && !pagedCodes.includes(code) && readTrigger(trigger)?.kind !== 'plan'
    ? { code, sentence: plainText(reason), atMs }
    : undefined;

/** True when this outcome would be the incident's last: the page must say so. */
export const wouldEscalate = (read: IncidentRecord): boolean => read.failures + 1 >= MAX_FAILURES;

/** A refusal by the dispatcher itself: nothing was started, no attempt number is spent, and nobody has asked the node. */
export function refuseOpen(
  read: IncidentRecord,
  refusal: Refused,
  nowMs: number,
): Write<IncidentRecord> | { readonly leave: true } {
  if (read.state !== 'open') return { leave: true };
  // The dispatcher only guesses that a disk may be full. The node's own word stays, for as long as the disk's incident does.
  const isStillFull = refusal.code === DISK_FIRST && read.waitsFor === DISK_FIRST;
  const waitsFor = isStillFull ? DISK_FIRST : turnOf(refusal.code);
  const next = {
    ...refusedFor(queued({ ...identity(read), version: read.version + 1 }, waitsFor), refusal),
    lastWord: refusalWord(refusal, nowMs, false),
    notBeforeMs: refusal.notBeforeMs,
  };
  return { next: { ...next, state: 'open' } };
}

const refusalWord = ({ code, sentence, untilMs }: Refused, atMs: number, asked: boolean): LastWord => ({
  kind: 'refused',
  code,
  sentence: short(sentence),
  atMs,
  asked,
  ...(untilMs !== undefined && { untilMs }),
});

/**
 * Only the execution itself says whether an attempt is dead. If it ended without an outcome, the incident is open again. If it runs past its own
 * deadline, it must be stopped first. A last request may be in flight for a while after the end.
 */
export function judgeAttempt(
  read: IncidentRecord,
  status: ExecutionStatus,
  nowMs: number,
): Write<IncidentRecord> | { readonly stop: true } | { readonly leave: true } {
  if (read.state !== 'allocated' && read.state !== 'claimed') return { leave: true };
  if (status.state === 'running') return nowMs > read.payload.deadlineMs ? { stop: true } : { leave: true };
  if (status.state === 'unknown' || nowMs <= status.endedAtMs + REQUEST_LIFETIME_MS) return { leave: true };
  const deaths = (read.deaths ?? 0) + 1;
  const notBeforeMs = nowMs + Math.min(MAX_DEATH_PAUSE_MINUTES, 2 ** deaths) * 60_000;
  const sentence = `attempt ${read.attempt} ended before it could say what came of it`;
  // Nobody knows how far it came.
  const lastWord: LastWord = { kind: 'died', sentence, atMs: nowMs, asked: false };
  return { next: { ...identity(read), deaths, lastWord, notBeforeMs, version: read.version + 1, state: 'open' } };
}

/** The trouble is over although no heal proved it (a person, or the node itself ended it): the incident is closed. @param isGone the node is not there any more */
export function recovered(
  read: IncidentRecord,
  nowMs: number,
  isGone = false,
): Write<IncidentRecord> | { readonly leave: true } {
  if (read.state !== 'open' && read.state !== 'escalated') return { leave: true };
  return {
    next: {
      ...withoutWord(identity(read)),
      version: read.version + 1,
      state: 'healed',
      endedAtMs: nowMs,
      ...(isGone && { isGone }),
    },
  };
}

/** A dead holder left an operation open: a separate trouble, which an ended incident must not hide. */
export function reopenToSettle(read: IncidentRecord): Write<IncidentRecord> | { readonly leave: true } {
  if (read.state !== 'healed' && read.state !== 'escalated') return { leave: true };
  return { next: { ...withoutYes(identity(read)), notBeforeMs: 0, version: read.version + 1, state: 'open' } };
}

/**
 * The incident of a node whose fleet has another name now. It goes on there with its number of attempts and what was told of it. Not where an open
 * incident of that fleet already takes care of the node.
 *
 * @param there the incident of the same trigger under the new name
 */
export function movedTo(
  left: IncidentRecord,
  fleet: string,
  there: IncidentRecord | undefined,
): Write<IncidentRecord> | { readonly leave: true } {
  if (there !== undefined && there.state !== 'healed' && there.state !== 'escalated') return { leave: true };
  if (there?.incidentId === left.incidentId && there.state === 'escalated') return { leave: true };
  const attempt = Math.max(left.attempt, there?.attempt ?? 0);
  const version = (there?.version ?? 0) + 1;
  return { next: { ...identity(left), fleet, attempt, notBeforeMs: 0, version, state: 'open' } };
}

/** What an incident keeps from state to state; a missing member does not compile. */
const KEPT = {
  fleet: true,
  node: true,
  instanceId: true,
  trigger: true,
  incidentId: true,
  onsetMs: true,
  askedAtMs: true,
  alarm: true,
  attempt: true,
  failures: true,
  refusals: true,
  deaths: true,
  notBeforeMs: true,
  leftAtMs: true,
  plannedUntilMs: true,
  waitsFor: true,
  want: true,
  acknowledgesValidator: true,
  rehearses: true,
  approval: true,
  lastWord: true,
  refusedCodes: true,
  pagedCodes: true,
  pendingPages: true,
  lastPage: true,
  version: true,
} as const satisfies Record<keyof IncidentBase, true>;

const identity = (read: IncidentRecord): IncidentBase =>
  Object.fromEntries(Object.entries(read).filter(([name]) => Object.hasOwn(KEPT, name))) as unknown as IncidentBase;

/** What was said is over with what it was said of. */
const withoutWord = ({ lastWord: _, ...rest }: IncidentBase): IncidentBase => rest;

const withoutQueue = ({ waitsFor: _, ...rest }: IncidentBase): IncidentBase => rest;

/** Refused for a turn alone: from then on it waits at the door. What does not wait there is refused there for something else, and leaves the queue. */
const queued = (base: IncidentBase, waitsFor: IncidentBase['waitsFor']): IncidentBase => ({
  ...withoutQueue(base),
  ...(waitsFor !== undefined && { waitsFor }),
});

const waitsForTurn = (code: string): IncidentBase['waitsFor'] => (code === DISK_FIRST ? DISK_FIRST : turnOf(code));

const turnOf = (code: string): IncidentBase['waitsFor'] => QUEUE_CODES.find((one) => one === code);

/** From here on the code counts as told: it is told once in an incident. */
const refusedFor = (base: IncidentBase, { code, pendingPage }: Refused): IncidentBase => ({
  ...noted(base, { code, paged: pendingPage !== undefined }),
  ...(pendingPage && {
    pendingPages: [...(base.pendingPages ?? []).filter((one) => one.code !== code), pendingPage],
  }),
});

const pagedFor = (
  base: IncidentBase,
  { code, page }: { readonly code: string; readonly page: PageNote | undefined },
): IncidentBase => ({
  ...noted(base, { code, paged: page !== undefined }),
  ...(page && { lastPage: page }),
});

/** Codes are a small closed set, so these lists stay short. The last one is the last word. */
const noted = <R extends { refusedCodes: readonly string[]; pagedCodes: readonly string[] }>(
  record: R,
  { code, paged }: { readonly code: string; readonly paged: boolean },
): R => ({
  ...record,
  refusedCodes: [...record.refusedCodes.filter((known) => known !== code), code],
  pagedCodes: !paged || record.pagedCodes.includes(code) ? record.pagedCodes : [...record.pagedCodes, code],
});

/**
 * Whether an incident must stay open even if its alarm is over: a stopped client must be started again, or something was begun on the node that must
 * be finished or put back. Such an incident is neither closed nor left out of the sweep.
 */
export const isOwed = (incident: IncidentRecord, node: NodeRecord | undefined, nowMs: number): boolean =>
  incident.state === 'open' &&
  node !== undefined &&
  (owesClient(node, nowMs) || (unsettled(node) && node.operation?.incidentId === incident.incidentId));

/**
 * Opens the incident of an open operation again when nobody works on the node: its holder has died, or has released the node half way. Not where the
 * holder itself gave up finally: a person has been paged with what is left, and decides.
 *
 * @param incident the one that `node.operation` names
 * @param owner the status of `node.owner`
 */
export function reopenLeftOpen(
  node: NodeRecord,
  incident: IncidentRecord,
  owner: ExecutionStatus,
  nowMs: number,
): Write<IncidentRecord> | { readonly leave: true } {
  if (!unsettled(node) || node.operation?.incidentId !== incident.incidentId) return { leave: true };
  if (!leaseFree(node, owner, nowMs)) return { leave: true };
  if (node.owner === null && incident.state === 'escalated') return { leave: true };
  return reopenToSettle(incident);
}
