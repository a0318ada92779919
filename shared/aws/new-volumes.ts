// New EBS volumes from snapshots and from other volumes, and how far their blocks have come. Sources: doc comments of CreateVolumeRequest,
// CopyVolumesRequest and InitializationStatusDetails in @aws-sdk/client-ec2; "Initialize Amazon EBS volumes" (EBS user guide).
import {
  CopyVolumesCommand,
  CreateVolumeCommand,
  type CreateVolumeCommandInput,
  DescribeVolumeStatusCommand,
  type EC2Client,
  type TagSpecification,
  type VolumeType,
} from '@aws-sdk/client-ec2';
import { orRefused, type Refused } from './refused.ts';
import { settable } from './tags.ts';

/** What the new volume is to be like. All of it is said in the request: the API's own default type is gp2, whatever the source is. */
export interface NewVolumeWish {
  /** At least that of its source. */
  readonly sizeGiB: number;
  readonly type: string;
  /** null where the type has none to set. */
  readonly iops: number | null;
  readonly throughputMiBps: number | null;
  readonly encrypted: boolean;
  /** null: the key of the source, or the account's default. */
  readonly kmsKeyId: string | null;
  /** The same token never makes a second volume. */
  readonly token: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface FromSnapshot extends NewVolumeWish {
  readonly snapshotId: string;
  readonly availabilityZone: string;
  /** "Valid range: 100 - 300 MiB/s" (VolumeInitializationRate); absent: at AWS's own rate, which it does not tell. */
  readonly initializationMiBps?: number;
}

export interface MadeVolume {
  readonly volumeId: string;
  /** The volume comes without the rate that was asked for: in AWS's words, why. */
  readonly rateRefused?: string;
}

/**
 * Makes a volume from a completed snapshot; it is `creating` for some seconds and may vanish out of that state where its key cannot be used:
 * "the action can appear to complete, but eventually fails" (KmsKeyId). Where the initialization rate is refused (the region's quota of
 * 5,000 MiB/s, "Cumulative initialization rate"; AWS names no code for it), the volume is made without one, under the same token: so a repeated
 * call finds the one volume, whichever of both requests has made it.
 *
 * @throws what leaves open whether it had an effect, and throttling: the same call again is safe
 */
export async function createVolumeFrom(ec2: EC2Client, wish: FromSnapshot): Promise<MadeVolume | Refused> {
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

const create = (ec2: EC2Client, request: CreateVolumeCommandInput): Promise<MadeVolume | Refused> =>
  orRefused(async () => made('CreateVolume', (await ec2.send(new CreateVolumeCommand(request))).VolumeId));

/**
 * "Creates a crash-consistent, point-in-time copy of an existing Amazon EBS volume within the same Availability Zone." One is in progress for a
 * source at a time, five in a region ("Copy an Amazon EBS volume", EBS user guide): refused otherwise, and later it may not be.
 *
 * @throws what leaves open whether it had an effect, and throttling: the same call again is safe
 */
export const copyVolume = (
  ec2: EC2Client,
  wish: NewVolumeWish & { readonly sourceVolumeId: string },
): Promise<MadeVolume | Refused> =>
  orRefused(async () => {
    const { Volumes = [] } = await ec2.send(
      new CopyVolumesCommand({ SourceVolumeId: wish.sourceVolumeId, ...performance(wish) }),
    );
    return made('CopyVolumes', Volumes[0]?.VolumeId);
  });

/** `Encrypted: false` is never said: what comes from something encrypted is encrypted, and the account may encrypt by default. */
const performance = (wish: NewVolumeWish) => ({
  Size: wish.sizeGiB,
  VolumeType: wish.type as VolumeType,
  ...(wish.iops !== null && { Iops: wish.iops }),
  ...(wish.throughputMiBps !== null && { Throughput: wish.throughputMiBps }),
  ...(wish.encrypted && { Encrypted: true, ...(wish.kmsKeyId !== null && { KmsKeyId: wish.kmsKeyId }) }),
  ClientToken: wish.token,
  TagSpecifications: tagSpecifications(wish.tags),
});

/** "Tags assigned to the source volume aren't assigned to the volume copy": all are given at creation. */
const tagSpecifications = (tags: Readonly<Record<string, string>>): TagSpecification[] => {
  const Tags = settable(tags);
  return Tags.length === 0 ? [] : [{ ResourceType: 'volume', Tags }];
};

function made(call: string, volumeId: string | undefined): MadeVolume {
  if (!volumeId) throw new Error(`${call} was answered without a volume id`);
  return { volumeId };
}

export interface InitializationNow {
  readonly volumeId: string;
  /** Of its blocks, 0 to 100; as it was up to five minutes ago. */
  readonly percent: number;
  /** "Only available for volumes created with Amazon EBS Provisioned Rate for Volume Initialization": null for others. */
  readonly etaSeconds: number | null;
  readonly done: boolean;
}

/** DescribeVolumeStatus takes ids and no filter by them: one volume that is gone fails the call for all. */
const GONE = 'InvalidVolume.NotFound';

/**
 * How far the blocks of these volumes have come. Of what is gone, and of what AWS says nothing (yet), nothing is told: "only available for
 * volumes created from snapshots", and "it can take up to 5 minutes for the volume initialization information to be updated".
 */
export async function initializationOf(
  ec2: EC2Client,
  volumeIds: readonly string[],
): Promise<readonly InitializationNow[]> {
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
