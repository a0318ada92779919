// The questions of watch-fleet and rotate-peers to a fleet's nodes, and the answers, for every probe: a function in the VPC, a command on the node,
// or a metric.
import type { NodePeers, NodeStatus, Reading } from '../chains/client.ts';
import type { ConsensusMetrics, GethMetrics } from '../chains/metrics.ts';
import type { RpcPolicy } from '../fleet/model.ts';

/** One node to be asked. */
export interface ProbeTarget {
  readonly instanceId: string;
  /** Private address. */
  readonly host: string;
}

/** The question for the nodes of one fleet: the same for all of them. */
export interface ProbeQuestion {
  readonly fleet: string;
  readonly chain: string;
  readonly stopGraceSeconds: number;
  readonly rpc: RpcPolicy;
  readonly ask: /** Where it stands; hashes at these heights too. */
    | {
        readonly what: 'status';
        readonly heights: readonly number[];
        /** Whose votes it has for the next block, too. */
        readonly votes?: true;
      }
    /** The peers that it is connected to, where that may be asked over a network. */
    | { readonly what: 'peers' };
}

/** The event of probe-nodes. Its answer is a `ProbeAnswer`. */
export interface ProbeRequest extends ProbeQuestion {
  readonly kind: 'probe';
  /** At most `TARGETS_A_REQUEST`. */
  readonly targets: readonly ProbeTarget[];
}

export interface StatusReading {
  readonly instanceId: string;
  readonly status: Reading<NodeStatus>;
  /** Present where the fleet file names a metrics port, by the chain's own kind. */
  readonly consensus?: Reading<ConsensusMetrics>;
  readonly geth?: Reading<GethMetrics>;
  /** The status of the consensus client next to it, where the fleet file names its port: a beacon node, heimdall, op-node. */
  readonly beacon?: Reading<NodeStatus>;
  /** Use of its volumes in per cent, by role: only a probe on the node knows it. */
  readonly diskUsedPercent?: Readonly<Record<string, number>>;
  /** Use of their inodes, in the same way; without those of filesystems that have no fixed number of them. */
  readonly inodesUsedPercent?: Readonly<Record<string, number>>;
  /** Of the volume that it boots from, in the same way. */
  readonly rootUsedPercent?: number;
}

export interface PeersReading {
  readonly instanceId: string;
  readonly peers: Reading<NodePeers>;
}

/** Targets that are in neither list were not asked: the time was up. */
export interface ProbeAnswer {
  readonly statuses: readonly StatusReading[];
  readonly peers: readonly PeersReading[];
}

/** A probe's answer fits Lambda's 6 MB many times over; a tenth of a minute's connections at a time fit one sandbox. */
export const TARGETS_A_REQUEST = 250;

/** How long the caller waits for a probe: a probe ends after 30 s at most. */
export const PROBE_REQUEST_TIMEOUT_MS = 35_000;
