// Applies a checkpoint to the operations of a durable execution: a pure step from the old state and its updates to the new state.
import type { ErrorObject, Operation, OperationUpdate } from '@aws-sdk/client-lambda';
import type { AwsError } from '../../simulator/service.ts';
import { invalid } from './functions.ts';

export type Operations = ReadonlyMap<string, Operation>;

/** An effect that must happen later, or now but outside of the operations. */
export type Effect =
  | { readonly do: 'end-wait'; readonly id: string; readonly atMs: number }
  | { readonly do: 'retry-step'; readonly id: string; readonly atMs: number }
  | {
      readonly do: 'await-callback';
      readonly id: string;
      readonly timeoutSeconds: number;
      readonly heartbeatSeconds: number;
    }
  | { readonly do: 'forget-timers'; readonly ids: readonly string[] }
  | { readonly do: 'end-execution'; readonly result?: string | undefined; readonly error?: ErrorObject | undefined };

export interface CheckpointResult {
  /** All operations, in the order of their start. */
  readonly operations: Map<string, Operation>;
  readonly touched: readonly string[];
  readonly effects: readonly Effect[];
  /** Operations that this checkpoint adds to the account's metering: starts and retries. */
  readonly metered: number;
  readonly writtenBytes: number;
}

interface Draft {
  readonly operations: Map<string, Operation>;
  readonly touched: Set<string>;
  readonly effects: Effect[];
  readonly nowMs: number;
  readonly callbackId: (operationId: string) => string;
  metered: number;
  writtenBytes: number;
}

// "OperationUpdate": payload and error of an operation, 1 MB; the result of a synchronously started execution, 6 MB.
const OPERATION_BYTES = 1024 * 1024;
const EXECUTION_BYTES = 6 * 1024 * 1024;
// "WaitOptions": from one second to one leap year.
const WAIT_SECONDS_MAX = 31_622_400;
const TERMINAL: ReadonlySet<string> = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED', 'STOPPED', 'TIMED_OUT']);

export const isTerminal = (operation: Operation): boolean => TERMINAL.has(operation.Status ?? '');

/**
 * Applies all updates of one checkpoint, or none ("Updates are applied atomically", CheckpointDurableExecutionRequest). `nowMs` in ms since the
 * epoch. Throws InvalidParameterValueException for a transition that the state does not allow.
 */
export function applyUpdates(
  operations: Operations,
  updates: readonly OperationUpdate[],
  nowMs: number,
  callbackId: (operationId: string) => string,
): CheckpointResult {
  const draft: Draft = {
    operations: new Map(operations),
    touched: new Set(),
    effects: [],
    nowMs,
    callbackId,
    metered: 0,
    writtenBytes: 0,
  };
  for (const update of updates) applyUpdate(draft, update);
  return { ...draft, touched: [...draft.touched] };
}

/**
 * The operations for the function's replay: without the children of completed contexts, unless a context requests them ("ReplayChildren" in
 * ContextDetails).
 */
export function replayedOperations(operations: Operations): Operation[] {
  const folded = new Set<string>();
  const replayed: Operation[] = [];
  for (const [id, operation] of operations) {
    const isFolded = operation.ParentId !== undefined && folded.has(operation.ParentId);
    if (!isFolded) replayed.push(operation);
    const isClosedContext =
      operation.Type === 'CONTEXT' && isTerminal(operation) && operation.ContextDetails?.ReplayChildren !== true;
    if (isFolded || isClosedContext) folded.add(id);
  }
  return replayed;
}

function applyUpdate(draft: Draft, update: OperationUpdate): void {
  checkSize(update);
  if (update.Type === 'EXECUTION') {
    endExecution(draft, update);
    return;
  }
  checkParent(draft, update);
  const known = draft.operations.get(update.Id ?? '');
  if (known !== undefined && known.Type !== update.Type) {
    throw invalid(`Operation ${update.Id}: its type is ${known.Type}, not ${update.Type}.`);
  }
  put(draft, next(draft, update, known));
  if (update.Type === 'CONTEXT' && update.Action !== 'START') {
    draft.effects.push({ do: 'forget-timers', ids: descendants(draft.operations, update.Id ?? '') });
  }
}

function next(draft: Draft, update: OperationUpdate, known: Operation | undefined): Operation {
  switch (update.Type) {
    case 'STEP':
      return nextStep(draft, update, known);
    case 'WAIT':
      return nextWait(draft, update, known);
    case 'CALLBACK':
      return nextCallback(draft, update, known);
    case 'CONTEXT':
      return nextContext(draft, update, known);
    case 'CHAINED_INVOKE':
      throw invalid('Chained invokes are not emulated by the local region: invoke a function from a step instead.');
    default:
      throw invalid(`Updates.Type: expected STEP, WAIT, CALLBACK, CONTEXT or EXECUTION, got ${String(update.Type)}`);
  }
}

function nextStep(draft: Draft, update: OperationUpdate, known: Operation | undefined): Operation {
  const details = known?.StepDetails ?? { Attempt: 0 };
  if (update.Action === 'START') {
    if (known !== undefined && known.Status !== 'READY') throw refused(update, 'start');
    const { NextAttemptTimestamp: _, ...kept } = details;
    return { ...(known ?? begin(draft, update)), Status: 'STARTED', StepDetails: kept };
  }
  // At-least-once steps may also close directly from READY: their START is in the same batch, or is never sent.
  if (known === undefined || (known.Status !== 'STARTED' && known.Status !== 'READY')) throw refused(update, 'close');
  const attempt = (details.Attempt ?? 0) + 1;
  if (update.Action === 'SUCCEED') {
    return end(draft, known, 'SUCCEEDED', { StepDetails: { Attempt: attempt, Result: update.Payload } });
  }
  if (update.Action === 'FAIL') {
    return end(draft, known, 'FAILED', { StepDetails: { Attempt: attempt, Error: update.Error } });
  }
  if (update.Action !== 'RETRY') throw refused(update, String(update.Action).toLowerCase());
  const delaySeconds = update.StepOptions?.NextAttemptDelaySeconds;
  if (delaySeconds === undefined || delaySeconds < 1 || delaySeconds > WAIT_SECONDS_MAX) {
    throw invalid(`StepOptions.NextAttemptDelaySeconds: expected 1 to ${WAIT_SECONDS_MAX}, got ${delaySeconds}`);
  }
  const atMs = draft.nowMs + delaySeconds * 1000;
  draft.metered += 1;
  draft.effects.push({ do: 'retry-step', id: known.Id ?? '', atMs });
  return {
    ...known,
    Status: 'PENDING',
    StepDetails: {
      Attempt: attempt,
      NextAttemptTimestamp: new Date(atMs),
      ...(update.Payload === undefined ? {} : { Result: update.Payload }),
      ...(update.Error === undefined ? {} : { Error: update.Error }),
    },
  };
}

function nextWait(draft: Draft, update: OperationUpdate, known: Operation | undefined): Operation {
  if (update.Action === 'CANCEL') {
    if (known?.Status !== 'STARTED') throw refused(update, 'cancel');
    draft.effects.push({ do: 'forget-timers', ids: [known.Id ?? ''] });
    return end(draft, known, 'CANCELLED', {});
  }
  if (update.Action !== 'START' || known !== undefined) throw refused(update, String(update.Action).toLowerCase());
  const seconds = update.WaitOptions?.WaitSeconds;
  if (seconds === undefined || seconds < 1 || seconds > WAIT_SECONDS_MAX) {
    throw invalid(`WaitOptions.WaitSeconds: expected 1 to ${WAIT_SECONDS_MAX}, got ${seconds}`);
  }
  const atMs = draft.nowMs + seconds * 1000;
  draft.effects.push({ do: 'end-wait', id: update.Id ?? '', atMs });
  return {
    ...begin(draft, update),
    Status: 'STARTED',
    WaitDetails: { ScheduledEndTimestamp: new Date(atMs) },
  };
}

function nextCallback(draft: Draft, update: OperationUpdate, known: Operation | undefined): Operation {
  if (update.Action !== 'START' || known !== undefined) throw refused(update, String(update.Action).toLowerCase());
  const id = update.Id ?? '';
  draft.effects.push({
    do: 'await-callback',
    id,
    timeoutSeconds: update.CallbackOptions?.TimeoutSeconds ?? 0,
    heartbeatSeconds: update.CallbackOptions?.HeartbeatTimeoutSeconds ?? 0,
  });
  return { ...begin(draft, update), Status: 'STARTED', CallbackDetails: { CallbackId: draft.callbackId(id) } };
}

function nextContext(draft: Draft, update: OperationUpdate, known: Operation | undefined): Operation {
  if (update.Action === 'START') {
    if (known !== undefined) throw refused(update, 'start');
    return { ...begin(draft, update), Status: 'STARTED', ContextDetails: {} };
  }
  if (known?.Status !== 'STARTED') throw refused(update, 'close');
  const replay = update.ContextOptions?.ReplayChildren;
  const details = replay === undefined ? {} : { ReplayChildren: replay };
  if (update.Action === 'SUCCEED') {
    return end(draft, known, 'SUCCEEDED', { ContextDetails: { ...details, Result: update.Payload } });
  }
  if (update.Action === 'FAIL') {
    return end(draft, known, 'FAILED', { ContextDetails: { ...details, Error: update.Error } });
  }
  throw refused(update, String(update.Action).toLowerCase());
}

function endExecution(draft: Draft, update: OperationUpdate): void {
  if (update.Action !== 'SUCCEED' && update.Action !== 'FAIL') {
    throw refused(update, String(update.Action).toLowerCase());
  }
  draft.effects.push(
    update.Action === 'SUCCEED'
      ? { do: 'end-execution', result: update.Payload ?? '' }
      : { do: 'end-execution', error: update.Error ?? {} },
  );
}

function begin(draft: Draft, update: OperationUpdate): Omit<Operation, 'Status'> {
  draft.metered += 1;
  return {
    Id: update.Id,
    Type: update.Type,
    StartTimestamp: new Date(draft.nowMs),
    ...(update.ParentId === undefined ? {} : { ParentId: update.ParentId }),
    ...(update.Name === undefined ? {} : { Name: update.Name }),
    ...(update.SubType === undefined ? {} : { SubType: update.SubType }),
  };
}

const end = (
  draft: Draft,
  known: Operation,
  status: NonNullable<Operation['Status']>,
  details: Partial<Operation>,
): Operation => ({ ...known, ...details, Status: status, EndTimestamp: new Date(draft.nowMs) });

function put(draft: Draft, operation: Operation): void {
  const id = operation.Id ?? '';
  draft.operations.set(id, operation);
  draft.touched.add(id);
  draft.writtenBytes += Buffer.byteLength(JSON.stringify(operation));
}

function descendants(operations: Operations, rootId: string): string[] {
  const family = new Set([rootId]);
  for (const [id, { ParentId }] of operations) if (ParentId !== undefined && family.has(ParentId)) family.add(id);
  return [...family];
}

function checkParent(draft: Draft, { ParentId: parentId }: OperationUpdate): void {
  if (parentId === undefined) return;
  const parent = draft.operations.get(parentId);
  if (parent?.Type !== 'CONTEXT' || isTerminal(parent)) throw invalid('Invalid parent operation id.');
}

function checkSize(update: OperationUpdate): void {
  const limit = update.Type === 'EXECUTION' ? EXECUTION_BYTES : OPERATION_BYTES;
  const payload = Buffer.byteLength(update.Payload ?? '');
  const error = Buffer.byteLength(JSON.stringify(update.Error ?? {}));
  if (payload > limit) throw invalid(`Payload size of ${payload} bytes exceeds the limit of ${limit} bytes.`);
  if (error > OPERATION_BYTES)
    throw invalid(`Error size of ${error} bytes exceeds the limit of ${OPERATION_BYTES} bytes.`);
}

const refused = (update: OperationUpdate, verb: string): AwsError =>
  invalid(`Invalid current ${update.Type} state to ${verb}.`);
