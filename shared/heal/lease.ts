// The lease of a node, its fence and its open operation, as pure decisions over NODE records.

import {
  DAY_MS,
  type ExecutionStatus,
  FUNCTION_TIMEOUT_MS,
  INTENT_COUNTS_MS,
  REQUEST_LIFETIME_MS,
} from '../model/execution.ts';
import type { Write } from '../model/write.ts';
import type { LadderState } from './memory.ts';
import type { GrowOperation, ModificationIntent, NodeRecord, Operation } from './records.ts';
import { givesClientsBack, ticketOf } from './ticket.ts';

/** Intents kept per node; more than any budget counts (the EBS limit is four a volume and day, a node has few volumes). */
const MAX_INTENTS_KEPT = 32;

export const newNode = (fleet: string, instanceId: string): NodeRecord => ({
  fleet,
  instanceId,
  owner: null,
  fence: 0,
  quietAfterMs: 0,
  operation: null,
  modifications: [],
  version: 0,
});

/** The holder of a lease: an execution and the fence that it was granted. */
export interface Holder {
  readonly execution: string;
  readonly fence: number;
}

/**
 * Whether the node is available now: free, or its owner has ended, that owner's last request can have no more effect, and every command it sent is
 * over. A clock alone never takes a lease from anybody.
 */
export function leaseFree(read: NodeRecord, owner: ExecutionStatus, nowMs: number): boolean {
  if (read.owner === null) return true;
  if (owner.state !== 'ended') return false;
  return (
    nowMs > owner.endedAtMs + FUNCTION_TIMEOUT_MS + REQUEST_LIFETIME_MS &&
    (nowMs > read.quietAfterMs || isFencedFirst(read))
  );
}

/**
 * A node whose client may be down, by a heal that acts on it by commands. Only the same kind of heal gets it next, and asks it first, which raises the
 * node's fence: what is still queued is refused from then on, and the node carries out one command at a time. So nothing is waited for while the client
 * is down.
 */
function isFencedFirst({ operation }: Pick<NodeRecord, 'operation'>): boolean {
  if (operation?.phase !== 'down') return false;
  if (operation.kind !== 'replace') return givesClientsBack(ticketOf(operation));
  return operation.memory.rung === 'restart' || operation.memory.rung === 'swap';
}

/** What takes a lease: by the kind of operation that it may leave open. A drill leaves none open, and holds its own throw-away instance alone. */
export type LeaseKind = Operation['kind'] | 'drill';

/** Grants the node to an execution with a higher fence; an execution that already holds it keeps its fence. */
export function grant(
  read: NodeRecord,
  execution: string,
  owner: ExecutionStatus,
  nowMs: number,
  kind: LeaseKind = 'grow',
): Write<NodeRecord> | { readonly held: Holder } | { readonly refused: string } {
  if (read.owner === execution) return { held: { execution, fence: read.fence } };
  if (!leaseFree(read, owner, nowMs)) return { refused: read.owner ?? '' };
  if (!mayHold(read, kind)) return { refused: `what incident ${read.operation?.incidentId} left open` };
  return { next: { ...read, owner: execution, fence: read.fence + 1, version: read.version + 1 } };
}

/** A free node leaves out the fence of an attempt that the table has forgotten. undefined while somebody holds it: its fence is in use. */
export const passedOver = (read: NodeRecord): NodeRecord | undefined =>
  read.owner === null ? { ...read, version: read.version + 1, fence: read.fence + 1 } : undefined;

export const holds = (read: NodeRecord | undefined, holder: Holder): boolean =>
  read?.owner === holder.execution && read.fence === holder.fence;

type Held<T> = T | { readonly lost: true };

/**
 * Called before a command is sent: nobody may get the lease after us until the command can no longer run.
 *
 * @param startsAtMs when the command starts the client; then a running client is required until the proof
 */
export function raiseQuiet(
  read: NodeRecord,
  holder: Holder,
  overAtMs: number,
  startsAtMs?: number,
): Held<Write<NodeRecord> | { readonly enough: true }> {
  if (!holds(read, holder)) return { lost: true };
  const owes = startsAtMs !== undefined && read.clientOwedSinceMs === undefined;
  if (read.quietAfterMs >= overAtMs && !owes) return { enough: true };
  const quietAfterMs = Math.max(read.quietAfterMs, overAtMs);
  return {
    next: { ...read, quietAfterMs, ...(owes && { clientOwedSinceMs: startsAtMs }), version: read.version + 1 },
  };
}

/**
 * The command that the holder sent last has answered. It is over, and so are those before it: the node refuses what is older. Nobody waits for them any
 * more, whoever holds the node next.
 */
export function answered(
  read: NodeRecord,
  holder: Holder,
  atMs: number,
): Held<Write<NodeRecord> | { readonly enough: true }> {
  if (!holds(read, holder)) return { lost: true };
  if (read.quietAfterMs <= atMs) return { enough: true };
  return { next: { ...read, quietAfterMs: atMs, version: read.version + 1 } };
}

/** A day later it is not known any more who stopped a client that does not run: it may have been a person. */
export const owesClient = (read: NodeRecord | undefined, nowMs: number): boolean =>
  read?.clientOwedSinceMs !== undefined && nowMs - read.clientOwedSinceMs < DAY_MS;

/**
 * Whether a client that is stopped now was left so by a heal or a full disk, and by nobody since: it has made no progress after it was owed a start.
 *
 * @param heightSinceMs when its present progress was first seen; null: nobody knows, so that whoever stopped it may have done so since
 */
export const leftStopped = (read: NodeRecord | undefined, heightSinceMs: number | null, nowMs: number): boolean =>
  owesClient(read, nowMs) && heightSinceMs !== null && heightSinceMs <= (read?.clientOwedSinceMs ?? 0);

/**
 * The intent of a ModifyVolume: counted before the call, because its answer can be lost. An intent of this attempt that is already written is not
 * written twice. What another heal has left open, or has learnt, stays in its place.
 */
export function intend(
  read: NodeRecord,
  holder: Holder,
  operation: GrowOperation,
  modificationsPerDay: number,
): Held<Write<NodeRecord> | { readonly written: true } | { readonly spent: readonly ModificationIntent[] }> {
  if (!holds(read, holder)) return { lost: true };
  const before = read.operation?.kind === 'grow' ? read.operation : null;
  const isBeside = before === null && read.operation !== null;
  const isWritten = isBeside
    ? read.modifications.some(({ volumeId, atMs }) => volumeId === operation.volumeId && atMs === operation.intentAtMs)
    : before?.intentAtMs === operation.intentAtMs && before.toGiB === operation.toGiB;
  if (isWritten) return { written: true };
  const recent = recentModifications(read, operation.volumeId, operation.intentAtMs);
  if (recent.length >= modificationsPerDay) return { spent: recent };
  const intent = { volumeId: operation.volumeId, toGiB: operation.toGiB, atMs: operation.intentAtMs };
  const kept = read.modifications
    .filter(({ atMs }) => operation.intentAtMs - atMs < INTENT_COUNTS_MS)
    .slice(-MAX_INTENTS_KEPT + 1);
  const found = before?.volumeId === operation.volumeId ? before.found : operation.found;
  const open = isBeside ? read.operation : { ...operation, found };
  return {
    next: { ...read, operation: open, modifications: [...kept, intent], version: read.version + 1 },
  };
}

/**
 * AWS has refused the intended modification: it was never made, and counts towards no budget. Never called for a modification whose answer is
 * missing: it may have taken effect, or may still.
 */
export function withdraw(
  read: NodeRecord,
  holder: Holder,
  { volumeId, atMs }: Pick<ModificationIntent, 'volumeId' | 'atMs'>,
): Held<Write<NodeRecord> | { readonly written: true }> {
  if (!holds(read, holder)) return { lost: true };
  const kept = read.modifications.filter((intent) => intent.volumeId !== volumeId || intent.atMs !== atMs);
  if (kept.length === read.modifications.length) return { written: true };
  const { operation } = read;
  const isOfIt = operation?.kind === 'grow' && operation.volumeId === volumeId && operation.intentAtMs === atMs;
  return {
    next: { ...read, operation: isOfIt ? null : operation, modifications: kept, version: read.version + 1 },
  };
}

/**
 * The record of an instance to which the volumes of another one go, or from which they come back: what was done to them counts there, too. Nothing of it is
 * open there.
 *
 * @returns `read` itself where it knows all of it
 */
export function withHistoryOf(read: NodeRecord, other: NodeRecord | undefined): NodeRecord {
  const knows = (intent: ModificationIntent): boolean =>
    read.modifications.some(({ volumeId, atMs }) => volumeId === intent.volumeId && atMs === intent.atMs);
  const more = (other?.modifications ?? []).filter((intent) => !knows(intent));
  const theirs = other?.pruned?.ended && other.pruned.atMs > (read.pruned?.atMs ?? 0) ? other.pruned : undefined;
  const isOver = read.pruned === undefined || read.pruned.ended !== undefined;
  const pruned = isOver && theirs ? { pruned: theirs } : {};
  if (more.length === 0 && pruned.pruned === undefined) return read;
  const modifications = [...read.modifications, ...more].sort((a, b) => a.atMs - b.atMs).slice(-MAX_INTENTS_KEPT);
  return { ...read, ...pruned, modifications };
}

/** Our own intents for a volume whose modifications may be within the 24 h before `nowMs`. */
export const recentModifications = (
  read: Pick<NodeRecord, 'modifications'>,
  volumeId: string,
  nowMs: number,
): readonly ModificationIntent[] =>
  read.modifications.filter((intent) => intent.volumeId === volumeId && nowMs - intent.atMs < INTENT_COUNTS_MS);

/**
 * Success of a growth is written here first, then on the incident, then the node is released: a later attempt finds it at every point. The memory of
 * another kind of heal is not touched.
 */
export function prove(read: NodeRecord, holder: Holder): Held<Write<NodeRecord> | { readonly written: true }> {
  if (!holds(read, holder)) return { lost: true };
  const { clientOwedSinceMs, operation, ...rest } = read;
  const settled = operation?.kind !== 'grow' || operation.phase === 'proved';
  if (settled && clientOwedSinceMs === undefined) return { written: true };
  const proved = settled ? operation : { ...operation, phase: 'proved' as const };
  return { next: { ...rest, operation: proved, version: read.version + 1 } };
}

/**
 * Releases the node. Never while a command of ours may still run. `commandsOver`: every one of them has answered; otherwise the time must have passed
 * after which none can run.
 *
 * @param seenFence the highest fence that the node itself knows: the next grant is above it
 * @param keepOperation what was begun is left to a later attempt of the same kind
 * @param clientUp the client was seen running after it was last told to start: who stops it later is somebody else
 */
export function release(
  read: NodeRecord,
  holder: Holder,
  commandsOver: boolean,
  nowMs: number,
  seenFence = 0,
  keepOperation = false,
  clientUp = false,
): Held<Write<NodeRecord> | { readonly waitUntilMs: number }> {
  if (!holds(read, holder)) return { lost: true };
  const isLeft = keepOperation && isFencedFirst(read);
  if (!commandsOver && !isLeft && nowMs <= read.quietAfterMs) return { waitUntilMs: read.quietAfterMs + 1 };
  const fence = Math.max(read.fence, seenFence);
  const operation = keepOperation ? read.operation : null;
  const { clientOwedSinceMs, ...rest } = withoutProgress(read);
  const owed = clientUp || clientOwedSinceMs === undefined ? {} : { clientOwedSinceMs };
  return { next: { ...rest, ...owed, owner: null, fence, operation, version: read.version + 1 } };
}

/**
 * The sweep frees a node whose holder has ended with nothing open, or with a success that only was not recorded. With anything else open, only an
 * attempt that settles it may have the node. What a ladder has learnt before it touched anything (rungs that did not help, snapshots that were tried)
 * binds no other heal, and stays for its next attempt.
 */
export function freeDead(
  read: NodeRecord,
  owner: ExecutionStatus,
  nowMs: number,
): Write<NodeRecord> | { readonly leave: true } {
  if (read.owner === null || unsettled(read) || !leaseFree(read, owner, nowMs)) return { leave: true };
  const { operation } = read;
  const learnt = operation?.kind === 'replace' ? operation : null;
  return { next: { ...withoutProgress(read), owner: null, operation: learnt, version: read.version + 1 } };
}

/** A node without a holder makes no progress. */
const withoutProgress = ({ progress: _, ...rest }: NodeRecord): NodeRecord => rest;

/**
 * Whether something was begun on the node that must be finished or put back. While the phase is `preparing`, nothing is: an intended modification is
 * counted, and the next heal reads what became of it. (A separate heal to settle it would never end where the disk is healthy by then: it finds
 * nothing to do and, in mode ask, takes no lease.)
 */
export function unsettled({ operation }: NodeRecord): boolean {
  if (operation === null || operation.phase === 'proved') return operation?.kind === 'replace';
  if (operation.phase === 'down') return true;
  // Created resources cost money and are attached to the node: they must be used, or put away.
  return (
    operation.kind === 'replace' && (operation.memory.restoredVolumes !== null || operation.memory.replacement !== null)
  );
}

/** Its instance is stopped, and AWS has refused to start it again for a shortage. */
export const awaitsAws = ({ operation }: NodeRecord): boolean =>
  operation?.kind === 'replace' && operation.memory.unstarted !== undefined;

/** Only the same kind of heal knows how to settle what one left open. */
export const maySettle = (read: NodeRecord, kind: LeaseKind): boolean =>
  !unsettled(read) || read.operation?.kind === kind;

/**
 * Whether a heal of this kind may have the node: nothing is open, it settles what is, or it grows a disk while only the proof of a rung is missing. Its
 * client was started then, and nothing is stopped or exchanged: a disk that fills meanwhile would spoil the proof.
 */
export const mayHold = (read: NodeRecord, kind: LeaseKind): boolean =>
  maySettle(read, kind) ||
  (kind === 'grow' &&
    read.operation?.kind === 'replace' &&
    read.operation.phase === 'down' &&
    isBeingProved(read.operation.memory));

/** On the node's own instance: another one has its own record. */
export const isBeingProved = ({ upSinceMs, replacement, beside }: LadderState): boolean =>
  upSinceMs !== null && replacement === null && beside === undefined;

/**
 * A growth has told the client of a rung to start whose proof is missing: what is counted since the start of the rung is counted from here.
 *
 * @param atMs when it may have started it at the latest, ms since the epoch
 */
export function provedFrom(read: NodeRecord, atMs: number): NodeRecord {
  const { operation } = read;
  if (operation?.kind !== 'replace' || !isBeingProved(operation.memory)) return read;
  const memory = { ...operation.memory, upSinceMs: atMs, inspectedAtMs: null };
  return { ...read, operation: { ...operation, memory } };
}
