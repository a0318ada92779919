// The life of volumes: created, initialized, copied, attached, detached, deleted; and the restore of a node from them.
import type {
  CopyVolumesResult,
  DescribeVolumeStatusResult,
  DescribeVolumesResult,
  Volume,
  VolumeStatusItem,
} from '@aws-sdk/client-ec2';
import {
  AttachVolumeCommand,
  CreateSnapshotsCommand,
  CreateVolumeCommand,
  DescribeSnapshotsCommand,
  DescribeVolumeStatusCommand,
  DescribeVolumesCommand,
  EC2Client,
  LockSnapshotCommand,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { deviceById } from '../../../../local/nodes/disks.ts';
import type { Statement } from '../../../../local/services/iam/policy.ts';
import { chainOf, dataVolume, nodeOf } from '../../../fixtures/builders/simulated-node.ts';
import { type Ebs, type EbsNode, ebs, named } from '../../../fixtures/ebs.ts';
import { type WholeRegion, wholeRegion } from '../../../fixtures/whole-region.ts';

const GIB = 2 ** 30;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ZONE = 'eu-west-1a';
const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-4333-8444-555555555555';

let world: Ebs;
let node: EbsNode;

beforeEach(() => {
  world = ebs();
  node = world.node();
});

const refused = (name: string) => expect.objectContaining({ name });
const create = (input: object): Volume => world.call<Volume>('CreateVolume', { AvailabilityZone: ZONE, ...input });
const shown = (VolumeId: string | undefined): Volume | undefined =>
  world.call<DescribeVolumesResult>('DescribeVolumes', { VolumeIds: [VolumeId] }).Volumes?.[0];
const status = (VolumeId: string | undefined): VolumeStatusItem | undefined =>
  world.call<DescribeVolumeStatusResult>('DescribeVolumeStatus', { VolumeIds: [VolumeId] }).VolumeStatuses?.[0];
const attach = (VolumeId: string | undefined, Device = '/dev/sdg', InstanceId = node.instanceId) =>
  world.call('AttachVolume', { VolumeId, InstanceId, Device });
/** A completed snapshot of the node's data volume, with its client stopped. */
function cleanSnapshot(): string {
  node.machine.stopClient();
  const SnapshotId = world.ec2.addSnapshot({ volumeId: node.data });
  node.machine.startClient();
  return SnapshotId;
}

describe('CreateVolume', () => {
  it('makes an empty volume of gp2 unless told otherwise, creating and then available, and tells the bus', () => {
    const { VolumeId, ...made } = create({ Size: 100 });
    expect(made).toMatchObject({
      State: 'creating',
      VolumeType: 'gp2',
      Size: 100,
      Iops: 300,
      Encrypted: true,
      AvailabilityZone: ZONE,
    });
    expect(made).not.toHaveProperty('Attachments');
    expect(() => attach(VolumeId)).toThrow(refused('IncorrectState'));
    world.kernel.advance(15_000);
    expect(shown(VolumeId)).toMatchObject({ State: 'available', SnapshotId: '', Attachments: [], FastRestored: false });
    expect(world.told()).toMatchObject([{ event: 'createVolume', result: 'available', cause: '' }]);
    expect(status(VolumeId)).not.toHaveProperty('InitializationStatusDetails');
    attach(VolumeId);
    world.kernel.advance(10_000);
    expect(node.machine.mount(VolumeId ?? '', '/mnt/new')).toContain('wrong fs type');
  });

  it('refuses what it cannot make, and says which member is wrong', () => {
    const SnapshotId = cleanSnapshot();
    const cases: readonly [object, string][] = [
      [{}, 'MissingParameter'],
      [{ Size: 100, AvailabilityZone: undefined }, 'MissingParameter'],
      [{ Size: 100, AvailabilityZone: 'eu-west-1z' }, 'InvalidZone.NotFound'],
      [{ Size: 100, AvailabilityZoneId: 'euw1-az1' }, 'InvalidParameterCombination'],
      [{ SnapshotId, Size: 499 }, 'InvalidParameterValue'],
      [{ SnapshotId: 'snap-0123456789abcdef0' }, 'InvalidSnapshot.NotFound'],
      [{ Size: 100, VolumeType: 'io2' }, 'InvalidParameterCombination'],
      [{ Size: 100, VolumeType: 'gp3', Throughput: 2_001 }, 'InvalidParameterValue'],
      [{ Size: 100, Iops: 3_000 }, 'InvalidParameterCombination'],
      [{ Size: 100, VolumeInitializationRate: 100 }, 'InvalidParameterCombination'],
      [{ SnapshotId, VolumeInitializationRate: 99 }, 'InvalidParameterValue'],
      [{ SnapshotId, VolumeInitializationRate: 301 }, 'InvalidParameterValue'],
      [{ SnapshotId, Encrypted: false }, 'InvalidParameterCombination'],
      [{ Size: 1, Encrypted: false, KmsKeyId: KEY }, 'InvalidParameterDependency'],
      [{ Size: 100, ClientToken: 'x'.repeat(65) }, 'InvalidParameterValue'],
      [{ Size: 100, MultiAttachEnabled: true }, 'NotImplemented'],
      [{ Size: 100, DryRun: true }, 'DryRunOperation'],
    ];
    for (const [input, name] of cases) expect(() => create(input)).toThrow(refused(name));
    expect(world.ec2.volumes()).toHaveLength(2);
  });

  it('makes one volume for one token, and refuses the token for anything else', () => {
    const wish = { Size: 100, VolumeType: 'gp3', ClientToken: 'heal-1' };
    const { VolumeId } = create(wish);
    world.kernel.advance(60_000);
    expect(create(wish)).toMatchObject({ VolumeId, State: 'available' });
    expect(() => create({ ...wish, Size: 101 })).toThrow(refused('IdempotentParameterMismatch'));
    expect(create({ ...wish, ClientToken: 'heal-2' }).VolumeId).not.toBe(VolumeId);
    expect(world.ec2.volumes()).toHaveLength(4);
  });

  it('takes key, size and content of its snapshot, and may be larger', () => {
    const { VolumeId = '' } = create({ SnapshotId: cleanSnapshot(), Size: 600, VolumeType: 'gp3' });
    world.kernel.advance(15_000);
    expect(shown(VolumeId)).toMatchObject({ Size: 600, VolumeType: 'gp3', KmsKeyId: shown(node.data)?.KmsKeyId });
    expect(world.ec2.contentOf(VolumeId)).toMatchObject({ usedBytes: 200 * GIB, data: { condition: 'clean' } });
  });
});

describe('a key that may not be used', () => {
  it('lets the volume vanish from creating, and only the bus says why', () => {
    world.ec2.setKeyEnabled(KEY, false);
    const { VolumeId, State } = create({ Size: 10, KmsKeyId: KEY });
    expect(State).toBe('creating');
    world.kernel.advance(15_000);
    expect(() => shown(VolumeId)).toThrow(refused('InvalidVolume.NotFound'));
    expect(world.told()).toMatchObject([{ event: 'createVolume', result: 'failed', cause: `${KEY} is disabled.` }]);
    world.ec2.setKeyEnabled(KEY, true);
    const again = create({ Size: 10, KmsKeyId: KEY }).VolumeId;
    world.kernel.advance(15_000);
    expect(shown(again)).toMatchObject({ State: 'available', KmsKeyId: KEY });
    world.ec2.setKeyEnabled(KEY, false);
    attach(again);
    world.kernel.advance(10_000);
    expect(shown(again)?.State).toBe('available');
    expect(world.told().at(-1)).toMatchObject({ event: 'attachVolume', result: 'failed' });
  });

  it('is asked for in the caller’s name', () => {
    const asked: unknown[] = [];
    world.ec2.askForKeys(({ roleArn }, key, uses) => {
      asked.push([roleArn, key, uses]);
      return false;
    });
    const role = 'arn:aws:iam::111122223333:role/heal';
    const { VolumeId } = world.call<Volume>('CreateVolume', { AvailabilityZone: ZONE, Size: 1, KmsKeyId: KEY }, role);
    expect(asked).toEqual([[role, KEY, ['CreateGrant', 'GenerateDataKeyWithoutPlaintext']]]);
    world.kernel.advance(15_000);
    expect(() => shown(VolumeId)).toThrow(refused('InvalidVolume.NotFound'));
  });
});

describe('initialization', () => {
  it('at a rate of its own takes the snapshot’s bytes by the rate, and tells its progress some minutes late', () => {
    const { VolumeId } = create({ SnapshotId: cleanSnapshot(), VolumeInitializationRate: 200 });
    world.kernel.advance(15_000);
    expect(shown(VolumeId)).toMatchObject({ State: 'available', VolumeInitializationRate: 200 });
    const { initialization } = world.ec2.volume(VolumeId ?? '');
    const lastsSeconds = (200 * 1_024) / 200;
    expect(((initialization?.dueAtMs ?? 0) - (initialization?.startedAtMs ?? 0)) / 1_000).toBeCloseTo(lastsSeconds, 0);
    expect(status(VolumeId)?.InitializationStatusDetails).toEqual({
      InitializationType: 'provisioned-rate',
      Progress: 0,
      EstimatedTimeToCompleteInSeconds: lastsSeconds,
    });
    world.kernel.advance(600_000);
    const half = status(VolumeId)?.InitializationStatusDetails;
    expect(half?.Progress).toBeGreaterThan(25);
    expect(half?.Progress).toBeLessThan(60);
    expect(status(VolumeId)?.VolumeStatus?.Details).toContainEqual({
      Name: 'initialization-state',
      Status: 'initializing',
    });
    world.kernel.advance(1_200_000);
    expect(status(VolumeId)).toMatchObject({
      InitializationStatusDetails: { Progress: 100, EstimatedTimeToCompleteInSeconds: 0 },
      VolumeStatus: {
        Status: 'ok',
        Details: expect.arrayContaining([{ Name: 'initialization-state', Status: 'completed' }]),
      },
    });
    expect(world.told().at(-1)).toMatchObject({
      event: ' initializeVolume',
      result: 'succeeded',
      completionTime: expect.any(String),
    });
  });

  it('by default takes as long as it takes, without an estimate', () => {
    const { VolumeId } = create({ SnapshotId: cleanSnapshot() });
    world.kernel.advance(1_800_000);
    const details = status(VolumeId)?.InitializationStatusDetails;
    expect(details).toMatchObject({ InitializationType: 'default', Progress: expect.any(Number) });
    expect(details).not.toHaveProperty('EstimatedTimeToCompleteInSeconds');
    expect(details?.Progress).toBeLessThan(100);
    world.kernel.advance(4 * HOUR_MS);
    expect(status(VolumeId)?.InitializationStatusDetails?.Progress).toBe(100);
  });

  it('has a quota of 5,000 MiB/s in the region: beyond it the request fails, and goes through without a rate', () => {
    const SnapshotId = cleanSnapshot();
    for (let made = 0; made < 16; made++) create({ SnapshotId, VolumeInitializationRate: 300 });
    expect(() => create({ SnapshotId, VolumeInitializationRate: 300 })).toThrow(/4800 of 5000 MiB\/s are in use/);
    expect(create({ SnapshotId, VolumeInitializationRate: 200 }).State).toBe('creating');
    expect(create({ SnapshotId }).State).toBe('creating');
    world.kernel.advance(HOUR_MS);
    expect(create({ SnapshotId, VolumeInitializationRate: 300 }).State).toBe('creating');
    world.ec2.setInitializationQuota(0);
    expect(() => create({ SnapshotId, VolumeInitializationRate: 100 })).toThrow(
      refused('VolumeInitializationRateLimitExceeded'),
    );
  });
});

describe('CopyVolumes', () => {
  const copy = (SourceVolumeId: string | undefined, input: object = {}): Volume | undefined =>
    world.call<CopyVolumesResult>('CopyVolumes', { SourceVolumeId, ...input }).Volumes?.[0];

  it('copies into the source’s zone what is on it now, as gp2 and without tags unless told otherwise', () => {
    const { VolumeId = '', ...made } = copy(node.data) ?? {};
    expect(made).toMatchObject({
      SourceVolumeId: node.data,
      VolumeType: 'gp2',
      Size: 500,
      Tags: [],
      AvailabilityZone: ZONE,
      State: 'creating',
    });
    world.kernel.advance(15_000);
    expect(world.ec2.contentOf(VolumeId)?.data?.condition).toBe('crash-consistent');
    expect(status(VolumeId)?.InitializationStatusDetails?.InitializationType).toBe('volume-copy');
    const { initialization } = world.ec2.volume(VolumeId);
    const lastsMs = (initialization?.dueAtMs ?? 0) - (initialization?.startedAtMs ?? 0);
    expect(lastsMs).toBeGreaterThan((0.5 * 6 * HOUR_MS * 200) / 1_024);
    expect(lastsMs).toBeLessThan((6 * HOUR_MS * 200) / 1_024 + 1);
  });

  it('makes one copy of a volume at a time, five in the region, and none of what is still being copied', () => {
    const first = copy(node.data)?.VolumeId;
    expect(() => copy(node.data)).toThrow(refused('ConcurrentCopyVolumeLimitExceeded'));
    expect(() => copy(first)).toThrow(refused('IncorrectState'));
    world.kernel.advance(15_000);
    expect(() => copy(first)).toThrow(/not fully initialized/);
    const others = Array.from({ length: 5 }, () => world.ec2.addVolume({ sizeGiB: 4_000 }));
    for (const other of others.slice(0, 4)) copy(other);
    expect(() => copy(others[4])).toThrow(refused('CopyVolumesLimitExceeded'));
    world.kernel.advance(DAY_MS);
    expect(copy(node.data)?.State).toBe('creating');
    expect(() => copy(others[4], { Size: 3_999 })).toThrow(refused('InvalidParameterValue'));
  });

  it('makes one copy for one token', () => {
    const wish = { ClientToken: 'heal-1', VolumeType: 'gp3' };
    const { VolumeId } = copy(node.data, wish) ?? {};
    expect(copy(node.data, wish)?.VolumeId).toBe(VolumeId);
    expect(() => copy(node.data, { ...wish, VolumeType: 'gp2' })).toThrow(refused('IdempotentParameterMismatch'));
  });
});

describe('DeleteVolume', () => {
  it('takes what is attached to nothing, is deleting for a while, and is gone', () => {
    expect(() => world.call('DeleteVolume', { VolumeId: node.data })).toThrow(refused('VolumeInUse'));
    const { VolumeId } = create({ Size: 10 });
    expect(() => world.call('DeleteVolume', { VolumeId })).toThrow(refused('IncorrectState'));
    world.kernel.advance(15_000);
    world.call('DeleteVolume', { VolumeId });
    expect(shown(VolumeId)?.State).toBe('deleting');
    expect(() => attach(VolumeId)).toThrow(refused('IncorrectState'));
    world.kernel.advance(200_000);
    expect(() => shown(VolumeId)).toThrow(refused('InvalidVolume.NotFound'));
    expect(world.told().at(-1)).toMatchObject({ event: 'deleteVolume', result: 'deleted' });
  });
});

describe('attachments', () => {
  it('need a device name that EC2 knows, and room on the instance', () => {
    const spare = world.ec2.addVolume({ sizeGiB: 10 });
    expect(() => attach(spare, 'nvme1n1')).toThrow(/not a valid EBS device name/);
    expect(() => attach(spare, '/dev/sdf')).toThrow(/already in use/);
    expect(() => attach(spare, '')).toThrow(refused('MissingParameter'));
    for (let more = 0; more < 25; more++) {
      world.ec2.addVolume({
        sizeGiB: 1,
        attachedTo: { instanceId: node.instanceId, device: `/dev/xvdb${'abcdefghijklmnopqrstuvwxyz'[more]}` },
      });
    }
    expect(() => attach(spare)).toThrow(refused('AttachmentLimitExceeded'));
  });

  it('are made even when somebody sets DeleteOnTermination meanwhile', () => {
    const spare = world.ec2.addVolume({ sizeGiB: 10 });
    attach(spare);
    const BlockDeviceMappings = [{ DeviceName: '/dev/sdg', Ebs: { DeleteOnTermination: true } }];
    world.call('ModifyInstanceAttribute', { InstanceId: node.instanceId, BlockDeviceMappings });
    world.kernel.advance(10_000);
    expect(world.ec2.volume(spare).attachment).toMatchObject({ state: 'attached', deleteOnTermination: true });
  });
});

describe('the data of a node', () => {
  it('come back from a snapshot: made, attached beside the old, mounted by id, and followed on from their height', () => {
    const SnapshotId = cleanSnapshot();
    const { machine } = node;
    const height = world.ec2.snapshot(SnapshotId).content?.data?.height ?? 0;
    world.kernel.advance(HOUR_MS);
    const { VolumeId = '' } = create({ SnapshotId, VolumeType: 'gp3', VolumeInitializationRate: 300 });
    world.kernel.advance(15_000);
    attach(VolumeId);
    world.kernel.advance(10_000);
    expect(machine.devices().map(({ mountedAt }) => mountedAt)).toEqual(['/data', undefined]);

    machine.stopClient();
    expect(machine.unmount('/data')).toBeUndefined();
    expect(machine.mount(deviceById(VolumeId), '/data', { nouuid: true })).toBeUndefined();
    expect(machine.startClient()).toBe(true);
    expect(machine.client.height()).toBe(height);
    world.kernel.advance(HOUR_MS);
    expect(machine.report().state).toBe('synced');

    world.call('DetachVolume', { VolumeId: node.data });
    world.kernel.advance(10_000);
    expect(shown(node.data)?.State).toBe('available');
    expect(world.ec2.contentOf(node.data)?.data).toMatchObject({ height: height + 362, condition: 'clean' });
    world.call('DetachVolume', { VolumeId });
    world.kernel.advance(30_000);
    expect(shown(VolumeId)?.Attachments).toMatchObject([{ State: 'busy' }]);
  });

  it('travel with the volume to another instance, also when the first one was terminated', () => {
    const other = world.node('10.0.0.12');
    const height = node.machine.client.height();
    world.call('TerminateInstances', { InstanceIds: [node.instanceId] });
    world.kernel.advance(60_000);
    expect(shown(node.data)?.State).toBe('available');
    expect(world.ec2.contentOf(node.data)?.data).toMatchObject({ height, condition: 'clean' });
    attach(node.data, '/dev/sdg', other.instanceId);
    world.kernel.advance(10_000);
    other.machine.stopClient();
    other.machine.unmount('/data');
    expect(other.machine.mount(node.data, '/data')).toBeUndefined();
    expect(other.machine.startClient()).toBe(true);
    expect(other.machine.client.height()).toBe(height);
  });

  it('are crash-consistent where a volume was torn off by force', () => {
    node.machine.disks.data.copiesOpen = 'refuses';
    world.call('DetachVolume', { VolumeId: node.data, Force: true });
    world.kernel.advance(10_000);
    expect(node.machine.client.state).toBe('failed');
    expect(world.ec2.contentOf(node.data)?.data).toMatchObject({ condition: 'crash-consistent', opening: 'refuses' });
    attach(node.data, '/dev/sdf');
    world.kernel.advance(10_000);
    expect(node.machine.mount(node.data, '/data')).toBeUndefined();
    expect(node.machine.startClient()).toBe(false);
  });
});

describe('through the SDK, as a role', () => {
  let whole: WholeRegion;
  beforeEach(async () => {
    whole = await wholeRegion();
  });
  afterEach(() => whole.following.stop());

  const EC2 = 'arn:aws:ec2:eu-west-1';
  const ALLOWED: Statement[] = [
    { Effect: 'Allow', Action: ['ec2:Describe*'], Resource: '*' },
    {
      Effect: 'Allow',
      Action: 'ec2:CreateSnapshots',
      Resource: [`${EC2}:111122223333:instance/*`, `${EC2}:111122223333:volume/*`],
      Condition: { StringEquals: { 'aws:ResourceTag/Component': 'nodes/bitcoin' } },
    },
    { Effect: 'Allow', Action: 'ec2:CreateSnapshots', Resource: `${EC2}::snapshot/*` },
    { Effect: 'Allow', Action: ['ec2:CreateVolume', 'ec2:LockSnapshot'], Resource: '*' },
    { Effect: 'Allow', Action: 'ec2:AttachVolume', Resource: '*' },
  ];

  it('a node is snapshotted and restored, and without rights on the key the volume vanishes', async () => {
    const { region } = whole;
    const tags = { Component: 'nodes/bitcoin' };
    const instanceId = region.ec2.addInstance({ privateIp: '10.0.0.11', tags });
    const device = { instanceId, device: '/dev/sdf' };
    const volumeId = region.ec2.addVolume({ sizeGiB: 20, kmsKeyId: KEY, attachedTo: device, tags });
    const volumes = [dataVolume({ volumeId, deviceBytes: 20 * GIB, usedBytes: GIB })];
    region.machines.add(nodeOf(region.kernel, chainOf(region.kernel, { bytesPerBlock: 0 }), { instanceId, volumes }));
    const useKey: Statement = {
      Effect: 'Allow',
      Action: ['kms:CreateGrant', 'kms:Decrypt'],
      Resource: KEY,
    };
    const allowed = new EC2Client(await whole.as([...ALLOWED, useKey]));
    const keyless = new EC2Client(await whole.as(ALLOWED));

    const taken = await allowed.send(
      new CreateSnapshotsCommand({ InstanceSpecification: { InstanceId: instanceId }, CopyTagsFromSource: 'volume' }),
    );
    expect(taken.Snapshots).toMatchObject([{ VolumeId: volumeId, State: 'pending', StartTime: expect.any(Date) }]);
    await whole.virtually(HOUR_MS);
    const { Snapshots = [] } = await allowed.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }));
    expect(Snapshots).toMatchObject([{ State: 'completed', KmsKeyId: KEY, Tags: [{ Key: 'Component' }] }]);
    const SnapshotId = Snapshots[0]?.SnapshotId;
    const locked = await allowed.send(new LockSnapshotCommand({ SnapshotId, LockMode: 'governance', LockDuration: 1 }));
    expect(locked).toMatchObject({ LockState: 'governance', LockExpiresOn: expect.any(Date) });

    const wish = { SnapshotId, AvailabilityZone: ZONE, VolumeType: 'gp3', VolumeInitializationRate: 300 } as const;
    const gone = await keyless.send(new CreateVolumeCommand(wish));
    const made = await allowed.send(new CreateVolumeCommand(wish));
    expect([gone.State, made.State]).toEqual(['creating', 'creating']);
    await whole.virtually(60_000);
    const read = (VolumeId: string | undefined) =>
      allowed.send(new DescribeVolumesCommand({ VolumeIds: [VolumeId ?? ''] }));
    await expect(read(gone.VolumeId)).rejects.toMatchObject(named('InvalidVolume.NotFound'));
    expect((await read(made.VolumeId)).Volumes).toMatchObject([{ State: 'available', KmsKeyId: KEY, SnapshotId }]);
    const { VolumeStatuses } = await allowed.send(
      new DescribeVolumeStatusCommand({ VolumeIds: [made.VolumeId ?? ''] }),
    );
    expect(VolumeStatuses?.[0]?.InitializationStatusDetails?.InitializationType).toBe('provisioned-rate');
    const attached = await allowed.send(
      new AttachVolumeCommand({ VolumeId: made.VolumeId, InstanceId: instanceId, Device: '/dev/sdg' }),
    );
    expect(attached.State).toBe('attaching');
    const stranger = region.ec2.addInstance({ privateIp: '10.0.0.99' });
    region.ec2.addVolume({ sizeGiB: 20, attachedTo: { instanceId: stranger, device: '/dev/sdf' } });
    const foreign = new CreateSnapshotsCommand({ InstanceSpecification: { InstanceId: stranger } });
    await expect(allowed.send(foreign)).rejects.toMatchObject(named('UnauthorizedOperation'));
  });
});
