// Reads EBS volumes: what they are, where they are attached, how many of their blocks have arrived. volume-changes.ts makes and moves them. Sources: doc
// comments of the commands in @aws-sdk/client-ec2; "Amazon EBS volume lifecycle" and "Initialize Amazon EBS volumes" (EBS user guide).

import {
  DescribeVolumeStatusCommand,
  type EC2Client,
  type Filter,
  paginateDescribeVolumes,
  type Volume,
} from '@aws-sdk/client-ec2';

/** What makes one volume equal to another one, apart from its content. */
export interface VolumeShape {
  readonly sizeGiB: number;
  readonly type: string;
  /** null where the volume type has none to set: gp2 and st1 derive theirs from the size. */
  readonly iops: number | null;
  readonly throughputMiBps: number | null;
  readonly encrypted: boolean;
  readonly kmsKeyId: string | null;
  readonly tags: Readonly<Record<string, string>>;
}

export interface VolumeDescription extends VolumeShape {
  readonly volumeId: string;
  readonly state: 'creating' | 'available' | 'in-use' | 'deleting' | 'deleted' | 'error';
  readonly availabilityZone: string;
  /** Empty where the volume was not made from a snapshot. */
  readonly snapshotId: string;
  /** ms since the epoch; 0 where EC2 returns none. */
  readonly createdAtMs: number;
  readonly attachment: AttachmentDescription | null;
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

/** A volume whose status check fails. */
export interface ImpairedVolume {
  readonly volumeId: string;
  /** EBS has disabled its I/O, since its data may be inconsistent: "We wait until you enable I/O". Otherwise its I/O is stalled. */
  readonly isIoDisabled: boolean;
}

/**
 * Those of the given volumes that EC2 finds impaired. A volume whose I/O is paused "transitions to impaired within 120 seconds" ("Pause I/O", EBS user
 * guide). One that is gone is no impaired volume.
 */
export async function impairedOf(ec2: EC2Client, volumeIds: readonly string[]): Promise<readonly ImpairedVolume[]> {
  if (volumeIds.length === 0) return [];
  try {
    const { VolumeStatuses = [] } = await ec2.send(new DescribeVolumeStatusCommand({ VolumeIds: [...volumeIds] }));
    return VolumeStatuses.flatMap(({ VolumeId, VolumeStatus, Actions = [] }) =>
      VolumeId && VolumeStatus?.Status === 'impaired'
        ? [{ volumeId: VolumeId, isIoDisabled: Actions.some(({ Code }) => Code === 'enable-volume-io') }]
        : [],
    );
  } catch (error) {
    if (error instanceof Error && error.name === GONE) return [];
    throw error;
  }
}

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
