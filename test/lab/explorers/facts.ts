// The facts that a heal of the model reads before it decides: those of `decideResize`, from the world or from a stale view of it.

import type { Fleet } from '../../../shared/fleet/model.ts';
import type { ResizeFacts } from '../../../shared/growth/decide.ts';
import type { Mode } from '../../../shared/model/mode.ts';
import type { Observation } from '../../../shared/node-commands/answer.ts';
import { bitcoinFleet, NODE_TAGS } from '../../fixtures/builders/fleet.ts';
import { MODIFICATIONS_PER_DAY } from './aws.ts';
import { GIB, NOW_MS, VOLUME_ID, type VolumeView, type World } from './world.ts';

const fleetIn = (mode: Mode): Fleet =>
  bitcoinFleet({
    mode,
    volumes: { data: '/data' },
    disk: {
      growAtPercent: 80,
      horizonHours: 30,
      minimumStepPercent: 20,
      maximumSizeGiB: 10_000,
      maximumMonthlyIncreaseUsd: 1_000,
      modificationsPerDay: MODIFICATIONS_PER_DAY,
    },
  });
/** Made once: the explorer needs the facts of millions of states. */
const FLEETS: Readonly<Record<Mode, Fleet>> = { plan: fleetIn('plan'), ask: fleetIn('ask'), act: fleetIn('act') };

export const factsOf = (
  { host, node }: World,
  view: VolumeView,
  seen: Observation | null,
  mode: Mode,
): ResizeFacts => ({
  nowMs: NOW_MS,
  fleet: FLEETS[mode],
  volumeRole: 'data',
  instanceState: 'running',
  instanceTags: null,
  volumes: [
    { volumeId: VOLUME_ID, sizeGiB: view.sizeGiB, type: 'gp3', iops: 3000, throughputMiBps: 125, tags: NODE_TAGS },
  ],
  latestModification: { volumeId: VOLUME_ID, state: view.phase, targetGiB: view.targetGiB },
  seen,
  history: [{ atMs: NOW_MS, usedBytes: host.usedGiB * GIB }],
  reportedPercent: (host.usedGiB / host.filesystemGiB) * 100,
  intents: node.modifications,
  addedUsd: 0,
});
