// What a scenario adds to EC2: existing instances and volumes, a new instance, and the history of a volume.
import type { Tag, VolumeType } from '@aws-sdk/client-ec2';
import { kmsKey } from '../kms/key-ids.ts';
import { modified } from './limits.ts';
import type { Instance, NetworkInterface, Protection, Volume } from './model.ts';
import { completeAt } from './modifications.ts';
import { checkId, type Ec2State } from './state.ts';
import { SECURITY_GROUP_ID } from './subnets.ts';

const DAY_MS = 24 * 3_600_000;
const MONTH_MS = 30 * DAY_MS;

/** A new instance, with the parameters of a RunInstances request. */
export interface LaunchSeed {
  readonly instanceId?: string;
  readonly availabilityZone?: string;
  readonly instanceType?: string;
  /** By default the region's own subnet in its zone. */
  readonly subnetId?: string;
  readonly privateIp: string;
  /** From Amazon's pool, unless `ec2.addAddress` makes it an elastic one. */
  readonly publicIp?: string;
  /** Text, as the machine sees it. */
  readonly userData?: string;
  readonly protection?: Partial<Protection>;
  readonly tags?: Readonly<Record<string, string>>;
}

/** An instance that already existed. */
export interface InstanceSeed extends LaunchSeed {
  readonly state?: 'running' | 'stopped';
  /** A month ago by default. */
  readonly launchedAtMs?: number;
}

export interface VolumeSeed {
  readonly volumeId?: string;
  readonly sizeGiB: number;
  readonly type?: VolumeType;
  readonly iops?: number;
  readonly throughputMiBps?: number;
  readonly availabilityZone?: string;
  readonly encrypted?: boolean;
  /** A customer's key; by default the account's key for EBS. */
  readonly kmsKeyId?: string;
  readonly snapshotId?: string;
  /** By default a month ago, or when its instance was launched. */
  readonly createdAtMs?: number;
  readonly attachedTo?: {
    readonly instanceId: string;
    readonly device: string;
    readonly deleteOnTermination?: boolean;
  };
  readonly tags?: Readonly<Record<string, string>>;
}

export interface ModificationSeed {
  readonly startedAtMs: number;
  readonly fromGiB: number;
  readonly toGiB: number;
  /** When it was or will be completed; after now: it is `optimizing` until then. */
  readonly completedAtMs: number;
}

export function seedModification(state: Ec2State, volumeId: string, seed: ModificationSeed): void {
  const { startedAtMs, completedAtMs, fromGiB, toGiB } = seed;
  const nowMs = state.kernel.clock.now();
  const { performance, modificationStartsMs } = state.volume(volumeId);
  if (!(startedAtMs < completedAtMs && startedAtMs <= nowMs)) {
    throw new RangeError(`addModification ${volumeId}: startedAtMs must be before completedAtMs and not in the future`);
  }
  const running = completedAtMs > nowMs;
  const seeded = {
    performance: { ...performance, sizeGiB: toGiB },
    modification: {
      state: running ? ('optimizing' as const) : ('completed' as const),
      original: { ...performance, sizeGiB: fromGiB },
      target: { ...performance, sizeGiB: toGiB },
      startedAtMs,
      dueAtMs: completedAtMs,
      endedAtMs: running ? undefined : completedAtMs,
      statusMessage: undefined,
    },
    modificationStartsMs: [...modificationStartsMs, startedAtMs]
      .filter((atMs) => atMs > nowMs - DAY_MS)
      .sort((a, b) => a - b),
  };
  // It has always been so: a lagging replica shows it, too.
  state.volumes.set(volumeId, { ...state.volume(volumeId), ...seeded }, startedAtMs);
  if (running) completeAt(state, volumeId, completedAtMs);
}

/** Adds an instance to the state. `status` says whether it already existed, or is just being launched. */
export function seedInstance(
  state: Ec2State,
  seed: LaunchSeed,
  place: Pick<NetworkInterface, 'subnetId' | 'vpcId'>,
  status: Pick<Instance, 'state' | 'launchedAtMs' | 'checks'>,
): Instance {
  const instanceId = seed.instanceId ?? state.newId('i');
  checkId('i', instanceId);
  const instance: Instance = {
    instanceId,
    instanceType: seed.instanceType ?? 'm6i.large',
    imageId: 'ami-0123456789abcdef0',
    availabilityZone: seed.availabilityZone ?? firstZone(state),
    networkInterface: {
      networkInterfaceId: state.newId('eni'),
      privateIp: seed.privateIp,
      publicIp: seed.publicIp,
      publicFromPool: seed.publicIp !== undefined,
      securityGroupIds: [SECURITY_GROUP_ID],
      ...place,
    },
    rootDeviceName: '/dev/xvda',
    stateReason: undefined,
    impairments: {},
    events: [],
    instanceStoreLostAtMs: undefined,
    settings: {
      // A reservation for each instance, as after one launch call for each.
      reservationId: instanceId.replace('i-', 'r-'),
      clientToken: '',
      userData: seed.userData === undefined ? undefined : Buffer.from(seed.userData).toString('base64'),
      keyName: undefined,
      httpTokens: 'required',
      instanceProfileArn: undefined,
      protection: { stop: false, termination: false, ...seed.protection },
    },
    tags: asTags(seed.tags),
    ...status,
  };
  state.instances.set(instanceId, instance, instance.launchedAtMs);
  return instance;
}

export function seedVolume(state: Ec2State, seed: VolumeSeed): Volume {
  const volumeId = seed.volumeId ?? state.newId('vol');
  checkId('vol', volumeId);
  const { iops, throughputMiBps, attachedTo } = seed;
  const instance = attachedTo && state.instance(attachedTo.instanceId);
  const createdAtMs = seed.createdAtMs ?? instance?.launchedAtMs ?? monthAgo(state);
  const volume: Volume = {
    volumeId,
    performance: modified(undefined, {
      type: seed.type ?? 'gp3',
      sizeGiB: seed.sizeGiB,
      ...(iops === undefined ? {} : { iops }),
      ...(throughputMiBps === undefined ? {} : { throughputMiBps }),
    }),
    availabilityZone: instance?.availabilityZone ?? seed.availabilityZone ?? firstZone(state),
    encrypted: seed.encrypted ?? true,
    ...(seed.kmsKeyId === undefined ? {} : { kmsKeyArn: kmsKey(seed.kmsKeyId, state.kernel).arn }),
    snapshotId: seed.snapshotId ?? '',
    createdAtMs,
    attachment: attachedTo && {
      instanceId: attachedTo.instanceId,
      device: attachedTo.device,
      state: 'attached',
      attachedAtMs: createdAtMs,
      deleteOnTermination: attachedTo.deleteOnTermination ?? false,
    },
    modification: undefined,
    modificationStartsMs: [],
    tags: asTags(seed.tags),
  };
  state.volumes.set(volumeId, volume, createdAtMs);
  return volume;
}

export const monthAgo = ({ kernel }: Ec2State): number => kernel.clock.now() - MONTH_MS;

const firstZone = ({ kernel }: Ec2State): string => `${kernel.regionName}a`;

const asTags = (tags: Readonly<Record<string, string>> = {}): Tag[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
