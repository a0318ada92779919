// An incident of the ordinary node in each of its states, what its heals are handed, and who they are.
import type { IncidentRecord } from '../../../shared/heal/records.ts';
import type { ResizePayload, SnapshotPayload } from '../../../shared/model/payload.ts';
import { INSTANCE } from './node.ts';
import { HOUR_MS, NOON_MS } from './time.ts';

export const ME = 'arn:aws:lambda:eu-west-1:111122223333:function:chainmend-resize-volume:1/durable-execution/me/1';
export const OTHER =
  'arn:aws:lambda:eu-west-1:111122223333:function:chainmend-resize-volume:1/durable-execution/other/1';

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

/** Of its third attempt, which the schedule asks for. */
export const snapshotPayload = (more: Partial<SnapshotPayload> = {}): SnapshotPayload => ({
  kind: 'snapshot-node',
  requestedBy: 'schedule',
  fleet: 'bitcoin',
  node: 'node2',
  instanceId: INSTANCE,
  trigger: 'snapshot:clean',
  incidentId: '7f3a0c1d',
  attempt: 3,
  mode: 'act',
  onsetMs: NOON_MS,
  deadlineMs: NOON_MS + 8 * HOUR_MS,
  alarm: { alarmName: '', namespace: '', dimensions: {} },
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
