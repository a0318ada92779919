// What is written down of each node's machine while it lives, and when.
import { describe, expect, it } from '@jest/globals';
import { fingerprintOf, machinesDue, markOf } from '../../../functions/watch-fleet/machines.ts';
import type { FleetNode } from '../../../shared/fleet/nodes.ts';
import type { MachineMark } from '../../../shared/fleet/observation.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { fleetNode } from '../../fixtures/builders/node.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const asked = bitcoinFleet({ replace: { terminated: true } });
const due = (nodes: readonly FleetNode[], mark?: MachineMark, fleet = asked): readonly string[] => {
  const before = new Map(
    nodes.map(({ instanceId }) => [instanceId, { ...observedNode(), ...(mark && { machine: mark }) }]),
  );
  return machinesDue({ fleet, nodes, before: { nodes: before, watch: undefined }, nowMs: NOON_MS }).map(
    ({ name }) => name,
  );
};
const node = fleetNode();

describe('what a node’s machine is like', () => {
  it('is written down where the fleet file asks for it, and not again for six hours', () => {
    expect(due([node])).toEqual(['node2']);
    expect(due([node], undefined, bitcoinFleet())).toEqual([]);
  });

  it('is written down again once it is another machine, or after six hours', () => {
    const unlike = { fingerprint: 'another one', atMs: NOON_MS };
    expect(due([node], unlike)).toEqual(['node2']);
    expect(due([node], { fingerprint: fingerprintOf(node), atMs: NOON_MS - 6 * HOUR_MS + 1 })).toEqual([]);
    expect(due([node], { fingerprint: fingerprintOf(node), atMs: NOON_MS - 6 * HOUR_MS })).toEqual(['node2']);
    const grown = { ...node, volumeIds: [...node.volumeIds, 'vol-0f'] };
    expect(due([grown], { fingerprint: fingerprintOf(node), atMs: NOON_MS })).toEqual(['node2']);
  });

  it('is written down again in the next sweep where EC2 has answered with an older state than it had shown before', () => {
    const volumes = node.volumeIds.map((volumeId) => ({ volumeId }));
    expect(due([node], markOf(node, volumes.toReversed(), NOON_MS))).toEqual([]);
    const launched = { ...node, tags: { ...node.tags, 'aws:ec2launchtemplate:id': 'lt-0a' } };
    expect(due([launched], markOf(node, volumes, NOON_MS))).toEqual(['node2']);
    expect(due([node], markOf(node, volumes.slice(1), NOON_MS))).toEqual(['node2']);
  });

  it('is not written down of what is never made again', () => {
    expect(due([{ ...node, role: 'validator' }])).toEqual([]);
    expect(due([{ ...node, role: 'unknown' }])).toEqual([]);
    expect(due([{ ...node, tags: { 'aws:autoscaling:groupName': 'bitcoin' } }])).toEqual([]);
    expect(due([{ ...node, state: 'pending' }])).toEqual([]);
  });

  it('of a large fleet is written down over several sweeps', () => {
    const many = Array.from({ length: 50 }, (_, at) => fleetNode({ name: `node${at}` }));
    expect(due(many)).toHaveLength(20);
  });
});
