// What a run of the smoke test works with: an account, CDK, and the person who typed it.
import type { Suite } from '../heal-commands/desk.ts';
import type { Leftover } from './leftovers.ts';

/** AWS, as far as a run asks it. Each throws a `SmokeError` with AWS's own words. */
export interface Account {
  readonly identity: () => Promise<{ readonly account: string; readonly arn: string; readonly region: string }>;
  /** undefined: durable functions are there; else why that is not known, or that they are not. */
  readonly withoutDurable: () => Promise<string | undefined>;
  /** What a stack makes under literal names, and that is there already. */
  readonly suiteThere: () => Promise<readonly string[]>;
  readonly parameter: (name: string) => Promise<string | undefined>;
  readonly subnet: (subnetId: string) => Promise<{ readonly vpcId: string; readonly zone: string }>;
  /** undefined: it has what the node needs; else what it lacks, or why that is not known. Throws where there is no such profile. */
  readonly profileLacks: (name: string) => Promise<string | undefined>;
  /** The newest image of Amazon Linux 2023. */
  readonly image: () => Promise<string>;
  readonly makeVolume: (run: string, fleet: string, zone: string) => Promise<string>;
  readonly makeInstance: (wish: InstanceWish) => Promise<string>;
  readonly instanceState: (instanceId: string) => Promise<string>;
  readonly attach: (volumeId: string, instanceId: string) => Promise<void>;
  readonly volume: (volumeId: string) => Promise<{ readonly state: string; readonly sizeGiB: number }>;
  /** undefined: its agent answers, and is new enough; else what is the matter. */
  readonly unmanaged: (instanceId: string) => Promise<string | undefined>;
  readonly alarmNames: (prefix: string) => Promise<readonly string[]>;
  readonly pauseFleet: (fleet: string, text: string) => Promise<void>;
  /** Marks what a stack of ours has made and will leave behind; nothing of it was there before. */
  readonly markKept: (run: string) => Promise<void>;
  /** All that may be ours. */
  readonly things: (withStack: boolean) => Promise<readonly Leftover[]>;
  /** The same thing as it is now; undefined: it is gone. */
  readonly again: (thing: Leftover) => Promise<Leftover | undefined>;
  /** Asks for its removal, which may take its time. A stack is CDK's. */
  readonly remove: (thing: Leftover) => Promise<void>;
}

export interface InstanceWish {
  readonly run: string;
  readonly fleet: string;
  readonly imageId: string;
  readonly subnetId: string;
  readonly profile: string;
  readonly securityGroupId: string | undefined;
  readonly userData: string;
}

/** cdk, as a process of its own. Rejects with what it said last. */
export interface Cdk {
  readonly deploy: (run: string) => Promise<void>;
  readonly destroy: (run: string) => Promise<void>;
}

export interface SmokeDesk {
  readonly account: () => Account;
  readonly suite: () => Suite;
  readonly cdk: Cdk;
  readonly say: (text: string) => void;
  readonly complain: (text: string) => void;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Of a new run: six hex digits or more. */
  readonly chance: () => string;
  /** What is there of this run as far as it knows, for whoever stops it in the middle. */
  readonly made: Map<string, Leftover>;
  /** Set by the first Ctrl-C. */
  readonly interrupted: AbortSignal;
}

/** AWS or CDK refused, something did not come in time, or the ground is not free: told in a sentence, exit status 1. */
export class SmokeError extends Error {
  override readonly name = 'SmokeError';
}
