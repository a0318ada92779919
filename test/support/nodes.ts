// One ordinary node of one ordinary chain, for tests that need a machine and care about one thing of it.
import { type ChainSpec, SimulatedChain } from '../../local/nodes/chain.ts';
import { SimulatedNode } from '../../local/nodes/node.ts';
import type { NodeSpec } from '../../local/nodes/spec.ts';
import type { VolumeSpec } from '../../local/nodes/volume.ts';
import type { Kernel } from '../../local/region/kernel.ts';

const GIB = 2 ** 30;

export const NODE_INSTANCE = 'i-0123456789abcdef0';
export const NODE_VOLUME = 'vol-0a1b2c3d4e5f60718';

/** Fills a data volume with 14 GiB an hour. */
export function chainOf(kernel: Kernel, spec: Partial<ChainSpec> = {}): SimulatedChain {
  return new SimulatedChain(kernel, {
    name: 'bitcoin',
    heightAtStart: 930_000,
    blockIntervalMs: 10_000,
    bytesPerBlock: 40 * 2 ** 20,
    inodesPerBlock: 0.5,
    consensus: 'elsewhere',
    ...spec,
  });
}

/** 500 GiB of XFS, 91 % of them used. */
export const dataVolume = (spec: Partial<VolumeSpec> = {}): VolumeSpec => ({
  volumeId: NODE_VOLUME,
  role: 'data',
  path: '/data',
  filesystem: 'xfs',
  deviceBytes: 500 * GIB,
  usedBytes: 455 * GIB,
  ...spec,
});

/** Runs its client under systemd, on a data volume. */
export function nodeOf(kernel: Kernel, chain: SimulatedChain, spec: Partial<NodeSpec> = {}): SimulatedNode {
  return new SimulatedNode(kernel, chain, {
    instanceId: NODE_INSTANCE,
    name: 'node1',
    privateIp: '10.0.0.11',
    runtime: 'systemd',
    unit: 'node@0.20.0.service',
    volumes: [dataVolume()],
    ...spec,
  });
}
