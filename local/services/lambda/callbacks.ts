// Callbacks of durable executions: answered from outside, kept alive by heartbeats, or timed out.
import type {
  ErrorObject,
  Operation,
  SendDurableExecutionCallbackFailureRequest,
  SendDurableExecutionCallbackHeartbeatRequest,
  SendDurableExecutionCallbackSuccessRequest,
} from '@aws-sdk/client-lambda';
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError } from '../../simulator/service.ts';
import type { Execution } from './execution.ts';
import type { Executions } from './executions.ts';
import { invalid } from './functions.ts';
import type { Effect } from './operations.ts';

type AwaitCallback = Extract<Effect, { do: 'await-callback' }>;

// "SendDurableExecutionCallbackSuccessRequest.Result" and "…FailureRequest.Error": 1 MB.
const RESULT_BYTES_MAX = 1024 * 1024;

/** Opaque to callers, in base64's own alphabet ("Pattern: [A-Za-z0-9+/]+={0,2}"); here they contain the execution and the operation. */
export const encodeCallbackId = (executionArn: string, operationId: string): string =>
  Buffer.from(JSON.stringify([executionArn, operationId])).toString('base64');

/** Starts the timeouts of a callback ("CallbackOptions": 0 means none). */
export function expireCallback(
  kernel: Kernel,
  executions: Executions,
  execution: Execution,
  { id, timeoutSeconds, heartbeatSeconds }: AwaitCallback,
): void {
  const timeOut = (error: ErrorObject): void => {
    executions.cancelTimer(execution, id);
    executions.cancelTimer(execution, `${id}/heartbeat`);
    close(kernel, executions, execution, id, 'TIMED_OUT', { Error: error });
  };
  const nowMs = kernel.clock.now();
  if (timeoutSeconds > 0) {
    executions.setTimer(execution, id, nowMs + timeoutSeconds * 1000, () =>
      timeOut({ ErrorType: 'Callback.Timeout', ErrorMessage: 'Callback timed out' }),
    );
  }
  if (heartbeatSeconds > 0) {
    execution.heartbeats.set(id, heartbeatSeconds);
    executions.setTimer(execution, `${id}/heartbeat`, nowMs + heartbeatSeconds * 1000, () =>
      timeOut({ ErrorType: 'Callback.Heartbeat', ErrorMessage: 'Callback timed out on heartbeat' }),
    );
  }
}

/** The three operations that answer from outside. All throw CallbackTimeoutException after the callback is closed. */
export function createCallbacks(kernel: Kernel, executions: Executions) {
  const open = (callbackId: string | undefined): { execution: Execution; id: string } => {
    const [arn, id] = decodeCallbackId(callbackId ?? '');
    const execution = executions.find(arn);
    if (execution.status !== 'RUNNING' || execution.operations.get(id)?.Status !== 'STARTED') throw closed();
    return { execution, id };
  };

  const answer = (callbackId: string | undefined, status: 'SUCCEEDED' | 'FAILED', details: object): object => {
    const { execution, id } = open(callbackId);
    executions.cancelTimer(execution, id);
    executions.cancelTimer(execution, `${id}/heartbeat`);
    close(kernel, executions, execution, id, status, details);
    return {};
  };

  return {
    succeed: (input: SendDurableExecutionCallbackSuccessRequest): object => {
      const Result = input.Result === undefined ? undefined : Buffer.from(input.Result).toString('utf8');
      checkSize('Result', Result ?? '');
      return answer(input.CallbackId, 'SUCCEEDED', Result === undefined ? {} : { Result });
    },
    fail: (input: SendDurableExecutionCallbackFailureRequest): object => {
      checkSize('Error', JSON.stringify(input.Error ?? {}));
      return answer(input.CallbackId, 'FAILED', { Error: input.Error ?? {} });
    },
    heartbeat: (input: SendDurableExecutionCallbackHeartbeatRequest): object => {
      const { execution, id } = open(input.CallbackId);
      const heartbeatSeconds = execution.heartbeats.get(id) ?? 0;
      expireCallback(kernel, executions, execution, { do: 'await-callback', id, timeoutSeconds: 0, heartbeatSeconds });
      return {};
    },
  };
}

function close(
  kernel: Kernel,
  executions: Executions,
  execution: Execution,
  id: string,
  status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT',
  details: object,
): void {
  const operation = execution.operations.get(id);
  if (operation === undefined) throw new Error(`callback ${id} is not an operation of ${execution.arn}`);
  const answered: Operation = {
    ...operation,
    Status: status,
    EndTimestamp: new Date(kernel.clock.now()),
    CallbackDetails: { ...operation.CallbackDetails, ...details },
  };
  executions.change(execution, answered);
}

/** The inverse: ARN of the execution, id of the operation. Throws for text that is not a callback id. */
export function decodeCallbackId(callbackId: string): [string, string] {
  try {
    const [arn, id] = JSON.parse(Buffer.from(callbackId, 'base64').toString('utf8'));
    return [String(arn), String(id)];
  } catch (cause) {
    throw Object.assign(invalid(`CallbackId: expected the id of a callback, got "${callbackId}"`), { cause });
  }
}

function checkSize(field: string, text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > RESULT_BYTES_MAX) throw invalid(`${field}: expected at most ${RESULT_BYTES_MAX} bytes, got ${bytes}`);
}

const closed = (): AwsError =>
  new AwsError(
    'CallbackTimeoutException',
    'The callback ID token has either expired or the callback associated with the token has already been closed.',
    { data: { Type: 'User' } },
  );
