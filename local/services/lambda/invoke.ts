// The Invoke operation: what a caller may send to a function, and the response.
import type { InvocationRequest, InvocationResponse } from '@aws-sdk/client-lambda';
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError, notEmulated } from '../../simulator/service.ts';
import type { AsyncInvocations } from './async-invocations.ts';
import type { Execution } from './execution.ts';
import { type Executions, toFunctionError } from './executions.ts';
import { type Functions, invalid, type Target } from './functions.ts';
import type { Invoke } from './invocations.ts';
import type { Outcome } from './sandboxes.ts';

// "InvocationRequest.Payload": 6 MB for synchronous, 1 MB for asynchronous invocations.
const SYNCHRONOUS_PAYLOAD_BYTES = 6 * 1024 * 1024;
const ASYNCHRONOUS_PAYLOAD_BYTES = 1024 * 1024;
// "Invoking Lambda durable functions": "Synchronous invocations are limited to 15 minutes".
const SYNCHRONOUS_EXECUTION_SECONDS = 900;
const EXECUTION_NAME = /^[a-zA-Z0-9-_]{1,64}$/;

export function createInvokeOperation(
  kernel: Kernel,
  functions: Functions,
  executions: Executions,
  asynchronous: AsyncInvocations,
  invoke: Invoke,
) {
  const random = kernel.random('lambda/invoke');

  return (input: InvocationRequest): InvocationResponse | Promise<InvocationResponse> => {
    const type = input.InvocationType ?? 'RequestResponse';
    if (input.LogType === 'Tail') throw notEmulated('LogType Tail of Invoke');
    if (input.ClientContext !== undefined) throw notEmulated('ClientContext of Invoke');
    const target = functions.resolve(input.FunctionName ?? '', input.Qualifier);
    const payload = payloadOf(input, type);
    checkDurable(target, input, type);
    if (type === 'DryRun') return { StatusCode: 204 };
    if (type === 'Event') {
      const execution = asynchronous.accept(target, payload, input.DurableExecutionName);
      return { StatusCode: 202, ...(execution === undefined ? {} : { DurableExecutionArn: execution.arn }) };
    }
    if (target.fn.durable !== undefined) {
      const execution = executions.start(target, payload, input.DurableExecutionName);
      if (execution.status !== 'RUNNING') return answerOfExecution(execution);
      return new Promise((resolve) => execution.whenEnded.push((ended) => resolve(answerOfExecution(ended))));
    }
    return new Promise((resolve, reject) => {
      try {
        invoke(target, random.uuid(), payload, (outcome) => resolve(answer(target, outcome)));
      } catch (error) {
        reject(error);
      }
    });
  };
}

function payloadOf(input: InvocationRequest, type: string): string {
  const bytes = input.Payload?.byteLength ?? 0;
  checkSize(bytes, type);
  const text = bytes === 0 ? '{}' : Buffer.from(input.Payload ?? []).toString('utf8');
  try {
    JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AwsError('InvalidRequestContentException', `Could not parse request body into json: ${reason}`, {
      data: { Type: 'User' },
    });
  }
  return text;
}

/** Code and texts as users report them: awslabs/aws-athena-query-federation#793, ASFHyP3/hyp3#2241. */
function checkSize(bytes: number, type: string): void {
  const limit = type === 'Event' ? ASYNCHRONOUS_PAYLOAD_BYTES : SYNCHRONOUS_PAYLOAD_BYTES;
  if (bytes <= limit) return;
  const message =
    type === 'Event'
      ? `${bytes} byte payload is too large for the Event invocation type (limit ${limit} bytes)`
      : `Request must be smaller than ${limit} bytes for the InvokeFunction operation`;
  throw new AwsError('RequestEntityTooLargeException', message, { statusCode: 413, data: { Type: 'User' } });
}

function checkDurable(target: Target, { DurableExecutionName: name }: InvocationRequest, type: string): void {
  const { durable } = target.fn;
  if (durable === undefined) {
    if (name !== undefined) throw invalid('DurableExecutionName: the function is not durable, so it takes no name.');
    return;
  }
  if (target.qualifier === undefined) {
    throw invalid('You cannot invoke a durable function using an unqualified ARN.');
  }
  if (name !== undefined && !EXECUTION_NAME.test(name)) {
    throw invalid(`DurableExecutionName: expected 1 to 64 letters, digits, hyphens or underscores, got "${name}"`);
  }
  if (type === 'RequestResponse' && durable.ExecutionTimeout > SYNCHRONOUS_EXECUTION_SECONDS) {
    throw invalid(
      'You cannot synchronously invoke a durable function with an executionTimeout greater than 15 minutes.',
    );
  }
}

function answer(target: Target, outcome: Outcome): InvocationResponse {
  return {
    StatusCode: 200,
    ExecutedVersion: target.fn.version,
    Payload: bytesOf(outcome.ok ? outcome.payload : JSON.stringify(outcome.error)),
    ...(outcome.ok ? {} : { FunctionError: 'Unhandled' }),
  };
}

function answerOfExecution(execution: Execution): InvocationResponse {
  const outcome: Outcome =
    execution.status === 'SUCCEEDED'
      ? { ok: true, payload: execution.result === undefined || execution.result === '' ? 'null' : execution.result }
      : { ok: false, error: toFunctionError(execution) };
  return { ...answer(execution.target, outcome), DurableExecutionArn: execution.arn };
}

const bytesOf = (text: string): InvocationResponse['Payload'] =>
  new Uint8Array(Buffer.from(text)) as unknown as InvocationResponse['Payload'];
