// What of the things that were kept may go, and why the rest stays.
import { describe, expect, it } from '@jest/globals';
import {
  decidePrune,
  type KeptVolume,
  MAX_DELETIONS,
  type PruneFacts,
  type RetiredInstance,
} from '../../functions/prune-retired/decide.ts';
import type { FleetNode } from '../../shared/fleet/nodes.ts';
import {
  DAY_MS,
  fleetOf,
  HOUR_MS,
  NOON_MS,
  setsFrom,
  snapshot,
  type Taken,
  tagged,
} from '../support/snapshot-facts.ts';

const iso = (ms: number): string => new Date(ms).toISOString();
const YESTERDAY = iso(NOON_MS - DAY_MS);
const TOMORROW = iso(NOON_MS + DAY_MS);

const nodeOf = (name: string, more: Partial<FleetNode> = {}): FleetNode => ({
  ...{ instanceId: `i-${name}`, name, role: 'follower', state: 'running', availabilityZone: 'eu-west-1a' },
  ...{ privateIp: '10.0.0.1', vpcId: 'vpc-1', launchedAtMs: 0, tags: {} },
  ...more,
});

const volume = (tags: Record<string, string> = {}, more: Partial<KeptVolume> = {}): KeptVolume => {
  const all: Record<string, string> = {
    ...tagged('bitcoin', 'node1'),
    'chainmend:keep-until': YESTERDAY,
    ...tags,
  };
  const date = all['chainmend:keep-until'] ?? '';
  return {
    ...{ volumeId: 'vol-old', node: all['chainmend:node'] ?? null, state: 'available', attachedTo: [], sizeGiB: 500 },
    keepUntilMs: Number.isNaN(Date.parse(date)) ? null : Date.parse(date),
    tags: all,
    ...more,
  };
};

const DATA = { volumeId: 'vol-data', device: '/dev/sdf', deleteOnTermination: false };
const retired = (tags: Record<string, string> = {}, more: Partial<RetiredInstance> = {}): RetiredInstance => {
  const { node, keepUntilMs, tags: all } = volume({ 'chainmend:retired': YESTERDAY, ...tags });
  return {
    ...{ instanceId: 'i-old', node, state: 'stopped', keepUntilMs, tags: all, rootDevice: '/dev/xvda' },
    volumes: [{ volumeId: 'vol-root', device: '/dev/xvda', deleteOnTermination: true }, DATA],
    ...more,
  };
};
/** Of the retired instance, and kept beyond it. */
const keptData = volume({}, { volumeId: 'vol-data', state: 'in-use', attachedTo: ['i-old'] });

const factsOf = (more: Partial<PruneFacts> = {}): PruneFacts => ({
  nowMs: NOON_MS,
  fleet: fleetOf({ snapshots: { clean: { keep: 2 } } }),
  nodes: [nodeOf('node1'), nodeOf('node2')],
  busy: new Map(),
  volumes: [],
  instances: [],
  sets: [],
  ...more,
});
const removed = (more: Partial<PruneFacts>) =>
  decidePrune(factsOf(more)).removals.map(({ kind, id }) => `${kind} ${id}`);
const told = (more: Partial<PruneFacts>) => decidePrune(factsOf(more)).refusals.map(({ reason }) => reason);
const sets = (...taken: readonly Taken[]) => setsFrom(taken.map(snapshot));
const days = (...ago: readonly number[]) => sets(...ago.map((day) => ({ hoursAgo: 24 * day })));

describe('a kept volume', () => {
  it('goes after its date', () => {
    const plan = decidePrune(factsOf({ volumes: [volume({ 'chainmend:incident': 'a1b2c3d4' })] }));
    expect(plan.removals).toEqual([
      {
        ...{ kind: 'volume', id: 'vol-old', node: 'node1' },
        sentence: 'volume vol-old (500 GiB), kept of node1 until 2026-11-19, incident a1b2c3d4',
      },
    ]);
  });

  it.each<[string, KeptVolume, Partial<PruneFacts>]>([
    ['before it', volume({ 'chainmend:keep-until': TOMORROW }), {}],
    ['while it is attached', volume({}, { state: 'in-use', attachedTo: ['i-node2'] }), {}],
    ['while it is being deleted', volume({}, { state: 'deleting' }), {}],
    ['where it is of another fleet', volume({ 'chainmend:fleet': 'litecoin' }), {}],
    ['while an incident of its node is open', volume(), { busy: new Map([['node1', 'incident 1 is open']]) }],
    ['while it is paused', volume({ 'chainmend:pause': 'I need it' }), {}],
  ])('stays %s, and nobody is told', (_, one, more) => {
    expect(removed({ volumes: [one], ...more })).toEqual([]);
    expect(told({ volumes: [one], ...more })).toEqual([]);
  });

  it.each<[string, KeptVolume, RegExp]>([
    [
      'its date is none',
      volume({ 'chainmend:keep-until': 'next week' }),
      /is "next week", and an ISO date was expected/,
    ],
    ['nobody knows whose it was', volume({}, { node: null }), /carries no chainmend:node/],
    ['it is in a state that nobody expected', volume({}, { state: 'error' }), /vol-old stays: it is error/],
  ])('stays where %s, and it is said', (_, one, said) => {
    expect(removed({ volumes: [one] })).toEqual([]);
    expect(told({ volumes: [one] })).toEqual([expect.stringMatching(said)]);
  });
});

describe('a retired instance', () => {
  it('goes after its date, where its data and its identity live on', () => {
    expect(removed({ instances: [retired()], volumes: [keptData] })).toEqual(['instance i-old']);
  });

  it.each<[string, Partial<PruneFacts>, RegExp, boolean?]>([
    [
      'it runs',
      { instances: [retired({}, { state: 'running' })] },
      /two copies of the identity of node1 may run/,
      true,
    ],
    ['no node has its name', { nodes: [nodeOf('node2')] }, /no running instance of the fleet is called node1/],
    [
      'the node of its name does not run',
      { nodes: [nodeOf('node1', { state: 'stopped' })] },
      /no running instance of the fleet is called node1/,
    ],
    [
      'it is itself a node',
      { nodes: [nodeOf('node1', { instanceId: 'i-old' })] },
      /discovery finds it as a node/,
      true,
    ],
    [
      'a data volume would go with it',
      { instances: [retired({}, { volumes: [{ ...DATA, deleteOnTermination: true }] })] },
      /vol-data \(\/dev\/sdf\) is not its root and would be deleted with it/,
    ],
    ['a volume would outlive it undated', { volumes: [] }, /vol-data \(\/dev\/sdf\) would outlive it/],
    [
      'a group has it',
      { instances: [retired({ 'aws:autoscaling:groupName': 'nodes' })] },
      /belongs to the Auto Scaling group nodes/,
    ],
    [
      'it has no date',
      { instances: [retired({}, { tags: tagged('bitcoin', 'node1') })] },
      /carries no chainmend:keep-until/,
    ],
  ])('stays where %s, and it is said', (_, more, said, page = false) => {
    const plan = decidePrune(factsOf({ instances: [retired()], volumes: [keptData], ...more }));
    expect(plan.removals).toEqual([]);
    expect(plan.refusals).toMatchObject([{ refuse: 'kept-longer', reason: expect.stringMatching(said), page }]);
  });

  it('stays before its date, and while something is open on its node', () => {
    const volumes = [keptData];
    expect(removed({ volumes, instances: [retired({ 'chainmend:keep-until': TOMORROW })] })).toEqual([]);
    expect(removed({ volumes, instances: [retired()], busy: new Map([['node1', 'open']]) })).toEqual([]);
    expect(removed({ volumes, instances: [retired()], busy: new Map([['i-old', 'open']]) })).toEqual([]);
  });
});

describe('clean snapshots', () => {
  it('go beyond what the fleet file keeps, oldest first', () => {
    expect(removed({ sets: days(1, 2, 3, 4) })).toEqual(['set node1-96', 'set node1-72']);
    expect(removed({ sets: days(1, 2) })).toEqual([]);
  });

  it.each<[string, Partial<Taken>]>([
    ['is held', { ledger: { heldBy: 'a1b2c3d4' } }],
    ['is locked by somebody', { more: { locked: true } }],
    ['was made by a person', { tags: { 'chainmend:incident': '' } }],
    ['was made by a policy', { policy: 'policy-1' }],
    ['is the last that has proved itself', { ledger: { verifiedAtMs: NOON_MS } }],
  ])('stay where a set %s', (what, more) => {
    const taken = snapshot({ hoursAgo: 240, ...more });
    const { 'chainmend:incident': _, ...byHand } = taken.tags;
    const old = what.includes('person') ? { ...taken, tags: byHand } : taken;
    const all = setsFrom([snapshot({ hoursAgo: 24 }), snapshot({ hoursAgo: 48 }), old]);
    expect(removed({ sets: all })).toEqual([]);
  });

  it('are counted without those that are no good', () => {
    const all = sets(
      { hoursAgo: 24, ledger: { quarantined: 'bad' } },
      { hoursAgo: 48, more: { state: 'error' } },
      { hoursAgo: 72 },
      { hoursAgo: 96 },
      { hoursAgo: 120 },
      { hoursAgo: 144, more: { state: 'error' } },
    );
    expect(removed({ sets: all })).toEqual(['set node1-144', 'set node1-120']);
  });

  it('in quarantine go after their date', () => {
    const bad = (until: string) => ({
      ...{ node: 'node2', hoursAgo: 24, ledger: { quarantined: 'bad' } },
      tags: { 'chainmend:keep-until': until },
    });
    expect(removed({ sets: sets({ hoursAgo: 48 }, bad(YESTERDAY)) })).toEqual(['set node2-24']);
    expect(removed({ sets: sets({ hoursAgo: 48 }, bad(TOMORROW)) })).toEqual([]);
    expect(removed({ sets: sets(bad(YESTERDAY)) })).toEqual([]);
  });

  it('stay while anything is open in the fleet: it may be about to use one', () => {
    expect(removed({ sets: days(1, 2, 3, 4), busy: new Map([['node2', 'incident 1 is open']]) })).toEqual([]);
  });

  it('stay where the fleet file does not say how many are kept', () => {
    expect(removed({ sets: days(1, 2, 3, 4), fleet: fleetOf({ snapshots: {} }) })).toEqual([]);
  });
});

describe('a run', () => {
  it('removes nothing of a fleet whose nodes are not found', () => {
    const plan = decidePrune(factsOf({ nodes: [], volumes: [volume()], sets: days(1, 2, 3, 4) }));
    expect(plan.removals).toEqual([]);
    expect(plan.refusals).toMatchObject([{ refuse: 'nothing-matched' }]);
  });

  it(`makes ${MAX_DELETIONS} deletions at most, and tears no set apart`, () => {
    const volumes = Array.from({ length: MAX_DELETIONS + 5 }, (_, index) => volume({}, { volumeId: `vol-${index}` }));
    const plan = decidePrune(factsOf({ volumes, sets: days(1, 2, 3) }));
    expect(plan.removals).toHaveLength(MAX_DELETIONS);
    expect(plan.waiting).toBe(6);
  });

  it('has a name for what it would do, and another for anything else', () => {
    const one = decidePrune(factsOf({ volumes: [volume()] }));
    const later = decidePrune(factsOf({ volumes: [volume()], nowMs: NOON_MS + HOUR_MS }));
    const two = decidePrune(factsOf({ volumes: [volume(), volume({}, { volumeId: 'vol-2' })] }));
    expect(later.hash).toBe(one.hash);
    expect(two.hash).not.toBe(one.hash);
    expect(one.hash).toMatch(/^[0-9a-f]{12}$/);
  });
});
