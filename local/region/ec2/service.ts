// Amazon EC2 and EBS as far as chainmend sees them, and the handles by which a scenario puts things there.
import type {
  DescribeAvailabilityZonesResult,
  DescribeRegionsResult,
  DescribeSnapshotsRequest,
  DescribeSnapshotsResult,
  Tag,
  VolumeType,
} from '@aws-sdk/client-ec2';
import type { Machines } from '../../nodes/machine.ts';
import type { Kernel } from '../kernel.ts';
import { AwsError, type Operation, type Service } from '../service.ts';
import { instanceOperations } from './instances.ts';
import { modified } from './limits.ts';
import { modificationOperations } from './modify.ts';
import { type ModificationSeed, seedModification } from './seeds.ts';
import { type CheckStatus, checkId, Ec2State, type Instance, type Volume } from './state.ts';
import { setTags, tagOperations, tagsOf } from './tags.ts';
import { Versioned } from './versioned.ts';
import { volumeOperations } from './volumes.ts';

export interface InstanceSeed {
  readonly instanceId?: string;
  readonly availabilityZone?: string;
  readonly instanceType?: string;
  /** The region's one subnet unless given. */
  readonly subnetId?: string;
  readonly privateIp: string;
  readonly publicIp?: string;
  readonly state?: 'running' | 'stopped';
  readonly launchedAtMs?: number;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface VolumeSeed {
  readonly volumeId?: string;
  readonly sizeGiB: number;
  readonly type?: VolumeType;
  readonly iops?: number;
  readonly throughputMiBps?: number;
  readonly availabilityZone?: string;
  readonly encrypted?: boolean;
  readonly snapshotId?: string;
  readonly createdAtMs?: number;
  readonly attachedTo?: {
    readonly instanceId: string;
    readonly device: string;
    readonly deleteOnTermination?: boolean;
  };
  readonly tags?: Readonly<Record<string, string>>;
}

export interface Ec2 extends Service {
  /** Makes a subnet known; the one of `SUBNET_ID` is. */
  addSubnet(subnet: { readonly subnetId: string; readonly vpcId: string }): void;
  /** The VPC of a subnet; undefined when there is no such subnet. */
  vpcOf(subnetId: string): string | undefined;
  /** Puts an instance there as if it had always been; answers with its id. */
  addInstance(seed: InstanceSeed): string;
  addVolume(seed: VolumeSeed): string;
  /** Gives a volume a past: modifications that were made, or that are still under way. */
  addModification(volumeId: string, seed: ModificationSeed): void;
  /** The next modification of this volume ends `failed`. */
  failNextModification(volumeId: string): void;
  setChecks(instanceId: string, checks: Partial<Record<'system' | 'instance' | 'attachedEbs', CheckStatus>>): void;
  /** A person sets a tag, or takes it away (undefined). */
  setTag(resourceId: string, key: string, value: string | undefined): void;
  /** Tags as they really are, for the conditions of IAM policies; empty for an unknown id. */
  tags(resourceId: string): Readonly<Record<string, string>>;
  /** The instance that a volume is attached to; undefined when it is free or unknown. */
  attachedInstance(volumeId: string): string | undefined;
  /** The truth, for reports and invariants; throws the service's own error for an unknown id. */
  instance(instanceId: string): Instance;
  volume(volumeId: string): Volume;
  instances(): readonly Instance[];
  volumes(): readonly Volume[];
}

/** Where instances stand unless told otherwise. */
export const VPC_ID = 'vpc-0123456789abcdef0';
export const SUBNET_ID = 'subnet-0123456789abcdef0';

const ZONES = ['a', 'b', 'c'] as const;
const DAY_MS = 24 * 3_600_000;

export function createEc2(kernel: Kernel, machines: Machines): Ec2 {
  const state = new Ec2State(kernel, machines);
  const zone = (letter: string): string => `${kernel.regionName}${letter}`;
  const subnets = new Map([[SUBNET_ID, VPC_ID]]);

  return {
    name: 'ec2',
    operations: {
      ...instanceOperations(state),
      ...volumeOperations(state),
      ...modificationOperations(state),
      ...tagOperations(state),
      ...placeOperations(kernel),
    },

    addSubnet: ({ subnetId, vpcId }) => void subnets.set(subnetId, vpcId),
    vpcOf: (subnetId) => subnets.get(subnetId),

    addInstance(seed) {
      const instanceId = seed.instanceId ?? state.newId('i');
      checkId('i', instanceId);
      const subnetId = seed.subnetId ?? SUBNET_ID;
      const vpcId = subnets.get(subnetId);
      if (vpcId === undefined) throw new Error(`addInstance: there is no subnet ${subnetId}; addSubnet makes one`);
      const launchedAtMs = seed.launchedAtMs ?? kernel.clock.now() - 30 * DAY_MS;
      const instance: Instance = {
        instanceId,
        instanceType: seed.instanceType ?? 'm6i.large',
        imageId: 'ami-0123456789abcdef0',
        availabilityZone: seed.availabilityZone ?? zone('a'),
        privateIp: seed.privateIp,
        publicIp: seed.publicIp,
        subnetId,
        vpcId,
        rootDeviceName: '/dev/xvda',
        launchedAtMs,
        state: seed.state ?? 'running',
        stateReason: undefined,
        checks: { system: 'ok', instance: 'ok', attachedEbs: 'ok' },
        tags: asTags(seed.tags),
      };
      state.instances.set(instanceId, new Versioned(instance, launchedAtMs));
      return instanceId;
    },

    addVolume(seed) {
      const volumeId = seed.volumeId ?? state.newId('vol');
      checkId('vol', volumeId);
      const { instanceId, device, deleteOnTermination } = seed.attachedTo ?? {};
      const createdAtMs = seed.createdAtMs ?? kernel.clock.now() - 30 * DAY_MS;
      const { iops, throughputMiBps } = seed;
      const volume: Volume = {
        volumeId,
        performance: modified(undefined, {
          type: seed.type ?? 'gp3',
          sizeGiB: seed.sizeGiB,
          ...(iops === undefined ? {} : { iops }),
          ...(throughputMiBps === undefined ? {} : { throughputMiBps }),
        }),
        availabilityZone:
          instanceId === undefined ? (seed.availabilityZone ?? zone('a')) : state.instance(instanceId).availabilityZone,
        encrypted: seed.encrypted ?? true,
        snapshotId: seed.snapshotId ?? '',
        createdAtMs,
        attachment:
          instanceId === undefined || device === undefined
            ? undefined
            : {
                instanceId,
                device,
                state: 'attached',
                attachedAtMs: createdAtMs,
                deleteOnTermination: deleteOnTermination ?? false,
              },
        modification: undefined,
        modificationStartsMs: [],
        tags: asTags(seed.tags),
      };
      state.volumes.set(volumeId, new Versioned(volume, createdAtMs));
      return volumeId;
    },

    addModification: (volumeId, seed) => seedModification(state, volumeId, seed),
    failNextModification: (volumeId) => void state.doomed.add(state.volume(volumeId).volumeId),
    setChecks: (instanceId, checks) =>
      void state.changeInstance(instanceId, { checks: { ...state.instance(instanceId).checks, ...checks } }),
    setTag(resourceId, key, value) {
      const others = tagsOf(state, resourceId).filter((tag) => tag.Key !== key);
      setTags(state, resourceId, value === undefined ? others : [...others, { Key: key, Value: value }]);
    },
    tags: (resourceId) => {
      const known = state.instances.get(resourceId)?.current ?? state.volumes.get(resourceId)?.current;
      return Object.fromEntries((known?.tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));
    },
    attachedInstance: (volumeId) => state.volumes.get(volumeId)?.current.attachment?.instanceId,
    instance: (instanceId) => state.instance(instanceId),
    volume: (volumeId) => state.volume(volumeId),
    instances: () => state.instancesAt(kernel.clock.now()),
    volumes: () => state.volumesAt(kernel.clock.now()),
  };
}

/** What a first look at a region asks for: where it is, and that there are no snapshots here. */
function placeOperations(kernel: Kernel): Record<string, Operation> {
  return {
    DescribeAvailabilityZones: (): DescribeAvailabilityZonesResult => ({
      AvailabilityZones: ZONES.map((letter, index) => ({
        ZoneName: `${kernel.regionName}${letter}`,
        ZoneId: `euw1-az${index + 1}`,
        RegionName: kernel.regionName,
        State: 'available',
        ZoneType: 'availability-zone',
        OptInStatus: 'opt-in-not-required',
        Messages: [],
      })),
    }),
    DescribeRegions: (): DescribeRegionsResult => ({
      Regions: [
        {
          RegionName: kernel.regionName,
          Endpoint: `ec2.${kernel.regionName}.amazonaws.com`,
          OptInStatus: 'opt-in-not-required',
        },
      ],
    }),
    DescribeSnapshots: ({ SnapshotIds }: DescribeSnapshotsRequest): DescribeSnapshotsResult => {
      const [asked] = SnapshotIds ?? [];
      if (asked !== undefined)
        throw new AwsError('InvalidSnapshot.NotFound', `The snapshot '${asked}' does not exist.`);
      return { Snapshots: [] };
    },
  };
}

const asTags = (tags: Readonly<Record<string, string>> = {}): Tag[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
