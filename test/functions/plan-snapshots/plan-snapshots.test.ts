// Which nodes must not be stopped for a clean snapshot because a heal or a person works on them.
import { describe, expect, it } from '@jest/globals';
import { busyNodes, failedSnapshots, underWaySince } from '../../../functions/plan-snapshots/handler.ts';
import { endedIncident, OTHER, openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';

const node = (tags: Readonly<Record<string, string>> = {}) => [{ instanceId: INSTANCE, tags }];
const nobody = { incidents: [], nodes: [] };

describe('a node is free to give a snapshot', () => {
  it('when nothing is known against it', () => {
    expect(busyNodes(node(), nobody).size).toBe(0);
    expect(busyNodes(node(), { ...nobody, incidents: [endedIncident('healed', NOON_MS)] }).size).toBe(0);
    expect(busyNodes(node(), { ...nobody, nodes: [nodeRecord()] }).size).toBe(0);
  });

  it('though somebody asked what would be done to it', () => {
    expect(busyNodes(node(), { ...nobody, incidents: [openIncidentRecord({ trigger: 'plan:restore' })] }).size).toBe(0);
    // Its instance costs more than it is to: nobody is at it for that.
    const dear = { ...endedIncident('escalated', NOON_MS), trigger: 'node:type' };
    expect(busyNodes(node(), { ...nobody, incidents: [dear] }).size).toBe(0);
  });

  it.each<[string, ReturnType<typeof busyNodes>, string]>([
    ['a person has paused it', busyNodes(node({ 'chainmend:pause': 'works' }), nobody), 'works'],
    ['a heal holds it', busyNodes(node(), { ...nobody, nodes: [nodeRecord({ owner: OTHER })] }), 'another heal'],
    ['it is in trouble', busyNodes(node(), { ...nobody, incidents: [openIncidentRecord()] }), 'disk:data) is open'],
    [
      'a heal has given it up',
      busyNodes(node(), { ...nobody, incidents: [endedIncident('escalated', NOON_MS)] }),
      'is escalated',
    ],
  ])('not when %s', (_, busy, why) => {
    expect(busy.get(INSTANCE)).toContain(why);
  });
});

it('a clean snapshot is under way since its incident was opened, until it ends', () => {
  const begun = (more: object) =>
    underWaySince([openIncidentRecord({ trigger: 'snapshot:clean', onsetMs: NOON_MS, ...more })]);
  expect(begun({})).toBe(NOON_MS);
  expect(begun({ trigger: 'disk:data' })).toBeNull();
  expect(underWaySince([endedIncident('healed', NOON_MS, { trigger: 'snapshot:clean' })])).toBeNull();
  expect(underWaySince([endedIncident('escalated', NOON_MS, { trigger: 'snapshot:clean' })])).toBeNull();
});

it('a clean snapshot has failed where one of its attempts has, or ended without a word', () => {
  const ended = (more: object) =>
    failedSnapshots([endedIncident('escalated', NOON_MS, { trigger: 'snapshot:clean', ...more })]);
  expect(ended({ failures: 1, onsetMs: NOON_MS })).toEqual([NOON_MS]);
  expect(ended({ failures: 0, deaths: 1, onsetMs: NOON_MS })).toEqual([NOON_MS]);
  expect(ended({ failures: 0 })).toEqual([]);
  expect(ended({ failures: 1, trigger: 'disk:data' })).toEqual([]);
  // A drill stops no node.
  expect(ended({ failures: 1, trigger: 'snapshot:drill' })).toEqual([]);
});
