// What a scenario says of a simulated node, and what a node tells to reports and tests.
import type { ClientState, Outage } from './client.ts';
import type { VolumeSpec } from './volume.ts';

export interface NodeSpec {
  readonly instanceId: string;
  readonly name: string;
  readonly privateIp: string;
  readonly volumes: readonly VolumeSpec[];
  readonly root?: { readonly sizeBytes: number; readonly usedBytes: number };
  readonly runtime: 'systemd' | 'docker' | 'compose' | 'none';
  /** The real one: "node@0.20.0.service", a container's name, "<file>#<service>". */
  readonly unit: string;
  readonly client?: ClientState;
  readonly lagBlocks?: number;
  readonly catchUpBlocksPerSecond?: number;
  /** Its voting power where it is a validator. */
  readonly validatorPower?: number;
  readonly peers?: number;
  readonly agentVersion?: string;
  /** How far the node's clock is ahead of true time. */
  readonly clockSkewSeconds?: number;
  /** False: the instance is stopped when the run begins. */
  readonly powered?: boolean;
}

export interface NodeReport {
  readonly instanceId: string;
  readonly name: string;
  readonly state: 'synced' | 'behind' | 'unreachable';
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
  /** What commands and boots have started, in order. */
  readonly clientStarts: readonly string[];
}
