// What is on a volume, as a snapshot or a copy holds it: a filesystem, a chain's data up to a height, and files. It never changes: what
// is mounted on a machine is a `SimulatedVolume`, and this is what it was at one moment.
import type { Branch } from './branch.ts';

export type FilesystemType = 'xfs' | 'ext4' | 'btrfs';

/** What a client makes of data when it opens them: it goes on at their height, exits, or begins at height 0 as if there were none. */
export type Opening = 'opens' | 'refuses' | 'starts-over';

/** clean: its client had ended by itself. crash-consistent: it was writing. corrupt: it was broken before that moment. */
export type Condition = 'clean' | 'crash-consistent' | 'corrupt';

export interface ChainData {
  /** The simulated chain's name. */
  readonly chain: string;
  /** As the chain's client tells it. */
  readonly chainId: string;
  readonly branch: Branch;
  readonly height: number;
  /** Of the block at `height`, on the branch that was followed. */
  readonly blockHash: string;
  readonly condition: Condition;
  readonly opening: Opening;
  /** A block that no client gets past with these data. */
  readonly stopsAtHeight?: number;
}

export interface VolumeContent {
  readonly filesystem: FilesystemType;
  /** A copy has its original's: two of one UUID on a machine are what `nouuid` is for. */
  readonly uuid: string;
  readonly partitioned: boolean;
  readonly sizeBytes: number;
  readonly usedBytes: number;
  readonly inodesUsed: number;
  /** The part of each block's bytes that lands here. */
  readonly share: number;
  /** Undefined: nothing of a chain is on it. */
  readonly data: ChainData | undefined;
  /** The instance whose files these are, keys among them. */
  readonly owner: string;
  /** By their paths below the mount point. */
  readonly files: ReadonlyMap<string, StoredFile>;
}

/** What is on a real machine's volume: the bytes of a disk, in a file. */
export interface VolumeImage {
  readonly imagePath: string;
  /** Written so far; the rest of the image is a hole. */
  readonly usedBytes: number;
  /** A copy of this moment, as a snapshot is: what is written from now on is not in it. */
  freeze(): VolumeImage;
  /** What of a chain is in it, nobody here can read. */
  readonly data?: undefined;
}

/** What the region keeps of a volume that is on no machine, and what a snapshot of it holds. */
export type StoredContent = VolumeContent | VolumeImage;

export const isImage = (content: StoredContent): content is VolumeImage => 'imagePath' in content;

/** What a simulated machine makes of it. Throws for a real machine's: nothing here reads those. */
export function simulatedContent(content: StoredContent | undefined): VolumeContent | undefined {
  if (content !== undefined && isImage(content))
    throw new Error(`${content.imagePath} is a real machine's: a simulated one cannot read it`);
  return content;
}

/** As it is at this moment. A simulated content never changes. */
export const frozen = (content: StoredContent | undefined): StoredContent | undefined =>
  content !== undefined && isImage(content) ? content.freeze() : content;

/** Made when somebody reads it. `written`: by somebody, and not by the set-up of its owner alone. */
export interface StoredFile {
  readonly make: () => string;
  readonly written: boolean;
}

/** Why data that belong together cannot be opened together; undefined when they can. They must be of one chain, branch and moment. */
export function discord(parts: readonly ChainData[], chain: string): string | undefined {
  const [first, ...others] = parts;
  const foreign = parts.find((part) => part.chain !== chain);
  if (foreign) return `data of ${foreign.chain} where ${chain} was expected`;
  const other = others.find((part) => part.height !== first?.height || part.branch !== first.branch);
  return other && `volumes of different moments: height ${first?.height} and height ${other.height}`;
}

/** What comes of opening them: the worst of the parts. */
export function openingOf(parts: readonly ChainData[]): Opening {
  if (parts.some(({ opening }) => opening === 'refuses')) return 'refuses';
  return parts.some(({ opening }) => opening === 'starts-over') ? 'starts-over' : 'opens';
}

/** What the same volume held, or would hold, at another height or in another condition: for scenarios that make up a past. */
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
