// Block devices of a simulated node, as lsblk and udev show them.
import type { SimulatedVolume } from './volume.ts';

export interface MountOptions {
  readonly readOnly?: boolean;
  /** XFS: even if its UUID is mounted already. */
  readonly nouuid?: boolean;
}

/** A block device as lsblk shows it. */
export interface DeviceReport {
  readonly volumeId: string;
  /** As the kernel names it: the API's name is not to be seen on Nitro. */
  readonly name: string;
  readonly byId: string;
  readonly sizeBytes: number;
  /** Undefined: nothing is on it. */
  readonly filesystem: { readonly type: string; readonly uuid: string } | undefined;
  readonly mountedAt: string | undefined;
  readonly readOnly: boolean;
}

export interface Device {
  readonly volumeId: string;
  readonly name: string;
  sizeBytes: number;
  /** Undefined: an empty volume. */
  readonly volume: SimulatedVolume | undefined;
}

/** /dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123…: the id without its dash. */
export const deviceById = (volumeId: string): string =>
  `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volumeId.replace('-', '')}`;
