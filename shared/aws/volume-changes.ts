// Creates and moves EBS volumes: from snapshots and from other volumes, attach, detach, keep. volumes.ts reads them; a heal that only reads does not
// load this file. Sources: doc comments of the commands in @aws-sdk/client-ec2; "Amazon EBS volume lifecycle" (EBS user guide).

import { setTimeout } from 'node:timers/promises';
import {
  AttachVolumeCommand,
  CopyVolumesCommand,
  CreateVolumeCommand,
  type CreateVolumeCommandInput,
  DetachVolumeCommand,
  type EC2Client,
  ModifyInstanceAttributeCommand,
  type TagSpecification,
  type VolumeType,
} from '@aws-sdk/client-ec2';
import type { OwnSnapshot, OwnVolume } from '../fleet/membership.ts';
import { type Accepted, type AwsRefusal, catchDryRun, catchRefusal } from './refusals.ts';
import { tagsOfNew } from './tagging.ts';
import { describeVolumes, type VolumeShape } from './volumes.ts';

/** A volume on an instance: to be attached, or attached already. */
interface Attachment {
  readonly volumeId: string;
  readonly instanceId: string;
  /** EC2's name of the attachment, "/dev/sdf". */
  readonly device: string;
}

/**
 * Requests the attachment and does not wait for it. AttachVolume has no token: call it once, and read the volume where the answer is lost. "The
 * volume and instance must be within the same Availability Zone."
 *
 * @param ec2Once a client that tries once
 * @throws errors that leave the effect open, and throttling
 */
export const attachVolume = (
  ec2Once: EC2Client,
  { volumeId, instanceId, device }: Attachment,
): Promise<Accepted | AwsRefusal> =>
  catchRefusal(async () => {
    await ec2Once.send(new AttachVolumeCommand({ VolumeId: volumeId, InstanceId: instanceId, Device: device }));
    return { accepted: true };
  });

/**
 * Requests the detachment and does not wait for it. Never with `Force`, which "can lead to data loss or a corrupted file system": a mounted volume
 * stays `busy` until it is unmounted. With instance and device given, a volume that is attached elsewhere meanwhile is left alone.
 *
 * @param ec2Once a client that tries once
 * @throws errors that leave the effect open, and throttling
 */
export const detachVolume = (
  ec2Once: EC2Client,
  { volumeId, instanceId, device }: Attachment,
): Promise<Accepted | AwsRefusal> =>
  catchRefusal(async () => {
    await ec2Once.send(new DetachVolumeCommand({ VolumeId: volumeId, InstanceId: instanceId, Device: device }));
    return { accepted: true };
  });

/** AWS recommends "/dev/sd[f-p]" for EBS volumes of HVM instances ("Device names for volumes", EC2 user guide). */
const DEVICE_LETTERS = 'fghijklmnop';

/**
 * The free names for attachments. If /dev/sdf is taken, /dev/xvdf is, too: the block device driver may rename one to the other.
 *
 * @throws Error when fewer are free than are needed
 */
export function freeDevices(taken: readonly string[], needed: number): readonly string[] {
  const letters = new Set(taken.map((device) => /^(?:\/dev\/)?(?:sd|xvd)([a-z])\d*$/.exec(device)?.[1]));
  const free = [...DEVICE_LETTERS].filter((letter) => !letters.has(letter));
  if (free.length < needed)
    throw new Error(`no device name is free on the instance: ${taken.join(', ')} are taken, and ${needed} are needed`);
  return free.map((letter) => `/dev/sd${letter}`);
}

/** Reads after the change, and the delay before each of them. */
const KEEP_LOOKS_MS = [0, 1_000, 2_000, 4_000, 8_000] as const;

/**
 * Makes the volumes at these devices survive the instance: TerminateInstances deletes those whose `DeleteOnTermination` is true, "the default for
 * those attached at launch". Set, and read back until Describe shows it.
 *
 * @throws Error, a sentence, when it is still not set after some fifteen seconds
 */
export async function keepOnTermination(ec2: EC2Client, instanceId: string, devices: readonly string[]): Promise<void> {
  if (devices.length === 0) return;
  await ec2.send(
    new ModifyInstanceAttributeCommand({
      InstanceId: instanceId,
      BlockDeviceMappings: devices.map((DeviceName) => ({ DeviceName, Ebs: { DeleteOnTermination: false } })),
    }),
  );
  let lost: readonly string[] = devices;
  for (const waitMs of KEEP_LOOKS_MS) {
    if (waitMs > 0) await setTimeout(waitMs);
    const volumes = await describeVolumes(ec2, { instanceIds: [instanceId] });
    lost = devices.filter(
      (device) => !volumes.some(({ attachment }) => attachment?.device === device && !attachment.deleteOnTermination),
    );
    if (lost.length === 0) return;
  }
  throw new Error(
    `DeleteOnTermination of ${lost.join(', ')} on ${instanceId} was set to false and does not read as false: a termination would delete it`,
  );
}

/**
 * The new volume, at least as large as its source. The request names all properties: the API's own default type is gp2, no matter what the source is.
 * Without a key it gets that of the source, or the account's default.
 */
export interface NewVolumeSpec extends VolumeShape {
  /** The same token never creates a second volume. */
  readonly token: string;
  /** Keys by which its fleet knows it: they go before the other tags, of which EC2 takes so many. */
  readonly firstTags: readonly string[];
}

export interface FromSnapshot extends NewVolumeSpec {
  readonly snapshot: OwnSnapshot;
  readonly availabilityZone: string;
  /** "Valid range: 100 - 300 MiB/s" (VolumeInitializationRate); absent: at AWS's own rate, which AWS does not publish. */
  readonly initializationMiBps?: number;
}

export interface CreatedVolume {
  readonly volumeId: string;
  /** The volume comes without the requested rate: the reason in AWS's words. */
  readonly rateRefused?: string;
  /** Tags for which EC2 had no room. */
  readonly leftOut: readonly string[];
}

/**
 * Creates a volume from a completed snapshot. It is `creating` for some seconds and may vanish from that state where its key cannot be used: "the
 * action can appear to complete, but eventually fails" (KmsKeyId). The initialization rate may be refused (the region's quota of 5,000 MiB/s,
 * "Cumulative initialization rate"; AWS names no code for it). Then the volume is created without one, under the same token: so a repeated call finds
 * the one volume of either request.
 *
 * @throws errors that leave the effect open, and throttling: repeating the same call is safe
 */
export async function createVolumeFrom(ec2: EC2Client, wish: FromSnapshot): Promise<CreatedVolume | AwsRefusal> {
  const { initializationMiBps } = wish;
  const request = requestFrom(wish);
  if (initializationMiBps === undefined) return create(ec2, wish, request);
  const rated = await create(ec2, wish, { ...request, VolumeInitializationRate: initializationMiBps });
  if (!('refused' in rated)) return rated;
  const unrated = await create(ec2, wish, request);
  return 'refused' in unrated ? unrated : { ...unrated, rateRefused: rated.refused };
}

/**
 * Creates a volume of no snapshot: each of its bytes reads as zero.
 *
 * @throws errors that leave the effect open, and throttling: repeating the same call is safe
 */
export const createEmptyVolume = (
  ec2: EC2Client,
  { availabilityZone, ...wish }: NewVolumeSpec & Pick<FromSnapshot, 'availabilityZone'>,
): Promise<CreatedVolume | AwsRefusal> =>
  create(ec2, wish, { AvailabilityZone: availabilityZone, ...performance(wish) });

/**
 * Whether EC2 would create it: permissions, the snapshot and the volume's properties, but no quota ("without actually making the request", DryRun). The
 * key is not part of that.
 * @throws errors that leave it open whether EC2 would
 */
export function requestVolumeFrom(ec2: EC2Client, wish: Omit<FromSnapshot, 'token'>): Promise<Accepted | AwsRefusal> {
  const { ClientToken: _, ...request } = requestFrom({ ...wish, token: '' });
  return catchDryRun(() => ec2.send(new CreateVolumeCommand({ ...request, DryRun: true })));
}

const requestFrom = (wish: FromSnapshot): CreateVolumeCommandInput => ({
  SnapshotId: wish.snapshot.snapshotId,
  AvailabilityZone: wish.availabilityZone,
  ...performance(wish),
});

const create = (
  ec2: EC2Client,
  wish: NewVolumeSpec,
  request: CreateVolumeCommandInput,
): Promise<CreatedVolume | AwsRefusal> =>
  catchRefusal(async () =>
    createdVolume('CreateVolume', wish, (await ec2.send(new CreateVolumeCommand(request))).VolumeId),
  );

/**
 * "Creates a crash-consistent, point-in-time copy of an existing Amazon EBS volume within the same Availability Zone." One is in progress for a
 * source at a time, five in a region ("Copy an Amazon EBS volume", EBS user guide). More are refused, and may succeed later.
 *
 * @throws errors that leave the effect open, and throttling: repeating the same call is safe
 */
export const copyVolume = (
  ec2: EC2Client,
  wish: NewVolumeSpec & { readonly source: OwnVolume },
): Promise<CreatedVolume | AwsRefusal> =>
  catchRefusal(async () => {
    const { Volumes = [] } = await ec2.send(
      new CopyVolumesCommand({ SourceVolumeId: wish.source.volumeId, ...performance(wish) }),
    );
    return createdVolume('CopyVolumes', wish, Volumes[0]?.VolumeId);
  });

/** `Encrypted: false` is never sent: a copy of something encrypted is encrypted, and the account may encrypt by default. */
const performance = (wish: NewVolumeSpec) => ({
  Size: wish.sizeGiB,
  VolumeType: wish.type as VolumeType,
  ...(wish.iops !== null && { Iops: wish.iops }),
  ...(wish.throughputMiBps !== null && { Throughput: wish.throughputMiBps }),
  ...(wish.encrypted && { Encrypted: true, ...(wish.kmsKeyId !== null && { KmsKeyId: wish.kmsKeyId }) }),
  ClientToken: wish.token,
  TagSpecifications: tagSpecifications(wish),
});

/** "Tags assigned to the source volume aren't assigned to the volume copy": the request contains all of them. */
const tagSpecifications = ({ tags, firstTags }: NewVolumeSpec): TagSpecification[] => {
  const { Tags } = tagsOfNew(tags, firstTags);
  return Tags.length === 0 ? [] : [{ ResourceType: 'volume', Tags }];
};

function createdVolume(call: string, { tags, firstTags }: NewVolumeSpec, volumeId: string | undefined): CreatedVolume {
  if (!volumeId) throw new Error(`${call} was answered without a volume id`);
  return { volumeId, leftOut: tagsOfNew(tags, firstTags).leftOut };
}
