// What a function puts into SendCommand: typed input in, the document's parameters out. Pure; no file is read here.
import type { Runtime } from '../fleet/model.ts';
import { type Operation, operationParameters, type ParameterName, parameterRules } from './parameters.ts';

/** A command that has not begun so long after it was sent is refused by the node (protocol: the quiet time rests on it). */
export const startBySeconds = 120;

/**
 * How long each script may run before it ends itself. Growing is a matter of seconds (XFS, btrfs) or of a few minutes (ext4 of many
 * TiB); observing may have to wait for the node's lock.
 */
export const runLimitsSeconds: Readonly<Record<Operation, number>> = {
  'observe-node': 60,
  'grow-filesystem': 240,
  'read-config': 60,
  // The sweep that sends it has a minute in all.
  'ask-node': 15,
  'ask-peers': 60,
  'change-peers': 120,
  // With a restart, what peer-command.ts reckons from the client's grace; this is the most.
  'write-config': 9_000,
  'inspect-node': 60,
  // Blocks of a new volume come from far.
  'check-volume': 180,
  // What node-command.ts reckons from the clients' graces; these are the most.
  'restart-client': 9_000,
  'swap-volumes': 9_000,
  'stop-client': 9_000,
  'start-client': 9_000,
};

/** How far a node's clock may be off ours. */
export const clockSkewSeconds = 60;

export interface CommandInput {
  readonly operation: 'observe-node' | 'grow-filesystem';
  readonly fence: number;
  /** Position of this command among those of its fence, from 1. */
  readonly ordinal: number;
  readonly sentAtMs: number;
  /** Where the filesystem is mounted. */
  readonly path: string;
  /** "" only to observe. */
  readonly volumeId: string;
  readonly runtime: Runtime | undefined;
  /** grow-filesystem: what the filesystem must reach; 0 is as far as it goes. */
  readonly minimumSizeBytes?: number;
  /** grow-filesystem: start the client if it is not running. */
  readonly startClient?: boolean;
}

/** The value of SendCommand's `Parameters`. Throws a `TypeError` naming parameter, value and pattern: nothing unclean is ever sent. */
export function commandParameters(input: CommandInput): Record<string, string[]> {
  const values: Partial<Record<ParameterName, string>> = {
    OperationId: `${input.fence}.${input.ordinal}`,
    StartBy: String(startByMs(input) / 1000),
    RunLimitSeconds: String(runLimitsSeconds[input.operation]),
    Path: input.path,
    VolumeId: input.volumeId,
    Runtime: input.runtime?.kind ?? 'none',
    Unit: unitOf(input.runtime),
    MinimumSizeBytes: String(input.minimumSizeBytes ?? 0),
    StartClient: input.startClient === true ? 'yes' : 'no',
  };
  return Object.fromEntries(
    operationParameters[input.operation].map((name) => [name, [checkedParameter(name, values[name] ?? '')]]),
  );
}

/** The moment after which the node refuses to begin; whole seconds. */
export function startByMs({ sentAtMs }: Pick<CommandInput, 'sentAtMs'>): number {
  return (Math.floor(sentAtMs / 1000) + startBySeconds) * 1000;
}

/** The moment after which nothing of this command can happen any more, whatever became of its answer. */
export function overByMs(input: Pick<CommandInput, 'operation' | 'sentAtMs'>): number {
  return startByMs(input) + (runLimitsSeconds[input.operation] + clockSkewSeconds) * 1000;
}

/**
 * What a filesystem on a volume of this size reaches at least. A partition table, alignment and a last block group that is too
 * short to be used take a little: at most 256 MiB, and 1/64 of a small volume.
 */
export function leastFilesystemBytes(volumeGiB: number): number {
  const bytes = volumeGiB * 2 ** 30;
  return bytes - Math.min(256 * 2 ** 20, bytes / 64);
}

/** The value, if it has the parameter's form. */
export function checkedParameter(name: ParameterName, value: string): string {
  const { pattern } = parameterRules[name];
  if (new RegExp(pattern).test(value)) return value;
  throw new TypeError(`parameter ${name}: ${JSON.stringify(value.slice(0, 100))} given, expected ${pattern}`);
}

export function unitOf(runtime: Runtime | undefined): string {
  switch (runtime?.kind) {
    case undefined:
      return '';
    case 'systemd':
      return runtime.unit;
    case 'docker':
      return runtime.container;
    case 'compose':
      return `${runtime.file}#${runtime.service}`;
    case 'commands':
      return `${runtime.start}#${runtime.stop}#${runtime.status}`;
  }
}
