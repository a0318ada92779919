// The facts that RPC answers are made of, for a node of ours or a public endpoint. Each protocol's file turns them into exactly the form of its real
// clients.
import type { SeenPeer } from '../peers.ts';
import type { Protocol } from '../protocol.ts';
import type { SeenVotes } from '../validators.ts';

/** The blocks that it takes for its chain. */
export interface Blocks {
  /** 64 hexadecimal digits. */
  hash(height: number): string;
  blockTimeMs(height: number): number;
}

export interface RpcFacts {
  readonly protocol: Protocol;
  /** The moniker, in protocols that have one. */
  readonly name: string;
  readonly chainId: string;
  readonly blocks: Blocks;
  readonly blockIntervalMs: number;
  readonly height: number;
  /** How far its stages are, while it syncs by them and its height stands. Absent otherwise. */
  readonly stagesAt?: number;
  /** The tip in its own view; its own height if it hangs without noticing. */
  readonly claimedTip: number;
  readonly nowMs: number;
  /** The process runs but has not loaded. */
  readonly loading: boolean;
  readonly clientVersion: string;
  readonly peerCount: number;
  readonly peers: () => readonly SeenPeer[];
  /** undefined if nodes have none. */
  readonly peerId: string | undefined;
  readonly host: string;
  readonly p2pPort: number;
  /** Of a validator in the set; 0 for all others. */
  readonly votingPower: number;
  /** The address of its validator's key, in chains that have validators of ours. */
  readonly voterAddress?: string;
  /** hung: its part in the consensus hangs, and holds the lock that the answer needs. Absent while blocks are made, and of an endpoint outside the fleet. */
  readonly votes?: SeenVotes | 'hung';
  /** It refuses calls that a reading can do without. */
  readonly withholds?: boolean;
  /** Calls that change the node, as far as the caller may make them; undefined for an endpoint outside the fleet. */
  readonly control: Control | undefined;
}

export interface Control {
  /** The request comes from the node itself. */
  readonly local: boolean;
  readonly rpcUnsafe: boolean;
  add(address: string, id: string | undefined): boolean;
  remove(address: string, how: { readonly keep: boolean }): boolean;
  disconnect(address: string): boolean;
}

/** Whether it knows of blocks that it does not have. */
export const isBehind = ({ height, claimedTip }: RpcFacts): boolean => claimedTip > height;

export const seconds = (ms: number): number => Math.floor(ms / 1_000);
