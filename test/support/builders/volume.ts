// The ordinary node's data volume: 500 GiB of gp3, as EC2 shows it.
import type { VolumeDescription } from '../../../shared/aws/volumes.ts';
import type { FoundVolume } from '../../../shared/heal/memory.ts';
import { NODE_TAGS } from './fleet.ts';
import { DATA_VOLUME, INSTANCE } from './node.ts';
import { DAY_MS, NOON_MS } from './time.ts';

export const GIB = 2 ** 30;
/** Where it is mounted. */
export const DATA_PATH = '/var/lib/bitcoind';

const gp3 = { sizeGiB: 500, type: 'gp3', iops: 3000, throughputMiBps: 125, encrypted: true, kmsKeyId: null } as const;

type Attachment = NonNullable<VolumeDescription['attachment']>;
/** To the ordinary node. */
export const attachedAt = (device: string): Attachment => ({
  instanceId: INSTANCE,
  device,
  state: 'attached',
  deleteOnTermination: false,
});

export const volumeNow = (more: Partial<VolumeDescription> = {}): VolumeDescription => ({
  volumeId: DATA_VOLUME,
  state: 'in-use',
  ...gp3,
  availabilityZone: 'eu-west-1a',
  snapshotId: '',
  createdAtMs: NOON_MS - DAY_MS,
  attachment: attachedAt('/dev/sdf'),
  tags: { ...NODE_TAGS },
  ...more,
});

/** As a heal writes down what it found. */
export const foundVolume = (more: Partial<FoundVolume> = {}): FoundVolume => ({
  role: 'data',
  volumeId: DATA_VOLUME,
  path: DATA_PATH,
  device: '/dev/sdf',
  ...gp3,
  tags: { ...NODE_TAGS },
  ...more,
});
