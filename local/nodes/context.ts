// What each part of a simulated node knows of the others: disks, agents, RPC ports and commands get this.
import type { Kernel } from '../simulator/kernel.ts';
import type { SimulatedChain } from './chain.ts';
import type { SimulatedClient } from './client.ts';
import type { NodePeers } from './peers.ts';
import type { NodeSetup } from './setup.ts';
import type { InstalledVersion, NodeSpec } from './spec.ts';
import type { SimulatedVolume } from './volume.ts';

export interface NodeContext {
  readonly instanceId: string;
  readonly kernel: Kernel;
  readonly chain: SimulatedChain;
  readonly spec: NodeSpec;
  readonly isPowered: boolean;
  readonly client: SimulatedClient;
  readonly volumes: readonly SimulatedVolume[];
  readonly peers: NodePeers;
  readonly setup: NodeSetup;
  /** The version of the client that a start would start. */
  readonly version: InstalledVersion;
}
