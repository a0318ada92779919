// What a heal reads and keeps, as the tests of its decisions need it: one ordinary node of the README's fleet, and any other.
import fc from 'fast-check';
import type { ResizeFacts, VolumeFact } from '../../functions/resize-volume/decide.ts';
import type { DiskPolicy, Fleet } from '../../shared/fleet/model.ts';
import { parseFleet } from '../../shared/fleet/resolve.ts';
import { VOLUME_LIMITS, type VolumeType } from '../../shared/guardrails/ebs.ts';
import type { IncidentRecord, NodeRecord } from '../../shared/heal/records.ts';
import type { ResizePayload } from '../../shared/model/payload.ts';
import type { Observation } from '../../shared/node-commands/answer.ts';
import { bitcoin } from './fleet-documents.ts';

export const GIB = 2 ** 30;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const NOON_MS = Date.parse('2026-01-01T12:00:00Z');

export const INSTANCE = 'i-0123456789abcdef0';
export const DATA_VOLUME = 'vol-0a1b2c3d4e5f60718';
export const NODE_TAGS = { Component: 'nodes/bitcoin' };
export const ME = 'arn:aws:lambda:eu-west-1:111122223333:function:chainmend-resize-volume:1/durable-execution/me/1';
export const OTHER =
  'arn:aws:lambda:eu-west-1:111122223333:function:chainmend-resize-volume:1/durable-execution/other/1';

export const fleetWith = (disk: Partial<DiskPolicy> = {}, more: Record<string, unknown> = {}): Fleet =>
  parseFleet({ ...bitcoin, mode: 'act', ...more, disk });

export const dataVolume = (more: Partial<VolumeFact> = {}): VolumeFact => ({
  volumeId: DATA_VOLUME,
  sizeGiB: 500,
  type: 'gp3',
  iops: 3000,
  throughputMiBps: 125,
  tags: NODE_TAGS,
  ...more,
});

/** A node that says of itself: 455 of 500 GiB used, client running. */
export const observation = (more: Partial<Observation> = {}): Observation => ({
  volumeId: DATA_VOLUME,
  device: 'nvme1n1',
  partitioned: false,
  filesystem: 'xfs',
  path: '/var/lib/bitcoind',
  deviceBytes: 500 * GIB,
  sizeBytes: 500 * GIB,
  usedBytes: 455 * GIB,
  inodesTotal: 262_144_000,
  inodesUsed: 5_000,
  rootUsedPercent: 31.5,
  client: 'running',
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
  fleet: fleetWith(),
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

export const payload = (more: Partial<ResizePayload> = {}): ResizePayload => ({
  kind: 'resize-volume',
  fleet: 'bitcoin',
  node: 'node2',
  instanceId: INSTANCE,
  trigger: 'disk:data',
  incidentId: '7f3a0c1d',
  attempt: 1,
  mode: 'act',
  onsetMs: NOON_MS,
  deadlineMs: NOON_MS + 8 * HOUR_MS,
  alarm: {
    alarmName: 'chainmend-bitcoin-node2-disk',
    namespace: 'CWAgent',
    dimensions: { InstanceId: INSTANCE, path: '/var/lib/bitcoind', fstype: 'xfs' },
  },
  ...more,
});

const incidentBase = {
  fleet: 'bitcoin',
  node: 'node2',
  instanceId: INSTANCE,
  trigger: 'disk:data',
  incidentId: '7f3a0c1d',
  onsetMs: NOON_MS,
  alarm: payload().alarm,
  attempt: 1,
  failures: 0,
  notBeforeMs: 0,
  refusedCodes: [],
  pagedCodes: [],
  version: 3,
} as const;

type Base = Partial<Omit<IncidentRecord, 'state'>>;
export const openIncidentRecord = (more: Base = {}): IncidentRecord => ({ ...incidentBase, ...more, state: 'open' });
export const allocatedIncident = (more: Base = {}, allocatedAtMs = NOON_MS): IncidentRecord => ({
  ...incidentBase,
  ...more,
  state: 'allocated',
  payload: payload({ attempt: more.attempt ?? 1 }),
  allocatedAtMs,
});
export const claimedIncident = (more: Base = {}, execution = ME): IncidentRecord => ({
  ...incidentBase,
  ...more,
  state: 'claimed',
  payload: payload({ attempt: more.attempt ?? 1 }),
  execution,
});
export const endedIncident = (state: 'healed' | 'escalated', endedAtMs: number, more: Base = {}): IncidentRecord => ({
  ...incidentBase,
  ...more,
  state,
  endedAtMs,
});

export const nodeRecord = (more: Partial<NodeRecord> = {}): NodeRecord => ({
  fleet: 'bitcoin',
  instanceId: INSTANCE,
  owner: null,
  fence: 0,
  quietAfterMs: 0,
  operation: null,
  modifications: [],
  version: 1,
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
  fleet: anyDiskPolicy.map((disk) => fleetWith(disk)),
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
      fleet: fleetWith({ ...disk, maximumMonthlyIncreaseUsd: 100_000 }),
      volumes: [dataVolume({ type, sizeGiB })],
      seen: observation({ deviceBytes: sizeGiB * GIB, sizeBytes: sizeGiB * GIB, usedBytes: Math.ceil(usedGiB * GIB) }),
      history: steadyHistory(usedGiB, gibPerHour),
    });
  });
