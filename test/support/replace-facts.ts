// What replace-node reads and remembers of one ordinary node, as the tests of its decisions need it.
import type { Facts, Machine, Watched } from '../../functions/replace-node/facts.ts';
import { newState, newReplacement as plannedReplacement } from '../../functions/replace-node/state.ts';
import type { InstanceDescription } from '../../shared/aws/instances.ts';
import type { VolumeDescription } from '../../shared/aws/volumes.ts';
import type { FoundVolume, LadderState, Replacement, RestoredVolumes } from '../../shared/heal/memory.ts';
import type { NodeState } from '../../shared/node-commands/node-answer.ts';
import type { SnapshotFact, SnapshotSet } from '../../shared/snapshots/model.ts';
import { DATA_VOLUME, fleetWith, GIB, INSTANCE, MINUTE_MS, NODE_TAGS, NOON_MS } from './heal-facts.ts';

export const YOUNG = 'i-0fedcba9876543210';
export const ROOT_VOLUME = 'vol-0d00000000000000f';
export const COPY_VOLUME = 'vol-0c1b2c3d4e5f60718';
const PATH = '/var/lib/bitcoind';

const instanceNow = (more: Partial<InstanceDescription> = {}): InstanceDescription => ({
  instanceId: INSTANCE,
  state: 'running',
  launchedAtMs: NOON_MS - 24 * 60 * MINUTE_MS,
  availabilityZone: 'eu-west-1a',
  subnetId: 'subnet-0a',
  vpcId: 'vpc-0123456789abcdef0',
  instanceType: 'm6i.large',
  privateIp: '10.0.0.10',
  rootDevice: '/dev/xvda',
  rootVolumeId: ROOT_VOLUME,
  devices: [{ device: '/dev/sdf', volumeId: DATA_VOLUME, deleteOnTermination: false, status: 'attached' }],
  tags: { ...NODE_TAGS },
  launchTemplate: { id: 'lt-0123456789abcdef0', version: '1' },
  autoScalingGroup: null,
  cloudFormationStack: null,
  instanceStore: false,
  publicIp: null,
  ...more,
});

const OK = { system: 'ok', instance: 'ok', attachedEbs: 'ok' } as const;
export const machine = (more: Partial<InstanceDescription> = {}, rest: Partial<Machine> = {}): Machine => ({
  instance: instanceNow(more),
  checks: OK,
  agentOnline: true,
  ...rest,
});
export const impaired = (check: 'system' | 'instance' | 'attachedEbs') =>
  machine({}, { checks: { ...OK, [check]: 'impaired' }, agentOnline: check === 'attachedEbs' });

export const volumeNow = (more: Partial<VolumeDescription> = {}): VolumeDescription => ({
  volumeId: DATA_VOLUME,
  state: 'in-use',
  sizeGiB: 500,
  type: 'gp3',
  iops: 3000,
  throughputMiBps: 125,
  availabilityZone: 'eu-west-1a',
  encrypted: true,
  kmsKeyId: null,
  snapshotId: '',
  createdAtMs: NOON_MS - 24 * 60 * MINUTE_MS,
  attachment: { instanceId: INSTANCE, device: '/dev/sdf', state: 'attached', deleteOnTermination: false },
  tags: { ...NODE_TAGS },
  ...more,
});

type Client = NodeState['clients'][number];
export const client = (state: Client['state'], more: Partial<Client> = {}): Client => ({
  state,
  exitStatus: state === 'running' ? null : state === 'failed' ? 1 : 0,
  lastLine: '',
  masked: false,
  ...more,
});
export const seen = (
  clients: readonly Client[] = [client('running')],
  volumeId = DATA_VOLUME,
  usedGiB = 300,
): NodeState => ({
  clients: [...clients],
  volumes: [
    { path: PATH, volumeId, filesystem: 'xfs', sizeBytes: 500 * GIB, usedBytes: usedGiB * GIB, readOnly: false },
  ],
  devices: [DATA_VOLUME],
  rootUsedPercent: 20,
});

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

export const FLEET = fleetWith({}, { probe: 'ssm', volumes: { data: { path: PATH } } });

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

export const foundVolume = (more: Partial<FoundVolume> = {}): FoundVolume => ({
  role: 'data',
  volumeId: DATA_VOLUME,
  path: PATH,
  device: '/dev/sdf',
  sizeGiB: 500,
  type: 'gp3',
  iops: 3000,
  throughputMiBps: 125,
  encrypted: true,
  kmsKeyId: null,
  tags: { ...NODE_TAGS },
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
    attachment: { instanceId: INSTANCE, device: '/dev/sdg', state: 'attached', deleteOnTermination: false },
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

export const snapshotSet = (at = 0, more: Partial<SnapshotSet> = {}): SnapshotSet => ({
  setId: `set-${at}`,
  node: 'node2',
  takenAtMs: NOON_MS - (at + 1) * 60 * MINUTE_MS,
  untilMs: NOON_MS - (at + 1) * 60 * MINUTE_MS,
  parts: { data: snapshotFact(`snap-0${at}`) },
  rank: 'clean',
  height: 900,
  ...more,
});

export const snapshotFact = (snapshotId: string): SnapshotFact => ({
  snapshotId,
  volumeId: DATA_VOLUME,
  sizeGiB: 500,
  startedAtMs: NOON_MS - 60 * MINUTE_MS,
  state: 'completed',
  encrypted: true,
  kmsKeyId: null,
  ownerId: '111122223333',
  tags: { Component: 'nodes/bitcoin' },
  policyId: null,
  locked: false,
  archived: false,
  ledger: {
    fleet: 'bitcoin',
    node: 'node2',
    role: 'data',
    setId: null,
    parts: 1,
    height: 900,
    blockHash: null,
    chainId: null,
    client: null,
    clientVersion: null,
    mode: null,
    cleanStop: true,
    verifiedAtMs: null,
    quarantined: null,
    heldBy: null,
  },
});
