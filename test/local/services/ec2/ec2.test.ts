import type {
  DescribeAvailabilityZonesResult,
  DescribeInstancesResult,
  DescribeRegionsResult,
  DescribeTagsResult,
  DescribeVolumesResult,
} from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Machine, Machines } from '../../../../local/nodes/machine.ts';
import { createEc2, type Ec2 } from '../../../../local/services/ec2/service.ts';
import { type TestKernel, testKernel } from '../../../fixtures/kernel.ts';

let kernel: TestKernel;
let ec2: Ec2;
let machines: Machines;
let mounted = true;

const call = <T>(operation: string, input: object): T => ec2.operations[operation]?.(input, kernel.call()) as T;
const volumeIds = (input: object): (string | undefined)[] =>
  (call<DescribeVolumesResult>('DescribeVolumes', input).Volumes ?? []).map(({ VolumeId }) => VolumeId);
const instancesOf = (input: object) =>
  (call<DescribeInstancesResult>('DescribeInstances', input).Reservations ?? []).flatMap(
    ({ Instances }) => Instances ?? [],
  );

beforeEach(() => {
  kernel = testKernel();
  machines = new Machines();
  mounted = true;
  ec2 = createEc2(kernel, machines, () => undefined);
});

function fleet(size: number): { instanceIds: string[]; volumeIds: string[] } {
  const instanceIds: string[] = [];
  const volumeIds: string[] = [];
  for (let index = 0; index < size; index++) {
    const tags = { Component: 'nodes/bitcoin', Name: `node${index}.bitcoin` };
    const instanceId = ec2.addInstance({ privateIp: `10.0.0.${index + 10}`, tags });
    instanceIds.push(instanceId);
    volumeIds.push(
      ec2.addVolume({ sizeGiB: 500, attachedTo: { instanceId, device: '/dev/sdf' }, tags: { role: 'data' } }),
    );
  }
  return { instanceIds, volumeIds };
}

describe('describing regions and zones', () => {
  const zones = (input: object) =>
    (call<DescribeAvailabilityZonesResult>('DescribeAvailabilityZones', input).AvailabilityZones ?? []).map(
      ({ ZoneName }) => ZoneName,
    );
  const regions = (input: object) =>
    (call<DescribeRegionsResult>('DescribeRegions', input).Regions ?? []).map(({ RegionName }) => RegionName);

  it('shows those alone that are asked for', () => {
    expect(zones({})).toEqual(['eu-west-1a', 'eu-west-1b', 'eu-west-1c']);
    expect(zones({ ZoneNames: ['eu-west-1b'] })).toEqual(['eu-west-1b']);
    expect(zones({ ZoneIds: ['euw1-az3'], AllAvailabilityZones: true })).toEqual(['eu-west-1c']);
    expect(zones({ Filters: [{ Name: 'zone-name', Values: ['*a', '*c'] }] })).toEqual(['eu-west-1a', 'eu-west-1c']);
    expect(regions({ RegionNames: ['eu-west-1'], AllRegions: true })).toEqual(['eu-west-1']);
    expect(regions({ Filters: [{ Name: 'region-name', Values: ['us-*'] }] })).toEqual([]);
  });

  it('refuses what it does not have', () => {
    expect(() => zones({ ZoneNames: ['eu-west-1z'] })).toThrow('Invalid availability zone: [eu-west-1z]');
    expect(() => regions({ RegionNames: ['us-east-1'] })).toThrow('does not emulate the region us-east-1');
    for (const ask of [zones, regions]) {
      expect(() => ask({ DryRun: true })).toThrow('Request would have succeeded, but DryRun flag is set.');
      expect(() => ask({ Filters: [{ Name: 'banana', Values: ['1'] }] })).toThrow("The filter 'banana' is invalid");
    }
  });
});

describe('describing instances and volumes', () => {
  it('finds nodes by tag and state, and their volumes by attachment, as the suite asks', () => {
    const { instanceIds, volumeIds: volumes } = fleet(3);
    const Filters = [
      { Name: 'tag:Component', Values: ['nodes/bitcoin'] },
      { Name: 'instance-state-name', Values: ['running', 'stopped'] },
    ];
    const found = instancesOf({ Filters });
    expect(found.map(({ InstanceId }) => InstanceId)).toEqual(instanceIds);
    expect(found[0]?.BlockDeviceMappings).toMatchObject([
      { DeviceName: '/dev/sdf', Ebs: { VolumeId: volumes[0], Status: 'attached' } },
    ]);
    expect(volumeIds({ Filters: [{ Name: 'attachment.instance-id', Values: [instanceIds[1]] }] })).toEqual([
      volumes[1],
    ]);
  });

  it('matches filter values with * and ?, literally after a backslash, and by case', () => {
    const { volumeIds: all } = fleet(2);
    const starred = ec2.addVolume({ sizeGiB: 10, tags: { Name: 'a*b' } });
    const byName = (value: string) => volumeIds({ Filters: [{ Name: 'tag:Name', Values: [value] }] });
    expect(byName('a*')).toEqual([starred]);
    expect(byName('?\\*b')).toEqual([starred]);
    expect(byName('A*')).toEqual([]);
    expect(volumeIds({ Filters: [{ Name: 'tag-key', Values: ['ro?e'] }] })).toEqual(all);
  });

  it('refuses a filter that it does not know, instead of showing everything', () => {
    const unknown = () => volumeIds({ Filters: [{ Name: 'tags', Values: ['x'] }] });
    expect(unknown).toThrow(
      expect.objectContaining({ name: 'InvalidParameterValue', message: "The filter 'tags' is invalid" }),
    );
  });

  it('names the ids that it does not know or cannot read', () => {
    const code = (name: string) => expect.objectContaining({ name });
    expect(() => volumeIds({ VolumeIds: ['vol-0123456789abcdef0'] })).toThrow(code('InvalidVolume.NotFound'));
    expect(() => volumeIds({ VolumeIds: ['vol-1; rm'] })).toThrow(code('InvalidVolumeID.Malformed'));
    expect(() => instancesOf({ InstanceIds: ['i-0123456789abcdef0'] })).toThrow(code('InvalidInstanceID.NotFound'));
    expect(() => instancesOf({ InstanceIds: ['node1'] })).toThrow(code('InvalidInstanceID.Malformed'));
  });

  it('gives pages of the asked size and refuses ids together with pages', () => {
    const { instanceIds } = fleet(12);
    const seen: (string | undefined)[] = [];
    let NextToken: string | undefined;
    for (let page = 0; page < 3; page++) {
      const result = call<DescribeInstancesResult>('DescribeInstances', { MaxResults: 5, NextToken });
      seen.push(
        ...(result.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []).map(({ InstanceId }) => InstanceId),
      );
      NextToken = result.NextToken;
    }
    expect(NextToken).toBeUndefined();
    expect(seen).toEqual(instanceIds);
    const both = () => instancesOf({ InstanceIds: instanceIds.slice(0, 1), MaxResults: 5 });
    expect(both).toThrow(expect.objectContaining({ name: 'InvalidParameterCombination' }));
    expect(() => instancesOf({ MaxResults: 2 })).toThrow(/Expecting a value greater than 5/);
    expect(() => instancesOf({ NextToken: 'strange' })).toThrow(
      expect.objectContaining({ name: 'InvalidPaginationToken' }),
    );
  });

  it('answers a dry run with DryRunOperation and changes nothing', () => {
    const {
      volumeIds: [volumeId = ''],
    } = fleet(1);
    const dry = () => call('ModifyVolume', { VolumeId: volumeId, Size: 600, DryRun: true });
    expect(dry).toThrow(expect.objectContaining({ name: 'DryRunOperation', statusCode: 412 }));
    expect(ec2.volume(volumeId).modification).toBeUndefined();
  });

  it('shows the past under stale reads, at most 90 s of it, and the truth without the fault', () => {
    const {
      volumeIds: [volumeId = ''],
    } = fleet(1);
    kernel.advance(200_000);
    kernel.faults.add('stale-reads');
    ec2.setTag(volumeId, 'chainmend:pause', 'on');
    const paused = () => volumeIds({ Filters: [{ Name: 'tag-key', Values: ['chainmend:pause'] }] }).length;
    kernel.advance(45_000);
    const reads = Array.from({ length: 40 }, paused);
    expect(new Set(reads)).toEqual(new Set([0, 1]));
    kernel.advance(46_000);
    expect(Array.from({ length: 40 }, paused)).not.toContain(0);
    ec2.setTag(volumeId, 'chainmend:pause', undefined);
    kernel.faults.delete('stale-reads');
    expect(paused()).toBe(0);
  });
});

describe('under stale reads', () => {
  it('a terminated instance and the volume that went with it are shown for a while as if nothing had happened, and never come back', () => {
    const instanceId = ec2.addInstance({ privateIp: '10.0.0.9' });
    const attachedTo = { instanceId, device: '/dev/xvda', deleteOnTermination: true };
    const volumeId = ec2.addVolume({ sizeGiB: 16, attachedTo });
    kernel.faults.add('stale-reads');
    const shown = () =>
      instancesOf({}).map(({ State, BlockDeviceMappings }) => `${State?.Name} ${BlockDeviceMappings?.length}`);
    const reads = (read: () => unknown) => new Set(Array.from({ length: 60 }, () => String(read())));
    call('TerminateInstances', { InstanceIds: [instanceId] });
    kernel.advance(60_000);
    expect(reads(shown)).toEqual(new Set(['running 1', 'shutting-down 1', 'terminated 0']));
    expect(reads(() => volumeIds({}))).toEqual(new Set([volumeId, '']));
    kernel.advance(100_000);
    expect(reads(shown)).toEqual(new Set(['terminated 0']));
    expect(reads(() => volumeIds({}))).toEqual(new Set(['']));
    kernel.advance(70 * 60_000);
    expect(reads(shown)).toEqual(new Set(['']));
    expect(() => ec2.instance(instanceId)).toThrow(expect.objectContaining({ name: 'InvalidInstanceID.NotFound' }));
    expect(() => ec2.volume(volumeId)).toThrow(expect.objectContaining({ name: 'InvalidVolume.NotFound' }));
  });

  it('a launched instance is not seen by a replica that lags behind it', () => {
    kernel.faults.add('stale-reads');
    ec2.launch({ privateIp: '10.0.0.9' });
    kernel.advance(45_000);
    expect(new Set(Array.from({ length: 60 }, () => instancesOf({}).length))).toEqual(new Set([0, 1]));
  });
});

describe('tags', () => {
  it('are created, overwritten, found and deleted, with their value only if it matches', () => {
    const {
      instanceIds: [instanceId = ''],
    } = fleet(1);
    call('CreateTags', { Resources: [instanceId], Tags: [{ Key: 'chainmend:pause', Value: 'on' }] });
    call('CreateTags', { Resources: [instanceId], Tags: [{ Key: 'chainmend:pause', Value: 'maintenance' }] });
    expect(ec2.tags(instanceId)['chainmend:pause']).toBe('maintenance');
    const Filters = [{ Name: 'key', Values: ['chainmend:*'] }];
    expect(call<DescribeTagsResult>('DescribeTags', { Filters }).Tags).toEqual([
      { ResourceId: instanceId, ResourceType: 'instance', Key: 'chainmend:pause', Value: 'maintenance' },
    ]);
    call('DeleteTags', { Resources: [instanceId], Tags: [{ Key: 'chainmend:pause', Value: 'on' }] });
    expect(ec2.tags(instanceId)).toHaveProperty(['chainmend:pause']);
    call('DeleteTags', { Resources: [instanceId], Tags: [{ Key: 'chainmend:pause' }] });
    expect(ec2.tags(instanceId)).not.toHaveProperty(['chainmend:pause']);
  });

  it('are refused beyond 50, and where AWS keeps the key for itself', () => {
    const {
      instanceIds: [instanceId = ''],
    } = fleet(1);
    const Tags = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: '' }));
    const create = (tags: object[]) => () => call('CreateTags', { Resources: [instanceId], Tags: tags });
    expect(create(Tags)).toThrow(expect.objectContaining({ name: 'TagLimitExceeded' }));
    expect(create([{ Key: 'aws:autoscaling:groupName', Value: 'x' }])).toThrow(
      expect.objectContaining({ name: 'InvalidParameterValue' }),
    );
  });
});

describe('instances', () => {
  it('stop and start through their states, tell the bus, and their machine loses and gets power', () => {
    const power: string[] = [];
    const instanceId = ec2.addInstance({ privateIp: '10.0.0.9' });
    machines.add(fakeMachine(instanceId, power));
    call('StopInstances', { InstanceIds: [instanceId] });
    expect(ec2.instance(instanceId).state).toBe('stopping');
    expect(() => call('StartInstances', { InstanceIds: [instanceId] })).toThrow(
      expect.objectContaining({ name: 'IncorrectInstanceState' }),
    );
    kernel.advance(60_000);
    expect(ec2.instance(instanceId).state).toBe('stopped');
    call('StartInstances', { InstanceIds: [instanceId] });
    kernel.advance(20_000);
    const status = () =>
      call<{ InstanceStatuses: { InstanceStatus: { Status: string } }[] }>('DescribeInstanceStatus', {})
        .InstanceStatuses;
    expect(status()).toMatchObject([{ InstanceStatus: { Status: 'initializing' } }]);
    kernel.advance(200_000);
    expect(status()).toMatchObject([{ InstanceStatus: { Status: 'ok' } }]);
    expect(power).toEqual(['off', 'on']);
    expect(kernel.events.map(({ detail }) => detail['state'])).toEqual(['stopping', 'stopped', 'pending', 'running']);
    expect(kernel.events[0]).toMatchObject({
      source: 'aws.ec2',
      'detail-type': 'EC2 Instance State-change Notification',
      resources: [`arn:aws:ec2:eu-west-1:111122223333:instance/${instanceId}`],
    });
    expect(kernel.works.map(({ what }) => what)).toEqual(['instance stop', 'instance start', 'status checks']);
  });
});

describe('attachments', () => {
  it('take a moment, stay in their zone, and a mounted volume hangs in busy until it is forced or unmounted', () => {
    const instanceId = ec2.addInstance({ privateIp: '10.0.0.9' });
    machines.add(fakeMachine(instanceId, []));
    const elsewhere = ec2.addVolume({ sizeGiB: 10, availabilityZone: 'eu-west-1b' });
    const attach = (VolumeId: string, Device = '/dev/sdf') =>
      call('AttachVolume', { VolumeId, InstanceId: instanceId, Device });
    expect(() => attach(elsewhere)).toThrow(expect.objectContaining({ name: 'InvalidVolume.ZoneMismatch' }));
    const volumeId = ec2.addVolume({ sizeGiB: 10 });
    expect(attach(volumeId)).toMatchObject({ State: 'attaching' });
    expect(() => attach(volumeId)).toThrow(expect.objectContaining({ name: 'VolumeInUse' }));
    kernel.advance(10_000);
    expect(ec2.volume(volumeId).attachment).toMatchObject({ state: 'attached', deleteOnTermination: false });
    expect(() => attach(ec2.addVolume({ sizeGiB: 10 }))).toThrow(/already in use/);
    call('DetachVolume', { VolumeId: volumeId });
    kernel.advance(10_000);
    expect(ec2.volume(volumeId).attachment?.state).toBe('busy');
    call('DetachVolume', { VolumeId: volumeId, Force: true });
    kernel.advance(10_000);
    expect(ec2.volume(volumeId).attachment).toBeUndefined();

    attach(volumeId);
    kernel.advance(10_000);
    call('DetachVolume', { VolumeId: volumeId });
    kernel.advance(60_000);
    expect(ec2.volume(volumeId).attachment?.state).toBe('busy');
    mounted = false;
    kernel.advance(60_000);
    expect(ec2.volume(volumeId).attachment).toBeUndefined();
  });
});

/** A machine that says whether its volumes are mounted. */
function fakeMachine(instanceId: string, power: string[]): Machine {
  return {
    instanceId,
    agentVersion: '3.3.3050.0',
    hostName: 'host',
    privateIp: '10.0.0.9',
    platform: { name: 'Amazon Linux', version: '2023' },
    reachable: () => true,
    run: () => undefined,
    powerOn: () => void power.push('on'),
    powerOff: () => void power.push('off'),
    volumeResized: () => undefined,
    volumeAttached: () => undefined,
    volumeDetached: () => undefined,
    isMounted: () => mounted,
  };
}
