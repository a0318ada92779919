// Nodes that were there and are not any more.
import { describe, expect, it } from '@jest/globals';
import { dead, fleetOf, Watched } from '../../fixtures/sights.ts';

const MINUTE = 60_000;
const all = { node1: 1000, node2: 1000, node3: 1000 };
const { node3: _, ...two } = all;
const missing = ({ conditions, watch }: Watched): string | undefined =>
  conditions.includes('node-missing') ? watch?.conditions['node-missing']?.reason : undefined;

describe('a node that is gone', () => {
  it('is missed by its name, for a day', () => {
    const watched = new Watched().sweeps(2, () => all).sweep(two);
    expect(missing(watched)).toBe('node3: gone: terminated, or without the fleet’s tags (i-node3); 2 nodes are there');
    watched.sweep(two, 24 * 60 * MINUTE);
    expect(missing(watched)).toBeUndefined();
    expect(watched.watch?.gone).toBeUndefined();
  });

  it('is not missed any more once it is there again, or another one has its name', () => {
    const watched = new Watched().sweep(all).sweep(two).sweep(all);
    expect(missing(watched)).toBeUndefined();
  });

  it('is missed again as itself where the one that took its name goes before it was synced', () => {
    const sick = { ...two, node3: dead };
    const other = { node3: { instanceId: 'i-other' } };
    const watched = new Watched()
      .sweeps(2, () => all)
      .sweep(two)
      .sweep({ nodes: sick, as: other });
    expect(missing(watched)).toBeUndefined();
    expect(watched.watch?.gone).toMatchObject([{ instanceId: 'i-node3', followedBy: 'i-other' }]);
    watched.sweep(two);
    expect(missing(watched)).toBe('node3: gone: terminated, or without the fleet’s tags (i-node3); 2 nodes are there');
    expect(watched.watch?.gone).toEqual([expect.not.objectContaining({ followedBy: expect.anything() })]);
  });

  it('is followed for good by one that was seen synced', () => {
    const other = { node3: { instanceId: 'i-other' } };
    const at = (height: number) => ({ node1: height, node2: height, node3: height });
    const watched = new Watched().sweeps(2, () => all).sweep(two);
    watched.sweeps(15, (minute) => ({ nodes: at(1_001 + minute), as: other }));
    expect(watched.watch?.gone).toBeUndefined();
    watched.sweep(two);
    expect(missing(watched)).toMatch(/\(i-other\)/);
  });

  it('of an Auto Scaling group is the group’s affair', () => {
    const as = { node3: { tags: { 'aws:autoscaling:groupName': 'bitcoin' } } };
    const watched = new Watched().sweep({ nodes: all, as }).sweep(two);
    expect(missing(watched)).toBeUndefined();
  });

  it('is told once more where another one follows it', () => {
    const watched = new Watched().sweep(all).sweep(two).sweep(two);
    watched.watch = watched.watch && { ...watched.watch, paged: { 'node-missing': watched.nowMs } };
    watched.sweep(two);
    expect(watched.watch?.paged).toHaveProperty('node-missing');
    // Missed in one sweep it may be there in the next one.
    watched.sweep({ node1: 1000 });
    expect(watched.watch?.paged).toHaveProperty('node-missing');
    watched.sweep({ node1: 1000 });
    expect(watched.watch?.paged).not.toHaveProperty('node-missing');
    expect(missing(watched)).toMatch(/^node3, node2: gone: .*\(i-node3, i-node2\)/);
  });
});

it('the name that members of a group share is remembered after one of them is left', () => {
  const member = { tags: { 'aws:autoscaling:groupName': 'bitcoin-nodes', Name: 'bitcoin-node' } };
  const watched = new Watched().sweep({ nodes: two, as: { node1: member, node2: member } });
  const seenAtMs = watched.nowMs;
  expect(watched.watch?.sharedNames).toEqual({ 'bitcoin-node': seenAtMs });
  watched.sweep({ nodes: { node1: 1000 }, as: { node1: member } });
  expect(watched.watch?.sharedNames).toEqual({ 'bitcoin-node': seenAtMs });
});

describe('where the fleet file says how many nodes there should be', () => {
  const expecting = (expected: number) => {
    const fleet = fleetOf();
    return new Watched({ ...fleet, nodes: { ...fleet.nodes, expected } });
  };

  it('fewer are told, however they came to be fewer', () => {
    expect(missing(expecting(4).sweep(all))).toBe('3 nodes are there, 4 expected');
    expect(missing(expecting(3).sweep(all).sweep(two))).toMatch(/^node3: gone: .*2 nodes are there, 3 expected$/);
  });

  it('a fleet that is just being made is not, unless one was there and is gone', () => {
    const made = (agoMs: number, nodes = two) => {
      const watched = expecting(4);
      const launchedAtMs = watched.nowMs - agoMs;
      return watched.sweep({ nodes, as: { node1: { launchedAtMs }, node2: { launchedAtMs } } });
    };
    expect(missing(made(5 * MINUTE))).toBeUndefined();
    expect(missing(made(20 * MINUTE))).toBe('2 nodes are there, 4 expected');
    const grown = expecting(4);
    grown.sweep({ nodes: two, as: { node1: { launchedAtMs: grown.nowMs - MINUTE } } });
    expect(missing(grown)).toBe('2 nodes are there, 4 expected');
    const lost = expecting(4);
    const young = { launchedAtMs: lost.nowMs };
    lost.sweep({ nodes: all, as: { node1: young, node2: young, node3: young } });
    lost.sweep({ nodes: two, as: { node1: young, node2: young } });
    expect(missing(lost)).toMatch(/^node3: gone/);
  });

  it('one that is gone on purpose is not', () => {
    expect(missing(expecting(2).sweep(all).sweep(two))).toBeUndefined();
  });
});
