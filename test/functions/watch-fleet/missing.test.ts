// Nodes that were there and are not any more.
import { describe, expect, it } from '@jest/globals';
import { fateOf } from '../../../functions/watch-fleet/fates.ts';
import { type EmptyMatch, maySetAside, readEmptyMatch } from '../../../functions/watch-fleet/missing.ts';
import type { IncidentRecord } from '../../../shared/heal/records.ts';
import { JOINING_TAG, RETIRED_TAG } from '../../../shared/model/tags.ts';
import { claimedIncident, endedIncident, openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';
import { dead, fleetOf, Watched } from '../../fixtures/sights.ts';

const MINUTE = 60_000;
const all = { node1: 1000, node2: 1000, node3: 1000 };
const { node3: _, ...two } = all;
const missing = ({ conditions, watch }: Watched): string | undefined =>
  conditions.includes('node-missing') ? watch?.conditions['node-missing']?.reason : undefined;

describe('a node that is gone', () => {
  it('is missed by its name, for a day', () => {
    const watched = new Watched().sweeps(2, () => all).sweep(two);
    expect(missing(watched)).toBe(
      'node3 is gone: terminated, or without the fleet’s tags (i-node3); the fleet has 2 nodes',
    );
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
    expect(missing(watched)).toBe(
      'node3 is gone: terminated, or without the fleet’s tags (i-node3); the fleet has 2 nodes',
    );
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
    expect(missing(watched)).toMatch(/^node3, node2 are gone: .*\(i-node3, i-node2\)/);
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
    expect(missing(expecting(4).sweep(all))).toBe('the fleet has 3 nodes, 4 expected');
    expect(missing(expecting(3).sweep(all).sweep(two))).toMatch(/^node3 is gone: .*the fleet has 2 nodes, 3 expected$/);
  });

  it('a fleet that is just being made is not, unless one was there and is gone', () => {
    const made = (agoMs: number, nodes = two) => {
      const watched = expecting(4);
      const launchedAtMs = watched.nowMs - agoMs;
      return watched.sweep({ nodes, as: { node1: { launchedAtMs }, node2: { launchedAtMs } } });
    };
    expect(missing(made(5 * MINUTE))).toBeUndefined();
    expect(missing(made(20 * MINUTE))).toBe('the fleet has 2 nodes, 4 expected');
    const grown = expecting(4);
    grown.sweep({ nodes: two, as: { node1: { launchedAtMs: grown.nowMs - MINUTE } } });
    expect(missing(grown)).toBe('the fleet has 2 nodes, 4 expected');
    const lost = expecting(4);
    const young = { launchedAtMs: lost.nowMs };
    lost.sweep({ nodes: all, as: { node1: young, node2: young, node3: young } });
    lost.sweep({ nodes: two, as: { node1: young, node2: young } });
    expect(missing(lost)).toMatch(/^node3 is gone/);
  });

  it('one that is gone on purpose is not', () => {
    expect(missing(expecting(2).sweep(all).sweep(two))).toBeUndefined();
  });
});

describe('what EC2 says of a node that is not found', () => {
  const { nodes } = fleetOf();
  const Tags = Object.entries(nodes.tags).map(([Key, Value]) => ({ Key, Value }));
  const State = (Name: 'running' | 'stopped' | 'terminated' | 'shutting-down') => ({ Name });

  it.each([
    ['it has ended, and its tags with it', { State: State('terminated'), Tags: [] }, 'terminated'],
    ['it is ending', { State: State('shutting-down'), Tags }, 'terminated'],
    ['it lives, and a person has taken its tags', { State: State('running'), Tags: [] }, 'untagged'],
    ['it is stopped, and has lost its tags', { State: State('stopped'), Tags: [] }, 'untagged'],
    ['it lives with its tags: the list was not consistent yet', { State: State('running'), Tags }, 'tagged'],
    ['a heal brings it', { State: State('running'), Tags: [...Tags, { Key: JOINING_TAG, Value: 'x' }] }, 'outside'],
    ['a heal took it out', { State: State('stopped'), Tags: [...Tags, { Key: RETIRED_TAG, Value: 'x' }] }, 'outside'],
    ['EC2 does not show it', undefined, 'unshown'],
  ] as const)('%s', (_case, instance, fate) => {
    expect(fateOf({ nodes }, instance && { ...instance, Tags: [...instance.Tags] })).toBe(fate);
  });
});

describe('an empty match', () => {
  const known = [{ instanceId: 'i-node1' }, { instanceId: 'i-node2' }];
  const gone = [{ instanceId: 'i-node1', name: 'node1', sinceMs: 0 }];
  const saying = (node1: string, node2: string) =>
    new Map([
      ['i-node1', node1],
      ['i-node2', node2],
    ]) as Parameters<typeof readEmptyMatch>[0]['fates'];
  const CASES: readonly [string, Partial<Parameters<typeof readEmptyMatch>[0]>, EmptyMatch][] = [
    ['of a fleet that never had a node, and expects none', { known: [] }, 'nobody'],
    ['of a fleet that never had a node, and expects one', { known: [], expected: 1 }, 'lost'],
    ['after all have gone', { known: [], gone }, 'lost'],
    ['while EC2 says that all have ended', { fates: saying('terminated', 'terminated') }, 'lost'],
    ['while one has ended, and EC2 shows the other no more', { fates: saying('terminated', 'unshown') }, 'lost'],
    ['while the only ones live without their tags', { fates: saying('untagged', 'untagged') }, 'unexplained'],
    ['while EC2 shows none of them', { fates: saying('unshown', 'unshown') }, 'unexplained'],
    ['while EC2 shows one with its tags', { fates: saying('tagged', 'unshown') }, 'not-now'],
    ['while a heal has taken one out', { fates: saying('outside', 'unshown'), isHealed: true }, 'not-now'],
    ['while somebody has marked one as set aside', { fates: saying('outside', 'unshown') }, 'unexplained'],
    ['while EC2 cannot be asked', { fates: undefined }, 'not-now'],
  ];
  it.each(CASES)('%s', (_case, more, match) => {
    expect(readEmptyMatch({ known, gone: [], expected: undefined, fates: undefined, isHealed: false, ...more })).toBe(
      match,
    );
  });

  const DAY_MS = 24 * 60 * MINUTE;
  it.each<[string, IncidentRecord, boolean]>([
    ['is at work', claimedIncident({ onsetMs: NOON_MS - 9 * DAY_MS }), true],
    ['waits for its next attempt', openIncidentRecord({ onsetMs: NOON_MS - MINUTE }), true],
    ['was given up an hour ago', endedIncident('escalated', NOON_MS - 60 * MINUTE), true],
    ['was given up two days ago', endedIncident('escalated', NOON_MS - 2 * DAY_MS), false],
    ['has healed', endedIncident('healed', NOON_MS), false],
  ])('may be explained by a heal that %s, or not', (_, incident, may) => {
    expect(maySetAside([incident], NOON_MS)).toBe(may);
  });

  const none = {};
  it('is a loss of the only node where EC2 says that it has ended, for a day', () => {
    const watched = new Watched().sweep({ node1: 1000 });
    watched.sweep({ nodes: none, fates: { node1: 'terminated' } });
    expect(missing(watched)).toBe('node1 is gone: terminated (i-node1); the fleet has 0 nodes');
    expect(watched.watch?.gone).toMatchObject([{ instanceId: 'i-node1', went: 'terminated' }]);
    watched.sweep(none);
    expect(missing(watched)).toBe('node1 is gone: terminated (i-node1); the fleet has 0 nodes');
  });

  it('without any evidence is told with both possibilities and what tells them apart, and nobody is gone', () => {
    const shown = new Watched().sweep({ node1: 1000 });
    shown.sweep({ nodes: none, fates: { node1: 'untagged' }, unexplained: ['node1'] });
    expect(missing(shown)).toMatch(
      /^no instance carries the fleet’s tags \(.*\), which node1 had \(i-node1\)\. EC2 shows i-node1 alive without them: no node was lost\. Either the tags of the instance were changed, or nodes\.tag of the fleet file was: .*describe-tags.* Nothing is healed meanwhile; the fleet has 0 nodes$/,
    );
    expect(shown.watch?.gone).toBeUndefined();
    expect(shown.nodes.size).toBe(1);
    const unshown = new Watched().sweep({ node1: 1000 });
    unshown.sweep({ nodes: none, fates: { node1: 'unshown' }, unexplained: ['node1'] });
    expect(missing(unshown)).toMatch(
      /EC2 shows none of them\. Either .* terminated more than an hour ago, or .*CloudTrail/,
    );
  });

  it('of a node that somebody has marked as what a heal sets aside says so, and how the mark is taken off', () => {
    const marked = new Watched().sweep({ node1: 1000 });
    marked.sweep({ nodes: none, fates: { node1: 'outside' }, unexplained: ['node1'] });
    expect(missing(marked)).toMatch(
      /^no instance is a node of the fleet: i-node1 is alive and has the tag chainmend:retired or chainmend:joining, .* no heal is at work\. .*delete-tags --resources i-node1 .*; the fleet has 0 nodes$/,
    );
    expect(marked.watch?.gone).toBeUndefined();
  });

  it('of a fleet that expects nodes and never had one is told after ten minutes', () => {
    const fleet = fleetOf();
    const watched = new Watched({ ...fleet, nodes: { ...fleet.nodes, expected: 1 } });
    watched.sweeps(9, () => none);
    expect(missing(watched)).toBeUndefined();
    watched.sweeps(2, () => none);
    expect(missing(watched)).toBe('the fleet has 0 nodes, 1 expected');
  });
});

it('a node that is set aside among others lives, is told so, and may still end', () => {
  const watched = new Watched().sweep(all).sweep({ nodes: two, fates: { node3: 'outside' } });
  expect(missing(watched)).toBe(
    'node3 is gone: alive, but set aside by its tag chainmend:retired or chainmend:joining (i-node3); the fleet has 2 nodes',
  );
  watched.sweep({ nodes: two, fates: { node3: 'terminated' } });
  expect(missing(watched)).toBe('node3 is gone: terminated (i-node3); the fleet has 2 nodes');
});

it('a node that had lost its tags before it ended was no node any more when it did', () => {
  const watched = new Watched().sweep(all).sweep({ nodes: two, fates: { node3: 'untagged' } });
  expect(missing(watched)).toBe('node3 is gone: alive, but without the fleet’s tags (i-node3); the fleet has 2 nodes');
  watched.sweep({ nodes: two, fates: { node3: 'terminated' } });
  expect(watched.watch?.gone).toMatchObject([{ instanceId: 'i-node3', went: 'untagged' }]);
});
