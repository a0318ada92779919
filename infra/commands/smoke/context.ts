// What a run of the smoke test works with: an account, CDK, and the person at the terminal.
import type { Asker } from '../consent.ts';
import type { Suite } from '../heal/context.ts';
import type { SentCommand, SnapshotLockStatus } from './checks.ts';
import type { Leftover } from './leftovers.ts';
import type { Recorder } from './recording.ts';

/** AWS, as a run uses it. Each method throws a `SmokeError` with AWS's own words. */
export interface Account {
  readonly identity: () => Promise<{ readonly account: string; readonly arn: string; readonly region: string }>;
  /** undefined: the region has durable functions; else that it has none, or why this is not known. */
  readonly withoutDurable: () => Promise<string | undefined>;
  /** Existing resources that have the literal names of a stack. */
  readonly suiteThere: () => Promise<readonly string[]>;
  readonly parameter: (name: string) => Promise<string | undefined>;
  readonly subnet: (subnetId: string) => Promise<{ readonly vpcId: string; readonly zone: string }>;
  /** undefined: the profile has what the node needs; else what it lacks, or why that is not known. Throws where the profile does not exist. */
  readonly profileLacks: (name: string) => Promise<string | undefined>;
  /** The newest image of Amazon Linux 2023. */
  readonly image: () => Promise<string>;
  readonly makeVolume: (run: string, fleet: string, zone: string) => Promise<string>;
  readonly makeInstance: (options: InstanceRequest) => Promise<string>;
  readonly instanceState: (instanceId: string) => Promise<string>;
  readonly attach: (volumeId: string, instanceId: string) => Promise<void>;
  readonly volume: (volumeId: string) => Promise<{ readonly state: string; readonly sizeGiB: number }>;
  /** undefined: its agent answers, and is new enough; else what is wrong. */
  readonly unmanaged: (instanceId: string) => Promise<string | undefined>;
  readonly alarmNames: (prefix: string) => Promise<readonly string[]>;
  readonly pauseFleet: (fleet: string, text: string) => Promise<void>;
  /** Tags the resources that the run's stack leaves behind; none of them existed before. */
  readonly markKept: (run: string) => Promise<void>;
  /** All resources that may belong to a run. */
  readonly things: (withStack: boolean) => Promise<readonly Leftover[]>;
  /** The same resource as it is now; undefined: it is gone. */
  readonly again: (thing: Leftover) => Promise<Leftover | undefined>;
  /** Requests its removal, which may take some time. CDK removes a stack. */
  readonly remove: (thing: Leftover) => Promise<void>;
  readonly ladder: LadderAccount;
}

/** The additional AWS calls of a run with --ladder. */
export interface LadderAccount {
  /** ARN of the role in an instance profile. Throws where the profile has none. */
  readonly roleOf: (profile: string) => Promise<string>;
  /** By IAM's simulation; the stack must exist. */
  readonly mayPassOn: (roleArn: string) => Promise<boolean>;
  readonly makeTemplate: (options: InstanceRequest) => Promise<string>;
  /** Makes a lifecycle policy of the run, with the fleet's role. It takes a snapshot within an hour from then. It copies the volume's tags. */
  readonly makePolicy: (run: string, fleet: string, fromMs: number) => Promise<string>;
  /** Makes a snapshot as a person would, with the run's tag and no other. */
  readonly makeSnapshot: (run: string, volumeId: string) => Promise<SnapshotDescription>;
  /** The snapshots of a volume. */
  readonly snapshots: (volumeId: string) => Promise<readonly SnapshotDescription[]>;
  /** undefined: the snapshot is not locked. */
  readonly lock: (snapshotId: string) => Promise<SnapshotLockStatus | undefined>;
  /** Sends SIGSTOP to the client, by Run Command: the process stays, and answers nothing. @returns the command's id */
  readonly hang: (instanceId: string) => Promise<string>;
  /** undefined: the command is still running. */
  readonly commandEnd: (commandId: string, instanceId: string) => Promise<SentCommand | undefined>;
  /** All volumes except the root volume. */
  readonly dataVolumes: (instanceId: string) => Promise<readonly VolumeOrigin[]>;
  readonly commands: (instanceId: string, afterMs: number) => Promise<readonly SentCommand[]>;
  /** Failed invocations, by function; functions without failures are left out. */
  readonly errors: (vpcId: string, sinceMs: number, untilMs: number) => Promise<ReadonlyMap<string, number>>;
  readonly vpcFunction: (vpcId: string) => Promise<{ readonly name: string; readonly state: string } | undefined>;
  /** `autoRecovery`: "default" or "disabled". */
  readonly instance: (instanceId: string) => Promise<{ readonly launchedMs: number; readonly autoRecovery: string }>;
}

export interface SnapshotDescription {
  readonly snapshotId: string;
  readonly state: string;
  /** The time by EC2's clock. */
  readonly startedMs: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface VolumeOrigin {
  readonly volumeId: string;
  /** The snapshot that the volume was made from; empty for the first volume. */
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
  /** The template has everything except the instance's subnet and its owner tags. */
  readonly templateId?: string;
}

/** cdk, as its own process. Rejects with its last output. */
export interface Cdk {
  readonly deploy: (options: DeployRequest) => Promise<void>;
  readonly destroy: (run: string) => Promise<void>;
}

export interface DeployRequest {
  readonly run: string;
  /** With --ladder: the role that replace-node may pass on, and the VPC and subnet of a function. */
  readonly ladder?: { readonly role: string; readonly vpcId: string; readonly subnetId: string };
  /** The deployment adopts what an earlier deployment of this run has kept. */
  readonly isAgain?: true;
}

export interface SmokeContext extends Asker {
  /** @param recorder what hears each call and its answer */
  readonly account: (recorder?: Recorder) => Account;
  readonly suite: () => Suite;
  readonly cdk: Cdk;
  readonly say: (text: string) => void;
  readonly complain: (text: string) => void;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** A random name for a new run: six hex digits or more. */
  readonly chance: () => string;
  /** The resources that this run knows it has made, for a person who interrupts it. */
  readonly made: Map<string, Leftover>;
  /** The first Ctrl-C sets it. */
  readonly interrupted: AbortSignal;
}
