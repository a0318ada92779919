// The content of a volume, a snapshot or a copy: a filesystem, a chain's data up to a height, and files. It never changes: a `SimulatedVolume` is
// mounted on a machine, and this is its content at one moment.
import type { Obstacle } from '../../shared/node-commands/answer.ts';
import type { Branch } from './branch.ts';

export type FilesystemType = 'xfs' | 'ext4' | 'btrfs';

export type BrokenFilesystem = 'log' | 'superblock';

/** What a client does when it opens data: it continues at their height, exits, or starts at height 0 as if there were none. */
export type Opening = 'opens' | 'refuses' | 'starts-over';

/** clean: its client had ended by itself. crash-consistent: its client was writing. corrupt: it was broken before that moment. */
export type Condition = 'clean' | 'crash-consistent' | 'corrupt';

export interface ChainData {
  /** The simulated chain's name. */
  readonly chain: string;
  /** As the chain's client reports it. */
  readonly chainId: string;
  readonly branch: Branch;
  readonly height: number;
  /** Of the block at `height`, on the branch that the client followed. */
  readonly blockHash: string;
  readonly condition: Condition;
  readonly opening: Opening;
  /** A block that no client can pass with these data. */
  readonly stopsAtHeight?: number;
  /** The format that a version has migrated them to; absent: the first one. A version that knows an older one only cannot open them. */
  readonly format?: number;
}

export interface VolumeContent {
  readonly filesystem: FilesystemType;
  /** A copy has its original's UUID: mounting both on one machine needs `nouuid`. */
  readonly uuid: string;
  readonly partitioned: boolean;
  readonly formatted: 'mbr' | 'ext4-32bit' | undefined;
  /** What of its bytes keeps a copy from following a larger device, too. */
  readonly obstacle: Obstacle;
  readonly reservedPercent: number;
  /** Its filesystem does not mount any more. superblock: its own bytes do not even tell which one it is. */
  readonly broken: BrokenFilesystem | undefined;
  readonly sizeBytes: number;
  readonly usedBytes: number;
  readonly inodesUsed: number;
  /** The part of each block's bytes that is written to this volume. */
  readonly share: number;
  /** Undefined: it has no chain data. */
  readonly data: ChainData | undefined;
  /** The instance whose files these are, including its keys. */
  readonly owner: string;
  /** By their paths below the mount point. */
  readonly files: ReadonlyMap<string, StoredFile>;
}

/** The content of a real machine's volume: the bytes of a disk, in a file. */
export interface VolumeImage {
  readonly imagePath: string;
  /** Bytes written so far; the rest of the image is a hole. */
  readonly usedBytes: number;
  /** A copy of this moment, like a snapshot: later writes are not in it. */
  freeze(): VolumeImage;
  /** Chain data in it cannot be read here. */
  readonly data?: undefined;
}

/** The content that the region keeps of a detached volume, and the content of a snapshot. */
export type StoredContent = VolumeContent | VolumeImage;

export const isImage = (content: StoredContent): content is VolumeImage => 'imagePath' in content;

/** The content for a simulated machine. Throws for a real machine's: it cannot be read here. */
export function simulatedContent(content: StoredContent | undefined): VolumeContent | undefined {
  if (content !== undefined && isImage(content))
    throw new Error(`${content.imagePath} is a real machine's: a simulated one cannot read it`);
  return content;
}

/** The content at this moment. A simulated content never changes. */
export const frozen = (content: StoredContent | undefined): StoredContent | undefined =>
  content !== undefined && isImage(content) ? content.freeze() : content;

/** Its text is made when it is read. `written`: it was changed after the set-up of its owner. */
export interface StoredFile {
  readonly make: () => string;
  readonly written: boolean;
}

/** Why data that belong together cannot be opened together; undefined if they can. They must be of one chain, branch and moment. */
export function discord(parts: readonly ChainData[], chain: string): string | undefined {
  const [first, ...others] = parts;
  const foreign = parts.find((part) => part.chain !== chain);
  if (foreign) return `data of ${foreign.chain} where ${chain} was expected`;
  const other = others.find((part) => part.height !== first?.height || part.branch !== first.branch);
  return other && `volumes of different moments: height ${first?.height} and height ${other.height}`;
}

/** The result of opening them: the worst of the parts. */
export function openingOf(parts: readonly ChainData[]): Opening {
  if (parts.some(({ opening }) => opening === 'refuses')) return 'refuses';
  return parts.some(({ opening }) => opening === 'starts-over') ? 'starts-over' : 'opens';
}

/** The same volume's content at another height or in another condition: for scenarios that need a history. */
export function contentAt(
  content: VolumeContent,
  change: Partial<Pick<ChainData, 'height' | 'branch' | 'condition' | 'opening' | 'stopsAtHeight'>> & {
    readonly usedBytes?: number;
  },
): VolumeContent {
  if (!content.data) throw new RangeError('contentAt: nothing of a chain is on this volume');
  const { usedBytes = content.usedBytes, ...of } = change;
  const data = { ...content.data, ...of };
  return { ...content, usedBytes, data: { ...data, blockHash: data.branch.hash(data.height) } };
}
