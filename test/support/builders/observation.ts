// The ordinary node as watch-fleet sees it, and as it tells of itself to a command: synced, its client running on a mounted volume.
import type { ObservedNode } from '../../../shared/fleet/observation.ts';
import type { Observation } from '../../../shared/node-commands/answer.ts';
import type { NodeState } from '../../../shared/node-commands/node-answer.ts';
import { DATA_VOLUME, instanceIdOf } from './node.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from './time.ts';
import { DATA_PATH, GIB } from './volume.ts';

/** Of watch-fleet: synced for an hour. */
export function observedNode(more: Partial<ObservedNode> = {}): ObservedNode {
  const { name = 'node2' } = more;
  return {
    instanceId: instanceIdOf(name),
    name,
    role: 'follower',
    availabilityZone: 'eu-west-1a',
    privateIp: '10.0.0.1',
    health: 'synced',
    reason: 'at the tip, 900000',
    sinceMs: NOON_MS - HOUR_MS,
    height: 900_000,
    block: { height: 900_000, hash: '00ab' },
    clientVersion: '/Satoshi:29.1.0/',
    heightSinceMs: NOON_MS - MINUTE_MS,
    lagBlocks: 0,
    blockAgeSeconds: 60,
    peerCount: 8,
    startedAtMs: null,
    seenSinceMs: 0,
    paged: [],
    ...more,
  };
}

/** Of a node that is looked at for its disk: 455 of 500 GiB used, client running. */
export const observation = (more: Partial<Observation> = {}): Observation => ({
  volumeId: DATA_VOLUME,
  device: 'nvme1n1',
  partitioned: false,
  filesystem: 'xfs',
  path: DATA_PATH,
  deviceBytes: 500 * GIB,
  sizeBytes: 500 * GIB,
  usedBytes: 455 * GIB,
  inodesTotal: 262_144_000,
  inodesUsed: 5_000,
  rootUsedPercent: 31.5,
  client: 'running',
  ...more,
});

export type ClientState = NodeState['clients'][number];
export const clientState = (more: Partial<ClientState> = {}): ClientState => ({
  state: 'running',
  exitStatus: null,
  lastLine: '',
  masked: false,
  ...more,
});

type MountedVolume = NodeState['volumes'][number];
export const mountedVolume = (more: Partial<MountedVolume> = {}): MountedVolume => ({
  path: DATA_PATH,
  volumeId: DATA_VOLUME,
  filesystem: 'xfs',
  sizeBytes: 500 * GIB,
  usedBytes: 300 * GIB,
  readOnly: false,
  ...more,
});

/** Of a node that is looked at for its client and its volumes. */
export const nodeState = (more: Partial<NodeState> = {}): NodeState => ({
  clients: [clientState()],
  volumes: [mountedVolume()],
  devices: [DATA_VOLUME],
  rootUsedPercent: 30,
  ...more,
});
