// How EventBridge and EventBridge Scheduler deliver a payload to a target: late, at least once, with retries and a dead-letter queue.

import type { PassingFaultName } from '../../simulator/faults.ts';
import type { Kernel } from '../../simulator/kernel.ts';
import type { Random } from '../../simulator/random.ts';
import { AwsError, type ServicePrincipal } from '../../simulator/service.ts';
import type { RecordMetric } from '../cloudwatch/series.ts';

export interface RetryPolicy {
  readonly MaximumEventAgeInSeconds?: number;
  readonly MaximumRetryAttempts?: number;
}

/** The queue of undeliverable payloads; throws `AwsError` if the queue does not exist. */
export interface DeadLetters {
  accept(queueArn: string, body: string, attributes?: Readonly<Record<string, string>>): void;
}

export interface Failure {
  readonly errorCode: string;
  readonly errorMessage: string;
  readonly retryAttempts: number;
  /** Absent if the error could not be retried. */
  readonly exhausted?: 'MaximumEventAgeInSeconds' | 'MaximumRetryAttempts';
}

export interface Delivery {
  readonly what: string;
  readonly resources: readonly string[];
  readonly targetArn: string;
  /** The sender of the delivery, and of the message to the dead-letter queue. */
  readonly sender: Sender;
  payload(attempt: number): string;
  /** It is drawn like any other, and never arrives: somebody knows that it would find nothing new. */
  readonly isLeftOut?: boolean;
  readonly retryPolicy?: RetryPolicy | undefined;
  readonly deadLetterArn?: string | undefined;
  /** Message attributes of the dead letter. */
  attributes(failure: Failure): Readonly<Record<string, string>>;
  /** The namespace and dimensions under which lost deliveries are counted, and the names of the counters. */
  readonly metrics: {
    readonly namespace: string;
    readonly dimensions: Readonly<Record<string, string>>;
    readonly failed: string;
    readonly deadLettered: string;
  };
}

/** A rule delivers as EventBridge itself; a schedule delivers with a role that Scheduler assumes. */
export interface Sender {
  readonly principal: ServicePrincipal;
  readonly roleArn?: string;
}

const ACTIONS: Readonly<Record<string, string>> = {
  lambda: 'lambda:InvokeFunction',
  sns: 'sns:Publish',
  sqs: 'sqs:SendMessage',
};

/** @throws AwsError if a policy does not allow the sender. Of a universal target the receiver checks the operation itself. */
function check(kernel: Kernel, { principal, roleArn }: Sender, arn: string): void {
  const action = ACTIONS[arn.split(':')[2] ?? ''];
  if (action === undefined) {
    const refused = roleArn === undefined ? undefined : kernel.permits(principal, 'sts:AssumeRole', roleArn);
    if (refused) throw refused;
    return;
  }
  const refused =
    roleArn === undefined
      ? kernel.permits(principal, action, arn)
      : (kernel.permits(principal, 'sts:AssumeRole', roleArn) ?? kernel.permits({ roleArn }, action, arn));
  if (refused) throw refused;
}

/** The stream of the event bus; EventBridge Scheduler has one of its own. */
export const BUS_STREAM = 'events/delivery';

export interface Courier {
  /** Delivers after the usual latency, or with the faults of the run. */
  send(delivery: Delivery): void;
}

// "How EventBridge retries delivering events" (user guide): 24 hours and up to 185 times, exponential back-off and jitter.
const AGE_SECONDS_MAX = 86_400;
const RETRIES_MAX = 185;
const BACKOFF_MS_MIN = 1_000;
const BACKOFF_MS_MAX = 600_000;
// Users have measured about half a second from event to target. AWS publishes no bound (December 2026: none in "How EventBridge retries delivering events"); its
// Architecture Blog has a bus with 80 ms at p90 ("Mastering millisecond latency", February 2026).
const LATENCY_MS = [300, 800] as const;
const DELAYED_MS = [60_000, 600_000] as const;
const HOURS_LATE_MS = [3_600_000, 10_800_000] as const;
const DUPLICATE_MS = [5_000, 120_000] as const;
/** Errors that a retry cannot repair: the target does not exist or is forbidden ("Using dead-letter queues", user guide). */
const FINAL_ERRORS = /NotFound|DoesNotExist|NonExistent|AccessDenied|AuthorizationError|Validation|InvalidParameter/;

export function createCourier(kernel: Kernel, stream: string, deadLetters: DeadLetters, record: RecordMetric): Courier {
  const random = kernel.random(stream);
  const isBus = stream === BUS_STREAM;

  const attempt = (delivery: Delivery, sentAtMs: number, tries: number): void => {
    try {
      check(kernel, delivery.sender, delivery.targetArn);
      kernel.deliver(delivery.targetArn, delivery.payload(tries + 1), delivery.sender.roleArn);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const failure = { errorCode: error.name, errorMessage: error.message, retryAttempts: tries };
      const exhausted = exhaustedBy(delivery.retryPolicy, kernel.clock.now() - sentAtMs, tries);
      if (FINAL_ERRORS.test(error.name)) giveUp(delivery, failure);
      else if (exhausted) giveUp(delivery, { ...failure, exhausted });
      else kernel.clock.after(backoffMs(tries, random), () => attempt(delivery, sentAtMs, tries + 1));
    }
  };

  const giveUp = (delivery: Delivery, failure: Failure): void => {
    const { namespace, dimensions, failed, deadLettered } = delivery.metrics;
    const now = kernel.clock.now();
    record(namespace, failed, dimensions, 1, now, 'Count');
    if (delivery.deadLetterArn === undefined) return;
    try {
      check(kernel, delivery.sender, delivery.deadLetterArn);
      deadLetters.accept(
        delivery.deadLetterArn,
        delivery.payload(failure.retryAttempts + 1),
        delivery.attributes(failure),
      );
      record(namespace, deadLettered, dimensions, 1, now, 'Count');
    } catch (error) {
      // If the dead-letter queue does not exist, the event is lost, on AWS too; `failed` has counted it.
      if (!(error instanceof AwsError)) throw error;
    }
  };

  return {
    send(delivery) {
      const now = kernel.clock.now();
      if (isBus && kernel.fault('lost-events')) {
        kernel.met('lost-events');
        return;
      }
      const [first, ...more] = arrivalDelaysMs(kernel, random, isBus);
      if (delivery.isLeftOut) return;
      kernel.working({ what: delivery.what, resources: delivery.resources, from: now, to: now + first });
      for (const delayMs of [first, ...more]) kernel.clock.after(delayMs, () => attempt(delivery, now, 0));
    },
  };
}

function arrivalDelaysMs(kernel: Kernel, random: Random, isBus: boolean): [number, ...number[]] {
  const isOn = (name: PassingFaultName): boolean => {
    const on = kernel.fault(name);
    if (on) kernel.met(name);
    return on;
  };
  const latency = random.integer(...LATENCY_MS);
  const delayed = isOn('delayed-events') ? latency + random.integer(...DELAYED_MS) : latency;
  const first = isBus && isOn('hours-late-events') ? delayed + random.integer(...HOURS_LATE_MS) : delayed;
  return isOn('duplicate-events') ? [first, first + random.integer(...DUPLICATE_MS)] : [first];
}

function exhaustedBy(policy: RetryPolicy | undefined, ageMs: number, tries: number): Failure['exhausted'] {
  if (tries >= (policy?.MaximumRetryAttempts ?? RETRIES_MAX)) return 'MaximumRetryAttempts';
  if (ageMs >= (policy?.MaximumEventAgeInSeconds ?? AGE_SECONDS_MAX) * 1000) return 'MaximumEventAgeInSeconds';
  return undefined;
}

function backoffMs(tries: number, random: Random): number {
  const ceiling = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(tries, 20));
  return Math.round(ceiling * (0.5 + random.next() / 2));
}
