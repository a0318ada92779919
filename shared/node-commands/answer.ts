// The answer of a command script on stdout, one line of JSON: the contract between the node and the functions.
import * as v from 'valibot';
import { parseAnswerLine, scriptText } from './answer-line.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** What can keep a partition or a filesystem from following a larger device, as the node sees it before the device grows. */
export const OBSTACLES = {
  none: null,
  'read-only': 'it is mounted read-only',
  'shut-down': 'it reads no folder any more, as a filesystem that has shut itself down',
  frozen: 'its writes are held back (fsfreeze), and what grows it would wait until somebody thaws it',
  errors: 'ext4 has found errors, and does not grow before e2fsck has repaired them',
  'several-devices': 'btrfs spans several devices, and which of them to grow is for a person to say',
  'logical-partition': 'it is on a logical partition, whose extended one would have to grow first',
  'partition-behind': 'another partition lies behind its own',
  'no-partition-tool': 'nothing that grows a partition is installed (growpart with sfdisk, or sfdisk with partx)',
  'no-filesystem-tool': 'the program that grows it is not installed (xfs_growfs, resize2fs or btrfs)',
} as const satisfies Readonly<Record<string, string | null>>;
export type Obstacle = keyof typeof OBSTACLES;

/** A node's report of one of its filesystems and of its client. */
const observationSchema = v.strictObject({
  /** "vol-0123…" read from the device, never from a name; "" where the device is not an EBS volume. */
  volumeId: v.pipe(v.string(), v.regex(/^(vol-[0-9a-f]{8,17})?$/)),
  /** Kernel name of the device or partition that carries the filesystem. */
  device: scriptText(256),
  partitioned: v.boolean(),
  filesystem: v.picklist(['xfs', 'ext4', 'btrfs', 'other']),
  path: scriptText(4096),
  /** Size of the whole block device (not of the partition). */
  deviceBytes: count,
  sizeBytes: count,
  usedBytes: count,
  /** What a process that is not root can still write (statfs(2), f_bavail): without reserved blocks, and 0 where btrfs has no room for metadata. */
  availableBytes: count,
  /** Both 0 where the filesystem has no fixed number of inodes (btrfs). */
  inodesTotal: count,
  inodesUsed: count,
  rootUsedPercent: v.pipe(v.number(), v.minValue(0), v.maxValue(100)),
  /** The largest size of the device that its partition table and its filesystem can follow; null where no such limit is known. */
  growthLimit: v.nullable(v.strictObject({ bytes: count, by: v.picklist(['partition-table', 'filesystem']) })),
  obstacle: v.picklist(Object.keys(OBSTACLES) as Obstacle[]),
  client: v.picklist(['running', 'stopped', 'failed', 'unknown']),
  /** How it has ended: its exit status, or 128 and the signal; null while it runs, and where nobody knows. */
  clientStatus: v.optional(v.nullable(count), null),
});
export type Observation = v.InferOutput<typeof observationSchema>;

const answerSchema = v.strictObject({
  /** "<fence>.<ordinal>" of the command that this answers. */
  operationId: v.pipe(v.string(), v.regex(/^\d{1,12}\.\d{1,6}$/)),
  /** The highest fence that the node has seen. */
  fence: count,
  /** done: carried out, or already so. stale: the node has seen a higher (fence, ordinal). late: past its start-by. */
  result: v.picklist(['done', 'failed', 'stale', 'late']),
  before: v.nullable(observationSchema),
  after: v.nullable(observationSchema),
  reason: v.optional(scriptText(1000)),
});
export type Answer = v.InferOutput<typeof answerSchema>;

/** Parses a script's standard output. Throws a `NodeAnswerError`. */
export const parseAnswer = (stdout: string): Answer => parseAnswerLine(answerSchema, stdout);
