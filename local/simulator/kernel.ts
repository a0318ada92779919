// The kernel of one local region, which all services use: time, chance, the event bus and the record of work in progress.
import type { FaultName, PassingFaultName } from './faults.ts';
import { type Random, randomStream } from './random.ts';
import { AwsError, type ServicePrincipal } from './service.ts';

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Virtual time in ms since the epoch. */
  now(): number;
  /** Runs `work` at a virtual moment (never before now). Work of the same moment runs in the order of scheduling. */
  at(timeMs: number, work: () => void): Timer;
  after(delayMs: number, work: () => void): Timer;
}

/** An event in EventBridge's form. */
export interface BusEvent {
  readonly source: string;
  readonly 'detail-type': string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/**
 * Accepts a payload for the resource of an ARN, to be processed later; throws `AwsError` if it cannot be accepted.
 * @param roleArn the role that a schedule sends it with
 */
export type Receiver = (arn: string, payload: string, roleArn?: string) => void;

/** A time in which AWS (not chainmend) was still working: on a modification, a command, a boot. */
export interface AwsWork {
  readonly what: string;
  /** Ids of the resources: volume, instance, command. */
  readonly resources: readonly string[];
  readonly from: number;
  readonly to: number;
}

/** Which condition keys of IAM policies the requests of each action have. */
export interface ConditionKeys {
  /** Every action whose keys are known. */
  readonly actions: readonly string[];
  /** Whether the requests of an action have a key if AWS's do; an unknown action has only the global keys. */
  has(action: string, key: string): boolean;
}

/** The account and the Region of one local region. */
export interface RegionIdentity {
  readonly accountId: string;
  readonly regionName: string;
}

/** A moment of a schedule. */
export interface Firing {
  readonly schedule: string;
  readonly targetArn: string;
  readonly everyMs: number;
  /** All schedules of the region that come less often than every five minutes. */
  readonly slow: readonly SlowSchedule[];
}

export interface SlowSchedule {
  readonly schedule: string;
  readonly everyMs: number;
  /** Its last moment that was not left out, and its next one, in ms since the epoch; infinite: there is none. */
  readonly playedMs: number;
  readonly nextMs: number;
}

export interface Kernel extends RegionIdentity {
  readonly clock: Clock;
  readonly conditionKeys: ConditionKeys;
  /** A separate random stream for each purpose, so that one more draw here never shifts another. */
  random(stream: string): Random;
  /** Puts an event on the default bus; the bus decides delivery, delay and duplication. */
  emit(event: BusEvent): void;
  /** Records that AWS works on something from now until `to` (ms since the epoch). */
  working(work: AwsWork): void;
  /** Whether a fault is on, for the whole run or now; `faults.ts` lists the names. */
  fault(name: PassingFaultName): boolean;
  /** Counts that a fault has had an effect: on a request, an event, a command. */
  met(fault: string): void;
  /** Whether this firing is left out, since somebody knows that it would find nothing new. */
  leavesOut(firing: Firing): boolean;
  /** The moment whose state the reads of EC2 show just now, in ms since the epoch; undefined: the present one. */
  showsAsOf(): number | undefined;
  /** Makes a service the receiver for ARNs with this prefix: "arn:aws:lambda:", "arn:aws:sqs:", … */
  receive(arnPrefix: string, receiver: Receiver): void;
  /**
   * Whether the region's policies allow an AWS service, or a service with a role, to do this. A resource without a policy of its own accepts
   * everything from a service; AWS would require a policy.
   */
  permits(caller: ServicePrincipal | { readonly roleArn: string }, action: string, arn: string): AwsError | undefined;
  /** Delivers a payload to the resource of an ARN. Throws `AwsError` if it is refused: the sender must retry or use a dead-letter queue. */
  deliver(arn: string, payload: string, roleArn?: string): void;
}

const WORKS_MAX = 100_000;

interface RegionKernelOptions extends Pick<Kernel, 'accountId' | 'regionName' | 'clock' | 'conditionKeys'> {
  readonly seed: number;
  readonly faults: readonly FaultName[];
  /** Names its random streams: two regions of one world must not make the same ids. */
  readonly streams?: string;
}

/** The kernel of a whole region. */
export class RegionKernel implements Kernel {
  readonly accountId: string;
  readonly regionName: string;
  readonly conditionKeys: ConditionKeys;
  readonly clock: Clock;
  /** Set when the bus exists. */
  bus: (event: BusEvent) => void = () => {};
  /** Set by who can tell, and plays many hours; otherwise nothing is left out. */
  leavesOut: Kernel['leavesOut'] = () => false;
  /** Set by a test that shows a caller an older state. */
  showsAsOf: Kernel['showsAsOf'] = () => undefined;
  /** Set when IAM exists. */
  permits: Kernel['permits'] = () => undefined;
  readonly works: AwsWork[] = [];
  readonly #seed: number;
  readonly #prefix: string;
  readonly #faults: ReadonlySet<FaultName>;
  readonly #passingUntilMs = new Map<PassingFaultName, number>();
  readonly #met = new Map<string, number>();
  readonly #streams = new Map<string, Random>();
  readonly #receivers: [string, Receiver][] = [];

  constructor({ accountId, regionName, clock, conditionKeys, seed, faults, streams = 'region' }: RegionKernelOptions) {
    this.accountId = accountId;
    this.regionName = regionName;
    this.clock = clock;
    this.conditionKeys = conditionKeys;
    this.#seed = seed;
    this.#prefix = streams;
    this.#faults = new Set(faults);
  }

  random(stream: string): Random {
    const known = this.#streams.get(stream);
    if (known) return known;
    const random = randomStream(this.#seed, `${this.#prefix}/${stream}`);
    this.#streams.set(stream, random);
    return random;
  }

  emit(event: BusEvent): void {
    this.bus(event);
  }

  working(work: AwsWork): void {
    if (this.works.length >= WORKS_MAX) this.works.shift();
    this.works.push(work);
  }

  fault(name: PassingFaultName): boolean {
    return this.#faults.has(name as FaultName) || this.clock.now() < (this.#passingUntilMs.get(name) ?? 0);
  }

  /** Switches a fault on until a moment (ms since the epoch); it is prolonged, never shortened. */
  begin(name: PassingFaultName, untilMs: number): void {
    this.#passingUntilMs.set(name, Math.max(this.#passingUntilMs.get(name) ?? 0, untilMs));
  }

  met(fault: string): void {
    this.#met.set(fault, this.timesMet(fault) + 1);
  }

  /** How often a fault has had an effect in this run. */
  timesMet(fault: string): number {
    return this.#met.get(fault) ?? 0;
  }

  receive(arnPrefix: string, receiver: Receiver): void {
    this.#receivers.push([arnPrefix, receiver]);
  }

  deliver(arn: string, payload: string, roleArn?: string): void {
    const receiver = this.#receivers.find(([prefix]) => arn.startsWith(prefix))?.[1];
    if (!receiver) throw new AwsError('ResourceNotFoundException', `nothing in the local region receives for ${arn}`);
    receiver(arn, payload, roleArn);
  }
}
