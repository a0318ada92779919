// The history of a durable execution for GetDurableExecutionHistory: one event per change.
import type { ErrorObject, Event, EventType, Operation, OperationUpdate } from '@aws-sdk/client-lambda';
import { ownValue } from '../../simulator/own-properties.ts';
import type { Execution } from './execution.ts';

/** An event without its number and date. */
export type NewEvent = Omit<Event, 'EventId' | 'EventTimestamp'>;

const NAMES: Readonly<Record<string, string>> = {
  STEP: 'Step',
  WAIT: 'Wait',
  CALLBACK: 'Callback',
  CONTEXT: 'Context',
};
const VERBS: Readonly<Record<string, string>> = {
  START: 'Started',
  SUCCEED: 'Succeeded',
  FAIL: 'Failed',
  CANCEL: 'Cancelled',
};

const ENDS: Readonly<Record<string, string>> = { SUCCEEDED: 'Succeeded', FAILED: 'Failed', TIMED_OUT: 'TimedOut' };

/** The event of one update, with the operation's state after the whole checkpoint. */
export function updateEvent(update: OperationUpdate, operation: Operation): NewEvent | undefined {
  const name = ownValue(NAMES, update.Type ?? '');
  if (name === undefined) return undefined; // EXECUTION: its event is written when the execution ends
  // A retry ends an attempt: it failed, or (waitForCondition) it succeeded without the condition.
  const verb =
    update.Action === 'RETRY' ? (update.Error ? 'Failed' : 'Succeeded') : ownValue(VERBS, update.Action ?? '');
  return { ...identity(operation), ...details(`${name}${verb}` as EventType, operation, update) };
}

/** The event of an operation that ended without a checkpoint: a wait that is over, an answered callback. */
export function endEvent(operation: Operation): NewEvent {
  const verb = ownValue(ENDS, operation.Status ?? '') ?? 'Failed';
  return {
    ...identity(operation),
    ...details(`${ownValue(NAMES, operation.Type ?? '')}${verb}` as EventType, operation),
  };
}

export function executionEndEvent(execution: Execution): NewEvent {
  const base = { Id: execution.rootId, Name: execution.name };
  const failure = { Error: { Payload: execution.error ?? {}, Truncated: false } };
  switch (execution.status) {
    case 'SUCCEEDED':
      return {
        ...base,
        EventType: 'ExecutionSucceeded',
        ExecutionSucceededDetails: { Result: { Payload: execution.result ?? '', Truncated: false } },
      };
    case 'TIMED_OUT':
      return { ...base, EventType: 'ExecutionTimedOut', ExecutionTimedOutDetails: failure };
    case 'STOPPED':
      return { ...base, EventType: 'ExecutionStopped', ExecutionStoppedDetails: failure };
    default:
      return { ...base, EventType: 'ExecutionFailed', ExecutionFailedDetails: failure };
  }
}

/** The same event without payloads ("IncludeExecutionData"). */
export function withoutData(event: Event): Event {
  return JSON.parse(JSON.stringify(event), (key, value) =>
    key === 'Payload' ? undefined : key.endsWith('Timestamp') ? new Date(value) : value,
  );
}

const identity = ({ Id, Name, ParentId, SubType }: Operation): NewEvent => ({
  ...(Id === undefined ? {} : { Id }),
  ...(Name === undefined ? {} : { Name }),
  ...(ParentId === undefined ? {} : { ParentId }),
  ...(SubType === undefined ? {} : { SubType }),
});

const result = (payload: string | undefined) => ({ Result: { Payload: payload ?? '', Truncated: false } });
const failure = (error: ErrorObject | undefined) => ({ Error: { Payload: error ?? {}, Truncated: false } });

function details(type: EventType, operation: Operation, update?: OperationUpdate): NewEvent {
  const { StepDetails: step, CallbackDetails: callback, ContextDetails: context } = operation;
  const started = operation.StartTimestamp?.getTime() ?? 0;
  const scheduled = operation.WaitDetails?.ScheduledEndTimestamp ?? new Date(started);
  const seconds = (scheduled.getTime() - started) / 1000;
  const retry = {
    RetryDetails: {
      CurrentAttempt: step?.Attempt ?? 1,
      ...(update?.StepOptions?.NextAttemptDelaySeconds === undefined
        ? {}
        : { NextAttemptDelaySeconds: update.StepOptions.NextAttemptDelaySeconds }),
    },
  };
  switch (type) {
    case 'StepStarted':
      return { EventType: type, StepStartedDetails: {} };
    case 'StepSucceeded':
      return { EventType: type, StepSucceededDetails: { ...result(step?.Result ?? update?.Payload), ...retry } };
    case 'StepFailed':
      return { EventType: type, StepFailedDetails: { ...failure(update?.Error ?? step?.Error), ...retry } };
    case 'WaitStarted':
      return { EventType: type, WaitStartedDetails: { Duration: seconds, ScheduledEndTimestamp: scheduled } };
    case 'WaitSucceeded':
      return { EventType: type, WaitSucceededDetails: { Duration: seconds } };
    case 'WaitCancelled':
      return { EventType: type, WaitCancelledDetails: {} };
    case 'CallbackStarted':
      return {
        EventType: type,
        CallbackStartedDetails: {
          CallbackId: callback?.CallbackId,
          Timeout: update?.CallbackOptions?.TimeoutSeconds,
          HeartbeatTimeout: update?.CallbackOptions?.HeartbeatTimeoutSeconds,
        },
      };
    case 'CallbackSucceeded':
      return { EventType: type, CallbackSucceededDetails: result(callback?.Result) };
    case 'CallbackFailed':
      return { EventType: type, CallbackFailedDetails: failure(callback?.Error) };
    case 'CallbackTimedOut':
      return { EventType: type, CallbackTimedOutDetails: failure(callback?.Error) };
    case 'ContextStarted':
      return { EventType: type, ContextStartedDetails: {} };
    case 'ContextSucceeded':
      return { EventType: type, ContextSucceededDetails: result(context?.Result) };
    case 'ContextFailed':
      return { EventType: type, ContextFailedDetails: failure(context?.Error) };
    default:
      throw new Error(`history: no details are written for ${type}`);
  }
}
