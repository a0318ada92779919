// Whether an Availability Zone has capacity for one more instance; a scenario or the fault `no-capacity` removes it. Source:
// InsufficientInstanceCapacity, "Server error codes" ("Error codes for the Amazon EC2 API"); `StateReason` in @aws-sdk/client-ec2.
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError } from '../../simulator/service.ts';

/**
 * How EC2 reports it. `at-once` refuses the request. `late` accepts it; the `pending` instance is then terminated (or stopped again) with the reason
 * Server.InsufficientInstanceCapacity. AWS does not document which happens when.
 */
export type Shortage = 'at-once' | 'late';

const keyOf = (zone: string, instanceType: string | undefined): string =>
  instanceType === undefined ? zone : `${zone} ${instanceType}`;

const ZONE_LETTERS = ['a', 'b', 'c'] as const;

export class Capacity {
  readonly #kernel: Kernel;
  readonly #short = new Map<string, Shortage>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** @param instanceType of which alone nothing is left; of all unless given */
  take(availabilityZone: string, shortage: Shortage, instanceType?: string): void {
    this.#short.set(keyOf(availabilityZone, instanceType), shortage);
  }

  giveBack(availabilityZone: string, instanceType?: string): void {
    this.#short.delete(keyOf(availabilityZone, instanceType));
  }

  /** Undefined: there is capacity. */
  shortageIn(availabilityZone: string, instanceType?: string): Shortage | undefined {
    const faulty = this.#kernel.fault('no-capacity') && availabilityZone === this.#zones()[0];
    const known = this.#short.get(availabilityZone) ?? this.#short.get(keyOf(availabilityZone, instanceType));
    return known ?? (faulty ? 'at-once' : undefined);
  }

  /** Throws EC2's error if EC2 knows it immediately. */
  ask(availabilityZone: string, instanceType: string): void {
    if (this.shortageIn(availabilityZone, instanceType) !== 'at-once') return;
    this.#kernel.met('no-capacity');
    throw this.#refusal(availabilityZone, instanceType);
  }

  #zones(): string[] {
    return ZONE_LETTERS.map((letter) => `${this.#kernel.regionName}${letter}`);
  }

  // A server error: SDKs retry it before they return it to their caller.
  #refusal(zone: string, type: string): AwsError {
    const others = this.#zones().filter((other) => other !== zone && this.shortageIn(other, type) === undefined);
    const advice =
      others.length === 0
        ? ''
        : ` You can currently get ${type} capacity by not specifying an Availability Zone in your request or choosing ${others.join(', ')}.`;
    return new AwsError(
      'InsufficientInstanceCapacity',
      `We currently do not have sufficient ${type} capacity in the Availability Zone you requested (${zone}). Our system will be working on provisioning additional capacity.${advice}`,
      { fault: 'server' },
    );
  }
}
