// Snapshots as callers see them: taken, found, locked, deleted; and their content.
import type {
  CreateSnapshotsResult,
  DescribeLockedSnapshotsResult,
  DescribeSnapshotsResult,
  DescribeTagsResult,
  LockSnapshotResult,
  Snapshot,
} from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { contentAt } from '../../../../local/nodes/content.ts';
import { type Ebs, type EbsNode, ebs } from '../../../fixtures/ebs.ts';

const GIB = 2 ** 30;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let world: Ebs;
let node: EbsNode;

beforeEach(() => {
  world = ebs();
  node = world.node();
});

const take = (input: object = {}): Snapshot =>
  world.call<Snapshot>('CreateSnapshot', { VolumeId: node.data, ...input });
const found = (input: object = {}): Snapshot[] =>
  world.call<DescribeSnapshotsResult>('DescribeSnapshots', input).Snapshots ?? [];
const ids = (input: object): (string | undefined)[] => found(input).map(({ SnapshotId }) => SnapshotId);
const refused = (name: string) => expect.objectContaining({ name });
const tagged = (...Tags: { Key: string; Value: string }[]) => ({
  TagSpecifications: [{ ResourceType: 'snapshot', Tags }],
});

describe('a snapshot of a volume', () => {
  it('is pending, copies what has changed, is completed, and the bus is told of it', () => {
    const { SnapshotId = '', ...first } = take({ Description: 'before the upgrade' });
    expect(SnapshotId).toMatch(/^snap-[0-9a-f]{17}$/);
    expect(first).toMatchObject({
      State: 'pending',
      Progress: '0%',
      VolumeId: node.data,
      VolumeSize: 500,
      FullSnapshotSizeInBytes: 200 * GIB,
      Encrypted: true,
      KmsKeyId: expect.stringContaining('arn:aws:kms:eu-west-1:111122223333:key/'),
      OwnerId: '111122223333',
      Description: 'before the upgrade',
    });
    world.kernel.advance(10 * 60_000);
    expect(found()[0]?.Progress).toMatch(/^[1-9]\d?%$/);
    world.kernel.advance(2 * HOUR_MS);
    expect(found()).toMatchObject([{ State: 'completed', Progress: '100%', CompletionTime: expect.any(Date) }]);
    const firstTookMs = world.ec2.snapshot(SnapshotId).dueAtMs - world.ec2.snapshot(SnapshotId).startedAtMs;
    expect(firstTookMs).toBeGreaterThan((200 * 1_024 * 1_000) / 150);
    expect(world.told()).toEqual([
      {
        type: 'EBS Snapshot Notification',
        resources: [`arn:aws:ec2::eu-west-1:snapshot/${SnapshotId}`],
        event: 'createSnapshot',
        result: 'succeeded',
        cause: '',
        'request-id': '',
        snapshot_id: `arn:aws:ec2::eu-west-1:snapshot/${SnapshotId}`,
        source: `arn:aws:ec2::eu-west-1:volume/${node.data}`,
        startTime: '2026-01-01T12:00:00Z',
        endTime: expect.stringMatching(/^2026-01-01T1\d:\d\d:\d\dZ$/),
      },
    ]);
    const second = world.ec2.snapshot(take().SnapshotId ?? '');
    expect(second.dueAtMs - second.startedAtMs).toBeLessThan(firstTookMs / 10);
    expect(world.kernel.works.map(({ what, resources }) => [what, resources])).toEqual([
      ['snapshot', [SnapshotId]],
      ['snapshot', [second.snapshotId]],
    ]);
  });

  it('holds what was on the volume when it was asked for, whatever comes after', () => {
    const height = node.machine.client.height();
    const { SnapshotId = '' } = take();
    world.kernel.advance(2 * HOUR_MS);
    node.machine.stopClient();
    const clean = take().SnapshotId ?? '';
    node.machine.startClient();
    expect(world.ec2.snapshot(SnapshotId).content?.data).toMatchObject({ height, condition: 'crash-consistent' });
    expect(world.ec2.snapshot(clean).content?.data).toMatchObject({ height: height + 720, condition: 'clean' });
    expect(world.ec2.snapshot(clean).fullBytes).toBeGreaterThan(world.ec2.snapshot(SnapshotId).fullBytes);
  });

  it('is refused 15 s after another of its volume, and a sixth that is pending', () => {
    for (let taken = 0; taken < 5; taken++) {
      take();
      expect(() => take()).toThrow(
        refused(taken < 4 ? 'SnapshotCreationPerVolumeRateExceeded' : 'ConcurrentSnapshotLimitExceeded'),
      );
      world.kernel.advance(16_000);
    }
    expect(() => take()).toThrow(refused('ConcurrentSnapshotLimitExceeded'));
    // "If you deleted an in-progress snapshot", it counts until it would have been completed.
    world.call('DeleteSnapshot', { SnapshotId: ids({})[0] });
    expect(() => take()).toThrow(refused('ConcurrentSnapshotLimitExceeded'));
    world.kernel.advance(5 * HOUR_MS);
    expect(take().State).toBe('pending');
  });

  it('may end in error, which says so, and cannot be used', () => {
    world.ec2.failNextSnapshot(node.data);
    const { SnapshotId } = take();
    world.kernel.advance(2 * HOUR_MS);
    expect(found({ Filters: [{ Name: 'status', Values: ['error'] }] })).toMatchObject([
      { SnapshotId, StateMessage: expect.stringContaining('could not be completed') },
    ]);
    expect(world.told().at(-1)).toMatchObject({ event: 'createSnapshot', result: 'failed' });
    const restore = () => world.call('CreateVolume', { SnapshotId, AvailabilityZone: 'eu-west-1a' });
    expect(restore).toThrow(refused('IncorrectState'));
  });

  it('is refused of a volume that is unknown or not there yet, with tags of something else, and in a dry run', () => {
    expect(() => take({ VolumeId: 'vol-0123456789abcdef0' })).toThrow(refused('InvalidVolume.NotFound'));
    const { VolumeId } = world.call<{ VolumeId: string }>('CreateVolume', { Size: 10, AvailabilityZone: 'eu-west-1a' });
    expect(() => take({ VolumeId })).toThrow(refused('IncorrectState'));
    expect(() => take({ TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'a', Value: 'b' }] }] })).toThrow(
      /'volume' is not a valid taggable resource type/,
    );
    expect(() => take(tagged({ Key: 'a', Value: '1' }, { Key: 'a', Value: '2' }))).toThrow(/Duplicate tag key 'a'/);
    expect(() => take(tagged({ Key: 'aws:x', Value: '1' }))).toThrow(refused('InvalidParameterValue'));
    expect(() => take({ DryRun: true })).toThrow(refused('DryRunOperation'));
    expect(found()).toEqual([]);
  });
});

describe('snapshots of an instance', () => {
  const together = (specification: object = {}, more: object = {}) =>
    world.call<CreateSnapshotsResult>('CreateSnapshots', {
      InstanceSpecification: { InstanceId: node.instanceId, ...specification },
      ...more,
    }).Snapshots ?? [];

  it('are of one moment, of all its volumes or all but root, with the volumes’ own tags where asked', () => {
    const index = world.ec2.addVolume({ sizeGiB: 50, attachedTo: { instanceId: node.instanceId, device: '/dev/sdg' } });
    expect(together().map(({ VolumeId }) => VolumeId)).toEqual([node.root, node.data, index]);
    world.kernel.advance(HOUR_MS);
    const set = together(
      { ExcludeBootVolume: true },
      { CopyTagsFromSource: 'volume', ...tagged({ Key: 'chainmend:height', Value: '1' }) },
    );
    expect(set.map(({ VolumeId, State }) => [VolumeId, State])).toEqual([
      [node.data, 'pending'],
      [index, 'pending'],
    ]);
    expect(new Set(set.map(({ StartTime }) => StartTime?.getTime())).size).toBe(1);
    expect(set[0]?.Tags).toEqual([
      { Key: 'Component', Value: 'nodes/bitcoin' },
      { Key: 'chainmend:height', Value: '1' },
    ]);
    world.kernel.advance(DAY_MS);
    expect(together({ ExcludeBootVolume: true, ExcludeDataVolumeIds: [index] })).toHaveLength(1);
    expect(() => together({ ExcludeDataVolumeIds: [node.root] })).toThrow(refused('InvalidParameterValue'));
    expect(() => together({ ExcludeBootVolume: true, ExcludeDataVolumeIds: [node.data, index] })).toThrow(/no volume/);
    expect(() => together({ InstanceId: 'i-0123456789abcdef0' })).toThrow(refused('InvalidInstanceID.NotFound'));
  });

  it('are told of once, when the last of them is completed, and as failed when one fails', () => {
    together();
    world.kernel.advance(3 * HOUR_MS);
    expect(world.told()).toMatchObject([
      {
        type: 'EBS Multi-Volume Snapshots Completion Status',
        event: 'createSnapshots',
        result: 'succeeded',
        snapshots: [{ status: 'completed' }, { status: 'completed' }],
      },
    ]);
    world.ec2.failNextSnapshot(node.data);
    together();
    world.kernel.advance(3 * HOUR_MS);
    expect(world.told().at(-1)).toMatchObject({
      result: 'failed',
      cause: expect.stringMatching(/snap-\w+ is in status error/),
    });
  });
});

describe('finding snapshots', () => {
  it('goes by tag, owner, volume, status and page, and refuses what it does not know', () => {
    const { SnapshotId: mine } = take(tagged({ Key: 'chainmend:verified', Value: 'yes' }));
    const shared = world.ec2.addSnapshot({ volumeId: 'vol-0aaaaaaaaaaaaaaaa', sizeGiB: 100, ownerId: '444455556666' });
    expect(ids({ OwnerIds: ['self'] })).toEqual([mine]);
    expect(ids({ OwnerIds: ['444455556666'] })).toEqual([shared]);
    expect(ids({ OwnerIds: ['amazon'] })).toEqual([]);
    const by = (Name: string, ...Values: string[]) => ids({ Filters: [{ Name, Values }] });
    expect(by('tag:chainmend:verified', 'y*')).toEqual([mine]);
    expect(by('volume-id', node.data)).toEqual([mine]);
    expect(by('status', 'completed')).toEqual([shared]);
    expect(by('volume-size', '100')).toEqual([shared]);
    expect(ids({ SnapshotIds: [shared] })).toEqual([shared]);
    expect(() => by('state', 'completed')).toThrow(refused('InvalidParameterValue'));
    expect(() => ids({ SnapshotIds: ['snap-0123456789abcdef0'] })).toThrow(refused('InvalidSnapshot.NotFound'));
    expect(() => ids({ SnapshotIds: ['latest'] })).toThrow(refused('InvalidSnapshotID.Malformed'));
    for (let more = 0; more < 7; more++) world.ec2.addSnapshot({ volumeId: node.data });
    const page = world.call<DescribeSnapshotsResult>('DescribeSnapshots', { MaxResults: 5 });
    expect(page.Snapshots).toHaveLength(5);
    expect(ids({ MaxResults: 5, NextToken: page.NextToken })).toHaveLength(4);
    expect(() => world.call('DeleteSnapshot', { SnapshotId: shared })).toThrow(refused('OperationNotPermitted'));
  });

  it('may show for a while what was deleted, under stale reads', () => {
    const { SnapshotId } = take();
    world.kernel.advance(3 * HOUR_MS);
    world.kernel.faults.add('stale-reads');
    world.call('DeleteSnapshot', { SnapshotId });
    world.kernel.advance(45_000);
    expect(new Set(Array.from({ length: 40 }, () => found().length))).toEqual(new Set([0, 1]));
    expect(() => world.call('DeleteSnapshot', { SnapshotId })).toThrow(refused('InvalidSnapshot.NotFound'));
    world.kernel.advance(91_000);
    expect(found()).toEqual([]);
  });

  it('reads and sets their tags as those of everything else', () => {
    const { SnapshotId = '' } = take();
    world.call('CreateTags', { Resources: [SnapshotId, node.data], Tags: [{ Key: 'chainmend:hold', Value: 'on' }] });
    expect(world.ec2.tags(SnapshotId)).toEqual({ 'chainmend:hold': 'on' });
    const Filters = [{ Name: 'resource-type', Values: ['snapshot'] }];
    expect(world.call<DescribeTagsResult>('DescribeTags', { Filters }).Tags).toEqual([
      { ResourceId: SnapshotId, ResourceType: 'snapshot', Key: 'chainmend:hold', Value: 'on' },
    ]);
    world.call('DeleteTags', { Resources: [SnapshotId], Tags: [{ Key: 'chainmend:hold' }] });
    expect(world.ec2.tags(SnapshotId)).toEqual({});
  });
});

describe('a locked snapshot', () => {
  const lock = (SnapshotId: string, input: object) =>
    world.call<LockSnapshotResult>('LockSnapshot', { SnapshotId, LockMode: 'governance', ...input });
  const locks = (input: object = {}) =>
    world.call<DescribeLockedSnapshotsResult>('DescribeLockedSnapshots', input).Snapshots ?? [];

  it('cannot be deleted until its days are over, which begin when it is completed', () => {
    const { SnapshotId = '' } = take();
    const pending = lock(SnapshotId, { LockDuration: 2 });
    expect(pending).toMatchObject({ SnapshotId, LockState: 'governance', LockDuration: 2 });
    expect(pending).not.toHaveProperty('LockExpiresOn');
    world.kernel.advance(5 * HOUR_MS);
    const { dueAtMs } = world.ec2.snapshot(SnapshotId);
    expect(locks()).toMatchObject([
      {
        OwnerId: '111122223333',
        LockDurationStartTime: new Date(dueAtMs),
        LockExpiresOn: new Date(dueAtMs + 2 * DAY_MS),
      },
    ]);
    expect(() => world.call('DeleteSnapshot', { SnapshotId })).toThrow(/is locked/);
    world.kernel.advance(2 * DAY_MS);
    expect(locks({ Filters: [{ Name: 'lock-state', Values: ['expired'] }] })).toHaveLength(1);
    world.call('DeleteSnapshot', { SnapshotId });
    expect(found()).toEqual([]);
  });

  it('can be unlocked, and locked for longer or shorter', () => {
    const { SnapshotId = '' } = take();
    lock(SnapshotId, { LockDuration: 30 });
    const until = new Date(world.kernel.clock.now() + 3 * DAY_MS);
    expect(lock(SnapshotId, { ExpirationDate: until })).toMatchObject({ LockDuration: 3, LockExpiresOn: until });
    world.call('UnlockSnapshot', { SnapshotId });
    expect(locks()).toEqual([]);
    expect(() => world.call('UnlockSnapshot', { SnapshotId })).toThrow(refused('IncorrectState'));
    world.call('DeleteSnapshot', { SnapshotId });
  });

  it('is refused without one of a duration and a date, with a cooling-off period, and in compliance mode', () => {
    const { SnapshotId = '' } = take();
    expect(() => lock(SnapshotId, {})).toThrow(refused('InvalidParameterCombination'));
    expect(() => lock(SnapshotId, { LockDuration: 1, ExpirationDate: new Date() })).toThrow(
      refused('InvalidParameterCombination'),
    );
    expect(() => lock(SnapshotId, { LockDuration: 0 })).toThrow(refused('InvalidParameterValue'));
    expect(() => lock(SnapshotId, { LockDuration: 1, CoolOffPeriod: 1 })).toThrow(
      refused('InvalidParameterCombination'),
    );
    expect(() => lock(SnapshotId, { LockDuration: 1, LockMode: 'compliance' })).toThrow(refused('NotImplemented'));
  });
});

describe('a snapshot that a scenario puts there', () => {
  it('is what it is told to be, or what its volume holds now', () => {
    const now = world.ec2.contentOf(node.data);
    if (!now) throw new Error('nothing is on the volume');
    const startedAtMs = world.kernel.clock.now() - 6 * HOUR_MS;
    const past = contentAt(now, { height: 900_000, condition: 'clean', opening: 'opens', usedBytes: 150 * GIB });
    const tags = { 'aws:dlm:lifecycle-policy-id': 'policy-1', 'dlm:managed': 'true' };
    const SnapshotId = world.ec2.addSnapshot({ volumeId: node.data, startedAtMs, content: past, tags });
    expect(found({ SnapshotIds: [SnapshotId] })).toMatchObject([
      { State: 'completed', StartTime: new Date(startedAtMs), FullSnapshotSizeInBytes: 150 * GIB, VolumeSize: 500 },
    ]);
    expect(world.ec2.snapshot(SnapshotId).content?.data?.blockHash).toBe(world.chain.main.hash(900_000));
    const asItIs = world.ec2.addSnapshot({ volumeId: node.data });
    expect(world.ec2.snapshot(asItIs).content?.data?.height).toBe(node.machine.client.height());
    expect(world.ec2.snapshots().map(({ snapshotId }) => snapshotId)).toEqual([SnapshotId, asItIs]);
    expect(() => world.ec2.addSnapshot({ volumeId: 'vol-0aaaaaaaaaaaaaaaa' })).toThrow(/give sizeGiB/);
  });
});
