// What triggers an alarm gives, and what the dispatcher makes of it.
import { describe, expect, it } from '@jest/globals';
import { diskTriggerOf } from '../../functions/dispatch-heal/alarms.ts';
import { type DispatchFacts, decideDispatch } from '../../functions/dispatch-heal/decide.ts';
import { resolveFleet } from '../../shared/fleet/resolve.ts';
import type { IncidentRecord } from '../../shared/heal/records.ts';

const NOW_MS = Date.UTC(2026, 0, 1, 12);
const document = {
  fleet: 'bitcoin',
  chain: 'bitcoin',
  nodes: { tag: { Component: 'nodes/bitcoin' } },
  volumes: { data: '/node-data' },
} as const;
const fleet = resolveFleet({ ...document, mode: 'plan' });
const alarm = { alarmName: 'chainmend-bitcoin-node2-disk', namespace: 'CWAgent', dimensions: { path: '/node-data' } };

const planned: IncidentRecord = {
  fleet: 'bitcoin',
  node: 'node2',
  instanceId: 'i-0b2c3d4e5f6071829',
  trigger: 'disk:data',
  incidentId: '7f3a',
  onsetMs: NOW_MS - 60_000,
  alarm,
  attempt: 1,
  failures: 0,
  notBeforeMs: 0,
  plannedUntilMs: NOW_MS + 3_600_000,
  refusedCodes: [],
  pagedCodes: [],
  version: 4,
  state: 'open',
};

const facts: DispatchFacts = {
  nowMs: NOW_MS,
  candidate: { alarm, instanceId: planned.instanceId, onsetMs: planned.onsetMs, suppressedBy: null },
  fleet,
  node: 'node2',
  trigger: { kind: 'disk', subject: 'data' },
  paused: null,
  waits: null,
  guarded: null,
  incident: planned,
  nodeRecord: undefined,
  owner: { state: 'unknown' },
};

describe('the volume that an alarm is about', () => {
  it('is the one under the alarm’s path', () => {
    expect(diskTriggerOf(fleet, { path: '/node-data' })).toEqual({ kind: 'disk', subject: 'data' });
    expect(diskTriggerOf(fleet, { path: '/elsewhere' })).toBeNull();
  });

  it('is a node’s only one where a fleet-wide alarm is grouped by instance alone', () => {
    expect(diskTriggerOf(fleet, { InstanceId: 'i-1' })).toEqual({ kind: 'disk', subject: 'data' });
  });

  it('is in doubt where nodes have several', () => {
    const two = resolveFleet({ ...document, mode: 'act', volumes: { data: '/node-data', ancient: '/ancient' } });
    expect(diskTriggerOf(two, { InstanceId: 'i-1' })).toBeNull();
  });
});

describe('a plan that was written down', () => {
  it('is not said again at every sweep while the fleet stays in mode plan', () => {
    expect(decideDispatch(facts)).toEqual({
      do: 'leave',
      code: 'planned-lately',
      reason: 'planned already, and the fleet is in mode plan',
    });
  });

  it('is said again when a person asks', () => {
    expect(decideDispatch({ ...facts, candidate: { ...facts.candidate, atOnce: true } }).do).toBe('start');
  });

  it.each(['ask', 'act'] as const)('is taken up at once when a person sets the fleet to %s', (mode) => {
    expect(decideDispatch({ ...facts, fleet: { ...fleet, mode } }).do).toBe('start');
  });
});
