// Checkpoints: the only way for a running function to change its durable execution, guarded by a token as a fence.
import type {
  CheckpointDurableExecutionRequest,
  ErrorObject,
  GetDurableExecutionStateRequest,
  Operation,
} from '@aws-sdk/client-lambda';
import type { Kernel } from '../../simulator/kernel.ts';
import type { LambdaHooks } from '../../simulator/lambda-runtime/environment.ts';
import type { Call } from '../../simulator/service.ts';
import { pageOf, positionOf, type Tokens, wholeNumber } from '../pages.ts';
import { encodeCallbackId, expireCallback } from './callbacks.ts';
import type { Execution } from './execution.ts';
import type { Executions } from './executions.ts';
import { invalid } from './functions.ts';
import { updateEvent } from './history.ts';
import { applyUpdates, type Effect, isTerminal, replayedOperations } from './operations.ts';

// "Lambda quotas", durable functions: 3,000 operations and 100 MB of storage an execution (DurableExecutionOperations and
// DurableExecutionStorageWrittenBytes). The error is not published.
const OPERATIONS_MAX = 3000;
const STORAGE_BYTES_MAX = 100 * 1024 * 1024;
// "CheckpointDurableExecutionRequest.ClientToken": duplicates are recognized "within a 15-minute window".
const DUPLICATE_WINDOW_MS = 15 * 60_000;
// "GetDurableExecutionStateRequest.MaxItems".
const PAGE_DEFAULT = 100;
const PAGE_MAX = 1000;

export function createCheckpoints(
  kernel: Kernel,
  executions: Executions,
  sandboxKilled: (actor: string) => void,
  hooks: LambdaHooks,
) {
  const carryOut = (execution: Execution, effect: Effect): void => {
    switch (effect.do) {
      case 'end-wait':
        executions.setTimer(execution, effect.id, effect.atMs, () =>
          executions.change(execution, endWait(kernel, execution, effect.id)),
        );
        break;
      case 'retry-step':
        executions.setTimer(execution, effect.id, effect.atMs, () => {
          const step = execution.operations.get(effect.id);
          if (step !== undefined) executions.change(execution, { ...step, Status: 'READY' });
        });
        break;
      case 'await-callback':
        expireCallback(kernel, executions, execution, effect);
        break;
      case 'forget-timers':
        for (const id of effect.ids) {
          executions.cancelTimer(execution, id);
          executions.cancelTimer(execution, `${id}/heartbeat`);
        }
        break;
      case 'end-execution':
        if (effect.error === undefined) executions.end(execution, 'SUCCEEDED', { result: effect.result });
        else executions.end(execution, 'FAILED', { error: effect.error });
    }
  };

  /** Throws InvalidParameterValueException "Invalid Checkpoint Token" for all tokens but the newest one of the running invocation. */
  const checkpoint = (input: CheckpointDurableExecutionRequest, call: Call): object | Promise<object> => {
    const execution = executions.find(input.DurableExecutionArn);
    const duplicate = execution.lastCheckpoint;
    if (
      duplicate !== undefined &&
      duplicate.clientToken === input.ClientToken &&
      duplicate.token === execution.token &&
      duplicate.atMs + DUPLICATE_WINDOW_MS > call.at
    ) {
      return duplicate.response;
    }
    // The SDK recognises this error by the beginning of its message, and then ends the invocation but not the execution.
    if (execution.token === undefined || input.CheckpointToken !== execution.token) {
      throw invalid('Invalid Checkpoint Token');
    }
    const { functionName } = execution.target.fn;
    execution.checkpoints += 1;
    const crash = hooks.checkpoint?.(execution.checkpoints, { arn: execution.arn, name: execution.name, functionName });
    if (crash === 'crash-before') return dieNow(sandboxKilled, call);
    const response = apply(execution, input, call);
    if (crash === 'crash-after') return dieNow(sandboxKilled, call);
    return response;
  };

  const apply = (execution: Execution, input: CheckpointDurableExecutionRequest, call: Call): object => {
    const updates = input.Updates ?? [];
    const applied = applyUpdates(execution.operations, updates, call.at, (id) => encodeCallbackId(execution.arn, id));
    const metered = execution.meteredOperations + applied.metered;
    const written = execution.writtenBytes + applied.writtenBytes;
    if (metered > OPERATIONS_MAX)
      throw invalid(`The durable execution exceeds its limit of ${OPERATIONS_MAX} operations.`);
    if (written > STORAGE_BYTES_MAX)
      throw invalid(`The durable execution exceeds its ${STORAGE_BYTES_MAX} bytes of storage.`);

    execution.operations = applied.operations;
    execution.meteredOperations = metered;
    execution.writtenBytes = written;
    execution.failures = 0;
    for (const update of updates) {
      const operation = execution.operations.get(update.Id ?? '');
      const event = operation && updateEvent(update, operation);
      if (event !== undefined) executions.record(execution, event);
    }
    const told = new Set([...execution.changed, ...applied.touched]);
    execution.changed.clear();
    const token = executions.newToken();
    execution.token = token;
    const response = {
      CheckpointToken: token,
      NewExecutionState: { Operations: [...told].flatMap((id) => execution.operations.get(id) ?? []) },
    };
    if (input.ClientToken !== undefined) {
      execution.lastCheckpoint = { clientToken: input.ClientToken, response, token, atMs: call.at };
    }
    for (const effect of applied.effects) carryOut(execution, effect);
    timeOutOnFault(kernel, executions, execution);
    return response;
  };

  const state = (input: GetDurableExecutionStateRequest): object => {
    const execution = executions.find(input.DurableExecutionArn);
    if (execution.token === undefined || input.CheckpointToken !== execution.token) {
      throw invalid('Invalid Checkpoint Token');
    }
    const { items, next } = paged(replayedOperations(execution.operations), input.Marker, input.MaxItems);
    return { Operations: items, ...next };
  };

  return { checkpoint, state };
}

const MARKERS: Tokens = {
  ...wholeNumber,
  refused: (marker) => invalid(`Marker: expected one from an earlier answer, got "${marker}"`),
};

/** One page of a list; markers are positions, since lists only grow. Throws for a marker that was never returned. */
export function paged<T>(
  list: readonly T[],
  marker: string | undefined,
  maxItems: number | undefined,
): { readonly items: readonly T[]; readonly next: { readonly NextMarker?: string } } {
  const size = maxItems === undefined || maxItems === 0 ? PAGE_DEFAULT : maxItems;
  const from = positionOf(marker, MARKERS);
  if (size < 1 || size > PAGE_MAX) throw invalid(`MaxItems: expected 0 to ${PAGE_MAX}, got ${maxItems}`);
  const { items, next } = pageOf(list, String(from), size, MARKERS);
  return { items, next: next === undefined ? {} : { NextMarker: next } };
}

/** The request's sandbox is dead: no response can reach it. */
function dieNow(sandboxKilled: (actor: string) => void, call: Call): Promise<object> {
  sandboxKilled(call.actor);
  return new Promise(() => {});
}

const endWait = (kernel: Kernel, execution: Execution, id: string): Operation => {
  const operation = execution.operations.get(id);
  if (operation === undefined || isTerminal(operation)) throw new Error(`wait ${id} cannot end: it is not open`);
  return { ...operation, Status: 'SUCCEEDED', EndTimestamp: new Date(kernel.clock.now()) };
};

const FAULT_ERROR: ErrorObject = { ErrorType: 'Execution.TimedOut', ErrorMessage: 'Execution timed out.' };

/** By region: the one execution that dies of `execution-timeout`. */
const doomed = new WeakMap<Kernel, Execution>();

/** Fault `execution-timeout`: the first execution that is seen while it is on dies shortly after one of its next checkpoints. */
function timeOutOnFault(kernel: Kernel, executions: Executions, execution: Execution): void {
  if (!kernel.fault('execution-timeout')) return;
  const chosen = doomed.get(kernel) ?? execution;
  doomed.set(kernel, chosen);
  if (chosen !== execution) return;
  const random = kernel.random('lambda/execution-timeout');
  execution.fate ??= {
    checkpoints: execution.checkpoints - 1 + random.integer(1, 12),
    delayMs: random.integer(0, 2000),
  };
  if (execution.checkpoints !== execution.fate.checkpoints) return;
  kernel.met('execution-timeout');
  kernel.clock.after(execution.fate.delayMs, () => executions.end(execution, 'TIMED_OUT', { error: FAULT_ERROR }));
}
