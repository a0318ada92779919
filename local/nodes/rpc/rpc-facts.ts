// What answers are made of: the facts of whoever is asked, be it a node of ours or a public endpoint. One protocol's file turns them
// into exactly the form that its real clients answer.
import type { SeenPeer } from '../peers.ts';
import type { Protocol } from '../protocol.ts';

/** The blocks that it believes in. */
export interface Blocks {
  /** 64 hexadecimal digits. */
  hash(height: number): string;
  blockTimeMs(height: number): number;
}

export interface RpcFacts {
  readonly protocol: Protocol;
  /** The moniker, for those that tell it. */
  readonly name: string;
  readonly chainId: string;
  readonly blocks: Blocks;
  readonly blockIntervalMs: number;
  readonly height: number;
  /** Where it believes that its chain ends: at its own height when it hangs and does not know it. */
  readonly claimedTip: number;
  readonly nowMs: number;
  /** The process is there and has not loaded. */
  readonly loading: boolean;
  readonly clientVersion: string;
  readonly peerCount: number;
  readonly peers: () => readonly SeenPeer[];
  /** undefined where nodes have none. */
  readonly peerId: string | undefined;
  readonly host: string;
  readonly p2pPort: number;
  /** Of a validator in the set; 0 for all others. */
  readonly votingPower: number;
  /** Calls that change it, as far as who asks may make them; undefined for a stranger's endpoint. */
  readonly control: Control | undefined;
}

export interface Control {
  /** Asked on the node itself. */
  readonly local: boolean;
  readonly rpcUnsafe: boolean;
  add(address: string, id: string | undefined): boolean;
  remove(address: string, how: { readonly keep: boolean }): boolean;
  disconnect(address: string): boolean;
}

/** Whether it knows of blocks that it does not have. */
export const isBehind = ({ height, claimedTip }: RpcFacts): boolean => claimedTip > height;

export const seconds = (ms: number): number => Math.floor(ms / 1_000);
