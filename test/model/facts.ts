// What a heal of the model reads before it decides: the facts that `decideResize` takes, of the world or of a stale view of it.
import type { ResizeFacts } from '../../functions/resize-volume/decide.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { Observation } from '../../shared/node-commands/answer.ts';
import { MODIFICATIONS_PER_DAY } from './aws.ts';
import { GIB, NOW_MS, TROUBLE, VOLUME_ID, type VolumeView, type World } from './world.ts';

const TAGS = { Component: 'nodes/bitcoin' };

const fleetOf = (mode: Fleet['mode']): Fleet => ({
  name: TROUBLE.fleet,
  chain: 'bitcoin',
  mode,
  nodes: { tags: TAGS, nameTag: 'Name' },
  role: { fixed: 'follower' },
  volumes: [{ role: 'data', path: '/data', tags: TAGS }],
  units: [
    { name: 'node', runtime: { kind: 'systemd', unit: 'node.service' }, stopGraceSeconds: 60, cleanLine: undefined },
  ],
  identityPaths: [],
  owner: { acceptDrift: false, restartValidators: false },
  disk: {
    growAtPercent: 80,
    horizonHours: 30,
    minimumStepPercent: 20,
    maximumSizeGiB: 10_000,
    maximumMonthlyIncreaseUsd: 1_000,
    modificationsPerDay: MODIFICATIONS_PER_DAY,
  },
  breaker: { unhealthyPercent: 20, unhealthyMinimum: 1 },
  ask: { expiresAfterHours: 24 },
  alarms: { namePatterns: [], per: 'auto', diskPercent: 80 },
  rpc: undefined,
  probe: undefined,
  health: {
    behindBlocks: 3,
    stuckSeconds: 600,
    haltSeconds: 10_800,
    startGraceSeconds: 1800,
    confirmations: 6,
    references: [],
    chainId: undefined,
  },
  peers: undefined,
  snapshots: undefined,
  dns: undefined,
  replace: {
    rungs: [],
    source: 'snapshot',
    initializationMiBps: undefined,
    launchTemplate: undefined,
    lifecyclePolicies: [],
    subnetIds: [],
    keepDays: 7,
    autoScaling: 'refuse',
    restartsPerDay: 6,
    replacementsPerHour: 2,
    replacementsPerDay: 5,
    replacementsPerNode: 3,
  },
  cleanSnapshots: undefined,
  dataMode: undefined,
});

export const factsOf = (
  { host, node }: World,
  view: VolumeView,
  seen: Observation | null,
  mode: Fleet['mode'],
): ResizeFacts => ({
  nowMs: NOW_MS,
  fleet: fleetOf(mode),
  volumeRole: 'data',
  instanceState: 'running',
  volumes: [{ volumeId: VOLUME_ID, sizeGiB: view.sizeGiB, type: 'gp3', iops: 3000, throughputMiBps: 125, tags: TAGS }],
  latestModification: { volumeId: VOLUME_ID, state: view.phase, targetGiB: view.targetGiB },
  seen,
  history: [{ atMs: NOW_MS, usedBytes: host.usedGiB * GIB }],
  reportedPercent: (host.usedGiB / host.filesystemGiB) * 100,
  intents: node.modifications,
  addedUsd: 0,
});
