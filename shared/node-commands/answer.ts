// The answer of a command script on stdout, one line of JSON: the contract between the node and the functions.
import * as v from 'valibot';
import { parseAnswerLine, scriptText } from './answer-line.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

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
  /** Both 0 where the filesystem has no fixed number of inodes (btrfs). */
  inodesTotal: count,
  inodesUsed: count,
  rootUsedPercent: v.pipe(v.number(), v.minValue(0), v.maxValue(100)),
  /** The largest size of the device that its partition table and its filesystem can follow; null where no such limit is known. */
  growthLimit: v.nullable(v.strictObject({ bytes: count, by: v.picklist(['partition-table', 'filesystem']) })),
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
