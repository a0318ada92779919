// Which of the kept resources may be removed, and why the rest stays.
import { describe, expect, it } from '@jest/globals';
import { decidePrune, MAX_DELETIONS, stillPlanned, usedAgain } from '../../../functions/prune-retired/decide.ts';
import type { KeptVolume, PruneFacts, RetiredInstance } from '../../../functions/prune-retired/retired-resources.ts';
import type { FleetNode } from '../../../shared/fleet/nodes.ts';
import type { KeptRecord } from '../../../shared/heal/kept.ts';
import { instanceRecord, recordsOf, setRecords, volumeRecord } from '../../fixtures/builders/kept.ts';
import { fleetNode } from '../../fixtures/builders/node.ts';
import { snapshot, type Taken, tagged } from '../../fixtures/builders/snapshot.ts';
import { DAY_MS, HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { fleetOf, setsFrom, twoVolumes } from '../../fixtures/snapshot-facts.ts';

const iso = (ms: number): string => new Date(ms).toISOString();
const YESTERDAY = iso(NOON_MS - DAY_MS);
const TOMORROW = iso(NOON_MS + DAY_MS);

const nodeOf = (name: string, more: Partial<FleetNode> = {}) => fleetNode({ name, ...more });

const volume = (tags: Record<string, string> = {}, more: Partial<KeptVolume> = {}): KeptVolume => {
  const all: Record<string, string> = {
    ...tagged('bitcoin', 'node1'),
    'chainmend:keep-until': YESTERDAY,
    ...tags,
  };
  const date = all['chainmend:keep-until'] ?? '';
  return {
    ...{ volumeId: 'vol-old', node: all['chainmend:node'] ?? null, state: 'available', attachedTo: [], sizeGiB: 500 },
    ...{ type: 'gp3', createdAtMs: NOON_MS - 30 * DAY_MS, snapshotId: '', availabilityZone: 'eu-west-1a' },
    keepUntilMs: Number.isNaN(Date.parse(date)) ? null : Date.parse(date),
    tags: all,
    ...more,
  };
};

const ROOT = { volumeId: 'vol-root', device: '/dev/xvda', deleteOnTermination: true };
const DATA = { volumeId: 'vol-data', device: '/dev/sdf', deleteOnTermination: false };
const retired = (tags: Record<string, string> = {}, more: Partial<RetiredInstance> = {}): RetiredInstance => {
  const { node, keepUntilMs, tags: all } = volume({ 'chainmend:retired': YESTERDAY, ...tags });
  return {
    ...{ instanceId: 'i-old', node, state: 'stopped', keepUntilMs, tags: all, rootDevice: '/dev/xvda' },
    launchedAtMs: NOON_MS - 20 * DAY_MS,
    volumes: [ROOT, DATA],
    ...more,
  };
};
/** A volume of the retired instance that is kept longer than the instance. */
const keptData = volume({}, { volumeId: 'vol-data', state: 'in-use', attachedTo: ['i-old'] });

/** Everything is recorded in its current state, unless records are given. */
const factsOf = (more: Partial<PruneFacts> = {}): PruneFacts => {
  const facts = { ...usual, ...more };
  return { ...facts, kept: more.kept ?? recordsOf(facts) };
};
const usual: Omit<PruneFacts, 'kept'> = {
  nowMs: NOON_MS,
  fleet: fleetOf({ snapshots: { clean: { keep: 2 } } }),
  nodes: [nodeOf('node1'), nodeOf('node2')],
  busy: new Map(),
  volumes: [],
  instances: [],
  sets: [],
  seeds: new Set(),
  missing: [],
};
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
        sentence: 'volume vol-old (500 GiB), kept of node1 until 2025-12-31, incident a1b2c3d4',
      },
    ]);
  });

  it('that is on a node again is that node’s from then on; on a retired instance, or while a heal works, it is not', () => {
    const on = (...attachedTo: readonly string[]) => volume({}, { state: 'in-use', attachedTo: [...attachedTo] });
    const [node] = usual.nodes;
    const used = (more: Partial<PruneFacts>) => usedAgain(factsOf(more)).map((one) => [one.volumeId, one.node.name]);
    const id = node?.instanceId ?? '';
    expect(used({ volumes: [on(id)] })).toEqual([['vol-old', 'node1']]);
    expect(used({ volumes: [on()] })).toEqual([]);
    expect(used({ volumes: [on('i-retired')] })).toEqual([]);
    expect(used({ volumes: [on(id)], busy: new Map([[id, 'a heal']]) })).toEqual([]);
    expect(used({ volumes: [on(id)], busy: new Map([['node1', 'a heal']]) })).toEqual([]);
    expect(used({ volumes: [on(id)], kept: [] })).toEqual([]);
  });

  it('goes at its date, and that of its record', () => {
    const due = volume({ 'chainmend:keep-until': iso(NOON_MS) });
    expect(removed({ volumes: [due], kept: [{ ...volumeRecord(due), untilMs: NOON_MS }] })).toEqual(['volume vol-old']);
    expect(decidePrune(factsOf({ volumes: [volume()] })).removals).toMatchObject([
      { sentence: 'volume vol-old (500 GiB), kept of node1 until 2025-12-31' },
    ]);
  });

  it('goes before one whose date came later, and of one date by its id', () => {
    const at = (volumeId: string, daysAgo: number) =>
      volume({ 'chainmend:keep-until': iso(NOON_MS - daysAgo * DAY_MS) }, { volumeId });
    const all = [at('vol-c', 1), at('vol-b', 2), at('vol-d', 3), at('vol-a', 2)];
    const order = ['volume vol-d', 'volume vol-a', 'volume vol-b', 'volume vol-c'];
    expect(removed({ volumes: all })).toEqual(order);
    expect(removed({ volumes: all.toReversed() })).toEqual(order);
  });

  it.each<[string, KeptVolume, Partial<PruneFacts>]>([
    ['before it', volume({ 'chainmend:keep-until': TOMORROW }), {}],
    ['while it is attached', volume({}, { state: 'in-use', attachedTo: ['i-node2'] }), {}],
    ['while it is being deleted', volume({}, { state: 'deleting' }), {}],
    ['once it is deleted', volume({}, { state: 'deleted' }), {}],
    ['while something is open on itself', volume(), { busy: new Map([['vol-old', 'incident 1 is open']]) }],
    ['a millisecond before it', volume({ 'chainmend:keep-until': iso(NOON_MS + 1) }), {}],
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
    expect(decidePrune(factsOf({ instances: [retired()], volumes: [keptData] })).removals).toMatchObject([
      { kind: 'instance', id: 'i-old', node: 'node1' },
    ]);
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
    [
      'it is itself one of several nodes',
      { nodes: [nodeOf('node2'), nodeOf('node1', { instanceId: 'i-old' })] },
      /discovery finds it as a node/,
      true,
    ],
    ['a volume would outlive it undated', { volumes: [] }, /vol-data \(\/dev\/sdf\) would outlive it/],
    [
      'its root would outlive it, as a replacement leaves it: what is on it alone only a person knows',
      { instances: [retired({}, { volumes: [{ ...ROOT, deleteOnTermination: false }, DATA] })] },
      /has what is nowhere else: a wallet, a keystore\. If not.* --instance-id i-old --block-device-mappings 'DeviceName=\/dev\/xvda,Ebs=\{DeleteOnTermination=true\}'$/,
      true,
    ],
    [
      'a device has a name that nobody should paste',
      {
        instances: [
          retired({}, { rootDevice: 'x;id', volumes: [{ ...ROOT, device: 'x;id', deleteOnTermination: false }] }),
        ],
      },
      /a wallet, a keystore$/,
      true,
    ],
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

  it('stays where the date of a volume that would outlive it is none', () => {
    const undated = volume({ 'chainmend:keep-until': 'some day' }, { ...{ volumeId: 'vol-data', state: 'in-use' } });
    expect(removed({ instances: [retired()], volumes: [undated] })).toEqual([]);
    expect(told({ instances: [retired()], volumes: [undated] })).toContainEqual(
      expect.stringMatching(/vol-data \(\/dev\/sdf\) would outlive it/),
    );
  });

  it.each(['terminated', 'shutting-down'] as const)('that is %s already is no news', (state) => {
    const gone = { instances: [retired({}, { state })], volumes: [keptData] };
    expect(removed(gone)).toEqual([]);
    expect(told(gone)).toEqual([]);
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

  it('stay where a launch template of a group names them', () => {
    const seeds = new Set(['snap-node1-data-96']);
    expect(removed({ sets: days(1, 2, 3, 4), seeds })).toEqual(['set node1-72']);
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

  it('of a validator neither go nor count: they are for it alone', () => {
    const own = { node: 'node2', ledger: { ofValidator: true } };
    const all = sets({ hoursAgo: 12, ...own }, { hoursAgo: 24 }, { hoursAgo: 48 }, { hoursAgo: 240, ...own });
    expect(removed({ sets: all })).toEqual([]);
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

describe('what the tags say alone', () => {
  const strange = (more: Partial<PruneFacts>) => {
    const { removals, refusals } = decidePrune(factsOf(more));
    expect(removals).toEqual([]);
    expect(refusals.map(({ refuse, page, subject }) => ({ refuse, page, subject }))).toEqual([
      { refuse: 'not-recorded', page: true, subject: 'bitcoin' },
    ]);
    return refusals[0]?.reason ?? '';
  };
  const KEPT = volume({ 'chainmend:incident': 'a1b2c3d4' });
  const RETIRED = retired({ 'chainmend:incident': 'a1b2c3d4' });

  it('removes nothing: a stranger’s volume, instance and set stay, and one page tells of all', () => {
    const reason = strange({
      volumes: [KEPT, keptData],
      instances: [RETIRED],
      sets: days(1, 2, 3),
      kept: days(1, 2).flatMap((set) => setRecords(set)),
    });
    for (const id of ['vol-old', 'i-old', 'set node1-72']) expect(reason).toContain(`${id}: no heal has written down`);
    expect(reason).toMatch(/^3 past the date in their tags are left/);
  });

  it('tells of ten and counts the rest', () => {
    const volumes = Array.from({ length: 300 }, (_, index) => volume({}, { volumeId: `vol-${index}` }));
    const reason = strange({ volumes, kept: [] });
    expect(strange({ volumes: volumes.slice(0, 10), kept: [] })).toMatch(/^10 past.*vol-9: [^;]*\. Anybody/);
    expect(reason).toMatch(/^300 past.*; and 290 more\. /);
    expect(reason.length).toBeLessThan(1_500);
  });

  it.each<[string, Partial<KeptVolume>, RegExp]>([
    ['has grown', { sizeGiB: 501 }, /its size is 501 GiB, and was 500 GiB/],
    ['is of another type', { type: 'io2' }, /its type is io2, and was gp3/],
    ['was made at another time', { createdAtMs: NOON_MS }, /its time of creation is 2026-01-01T12:00:00.000Z, and was/],
    ['was made of another snapshot', { snapshotId: 'snap-1' }, /its snapshot is snap-1, and was none/],
    ['is in another zone', { availabilityZone: 'eu-west-1b' }, /its zone is eu-west-1b/],
    ['is said to be another node’s', { node: 'node2' }, /its tag says that it is of node2, and it was of node1/],
    [
      'is said to be another incident’s',
      { tags: { ...KEPT.tags, 'chainmend:incident': 'ffff0000' } },
      /names the incident ffff0000, and it was a1b2c3d4/,
    ],
  ])('does not remove a volume that %s', (_, more, said) => {
    expect(strange({ volumes: [{ ...KEPT, ...more }], kept: [volumeRecord(KEPT)] })).toMatch(said);
  });

  it.each<[string, Partial<RetiredInstance>, RegExp]>([
    ['was started again', { launchedAtMs: NOON_MS - DAY_MS }, /was started again at 2025-12-31T12:00:00.000Z/],
    [
      'has another root, which would go with it',
      { volumes: [{ volumeId: 'vol-payroll', device: '/dev/xvda', deleteOnTermination: true }, DATA] },
      /its root volume is vol-payroll, and was vol-root/,
    ],
    [
      'was given another volume',
      {
        volumes: [
          ...RETIRED.volumes,
          { volumeId: 'vol-data', device: '/dev/sdf', deleteOnTermination: false },
          { volumeId: 'vol-more', device: '/dev/sdg', deleteOnTermination: false },
        ],
      },
      /vol-more \(\/dev\/sdg\) was attached to it after it was put away/,
    ],
  ])('does not end an instance that %s', (_, more, said) => {
    const dated = volume({}, { volumeId: 'vol-more', state: 'in-use', attachedTo: ['i-old'] });
    const kept = [instanceRecord(RETIRED), volumeRecord(keptData), volumeRecord(dated)];
    expect(strange({ instances: [{ ...RETIRED, ...more }], volumes: [keptData, dated], kept })).toMatch(said);
  });

  it('ends an instance whose root was taken off meanwhile, and whose data are gone', () => {
    const bare = { ...RETIRED, volumes: [] };
    expect(removed({ instances: [bare], kept: [instanceRecord(RETIRED)] })).toEqual(['instance i-old']);
  });

  it('makes nothing go before the date that a heal has written, and keeps it longer where a person says so', () => {
    const record = { ...volumeRecord(KEPT), untilMs: NOON_MS + DAY_MS };
    expect(removed({ volumes: [KEPT], kept: [record] })).toEqual([]);
    expect(told({ volumes: [KEPT], kept: [record] })).toEqual([]);
    const longer = volume({ 'chainmend:incident': 'a1b2c3d4', 'chainmend:keep-until': TOMORROW });
    expect(removed({ volumes: [longer], kept: [volumeRecord(KEPT)] })).toEqual([]);
    expect(removed({ volumes: [KEPT], kept: [volumeRecord(KEPT)] })).toEqual(['volume vol-old']);
  });

  it('removes nothing that was put back into use', () => {
    strange({ volumes: [KEPT], kept: [{ ...volumeRecord(KEPT), state: 'ended' }] });
  });

  it('removes nothing where the records are lost', () => {
    strange({ volumes: [KEPT], kept: [] });
  });

  it('makes no set of a stranger’s snapshots count: those that heals took stay', () => {
    const all = days(1, 2, 3);
    // A person has tagged two snapshots as if heals had taken them. Both are newer than the only one of a heal.
    const kept = all.slice(2).flatMap((set) => setRecords(set));
    expect(decidePrune(factsOf({ sets: all, kept })).removals).toEqual([]);
  });

  it('does not put a set into quarantine, nor take it out of a hold', () => {
    const all = sets(
      { hoursAgo: 24 },
      { hoursAgo: 48 },
      { hoursAgo: 72, ledger: { quarantined: 'bad' }, tags: { 'chainmend:keep-until': YESTERDAY } },
    );
    const kept = all.flatMap((set) => setRecords(set)).filter(({ kind }) => kind !== 'quarantine');
    expect(strange({ sets: all, kept })).toMatch(
      /snap-node1-data-72 is tagged as quarantined, and no heal has written that down/,
    );
    const three = days(1, 2, 3);
    const hold: KeptRecord = {
      ...{ fleet: 'bitcoin', node: 'node1', incidentId: 'e5f60718', id: 'e5f60718', atMs: 0, version: 1 },
      ...{ kind: 'hold', state: 'kept', snapshotIds: ['snap-node1-data-72'], lockedIds: [] },
    };
    expect(removed({ sets: three })).toEqual(['set node1-72']);
    expect(removed({ sets: three, kept: [...recordsOf({ volumes: [], instances: [], sets: three }), hold] })).toEqual(
      [],
    );
  });

  it('makes no snapshot a part of a set that a heal took', () => {
    const set = sets({ hoursAgo: 72 });
    const all = [...days(1, 2), ...set];
    const kept = all
      .flatMap((one) => setRecords(one))
      .map((record) =>
        record.kind === 'set' && record.id === 'node1-72' ? { ...record, snapshotIds: ['snap-other'] } : record,
      );
    expect(strange({ sets: all, kept })).toMatch(/snap-node1-data-72 is not among what the heal took/);
  });
});

describe('a run', () => {
  it('removes nothing of a fleet whose nodes are not found', () => {
    const plan = decidePrune(factsOf({ nodes: [], volumes: [volume()], sets: days(1, 2, 3, 4) }));
    expect(plan.removals).toEqual([]);
    const refusal = { refuse: 'nothing-matched', page: false, lastsMs: 13 * HOUR_MS };
    expect(plan.refusals).toMatchObject([refusal]);
    expect(decidePrune(factsOf({ nodes: [], instances: [retired()] })).refusals).toMatchObject([refusal]);
    const nothing = decidePrune(factsOf({ nodes: [] }));
    expect(nothing).toEqual({ removals: [], waiting: 0, refusals: [], hash: decidePrune(factsOf()).hash });
  });

  it(`makes ${MAX_DELETIONS} deletions at most, and tears no set apart`, () => {
    const volumes = Array.from({ length: MAX_DELETIONS + 5 }, (_, index) => volume({}, { volumeId: `vol-${index}` }));
    const plan = decidePrune(factsOf({ volumes, sets: days(1, 2, 3) }));
    expect(plan.removals).toHaveLength(MAX_DELETIONS);
    expect(plan.waiting).toBe(6);
  });

  it('counts each snapshot of a set', () => {
    const fleet = twoVolumes({ snapshots: { clean: { keep: 2 } } });
    const all = setsFrom(
      [1, 2, 3, 4, 5].flatMap((day) =>
        ['data', 'ancient'].map((role) => snapshot({ role, hoursAgo: 24 * day, ledger: { parts: 2 } })),
      ),
      fleet,
    );
    const volumes = Array.from({ length: 15 }, (_, index) => volume({}, { volumeId: `vol-${index}` }));
    const plan = decidePrune(factsOf({ fleet, volumes, sets: all }));
    expect(plan.removals.filter(({ kind }) => kind === 'set').map(({ id }) => id)).toEqual(['node1-120', 'node1-96']);
    expect(plan.waiting).toBe(1);
  });

  it('still has a removal of a plan, or has it no more', () => {
    const [one, other] = ['vol-1', 'vol-2'].map((volumeId) => volume({}, { volumeId }));
    if (!one || !other) throw new Error('no volumes');
    const plan = decidePrune(factsOf({ volumes: [one, other] }));
    expect(plan.removals.map((removal) => stillPlanned(removal, plan))).toEqual([true, true]);
    const later = decidePrune(factsOf({ volumes: [other] }));
    expect(plan.removals.map((removal) => stillPlanned(removal, later))).toEqual([false, true]);
    expect(later.hash).not.toBe(decidePrune(factsOf({ volumes: [one] })).hash);
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
