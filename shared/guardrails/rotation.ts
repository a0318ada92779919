// The record of a fleet's peer rotations: one run at a time, the changes of the last hour, and the restart that is not proved yet. Pure decisions
// over the ROTATION record.
import type { Write } from '../model/write.ts';
import type { FollowedPage, NotificationState } from './names.ts';

/** Times are ms since the epoch. */
export interface RotationRecord {
  /** The run that is at work; another one may begin after `untilMs`, even if this one died. */
  readonly run: { readonly writer: string; readonly untilMs: number } | null;
  /** The epoch of the last run's commands. Each run's epoch is higher, so that a node recognizes the commands of an older run. */
  readonly epochSeconds: number;
  /** When the last routine rotation had covered the whole fleet; 0 for never. */
  readonly routineAtMs: number;
  /** Name and instance of the last node that the routine rotation under way has seen. */
  readonly cursor: string | null;
  /** Entries that changed in lists of nodes that were well. */
  readonly changed: readonly { readonly atMs: number; readonly entries: number }[];
  /** The last restart, until it is proved. */
  readonly restart: UnprovedRestart | null;
  /** Nodes for which an attempt did not help, by instance. */
  readonly backoff: Readonly<Record<string, { readonly failures: number; readonly notBeforeMs: number }>>;
  /** Plans that were written in mode plan, by instance. */
  readonly plans: Readonly<Record<string, { readonly hash: string; readonly atMs: number }>>;
  /** Plans that wait for a person, the newest first: a large fleet is asked about in parts. */
  readonly asked: readonly PendingPlan[];
  /** Nodes whose file was written and whose client has not loaded it yet, with the time, by instance. */
  readonly pending: Readonly<Record<string, number>>;
  /** Files that were restored because the client did not start with the new text: left alone until somebody changes them. By instance. */
  readonly rejected: Readonly<Record<string, { readonly sha256: string; readonly atMs: number }>>;
  readonly notifications: readonly NotificationState[];
  /** Absent in records of earlier versions. */
  readonly pages?: readonly FollowedPage[];
  /** Absent from a record that was written before ids were pinned. */
  readonly ids?: PinnedIds;
  /** Since when nobody is connected to a seed that nodes name, by seed. Absent where all are met. */
  readonly unmetSeeds?: Readonly<Record<string, number>>;
  readonly version: number;
}

/** Peer ids by instance: the first id of each node, or one that it has kept for long enough. */
export type PinnedIds = Readonly<Record<string, PinnedId>>;

export interface PinnedId {
  readonly id: string;
  /** When it was last changed; absent while it is the first. */
  readonly changedAtMs?: number;
  /** The other id that it reports now, and since when. */
  readonly other?: { readonly id: string; readonly sinceMs: number };
}

export interface PendingPlan {
  readonly hash: string;
  readonly atMs: number;
  /** The hash of each node's part, by instance. */
  readonly nodes: Readonly<Record<string, string>>;
}

export interface UnprovedRestart {
  readonly instanceId: string;
  readonly node: string;
  readonly atMs: number;
  /** Its connections before; null where it did not answer. */
  readonly peersBefore: number | null;
  /** The least number of connections that proves it. */
  readonly floor: number;
  /** Until this time its command may still begin, or be at work: earlier observations prove nothing. */
  readonly overAtMs: number;
}

export const newRotation: RotationRecord = {
  run: null,
  epochSeconds: 0,
  routineAtMs: 0,
  cursor: null,
  changed: [],
  restart: null,
  backoff: {},
  plans: {},
  asked: [],
  pending: {},
  rejected: {},
  notifications: [],
  version: 0,
};

/** For a fleet of 500 nodes, twenty at a time, and as many again that have changed since. */
const MAX_ASKED = 50;
const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
const MONTH_MS = 30 * DAY_MS;
/** How long a node is left alone after the first attempt that did not help; the time doubles with each further one. */
const BACKOFF_MS = 15 * 60_000;
const MAX_BACKOFF_MS = 6 * HOUR_MS;

const next = (read: RotationRecord | undefined, change: Partial<RotationRecord>): RotationRecord => {
  const before = read ?? newRotation;
  return { ...before, ...change, version: before.version + 1 };
};

/**
 * Takes the fleet's turn. This is no lease on a node: two runs at the same time are bounded on the node, by what was read (docs/adr/0007). The turn
 * keeps them from undoing each other's work, and from paging twice.
 */
export function beginRun(
  read: RotationRecord | undefined,
  writer: string,
  nowMs: number,
  untilMs: number,
): Write<RotationRecord> | { readonly busy: string } {
  const { run = null, epochSeconds = 0 } = read ?? {};
  // Also for our own name: an invocation that is delivered twice has one name.
  if (run && nowMs <= run.untilMs) return { busy: run.writer };
  const epoch = Math.max(Math.floor(nowMs / 1000), epochSeconds + 1);
  return { next: next(read, { run: { writer, untilMs }, epochSeconds: epoch }) };
}

/**
 * Takes the fleet's one restart, in the same write that finds it free: of two simultaneous runs only one restarts. A second restart of the same node
 * has to prove as much as the first.
 */
export function claimRestart(
  read: RotationRecord | undefined,
  writer: string,
  restart: UnprovedRestart,
): Write<RotationRecord> | { readonly taken: string } {
  const { run = null, restart: before = null } = read ?? {};
  if (run?.writer !== writer) return { taken: `${run?.writer ?? 'another run'} has the turn` };
  if (before !== null && before.instanceId !== restart.instanceId)
    return { taken: `${before.node} was restarted before it, and has not come back as it should` };
  const known = [before?.peersBefore ?? null, restart.peersBefore].filter((peers) => peers !== null);
  const peersBefore = known.length === 0 ? null : Math.max(...known);
  return { next: next(read, { restart: { ...restart, peersBefore } }) };
}

/** Replaces the given restart, `null` where it is over; any other restart belongs to another run and stays. */
export const afterRestart = (
  { restart }: Pick<RotationRecord, 'restart'>,
  { instanceId, atMs }: Pick<UnprovedRestart, 'instanceId' | 'atMs'>,
  change: Pick<UnprovedRestart, 'overAtMs'> | null,
): Pick<RotationRecord, 'restart'> => {
  if (restart?.instanceId !== instanceId || restart.atMs !== atMs) return { restart };
  return { restart: change === null ? null : { ...restart, ...change } };
};

/** Releases the turn, and removes what is no longer needed. */
export function endRun(
  read: RotationRecord | undefined,
  writer: string,
  nowMs: number,
): Write<RotationRecord> | { readonly leave: true } {
  if (read?.run?.writer !== writer) return { leave: true };
  const recent = <T>(
    records: Readonly<Record<string, T>>,
    atMs: (record: T) => number,
    keptMs = DAY_MS,
  ): Record<string, T> =>
    Object.fromEntries(Object.entries(records).filter(([, record]) => nowMs - atMs(record) < keptMs));
  return {
    next: next(read, {
      run: null,
      changed: read.changed.filter(({ atMs }) => nowMs - atMs < HOUR_MS),
      backoff: recent(read.backoff, ({ notBeforeMs }) => notBeforeMs),
      plans: recent(read.plans, ({ atMs }) => atMs),
      pending: recent(read.pending, (atMs) => atMs, MONTH_MS),
      rejected: recent(read.rejected, ({ atMs }) => atMs, MONTH_MS),
    }),
  };
}

/** A question is asked once, and again when nobody has answered it in time. */
export function withPendingPlan(
  { asked }: Pick<RotationRecord, 'asked'>,
  question: PendingPlan,
  validMs: number,
): Pick<RotationRecord, 'asked'> {
  const before = asked.find(({ hash }) => hash === question.hash);
  if (before && question.atMs - before.atMs < validMs) return { asked };
  return { asked: [question, ...asked.filter((other) => other !== before)].slice(0, MAX_ASKED) };
}

/** Number of entries of well nodes' lists that changed within the hour. */
export const changedLately = (read: RotationRecord | undefined, nowMs: number): number =>
  (read?.changed ?? []).filter(({ atMs }) => nowMs - atMs < HOUR_MS).reduce((sum, { entries }) => sum + entries, 0);

/** Whether rotate-peers leaves a node alone now, because its last attempt did not help. */
export const isLeftAlone = ({ backoff }: Pick<RotationRecord, 'backoff'>, instanceId: string, nowMs: number): boolean =>
  nowMs < (backoff[instanceId]?.notBeforeMs ?? 0);

/** A node is left alone for a while after an attempt that did not help, and no longer once it is well. */
export function afterAttempt(
  { backoff }: Pick<RotationRecord, 'backoff'>,
  instanceId: string,
  healed: boolean,
  nowMs: number,
): RotationRecord['backoff'] {
  const { [instanceId]: before, ...others } = backoff;
  if (healed) return others;
  const failures = (before?.failures ?? 0) + 1;
  const waitMs = Math.min(BACKOFF_MS * 2 ** Math.min(failures - 1, 10), MAX_BACKOFF_MS);
  return { ...others, [instanceId]: { failures, notBeforeMs: nowMs + waitMs } };
}
