// The life of durable executions: started by name, invoked repeatedly, ended once, and remembered until their retention ends.
import type { ErrorObject, ExecutionStatus, Operation } from '@aws-sdk/client-lambda';
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError } from '../../simulator/service.ts';
import type { Execution } from './execution.ts';
import type { Target } from './functions.ts';
import { endEvent, executionEndEvent, type NewEvent } from './history.ts';
import type { Invoke, Measure } from './invocations.ts';
import { isTerminal, replayedOperations } from './operations.ts';
import type { FunctionError, Outcome } from './sandboxes.ts';

// AWS does not publish how often the service repeats a failed invocation ("Retries for Lambda durable functions" calls them backend retries). We use
// Lambda's interval for system errors of asynchronous invocations: "increases exponentially from 1 second after the first attempt to a maximum of 5
// minutes".
const RETRY_MIN_MS = 1000;
const RETRY_MAX_MS = 5 * 60_000;
// The invocation's event contains the state, so the payload of an asynchronous invocation limits it, 1 MB. The function fetches the rest with
// GetDurableExecutionState.
const EVENT_STATE_BYTES = 1024 * 1024 - 64 * 1024;
const DAY_MS = 86_400_000;
const END_METRICS: Readonly<Partial<Record<ExecutionStatus, string>>> = {
  SUCCEEDED: 'DurableExecutionSucceeded',
  FAILED: 'DurableExecutionFailed',
  TIMED_OUT: 'DurableExecutionTimedOut',
  STOPPED: 'DurableExecutionStopped',
};

/** The delay before the next attempt after so many failures in a row, in ms. */
export const backoffMs = (failures: number): number =>
  Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(failures - 1, 20));

export type Executions = ReturnType<typeof createExecutions>;

export function createExecutions(kernel: Kernel, invoke: Invoke, measure: Measure) {
  const byArn = new Map<string, Execution>();
  const byName = new Map<string, Execution>();
  const random = kernel.random('lambda/durable');
  let started = 0;

  const forget = (execution: Execution): boolean => {
    const days = execution.config.RetentionPeriodInDays ?? 0;
    if (execution.endedAtMs === undefined || execution.endedAtMs + days * DAY_MS > kernel.clock.now()) return false;
    byArn.delete(execution.arn);
    byName.delete(`${execution.target.fn.functionName}/${execution.name}`);
    return true;
  };

  /** Throws ResourceNotFoundException if it never existed, or its retention is over. */
  const find = (arn: string | undefined): Execution => {
    const execution = byArn.get(arn ?? '');
    if (execution === undefined || forget(execution)) {
      throw new AwsError('ResourceNotFoundException', `Durable execution not found: ${arn}`, {
        statusCode: 404,
        data: { Type: 'User' },
      });
    }
    return execution;
  };

  const record = (execution: Execution, event: NewEvent): void => {
    const EventTimestamp = new Date(kernel.clock.now());
    execution.history.push({ EventId: execution.history.length + 1, EventTimestamp, ...event });
  };

  /**
   * Starts an execution, or returns the one with this name: "same name with same payload" is the same execution, running or closed, until its
   * retention expires ("Idempotency", Lambda guide). Another payload is refused. `whenEnded` is kept only for a new execution.
   */
  const start = (
    target: Target,
    payload: string,
    name = random.uuid(),
    whenEnded?: (execution: Execution) => void,
  ): Execution => {
    const { functionName, version, durable } = target.fn;
    if (durable === undefined) throw new Error(`${functionName} is not durable: start() must not be called`);
    const known = byName.get(`${functionName}/${name}`);
    if (known !== undefined && !forget(known)) {
      if (known.payload === payload) return known;
      throw new AwsError(
        'DurableExecutionAlreadyStartedException',
        `A durable execution named ${name} was already started with a different payload.`,
        { statusCode: 409, data: { Type: 'User' } },
      );
    }
    const rootId = random.uuid();
    const functionArn = `${target.fn.unqualifiedArn}:${version}`;
    const execution: Execution = {
      arn: `${functionArn}/durable-execution/${name}/${random.uuid()}`,
      name,
      target,
      config: durable,
      payload,
      ordinal: ++started,
      startedAtMs: kernel.clock.now(),
      rootId,
      status: 'RUNNING',
      operations: new Map(),
      changed: new Set(),
      token: undefined,
      invocation: undefined,
      nextInvocation: undefined,
      failures: 0,
      checkpoints: 0,
      meteredOperations: 0,
      writtenBytes: 0,
      timers: new Map(),
      heartbeats: new Map(),
      history: [],
      whenEnded: whenEnded === undefined ? [] : [whenEnded],
    };
    execution.operations.set(rootId, {
      Id: rootId,
      Type: 'EXECUTION',
      Status: 'STARTED',
      StartTimestamp: new Date(execution.startedAtMs),
      ExecutionDetails: { InputPayload: payload },
    });
    byArn.set(execution.arn, execution);
    byName.set(`${functionName}/${name}`, execution);
    record(execution, {
      EventType: 'ExecutionStarted',
      Id: rootId,
      Name: name,
      ExecutionStartedDetails: {
        Input: { Payload: payload, Truncated: false },
        ExecutionTimeout: durable.ExecutionTimeout,
      },
    });
    measure(target, 'DurableExecutionStarted', 1);
    setTimer(execution, rootId, execution.startedAtMs + durable.ExecutionTimeout * 1000, () =>
      end(execution, 'TIMED_OUT', timedOut(durable.ExecutionTimeout)),
    );
    wake(execution);
    return execution;
  };

  const setTimer = (execution: Execution, id: string, atMs: number, work: () => void): void => {
    execution.timers.get(id)?.cancel();
    const timer = kernel.clock.at(atMs, () => {
      execution.timers.delete(id);
      work();
    });
    execution.timers.set(id, timer);
  };

  const cancelTimer = (execution: Execution, id: string): void => {
    execution.timers.get(id)?.cancel();
    execution.timers.delete(id);
  };

  /** Replaces an operation without a checkpoint, and shows it to the function. */
  const change = (execution: Execution, operation: Operation): void => {
    const id = operation.Id ?? '';
    execution.operations.set(id, operation);
    execution.changed.add(id);
    if (isTerminal(operation)) record(execution, endEvent(operation));
    wake(execution);
  };

  const wake = (execution: Execution, delayMs = 0): void => {
    if (execution.status !== 'RUNNING' || execution.invocation || execution.nextInvocation) return;
    execution.nextInvocation = kernel.clock.after(delayMs, () => {
      execution.nextInvocation = undefined;
      invokeOnce(execution);
    });
  };

  const retryLater = (execution: Execution): void => {
    execution.failures += 1;
    wake(execution, backoffMs(execution.failures));
  };

  const invokeOnce = (execution: Execution): void => {
    const requestId = random.uuid();
    const updated = [...execution.changed];
    execution.token = random.hex(64);
    execution.invocation = { requestId, startedAtMs: kernel.clock.now() };
    execution.changed.clear();
    try {
      invoke(execution.target, requestId, invocationEvent(execution, updated), (outcome) => finish(execution, outcome));
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      execution.invocation = undefined;
      execution.token = undefined;
      for (const id of updated) execution.changed.add(id);
      retryLater(execution);
    }
  };

  const finish = (execution: Execution, outcome: Outcome): void => {
    const { invocation } = execution;
    execution.invocation = undefined;
    execution.token = undefined; // from now on nothing that this sandbox still sends has an effect
    if (invocation !== undefined) {
      record(execution, {
        EventType: 'InvocationCompleted',
        InvocationCompletedDetails: {
          RequestId: invocation.requestId,
          StartTimestamp: new Date(invocation.startedAtMs),
          EndTimestamp: new Date(kernel.clock.now()),
          ...(outcome.ok ? {} : { Error: { Payload: errorObject(outcome.error), Truncated: false } }),
        },
      });
    }
    if (execution.status !== 'RUNNING') return;
    if (outcome.ok) carryOn(execution, outcome.payload);
    else retryLater(execution);
  };

  /** Applies the function's own response (`DurableExecutionInvocationOutput`). */
  const carryOn = (execution: Execution, payload: string): void => {
    const answer = JSON.parse(payload) as { Status?: string; Result?: string; Error?: ErrorObject } | null;
    if (answer?.Status === 'SUCCEEDED') end(execution, 'SUCCEEDED', { result: answer.Result ?? '' });
    else if (answer?.Status === 'FAILED') end(execution, 'FAILED', { error: answer.Error ?? {} });
    else if (answer?.Status !== 'PENDING') end(execution, 'FAILED', { error: malformed(payload) });
    else if (execution.changed.size > 0) wake(execution);
    else if (!isWaiting(execution)) end(execution, 'FAILED', { error: NOTHING_PENDING });
  };

  /** Ends it permanently. A running invocation is not killed: its next checkpoint is refused. */
  const end = (
    execution: Execution,
    status: ExecutionStatus,
    { result, error }: { result?: string | undefined; error?: ErrorObject | undefined },
  ): void => {
    if (execution.status !== 'RUNNING') return;
    execution.status = status;
    execution.endedAtMs = kernel.clock.now();
    execution.token = undefined;
    if (result !== undefined) execution.result = result;
    if (error !== undefined) execution.error = error;
    for (const timer of execution.timers.values()) timer.cancel();
    execution.timers.clear();
    execution.nextInvocation?.cancel();
    execution.nextInvocation = undefined;
    record(execution, executionEndEvent(execution));
    measure(execution.target, END_METRICS[status] ?? status, 1);
    measure(execution.target, 'DurableExecutionDuration', execution.endedAtMs - execution.startedAtMs);
    measure(execution.target, 'DurableExecutionOperations', execution.meteredOperations);
    measure(execution.target, 'DurableExecutionStorageWrittenBytes', execution.writtenBytes);
    for (const tell of execution.whenEnded.splice(0)) tell(execution);
  };

  return {
    start,
    find,
    change,
    end,
    record,
    setTimer,
    cancelTimer,
    /** All that are still remembered, in the order of their start. */
    all: (): Execution[] => [...byArn.values()].filter((execution) => !forget(execution)),
    newToken: (): string => random.hex(64),
  };
}

/** `DurableExecutionInvocationInput`, as JSON text: timestamps are ISO 8601 there. */
function invocationEvent(execution: Execution, updated: readonly string[]): string {
  const operations = replayedOperations(execution.operations);
  const texts: string[] = [];
  let bytes = 0;
  for (const operation of operations) {
    const text = JSON.stringify(operation);
    bytes += Buffer.byteLength(text);
    if (texts.length > 0 && bytes > EVENT_STATE_BYTES) break;
    texts.push(text);
  }
  const rest = JSON.stringify({
    DurableExecutionArn: execution.arn,
    CheckpointToken: execution.token,
    UpdatedOperationIds: updated,
  });
  const marker = JSON.stringify(texts.length < operations.length ? String(texts.length) : '');
  // Each operation is serialized once: every replay contains hundreds of them.
  return `${rest.slice(0, -1)},"InitialExecutionState":{"Operations":[${texts.join(',')}],"NextMarker":${marker}}}`;
}

/** Whether something outside of the function will wake it up. */
function isWaiting(execution: Execution): boolean {
  return [...execution.operations.values()].some((operation) =>
    execution.timers.has(operation.Id ?? '') && operation.Type !== 'EXECUTION'
      ? true
      : operation.Type === 'CALLBACK' && operation.Status === 'STARTED',
  );
}

const NOTHING_PENDING: ErrorObject = {
  ErrorType: 'InvalidParameterValueException',
  ErrorMessage: 'Cannot return PENDING status with no pending operations.',
};

const malformed = (payload: string): ErrorObject => ({
  ErrorType: 'InvalidParameterValueException',
  ErrorMessage: `Invalid Status in invocation output: expected SUCCEEDED, FAILED or PENDING, got ${payload.slice(0, 200)}`,
});

const timedOut = (seconds: number): { error: ErrorObject } => ({
  error: { ErrorType: 'Execution.TimedOut', ErrorMessage: `Execution timed out after ${seconds} seconds.` },
});

const errorObject = ({ errorType, errorMessage }: FunctionError): ErrorObject => ({
  ErrorType: errorType,
  ErrorMessage: errorMessage,
});

/** The error for a caller that waited for an unsuccessful execution. */
export const toFunctionError = ({ status, error }: Execution): FunctionError => ({
  errorType: error?.ErrorType ?? `Execution.${status}`,
  errorMessage: error?.ErrorMessage ?? `The durable execution ended ${status}.`,
});
