// Builds the parameters of SendCommand from typed input. Pure; no file is read here.
import type { Runtime } from '../fleet/model.ts';
import { type Operation, operationParameters, type ParameterName, parameterRules } from './parameters.ts';

/** The node refuses a command that has not begun this long after it was sent (protocol: the quiet time depends on it). */
export const startBySeconds = 120;

/**
 * How long each script may run before it ends itself. Growing takes seconds (XFS, btrfs) or a few minutes (ext4 of many TiB); observing may have to
 * wait for the node's lock.
 */
export const runLimitsSeconds: Readonly<Record<Operation, number>> = {
  'observe-node': 60,
  'grow-filesystem': 240,
  'read-config': 60,
  // watch-fleet's sweep, which sends it, has a minute in all.
  'ask-node': 15,
  'see-clients': 15,
  'ask-peers': 60,
  'change-peers': 120,
  // With a restart peer-command.ts computes the limit from the client's grace; this is the maximum.
  'write-config': 9_000,
  // With what is in memory; node-command.ts has what a look alone may take.
  'inspect-node': 300,
  // With files to be read, which ends after three quarters of it; node-command.ts has what a look alone may take.
  'check-volume': 900,
  // It stops copying after three quarters of it, and is sent again until nothing is left.
  'fill-volume': 3_600,
  // node-command.ts computes these from the clients' graces; these are the maxima.
  'restart-client': 9_000,
  'swap-volumes': 9_000,
  'stop-client': 9_000,
  'start-client': 9_000,
};

/** How much a node's clock may differ from ours. */
export const clockSkewSeconds = 60;

export interface CommandInput {
  readonly operation: 'observe-node' | 'grow-filesystem';
  readonly fence: number;
  /** Position of this command among those under its fence, from 1. */
  readonly ordinal: number;
  readonly sentAtMs: number;
  /** Where the filesystem is mounted. */
  readonly path: string;
  /** "" for a command that only observes. */
  readonly volumeId: string;
  readonly runtime: Runtime | undefined;
  /** grow-filesystem: the least size that the filesystem must reach; 0: as large as possible. */
  readonly minimumSizeBytes?: number;
  /** grow-filesystem: start the client if it is not running. */
  readonly startClient?: boolean;
}

/** The value of SendCommand's `Parameters`. Throws a `TypeError` naming parameter, value and pattern: no other value is ever sent. */
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

/** The time after which the node refuses to begin; whole seconds. */
export function startByMs({ sentAtMs }: Pick<CommandInput, 'sentAtMs'>): number {
  return (Math.floor(sentAtMs / 1000) + startBySeconds) * 1000;
}

/** The time after which this command can have no more effect, even if its answer was lost. */
export function overByMs(input: Pick<CommandInput, 'operation' | 'sentAtMs'>): number {
  return startByMs(input) + (runLimitsSeconds[input.operation] + clockSkewSeconds) * 1000;
}

/**
 * The least size that a filesystem reaches on a volume of this size. A partition table, alignment and a last block group that is too short to be used
 * take a little: at most 256 MiB, and 1/64 of a small volume.
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
