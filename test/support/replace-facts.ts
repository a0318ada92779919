// What replace-node reads and remembers of one ordinary node, as the tests of its decisions need it.
import type { Facts, Machine, Watched } from '../../functions/replace-node/facts.ts';
import { newState, newReplacement as plannedReplacement } from '../../functions/replace-node/state.ts';
import type { InstanceDescription } from '../../shared/aws/instances.ts';
import type { VolumeDescription } from '../../shared/aws/volumes.ts';
import type { LadderState, Replacement, RestoredVolumes } from '../../shared/heal/memory.ts';
import type { NodeState } from '../../shared/node-commands/node-answer.ts';
import { bitcoinFleet } from './builders/fleet.ts';
import { DATA_VOLUME, INSTANCE, instanceNow } from './builders/node.ts';
import { type ClientState, clientState, mountedVolume, nodeState } from './builders/observation.ts';
import { snapshotSet } from './builders/snapshot.ts';
import { MINUTE_MS, NOON_MS } from './builders/time.ts';
import { attachedAt, DATA_PATH, foundVolume, GIB, volumeNow } from './builders/volume.ts';

export const YOUNG = 'i-0fedcba9876543210';
export const COPY_VOLUME = 'vol-0c1b2c3d4e5f60718';

const OK = { system: 'ok', instance: 'ok', attachedEbs: 'ok' } as const;
export const machine = (more: Partial<InstanceDescription> = {}, rest: Partial<Machine> = {}): Machine => ({
  instance: instanceNow(more),
  checks: OK,
  agentOnline: true,
  ...rest,
});
export const impaired = (check: 'system' | 'instance' | 'attachedEbs') =>
  machine({}, { checks: { ...OK, [check]: 'impaired' }, agentOnline: check === 'attachedEbs' });

type Client = ClientState['state'];
export const client = (state: Client, more: Partial<ClientState> = {}): ClientState =>
  clientState({ state, exitStatus: state === 'running' ? null : state === 'failed' ? 1 : 0, ...more });
export const seen = (
  clients: readonly ClientState[] = [clientState()],
  volumeId = DATA_VOLUME,
  usedGiB = 300,
): NodeState => nodeState({ clients: [...clients], volumes: [mountedVolume({ volumeId, usedBytes: usedGiB * GIB })] });

export const watched = (health: Watched['health'], more: Partial<Watched> = {}): Watched => ({
  instanceId: INSTANCE,
  health,
  reason: `it is ${health}`,
  sinceMs: NOON_MS - 10 * MINUTE_MS,
  observedAtMs: NOON_MS,
  height: 1000,
  lagBlocks: 50,
  ...more,
});

export const FLEET = bitcoinFleet({ probe: 'ssm', volumes: { data: { path: DATA_PATH } } });

export const facts = (more: Partial<Facts> = {}): Facts => ({
  nowMs: NOON_MS,
  fleet: FLEET,
  want: { do: 'heal' },
  role: 'follower',
  node: 'node2',
  incidentId: '7f3a0c1d',
  onsetMs: NOON_MS - 10 * MINUTE_MS,
  original: machine(),
  replacement: null,
  volumes: [volumeNow()],
  seen: seen(),
  watched: watched('stuck'),
  breaker: { open: false, sentence: '1 of 5 nodes unhealthy or unknown, limit 1' },
  haltedSinceMs: null,
  sources: { good: [snapshotSet()], refused: [], sibling: null, kept: null },
  reach: null,
  keyScope: { accountId: '111122223333', kmsKeys: [] },
  launch: null,
  initialization: null,
  ...more,
});

/** A heal of that node that has begun, and holds the snapshots that it may need. */
export const ladderState = (more: Partial<LadderState> = {}): LadderState => ({
  ...newState(NOON_MS - 5 * MINUTE_MS, '7f3a0c1d', {
    instanceId: INSTANCE,
    availabilityZone: 'eu-west-1a',
    volumes: [foundVolume()],
    height: 1000,
    lagBlocks: 50,
    client: 'running',
  }),
  waitingSinceMs: NOON_MS,
  hold: 'held',
  ...more,
});

export const copy = (more: Partial<RestoredVolumes> = {}): RestoredVolumes => ({
  source: 'set-0',
  from: 'snapshot',
  rank: 'clean',
  height: 900,
  ofNode: 'node2',
  generation: 0,
  availabilityZone: 'eu-west-1a',
  volumes: [{ role: 'data', volumeId: COPY_VOLUME, device: '/dev/sdg', snapshotId: 'snap-00' }],
  creating: [],
  checked: 1,
  mounted: 'found',
  givenUp: null,
  ...more,
});

/** The copy's volume, attached beside the node's own. */
export const copyVolume = (more: Partial<VolumeDescription> = {}): VolumeDescription =>
  volumeNow({
    volumeId: COPY_VOLUME,
    attachment: attachedAt('/dev/sdg'),
    ...more,
  });

/** Launched, and seen masked. */
export const newReplacement = (more: Partial<Replacement> = {}): Replacement => ({
  ...plannedReplacement({ generation: 0, subnetId: 'subnet-0a', availabilityZone: 'eu-west-1a' }),
  instanceId: YOUNG,
  fence: 1,
  heard: 1,
  masked: true,
  ...more,
});
