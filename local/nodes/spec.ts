// A scenario's description of a simulated node, the node's names in commands, and its facts for reports and tests.

import { type Operation, operationParameters } from '../../shared/node-commands/parameters.ts';
import type { ClientState, Outage } from './client.ts';
import type { VolumeSpec } from './volume.ts';

export interface NodeSpec {
  readonly instanceId: string;
  readonly name: string;
  readonly privateIp: string;
  readonly volumes: readonly VolumeSpec[];
  readonly root?: { readonly sizeBytes: number; readonly usedBytes: number };
  readonly runtime: 'systemd' | 'docker' | 'compose' | 'commands' | 'none';
  /** The real unit: "node@0.20.0.service", a container's name, "<file>#<service>", "<start>#<stop>#<status>". */
  readonly unit: string;
  readonly client?: ClientState;
  readonly lagBlocks?: number;
  readonly catchUpBlocksPerSecond?: number;
  /** It syncs by stages, as reth and erigon do: its height stands until it has come through. */
  readonly staged?: boolean;
  /** Its voting power if it is a validator. */
  readonly validatorPower?: number;
  /** Connections to strangers; by default 8, or none if our validators need each other. */
  readonly peers?: number;
  /** Peers in its configuration when the run begins: private addresses of siblings, or host:port. */
  readonly knows?: readonly string[];
  /** Path of the client's configuration; by default the path of the usual unit. */
  readonly configPath?: string;
  readonly ports?: {
    readonly rpc?: number;
    readonly p2p?: number;
    readonly metrics?: number;
    readonly beacon?: number;
  };
  readonly rpc?: RpcSpec;
  /** A beacon node runs next to the execution client. */
  readonly beacon?: boolean;
  /** From a start of the client until it answers and follows; 0 by default. */
  readonly startSeconds?: number;
  /** How long a clean stop takes; some random seconds by default. A client that gets less time is killed. */
  readonly stopSeconds?: number;
  readonly agentVersion?: string;
  /** Its CloudWatch agent tells the device of each disk, too: nobody has set `drop_device`. */
  readonly diskDevices?: boolean;
  /** How far the node's clock is ahead of true time. */
  readonly clockSkewSeconds?: number;
  /** What its owner has installed: the instances of its template unit, by their names. One that runs and is not among them has lost its file. */
  readonly versions?: Readonly<Record<string, InstalledVersion>>;
  /** An executable that its owner has put there, which takes the client's data back by some blocks. */
  readonly rollBack?: OwnRollBack;
  /** An executable that its owner has put there, which has the client build its data again from the blocks on its disk. */
  readonly reindex?: OwnReindex;
  /** An executable that its owner has put there, which has the client drop data that it need not keep. */
  readonly prune?: OwnPrune;
  /** False: the instance is stopped when the run begins. */
  readonly powered?: boolean;
}

/** A version of the client on a node. */
export interface InstalledVersion {
  /** As it names itself; by default as the protocol's client does. */
  readonly clientVersion?: string;
  /** The newest format of data that it knows, which it migrates older ones to; 0 by default. */
  readonly format?: number;
  /** The first block that it does not execute: the chain's upgrade. It stores it and stands there, and goes on only as another version. */
  readonly stopsBelow?: number;
  /** ends: it ends at its start. stands: it runs and answers, and takes no block. dies: it is killed two minutes after each start. */
  readonly fault?: VersionFault;
}

export const VERSION_FAULTS = ['ends', 'stands', 'dies'] as const;
export type VersionFault = (typeof VERSION_FAULTS)[number];

export interface OwnRollBack {
  /** Its absolute path. */
  readonly command: string;
  /** By how many blocks. */
  readonly blocks: number;
  readonly takesSeconds: number;
  /**
   * passes: what is fetched again is right, on the main branch, and passes the block. nothing: the client stops at the same block again. fails: it
   * changes nothing, and exits with 1. spoils: the client cannot open the data any more.
   */
  readonly effect: 'passes' | 'nothing' | 'fails' | 'spoils';
}

export interface OwnReindex {
  /** Its absolute path. */
  readonly command: string;
  readonly takesSeconds: number;
  /** After its next start the client answers -28 for so long, and goes on with it after a restart in between. */
  readonly buildsSeconds: number;
  /** mends: a broken chainstate; broken block files it does not. fails: it changes nothing, and exits with 1. spoils: the block files are broken by it. */
  readonly effect: 'mends' | 'fails' | 'spoils';
}

/** Which of a client's files are broken: what it makes of its blocks, or the blocks themselves. */
export type Damage = 'chainstate' | 'blocks';

export interface OwnPrune {
  /** Its absolute path. */
  readonly command: string;
  /** At most; the data stay. */
  readonly freesBytes: number;
  readonly takesSeconds: number;
  /** frees: what is said. fails: it changes nothing, and exits with 1. spoils: the client cannot open the data any more. */
  readonly effect: 'frees' | 'fails' | 'spoils';
}

/** Who may ask a node's client, and how. */
export interface RpcSpec {
  /** Requests without them get HTTP 401. */
  readonly credentials?: { readonly user: string; readonly password: string } | { readonly token: string };
  /** A file with the credentials as "user:password", like bitcoind's .cookie. */
  readonly credentialsFile?: string;
  /** loopback: connections from other machines are refused. */
  readonly listens?: 'network' | 'loopback';
  /** CometBFT's `rpc.unsafe`: /dial_peers exists for every caller that reaches the port. */
  readonly unsafe?: boolean;
  /** Before all paths: "/ext/bc/C/rpc". */
  readonly path?: string;
  /** The namespace of CometBFT's metrics; off: the metrics port is closed, geth's too. */
  readonly metrics?: 'cometbft' | 'tendermint' | 'off';
  readonly clientVersion?: string;
}

export interface NodeReport {
  readonly instanceId: string;
  readonly name: string;
  /** As seen by an observer that knows everything; unreachable: its client does not run. */
  readonly state: 'synced' | 'behind' | 'starting' | 'stuck' | 'forked' | 'unreachable';
  readonly client: ClientState;
  readonly height: number;
  readonly heightLag: number;
  readonly peers: number;
  readonly volumes: readonly {
    volumeId: string;
    role: string;
    path: string;
    usedPercent: number;
    inodesPercent: number;
    sizeBytes: number;
  }[];
  /** Commands that the node refused: stale or late. */
  readonly fencedCommands: number;
  readonly outages: readonly Outage[];
  /** Names of what commands and boots have started, in order. */
  readonly clientStarts: readonly string[];
}

/** Documents are named by their suite and their content: chainmend-observe-node-<hash>, payments-chainmend-observe-node-<hash>. */
export function operationOf(documentName: string): Operation | undefined {
  const [, name] = /^(?:[a-z0-9-]{1,20}-)?chainmend-(.+)-[^-]+$/.exec(documentName) ?? [];
  return name !== undefined && Object.hasOwn(operationParameters, name) ? (name as Operation) : undefined;
}

/** Whether a command is for this node's client: `node@*` matches any instance of the template. */
export function isUnit(spec: NodeSpec, runtime: string, unit: string): boolean {
  if (runtime !== spec.runtime || runtime === 'none') return false;
  if (runtime !== 'systemd') return unit === spec.unit;
  const [before = '', after] = withSuffix(unit).split('*');
  return after === undefined ? withSuffix(spec.unit) === before : withSuffix(spec.unit).startsWith(before);
}

const withSuffix = (unit: string): string => (unit.endsWith('.service') ? unit : `${unit}.service`);

/** "0.20.0" of node@0.20.0.service; undefined where the unit is no instance of a template. */
export const instanceOf = ({ runtime, unit }: Pick<NodeSpec, 'runtime' | 'unit'>): string | undefined =>
  runtime === 'systemd' ? /@(.+?)(\.service)?$/.exec(unit)?.[1] : undefined;

/** Its version is the tag of an image. */
export const isContainer = (runtime: string): boolean => runtime === 'docker' || runtime === 'compose';

/** The name of a start: the full unit name, the container, or the compose service. */
export function unitName({ runtime, unit }: Pick<NodeSpec, 'runtime' | 'unit'>): string {
  if (runtime === 'systemd') return withSuffix(unit);
  return runtime === 'compose' ? (unit.split('#')[1] ?? unit) : unit;
}
