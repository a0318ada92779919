// Instances as the heals handle them, through unmodified SDK clients: read, stopped, started, replaced from their launch template.
import {
  CreateLaunchTemplateCommand,
  type RequestLaunchTemplateData,
  type ResponseLaunchTemplateData,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { partsOf } from '../../../local/nodes/cloud-init.ts';
import { SUBNET_ID, VPC_ID } from '../../../local/services/ec2/service.ts';
import type { ReplaceClients } from '../../../shared/aws/clients.ts';
import { startInstance, stopInstance } from '../../../shared/aws/instance-power.ts';
import { hasInstanceStore } from '../../../shared/aws/instance-types.ts';
import { describeChecks, describeInstance } from '../../../shared/aws/instances.ts';
import { type Launch, launchedWith, launchReplacement, requestLaunch, runRequest } from '../../../shared/aws/launch.ts';
import { describeVolumes, initializationOf } from '../../../shared/aws/volumes.ts';
import { type PacedRegion, pacedRegion } from '../../fixtures/paced-region.ts';

const MINUTE_MS = 60_000;
const GONE = 'i-0aaaaaaaaaaaaaaaa';
const SUBNET_B = 'subnet-0123456789abcdef1';
const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-4333-8444-555555555555';
const IMAGE = 'ami-0aaaabbbbccccdddd';

let paced: PacedRegion;
let region: PacedRegion['region'];
let aws: ReplaceClients;

beforeEach(async () => {
  paced = await pacedRegion();
  ({ region } = paced);
  aws = await paced.clients();
});

afterEach(() => paced.end());

const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function template(data: RequestLaunchTemplateData = {}): Promise<string> {
  const { LaunchTemplate } = await aws.ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'bitcoin-node',
      LaunchTemplateData: {
        ImageId: IMAGE,
        InstanceType: 'm6i.large',
        UserData: base64('#!/bin/sh\nsystemctl start bitcoind'),
        BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 500, DeleteOnTermination: false } }],
        TagSpecifications: [
          {
            ResourceType: 'instance',
            Tags: [
              { Key: 'Name', Value: 'bitcoin' },
              { Key: 'Owner', Value: 'ops' },
            ],
          },
        ],
        ...data,
      },
    }),
  );
  return LaunchTemplate?.LaunchTemplateId ?? '';
}

const launchOf = (id: string, more: Partial<Launch> = {}): Launch => ({
  launchTemplate: { id },
  subnetId: SUBNET_ID,
  availabilityZone: 'eu-west-1a',
  instanceType: 'm6i.xlarge',
  userData: '#cloud-config\nbootcmd: [touch /etc/chainmend/client-masked]',
  maskHook: '#!/bin/sh\ntouch /etc/chainmend/client-masked\n',
  ownUserData: 'ignore',
  tags: { Name: 'bitcoin-0', 'chainmend:joining': 'cafe0123' },
  firstTags: [],
  token: 'heal-1',
  ...more,
});

const runRequestOf = (data: ResponseLaunchTemplateData) =>
  runRequest(launchOf('lt-0123456789abcdef0'), data, Buffer.from('#!/bin/sh'));

async function launched(launch: Launch): Promise<string> {
  const answer = await launchReplacement(aws.ec2, launch);
  if ('refused' in answer) throw new Error(answer.refused);
  return answer.instanceId;
}

describe('An instance that is read', () => {
  it('says where it is, what is attached, and who owns it', async () => {
    const tags = {
      Name: 'bitcoin-0',
      'aws:ec2launchtemplate:id': 'lt-0123456789abcdef0',
      'aws:ec2launchtemplate:version': '3',
      'aws:autoscaling:groupName': 'bitcoin',
      'aws:cloudformation:stack-name': 'nodes',
    };
    const instanceId = region.ec2.addInstance({ privateIp: '10.0.0.11', instanceType: 'i4i.large', tags });
    const root = region.ec2.addVolume({ sizeGiB: 16, attachedTo: { instanceId, device: '/dev/xvda' } });
    const data = region.ec2.addVolume({ sizeGiB: 500, attachedTo: { instanceId, device: '/dev/sdf' } });
    expect(await describeInstance(aws.ec2, instanceId)).toEqual({
      instanceId,
      state: 'running',
      launchedAtMs: expect.any(Number),
      availabilityZone: 'eu-west-1a',
      subnetId: SUBNET_ID,
      vpcId: VPC_ID,
      instanceType: 'i4i.large',
      privateIp: '10.0.0.11',
      rootDevice: '/dev/xvda',
      rootVolumeId: root,
      devices: [
        { device: '/dev/xvda', volumeId: root, deleteOnTermination: expect.any(Boolean), status: 'attached' },
        { device: '/dev/sdf', volumeId: data, deleteOnTermination: expect.any(Boolean), status: 'attached' },
      ],
      tags,
      launchTemplate: { id: 'lt-0123456789abcdef0', version: '3' },
      autoScalingGroup: 'bitcoin',
      cloudFormationStack: 'nodes',
      publicIp: null,
    });
  });

  it('tells an elastic address from one that a stop loses, and asks about neither where there is none', async () => {
    const elastic = region.ec2.addInstance({ privateIp: '10.0.0.11' });
    const allocationId = region.ec2.addAddress({ instanceId: elastic });
    const lost = region.ec2.addInstance({ privateIp: '10.0.0.12', publicIp: '198.18.0.7' });
    const bare = region.ec2.addInstance({ privateIp: '10.0.0.13' });
    expect(await describeInstance(aws.ec2, elastic)).toMatchObject({ publicIp: { allocationId } });
    expect(await describeInstance(aws.ec2, lost)).toMatchObject({ publicIp: { ip: '198.18.0.7', allocationId: null } });
    const before = paced.count('DescribeAddresses');
    expect(await describeInstance(aws.ec2, bare)).toMatchObject({ publicIp: null });
    expect(paced.count('DescribeAddresses')).toBe(before);
  });

  it('has disks of its own or not by its type, which is asked for once', async () => {
    expect(await hasInstanceStore(aws.ec2, 'i4i.large')).toBe(true);
    expect(await hasInstanceStore(aws.ec2, 'm6i.large')).toBe(false);
    const before = paced.count('DescribeInstanceTypes');
    expect(await hasInstanceStore(aws.ec2, 'i4i.large')).toBe(true);
    expect(paced.count('DescribeInstanceTypes')).toBe(before);
  });

  it('is null where it is gone, and so are its checks; those of one that does not run do not apply', async () => {
    expect(await describeInstance(aws.ec2, GONE)).toBeNull();
    expect(await describeChecks(aws.ec2, GONE)).toBeNull();
    const stopped = region.ec2.addInstance({ privateIp: '10.0.0.11', state: 'stopped' });
    expect(await describeChecks(aws.ec2, stopped)).toMatchObject({ system: 'not-applicable' });
    const sick = region.ec2.addInstance({ privateIp: '10.0.0.12' });
    region.ec2.impair(sick, 'attachedEbs', 'nothing');
    expect(await describeChecks(aws.ec2, sick)).toEqual({ system: 'ok', instance: 'ok', attachedEbs: 'impaired' });
  });
});

describe('The power of an instance', () => {
  it('goes and comes, twice asked like once, and its checks begin anew', async () => {
    const id = region.ec2.addInstance({ privateIp: '10.0.0.11' });
    expect(await stopInstance(aws.ec2Once, id)).toEqual({ accepted: true, before: 'running' });
    expect(await stopInstance(aws.ec2Once, id)).toEqual({ accepted: true, before: 'stopping' });
    expect(await startInstance(aws.ec2Once, id)).toMatchObject({ code: 'IncorrectInstanceState' });
    await paced.pass(MINUTE_MS);
    expect(await startInstance(aws.ec2Once, id)).toEqual({ accepted: true });
    await paced.pass(30_000);
    expect(await describeChecks(aws.ec2, id)).toMatchObject({ system: 'initializing' });
    await paced.pass(3 * MINUTE_MS);
    expect(await describeChecks(aws.ec2, id)).toMatchObject({ system: 'ok', instance: 'ok' });
  });

  it('is AWS’s work for as long as AWS takes for it, checks included', async () => {
    const id = region.ec2.addInstance({ privateIp: '10.0.0.11' });
    const fromMs = region.clock.now();
    await stopInstance(aws.ec2Once, id);
    await paced.pass(MINUTE_MS);
    await startInstance(aws.ec2Once, id);
    await paced.pass(4 * MINUTE_MS);
    const works = region.kernel.works.filter(({ resources }) => resources.includes(id));
    expect(works.map(({ what }) => what)).toEqual(['instance stop', 'instance start', 'status checks']);
    const [stop, start, checks] = works;
    expect(stop?.from).toBeGreaterThanOrEqual(fromMs);
    expect(checks?.from).toBe(start?.to);
  });

  it('does not come back where its zone has no room, which is a refusal and no fault', async () => {
    const id = region.ec2.addInstance({ privateIp: '10.0.0.11', state: 'stopped' });
    region.ec2.exhaust('eu-west-1a');
    expect(await startInstance(aws.ec2Once, id)).toMatchObject({
      code: 'InsufficientInstanceCapacity',
      refused: expect.stringContaining('do not have sufficient'),
    });
  });
});

describe('The instance that takes the place of another', () => {
  it('comes from the template, with our user data, type, subnet and tags, and its metadata behind a token', async () => {
    const id = await template({
      MetadataOptions: { HttpTokens: 'optional', HttpPutResponseHopLimit: 2 },
      TagSpecifications: [
        {
          ResourceType: 'instance',
          Tags: [
            { Key: 'Name', Value: 'bitcoin' },
            { Key: 'Owner', Value: 'ops' },
          ],
        },
        { ResourceType: 'volume', Tags: [{ Key: 'Backup', Value: 'daily' }] },
      ],
    });
    region.ec2.enforceHttpTokens();
    const old = { 'aws:autoscaling:groupName': 'bitcoin', ...launchOf(id).tags };
    const instanceId = await launched(launchOf(id, { tags: old }));
    expect(await describeInstance(aws.ec2, instanceId)).toMatchObject({
      state: 'pending',
      autoScalingGroup: null,
      instanceType: 'm6i.xlarge',
      subnetId: SUBNET_ID,
      launchTemplate: { id, version: '1' },
      tags: { Name: 'bitcoin-0', Owner: 'ops', 'chainmend:joining': 'cafe0123' },
    });
    const { userData = '', httpTokens } = region.ec2.instance(instanceId).settings;
    expect(Buffer.from(userData, 'base64').toString()).toBe(launchOf(id).userData);
    expect(httpTokens).toBe('required');
    const volumes = await describeVolumes(aws.ec2, { instanceIds: [instanceId] });
    expect(volumes.map(({ attachment, tags }) => [attachment?.device, attachment?.deleteOnTermination, tags])).toEqual([
      ['/dev/xvda', true, { Backup: 'daily', ...launchOf(id).tags }],
      ['/dev/sdf', false, { Backup: 'daily', ...launchOf(id).tags }],
    ]);
  });

  it('is one for one token, even when the template has another default by now', async () => {
    const id = await template();
    const instanceId = await launched(launchOf(id));
    expect(await launched(launchOf(id))).toBe(instanceId);
    // The second request differs, as it would with other network interfaces in a new default version.
    expect(await launched(launchOf(id, { tags: { Name: 'other' } }))).toBe(instanceId);
    expect(await launchedWith(aws.ec2, 'heal-1')).toBe(instanceId);
    expect(await launchedWith(aws.ec2, 'heal-2')).toBeNull();
    expect(region.ec2.instances()).toHaveLength(1);
  });

  it('goes where the subnet is, also from a template that has a network interface and a zone of its own', async () => {
    region.ec2.addSubnet({ subnetId: SUBNET_B, vpcId: VPC_ID, availabilityZone: 'eu-west-1b' });
    const id = await template({
      NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: SUBNET_ID, Groups: ['sg-0aaaabbbbccccdddd'] }],
      Placement: { AvailabilityZone: 'eu-west-1a' },
    });
    const there = { subnetId: SUBNET_B, availabilityZone: 'eu-west-1b' };
    const instanceId = await launched(launchOf(id, there));
    expect(await describeInstance(aws.ec2, instanceId)).toMatchObject(there);
    expect(region.ec2.instance(instanceId).networkInterface?.securityGroupIds).toEqual(['sg-0aaaabbbbccccdddd']);
  });

  it('is refused with its code where there is no room or no template, and nothing is launched', async () => {
    const id = await template();
    region.ec2.exhaust('eu-west-1a');
    expect(await launchReplacement(aws.ec2, launchOf(id))).toMatchObject({ code: 'InsufficientInstanceCapacity' });
    expect(await launchReplacement(aws.ec2, launchOf('lt-0aaaabbbbccccdddd'))).toMatchObject({
      code: 'InvalidLaunchTemplateId.NotFound',
    });
    expect(region.ec2.instances()).toHaveLength(0);
    const byName = { launchTemplate: { name: 'bitcoin-node', version: '1' }, subnetId: SUBNET_B };
    region.ec2.addSubnet({ subnetId: SUBNET_B, vpcId: VPC_ID, availabilityZone: 'eu-west-1b' });
    expect(await launchReplacement(aws.ec2, launchOf(id, byName))).toMatchObject({ instanceId: expect.any(String) });
  });

  it('is terminated out of pending where the zone had no room after all, as is read', async () => {
    region.ec2.exhaust('eu-west-1a', 'late');
    const instanceId = await launched(launchOf(await template()));
    await paced.pass(MINUTE_MS);
    expect(await describeInstance(aws.ec2, instanceId)).toMatchObject({
      state: 'terminated',
      subnetId: '',
      devices: [],
    });
  });

  it('is refused where the role may not launch it', async () => {
    const id = await template();
    const { ec2 } = await paced.clients([
      { Effect: 'Allow', Action: ['ec2:DescribeLaunchTemplateVersions', 'ec2:DescribeInstances'], Resource: '*' },
    ]);
    expect(await launchReplacement(ec2, launchOf(id))).toMatchObject({ code: 'UnauthorizedOperation' });
  });

  it('brings volumes under the key and at the rate that its template says, and its blocks come while it boots', async () => {
    const source = region.ec2.addVolume({ sizeGiB: 100 });
    const snapshotId = region.ec2.addSnapshot({ volumeId: source });
    const Ebs = { SnapshotId: snapshotId, KmsKeyId: KEY, Encrypted: true, VolumeInitializationRate: 200 };
    const id = await template({ BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs }] });
    const instanceId = await launched(launchOf(id));
    const volumes = await describeVolumes(aws.ec2, { instanceIds: [instanceId] });
    const data = volumes.find(({ attachment }) => attachment?.device === '/dev/sdf');
    expect(data).toMatchObject({ snapshotId, kmsKeyId: KEY, encrypted: true, sizeGiB: 100 });
    const [begun] = await initializationOf(aws.ec2, [data?.volumeId ?? '']);
    expect(begun).toMatchObject({ percent: 0, done: false });
    // 100 GiB at 200 MiB/s are 512 s.
    expect(begun?.etaSeconds).toBe(512);
    await paced.pass(15 * MINUTE_MS);
    expect(await initializationOf(aws.ec2, [data?.volumeId ?? ''])).toMatchObject([{ done: true }]);
  });

  it('ends out of pending where the key of a volume is disabled, or is not for whoever launches it', async () => {
    const Ebs = { VolumeSize: 100, KmsKeyId: KEY, Encrypted: true };
    const id = await template({ BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs }] });
    const stateOf = async (instanceId: string) => (await describeInstance(aws.ec2, instanceId))?.state;
    region.ec2.setKeyEnabled(KEY, false);
    const first = await launched(launchOf(id));
    await paced.pass(MINUTE_MS);
    expect(await stateOf(first)).toBe('terminated');
    expect(region.ec2.instance(first).stateReason?.code).toBe('Client.InternalError');
    region.ec2.setKeyEnabled(KEY, true);
    const { ec2 } = await paced.clients([{ Effect: 'Allow', Action: 'ec2:*', Resource: '*' }]);
    const second = await launchReplacement(ec2, launchOf(id, { token: 'heal-2' }));
    const third = await launched(launchOf(id, { token: 'heal-3' }));
    await paced.pass(MINUTE_MS);
    expect([await stateOf('instanceId' in second ? second.instanceId : ''), await stateOf(third)]).toEqual([
      'terminated',
      'running',
    ]);
  });

  it('does not start again where the key of one of its volumes was disabled meanwhile', async () => {
    const instanceId = region.ec2.addInstance({ privateIp: '10.0.0.11', state: 'stopped' });
    region.ec2.addVolume({ sizeGiB: 10, kmsKeyId: KEY, attachedTo: { instanceId, device: '/dev/sdf' } });
    region.ec2.setKeyEnabled(KEY, false);
    expect(await startInstance(aws.ec2Once, instanceId)).toEqual({ accepted: true });
    await paced.pass(MINUTE_MS);
    expect(await describeInstance(aws.ec2, instanceId)).toMatchObject({ state: 'stopped' });
  });

  it('gets addresses of its own, as many as the template fixes for the old one', async () => {
    region.ec2.addSubnet({ subnetId: SUBNET_B, vpcId: VPC_ID, cidrBlock: '10.9.0.0/24', ipv6Prefix: '2001:db8:0:9' });
    const fixed = { PrivateIpAddress: '10.9.0.11', Ipv6Addresses: [{ Ipv6Address: '2001:db8:0:9::11' }] };
    const id = await template({ NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: SUBNET_B, ...fixed }] });
    const old = await aws.ec2.send(
      new RunInstancesCommand({ LaunchTemplate: { LaunchTemplateId: id }, MinCount: 1, MaxCount: 1 }),
    );
    expect(region.ec2.instance(old.Instances?.[0]?.InstanceId ?? '').networkInterface).toMatchObject({
      privateIp: '10.9.0.11',
      ipv6Addresses: ['2001:db8:0:9::11'],
    });
    const young = await launched(launchOf(id, { subnetId: SUBNET_B }));
    const { privateIp, ipv6Addresses } = region.ec2.instance(young).networkInterface ?? {};
    expect(privateIp).not.toBe('10.9.0.11');
    expect(ipv6Addresses).toEqual([expect.stringMatching(/^2001:db8:0:9::(?!11$)/)]);
  });

  it('is refused where the template has user data, and nobody has said what becomes of them', async () => {
    const id = await template();
    const { ownUserData: _, ...unsaid } = launchOf(id);
    const answer = await launchReplacement(aws.ec2, { ...unsaid, ownUserData: undefined });
    expect(answer).toMatchObject({ refused: expect.stringContaining('replace.userData: run') });
    expect(JSON.stringify(answer)).not.toContain('systemctl');
    expect(region.ec2.instances()).toHaveLength(0);
  });

  it('runs the template’s own user data behind ours, where that is said', async () => {
    const young = await launched(launchOf(await template(), { ownUserData: 'run' }));
    const message = Buffer.from(region.ec2.instance(young).settings.userData ?? '', 'base64').toString();
    expect(partsOf(message).map(({ type, text }) => [type, text])).toEqual([
      ['text/cloud-boothook', '#!/bin/sh\ntouch /etc/chainmend/client-masked\n'],
      ['text/plain', '#!/bin/sh\nsystemctl start bitcoind'],
    ]);
  });

  it('is refused by name where the template names a network interface or no instance type', async () => {
    const byInterface = await template({ NetworkInterfaces: [{ DeviceIndex: 0, NetworkInterfaceId: 'eni-0a' }] });
    const before = paced.count('RunInstances');
    expect(await launchReplacement(aws.ec2, launchOf(byInterface))).toMatchObject({
      refused: expect.stringContaining('eni-0a'),
    });
    expect(await requestLaunch(aws.ec2, launchOf(byInterface))).toMatchObject({
      refused: expect.stringContaining('eni-0a'),
    });
    expect(paced.count('RunInstances')).toBe(before);
  });

  it('is refused before it is made where nothing gives it the public address that it needs', async () => {
    const needs = { publicAddress: true };
    const id = await template();
    expect(await requestLaunch(aws.ec2, launchOf(id), needs)).toMatchObject({
      refused: `neither it nor ${SUBNET_ID} assigns a public address, and the old instance has one`,
    });
    region.ec2.assignPublicAddresses('eu-west-1a');
    expect(await requestLaunch(aws.ec2, launchOf(id), needs)).toEqual({ accepted: true });
  });

  it('gets it from the template’s interface, too', async () => {
    const id = await template({
      NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress: true, Groups: ['sg-7'] }],
    });
    expect(await requestLaunch(aws.ec2, launchOf(id), { publicAddress: true })).toEqual({ accepted: true });
  });

  it('is asked for before it is made: what is permitted, and nothing is launched', async () => {
    const id = await template();
    expect(await requestLaunch(aws.ec2, launchOf(id))).toEqual({ accepted: true });
    const { ec2 } = await paced.clients([
      { Effect: 'Allow', Action: ['ec2:RunInstances', 'ec2:Describe*', 'ec2:CreateTags'], Resource: '*' },
    ]);
    expect(await requestLaunch(ec2, launchOf(id))).toEqual({ accepted: true });
    const profile = { IamInstanceProfile: { Name: 'bitcoin-node' } };
    const { LaunchTemplate } = await aws.ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: 'with-a-role',
        LaunchTemplateData: { ImageId: IMAGE, InstanceType: 'm6i.large', ...profile },
      }),
    );
    expect(await requestLaunch(ec2, launchOf(LaunchTemplate?.LaunchTemplateId ?? ''))).toMatchObject({
      code: 'UnauthorizedOperation',
      refused: expect.stringContaining('iam:PassRole on resource: arn:aws:iam::111122223333:role/bitcoin-node'),
    });
    expect(region.ec2.instances()).toHaveLength(0);
  });

  it('takes whatever else the template says of what it overwrites', () => {
    const request = runRequestOf({
      MetadataOptions: { State: 'applied', HttpTokens: 'optional', HttpPutResponseHopLimit: 2 },
      TagSpecifications: [{ ResourceType: 'network-interface', Tags: [{ Key: 'Owner', Value: 'ops' }] }],
      NetworkInterfaces: [{ DeviceIndex: 0, PrivateIpAddress: '10.0.0.11', SubnetId: 'subnet-of-the-old-one' }],
    });
    expect(new RunInstancesCommand(request).input).toMatchObject({
      MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 2 },
      TagSpecifications: [
        { ResourceType: 'network-interface' },
        { ResourceType: 'instance' },
        { ResourceType: 'volume' },
      ],
    });
    expect(request.MetadataOptions).not.toHaveProperty('State');
    expect(request.NetworkInterfaces).toEqual([{ DeviceIndex: 0, SubnetId: SUBNET_ID }]);
    expect(request).not.toHaveProperty('SubnetId');
    const placed = runRequestOf({
      Placement: { AvailabilityZoneId: 'euw1-az3', GroupName: 'spread', Tenancy: 'dedicated' },
      NetworkInterfaces: [
        {
          DeviceIndex: 0,
          PrivateIpAddresses: [
            { Primary: true, PrivateIpAddress: '10.0.0.11' },
            { Primary: false, PrivateIpAddress: '10.0.0.12' },
          ],
          Ipv4Prefixes: [{ Ipv4Prefix: '10.0.1.0/28' }],
          Ipv6Prefixes: [{ Ipv6Prefix: '2001:db8::/80' }],
        },
      ],
    });
    expect(placed.Placement).toEqual({ AvailabilityZone: 'eu-west-1a', GroupName: 'spread', Tenancy: 'dedicated' });
    const there = { Placement: { AvailabilityZone: 'eu-west-1a', GroupName: 'spread' } };
    expect(runRequestOf(there)).not.toHaveProperty('Placement');
    expect(placed.NetworkInterfaces).toEqual([
      {
        DeviceIndex: 0,
        SecondaryPrivateIpAddressCount: 1,
        Ipv4PrefixCount: 1,
        Ipv6PrefixCount: 1,
        SubnetId: SUBNET_ID,
      },
    ]);
  });
});
