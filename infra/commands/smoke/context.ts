// What a run of the smoke test works with: an account, CDK, and the person who typed it.
import type { Suite } from '../heal/context.ts';
import type { SentCommand, SnapshotLockStatus } from './checks.ts';
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
  readonly makeInstance: (options: InstanceRequest) => Promise<string>;
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
  readonly ladder: LadderAccount;
}

/** What a run with --ladder asks besides. */
export interface LadderAccount {
  /** ARN of the role in an instance profile. Throws where there is none. */
  readonly roleOf: (profile: string) => Promise<string>;
  /** By IAM's own word; the stack is there. */
  readonly mayPassOn: (roleArn: string) => Promise<boolean>;
  readonly makeTemplate: (options: InstanceRequest) => Promise<string>;
  /** A lifecycle policy of the run's own, in the role of the fleet's, that takes a snapshot within an hour from then. It copies the volume's tags. */
  readonly makePolicy: (run: string, fleet: string, fromMs: number) => Promise<string>;
  /** By a person, who tags it with the run and nothing else. */
  readonly makeSnapshot: (run: string, volumeId: string) => Promise<SnapshotDescription>;
  /** Of a volume. */
  readonly snapshots: (volumeId: string) => Promise<readonly SnapshotDescription[]>;
  /** undefined: it is not locked. */
  readonly lock: (snapshotId: string) => Promise<SnapshotLockStatus | undefined>;
  /** The client gets SIGSTOP, by Run Command: it runs on, and answers nobody. @returns the command's id */
  readonly hang: (instanceId: string) => Promise<string>;
  /** undefined: it is under way. */
  readonly commandEnd: (commandId: string, instanceId: string) => Promise<SentCommand | undefined>;
  /** All but the root volume. */
  readonly dataVolumes: (instanceId: string) => Promise<readonly VolumeOrigin[]>;
  readonly commands: (instanceId: string, afterMs: number) => Promise<readonly SentCommand[]>;
  /** Failed invocations, by function, of those that had any. */
  readonly errors: (vpcId: string, sinceMs: number, untilMs: number) => Promise<ReadonlyMap<string, number>>;
  readonly vpcFunction: (vpcId: string) => Promise<{ readonly name: string; readonly state: string } | undefined>;
  /** `autoRecovery`: "default" or "disabled". */
  readonly instance: (instanceId: string) => Promise<{ readonly launchedMs: number; readonly autoRecovery: string }>;
}

export interface SnapshotDescription {
  readonly snapshotId: string;
  readonly state: string;
  /** By EC2's clock. */
  readonly startedMs: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface VolumeOrigin {
  readonly volumeId: string;
  /** What it was made from; empty for the first. */
  readonly snapshotId: string;
}

export interface InstanceRequest {
  readonly run: string;
  readonly fleet: string;
  readonly imageId: string;
  readonly subnetId: string;
  readonly profile: string;
  readonly securityGroupId: string | undefined;
  readonly userData: string;
  /** It says all but where the instance stands, and whose it is. */
  readonly templateId?: string;
}

/** cdk, as a process of its own. Rejects with what it said last. */
export interface Cdk {
  readonly deploy: (options: DeployRequest) => Promise<void>;
  readonly destroy: (run: string) => Promise<void>;
}

export interface DeployRequest {
  readonly run: string;
  /** With --ladder: the role that replace-node may pass on, and where a function stands in a VPC. */
  readonly ladder?: { readonly role: string; readonly vpcId: string; readonly subnetId: string };
  /** What an earlier deployment of this run has kept is taken over. */
  readonly isAgain?: true;
}

export interface SmokeContext {
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
