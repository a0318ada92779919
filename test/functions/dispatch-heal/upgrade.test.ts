// The order in which a fleet is upgraded.
import { describe, expect, it } from '@jest/globals';
import { nextStep, type UpgradeFacts } from '../../../functions/dispatch-heal/upgrade.ts';
import type { IncidentRecord } from '../../../shared/heal/records.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const fleet = bitcoinFleet({
  unit: 'node@*',
  client: { versions: ['28.0', '28.1'], canary: 'node2', watchMinutes: 45 },
});
const nodes = ['node1', 'node2', 'node3'].map((name) =>
  observedNode({ name, instanceId: `i-${name}`, role: 'follower' }),
);
const ASKED = NOON_MS - HOUR_MS;
const upgrade = { to: '28.1', askedAtMs: ASKED, state: 'under-way', version: 1 } as const;

const at = (name: string, trigger: string, more: object): IncidentRecord =>
  ({
    ...openIncidentRecord(),
    instanceId: `i-${name}`,
    trigger,
    onsetMs: ASKED + MINUTE_MS,
    ...more,
  }) as IncidentRecord;
const healed = { state: 'healed', endedAtMs: NOON_MS - MINUTE_MS, proof: 'it follows' };
const want = { do: 'upgrade', to: '28.1', cleanSinceMs: ASKED, watchMinutes: 0 };
const snapshot = (name: string, more: object = healed) => at(name, 'snapshot:clean', more);
const switched = (name: string, more: object = healed) => at(name, 'request:upgrade', { want, ...more });

const step = (incidents: readonly IncidentRecord[], more: Partial<UpgradeFacts> = {}) => {
  const next = nextStep({ nowMs: NOON_MS, fleet, upgrade, nodes, incidents, ...more });
  return 'node' in next ? `${next.do} ${next.node.name}` : `${next.do} ${'as' in next ? next.as : ''}`.trim();
};
const canary = [snapshot('node2'), switched('node2')];

describe('a fleet is upgraded', () => {
  it.each<[string, readonly IncidentRecord[], string]>([
    ['with a clean snapshot of the canary', [], 'snapshot node2'],
    ['with the canary, once its snapshot is there', [snapshot('node2')], 'upgrade node2'],
    ['with a snapshot of the next, once the canary is proved', canary, 'snapshot node1'],
    ['with the next itself', [...canary, snapshot('node1')], 'upgrade node1'],
    ['until all have it', ['node1', 'node2', 'node3'].flatMap((name) => [snapshot(name), switched(name)]), 'end done'],
  ])('%s', (_, incidents, expected) => {
    expect(step(incidents)).toBe(expected);
  });

  it('the canary is watched, and no other', () => {
    const minutes = (incidents: readonly IncidentRecord[]) =>
      nextStep({ nowMs: NOON_MS, fleet, upgrade, nodes, incidents });
    expect(minutes([snapshot('node2')])).toMatchObject({ watchMinutes: 45, cleanSinceMs: ASKED + MINUTE_MS });
    expect(minutes([...canary, snapshot('node1')])).toMatchObject({ watchMinutes: 0 });
  });

  it.each<[string, readonly IncidentRecord[], Partial<UpgradeFacts>, string]>([
    [
      'one is at it: one at a time',
      [...canary, snapshot('node1'), switched('node1', { state: 'claimed' })],
      {},
      'wait',
    ],
    ['a snapshot is under way', [snapshot('node2', { state: 'open' })], {}, 'wait'],
    ['nobody has seen the fleet', [], { nodes: [] }, 'wait'],
    [
      'the canary has failed: the others are left',
      [snapshot('node2'), switched('node2', { state: 'escalated' })],
      {},
      'end ended',
    ],
    ['a donor gives no snapshot', [snapshot('node2', { state: 'escalated' })], {}, 'end ended'],
    ['the file does not name the version any more', [], { fleet: bitcoinFleet({}) }, 'end ended'],
    ['a week has gone by', canary, { nowMs: ASKED + 8 * 24 * HOUR_MS }, 'end ended'],
  ])('no further where %s', (_, incidents, more, expected) => {
    expect(step(incidents, more)).toBe(expected);
  });

  it('by the canary first, and then by name, in whatever order they were seen', () => {
    const all = (more: Partial<UpgradeFacts>) =>
      [nodes, nodes.toReversed()].map((some) => step([], { nodes: some, ...more }));
    expect(all({})).toEqual(['snapshot node2', 'snapshot node2']);
    const { canary: _, ...client } = fleet.client ?? { versions: [] };
    expect(all({ fleet: { ...fleet, client } as typeof fleet })).toEqual(['snapshot node1', 'snapshot node1']);
  });

  it('and whoever reads of its end is told how far it came', () => {
    const ended = (incidents: readonly IncidentRecord[], more: Partial<UpgradeFacts> = {}) =>
      nextStep({ nowMs: NOON_MS, fleet, upgrade, nodes, incidents, ...more });
    const all = ['node1', 'node2', 'node3'].flatMap((name) => [snapshot(name), switched(name)]);
    expect(ended(all)).toEqual({ do: 'end', as: 'done', reason: '3 of 3 nodes are upgraded to 28.1', isTold: true });
    // What has failed has been paged for by its heal.
    expect(ended([...canary, snapshot('node1'), switched('node1', { state: 'escalated' })])).toMatchObject({
      reason: 'it has failed on node1: 1 of 3 nodes are upgraded, the others are left as they are',
      isTold: true,
    });
    expect(ended([snapshot('node2', { state: 'escalated' })])).toMatchObject({
      reason: 'node2 gives no clean snapshot: 0 of 3 nodes are upgraded, the others are left as they are',
      isTold: true,
    });
    expect(ended(canary, { nowMs: ASKED + 8 * 24 * HOUR_MS })).toMatchObject({
      reason: 'for a week it did not come to its end: 1 of 3 nodes are upgraded, next was node1',
      isTold: false,
    });
  });

  it('to its end, though the snapshot of one that is upgraded has failed since', () => {
    expect(step([snapshot('node2', { state: 'escalated' }), switched('node2')])).toBe('snapshot node1');
  });

  it('for a week, to the millisecond', () => {
    const week = ASKED + 7 * 24 * HOUR_MS;
    expect([step(canary, { nowMs: week }), step(canary, { nowMs: week + 1 })]).toEqual(['snapshot node1', 'end ended']);
  });

  it('a snapshot that is hours old is not of right before: another one is taken', () => {
    const at = (endedAtMs: number) => step([snapshot('node2', { ...healed, endedAtMs })]);
    expect(at(NOON_MS - 2 * HOUR_MS)).toBe('upgrade node2');
    expect(at(NOON_MS - 2 * HOUR_MS - 1)).toBe('snapshot node2');
  });

  it('what was done before it was asked for does not count, nor another version', () => {
    expect(step([snapshot('node2', { ...healed, onsetMs: ASKED })])).toBe('upgrade node2');
    expect(step([snapshot('node2'), at('node2', 'request:upgrade', healed)])).toBe('upgrade node2');
    const earlier = { ...healed, onsetMs: ASKED - MINUTE_MS };
    expect(step([snapshot('node2', earlier), switched('node2', earlier)])).toBe('snapshot node2');
    expect(step([snapshot('node2'), switched('node2', { ...healed, want: { ...want, to: '28.0' } })])).toBe(
      'upgrade node2',
    );
  });

  it('a request that was closed without a proof is made again', () => {
    expect(step([snapshot('node2'), switched('node2', { state: 'healed', endedAtMs: NOON_MS })])).toBe('upgrade node2');
  });

  it('validators, and nodes of unknown role, are left to a person, and named', () => {
    const mixed = [
      ...nodes,
      observedNode({ name: 'node4', instanceId: 'i-node4', role: 'validator' }),
      observedNode({ name: 'node5', instanceId: 'i-node5', role: 'unknown' }),
    ];
    const all = ['node1', 'node2', 'node3'].flatMap((name) => [snapshot(name), switched(name)]);
    expect(nextStep({ nowMs: NOON_MS, fleet, upgrade, nodes: mixed, incidents: all })).toMatchObject({
      as: 'done',
      reason: '3 of 5 nodes are upgraded to 28.1; left to a person, as validators or of unknown role: node4, node5',
    });
  });
});
