// What an act of the ladder is, in all its parts, and how an act is performed: the intent is written, the act is executed, and its result is kept for
// later attempts.
import { classOf } from '../../../shared/guardrails/replace.ts';
import { endPlace, unreserveReplacement, unreserveRestart } from '../../../shared/heal/budgets.ts';
import { type Changed, changeNode } from '../../../shared/heal/claim.ts';
import type { BesideLook, LadderState, RestoredVolumes } from '../../../shared/heal/memory.ts';
import type { NodeRecord } from '../../../shared/heal/records.ts';
import { CONSISTENCY_WINDOW_MS } from '../../../shared/model/execution.ts';
import type { Refusal } from '../../../shared/model/guardrail-codes.ts';
import { leavesStops } from '../../../shared/model/payload.ts';
import type { Rung } from '../../../shared/model/rungs.ts';
import type { Filled, NodeAnswer, NodeState } from '../../../shared/node-commands/node-answer.ts';
import {
  afterCommand,
  type CommandTrace,
  isUnspent,
  type Leases,
  type NodeStatus,
  nextCommandId,
  phaseOf,
  type ReplaceActContext,
  reservationKey,
} from '../state.ts';

export interface Done {
  readonly is: 'done';
  readonly atMs: number;
  readonly volumeId?: string;
  /** Volumes that EC2 did not show. */
  readonly unseen?: readonly string[];
  readonly instanceId?: string;
  readonly fence?: number;
  readonly availabilityZone?: string;
  readonly seen?: NodeState | null;
  readonly look?: BesideLook;
  /** How far a volume is filled. */
  readonly filled?: Filled;
  /** See `NodeAnswer`. */
  readonly lastDone?: string;
}

/** It did not and will not happen, for a reason that another try does not change. */
export interface Failed {
  readonly is: 'failed';
  readonly atMs: number;
  readonly reason: string;
  /** AWS's error code, where AWS refused. */
  readonly code?: string;
  readonly fault?: NodeAnswer['fault'];
  readonly seen?: NodeState | null;
  readonly putBack?: boolean;
}

/** It is unknown whether it happened, and no answer will come: the next reading of EC2 and of the node shows it. */
export interface Unknown {
  readonly is: 'unknown';
  readonly atMs: number;
  readonly reason: string;
  /** The node answered that it obeys a higher fence. */
  readonly isStale?: true;
  /** See `Unanswered`. */
  readonly refusal?: Refusal;
  /** AWS has answered with a server fault: the call is on its way no more, and nothing is told by that about what it concerns. */
  readonly isFault?: true;
  /** The call was certainly not made. */
  readonly isUnsent?: true;
}

/** The result of an act that was made. */
export type Outcome = Done | Failed | Unknown;
/** refused: a guard said no, in the same step; unsent: and no earlier run of it has sent the command. lost: another execution has the lease. */
export type Result = (
  | Outcome
  | { readonly is: 'refused'; readonly refusal: Refusal; readonly unsent?: true }
  | { readonly is: 'lost' }
) & {
  /** Set where the act was a command to a node. */
  readonly command?: CommandTrace;
};

/** The context in which an act of the ladder is executed. */
export type LadderActContext = ReplaceActContext & {
  readonly leases: Leases;
  /** The act only puts back what this heal took down, or ends what cannot be left half done: no pause keeps a node down. */
  readonly recovers: boolean;
  /** null only before the node was first asked. */
  readonly state: LadderState | null;
  /** The clients of the original ran when it was last asked, nothing was intended since that takes them down, and a stop of one is a person's word. */
  readonly ran: boolean;
};

/** What is written before an act: nobody repeats the call blindly, and a later attempt knows what may have happened. */
export interface Intent {
  /** A call without a token. */
  readonly call?: { readonly name: string; readonly target: string };
  readonly state: LadderState;
}

type Reduce<P, O extends Outcome> = (
  /** Its wait and its setback are those of this act. */
  state: LadderState,
  params: P,
  outcome: O,
  /** The state before the act, including the wait and the setback. */
  before: LadderState,
) => LadderState;

/** A rung that is begun, and why; or the data that are copied. */
export type Approvable = { readonly rung: Rung; readonly reason: string } | { readonly volumes: RestoredVolumes };

/** One act of the ladder: everything that is particular to it. */
export interface ActParts<P> {
  /** What is written before the act; null: nothing. */
  readonly intent: ((state: LadderState, params: P) => Intent) | null;
  /** Whether the act is made under a pause, and after the mode has changed. */
  readonly recovers: boolean | ((state: LadderState, params: P) => boolean);
  /**
   * Retries are counted by this key: the act and its subject, repeated at intervals and a few times. null: the act is repeated immediately, without a
   * limit.
   */
  readonly retryKey: ((params: P) => string) | null;
  /** What a person must have approved in mode ask. false: nothing; true: the rung under way; or what the act begins or copies. */
  readonly needsApproval: boolean | ((params: P) => Approvable);
  /** It notes that a rung is of no use, and does nothing: a plan takes it as noted. */
  readonly onlyNotes?: true;
  /** What was seen of the node afterwards. answered: what the node says now, and nothing where no answer came. */
  readonly seenAfter: 'kept' | 'answered' | 'forgotten';
  /** Whether its answer tells how the clients of the original are. */
  readonly tellsOfOriginal?: boolean | ((params: P) => boolean);
  /** What it changes of the questions that the node left open. counted: one more, unless it was answered. */
  readonly silentAfter: 'kept' | 'counted' | 'forgotten';
  /** With this result the act may end a rung that has done nothing; the reservation of the rung is then given back. */
  readonly givesBackWhen: 'done' | 'failed' | null;
  readonly execute: (context: LadderActContext, params: P) => Promise<Result>;
  /** What is remembered of the act. Pure, so that a replay and a later attempt remember the same. */
  readonly reduce: {
    readonly done: Reduce<P, Done>;
    readonly failed: Reduce<P, Failed>;
    readonly unknown: Reduce<P, Unknown>;
  };
  /** Of the act that begins a heal: its first state. */
  readonly firstState?: (params: P) => LadderState;
}

export interface Definition<K extends string, P extends object> extends ActParts<P> {
  /** Makes the act, for a decision. */
  (params: P): { readonly do: K } & P;
  readonly kind: K;
}

/** An act as it is written in code: `retryKey: 'kind'` is its kind alone. */
type Written<P> = Omit<ActParts<P>, 'retryKey'> & { readonly retryKey: ActParts<P>['retryKey'] | 'kind' };

/** `defineAct<Params>()('kind', parts)`: the parameters are given, the kind is inferred. */
export const defineAct =
  <P extends object>() =>
  <const K extends string>(kind: K, { retryKey, ...parts }: Written<P>): Definition<K, P> =>
    Object.assign((params: P) => ({ do: kind, ...params }), parts, {
      kind,
      retryKey: retryKey === 'kind' ? () => kind : retryKey,
    });

/** For acts that leave the state as it is. */
export const nothing = (state: LadderState): LadderState => state;

/** For acts that are only written down: nothing can fail. */
export const WRITTEN = { failed: nothing, unknown: nothing } as const;

/** @throws Error where the act is made before anything is known about the node */
export function known({ state, place }: Pick<LadderActContext, 'state' | 'place'>): LadderState {
  if (!state) throw new Error(`the act at ${place} is made before anything is known of the node`);
  return state;
}

/**
 * The state that is written before the act; null where none is.
 *
 * @param commandId of the command that the act sends to the original, where it sends one
 */
export function intended<P>(
  { intent, tellsOfOriginal }: Pick<ActParts<P>, 'intent' | 'tellsOfOriginal'>,
  state: LadderState,
  params: P,
  atMs: number,
  commandId: string,
): LadderState | null {
  if (!intent) return null;
  const { call, state: next } = intent(state, params);
  const { client, ran } = state;
  const command = tellsOfOriginal === true ? { command: { id: commandId, client, ...(ran && { ran }) } } : {};
  const pending = call ? { call: call.name, target: call.target, atMs, ...command } : state.pending;
  return { ...next, pending, waitingSinceMs: atMs };
}

/**
 * Whether the node has never begun the command that was intended last, and never will: it has begun nothing since an earlier one, and obeys only later ones by
 * now. What was not done to its clients is not owed to them, and who has stopped one since was not this heal.
 */
export const isNeverBegun = (pending: LadderState['pending'], lastDone: string | undefined): boolean =>
  pending?.command !== undefined && lastDone !== undefined && isBelow(lastDone, pending.command.id);

function isBelow(one: string, other: string): boolean {
  const [[fence = 0, ordinal = 0], [otherFence = 0, otherOrdinal = 0]] = [
    one.split('.').map(Number),
    other.split('.').map(Number),
  ];
  return fence < otherFence || (fence === otherFence && ordinal < otherOrdinal);
}

/** As before the intent of a command that the node has never begun. */
export function withoutCommand(state: LadderState): LadderState {
  const { command } = state.pending ?? {};
  if (command === undefined) return state;
  const { ran: _, ...rest } = state;
  return { ...rest, client: command.client, pending: null, ...(command.ran && { ran: command.ran }) };
}

export const recovers = <P>(parts: ActParts<P>, state: LadderState | null, params: P): boolean =>
  state !== null && (typeof parts.recovers === 'function' ? parts.recovers(state, params) : parts.recovers);

/** Long enough for a reading to show what a call has done that AWS has answered with a fault; a repetition of it is refused by the resource's state. */
const AFTER_FAULT_MS = 60_000;

/** A fault of AWS is no setback. What was called may be called again sooner than where its request may still be on its way. */
const afterFault = (state: LadderState, atMs: number): LadderState =>
  state.pending === null
    ? state
    : { ...state, pending: { ...state.pending, atMs: atMs - CONSISTENCY_WINDOW_MS + AFTER_FAULT_MS } };

/** The state after the act, as a later attempt reads it. */
function reduced<P>(parts: ActParts<P>, before: LadderState, params: P, outcome: Outcome): LadderState {
  const state: LadderState = { ...before, waitingSinceMs: outcome.atMs };
  switch (outcome.is) {
    case 'done':
      return parts.reduce.done({ ...state, setback: null }, params, outcome, before);
    case 'failed':
      // AWS refused it finally: it will not take effect any more.
      return parts.reduce.failed(
        { ...withSetback(parts, state, params, outcome), pending: null },
        params,
        outcome,
        before,
      );
    case 'unknown':
      if (outcome.isFault) return parts.reduce.unknown(afterFault(state, outcome.atMs), params, outcome, before);
      return parts.reduce.unknown(withSetback(parts, state, params, outcome), params, outcome, before);
  }
}

/** Somebody was first at it: a client that ran, or the instance, was stopped before the command or the call came. */
const isForestalled = (outcome: Outcome): outcome is Failed => outcome.is === 'failed' && outcome.fault === 'person';

/**
 * The state after an act whose intent may have been written.
 *
 * @param found the state before that
 * @param intended with the intent
 */
export function afterAct<P>(
  parts: ActParts<P>,
  found: LadderState | null,
  intended: LadderState,
  params: P,
  outcome: Outcome,
): LadderState {
  // The call was certainly not made, and it is AWS that does not take it: nothing of the intent has happened.
  if (found !== null && outcome.is === 'unknown' && outcome.isUnsent) return { ...found, waitingSinceMs: outcome.atMs };
  if (found === null || !isForestalled(outcome)) {
    const state = reduced(parts, intended, params, outcome);
    return state.ran !== true && heard(parts, found, params, outcome) ? { ...state, ran: true } : state;
  }
  // Nothing of the intent has happened, and what has stopped the client was not this heal.
  return { ...found, waitingSinceMs: outcome.atMs, ...(outcome.seen && { client: 'untouched' }) };
}

/** What the original has said of its clients: that one is down now takes nothing back of it; nor does a call that was refused, and has changed nothing. */
function heard<P>({ tellsOfOriginal }: ActParts<P>, found: LadderState | null, params: P, outcome: Outcome): boolean {
  if (outcome.is === 'unknown') return false;
  if (outcome.is === 'failed' && outcome.seen === undefined) return found?.ran === true;
  const tells = typeof tellsOfOriginal === 'function' ? tellsOfOriginal(params) : tellsOfOriginal === true;
  const clients = outcome.seen?.clients ?? [];
  return tells && clients.length > 0 && clients.every(({ state }) => state === 'running');
}

const MAX_REASON = 300;

function withSetback<P>(
  { retryKey }: ActParts<P>,
  state: LadderState,
  params: P,
  { reason, atMs }: Failed | Unknown,
): LadderState {
  if (!retryKey) return state;
  const act = retryKey(params);
  const count = state.setback?.act === act ? state.setback.count + 1 : 1;
  return { ...state, setback: { act, count, reason: reason.slice(0, MAX_REASON), atMs } };
}

export function statusAfter(
  { seenAfter, silentAfter }: Pick<ActParts<never>, 'seenAfter' | 'silentAfter'>,
  before: NodeStatus,
  result: Outcome,
): NodeStatus {
  const answered = result.is === 'unknown' ? null : result.seen === undefined ? before.seen : result.seen;
  return {
    // What was seen before an unanswered command may not be true now. What another instance says is not about this one.
    seen: seenAfter === 'kept' ? before.seen : seenAfter === 'answered' ? answered : null,
    unanswered: silentAfter === 'kept' ? before.unanswered : silentAfter === 'counted' ? counted(before, result) : null,
  };
}

function counted({ unanswered }: NodeStatus, result: Outcome): NodeStatus['unanswered'] {
  if (result.is === 'done') return null;
  const isStale = result.is === 'unknown' && result.isStale === true;
  return {
    count: (unanswered?.count ?? 0) + 1,
    reason: result.reason.slice(0, MAX_REASON),
    isStale,
    ...(result.is === 'unknown' && result.refusal && { refusal: result.refusal }),
  };
}

/** Whether the act has ended a rung that did nothing: nothing was made for it, and the node was not affected. */
export const hasEndedUnspent = <P>(
  { givesBackWhen }: Pick<ActParts<P>, 'givesBackWhen'>,
  /** The state before the act was intended: if only this act intended something, and AWS refused it, that did not happen. */
  before: LadderState,
  { is }: Pick<Result, 'is'>,
  after: LadderState,
): boolean => before.rung !== null && after.rung === null && is === givesBackWhen && isUnspent(before);

export interface Performed {
  readonly result: Result;
  readonly leases: Leases;
  readonly state: LadderState | null;
}

export async function perform<P>(
  context: Omit<LadderActContext, 'recovers' | 'ran'>,
  parts: ActParts<P>,
  params: P,
): Promise<Performed> {
  const { state: before, leases: leasesBefore } = context;
  const state = before && (await writeIntent(context, parts, params, before));
  if (state === 'lost') return { result: { is: 'lost' }, leases: leasesBefore, state: before };
  const known = {
    recovers: recovers(parts, before, params),
    ran: before?.ran === true && leavesStops(context.payload.want),
  };
  const result = await parts.execute({ ...context, ...known, state }, params);
  const leases = result.command ? afterCommand(leasesBefore, result.command) : leasesBefore;
  if (result.is === 'refused' && result.unsent && before && before !== state)
    return withdrawn(context, before, { result, leases, state });
  if (result.is === 'refused' || result.is === 'lost') return { result, leases, state };
  const next = state ? afterAct(parts, before, state, params, result) : (parts.firstState?.(params) ?? null);
  if (!next) return { result, leases, state };
  const hasRun = result.is === 'done' && isNeverBegun(state?.pending ?? null, result.lastDone) && next.ran === true;
  const but = hasRun || (isForestalled(result) && result.seen) ? owesNothing : undefined;
  if (next !== state && 'lost' in (await keep(context, next, 'note', but)))
    return { result: { is: 'lost' }, leases, state: next };
  // The state is written first: a later attempt that continues the rung still has its reservation.
  if (before?.rung && hasEndedUnspent(parts, before, result, next)) await giveBack(context, before, before.rung);
  else if (before?.rung && next?.rung === null) await tellFailed(context, before, before.rung, next);
  return { result, leases, state: next };
}

/** What was intended has not happened, and will not. */
async function withdrawn(context: Attempt, before: LadderState, performed: Performed): Promise<Performed> {
  const kept = await keep(context, before, 'withdraw');
  return 'lost' in kept ? { ...performed, result: { is: 'lost' } } : { ...performed, state: before };
}

/** A client that ran, and that somebody has stopped, is owed no start. */
const owesNothing = ({ clientOwedSinceMs: _, ...node }: NodeRecord): NodeRecord => node;

/** Before a call without a token, and before the client may go down, the intent is written. */
async function writeIntent<P>(
  context: Omit<LadderActContext, 'recovers' | 'ran'>,
  parts: ActParts<P>,
  params: P,
  state: LadderState,
): Promise<LadderState | 'lost'> {
  if (!parts.intent) return state;
  const atMs = await context.step('intending', async () => Date.now());
  const next = intended(parts, state, params, atMs, nextCommandId(context.leases)) ?? state;
  return 'lost' in (await keep(context, next, 'keep')) ? 'lost' : next;
}

type Attempt = Pick<LadderActContext, 'step' | 'store' | 'payload' | 'leases'>;

/** Written where any later attempt finds it. */
const keep = (
  { step, store, payload, leases }: Attempt,
  state: LadderState,
  name: string,
  but: (node: NodeRecord) => NodeRecord = (node) => node,
): Promise<Changed> =>
  step(name, () =>
    changeNode({ store, payload }, leases.holder, (node) => ({
      ...but(node),
      operation: { kind: 'replace', phase: phaseOf(state), incidentId: payload.incidentId, memory: state },
    })),
  );

/** Whether an attempt that ends now leaves a rung that did nothing: the next attempt takes it again, if it still needs it. */
export const leavesUnspent = (state: LadderState | null): state is LadderState & { readonly rung: Rung } =>
  state !== null &&
  state.rung !== null &&
  state.proved === null &&
  state.restoredVolumes === null &&
  state.replacement === null &&
  isUnspent(state);

/** The rung is not under way any more, and its reservation is given back. */
export async function handBack(
  context: Omit<LadderActContext, 'recovers' | 'ran'>,
  state: LadderState & { readonly rung: Rung },
): Promise<Changed> {
  const next: LadderState = { ...state, rung: null, setback: null };
  const kept = await keep(context, next, 'hand-back');
  if (!('lost' in kept)) await giveBack(context, next, state.rung);
  return kept;
}

/** A restart that did not help lets nobody else go. @param before as it was reserved: its key counts the rungs that had failed by then */
async function tellFailed(
  context: Omit<LadderActContext, 'recovers' | 'ran'>,
  before: LadderState,
  rung: Rung,
  { failed }: LadderState,
): Promise<void> {
  if (classOf(rung) !== 'restart') return;
  const key = reservationKey(context.payload.incidentId, before, rung);
  const reason = failed.at(-1)?.reason ?? '';
  await context.step('did-not-help', () => endPlace(context, key, { as: 'failed', atMs: Date.now(), reason }));
}

/** A rung that did nothing does not count as a restart or a replacement. @param before as it was reserved */
const giveBack = (
  context: Omit<LadderActContext, 'recovers' | 'ran'>,
  before: LadderState,
  rung: Rung,
): Promise<void> =>
  context.step('give-back', () => {
    const key = reservationKey(context.payload.incidentId, before, rung);
    return classOf(rung) === 'restart' ? unreserveRestart(context, key) : unreserveReplacement(context, key);
  });
