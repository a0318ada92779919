// What EC2 and EBS keep: instances, volumes, snapshots, addresses, launch templates and subnets.
import type { RequestLaunchTemplateData, Tag } from '@aws-sdk/client-ec2';
import type { StoredContent } from '../../nodes/content.ts';
import type { Machine } from '../../nodes/machine.ts';
import type { Kernel } from '../../simulator/kernel.ts';
import type { Performance } from './limits.ts';
import type { VersionedMap } from './versioned-map.ts';

/** What those that limit launches and volumes look at. */
export interface Ec2Inventory {
  readonly kernel: Kernel;
  readonly instances: VersionedMap<Instance>;
  readonly volumes: VersionedMap<Volume>;
}

export type Check = 'system' | 'instance' | 'attachedEbs';

/**
 * What ends it, the scenario's own word apart. `reboot`: a stop and start helps, too; `stop-start`: nothing less; `nothing`: the instance
 * stays as it is, whatever is done to it.
 */
export type ImpairmentCure = 'reboot' | 'stop-start' | 'nothing';

export type Impairments = Readonly<Partial<Record<Check, ImpairmentCure>>>;

export type InstanceState = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';
export type CheckStatus = 'ok' | 'impaired' | 'initializing' | 'insufficient-data';

export interface NetworkInterface {
  readonly networkInterfaceId: string;
  readonly privateIp: string;
  readonly publicIp: string | undefined;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly securityGroupIds: readonly string[];
  /** It had a public address from the pool when it was launched, and gets another whenever it has lost it. */
  readonly publicFromPool: boolean;
  readonly ipv6Addresses?: readonly string[];
}

/** What an instance was launched with, and keeps. */
export interface LaunchSettings {
  readonly reservationId: string;
  /** The capacity reservation that it was launched into. */
  readonly capacityReservationId?: string | undefined;
  readonly clientToken: string;
  /** As it was given: base64. */
  readonly userData: string | undefined;
  readonly keyName: string | undefined;
  readonly httpTokens: 'optional' | 'required';
  readonly instanceProfileArn: string | undefined;
}

export interface Instance {
  readonly instanceId: string;
  readonly instanceType: string;
  readonly imageId: string;
  readonly availabilityZone: string;
  /** Undefined once it is terminated. */
  readonly networkInterface: NetworkInterface | undefined;
  readonly rootDeviceName: string;
  readonly launchedAtMs: number;
  readonly state: InstanceState;
  readonly stateReason: { readonly code: string; readonly message: string } | undefined;
  readonly checks: { readonly system: CheckStatus; readonly instance: CheckStatus; readonly attachedEbs: CheckStatus };
  /** Why checks fail, and what cures it. */
  readonly impairments: Impairments;
  /** When it last lost what was on its instance store; undefined: never, or it has none. */
  readonly instanceStoreLostAtMs: number | undefined;
  readonly settings: LaunchSettings;
  readonly tags: readonly Tag[];
}

/** Things with tags besides instances and volumes, by the prefix of their ids. */
export interface Taggable {
  /** As in TagSpecification.ResourceType: "launch-template". */
  readonly type: 'launch-template' | 'elastic-ip' | 'subnet' | 'snapshot';
  /** Throws what EC2 answers for an unknown id. */
  tagsOf(id: string): readonly Tag[];
  setTags(id: string, tags: readonly Tag[]): void;
  all(): readonly { readonly id: string; readonly tags: readonly Tag[] }[];
}

export interface Attachment {
  readonly instanceId: string;
  readonly device: string;
  readonly state: 'attaching' | 'attached' | 'detaching' | 'busy';
  readonly attachedAtMs: number;
  readonly deleteOnTermination: boolean;
}

export interface Modification {
  readonly state: 'modifying' | 'optimizing' | 'completed' | 'failed';
  readonly original: Performance;
  readonly target: Performance;
  readonly startedAtMs: number;
  /** When `completed` is expected; progress runs towards it. */
  readonly dueAtMs: number;
  readonly endedAtMs: number | undefined;
  readonly statusMessage: string | undefined;
}

export interface Initialization {
  readonly type: 'default' | 'provisioned-rate' | 'volume-copy';
  readonly rateMiBps: number | undefined;
  readonly startedAtMs: number;
  /** When all blocks are there. */
  readonly dueAtMs: number;
  /** "It can take up to 5 minutes for the volume initialization information to be updated": how often it is. */
  readonly updatedEveryMs: number;
}

export interface Volume {
  readonly volumeId: string;
  readonly performance: Performance;
  readonly availabilityZone: string;
  readonly encrypted: boolean;
  /** Absent: that of the account for EBS, where it is encrypted. */
  readonly kmsKeyArn?: string | undefined;
  readonly snapshotId: string;
  /** Of a copy: what it is a copy of. */
  readonly sourceVolumeId?: string | undefined;
  /** Before it is there, and when it is about to go. */
  readonly phase?: 'creating' | 'deleting' | undefined;
  /** How its blocks come, of a volume made from a snapshot or from another volume. */
  readonly initialization?: Initialization | undefined;
  readonly createdAtMs: number;
  readonly attachment: Attachment | undefined;
  /** The latest one: AWS tells of no earlier one. */
  readonly modification: Modification | undefined;
  /** Starts of all modifications in the last 24 h, oldest first. */
  readonly modificationStartsMs: readonly number[];
  readonly tags: readonly Tag[];
}

export interface SnapshotLock {
  readonly createdAtMs: number;
  readonly durationDays: number;
  /** Given as a date: it does not wait for the snapshot to be completed. */
  readonly expiresAtMs: number | undefined;
}

export interface Snapshot {
  readonly snapshotId: string;
  readonly volumeId: string;
  readonly volumeSizeGiB: number;
  /** "the size of all the blocks that were written to the source volume at the time the snapshot was created" */
  readonly fullBytes: number;
  readonly description: string;
  readonly ownerId: string;
  readonly encrypted: boolean;
  readonly kmsKeyArn: string | undefined;
  readonly state: 'pending' | 'completed' | 'error';
  readonly startedAtMs: number;
  /** When it was or will be completed. */
  readonly dueAtMs: number;
  readonly lock: SnapshotLock | undefined;
  /** What was on the volume at its moment; undefined: nothing, or nobody knows. */
  readonly content: StoredContent | undefined;
  readonly tags: readonly Tag[];
}

/** What a caller must be allowed to do with a key. */
export type KeyUse = 'CreateGrant' | 'Decrypt' | 'GenerateDataKeyWithoutPlaintext' | 'ReEncryptFrom' | 'ReEncryptTo';

export interface Address {
  readonly allocationId: string;
  readonly publicIp: string;
  /** Undefined while it is free. */
  readonly association: { readonly associationId: string; readonly instanceId: string } | undefined;
  readonly tags: readonly Tag[];
}

export interface Subnet {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly availabilityZone: string;
  /** "10.0.64.0/18" */
  readonly cidrBlock: string;
  /** "2001:db8:0:1", of a /64; absent: it has no IPv6. */
  readonly ipv6Prefix?: string;
  /** Instances that are launched in it get a public address unless they say otherwise. */
  readonly mapPublicIp: boolean;
  /** The one of its zone for whoever names no subnet. */
  readonly isDefault: boolean;
  readonly tags: readonly Tag[];
}

export interface LaunchTemplate {
  readonly launchTemplateId: string;
  readonly name: string;
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly defaultVersion: number;
  /** Version 1 first. */
  readonly versions: readonly TemplateVersion[];
  readonly clientToken: string | undefined;
  readonly tags: readonly Tag[];
}

export interface TemplateVersion {
  readonly version: number;
  readonly description: string | undefined;
  readonly createdAtMs: number;
  readonly data: RequestLaunchTemplateData;
}

/** What a launch was asked for, its template included, as whoever makes the machine behind it wants to know it. */
export interface Launched {
  readonly template: { readonly launchTemplateId: string; readonly name: string; readonly version: number } | undefined;
  /** As text; empty where there is none. */
  readonly userData: string;
  /** The volumes that the instance was launched with, its root volume first. */
  readonly volumes: readonly {
    readonly volumeId: string;
    readonly device: string;
    readonly snapshotId: string;
    readonly sizeGiB: number;
  }[];
}

/** The machine behind a new instance, without power: EC2 gives it that when the instance runs, and the volumes that snapshots were made into. */
export interface LaunchedMachine {
  readonly machine: Machine;
  /** What its user data or its image says: it boots with its client masked on disk (`Machine.maskClient`). */
  readonly clientMasked: boolean;
}

/** Undefined: this instance is none of its business. */
export type OnRun = (instance: Instance, launched: Launched) => LaunchedMachine | undefined;

/** Requests that have been carried out, by their tokens. */
export type RunTokens = Map<string, { readonly request: string; readonly instanceIds: readonly string[] }>;
