// The commands for a node's clients and volumes: the parameters of SendCommand. Pure; like command.ts for growing, with the same fences.
// node-answer.ts has their answers.
import type { StartFiles } from '../chains/start-files.ts';
import type { Fleet, Runtime } from '../fleet/model.ts';
import { checkedParameter, clockSkewSeconds, runLimitsSeconds, startBySeconds, unitOf } from './command.ts';
import {
  linePatterns,
  maximumBase64Characters,
  type NodeOperation,
  operationParameters,
  type ParameterName,
} from './parameters.ts';

export type { NodeOperation };

export interface ClientOnNode {
  readonly runtime: Runtime;
  /** How long it may take to stop cleanly. */
  readonly stopGraceSeconds: number;
  /** An extended regular expression that a last line of its log matches when it ended cleanly; null: its exit status is the only evidence. */
  readonly cleanLine: string | null;
  /** It ran when it was last looked at: where somebody has stopped it since, nothing is changed (fault `person`). */
  readonly ran?: true;
}

/**
 * In the order of the fleet file: the last one is stopped first.
 *
 * @param ran whether they ran when the node was last asked: a command that stops one is not begun where somebody has stopped it since
 */
export const clientsOf = (
  { units }: Pick<Fleet, 'units'>,
  { ran }: { readonly ran: boolean } = { ran: false },
): readonly ClientOnNode[] =>
  units.map(({ runtime, stopGraceSeconds, cleanLine }) => ({
    runtime,
    stopGraceSeconds,
    cleanLine: cleanLine ?? null,
    ...(ran && { ran }),
  }));

/** This EBS volume at this mount point. */
export interface VolumeMount {
  readonly path: string;
  readonly volumeId: string;
}

/** An executable of the owner's, by its absolute path, without arguments. */
export interface OwnCommand {
  readonly command: string;
  /** How long it may take. */
  readonly seconds: number;
}

/** An owner's command holds the node's lock: one that takes longer asks its client for the work, and ends. */
const OWN_SECONDS_MOST = 2 * 60 * 60;

/** @param minutes of the fleet file, which may be those of the client's own work after it */
export const ownCommand = (command: string, minutes: number): OwnCommand => ({
  command,
  seconds: Math.min(minutes * 60, OWN_SECONDS_MOST),
});

/** `clients` are stopped from last to first and started from first to last. */
export type NodeCommand =
  /** Raises the fence and reports the state; where `cached` is asked for, with the folders whose files are in memory. */
  | {
      readonly operation: 'inspect-node';
      readonly clients: readonly ClientOnNode[];
      readonly paths: readonly string[];
      readonly cached?: true;
    }
  /** start: leaves running clients alone. restart: first stops running clients, with their grace. */
  | {
      readonly operation: 'restart-client';
      readonly clients: readonly ClientOnNode[];
      readonly paths: readonly string[];
      readonly only: 'start' | 'restart';
    }
  /**
   * switch: another instance of the one client's template unit takes the place of the one before, which is stopped with its grace. enable: on a node
   * whose client is masked, and does not run, it alone is enabled; nothing is started.
   */
  | {
      readonly operation: 'restart-client';
      readonly clients: readonly [ClientOnNode];
      readonly paths: readonly string[];
      readonly only: 'switch' | 'enable';
      readonly version: string;
    }
  /**
   * All clients are stopped with their grace; the owner's own executable takes their data back by some blocks, has them built again
   * from the blocks on disk (reindex), or drops what need not be kept (prune);
   * they are started again.
   */
  | {
      readonly operation: 'restart-client';
      readonly clients: readonly ClientOnNode[];
      readonly paths: readonly string[];
      readonly only: 'roll-back' | 'reindex' | 'prune';
      readonly own: OwnCommand;
    }
  /**
   * Mounts a volume read-only at a temporary place: whether it can replace the one that is mounted at `like`. Then the files of `warm` are read from
   * there, so that their blocks have come from the snapshot.
   */
  | {
      readonly operation: 'check-volume';
      readonly place: VolumeMount;
      readonly like: string;
      readonly warm: readonly StartFiles[];
    }
  /**
   * Copies the files of `source` onto the empty volume, which gets the filesystem of what is mounted at `like`; the client runs on. What is left of it
   * after a while is told, and the same command goes on.
   */
  | {
      readonly operation: 'fill-volume';
      readonly volumeId: string;
      readonly source: string;
      readonly like: string;
    }
  /**
   * Mounts the volumes of `to` in place of those of `from`, at the same mount points, or restores everything. The way back is the same command with
   * the two exchanged.
   */
  | {
      readonly operation: 'swap-volumes';
      readonly clients: readonly ClientOnNode[];
      readonly from: readonly VolumeMount[];
      readonly to: readonly VolumeMount[];
      /** Absolute paths below the mount points. */
      readonly identity: readonly string[];
      /**
       * ours: identity comes from the volumes of `from`, and what is missing there is removed. own: the same, and where `from` was not mounted and does
       * not mount, the copy's own stays, which is this node's. theirs, on the way back: identity stays as it is. So do the volumes of `to` if their client
       * does not come up: it may have been so before. unmounted: the same, and what was not mounted when it was found need not mount: its place stays
       * empty. -signed: the node may sign, so each of `keepNewest` has to be on one of the two.
       */
      readonly carry: 'ours' | 'own' | 'ours-signed' | 'own-signed' | 'theirs' | 'unmounted';
      /** Signing states, absolute paths: the one with the greater height stays, for either `carry`. */
      readonly keepNewest: readonly string[];
    }
  | {
      readonly operation: 'stop-client';
      readonly clients: readonly ClientOnNode[];
      readonly places: readonly VolumeMount[];
      readonly unmount: boolean;
      readonly mask: boolean;
      /** If a client did not end cleanly, it is started again, and nothing is unmounted: failed. */
      readonly requireClean: boolean;
      /** After so many seconds a timer on the node starts the clients again, unless another command comes (back.ts). Absent, or 0: none does. */
      readonly backSeconds?: number;
    }
  | {
      readonly operation: 'start-client';
      readonly clients: readonly ClientOnNode[];
      readonly places: readonly VolumeMount[];
      readonly unmask: boolean;
      /** Absolute paths that are removed before the start: another node's identity. */
      readonly scrub: readonly string[];
    };

export interface NodeCommandId {
  readonly fence: number;
  /** Position among the commands under the fence, from 1. */
  readonly ordinal: number;
}

/** A node has a few of each; more is a mistake. */
const CLIENTS_MAX = 8;
const PLACES_MAX = 16;
const PATHS_MAX = 32;
const WARM_MAX = 16;
/** Blocks of a new volume are read from the snapshot first, which is slow. */
const LOOK_SECONDS = 180;
/** The same of a node that is only asked how it is. */
const INSPECT_SECONDS = 60;

/**
 * Time for mounting, copying files, starting and two checks, in addition to the stop itself; and before it, the time that another command may hold
 * the lock.
 */
const SLACK_SECONDS = 240 + startBySeconds;
/** Docker and systemd are given a little more than the client. */
const STOP_EXTRA_SECONDS = 15;

/** A client that does not stay up on new volumes may need a second stop, before it is started on the old ones. */
export function nodeRunLimitSeconds(command: NodeCommand): number {
  if (command.operation === 'check-volume' && command.warm.length === 0) return LOOK_SECONDS;
  if (command.operation === 'inspect-node' && command.cached !== true) return INSPECT_SECONDS;
  if (
    command.operation === 'inspect-node' ||
    command.operation === 'check-volume' ||
    command.operation === 'fill-volume'
  )
    return runLimitsSeconds[command.operation];
  const graces = command.clients.reduce((sum, { stopGraceSeconds }) => sum + stopGraceSeconds + STOP_EXTRA_SECONDS, 0);
  const own = command.operation === 'restart-client' && 'own' in command ? command.own.seconds : 0;
  return Math.min(2 * graces + own + SLACK_SECONDS, runLimitsSeconds[command.operation]);
}

/** The time after which this command can have no more effect, even if its answer was lost. */
export function nodeCommandOverByMs(command: NodeCommand, sentAtMs: number): number {
  const startByMs = (Math.floor(sentAtMs / 1000) + startBySeconds) * 1000;
  return startByMs + (nodeRunLimitSeconds(command) + clockSkewSeconds) * 1000;
}

/** The value of SendCommand's `Parameters`. Throws a `TypeError` naming parameter, value and what was expected: no other value is ever sent. */
export function nodeCommandParameters(
  id: NodeCommandId,
  command: NodeCommand,
  sentAtMs: number,
): Record<string, string[]> {
  const values: Partial<Record<ParameterName, string>> = {
    OperationId: `${id.fence}.${id.ordinal}`,
    StartBy: String(Math.floor(sentAtMs / 1000) + startBySeconds),
    RunLimitSeconds: String(nodeRunLimitSeconds(command)),
    ...specificValues(command),
  };
  return Object.fromEntries(
    operationParameters[command.operation].map((name) => [name, [checkedLength(name, values[name] ?? '')]]),
  );
}

function specificValues(command: NodeCommand): Partial<Record<ParameterName, string>> {
  switch (command.operation) {
    case 'inspect-node':
      return {
        Clients: clientLines(command.clients),
        Paths: pathLines('Paths', command.paths),
        Cached: command.cached === true ? 'yes' : 'no',
      };
    case 'restart-client':
      return {
        Clients: clientLines(command.clients),
        Paths: pathLines('Paths', command.paths),
        Only: command.only,
        Version: command.only === 'switch' || command.only === 'enable' ? command.version : '_',
        Own: 'own' in command ? `${command.own.seconds}:${command.own.command}` : '_',
      };
    case 'check-volume':
      checkedPlace('Path', command.place);
      return {
        Path: command.place.path,
        VolumeId: command.place.volumeId,
        Like: command.like,
        Warm: warmLines(command.warm),
      };
    case 'fill-volume':
      checkedPlace('VolumeId', { path: command.like, volumeId: command.volumeId });
      if (command.volumeId === command.source)
        throw new TypeError(`parameter Source: ${command.source} given, expected another volume than VolumeId`);
      return { VolumeId: command.volumeId, Source: command.source, Like: command.like };
    case 'swap-volumes':
      return {
        Clients: clientLines(command.clients),
        ...swapLines(command.from, command.to),
        Identity: pathLines('Identity', command.identity),
        Carry: command.carry,
        KeepNewest: pathLines('KeepNewest', command.keepNewest),
      };
    case 'stop-client':
      return {
        Clients: clientLines(command.clients),
        Places: placeLines('Places', command.places),
        Unmount: yesOrNo(command.unmount),
        Mask: yesOrNo(command.mask),
        RequireClean: yesOrNo(command.requireClean),
        Back: backValue(command),
      };
    case 'start-client':
      return {
        Clients: clientLines(command.clients),
        Places: placeLines('Places', command.places),
        Unmask: yesOrNo(command.unmask),
        Scrub: pathLines('Scrub', command.scrub),
      };
  }
}

/** A client that is masked is to stay down. */
function backValue({ backSeconds = 0, mask }: Extract<NodeCommand, { readonly operation: 'stop-client' }>): string {
  if (mask && backSeconds > 0)
    throw new TypeError(`parameter Back: ${backSeconds} given with Mask, expected 0: a masked client stays down`);
  return String(backSeconds);
}

const yesOrNo = (value: boolean): string => (value ? 'yes' : 'no');

function swapLines(
  from: readonly VolumeMount[],
  to: readonly VolumeMount[],
): { readonly From: string; readonly To: string } {
  const paths = (places: readonly VolumeMount[]): string =>
    places
      .map(({ path }) => path)
      .toSorted()
      .join(' ');
  if (from.length === 0 || paths(from) !== paths(to))
    throw new TypeError(
      `parameter To: places ${paths(to)} given, expected those of From, ${paths(from)}, and at least one`,
    );
  const both = [...from, ...to].map(({ volumeId }) => volumeId);
  if (new Set(both).size !== both.length)
    throw new TypeError(`parameter To: volumes ${both.join(' ')} given, expected each once in From and To together`);
  return { From: placeLines('From', from), To: placeLines('To', to) };
}

/** The value of `Clients`. Throws a `TypeError` where a client has no name, or there are too many. */
export function clientLines(clients: readonly ClientOnNode[]): string {
  limited('Clients', clients, CLIENTS_MAX);
  const lines = clients.map(({ runtime, stopGraceSeconds, cleanLine, ran }) => {
    const unit = checkedParameter('Unit', unitOf(runtime));
    if (unit === '') throw new TypeError('parameter Clients: a client without a name given, expected one');
    const grace = checkedParameter('StopGraceSeconds', String(stopGraceSeconds));
    return `${checkedParameter('Runtime', runtime.kind)} ${unit} ${grace} ${base64(cleanLine ?? '') || '-'}${ran ? ' ran' : ''}`;
  });
  return packed(lines);
}

function placeLines(name: ParameterName, places: readonly VolumeMount[]): string {
  limited(name, places, PLACES_MAX);
  if (new Set(places.map(({ path }) => path)).size !== places.length)
    throw new TypeError(`parameter ${name}: a mount point given twice, expected each once`);
  return packed(places.map((place) => checkedPlace(name, place)));
}

function checkedPlace(name: ParameterName, { path, volumeId }: VolumeMount): string {
  if (volumeId === '' || path === '/')
    throw new TypeError(
      `parameter ${name}: "${path} ${volumeId}" given, expected a mount point below / and an EBS volume`,
    );
  return `${checkedParameter('Like', path)} ${checkedParameter('VolumeId', volumeId)}`;
}

const WARM_LINE = new RegExp(linePatterns.warm);

function warmLines(files: readonly StartFiles[]): string {
  limited('Warm', files, WARM_MAX);
  const lines = files.map(({ mib, folder, name }) => `${mib} ${folder} ${name}`);
  const wrong = lines.find((line) => !WARM_LINE.test(line));
  if (wrong !== undefined)
    throw new TypeError(`parameter Warm: "${wrong}" given, expected MiB, a folder and a name of files`);
  return packed(lines);
}

function pathLines(name: ParameterName, paths: readonly string[]): string {
  limited(name, paths, PATHS_MAX);
  return packed(paths.map((path) => checkedParameter('Like', path)));
}

function limited(name: ParameterName, values: readonly unknown[], maximum: number): void {
  if (values.length > maximum)
    throw new TypeError(`parameter ${name}: ${values.length} lines given, expected at most ${maximum}`);
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const packed = (lines: readonly string[]): string => base64(lines.map((line) => `${line}\n`).join(''));

function checkedLength(name: ParameterName, value: string): string {
  if (value.length > maximumBase64Characters)
    throw new TypeError(`parameter ${name}: ${value.length} characters, expected at most ${maximumBase64Characters}`);
  return checkedParameter(name, value);
}
