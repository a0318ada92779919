// The answers of the commands of node-command.ts on stdout, one line of JSON: the contract between the node and the functions.
import * as v from 'valibot';
import { parseAnswerLine, scriptText } from './answer-line.ts';
import { linePatterns } from './parameters.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const exitStatus = v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)));
const logLine = scriptText(400);
/** Many times more than any node has. */
const LIST_MAX = 256;
const list = <Item extends v.GenericSchema>(item: Item) => v.pipe(v.array(item), v.maxLength(LIST_MAX));

/** What a volume is a part of, in blkid's words. */
const layer = v.picklist(['LVM2_member', 'linux_raid_member', 'crypto_LUKS', 'zfs_member']);
export type Layer = v.InferOutput<typeof layer>;

/** A node's report of its clients and volumes. */
const nodeStateSchema = v.strictObject({
  /** In the order of the command's `clients`. */
  clients: list(
    v.strictObject({
      state: v.picklist(['running', 'stopped', 'failed', 'unknown']),
      /** Exit status of its last run, for a signal its number plus 128; null while it runs and where it is not known. */
      exitStatus,
      /** It ended because somebody told its service manager or container runtime to end it; null: nobody knows. */
      asked: v.optional(v.nullable(v.boolean()), null),
      /** The last line of its log, or, where it has failed, the last one that gives a reason; "" where there is none. */
      lastLine: logLine,
      /** A mask on disk keeps it from starting. */
      masked: v.boolean(),
      /** Of a template unit of systemd: the name of the instance that runs, or that a start would start. */
      instance: v.optional(scriptText(128)),
      /** Of a template unit: the words of its log by which it needs another version at a height; absent where it says nothing of that. */
      needs: v.optional(scriptText(200)),
    }),
  ),
  /**
   * In the order of the clients, in an answer of inspect-node and see-clients: since when each runs, or ran last, and how often its service manager or container
   * runtime has started it again by itself since somebody did. null: nobody tells. And why the unit that it is could not be started again; null where it could,
   * or nobody tells, absent from older commands.
   */
  runs: v.optional(
    list(
      v.strictObject({
        startedSecondsAgo: v.nullable(count),
        restarts: v.nullable(count),
        lacks: v.optional(v.nullable(scriptText(500))),
        /** Of a service of Compose: why it could not come back once another version has taken its place; absent where it could. */
        noWayBack: v.optional(scriptText(800)),
      }),
    ),
  ),
  /** The mounts at the asked paths; a path without a mount has no entry. */
  volumes: list(
    v.strictObject({
      path: scriptText(4096),
      /** "" where the device is not an EBS volume. */
      volumeId: v.pipe(v.string(), v.regex(/^(vol-[0-9a-f]{8,17})?$/)),
      filesystem: scriptText(64),
      sizeBytes: count,
      usedBytes: count,
      readOnly: v.boolean(),
    }),
  ),
  /** EBS volumes that the node sees, mounted or not. */
  devices: list(v.pipe(v.string(), v.regex(/^vol-[0-9a-f]{8,17}$/))),
  /**
   * Of them, in an answer of inspect-node where nothing is mounted at one of the paths, those that hold no filesystem of their own, by what blkid calls
   * their bytes.
   */
  layered: v.optional(
    list(
      v.strictObject({
        volumeId: v.pipe(v.string(), v.regex(/^vol-[0-9a-f]{8,17}$/)),
        kind: layer,
      }),
    ),
  ),
  /** In an answer of inspect-node: the asked paths where something else than /etc/fstab decides what is mounted, and what that is. */
  heldBy: v.optional(list(v.strictObject({ path: scriptText(4096), by: scriptText(4096) }))),
  rootUsedPercent: v.pipe(v.number(), v.minValue(0), v.maxValue(100)),
  /** How far cloud-init is with this boot, in an answer of inspect-node; absent where the node has none. error: a part of it has failed. */
  cloudInit: v.optional(v.picklist(['running', 'done', 'error'])),
});
export type NodeState = v.InferOutput<typeof nodeStateSchema>;

/** How the clients ended: the worst of them. */
const stopSchema = v.strictObject({
  /** All stops together. */
  seconds: count,
  /** It ended without being killed, within its grace, with success, and with its own last line where that is known. */
  clean: v.boolean(),
  exitStatus,
  lastLine: logLine,
});
export type ClientStop = v.InferOutput<typeof stopSchema>;

/** How far the files of a volume are copied onto another one. Zero are left: all of them are there, and were compared. */
const filledSchema = v.strictObject({ files: count, bytes: count, leftFiles: count, leftBytes: count });
export type Filled = v.InferOutput<typeof filledSchema>;

/** What was read of a restored volume before its client starts on it. All: of what was asked for. */
const warmedSchema = v.strictObject({ files: count, bytes: count, isAll: v.boolean() });
export type Warmed = v.InferOutput<typeof warmedSchema>;

const readSchema = v.strictObject({
  path: v.pipe(v.string(), v.regex(new RegExp(linePatterns.path))),
  folder: v.pipe(v.string(), v.regex(new RegExp(linePatterns.folder))),
  mib: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(99_999)),
});

const operationId = v.pipe(v.string(), v.regex(/^\d{1,12}\.\d{1,6}$/));

const nodeAnswerSchema = v.strictObject({
  /** "<fence>.<ordinal>" of the command that this answers. */
  operationId,
  /**
   * Of inspect-node: the highest command that it had noted before this one, where it has answered that. What was sent between the two was never begun, and
   * never will be. Absent where it remembers none, or was cut off in the middle of it.
   */
  lastDone: v.optional(operationId),
  /** The highest fence that the node has seen. */
  fence: count,
  /** done: carried out, or already so. stale: the node has seen a higher (fence, ordinal). late: past its start-by. */
  result: v.picklist(['done', 'failed', 'stale', 'late']),
  before: v.nullable(nodeStateSchema),
  after: v.nullable(nodeStateSchema),
  reason: v.optional(scriptText(1000)),
  /** null: no client was stopped. */
  stop: v.optional(v.nullable(stopSchema), null),
  /** From the first start until all clients were seen running; null: none was started. */
  startSeconds: v.optional(v.nullable(count), null),
  /** A swap failed, the volumes of `from` are mounted, and their clients were started again (`after` says whether they run). */
  putBack: v.optional(v.boolean(), false),
  /**
   * data: the new volume cannot be mounted, is empty or is of another kind; or its client stays up on the old volume, but not on it. node: the cause
   * of the failure is on the node. person: somebody has stopped a client that ran when it was last looked at, and nothing was changed.
   */
  fault: v.optional(v.picklist(['none', 'data', 'node', 'person']), 'none'),
  /**
   * Of start-client, where a stop with a timer came before (back.ts): how many seconds ago a client was started again after that stop and before this
   * command; null: none was; unknown: somebody else has done something. Absent where the node knows of no such stop.
   */
  ran: v.optional(v.nullable(v.union([count, v.literal('unknown')]))),
  /** Of fill-volume, where it came so far; absent in all others. */
  filled: v.optional(filledSchema),
  /** Of check-volume that was to read files; absent in all others. */
  warmed: v.optional(warmedSchema),
  /** Folders whose files are in memory, those with most first: a client on volumes that were mounted for it has read them. */
  read: v.optional(v.pipe(v.array(readSchema), v.maxLength(16))),
});
export type NodeAnswer = v.InferOutput<typeof nodeAnswerSchema>;

/** Parses a script's standard output. Throws a `NodeAnswerError`. */
export const parseNodeAnswer = (stdout: string): NodeAnswer => parseAnswerLine(nodeAnswerSchema, stdout);
