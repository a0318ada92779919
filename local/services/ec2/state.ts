// The truth that EC2 keeps of a region: instances, volumes, modifications and tags; and what a lagging replica shows of it.
import type { Tag } from '@aws-sdk/client-ec2';
import type { Machines } from '../../nodes/machine.ts';
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError } from '../../simulator/service.ts';
import type { Address } from './addresses.ts';
import { Capacity } from './capacity.ts';
import type { Ailments } from './instance-ailments.ts';
import type { LaunchTemplate } from './launch-templates.ts';
import type { Performance } from './limits.ts';
import { Placements } from './placements.ts';
import { Quotas } from './quotas.ts';
import type { OnRun, RunTokens } from './run-instances.ts';
import { EbsState, type Snapshot } from './snapshots-state.ts';
import { Subnets } from './subnets.ts';
import { VersionedMap } from './versioned.ts';

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
  readonly ailments: Ailments;
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

/** How far a replica may lag under `stale-reads`; the past is kept for so long. */
export const LAG_MS_MAX = 90_000;
const ID_DIGITS = 17;

export class Ec2State {
  readonly kernel: Kernel;
  readonly machines: Machines;
  readonly instances = new VersionedMap<Instance>(LAG_MS_MAX);
  readonly volumes = new VersionedMap<Volume>(LAG_MS_MAX);
  readonly addresses = new VersionedMap<Address>(LAG_MS_MAX);
  /** Ids of associations that have been: to end one again is no error. */
  readonly pastAssociations = new Set<string>();
  readonly launchTemplates = new Map<string, LaunchTemplate>();
  /** Who makes the machines behind new instances: the first that answers does. */
  readonly onRun: OnRun[] = [];
  readonly runTokens: RunTokens = new Map();
  /** The account's `HttpTokensEnforced`. */
  httpTokensEnforced = false;
  /** To be called when an instance was added. */
  instanceAdded: () => void = () => {};
  readonly subnets: Subnets;
  readonly capacity: Capacity;
  readonly quotas = new Quotas();
  readonly placements = new Placements();
  readonly taggables = new Map<string, Taggable>();
  readonly ebs = new EbsState();
  /** Volumes whose next modification is to fail. */
  readonly doomed = new Set<string>();
  #attached: { readonly revision: number; readonly volumes: ReadonlyMap<string, readonly Volume[]> } | undefined;

  constructor(kernel: Kernel, machines: Machines) {
    this.kernel = kernel;
    this.machines = machines;
    this.capacity = new Capacity(kernel);
    this.subnets = new Subnets(kernel.regionName);
  }

  newId(prefix: string): string {
    return `${prefix}-${this.kernel.random(`ec2/ids/${prefix}`).hex(ID_DIGITS)}`;
  }

  /** The moment whose state a Describe call shows: now, or up to 90 s ago under the fault `stale-reads`. */
  readMoment(): number {
    const nowMs = this.kernel.clock.now();
    return this.kernel.fault('stale-reads')
      ? nowMs - this.kernel.random('ec2/stale-reads').integer(0, LAG_MS_MAX)
      : nowMs;
  }

  /** Instances as of a moment, in the order of their creation. */
  instancesAt(atMs: number): readonly Instance[] {
    return atMs < this.kernel.clock.now() ? this.instances.asOf(atMs) : this.instances.all();
  }

  volumesAt(atMs: number): readonly Volume[] {
    return atMs < this.kernel.clock.now() ? this.volumes.asOf(atMs) : this.volumes.all();
  }

  addressesAt(atMs: number): readonly Address[] {
    return atMs < this.kernel.clock.now() ? this.addresses.asOf(atMs) : this.addresses.all();
  }

  snapshotsAt(atMs: number): readonly Snapshot[] {
    return atMs < this.kernel.clock.now() ? this.ebs.snapshots.asOf(atMs) : this.ebs.snapshots.all();
  }

  /** Volumes as of a moment by the instance that they are attached to: read for each page, reckoned for each change. */
  attachedAt(atMs: number): ReadonlyMap<string, readonly Volume[]> {
    if (atMs < this.kernel.clock.now()) return byInstance(this.volumes.asOf(atMs));
    const { revision } = this.volumes;
    if (this.#attached?.revision !== revision) {
      this.#attached = { revision, volumes: byInstance(this.volumes.all()) };
    }
    return this.#attached.volumes;
  }

  /** The instance as it really is. Throws what EC2 answers for an id that is malformed or unknown. */
  instance(instanceId: string): Instance {
    checkId('i', instanceId);
    const found = this.instances.get(instanceId);
    if (!found) throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${instanceId}' does not exist`);
    return found;
  }

  volume(volumeId: string): Volume {
    checkId('vol', volumeId);
    const found = this.volumes.get(volumeId);
    if (!found) throw new AwsError('InvalidVolume.NotFound', `The volume '${volumeId}' does not exist.`);
    return found;
  }

  address(allocationId: string): Address {
    const found = this.addresses.get(allocationId);
    if (found) return found;
    throw new AwsError('InvalidAllocationID.NotFound', `The allocation ID '${allocationId}' does not exist`);
  }

  changeInstance(instanceId: string, change: Partial<Instance>): Instance {
    const changed = { ...this.instance(instanceId), ...change };
    this.instances.set(instanceId, changed, this.kernel.clock.now());
    return changed;
  }

  changeVolume(volumeId: string, change: Partial<Volume>): Volume {
    const changed = { ...this.volume(volumeId), ...change };
    this.volumes.set(volumeId, changed, this.kernel.clock.now());
    return changed;
  }

  changeAddress(allocationId: string, change: Partial<Address>): void {
    this.addresses.set(allocationId, { ...this.address(allocationId), ...change }, this.kernel.clock.now());
  }

  arn(kind: 'instance' | 'volume' | 'subnet', id: string): string {
    return `arn:aws:ec2:${this.kernel.regionName}:${this.kernel.accountId}:${kind}/${id}`;
  }
}

const byInstance = (volumes: readonly Volume[]): ReadonlyMap<string, readonly Volume[]> =>
  Map.groupBy(
    volumes.filter(({ attachment }) => attachment !== undefined),
    ({ attachment }) => attachment?.instanceId ?? '',
  );

/** The members of `all` with these ids, in the order of `all`; refuses the whole call when one is malformed or missing. */
export function withIds<T>(
  all: readonly T[],
  ids: readonly string[] | undefined,
  idOf: (item: T) => string,
  prefix: 'i' | 'vol',
): readonly T[] {
  if (!ids?.length) return all;
  for (const id of ids) checkId(prefix, id);
  const wanted = new Set(ids);
  const chosen = all.filter((item) => wanted.has(idOf(item)));
  const known = new Set(chosen.map(idOf));
  const missing = ids.filter((id) => !known.has(id));
  if (missing.length > 0 && prefix === 'i') {
    const [noun, verb] = missing.length === 1 ? ['ID', 'does'] : ['IDs', 'do'];
    throw new AwsError('InvalidInstanceID.NotFound', `The instance ${noun} '${missing.join(', ')}' ${verb} not exist`);
  }
  if (missing.length > 0) throw new AwsError('InvalidVolume.NotFound', `The volume '${missing[0]}' does not exist.`);
  return chosen;
}

/** "Ensure that you provide the full ID in the form i-xxxxxxxx or i-xxxxxxxxxxxxxxxxx" ("Error codes for the Amazon EC2 API"). */
export function checkId(prefix: 'i' | 'vol', id: string): void {
  if (new RegExp(`^${prefix}-[0-9a-f]{8}(?:[0-9a-f]{9})?$`).test(id)) return;
  const code = prefix === 'i' ? 'InvalidInstanceID.Malformed' : 'InvalidVolumeID.Malformed';
  throw new AwsError(code, `Invalid id: "${id}" (expecting "${prefix}-...")`);
}
