// The kernel that all services of one local region stand on: time, chance, the event bus and the record of work in progress.
import type { FaultName } from './faults.ts';
import type { Random } from './random.ts';
import type { AwsError, ServicePrincipal } from './service.ts';

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Virtual time in ms since the epoch. */
  now(): number;
  /** Runs `work` at a virtual moment (never before now). Same moment: in the order of scheduling. */
  at(timeMs: number, work: () => void): Timer;
  after(delayMs: number, work: () => void): Timer;
}

/** An event as EventBridge carries it. */
export interface BusEvent {
  readonly source: string;
  readonly 'detail-type': string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Accepts a payload for the resource behind an ARN, asynchronously carried out; throws `AwsError` when it cannot be accepted. */
export type Receiver = (arn: string, payload: string) => void;

/** A stretch of virtual time in which AWS (not we) was still producing a state: a modification, a command, a boot. */
export interface AwsWork {
  readonly what: string;
  /** Ids of what it concerns: volume, instance, command. */
  readonly resources: readonly string[];
  readonly from: number;
  readonly to: number;
}

export interface Kernel {
  readonly clock: Clock;
  readonly accountId: string;
  readonly regionName: string;
  /** A random stream of its own for each purpose, so that one more draw here never shifts another. */
  random(stream: string): Random;
  /** Puts an event on the default bus; delivery, delay and duplication are the bus's. */
  emit(event: BusEvent): void;
  /** Tells that AWS works on something from now until `to` (ms since the epoch). */
  working(work: AwsWork): void;
  /** Whether the run has switched a fault on; `faults.ts` lists the names. */
  fault(name: FaultName): boolean;
  /** Makes a service the receiver for ARNs with this prefix: "arn:aws:lambda:", "arn:aws:sqs:", … */
  receive(arnPrefix: string, receiver: Receiver): void;
  /**
   * Whether the policies of the region let an AWS service, or a service in the name of a role, do this. What has no policy of its own takes
   * from a service whatever it brings; AWS would ask for one.
   */
  permits(caller: ServicePrincipal | { readonly roleArn: string }, action: string, arn: string): AwsError | undefined;
  /** Hands a payload to the resource behind an ARN. Throws `AwsError` when it is refused: retries and dead-letter queues are the sender's. */
  deliver(arn: string, payload: string): void;
}
