// Asynchronous invocations: Lambda's own queue with its retries, and what happens to events that fail permanently.
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError } from '../../simulator/service.ts';
import type { Execution } from './execution.ts';
import { backoffMs, type Executions } from './executions.ts';
import type { Functions, Target } from './functions.ts';
import type { Invoke, Measure } from './invocations.ts';
import type { FunctionError, Outcome } from './sandboxes.ts';

// "How Lambda handles errors and retries with asynchronous invocation": "a one-minute wait between the first two attempts,
// and two minutes between the second and third".
const RETRY_DELAYS_MS = [60_000, 120_000];
const QUEUE_MAX = 10_000;

type Condition = 'Success' | 'RetriesExhausted' | 'EventAgeExceeded';

interface QueuedEvent {
  readonly target: Target;
  readonly payload: string;
  readonly requestId: string;
  readonly queuedAtMs: number;
  attempts: number;
  throttles: number;
}

export type AsyncInvocations = ReturnType<typeof createAsynchronous>;

export function createAsynchronous(
  kernel: Kernel,
  functions: Functions,
  executions: Executions,
  invoke: Invoke,
  measure: Measure,
) {
  const random = kernel.random('lambda/asynchronous');
  const queue = new Set<QueuedEvent>();

  /** Accepts an event; a durable function's execution starts immediately, and is returned. */
  const accept = (target: Target, payload: string, name?: string): Execution | undefined => {
    if (target.fn.durable !== undefined) {
      return executions.start(target, payload, name, (ended) => endOfExecution(ended));
    }
    if (queue.size >= QUEUE_MAX)
      throw new Error(`Lambda's asynchronous queue holds ${QUEUE_MAX} events: a loop of events?`);
    const event = {
      target,
      payload,
      requestId: random.uuid(),
      queuedAtMs: kernel.clock.now(),
      attempts: 0,
      throttles: 0,
    };
    queue.add(event);
    kernel.clock.after(0, () => attempt(event));
    return undefined;
  };

  const attempt = (event: QueuedEvent): void => {
    const { maximumAgeSeconds } = functions.asyncSettings(event.target);
    if (kernel.clock.now() - event.queuedAtMs >= maximumAgeSeconds * 1000) {
      giveUp(event, 'EventAgeExceeded');
      return;
    }
    try {
      invoke(event.target, event.requestId, event.payload, (outcome) => attempted(event, outcome));
      event.attempts += 1;
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      // Throttled: "returns the event to the queue"; the maximum age limits it.
      event.throttles += 1;
      kernel.clock.after(backoffMs(event.throttles), () => attempt(event));
    }
  };

  const attempted = (event: QueuedEvent, outcome: Outcome): void => {
    if (outcome.ok) {
      queue.delete(event);
      const { onSuccessArn } = functions.asyncSettings(event.target);
      if (onSuccessArn !== undefined) sendRecord(event.target, onSuccessArn, record(event, 'Success', outcome.payload));
      return;
    }
    const { maximumRetries } = functions.asyncSettings(event.target);
    if (event.attempts > maximumRetries) giveUp(event, 'RetriesExhausted', outcome.error);
    else kernel.clock.after(RETRY_DELAYS_MS[event.attempts - 1] ?? 120_000, () => attempt(event));
  };

  const giveUp = (event: QueuedEvent, condition: Condition, error?: FunctionError): void => {
    queue.delete(event);
    // "Events are sent there before they're dropped" ("Types of metrics for Lambda functions").
    measure(event.target, 'AsyncEventsDropped', 1);
    const response = error === undefined ? undefined : JSON.stringify(error);
    failed(event.target, event.payload, record(event, condition, response));
  };

  /** "Best practices for Lambda durable functions": an execution that failed, was stopped or timed out goes to the queue. */
  const endOfExecution = (execution: Execution): void => {
    const { target, payload } = execution;
    const event = { target, payload, requestId: random.uuid(), attempts: 1 };
    if (execution.status === 'SUCCEEDED') {
      const { onSuccessArn } = functions.asyncSettings(target);
      if (onSuccessArn !== undefined) sendRecord(target, onSuccessArn, record(event, 'Success', execution.result));
      return;
    }
    const { ErrorType: errorType, ErrorMessage: errorMessage } = execution.error ?? {};
    failed(target, payload, record(event, 'RetriesExhausted', JSON.stringify({ errorType, errorMessage })));
  };

  /** The function's dead-letter queue gets the event itself, a destination gets a record about it. */
  const failed = (target: Target, payload: string, text: string): void => {
    if (target.fn.deadLetterArn !== undefined) {
      send(target, target.fn.deadLetterArn, payload, 'DeadLetterErrors');
    }
    const { onFailureArn } = functions.asyncSettings(target);
    if (onFailureArn !== undefined) sendRecord(target, onFailureArn, text);
  };

  const sendRecord = (target: Target, arn: string, text: string): void =>
    send(target, arn, text, 'DestinationDeliveryFailures');

  const send = (target: Target, arn: string, text: string, metricOnRefusal: string): void => {
    try {
      const action = arn.startsWith('arn:aws:sqs:') ? 'sqs:SendMessage' : 'sns:Publish';
      const refused = kernel.permits({ roleArn: target.fn.roleArn }, action, arn);
      if (refused) throw refused;
      kernel.deliver(arn, text);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      measure(target, metricOnRefusal, 1);
    }
  };

  /** The invocation record of "Capturing records of Lambda asynchronous invocations". */
  const record = (
    event: Pick<QueuedEvent, 'target' | 'payload' | 'requestId' | 'attempts'>,
    condition: Condition,
    response: string | undefined,
  ): string =>
    JSON.stringify({
      version: '1.0',
      timestamp: new Date(kernel.clock.now()).toISOString(),
      requestContext: {
        requestId: event.requestId,
        functionArn: event.target.qualifier ? event.target.invokedArn : `${event.target.invokedArn}:$LATEST`,
        condition,
        approximateInvokeCount: event.attempts,
      },
      requestPayload: JSON.parse(event.payload),
      ...(event.attempts === 0
        ? {}
        : {
            responseContext: {
              statusCode: 200,
              executedVersion: event.target.fn.version,
              ...(condition === 'Success' ? {} : { functionError: 'Unhandled' }),
            },
            responsePayload: response ? JSON.parse(response) : null,
          }),
    });

  return { accept };
}
