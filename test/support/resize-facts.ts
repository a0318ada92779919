// What resize-volume reads of a node before it decides: of the ordinary one, whose disk is full, and of any other.
import fc from 'fast-check';
import type { ResizeFacts, VolumeFact } from '../../functions/resize-volume/decide.ts';
import type { DiskPolicy } from '../../shared/fleet/model.ts';
import { VOLUME_LIMITS, type VolumeType } from '../../shared/guardrails/ebs.ts';
import type { Observation } from '../../shared/node-commands/answer.ts';
import { bitcoinFleet, NODE_TAGS } from './builders/fleet.ts';
import { DATA_VOLUME } from './builders/node.ts';
import { observation } from './builders/observation.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from './builders/time.ts';
import { GIB } from './builders/volume.ts';

export const dataVolume = (more: Partial<VolumeFact> = {}): VolumeFact => ({
  volumeId: DATA_VOLUME,
  sizeGiB: 500,
  type: 'gp3',
  iops: 3000,
  throughputMiBps: 125,
  tags: NODE_TAGS,
  ...more,
});

/** Use that grew by `gibPerHour` and ends now; 48 h of it, or since it was nothing. */
export const steadyHistory = (usedGiB: number, gibPerHour: number, nowMs = NOON_MS) =>
  Array.from({ length: 96 }, (_, i) => {
    const hoursAgo = (95 - i) / 2;
    return { atMs: nowMs - hoursAgo * HOUR_MS, usedBytes: (usedGiB - gibPerHour * hoursAgo) * GIB };
  }).filter(({ usedBytes }) => usedBytes >= 0);

/** A full disk on an ordinary node, as read in mode act. */
export const resizeFacts = (more: Partial<ResizeFacts> = {}): ResizeFacts => ({
  nowMs: NOON_MS,
  fleet: bitcoinFleet(),
  volumeRole: 'data',
  instanceState: 'running',
  volumes: [dataVolume()],
  latestModification: null,
  seen: observation(),
  history: steadyHistory(455, 4),
  reportedPercent: 91,
  intents: [],
  addedUsd: 0,
  ...more,
});

/** Any disk policy that a fleet file may hold. */
const anyDiskPolicy: fc.Arbitrary<DiskPolicy> = fc.record({
  growAtPercent: fc.integer({ min: 10, max: 99 }),
  horizonHours: fc.integer({ min: 25, max: 8760 }),
  minimumStepPercent: fc.integer({ min: 1, max: 400 }),
  maximumSizeGiB: fc.integer({ min: 1, max: 65_536 }),
  maximumMonthlyIncreaseUsd: fc.integer({ min: 0, max: 100_000 }),
  modificationsPerDay: fc.integer({ min: 1, max: 3 }),
});

const anyVolumeId = fc.constantFrom(DATA_VOLUME, 'vol-0b1b2c3d4e5f60718', 'vol-0c1b2c3d4e5f60718');
const anyVolumeType = fc.constantFrom(...(Object.keys(VOLUME_LIMITS) as VolumeType[]));

const anyVolume: fc.Arbitrary<VolumeFact> = fc.record({
  volumeId: anyVolumeId,
  sizeGiB: fc.integer({ min: 1, max: 65_536 }),
  type: anyVolumeType,
  iops: fc.option(fc.integer({ min: 100, max: 80_000 })),
  throughputMiBps: fc.option(fc.integer({ min: 125, max: 2_000 })),
  tags: fc.constantFrom({}, NODE_TAGS, { ...NODE_TAGS, Name: 'data' }),
});

const anyBytes = fc.integer({ min: 0, max: 65_536 * GIB });

const anyObservation: fc.Arbitrary<Observation> = fc
  .record({
    volumeId: fc.oneof(anyVolumeId, fc.constant('')),
    device: fc.constant('nvme1n1'),
    partitioned: fc.boolean(),
    filesystem: fc.constantFrom('xfs' as const, 'ext4' as const, 'btrfs' as const, 'other' as const),
    path: fc.constant('/var/lib/bitcoind'),
    deviceBytes: anyBytes,
    sizeBytes: anyBytes,
    usedBytes: anyBytes,
    inodesTotal: fc.integer({ min: 0, max: 2 ** 40 }),
    inodesUsed: fc.integer({ min: 0, max: 2 ** 40 }),
    rootUsedPercent: fc.integer({ min: 0, max: 100 }),
    client: fc.constantFrom('running' as const, 'stopped' as const, 'failed' as const, 'unknown' as const),
  })
  .map((seen) => ({
    ...seen,
    usedBytes: Math.min(seen.usedBytes, seen.sizeBytes),
    inodesUsed: Math.min(seen.inodesUsed, seen.inodesTotal),
  }));

const anyHistory = fc
  .tuple(
    fc.array(fc.tuple(fc.integer({ min: 1, max: 4 * 60 }), anyBytes), { maxLength: 120 }),
    fc.integer({ min: 0, max: 48 * 60 }),
  )
  .map(([steps, endedMinutesAgo]) => {
    let atMs = NOON_MS - endedMinutesAgo * MINUTE_MS;
    return steps
      .map(([minutes, usedBytes]) => {
        const point = { atMs, usedBytes };
        atMs -= minutes * MINUTE_MS;
        return point;
      })
      .reverse();
  });

/** Anything that can be read about a node, sensible or not. */
export const anyResizeFacts: fc.Arbitrary<ResizeFacts> = fc.record({
  nowMs: fc.constant(NOON_MS),
  fleet: anyDiskPolicy.map((disk) => bitcoinFleet({ disk })),
  volumeRole: fc.constantFrom('data', 'data', 'data', 'ancient'),
  instanceState: fc.constantFrom('running', 'running', 'running', 'stopped', 'pending', 'terminated', null),
  volumes: fc.uniqueArray(anyVolume, { maxLength: 3, selector: ({ volumeId }) => volumeId }),
  latestModification: fc.option(
    fc.record({
      volumeId: anyVolumeId,
      state: fc.constantFrom('modifying' as const, 'optimizing' as const, 'completed' as const, 'failed' as const),
      targetGiB: fc.integer({ min: 0, max: 65_536 }),
    }),
  ),
  seen: fc.option(anyObservation),
  history: anyHistory,
  reportedPercent: fc.option(fc.double({ min: 0, max: 100, noNaN: true })),
  intents: fc.array(
    fc.record({
      volumeId: anyVolumeId,
      toGiB: fc.integer({ min: 1, max: 65_536 }),
      atMs: fc.integer({ min: NOON_MS - 30 * HOUR_MS, max: NOON_MS }),
    }),
    { maxLength: 5 },
  ),
  addedUsd: fc.double({ min: 0, max: 200, noNaN: true }),
});

/** A disk that is over its threshold and may be grown: what is left to decide is how far. */
export const anyFullDisk: fc.Arbitrary<ResizeFacts> = fc
  .record({
    disk: anyDiskPolicy,
    type: fc.constantFrom('gp2' as const, 'gp3' as const, 'io1' as const, 'io2' as const),
    sizeGiB: fc.integer({ min: 1, max: 16_383 }),
    percent: fc.integer({ min: 0, max: 100 }),
    gibPerHour: fc.double({ min: 0, max: 200, noNaN: true }),
  })
  .map(({ disk, type, sizeGiB, percent, gibPerHour }) => {
    const usedGiB = sizeGiB * Math.max(percent, disk.growAtPercent) * 0.01;
    return resizeFacts({
      fleet: bitcoinFleet({ disk: { ...disk, maximumMonthlyIncreaseUsd: 100_000 } }),
      volumes: [dataVolume({ type, sizeGiB })],
      seen: observation({ deviceBytes: sizeGiB * GIB, sizeBytes: sizeGiB * GIB, usedBytes: Math.ceil(usedGiB * GIB) }),
      history: steadyHistory(usedGiB, gibPerHour),
    });
  });
