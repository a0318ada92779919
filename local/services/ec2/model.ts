// The data model of EC2 and EBS: instances, volumes, snapshots, addresses, launch templates and subnets.
import type { EventCode, RequestLaunchTemplateData, Tag } from '@aws-sdk/client-ec2';
import type { StoredContent } from '../../nodes/content.ts';
import type { Machine } from '../../nodes/machine.ts';
import type { Kernel } from '../../simulator/kernel.ts';
import type { Performance } from './limits.ts';
import type { VersionedMap } from './versioned-map.ts';

/** The state that limits of launches and volumes need. */
export interface Ec2Inventory {
  readonly kernel: Kernel;
  readonly instances: VersionedMap<Instance>;
  readonly volumes: VersionedMap<Volume>;
}

export type Check = 'system' | 'instance' | 'attachedEbs';

/**
 * What ends it, besides the scenario itself. `reboot`: a stop and start helps, too. `stop-start`: nothing less helps. `nothing`: the instance stays
 * impaired in any case.
 */
export type ImpairmentCure = 'reboot' | 'stop-start' | 'nothing';

export type Impairments = Readonly<Partial<Record<Check, ImpairmentCure>>>;

/** An event that EC2 has announced. Nothing comes of it by itself here: a scenario says what happens at its time. */
export interface ScheduledEvent {
  readonly id: string;
  readonly code: EventCode;
  readonly notBeforeMs: number;
  readonly description: string;
  readonly isOver: boolean;
}

export type InstanceState = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';
export type CheckStatus = 'ok' | 'impaired' | 'initializing' | 'insufficient-data';

export interface NetworkInterface {
  readonly networkInterfaceId: string;
  readonly privateIp: string;
  readonly publicIp: string | undefined;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly securityGroupIds: readonly string[];
  /** It had a public address from the pool at its launch, and gets another one after each loss. */
  readonly publicFromPool: boolean;
  readonly ipv6Addresses?: readonly string[];
}

/** The settings of an instance's launch, which it keeps. */
export interface LaunchSettings {
  readonly reservationId: string;
  /** The capacity reservation of its launch. */
  readonly capacityReservationId?: string | undefined;
  readonly clientToken: string;
  /** As in the request: base64. */
  readonly userData: string | undefined;
  readonly keyName: string | undefined;
  readonly httpTokens: 'optional' | 'required';
  readonly instanceProfileArn: string | undefined;
  readonly protection: Protection;
}

/** What EC2 refuses to whoever asks over its API: an Auto Scaling group asks nobody. "Stop protection also protects your instance from accidental termination." */
export interface Protection {
  readonly stop: boolean;
  readonly termination: boolean;
}

export interface Instance {
  readonly instanceId: string;
  readonly instanceType: string;
  readonly imageId: string;
  readonly availabilityZone: string;
  /** Undefined after termination. */
  readonly networkInterface: NetworkInterface | undefined;
  readonly rootDeviceName: string;
  readonly launchedAtMs: number;
  readonly state: InstanceState;
  readonly stateReason: { readonly code: string; readonly message: string } | undefined;
  readonly checks: { readonly system: CheckStatus; readonly instance: CheckStatus; readonly attachedEbs: CheckStatus };
  /** Why checks fail, and what ends it. */
  readonly impairments: Impairments;
  readonly events: readonly ScheduledEvent[];
  /** When it last lost the content of its instance store; undefined: never, or it has none. */
  readonly instanceStoreLostAtMs: number | undefined;
  readonly settings: LaunchSettings;
  readonly tags: readonly Tag[];
}

/** Resources with tags other than instances and volumes, by the prefix of their ids. */
export interface Taggable {
  /** As in TagSpecification.ResourceType: "launch-template". */
  readonly type: 'launch-template' | 'elastic-ip' | 'subnet' | 'snapshot';
  /** Throws EC2's error for an unknown id. */
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
  /** When `completed` is expected; the progress is calculated from it. */
  readonly dueAtMs: number;
  readonly endedAtMs: number | undefined;
  readonly statusMessage: string | undefined;
}

export interface Initialization {
  readonly type: 'default' | 'provisioned-rate' | 'volume-copy';
  readonly rateMiBps: number | undefined;
  readonly startedAtMs: number;
  /** When all blocks are loaded. */
  readonly dueAtMs: number;
  /** "It can take up to 5 minutes for the volume initialization information to be updated": the interval of the updates. */
  readonly updatedEveryMs: number;
}

export interface Volume {
  readonly volumeId: string;
  readonly performance: Performance;
  readonly availabilityZone: string;
  readonly encrypted: boolean;
  /** Absent: the account's key for EBS, if the volume is encrypted. */
  readonly kmsKeyArn?: string | undefined;
  readonly snapshotId: string;
  /** Of a copy: its source. */
  readonly sourceVolumeId?: string | undefined;
  /** Set before it exists, and while it is deleted. */
  readonly phase?: 'creating' | 'deleting' | undefined;
  /** How its blocks load, if it was made from a snapshot or another volume. */
  readonly initialization?: Initialization | undefined;
  readonly createdAtMs: number;
  readonly attachment: Attachment | undefined;
  /** The latest one: AWS shows no earlier one. */
  readonly modification: Modification | undefined;
  /** Starts of all modifications in the last 24 h, oldest first. */
  readonly modificationStartsMs: readonly number[];
  /** Its status check fails: its I/O is stalled, or EC2 has disabled it. Absent while it is well. */
  readonly impaired?: VolumeImpairment | undefined;
  readonly tags: readonly Tag[];
}

/** "Stalled": performance is severely impacted. "Awaiting Action: Enable IO": its data may be inconsistent, and a person decides. */
export type VolumeImpairment = 'stalled' | 'io-disabled';

export interface SnapshotLock {
  readonly createdAtMs: number;
  readonly durationDays: number;
  /** A lock that ends at a date: it does not wait until the snapshot is completed. */
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
  /** Why it is in `error`; an internal error of AWS unless given. */
  readonly stateMessage?: string;
  readonly startedAtMs: number;
  /** When it was or will be completed. */
  readonly dueAtMs: number;
  readonly lock: SnapshotLock | undefined;
  /** The volume's content at its moment; undefined: empty or unknown. */
  readonly content: StoredContent | undefined;
  readonly tags: readonly Tag[];
}

/** What a caller needs to be allowed with a key. */
export type KeyUse = 'CreateGrant' | 'Decrypt' | 'GenerateDataKeyWithoutPlaintext' | 'ReEncryptFrom' | 'ReEncryptTo';

export interface Address {
  readonly allocationId: string;
  readonly publicIp: string;
  /** Undefined while it is not associated. */
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
  /** Instances launched in it get a public address unless the launch says otherwise. */
  readonly mapPublicIp: boolean;
  /** The default subnet of its zone, for launches without a subnet. */
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
  /** The same request again is answered with this version. */
  readonly clientToken?: string;
}

/** The parameters of a launch, including its template's, for the maker of its machine. */
export interface Launched {
  readonly template: { readonly launchTemplateId: string; readonly name: string; readonly version: number } | undefined;
  /** As text; empty without user data. */
  readonly userData: string;
  /** The volumes of the launch, the root volume first. */
  readonly volumes: readonly {
    readonly volumeId: string;
    readonly device: string;
    readonly snapshotId: string;
    readonly sizeGiB: number;
  }[];
}

/** The machine behind a new instance, without power. EC2 powers it on when the instance runs, and attaches the volumes made from snapshots. */
export interface LaunchedMachine {
  readonly machine: Machine;
  /** By its user data or its image: it boots with its client masked on disk (`Machine.maskClient`). */
  readonly clientMasked: boolean;
}

/** Undefined: it makes no machine for this instance. */
export type OnRun = (instance: Instance, launched: Launched) => LaunchedMachine | undefined;

/** Requests that were carried out, by their tokens. */
export type RunTokens = Map<string, { readonly request: string; readonly instanceIds: readonly string[] }>;
