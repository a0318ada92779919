// The fleet's snapshots, read through the wire as heals read them, and the tags on them that keep everybody from deleting them.
import { DLMClient, GetLifecyclePoliciesCommand } from '@aws-sdk/client-dlm';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateTagsCommand,
  DeleteSnapshotCommand,
  DescribeLockedSnapshotsCommand,
  EC2Client,
  LockSnapshotCommand,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ClockFollower } from '../../../local/simulator/clock.ts';
import { hold, type KeptClients, keptOf, putInQuarantine, readKept, release } from '../../../shared/heal/kept.ts';
import { createStore } from '../../../shared/heal/store.ts';
import { readShared, readSnapshots } from '../../../shared/snapshots/inventory.ts';
import { holdSnapshots, quarantine, releaseHolds, verify } from '../../../shared/snapshots/marks.ts';
import { readPolicies, supplyOf } from '../../../shared/snapshots/policies.ts';
import { isWithinReach, rankSets } from '../../../shared/snapshots/ranking.ts';
import { readOwners, setsOf } from '../../../shared/snapshots/sets.ts';
import { snapshot } from '../../fixtures/builders/snapshot.ts';
import { demand, fleetOf } from '../../fixtures/snapshot-facts.ts';
import { type WholeRegion, wholeRegion } from '../../fixtures/whole-region.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MINUTES_LEFT_MS = 5 * 60_000;
const FLEET = fleetOf();
const TAGS = { Component: 'nodes/bitcoin' };

let whole: WholeRegion;
let ec2: EC2Client;
let dlm: DLMClient;
let shelf: KeptClients;

beforeAll(async () => {
  whole = await wholeRegion();
  ec2 = new EC2Client(await whole.as());
  dlm = new DLMClient(await whole.as());
  await whole.region.call('dynamodb', 'CreateTable', {
    TableName: 'chainmend',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
  });
  shelf = { ec2, store: createStore(new DynamoDBClient(await whole.as()), 'chainmend') };
});

let following: ClockFollower;
beforeAll(() => {
  following = whole.following;
});
afterAll(() => following.stop());

/** To almost a day later: a hold of now has five minutes left then. */
async function jump(ms = DAY_MS - MINUTES_LEFT_MS): Promise<void> {
  await following.stop();
  await whole.region.clock.run({ untilMs: now() + ms });
  following = whole.region.clock.follow({ speed: 1000 });
}

interface PlacedNode {
  readonly instanceId: string;
  readonly root: string;
  readonly data: string;
}

let index = 0;
/** A node whose root volume has the same tags as its data volume, as with a launch template. */
function place(name: string): PlacedNode {
  const { ec2: there } = whole.region;
  const instanceId = there.addInstance({ privateIp: `10.0.0.${++index}`, tags: { ...TAGS, Name: name } });
  const attached = (device: string, sizeGiB: number) =>
    there.addVolume({ sizeGiB, tags: TAGS, attachedTo: { instanceId, device } });
  return { instanceId, root: attached('/dev/xvda', 16), data: attached('/dev/sdf', 500) };
}

const now = (): number => whole.region.clock.now();
const add = (volumeId: string, hoursAgo: number, tags: Readonly<Record<string, string>> = {}): string =>
  whole.region.ec2.addSnapshot({ volumeId, startedAtMs: now() - hoursAgo * HOUR_MS, tags, sizeGiB: 500 });
const POLICY = 'policy-0123456789abcdef0';
const byPolicy = { 'aws:dlm:lifecycle-policy-id': POLICY, 'dlm:managed': 'true' };
const isLocked = (id: string): boolean => whole.region.ec2.isSnapshotLocked(id);
const tagsOf = (id: string) => whole.region.ec2.tags(id);
const read = () => readSnapshots(ec2, FLEET, []);
const factsOf = async (...ids: readonly string[]) =>
  (await read()).filter(({ snapshotId }) => ids.includes(snapshotId));
/** EC2's reads lag behind its writes. */
const settled = (): Promise<void> => whole.virtually(20_000);

describe('the snapshots that another account shares', () => {
  it('are those of its one policy, whatever else anybody shares, and nobody takes them for our own', async () => {
    const account = { id: '444455556666', policy: 'policy-00000000000000001' };
    const shared = (description: string, ownerId = account.id) =>
      whole.region.ec2.addSnapshot({ volumeId: 'vol-0123456789abcdef2', sizeGiB: 500, description, ownerId });
    const theirs = shared(`Created for policy: ${account.policy} schedule: every 6 h`);
    shared('Created for policy: policy-00000000000000002 schedule: every 6 h');
    shared(`By hand, not Created for policy: ${account.policy}`);
    shared(`Created for policy: ${account.policy} schedule: every 6 h`, '999988887777');
    await settled();
    const facts = await readShared(ec2, FLEET, account);
    expect(facts.map(({ snapshotId, ownerId }) => [snapshotId, ownerId])).toEqual([[theirs, account.id]]);
    expect((await read()).map(({ snapshotId }) => snapshotId)).not.toContain(theirs);
    const copiesFrom = { region: 'eu-west-1', maxAgeHours: 48, account };
    const [fact] = facts;
    if (!fact) throw new Error('nothing was found');
    expect(isWithinReach(fact, { ...FLEET, copiesFrom })).toBe(true);
    expect(isWithinReach(fact, FLEET)).toBe(false);
    expect(isWithinReach({ ...fact, ownerId: '999988887777' }, { ...FLEET, copiesFrom })).toBe(false);
  });
});

describe('the snapshots of a first day', () => {
  it('are found by the volumes that there are and by tags copied from those that are gone, and belong to their nodes', async () => {
    const node1 = place('node1');
    const node2 = place('node2');
    const plain = add(node1.data, 4, byPolicy);
    const copied = add('vol-0123456789abcdef0', 30, { ...byPolicy, ...TAGS });
    const ofRoot = add(node2.root, 4, { ...byPolicy, ...TAGS });
    const strangers = add('vol-0123456789abcdef1', 4, byPolicy);
    await settled();
    const nodes = [
      { ...node1, name: 'node1' },
      { ...node2, name: 'node2' },
    ];
    const owners = await readOwners(ec2, FLEET, nodes);
    expect(owners.get(node1.data)).toEqual({ node: 'node1', role: 'data' });
    expect(owners.get(node1.root)).toEqual({ node: 'node1', role: null });
    const facts = await readSnapshots(ec2, FLEET, [...owners.keys()]);
    expect(facts.map(({ snapshotId }) => snapshotId).sort()).toEqual([plain, copied, ofRoot].sort());
    expect(facts.some(({ snapshotId }) => snapshotId === strangers)).toBe(false);
    const sets = setsOf(facts, { fleet: FLEET, volumes: owners, nodeNames: new Set(['node1', 'node2']) });
    expect(sets.map(({ setId, node, rank }) => [setId, node, rank])).toEqual([
      [plain, 'node1', 'crash-consistent'],
      [copied, 'vol-0123456789abcdef0', 'crash-consistent'],
    ]);
    const asked = { sets, faultSinceMs: now(), accounts: [whole.region.kernel.accountId] };
    const { good, refused } = rankSets(demand(asked));
    expect(good.map(({ setId }) => setId)).toEqual([copied]);
    // No tag says which fleet it belongs to, and no heal may read an untagged one.
    expect(refused).toMatchObject([
      { setId: plain, why: expect.stringMatching(/set CopyTags in the lifecycle policy/) },
    ]);
    const naming = fleetOf({ replace: { lifecyclePolicies: [POLICY] } });
    expect(rankSets(demand({ ...asked, fleet: naming })).good.map(({ setId }) => setId)).toEqual([plain, copied]);
  });

  it('tell how old they can get by their policy', async () => {
    await whole.region.call('dlm', 'CreateLifecyclePolicy', {
      ExecutionRoleArn: 'arn:aws:iam::111122223333:role/snapshots',
      Description: 'bitcoin data',
      State: 'ENABLED',
      PolicyDetails: {
        ResourceTypes: ['VOLUME'],
        TargetTags: [{ Key: 'Component', Value: 'nodes/bitcoin' }],
        Schedules: [
          {
            Name: 'hourly',
            CreateRule: { Interval: 1, IntervalUnit: 'HOURS', Times: ['03:30'] },
            RetainRule: { Count: 24 },
            CopyTags: true,
          },
        ],
      },
    });
    const { Policies = [] } = await dlm.send(new GetLifecyclePoliciesCommand({}));
    const policies = await readPolicies(dlm, FLEET, ['policy-0123456789abcdef0']);
    expect(policies.map(({ policyId }) => policyId)).toEqual(Policies.map(({ PolicyId }) => PolicyId));
    expect(supplyOf(policies)[0]).toMatch(/\(hourly\) takes snapshots every 1 h and keeps them for 24 h/);
    // A tag of EC2 may be longer than what DLM is asked for: what the other tags show is read all the same.
    const tags = { ...FLEET.nodes.tags, ['k'.repeat(128)]: 'v'.repeat(256) };
    const longTags = { ...FLEET, nodes: { ...FLEET.nodes, tags } };
    expect(await readPolicies(dlm, longTags, ['policy-0123456789abcdef0'])).toEqual(policies);
    expect(
      await readPolicies(
        dlm,
        { ...longTags, nodes: { ...FLEET.nodes, tags: { a: 'v'.repeat(256) } }, volumes: [] },
        [],
      ),
    ).toEqual([]);
  });
});

describe('a snapshot with a ledger', () => {
  it('is read as it was written', async () => {
    const { data } = place('node3');
    const { tags, ledger } = snapshot({ node: 'node3', ledger: { setId: 'set-of-node3' } });
    const id = add(data, 5, tags);
    await settled();
    const [fact] = await factsOf(id);
    expect(fact).toMatchObject({ snapshotId: id, volumeId: data, sizeGiB: 500, state: 'completed', policyId: null });
    expect(fact?.ledger).toEqual(ledger);
    expect(fact?.locked).toBe(false);
  });
});

describe('a hold', () => {
  let ours: string;
  let theirs: string;
  let locked: string;

  beforeEach(async () => {
    const { data } = place(`node${index + 10}`);
    ours = add(data, 5, snapshot().tags);
    theirs = add(data, 6, { ...byPolicy, ...TAGS });
    locked = add(data, 7, { ...byPolicy, ...TAGS });
    await ec2.send(new LockSnapshotCommand({ SnapshotId: locked, LockMode: 'governance', LockDuration: 300 }));
    await settled();
  });

  const whose = (incidentId: string) => ({ fleet: 'bitcoin', node: 'node1', incidentId });
  const holding = async (incidentId: string, ...ids: readonly string[]) =>
    hold(shelf, whose(incidentId), await factsOf(...ids), now());
  const releasing = (incidentId: string) => release(shelf, whose(incidentId), now());

  it('keeps what a policy would delete, renews itself, and leaves a person’s lock as it was', async () => {
    await holding('a1b2c3d4', ours, theirs, locked);
    expect([ours, theirs, locked].map((id) => tagsOf(id)['chainmend:held-by'])).toEqual(Array(3).fill('a1b2c3d4'));
    expect([isLocked(ours), isLocked(theirs), isLocked(locked)]).toEqual([false, true, true]);
    await expect(ec2.send(new DeleteSnapshotCommand({ SnapshotId: theirs }))).rejects.toThrow(/locked/);
    await jump();
    await holding('a1b2c3d4', ours, theirs);
    await jump(2 * MINUTES_LEFT_MS);
    expect(isLocked(theirs)).toBe(true);
    await releasing('a1b2c3d4');
    expect([isLocked(theirs), isLocked(locked)]).toEqual([false, true]);
    for (const id of [ours, theirs, locked]) expect(tagsOf(id)).not.toHaveProperty('chainmend:held-by');
    expect(tagsOf(theirs)).not.toHaveProperty('chainmend:locked-by');
  });

  it('locks for a day and no longer', async () => {
    await holding('a1b2c3d4', theirs);
    const { Snapshots = [] } = await ec2.send(new DescribeLockedSnapshotsCommand({ SnapshotIds: [theirs] }));
    expect(Snapshots).toMatchObject([{ LockState: 'governance', LockDuration: 1 }]);
    await releasing('a1b2c3d4');
  });

  it('ends by itself where everybody forgot it, and is released all the same', async () => {
    await holding('a1b2c3d4', theirs);
    expect(isLocked(theirs)).toBe(true);
    await jump(DAY_MS + MINUTES_LEFT_MS);
    expect(isLocked(theirs)).toBe(false);
    expect(await releasing('a1b2c3d4')).toEqual({ released: [theirs], unmarked: [] });
    expect(await releasing('a1b2c3d4')).toEqual({ released: [], unmarked: [] });
  });

  it('is asked for in whole days: a date a day from now is less than that away when EC2 reads it', async () => {
    const ExpirationDate = new Date(now() + DAY_MS);
    await settled();
    const lock = new LockSnapshotCommand({ SnapshotId: theirs, LockMode: 'governance', ExpirationDate });
    await expect(ec2.send(lock)).rejects.toThrow('at least one day');
  });

  it('lasts another day, too, where the days of a lock count from its beginning', async () => {
    const asked: unknown[] = [];
    const startedAtMs = now() - 3 * DAY_MS + HOUR_MS;
    const counting = {
      send: async (command: object) => {
        if (!(command instanceof LockSnapshotCommand)) return ec2.send(command as never);
        const { LockDuration = 0 } = command.input;
        asked.push(LockDuration);
        return {
          LockDurationStartTime: new Date(startedAtMs),
          LockExpiresOn: new Date(startedAtMs + LockDuration * DAY_MS),
        };
      },
    };
    await holdSnapshots(counting as never, await factsOf(theirs), 'a1b2c3d4', new Set([theirs]), now());
    expect(asked).toEqual([1, 4]);
  });

  it('of two incidents ends with the second', async () => {
    await holding('a1b2c3d4', ours, theirs);
    await settled();
    await holding('e5f60718', ours, theirs);
    await settled();
    expect(tagsOf(theirs)['chainmend:held-by']).toBe('a1b2c3d4 e5f60718');
    await releasing('a1b2c3d4');
    await settled();
    expect([tagsOf(ours)['chainmend:held-by'], isLocked(theirs)]).toEqual(['e5f60718', true]);
    await releasing('e5f60718');
    expect([tagsOf(ours)['chainmend:held-by'], isLocked(theirs)]).toEqual([undefined, false]);
  });

  it('is not ended by a tag, and a person’s lock is not ended by one', async () => {
    await holding('a1b2c3d4', theirs);
    const tag = (id: string, Key: string, Value: string) =>
      ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key, Value }] }));
    // A person who may write tags claims two things: another incident holds all of them, and we have locked the person's locked snapshot.
    for (const id of [theirs, locked]) await tag(id, 'chainmend:held-by', 'dead0000');
    await tag(locked, 'chainmend:locked-by', 'dead0000');
    await settled();
    expect(await releasing('dead0000')).toEqual({ released: [], unmarked: [] });
    expect([isLocked(theirs), isLocked(locked)]).toEqual([true, true]);
    await holding('a1b2c3d4', theirs, locked);
    await releasing('a1b2c3d4');
    expect([isLocked(theirs), isLocked(locked)]).toEqual([false, true]);
  });

  it('is written down before any tag says so', async () => {
    const { store } = shelf;
    const dead = { ...shelf, ec2: { send: () => Promise.reject(new Error('no answer')) } as unknown as typeof ec2 };
    await expect(hold(dead, whose('a1b2c3d4'), await factsOf(theirs), now())).rejects.toThrow('no answer');
    expect(keptOf(await readKept(store, 'bitcoin'), 'hold').get('a1b2c3d4')).toMatchObject({
      snapshotIds: [theirs],
      lockedIds: [theirs],
    });
    expect(tagsOf(theirs)).not.toHaveProperty('chainmend:held-by');
    expect(await releasing('a1b2c3d4')).toEqual({ released: [theirs], unmarked: [] });
  });
});

describe('a role that may mark some of them', () => {
  const clientOf = async (...actions: readonly string[]) =>
    new EC2Client(
      await whole.as([
        {
          Effect: 'Allow',
          Action: ['ec2:DescribeLockedSnapshots', 'ec2:DescribeSnapshots', 'ec2:DescribeTags'],
          Resource: '*',
        },
        {
          Effect: 'Allow',
          Action: actions,
          Resource: '*',
          Condition: { StringEquals: { 'aws:ResourceTag/Component': 'nodes/bitcoin' } },
        },
      ]),
    );
  let ours: string;
  let theirs: string;
  let foreign: string;

  beforeEach(async () => {
    const { data } = place(`node${index + 20}`);
    ours = add(data, 5, TAGS);
    theirs = add(data, 6, { ...byPolicy, ...TAGS });
    foreign = add(data, 7, { 'chainmend:fleet': 'bitcoin' });
    await settled();
  });

  it('holds those, and says of the other what AWS says', async () => {
    const role = await clientOf('ec2:CreateTags', 'ec2:LockSnapshot');
    const unmarked = await holdSnapshots(
      role,
      await factsOf(foreign, ours, theirs),
      'b1b2c3d4',
      new Set([theirs]),
      now(),
    );
    expect(unmarked).toEqual([
      { snapshotId: foreign, why: expect.stringMatching(/^UnauthorizedOperation: You are not authorized/) },
    ]);
    expect([ours, theirs, foreign].map((id) => tagsOf(id)['chainmend:held-by'])).toEqual([
      'b1b2c3d4',
      'b1b2c3d4',
      undefined,
    ]);
    expect(isLocked(theirs)).toBe(true);
  });

  it('marks one that has room for one tag more with what counts, and tells the rest', async () => {
    const { data } = place(`node${index + 40}`);
    const org = Object.fromEntries(Array.from({ length: 49 - Object.keys(TAGS).length }, (_, at) => [`org-${at}`, '']));
    const nearlyFull = add(data, 5, { ...TAGS, ...org });
    await settled();
    const room = 50 - Object.keys(tagsOf(nearlyFull)).length;
    expect(room).toBe(1);
    const held = await holdSnapshots(ec2, await factsOf(nearlyFull), 'b1b2c3d4', new Set([nearlyFull]), now());
    expect(held).toEqual([
      {
        snapshotId: nearlyFull,
        why: expect.stringMatching(/^marked, but without chainmend:locked-by: TagLimitExceeded/),
      },
    ]);
    expect(tagsOf(nearlyFull)).toHaveProperty('chainmend:held-by', 'b1b2c3d4');
    const [unmarked] = await quarantine(ec2, [nearlyFull], 'it does not open', now());
    expect(unmarked?.why).toMatch(/^TagLimitExceeded/);
  });

  it('that may not lock marks them, and says so', async () => {
    const role = await clientOf('ec2:CreateTags');
    const unmarked = await holdSnapshots(role, await factsOf(ours, theirs), 'b2b2c3d4', new Set([theirs]), now());
    expect(unmarked).toEqual([
      { snapshotId: theirs, why: expect.stringMatching(/^marked, but not locked: UnauthorizedOperation/) },
    ]);
    expect([ours, theirs].map((id) => tagsOf(id)['chainmend:held-by'])).toEqual(['b2b2c3d4', 'b2b2c3d4']);
  });

  it('releases those that it may release, and keeps the tags of a lock that it may not take away', async () => {
    await holdSnapshots(ec2, await factsOf(foreign, ours, theirs), 'b3b2c3d4', new Set([theirs]), now());
    await settled();
    const role = await clientOf('ec2:DeleteTags');
    const { released, unmarked } = await releaseHolds(role, 'b3b2c3d4', [foreign, ours, theirs], new Set([theirs]));
    expect(released).toEqual([ours]);
    expect(unmarked.map(({ snapshotId }) => snapshotId).sort()).toEqual([foreign, theirs].sort());
    expect(tagsOf(theirs)).toHaveProperty('chainmend:locked-by', 'b3b2c3d4');
  });

  it('quarantines and verifies the same way', async () => {
    const role = await clientOf('ec2:CreateTags');
    expect(await quarantine(role, [foreign, ours], 'it ended', now())).toMatchObject([{ snapshotId: foreign }]);
    expect(tagsOf(ours)['chainmend:quarantined']).toBe('it ended');
    expect(await verify(role, [foreign], now())).toMatchObject([{ snapshotId: foreign }]);
  });
});

describe('what a restore has shown', () => {
  it('is written: they proved themselves, or must not be used and may go in a month', async () => {
    const { data } = place('node40');
    const [good, bad] = [add(data, 5, snapshot().tags), add(data, 6, snapshot().tags)];
    await verify(ec2, [good], now());
    const whose = { fleet: 'bitcoin', node: 'node40', incidentId: 'a1b2c3d4' };
    await putInQuarantine(shelf, whose, [bad], 'the client exits: no such block', now());
    expect([...keptOf(await readKept(shelf.store, 'bitcoin'), 'quarantine').keys()]).toEqual([bad]);
    await settled();
    const facts = await factsOf(good, bad);
    const ledgerOf = (id: string) => facts.find(({ snapshotId }) => snapshotId === id)?.ledger;
    expect(ledgerOf(good)?.verifiedAtMs).toBeGreaterThan(now() - HOUR_MS);
    expect(ledgerOf(bad)?.quarantined).toBe('the client exits: no such block');
    const until = Date.parse(tagsOf(bad)['chainmend:keep-until'] ?? '');
    expect(Math.round((until - now()) / DAY_MS)).toBe(30);
  });
});
