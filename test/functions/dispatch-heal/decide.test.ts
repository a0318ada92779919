// The triggers that an alarm gives, and the dispatcher's decisions on them.
import { describe, expect, it } from '@jest/globals';
import { diskTriggerOf } from '../../../functions/dispatch-heal/alarms.ts';
import { type DispatchFacts, decideDispatch, payloadOf, SCHEDULE } from '../../../functions/dispatch-heal/decide.ts';
import { newNode } from '../../../shared/heal/lease.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { allocatedIncident, endedIncident, openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const fleet = bitcoinFleet({ mode: 'plan', volumes: { data: '/node-data' } });
const alarm = { alarmName: 'chainmend-bitcoin-node2-disk', namespace: 'CWAgent', dimensions: { path: '/node-data' } };

const planned = openIncidentRecord({ alarm, onsetMs: NOON_MS - MINUTE_MS, plannedUntilMs: NOON_MS + HOUR_MS });

const facts: DispatchFacts = {
  nowMs: NOON_MS,
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
    const two = bitcoinFleet({ volumes: { data: '/node-data', ancient: '/ancient' } });
    expect(diskTriggerOf(two, { InstanceId: 'i-1' })).toBeNull();
  });
});

describe('a node that is stuck again after a person was paged that nothing helped', () => {
  const trigger = { kind: 'node', subject: 'health' } as const;
  const incident = endedIncident('escalated', NOON_MS - 2 * HOUR_MS, { trigger: 'node:health' });
  const track = (advancedAtMs: number) => ({ progress: 1, sinceMs: NOON_MS, readAtMs: NOON_MS, advancedAtMs });
  const dispatched = (health: 'stuck' | 'unreachable', advancedAtMs: number) =>
    decideDispatch({
      ...{ ...facts, trigger, incident, fleet: bitcoinFleet() },
      candidate: { ...facts.candidate, onsetMs: NOON_MS - 10 * MINUTE_MS },
      observed: {
        health,
        sinceMs: NOON_MS - 10 * MINUTE_MS,
        memory: { track: track(advancedAtMs), heard: 'facts', starts: 0, doubted: null },
      },
    }).do;

  it('is left to that person where it has stood at one block since, whatever late sweeps have called it meanwhile', () => {
    expect(dispatched('stuck', NOON_MS - 119 * MINUTE_MS)).toBe('leave');
  });

  it('has new trouble where it had gone on, or does not answer now', () => {
    expect(dispatched('stuck', NOON_MS - 20 * MINUTE_MS)).toBe('start');
    expect(dispatched('unreachable', NOON_MS - 119 * MINUTE_MS)).toBe('start');
  });
});

describe('an incident that was left to the person who had stopped the client', () => {
  const leftAtMs = NOON_MS - HOUR_MS;
  const trigger = { kind: 'node', subject: 'health' } as const;
  const incident = openIncidentRecord({ alarm, trigger: 'node:health', notBeforeMs: NOON_MS + 5 * HOUR_MS, leftAtMs });
  const dispatched = (observed: DispatchFacts['observed'], more: object = {}, besides: Partial<DispatchFacts> = {}) => {
    const decision = decideDispatch({
      ...facts,
      ...{ trigger, observed, fleet: bitcoinFleet(), ...besides },
      incident: { ...incident, ...more } as typeof incident,
    });
    return decision.do === 'leave' ? decision.code : decision.do;
  };
  const since = NOON_MS - MINUTE_MS;

  it('goes on as soon as its node answers again, and is not well', () => {
    for (const health of ['stuck', 'behind', 'forked'] as const)
      expect(dispatched({ health, sinceMs: since })).toBe('start');
  });

  it('waits on where nobody answers, where it was so before, and where it was left for something else', () => {
    expect(dispatched({ health: 'unreachable', sinceMs: since })).toBe('later');
    expect(dispatched({ health: 'unknown', sinceMs: since })).toBe('later');
    // Two clients of one node: the one that answers stood all the time.
    expect(dispatched({ health: 'stuck', sinceMs: leftAtMs })).toBe('later');
    expect(dispatched({ health: 'stuck', sinceMs: since }, { leftAtMs: undefined })).toBe('later');
    expect(dispatched(undefined)).toBe('later');
  });

  it('ends what it has left open as soon as its node is well, and rests where it has left nothing (H26)', () => {
    const well = { health: 'synced', sinceMs: since } as const;
    const candidate = { ...facts.candidate, settles: trigger };
    expect(dispatched(well, {}, { candidate })).toBe('start');
    expect(dispatched({ ...well, sinceMs: leftAtMs }, {}, { candidate })).toBe('later');
    expect(dispatched(well, { leftAtMs: undefined }, { candidate })).toBe('later');
    expect(dispatched(well)).toBe('later');
  });
});

describe('an incident that was left to a person, in mode ask', () => {
  const leftAtMs = NOON_MS - HOUR_MS;
  const dispatched = (observed: DispatchFacts['observed'], more: Partial<DispatchFacts> = {}) => {
    const trigger = { kind: 'node', subject: 'health' } as const;
    const pagedCodes = ['client-stopped'];
    const incident = openIncidentRecord({ alarm, trigger: 'node:health', notBeforeMs: 0, leftAtMs, pagedCodes });
    const decision = decideDispatch({
      ...facts,
      ...{ trigger, observed, incident, fleet: bitcoinFleet({ mode: 'ask' }) },
      ...more,
    });
    return decision.do === 'leave' ? decision.code : decision.do;
  };
  const down = (sinceMs: number) => ({ health: 'unreachable', sinceMs }) as const;

  it('asks nobody for a yes before its node is otherwise than it was left', () => {
    expect(dispatched(down(leftAtMs))).toBe('refused-lately');
    expect(dispatched(down(leftAtMs + 1))).toBe('start');
    expect(dispatched({ health: 'stuck', sinceMs: leftAtMs })).toBe('start');
    expect(dispatched(undefined)).toBe('start');
  });

  it('is looked at where no yes is needed, where a person wants it, and where nobody was told yet', () => {
    const untold = openIncidentRecord({ alarm, trigger: 'node:health', notBeforeMs: 0, leftAtMs });
    expect(dispatched(down(leftAtMs), { incident: untold })).toBe('start');
    const told = { alarm, trigger: 'node:health', notBeforeMs: 0, leftAtMs, pagedCodes: ['instance-stopped'] };
    expect(dispatched(down(leftAtMs), { incident: openIncidentRecord(told) })).toBe('refused-lately');
    expect(dispatched(down(leftAtMs), { incident: openIncidentRecord({ ...told, pagedCodes: ['zone-down'] }) })).toBe(
      'start',
    );
    // An attempt of it is under way.
    expect(dispatched(down(leftAtMs), { incident: allocatedIncident(told) })).not.toBe('refused-lately');
    expect(dispatched(down(leftAtMs), { fleet: bitcoinFleet() })).toBe('start');
    expect(dispatched(down(leftAtMs), { candidate: { ...facts.candidate, atOnce: true } })).toBe('start');
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
    const asked = { ...facts.candidate, onsetMs: NOON_MS, atOnce: true } as const;
    expect(decideDispatch({ ...facts, candidate: asked })).toMatchObject({
      do: 'start',
      // Of a disk it is the incident that there is, and no new one.
      payload: { incidentId: planned.incidentId },
    });
  });

  it('is made again when its time is over', () => {
    expect(decideDispatch({ ...facts, nowMs: NOON_MS + HOUR_MS }).do).toBe('start');
  });

  it('is no reason to leave an attempt alone that was allocated since', () => {
    const incident = allocatedIncident({ ...planned });
    expect(decideDispatch({ ...facts, incident })).not.toMatchObject({ code: 'planned-lately' });
  });

  it.each(['ask', 'act'] as const)('is taken up at once when a person sets the fleet to %s', (mode) => {
    expect(decideDispatch({ ...facts, fleet: { ...fleet, mode } }).do).toBe('start');
  });
});

describe('a drill', () => {
  const drill = openIncidentRecord({ trigger: 'snapshot:drill', alarm: { ...alarm, namespace: SCHEDULE } });

  it('is told who asked for it', () => {
    const asked = { ...drill, alarm: { ...alarm, namespace: 'person' } };
    const payloads = [drill, asked].map((incident) => payloadOf(fleet, NOON_MS, incident, 1));
    expect(payloads).toMatchObject([
      { kind: 'audit-snapshots', trigger: 'snapshot:drill', requestedBy: 'schedule' },
      { kind: 'audit-snapshots', trigger: 'snapshot:drill', requestedBy: 'person' },
    ]);
  });

  it('begins beside whatever holds the node that it imitates: nothing is done to that', () => {
    const held = { ...newNode(fleet.name, drill.instanceId), owner: 'arn:of-another-heal' };
    const beside = {
      ...{ ...facts, incident: drill, nodeRecord: held, owner: { state: 'running' } as const },
      ...{ fleet: bitcoinFleet({ mode: 'act' }), trigger: { kind: 'snapshot', subject: 'drill' } as const },
    };
    expect(decideDispatch(beside)).toMatchObject({ do: 'start', payload: { kind: 'audit-snapshots' } });
  });
});
