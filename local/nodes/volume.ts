// One data volume of a simulated node: device, partition, filesystem, and how a growing chain fills it.
import { createHash } from 'node:crypto';
import type { ChainData, FilesystemType, VolumeContent } from './content.ts';

export interface VolumeSpec {
  /** "" where the device does not tell its EBS volume. */
  readonly volumeId: string;
  readonly role: string;
  readonly path: string;
  readonly filesystem: FilesystemType;
  readonly deviceBytes: number;
  readonly partitioned?: boolean;
  /** The partition's and filesystem's size where it is less than the device's: someone forgot to extend it. */
  readonly filesystemBytes?: number;
  readonly usedBytes: number;
  readonly inodesUsed?: number;
  /** Of the filesystem; its own unless given. */
  readonly uuid?: string;
  /** The part of each block's bytes that lands here; 1 unless given. */
  readonly share?: number;
  readonly mounted?: boolean;
}

/** What one block adds to a volume, averaged, and the phase of its unevenness. */
export interface Growth {
  readonly bytesPerBlock: number;
  readonly inodesPerBlock: number;
  /** In [0, 1). */
  readonly phase: number;
}

/** A partition starts at 1 MiB and leaves as much at the end for the table's copy. */
const PARTITION_TABLE_BYTES = 2 * 2 ** 20;
/** mke2fs.conf: one inode for each 16 KiB. */
const EXT4_BYTES_PER_INODE = 16_384;
/** mkfs.xfs: inodes of 512 bytes may take 25 % below 1 TiB, 5 % below 50 TiB, else 1 % (imaxpct). */
const XFS_INODE_BYTES = 512;
/** Blocks differ: two waves whose slopes together stay below the average, so that use never falls. */
const WAVES = [
  { blocks: 7, weight: 0.4 },
  { blocks: 61, weight: 0.25 },
] as const;
/** No volume lasts longer than so many blocks as far as planning goes. */
const BLOCKS_AHEAD_MAX = 2 ** 40;

export class SimulatedVolume {
  readonly volumeId: string;
  /** Of the place where it is, or was last, mounted; "" for a volume that serves no role here. */
  role: string;
  path: string;
  readonly filesystem: FilesystemType;
  readonly partitioned: boolean;
  readonly share: number;
  readonly growth: Growth;
  readOnly = false;
  /** Its blocks come from far until then, in ms since the epoch: what reads it is slow. */
  initializedAtMs = Number.NEGATIVE_INFINITY;
  /** What lay on it when it was last unmounted, or when it came; undefined while a client of this node has it in use. */
  kept:
    | { readonly data: ChainData | undefined; readonly owner: string; readonly files: VolumeContent['files'] }
    | undefined;
  deviceBytes: number;
  sizeBytes: number;
  usedBytes: number;
  inodesUsed: number;
  mounted: boolean;
  private readonly madeAs: string;
  private readonly givenUuid: string | undefined;

  constructor(spec: VolumeSpec, perBlock: Growth) {
    const share = spec.share ?? 1;
    this.volumeId = spec.volumeId;
    this.role = spec.role;
    this.path = spec.path;
    this.filesystem = spec.filesystem;
    this.madeAs = `${spec.volumeId}${spec.path}`;
    this.givenUuid = spec.uuid;
    this.share = share;
    this.partitioned = spec.partitioned ?? false;
    this.growth = {
      ...perBlock,
      bytesPerBlock: perBlock.bytesPerBlock * share,
      inodesPerBlock: perBlock.inodesPerBlock * share,
    };
    this.deviceBytes = spec.deviceBytes;
    this.sizeBytes = Math.min(spec.filesystemBytes ?? Number.POSITIVE_INFINITY, this.roomBytes);
    // A partition offers a little less than the device that a scenario reckons with.
    this.usedBytes = Math.min(spec.usedBytes, this.sizeBytes);
    this.inodesUsed = spec.inodesUsed ?? Math.min(2_000, this.inodesTotal);
    this.mounted = spec.mounted ?? true;
    if (!(spec.usedBytes >= 0 && spec.usedBytes <= (spec.filesystemBytes ?? spec.deviceBytes))) {
      throw new RangeError(`volume ${spec.path}: usedBytes ${spec.usedBytes}, expected 0 to ${this.sizeBytes}`);
    }
  }

  /** Of the filesystem; a copy has its original's. */
  get uuid(): string {
    return this.givenUuid ?? uuidOf(this.madeAs);
  }

  /** What the device, or its partition grown to the end, offers a filesystem. */
  get roomBytes(): number {
    return this.deviceBytes - (this.partitioned ? PARTITION_TABLE_BYTES : 0);
  }

  /** 0 for btrfs, which has no fixed number. */
  get inodesTotal(): number {
    if (this.filesystem === 'btrfs') return 0;
    if (this.filesystem === 'ext4') return Math.floor(this.sizeBytes / EXT4_BYTES_PER_INODE);
    const share = this.sizeBytes < 2 ** 40 ? 0.25 : this.sizeBytes < 50 * 2 ** 40 ? 0.05 : 0.01;
    return Math.floor((this.sizeBytes * share) / XFS_INODE_BYTES);
  }

  get usedPercent(): number {
    return (100 * this.usedBytes) / this.sizeBytes;
  }

  get inodesPercent(): number {
    return this.inodesTotal === 0 ? 0 : (100 * this.inodesUsed) / this.inodesTotal;
  }

  /** Whether not even one more block fits after this height. */
  fullAt(height: number): boolean {
    return !this.fits(height, height + 1);
  }

  /** Whether all blocks after `from` up to `to` fit. */
  fits(from: number, to: number): boolean {
    return (
      this.usedBytes + bytesBetween(this.growth, from, to) <= this.sizeBytes &&
      (this.inodesTotal === 0 || this.inodesUsed + inodesBetween(this.growth, from, to) <= this.inodesTotal)
    );
  }

  /** The first height whose block does not fit any more, seen from `from`. Infinity when nothing grows. */
  overflowsAt(from: number): number {
    if (this.growth.bytesPerBlock <= 0 && this.growth.inodesPerBlock <= 0) return Number.POSITIVE_INFINITY;
    let ahead = 1;
    while (this.fits(from, from + ahead)) {
      ahead *= 2;
      if (ahead > BLOCKS_AHEAD_MAX) return Number.POSITIVE_INFINITY;
    }
    let fits = Math.floor(ahead / 2);
    let overflows = ahead;
    while (overflows - fits > 1) {
      const middle = Math.floor((fits + overflows) / 2);
      if (this.fits(from, from + middle)) fits = middle;
      else overflows = middle;
    }
    return from + overflows;
  }

  /** Stores the blocks after `from` up to `to`. */
  store(from: number, to: number): void {
    this.usedBytes = Math.min(this.sizeBytes, this.usedBytes + bytesBetween(this.growth, from, to));
    this.inodesUsed += inodesBetween(this.growth, from, to);
    if (this.inodesTotal > 0) this.inodesUsed = Math.min(this.inodesUsed, this.inodesTotal);
  }

  /** The block that did not fit has taken the rest: of the bytes, or of the inodes. */
  overflow(height: number): void {
    const bytesLeft = this.sizeBytes - this.usedBytes;
    if (bytesLeft <= bytesBetween(this.growth, height, height + 1)) this.usedBytes = this.sizeBytes;
    else this.inodesUsed = this.inodesTotal;
  }

  /** Extends partition and filesystem to the end of the device; true when that changed something. */
  extend(): boolean {
    const before = this.sizeBytes;
    this.sizeBytes = Math.max(before, this.roomBytes);
    return this.sizeBytes > before;
  }
}

function uuidOf(name: string): string {
  const digits = createHash('sha256').update(name).digest('hex');
  return [8, 4, 4, 4, 12].map((length, at) => digits.slice(at * 12, at * 12 + length)).join('-');
}

/** Bytes that the blocks after `from` up to `to` take; whole, and never negative. */
export function bytesBetween(growth: Growth, from: number, to: number): number {
  return to <= from ? 0 : Math.max(0, Math.round(bytesUpTo(growth, to)) - Math.round(bytesUpTo(growth, from)));
}

function bytesUpTo({ bytesPerBlock, phase }: Growth, height: number): number {
  const waves = WAVES.reduce(
    (sum, { blocks, weight }) =>
      sum + (weight * blocks * Math.sin(2 * Math.PI * (height / blocks + phase))) / (2 * Math.PI),
    0,
  );
  return bytesPerBlock * (height + waves);
}

const inodesBetween = ({ inodesPerBlock }: Growth, from: number, to: number): number =>
  to <= from ? 0 : Math.floor(to * inodesPerBlock) - Math.floor(from * inodesPerBlock);
