// Reads, creates and moves EBS volumes: from snapshots and from other volumes, attach, detach, keep; and tags in EC2's form. Sources: doc comments of
// the commands in @aws-sdk/client-ec2; "Amazon EBS volume lifecycle" and "Initialize Amazon EBS volumes" (EBS user guide).

import { setTimeout } from 'node:timers/promises';
import {
  AttachVolumeCommand,
  CopyVolumesCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  type CreateVolumeCommandInput,
  DeleteTagsCommand,
  DescribeVolumeStatusCommand,
  DetachVolumeCommand,
  type EC2Client,
  type Filter,
  ModifyInstanceAttributeCommand,
  paginateDescribeVolumes,
  type Tag,
  type TagSpecification,
  type Volume,
  type VolumeType,
} from '@aws-sdk/client-ec2';
import { TAG_VALUE_MAX } from '../model/tags.ts';
import { plainText } from '../text/plain-text.ts';
import { type Accepted, type AwsRefusal, catchRefusal } from './refusals.ts';

export interface VolumeDescription {
  readonly volumeId: string;
  readonly state: 'creating' | 'available' | 'in-use' | 'deleting' | 'deleted' | 'error';
  readonly sizeGiB: number;
  readonly type: string;
  /** null where the volume type has no IOPS to set: gp2 and st1 derive theirs from the size. */
  readonly iops: number | null;
  readonly throughputMiBps: number | null;
  readonly availabilityZone: string;
  readonly encrypted: boolean;
  readonly kmsKeyId: string | null;
  /** Empty where the volume was not made from a snapshot. */
  readonly snapshotId: string;
  /** ms since the epoch; 0 where EC2 returns none. */
  readonly createdAtMs: number;
  readonly attachment: AttachmentDescription | null;
  readonly tags: Readonly<Record<string, string>>;
}

export interface AttachmentDescription {
  readonly instanceId: string;
  readonly device: string;
  /** busy: "Failure to [unmount] can result in the volume becoming stuck in the busy state while detaching" (DetachVolume). */
  readonly state: 'attaching' | 'attached' | 'detaching' | 'busy' | 'detached';
  readonly deleteOnTermination: boolean;
}

/** "The maximum number of filter values specified on a single call" is 200 (FilterLimitExceeded, "Error codes for the Amazon EC2 API"). */
const FILTER_VALUES = 200;
const PAGE_SIZE = 500;
/** 200 instances with 28 attachments each are 12 pages. */
const MAX_PAGES = 20;

/**
 * The volumes with these ids, and those that are attached to these instances. Read by filters: a volume that is gone is missing from the answer and
 * does not fail the call. Eventually consistent: a new volume may be missing, too.
 *
 * @throws RangeError for an empty selection; an Error for one that does not end
 */
export async function describeVolumes(
  ec2: EC2Client,
  { ids = [], instanceIds = [] }: { readonly ids?: readonly string[]; readonly instanceIds?: readonly string[] },
): Promise<readonly VolumeDescription[]> {
  if (ids.length + instanceIds.length === 0) throw new RangeError('describeVolumes: expected ids or instance ids');
  const filters = [...chunked('volume-id', ids), ...chunked('attachment.instance-id', instanceIds)];
  const found = new Map<string, VolumeDescription>();
  for (const filter of filters)
    for (const volume of await readPages(ec2, filter))
      for (const now of volumeNow(volume)) found.set(now.volumeId, now);
  return [...found.values()];
}

function chunked(Name: string, values: readonly string[]): Filter[] {
  const different = [...new Set(values)];
  return Array.from({ length: Math.ceil(different.length / FILTER_VALUES) }, (_, i) => ({
    Name,
    Values: different.slice(i * FILTER_VALUES, (i + 1) * FILTER_VALUES),
  }));
}

async function readPages(ec2: EC2Client, filter: Filter): Promise<readonly Volume[]> {
  const volumes: Volume[] = [];
  let pages = 0;
  for await (const read of paginateDescribeVolumes({ client: ec2, pageSize: PAGE_SIZE }, { Filters: [filter] })) {
    volumes.push(...(read.Volumes ?? []));
    if (++pages === MAX_PAGES && read.NextToken)
      throw new Error(`more than ${MAX_PAGES} pages of volumes by ${filter.Name}: half-read selections are refused`);
  }
  return volumes;
}

/** A volume without an id or a state does not exist yet. */
function volumeNow(volume: Volume): readonly VolumeDescription[] {
  const { VolumeId, State, Size, VolumeType, Iops, Throughput, AvailabilityZone, SnapshotId = '', Tags = [] } = volume;
  if (!VolumeId || !State || !Size || !VolumeType || !AvailabilityZone) return [];
  const provisioned = VolumeType === 'gp3' || VolumeType === 'io1' || VolumeType === 'io2';
  return [
    {
      volumeId: VolumeId,
      state: State,
      sizeGiB: Size,
      type: VolumeType,
      iops: provisioned ? (Iops ?? null) : null,
      throughputMiBps: VolumeType === 'gp3' ? (Throughput ?? null) : null,
      availabilityZone: AvailabilityZone,
      encrypted: volume.Encrypted ?? false,
      kmsKeyId: volume.KmsKeyId ?? null,
      snapshotId: SnapshotId,
      createdAtMs: volume.CreateTime?.getTime() ?? 0,
      attachment: attachmentNow(volume),
      tags: Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])),
    },
  ];
}

/** A volume of ours is attached to one instance: filesystems do not support Multi-Attach, and of such a volume the first attachment is returned. */
function attachmentNow({ Attachments = [] }: Volume): AttachmentDescription | null {
  const [first] = Attachments;
  if (!first?.InstanceId || !first.Device || !first.State) return null;
  return {
    instanceId: first.InstanceId,
    device: first.Device,
    state: first.State,
    deleteOnTermination: first.DeleteOnTermination ?? false,
  };
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
  { volumeId, instanceId, device }: { readonly volumeId: string; readonly instanceId: string; readonly device: string },
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
  { volumeId, instanceId, device }: { readonly volumeId: string; readonly instanceId: string; readonly device: string },
): Promise<Accepted | AwsRefusal> =>
  catchRefusal(async () => {
    await ec2Once.send(new DetachVolumeCommand({ VolumeId: volumeId, InstanceId: instanceId, Device: device }));
    return { accepted: true };
  });

/** AWS recommends "/dev/sd[f-p]" for EBS volumes of HVM instances ("Device names for volumes", EC2 user guide). */
const DEVICE_LETTERS = 'fghijklmnop';

/**
 * The first free name for an attachment. If /dev/sdf is taken, /dev/xvdf is, too: the block device driver may rename one to the other.
 *
 * @throws Error when all are taken
 */
export function freeDevice(taken: readonly string[]): string {
  const letters = new Set(taken.map((device) => /^(?:\/dev\/)?(?:sd|xvd)([a-z])\d*$/.exec(device)?.[1]));
  const free = [...DEVICE_LETTERS].find((letter) => !letters.has(letter));
  if (free === undefined) throw new Error(`no device name is free on the instance: ${taken.join(', ')} are taken`);
  return `/dev/sd${free}`;
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

/** "Up to 1000 resources" and fifty tags a resource (CreateTagsRequest). An existing tag is overwritten; AWS's own tags are left out. */
export async function tagResources(
  ec2: EC2Client,
  ids: readonly string[],
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  const Tags = settable(tags);
  if (ids.length === 0 || Tags.length === 0) return;
  await ec2.send(new CreateTagsCommand({ Resources: [...ids], Tags }));
}

/** Removes the tags with any value. A missing tag is no error. */
export async function untagResources(ec2: EC2Client, ids: readonly string[], keys: readonly string[]): Promise<void> {
  if (ids.length === 0 || keys.length === 0) return;
  await ec2.send(new DeleteTagsCommand({ Resources: [...ids], Tags: keys.map((Key) => ({ Key })) }));
}

/** The properties of the new volume. The request names all of them: the API's own default type is gp2, no matter what the source is. */
export interface NewVolumeSpec {
  /** At least the size of its source. */
  readonly sizeGiB: number;
  readonly type: string;
  /** null where the volume type has none to set. */
  readonly iops: number | null;
  readonly throughputMiBps: number | null;
  readonly encrypted: boolean;
  /** null: the key of the source, or the account's default. */
  readonly kmsKeyId: string | null;
  /** The same token never creates a second volume. */
  readonly token: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface FromSnapshot extends NewVolumeSpec {
  readonly snapshotId: string;
  readonly availabilityZone: string;
  /** "Valid range: 100 - 300 MiB/s" (VolumeInitializationRate); absent: at AWS's own rate, which AWS does not publish. */
  readonly initializationMiBps?: number;
}

export interface CreatedVolume {
  readonly volumeId: string;
  /** The volume comes without the requested rate: the reason in AWS's words. */
  readonly rateRefused?: string;
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
  const request: CreateVolumeCommandInput = {
    SnapshotId: wish.snapshotId,
    AvailabilityZone: wish.availabilityZone,
    ...performance(wish),
  };
  if (initializationMiBps === undefined) return create(ec2, request);
  const rated = await create(ec2, { ...request, VolumeInitializationRate: initializationMiBps });
  if (!('refused' in rated)) return rated;
  const unrated = await create(ec2, request);
  return 'refused' in unrated ? unrated : { ...unrated, rateRefused: rated.refused };
}

const create = (ec2: EC2Client, request: CreateVolumeCommandInput): Promise<CreatedVolume | AwsRefusal> =>
  catchRefusal(async () => createdVolume('CreateVolume', (await ec2.send(new CreateVolumeCommand(request))).VolumeId));

/**
 * "Creates a crash-consistent, point-in-time copy of an existing Amazon EBS volume within the same Availability Zone." One is in progress for a
 * source at a time, five in a region ("Copy an Amazon EBS volume", EBS user guide). More are refused, and may succeed later.
 *
 * @throws errors that leave the effect open, and throttling: repeating the same call is safe
 */
export const copyVolume = (
  ec2: EC2Client,
  wish: NewVolumeSpec & { readonly sourceVolumeId: string },
): Promise<CreatedVolume | AwsRefusal> =>
  catchRefusal(async () => {
    const { Volumes = [] } = await ec2.send(
      new CopyVolumesCommand({ SourceVolumeId: wish.sourceVolumeId, ...performance(wish) }),
    );
    return createdVolume('CopyVolumes', Volumes[0]?.VolumeId);
  });

/** `Encrypted: false` is never sent: a copy of something encrypted is encrypted, and the account may encrypt by default. */
const performance = (wish: NewVolumeSpec) => ({
  Size: wish.sizeGiB,
  VolumeType: wish.type as VolumeType,
  ...(wish.iops !== null && { Iops: wish.iops }),
  ...(wish.throughputMiBps !== null && { Throughput: wish.throughputMiBps }),
  ...(wish.encrypted && { Encrypted: true, ...(wish.kmsKeyId !== null && { KmsKeyId: wish.kmsKeyId }) }),
  ClientToken: wish.token,
  TagSpecifications: tagSpecifications(wish.tags),
});

/** "Tags assigned to the source volume aren't assigned to the volume copy": the request contains all of them. */
const tagSpecifications = (tags: Readonly<Record<string, string>>): TagSpecification[] => {
  const Tags = settable(tags);
  return Tags.length === 0 ? [] : [{ ResourceType: 'volume', Tags }];
};

function createdVolume(call: string, volumeId: string | undefined): CreatedVolume {
  if (!volumeId) throw new Error(`${call} was answered without a volume id`);
  return { volumeId };
}

export interface InitializationStatus {
  readonly volumeId: string;
  /** Per cent of its blocks, 0 to 100; up to five minutes old. */
  readonly percent: number;
  /** "Only available for volumes created with Amazon EBS Provisioned Rate for Volume Initialization": null for others. */
  readonly etaSeconds: number | null;
  readonly done: boolean;
}

/** DescribeVolumeStatus takes ids and no filter by them: one volume that is gone fails the call for all. */
const GONE = 'InvalidVolume.NotFound';

/**
 * How many blocks of these volumes have arrived. A volume that is gone, or of which AWS reports nothing (yet), is left out: "only available for
 * volumes created from snapshots", and "it can take up to 5 minutes for the volume initialization information to be updated".
 */
export async function initializationOf(
  ec2: EC2Client,
  volumeIds: readonly string[],
): Promise<readonly InitializationStatus[]> {
  if (volumeIds.length === 0) return [];
  try {
    const { VolumeStatuses = [] } = await ec2.send(new DescribeVolumeStatusCommand({ VolumeIds: [...volumeIds] }));
    return VolumeStatuses.flatMap(({ VolumeId, InitializationStatusDetails: details }) =>
      VolumeId && details?.Progress !== undefined
        ? [
            {
              volumeId: VolumeId,
              percent: details.Progress,
              etaSeconds: details.EstimatedTimeToCompleteInSeconds ?? null,
              done: details.Progress >= 100,
            },
          ]
        : [],
    );
  } catch (error) {
    if (!(error instanceof Error) || error.name !== GONE) throw error;
    if (volumeIds.length === 1) return [];
    const each = await Promise.all(volumeIds.map((volumeId) => initializationOf(ec2, [volumeId])));
    return each.flat();
  }
}

/**
 * Without AWS's own tags: "the aws: prefix … you can't edit or delete tag names or values" ("Tag your Amazon EC2 resources"), nor set them. An
 * owner's values are copied as they are; ours may quote a node or AWS, and become one line.
 */
export const settable = (tags: Readonly<Record<string, string>>): Tag[] =>
  Object.entries(tags).flatMap(([Key, Value]) =>
    Key.startsWith('aws:')
      ? []
      : [{ Key, Value: Key.startsWith('chainmend:') ? plainText(Value, TAG_VALUE_MAX) : Value }],
  );
