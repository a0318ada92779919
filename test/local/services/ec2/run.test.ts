// Instances that are launched from templates, their addresses, their capacity and their failing checks, as unmodified SDK clients see them.
import { gzipSync } from 'node:zlib';
import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DescribeAddressesCommand,
  DescribeImagesCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  DisassociateAddressCommand,
  EC2Client,
  type Instance,
  ModifyInstanceAttributeCommand,
  ModifyLaunchTemplateCommand,
  RebootInstancesCommand,
  type RequestLaunchTemplateData,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Region } from '../../../../local/region.ts';
import { Capacity } from '../../../../local/services/ec2/capacity.ts';
import type { Launched } from '../../../../local/services/ec2/model.ts';
import { SECURITY_GROUP_ID, SUBNET_ID, VPC_ID } from '../../../../local/services/ec2/service.ts';
import type { Statement } from '../../../../local/services/iam/policy.ts';
import type { ClockFollower } from '../../../../local/simulator/clock.ts';
import { chainOf, dataVolume, nodeOf } from '../../../fixtures/builders/simulated-node.ts';
import { testKernel } from '../../../fixtures/kernel.ts';
import { type WholeRegion, wholeRegion } from '../../../fixtures/whole-region.ts';

const MINUTE_MS = 60_000;
const IMAGE = 'ami-0aaaabbbbccccdddd';
const SUBNET_B = 'subnet-0123456789abcdef1';
const ARN = 'arn:aws:ec2:eu-west-1:111122223333';

let whole: WholeRegion;
let region: Region;
let ec2: EC2Client;
let following: ClockFollower;

beforeEach(async () => {
  whole = await wholeRegion();
  ({ region } = whole);
  await whole.following.stop();
  following = region.clock.follow({ speed: 2 });
  ec2 = new EC2Client(await whole.as());
});

afterEach(() => following.stop());

/** Advances virtual time by this much immediately. */
async function pass(ms: number): Promise<void> {
  await following.stop();
  await region.clock.run({ untilMs: region.clock.now() + ms });
  following = region.clock.follow({ speed: 2 });
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function template(data: RequestLaunchTemplateData = {}): Promise<string> {
  const { LaunchTemplate } = await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'bitcoin-node',
      LaunchTemplateData: {
        ImageId: IMAGE,
        InstanceType: 'm6i.large',
        UserData: base64('#!/bin/sh\nsystemctl enable node@0.21.0'),
        TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Component', Value: 'nodes/bitcoin' }] }],
        ...data,
      },
    }),
  );
  return LaunchTemplate?.LaunchTemplateId ?? '';
}

async function run(input: Partial<RunInstancesCommandInput>, client = ec2): Promise<Instance> {
  const { Instances = [] } = await client.send(new RunInstancesCommand({ MinCount: 1, MaxCount: 1, ...input }));
  const [first] = Instances;
  if (!first) throw new Error('nothing was launched');
  return first;
}

async function only(instanceId = ''): Promise<Instance> {
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }));
  return Reservations?.[0]?.Instances?.[0] ?? {};
}

async function checksOf(instanceId = ''): Promise<(string | undefined)[]> {
  const asked = { InstanceIds: [instanceId], IncludeAllInstances: true };
  const { InstanceStatuses } = await ec2.send(new DescribeInstanceStatusCommand(asked));
  const [status] = InstanceStatuses ?? [];
  return [status?.SystemStatus?.Status, status?.InstanceStatus?.Status, status?.AttachedEbsStatus?.Status];
}

const stop = (id = '') => ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
const start = (id = '') => ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
const modify = (InstanceId = '', input: object) =>
  ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, ...input }));
const named = (name: string) => ({ name });

describe('A launch template', () => {
  it('has versions; a new one stands alone or on another, and the default changes when somebody says so', async () => {
    const LaunchTemplateId = await template();
    const version = (input: object) =>
      ec2.send(
        new CreateLaunchTemplateVersionCommand({
          LaunchTemplateId,
          LaunchTemplateData: { InstanceType: 'm6i.xlarge' },
          ...input,
        }),
      );
    await version({ SourceVersion: '1', VersionDescription: 'larger' });
    await version({});
    const { LaunchTemplateVersions } = await ec2.send(new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId }));
    expect(LaunchTemplateVersions).toMatchObject([
      { VersionNumber: 3, DefaultVersion: false, LaunchTemplateData: { InstanceType: 'm6i.xlarge' } },
      {
        VersionNumber: 2,
        VersionDescription: 'larger',
        LaunchTemplateData: { ImageId: IMAGE, InstanceType: 'm6i.xlarge' },
      },
      { VersionNumber: 1, DefaultVersion: true, LaunchTemplateData: { InstanceType: 'm6i.large' } },
    ]);
    expect(LaunchTemplateVersions?.[0]?.LaunchTemplateData?.ImageId).toBeUndefined();
    await ec2.send(new ModifyLaunchTemplateCommand({ LaunchTemplateId, DefaultVersion: '2' }));
    const { LaunchTemplates } = await ec2.send(
      new DescribeLaunchTemplatesCommand({ LaunchTemplateNames: ['bitcoin-node'] }),
    );
    expect(LaunchTemplates).toMatchObject([{ LaunchTemplateId, DefaultVersionNumber: 2, LatestVersionNumber: 3 }]);
    expect((await run({ LaunchTemplate: { LaunchTemplateId } })).InstanceType).toBe('m6i.xlarge');
  });

  it.each([
    [{ LaunchTemplateId: 'lt-0123456789abcdef0' }, 'InvalidLaunchTemplateId.NotFound'],
    [{ LaunchTemplateId: 'lt-1' }, 'InvalidLaunchTemplateId.Malformed'],
    [{ LaunchTemplateName: 'no-such' }, 'InvalidLaunchTemplateName.NotFoundException'],
    [{ LaunchTemplateName: 'bitcoin-node', Version: '7' }, 'InvalidLaunchTemplateId.VersionNotFound'],
    [{ LaunchTemplateId: 'lt-0123456789abcdef0', LaunchTemplateName: 'bitcoin-node' }, 'InvalidParameterCombination'],
  ])('that is named as %j launches nothing: %s', async (LaunchTemplate, code) => {
    await template();
    await expect(run({ LaunchTemplate })).rejects.toMatchObject(named(code));
  });

  it('is deleted with all of its versions, and its name is free again', async () => {
    const LaunchTemplateId = await template();
    await ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId }));
    await expect(ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId }))).rejects.toMatchObject(
      named('InvalidLaunchTemplateId.NotFound'),
    );
    expect(await template()).not.toBe(LaunchTemplateId);
  });

  it('has a name that is its own, and data that the region understands', async () => {
    await template();
    await expect(template()).rejects.toMatchObject(named('InvalidLaunchTemplateName.AlreadyExistsException'));
    const strange = {
      LaunchTemplateName: 'spot',
      LaunchTemplateData: { InstanceMarketOptions: { MarketType: 'spot' as const } },
    };
    await expect(ec2.send(new CreateLaunchTemplateCommand(strange))).rejects.toMatchObject(named('NotImplemented'));
    const garbled = { LaunchTemplateName: 'garbled', LaunchTemplateData: { UserData: '#!/bin/sh' } };
    await expect(ec2.send(new CreateLaunchTemplateCommand(garbled))).rejects.toMatchObject(
      named('InvalidUserData.Malformed'),
    );
  });
});

describe('What a template binds a launch to', () => {
  const from = (id: string) => ({ LaunchTemplate: { LaunchTemplateId: id } });
  const target = (CapacityReservationId: string) => ({
    CapacityReservationSpecification: { CapacityReservationTarget: { CapacityReservationId } },
  });
  const RUN = { Effect: 'Allow', Action: ['ec2:RunInstances', 'ec2:CreateTags'] } as const;
  const LICENSE = 'arn:aws:license-manager:eu-west-1:111122223333:license-configuration:lic-0123456789abcdef';
  const OTHERS = ['image', 'instance', 'volume', 'subnet', 'security-group', 'network-interface', 'launch-template'];
  const all = OTHERS.map((kind) => `arn:aws:ec2:eu-west-1:*:${kind}/*`);
  const may = async (...resources: string[]) =>
    new EC2Client(await whole.as([{ ...RUN, Resource: [...all, ...resources] }]));

  it('has to be there', async () => {
    const grouped = await template({ Placement: { GroupName: 'spread' } });
    await expect(run(from(grouped))).rejects.toMatchObject(named('InvalidPlacementGroup.Unknown'));
    region.ec2.addPlacementGroup('spread');
    expect(await run(from(grouped))).toMatchObject({ State: { Name: 'pending' } });
    await expect(run({ ...from(grouped), ...target('cr-0aaaaaaaaaaaaaaaa') })).rejects.toMatchObject(
      named('InvalidCapacityReservationId.NotFound'),
    );
  });

  it('has room for so many, which a stopped instance leaves', async () => {
    const here = { availabilityZone: 'eu-west-1a', instanceType: 'm6i.large' };
    const id = region.ec2.addCapacityReservation({ ...here, count: 1 });
    const reserved = { ...from(await template(target(id))), SubnetId: SUBNET_ID };
    const first = await run(reserved);
    await expect(run(reserved)).rejects.toMatchObject(named('ReservationCapacityExceeded'));
    await expect(run({ ...reserved, SubnetId: SUBNET_B })).rejects.toMatchObject(named('InvalidParameterValue'));
    await expect(run({ ...reserved, DryRun: true })).rejects.toMatchObject(named('DryRunOperation'));
    await pass(MINUTE_MS);
    await stop(first.InstanceId);
    await pass(MINUTE_MS);
    expect(await run(reserved)).toMatchObject({ State: { Name: 'pending' } });
  });

  it('is a resource that IAM asks about', async () => {
    region.ec2.addPlacementGroup('spread');
    const reservation = { availabilityZone: 'eu-west-1a', instanceType: 'm6i.large', count: 9 };
    const id = region.ec2.addCapacityReservation(reservation);
    const bound = await template({
      ...target(id),
      Placement: { GroupName: 'spread' },
      LicenseSpecifications: [{ LicenseConfigurationArn: LICENSE }],
    });
    const request = { ...from(bound), SubnetId: SUBNET_ID };
    const needed = [`${ARN}:placement-group/spread`, `${ARN}:capacity-reservation/${id}`, LICENSE];
    for (const missing of needed) {
      const client = await may(...needed.filter((one) => one !== missing));
      await expect(run(request, client)).rejects.toMatchObject({
        name: 'UnauthorizedOperation',
        message: expect.stringContaining(missing),
      });
    }
    expect(await run(request, await may(...needed))).toMatchObject({ State: { Name: 'pending' } });
  });

  it('cannot be a network interface in another subnet, nor addresses that are taken or elsewhere', async () => {
    const card = (more: object) => ({ NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: SUBNET_ID, ...more }] });
    const bare = from(await template());
    const asked = (more: object) => run({ ...bare, ...card(more) });
    const eni = { NetworkInterfaceId: 'eni-0aaaaaaaaaaaaaaaa' };
    await expect(asked(eni)).rejects.toMatchObject(named('InvalidParameterCombination'));
    const six = { Ipv6Addresses: [{ Ipv6Address: '2001:db8:0:9::11' }] };
    await expect(asked(six)).rejects.toMatchObject(named('InvalidParameterValue'));
    const SubnetId = 'subnet-0123456789abcdef9';
    region.ec2.addSubnet({ subnetId: SubnetId, vpcId: VPC_ID, ipv6Prefix: '2001:db8:0:9' });
    expect(await asked({ SubnetId, ...six })).toMatchObject({ State: { Name: 'pending' } });
    await expect(asked({ SubnetId, ...six })).rejects.toMatchObject(named('InvalidIPAddress.InUse'));
    await expect(asked({ SubnetId, ...six, Ipv6AddressCount: 1 })).rejects.toMatchObject(
      named('InvalidParameterCombination'),
    );
    // A token bucket of five requests.
    await pass(MINUTE_MS);
    const elsewhere = { Ipv6Addresses: [{ Ipv6Address: '2001:db8:0:8::11' }] };
    await expect(asked({ SubnetId, ...elsewhere })).rejects.toMatchObject(named('InvalidParameterValue'));
  });

  it('cannot be requirements of its type', async () => {
    const InstanceRequirements = { VCpuCount: { Min: 2 }, MemoryMiB: { Min: 4096 } };
    const required = await template({ InstanceRequirements });
    await expect(run({ ...from(required), InstanceType: 'm6i.large' })).rejects.toMatchObject(
      named('InvalidParameterCombination'),
    );
  });
});

describe('RunInstances', () => {
  it('launches from a template what the request says otherwise in its words, with a new address, interface and root volume', async () => {
    const LaunchTemplateId = await template();
    const launched = await run({
      LaunchTemplate: { LaunchTemplateId, Version: '$Latest' },
      SubnetId: SUBNET_B,
      TagSpecifications: [
        { ResourceType: 'instance', Tags: [{ Key: 'chainmend:replaces', Value: 'i-1' }] },
        { ResourceType: 'volume', Tags: [{ Key: 'Name', Value: 'root' }] },
      ],
    });
    expect(launched).toMatchObject({
      State: { Name: 'pending' },
      ImageId: IMAGE,
      Placement: { AvailabilityZone: 'eu-west-1b' },
      PrivateIpAddress: expect.stringMatching(/^10\.0\.(6[4-9]|[789]\d|1[01]\d|12[0-7])\./),
      SubnetId: SUBNET_B,
      VpcId: VPC_ID,
      SecurityGroups: [{ GroupId: SECURITY_GROUP_ID }],
      MetadataOptions: { HttpTokens: 'required' },
      NetworkInterfaces: [{ NetworkInterfaceId: expect.stringMatching(/^eni-/) }],
    });
    expect(launched.PublicIpAddress).toBeUndefined();
    // The request's tags replace the template's.
    expect(Object.fromEntries((launched.Tags ?? []).map(({ Key, Value }) => [Key, Value]))).toEqual({
      'aws:ec2launchtemplate:id': LaunchTemplateId,
      'aws:ec2launchtemplate:version': '1',
      'chainmend:replaces': 'i-1',
    });
    const { Volumes } = await ec2.send(
      new DescribeVolumesCommand({
        Filters: [{ Name: 'attachment.instance-id', Values: [launched.InstanceId ?? ''] }],
      }),
    );
    expect(Volumes).toMatchObject([
      {
        Size: 8,
        AvailabilityZone: 'eu-west-1b',
        Attachments: [{ Device: '/dev/xvda', DeleteOnTermination: true }],
        Tags: [{ Key: 'Name', Value: 'root' }],
      },
    ]);
    await pass(4 * MINUTE_MS);
    expect((await only(launched.InstanceId)).State?.Name).toBe('running');
    expect(await checksOf(launched.InstanceId)).toEqual(['ok', 'ok', 'ok']);
  });

  it('makes volumes that go with the instance, those but which the mapping keeps', async () => {
    const LaunchTemplateId = await template({
      BlockDeviceMappings: [
        { DeviceName: '/dev/xvda', Ebs: { VolumeSize: 30 } },
        { DeviceName: '/dev/sdf', Ebs: { VolumeSize: 500, VolumeType: 'gp3', Throughput: 250 } },
        { DeviceName: '/dev/sdg', Ebs: { VolumeSize: 10, DeleteOnTermination: false } },
      ],
    });
    const launched = await run({
      LaunchTemplate: { LaunchTemplateId },
      BlockDeviceMappings: [{ DeviceName: '/dev/sdg', Ebs: { VolumeSize: 20, DeleteOnTermination: false } }],
    });
    const volumes = region.ec2.volumes().filter(({ attachment }) => attachment?.instanceId === launched.InstanceId);
    expect(
      volumes.map(({ performance, attachment }) => [
        attachment?.device,
        performance.type,
        performance.sizeGiB,
        attachment?.deleteOnTermination,
      ]),
    ).toEqual([
      ['/dev/xvda', 'gp3', 30, true],
      ['/dev/sdf', 'gp3', 500, true],
      ['/dev/sdg', 'gp2', 20, false],
    ]);
    await pass(MINUTE_MS);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [launched.InstanceId ?? ''] }));
    await pass(MINUTE_MS);
    expect(region.ec2.volumes().map(({ performance }) => performance.sizeGiB)).toEqual([20]);
  });

  it('is done once for a token, whatever became of the answer; in another zone the same token launches another', async () => {
    const LaunchTemplateId = await template();
    const asked = { LaunchTemplate: { LaunchTemplateId }, SubnetId: SUBNET_ID, ClientToken: 'attempt-1' };
    const first = await run(asked);
    expect((await run(asked)).InstanceId).toBe(first.InstanceId);
    await expect(run({ ...asked, InstanceType: 'm6i.xlarge' })).rejects.toMatchObject(
      named('IdempotentParameterMismatch'),
    );
    const elsewhere = await run({ ...asked, SubnetId: SUBNET_B });
    expect(elsewhere.InstanceId).not.toBe(first.InstanceId);
    expect(region.ec2.instances()).toHaveLength(2);
  });

  it.each([
    [{ SubnetId: 'subnet-1' }, 'InvalidSubnetID.NotFound'],
    [{ SubnetId: SUBNET_B, Placement: { AvailabilityZone: 'eu-west-1a' } }, 'InvalidParameterValue'],
    [{ PrivateIpAddress: '10.0.64.9' }, 'InvalidParameterValue'],
    [{ PrivateIpAddress: '10.0.0.2' }, 'InvalidParameterValue'],
    [{ PrivateIpAddress: '10.0.0.11' }, 'InvalidIPAddress.InUse'],
    [{ SecurityGroupIds: ['default'] }, 'InvalidGroupId.Malformed'],
    [{ ImageId: 'ubuntu' }, 'InvalidAMIID.Malformed'],
    [{ MinCount: 2, MaxCount: 1 }, 'InvalidParameterValue'],
    [
      { BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { SnapshotId: 'snap-0123456789abcdef0' } }] },
      'InvalidSnapshot.NotFound',
    ],
    [{ BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: {} }] }, 'MissingParameter'],
    [{ HibernationOptions: { Configured: true } }, 'NotImplemented'],
    [{ DryRun: true }, 'DryRunOperation'],
  ])('of %j is refused: %s', async (input, code) => {
    region.ec2.addInstance({ privateIp: '10.0.0.11' });
    const LaunchTemplateId = await template();
    await expect(run({ LaunchTemplate: { LaunchTemplateId }, SubnetId: SUBNET_ID, ...input })).rejects.toMatchObject(
      named(code),
    );
    expect(region.ec2.instances()).toHaveLength(1);
    expect(region.ec2.volumes()).toEqual([]);
  });

  it('takes the address that is asked for, and a public one where the template wants it', async () => {
    const NetworkInterfaces = [
      { DeviceIndex: 0, AssociatePublicIpAddress: true, SubnetId: SUBNET_ID, Groups: ['sg-7'] },
    ];
    const LaunchTemplateId = await template({ NetworkInterfaces });
    await expect(run({ LaunchTemplate: { LaunchTemplateId }, SubnetId: SUBNET_B })).rejects.toMatchObject({
      name: 'InvalidParameterCombination',
      message: 'Network interfaces and an instance-level subnet ID may not be specified on the same request',
    });
    const launched = await run({
      LaunchTemplate: { LaunchTemplateId },
      NetworkInterfaces: [{ ...NetworkInterfaces[0], PrivateIpAddress: '10.0.0.77' }],
    });
    expect(launched).toMatchObject({
      PrivateIpAddress: '10.0.0.77',
      PublicIpAddress: expect.stringMatching(/^198\.1[89]\./),
      SecurityGroups: [{ GroupId: 'sg-7' }],
    });
  });

  it('refuses IMDSv1 where the account enforces IMDSv2', async () => {
    const LaunchTemplateId = await template({ MetadataOptions: { HttpTokens: 'optional' } });
    expect((await run({ LaunchTemplate: { LaunchTemplateId } })).MetadataOptions?.HttpTokens).toBe('optional');
    region.ec2.enforceHttpTokens();
    await expect(run({ LaunchTemplate: { LaunchTemplateId } })).rejects.toMatchObject({
      message: expect.stringContaining('HttpTokens'),
    });
    const required = { MetadataOptions: { HttpTokens: 'required' as const } };
    expect((await run({ LaunchTemplate: { LaunchTemplateId }, ...required })).MetadataOptions?.HttpTokens).toBe(
      'required',
    );
  });

  it('has a machine behind it when somebody makes one; its client stays down where it is masked', async () => {
    const chain = chainOf(region.kernel);
    const seen: Launched[] = [];
    region.ec2.onRun((instance, launched) => {
      seen.push(launched);
      const privateIp = instance.networkInterface?.privateIp ?? '';
      const machine = nodeOf(region.kernel, chain, {
        instanceId: instance.instanceId,
        privateIp,
        powered: false,
        volumes: [dataVolume()],
      });
      return { machine, clientMasked: launched.userData.includes('mask') };
    });
    const LaunchTemplateId = await template();
    const plain = await run({ LaunchTemplate: { LaunchTemplateId } });
    // cloud-init unpacks what is packed.
    const masked = await run({
      LaunchTemplate: { LaunchTemplateId },
      UserData: gzipSync('#!/bin/sh\nsystemctl mask node@0.21.0').toString('base64'),
    });
    expect(seen).toMatchObject([
      {
        template: { launchTemplateId: LaunchTemplateId, version: 1 },
        userData: '#!/bin/sh\nsystemctl enable node@0.21.0',
      },
      { userData: '#!/bin/sh\nsystemctl mask node@0.21.0', volumes: [{ device: '/dev/xvda', sizeGiB: 8 }] },
    ]);
    await pass(2 * MINUTE_MS);
    const machines = [plain, masked].map(
      ({ InstanceId = '' }) => region.machines.get(InstanceId) as ReturnType<typeof nodeOf>,
    );
    expect(machines.map((machine) => [machine.isPowered, machine.client.state])).toEqual([
      [true, 'running'],
      [true, 'stopped'],
    ]);
    machines[1]?.unmaskClient();
    expect(machines[1]?.startClient()).toBe(true);
  });
});

describe('Capacity', () => {
  it('that an Availability Zone lacks refuses launches and starts there, and nowhere else', async () => {
    const LaunchTemplateId = await template();
    const stopped = region.ec2.addInstance({ privateIp: '10.0.0.11', state: 'stopped' });
    region.ec2.exhaust('eu-west-1a');
    const refusal = { name: 'InsufficientInstanceCapacity', $metadata: { httpStatusCode: 500 } };
    await expect(run({ LaunchTemplate: { LaunchTemplateId }, SubnetId: SUBNET_ID })).rejects.toMatchObject(refusal);
    await expect(start(stopped)).rejects.toMatchObject(refusal);
    expect((await only(stopped)).State?.Name).toBe('stopped');
    // A request without a zone gets one with capacity.
    expect((await run({ LaunchTemplate: { LaunchTemplateId } })).Placement?.AvailabilityZone).toBe('eu-west-1b');
    region.ec2.restock('eu-west-1a');
    await start(stopped);
    await pass(MINUTE_MS);
    expect((await only(stopped)).State?.Name).toBe('running');
  });

  it('is short in the first zone under the fault of that name', () => {
    const kernel = testKernel();
    const capacity = new Capacity(kernel);
    const ask = (letter: string) => () => capacity.ask(`${kernel.regionName}${letter}`, 'm6i.large');
    expect(ask('a')).not.toThrow();
    kernel.faults.add('no-capacity');
    expect(ask('a')).toThrow('choosing eu-west-1b, eu-west-1c');
    expect(ask('b')).not.toThrow();
  });

  it('that turns out to lack later: a launch ends terminated out of pending, a start stopped again, and both say why', async () => {
    const LaunchTemplateId = await template();
    const stopped = region.ec2.addInstance({ privateIp: '10.0.0.11', state: 'stopped' });
    region.ec2.exhaust('eu-west-1a', 'late');
    const launched = await run({ LaunchTemplate: { LaunchTemplateId }, SubnetId: SUBNET_ID });
    await start(stopped);
    await pass(MINUTE_MS);
    const StateReason = { Code: 'Server.InsufficientInstanceCapacity' };
    expect(await only(launched.InstanceId)).toMatchObject({ State: { Name: 'terminated' }, StateReason });
    expect(await only(stopped)).toMatchObject({ State: { Name: 'stopped' }, StateReason });
    expect(region.ec2.volumes()).toEqual([]);
  });
});

describe('A stop', () => {
  it('costs an instance the public address that is not elastic, and what is on its instance store', async () => {
    const instanceId = region.ec2.addInstance({
      privateIp: '10.0.0.11',
      publicIp: '198.51.100.7',
      instanceType: 'i4i.large',
    });
    await stop(instanceId);
    await pass(MINUTE_MS);
    expect((await only(instanceId)).PublicIpAddress).toBeUndefined();
    expect(region.ec2.instance(instanceId).instanceStoreLostAtMs).toBeGreaterThan(0);
    await start(instanceId);
    await pass(MINUTE_MS);
    const { PublicIpAddress, PrivateIpAddress } = await only(instanceId);
    expect(PublicIpAddress).toMatch(/^198\.1[89]\./);
    expect(PrivateIpAddress).toBe('10.0.0.11');
    const { InstanceTypes } = await ec2.send(
      new DescribeInstanceTypesCommand({ InstanceTypes: ['i4i.large', 'm6id.large', 'm6i.large'] }),
    );
    expect(InstanceTypes?.map(({ InstanceStorageSupported }) => InstanceStorageSupported)).toEqual([true, true, false]);
    expect(InstanceTypes?.map(({ EbsInfo }) => EbsInfo?.EbsOptimizedInfo?.BaselineIops)).toEqual([
      undefined,
      3_600,
      3_600,
    ]);
  });

  it('leaves an elastic address where it is', async () => {
    const instanceId = region.ec2.addInstance({ privateIp: '10.0.0.11' });
    region.ec2.addAddress({ publicIp: '203.0.113.5', instanceId });
    await stop(instanceId);
    await pass(MINUTE_MS);
    expect((await only(instanceId)).PublicIpAddress).toBe('203.0.113.5');
    expect(region.ec2.instance(instanceId).instanceStoreLostAtMs).toBeUndefined();
  });

  it('of an operating system that hangs, or needs longer, ends in a hard shutdown some minutes later', async () => {
    const chain = chainOf(region.kernel);
    const how: (string | undefined)[] = [];
    const machineOf = (instanceId: string, shutdownMs: number) => {
      const machine = nodeOf(region.kernel, chain, { instanceId });
      region.machines.add(
        Object.assign(machine, {
          shutdownMs: () => shutdownMs,
          powerOff: (kind?: string) => void how.push(kind),
        }),
      );
      return instanceId;
    };
    const quick = machineOf(region.ec2.addInstance({ privateIp: '10.0.0.11' }), 100_000);
    const slow = machineOf(region.ec2.addInstance({ privateIp: '10.0.0.12' }), 600_000);
    const hung = machineOf(region.ec2.addInstance({ privateIp: '10.0.0.13' }), 0);
    region.ec2.impair(hung, 'instance', 'stop-start');
    for (const id of [quick, slow, hung]) await stop(id);
    expect(how).toEqual(['clean', 'hard', 'hard']);
    const states = () => [quick, slow, hung].map((id) => region.ec2.instance(id).state);
    await pass(90_000);
    expect(states()).toEqual(['stopping', 'stopping', 'stopping']);
    await pass(30_000);
    expect(states()).toEqual(['stopped', 'stopping', 'stopping']);
    await pass(150_000);
    expect(states()).toEqual(['stopped', 'stopped', 'stopped']);
  });
});

describe('Status checks that fail', () => {
  it('of the host end with a stop and start, not with a reboot', async () => {
    const instanceId = region.ec2.addInstance({ privateIp: '10.0.0.11' });
    region.ec2.impair(instanceId, 'system', 'stop-start');
    expect(await checksOf(instanceId)).toEqual(['impaired', 'ok', 'ok']);
    await ec2.send(new RebootInstancesCommand({ InstanceIds: [instanceId] }));
    await pass(5 * MINUTE_MS);
    expect(await checksOf(instanceId)).toEqual(['impaired', 'ok', 'ok']);
    await stop(instanceId);
    await pass(5 * MINUTE_MS);
    await start(instanceId);
    await pass(5 * MINUTE_MS);
    expect(await checksOf(instanceId)).toEqual(['ok', 'ok', 'ok']);
  });

  it('of the software may end with a reboot', async () => {
    const instanceId = region.ec2.addInstance({ privateIp: '10.0.0.11' });
    region.ec2.impair(instanceId, 'instance', 'reboot');
    await ec2.send(new RebootInstancesCommand({ InstanceIds: [instanceId] }));
    expect(await checksOf(instanceId)).toEqual(['initializing', 'initializing', 'initializing']);
    await pass(3 * MINUTE_MS);
    expect(await checksOf(instanceId)).toEqual(['ok', 'ok', 'ok']);
  });

  it('of attached EBS volumes, or of an instance that is lost, stay through a stop and start until they end by themselves', async () => {
    const instanceId = region.ec2.addInstance({ privateIp: '10.0.0.11' });
    region.ec2.impair(instanceId, 'attachedEbs', 'nothing');
    await stop(instanceId);
    await pass(5 * MINUTE_MS);
    expect(await checksOf(instanceId)).toEqual(['not-applicable', 'not-applicable', 'not-applicable']);
    await start(instanceId);
    await pass(5 * MINUTE_MS);
    expect(await checksOf(instanceId)).toEqual(['ok', 'ok', 'impaired']);
    region.ec2.recover(instanceId, 'attachedEbs');
    expect(await checksOf(instanceId)).toEqual(['ok', 'ok', 'ok']);
  });
});

describe('Elastic addresses', () => {
  it('move from one instance to another, and their old instance gets an address from the pool where it had one', async () => {
    const first = region.ec2.addInstance({ privateIp: '10.0.0.11', publicIp: '198.51.100.7' });
    const second = region.ec2.addInstance({ privateIp: '10.0.0.12' });
    const { AllocationId, PublicIp } = await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }));
    const associate = (InstanceId: string, AllowReassociation = true) =>
      ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId, AllowReassociation }));
    const { AssociationId } = await associate(first);
    expect((await associate(first)).AssociationId).toBe(AssociationId);
    expect((await only(first)).PublicIpAddress).toBe(PublicIp);
    await expect(associate(second, false)).rejects.toMatchObject(named('Resource.AlreadyAssociated'));
    await associate(second);
    expect((await only(second)).PublicIpAddress).toBe(PublicIp);
    expect((await only(first)).PublicIpAddress).toMatch(/^198\.1[89]\./);
    const { Addresses } = await ec2.send(
      new DescribeAddressesCommand({ Filters: [{ Name: 'instance-id', Values: [second] }] }),
    );
    expect(Addresses).toMatchObject([{ AllocationId, PublicIp, InstanceId: second, PrivateIpAddress: '10.0.0.12' }]);
  });

  it('are let go of once and again without an error, and by an instance that is terminated', async () => {
    const instanceId = region.ec2.addInstance({ privateIp: '10.0.0.11' });
    const AllocationId = region.ec2.addAddress({ tags: { Name: 'gateway' } });
    const associate = () => ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId: instanceId }));
    const { AssociationId } = await associate();
    await ec2.send(new DisassociateAddressCommand({ AssociationId }));
    await ec2.send(new DisassociateAddressCommand({ AssociationId }));
    expect((await only(instanceId)).PublicIpAddress).toBeUndefined();
    const unknown = new DisassociateAddressCommand({ AssociationId: 'eipassoc-0123456789abcdef0' });
    await expect(ec2.send(unknown)).rejects.toMatchObject(named('InvalidAssociationID.NotFound'));
    await associate();
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    await pass(MINUTE_MS);
    expect(region.ec2.addresses()).toMatchObject([{ allocationId: AllocationId, association: undefined }]);
  });

  it('that do not exist are named', async () => {
    const instanceId = region.ec2.addInstance({ privateIp: '10.0.0.11' });
    const nothing = new AssociateAddressCommand({ AllocationId: 'eipalloc-0', InstanceId: instanceId });
    await expect(ec2.send(nothing)).rejects.toMatchObject(named('InvalidAllocationID.NotFound'));
  });
});

describe('Attributes and places', () => {
  it('of an instance: user data is read, and changed while it is stopped; volumes are kept from going with it', async () => {
    const instanceId = region.ec2.addInstance({ privateIp: '10.0.0.11', userData: '#!/bin/sh\nmkfs.xfs /dev/sdf' });
    const userData = async () => {
      const asked = new DescribeInstanceAttributeCommand({ InstanceId: instanceId, Attribute: 'userData' });
      return Buffer.from((await ec2.send(asked)).UserData?.Value ?? '', 'base64').toString();
    };
    expect(await userData()).toBe('#!/bin/sh\nmkfs.xfs /dev/sdf');
    const UserData = { Value: new TextEncoder().encode('#!/bin/sh') };
    await expect(modify(instanceId, { UserData })).rejects.toMatchObject(named('IncorrectInstanceState'));
    const device = { DeviceName: '/dev/xvda', Ebs: { DeleteOnTermination: false } };
    await expect(modify(instanceId, { BlockDeviceMappings: [device] })).rejects.toMatchObject(
      named('InvalidInstanceAttributeValue'),
    );
    region.ec2.addVolume({ sizeGiB: 16, attachedTo: { instanceId, device: '/dev/xvda', deleteOnTermination: true } });
    await modify(instanceId, { BlockDeviceMappings: [device] });
    expect((await only(instanceId)).BlockDeviceMappings).toMatchObject([{ Ebs: { DeleteOnTermination: false } }]);
    await stop(instanceId);
    await pass(MINUTE_MS);
    await modify(instanceId, { UserData });
    expect(await userData()).toBe('#!/bin/sh');
    await expect(modify(instanceId, { UserData, InstanceType: { Value: 'm6i.xlarge' } })).rejects.toMatchObject(
      named('InvalidParameterCombination'),
    );
  });

  it('of a subnet: its zone, its block and the addresses that are left', async () => {
    region.ec2.addInstance({ privateIp: '10.0.64.11', availabilityZone: 'eu-west-1b', state: 'stopped' });
    const { Subnets } = await ec2.send(new DescribeSubnetsCommand({ Filters: [{ Name: 'vpc-id', Values: [VPC_ID] }] }));
    expect(Subnets).toMatchObject([
      {
        SubnetId: SUBNET_ID,
        AvailabilityZone: 'eu-west-1a',
        CidrBlock: '10.0.0.0/18',
        AvailableIpAddressCount: 16_379,
      },
      {
        SubnetId: SUBNET_B,
        AvailabilityZone: 'eu-west-1b',
        CidrBlock: '10.0.64.0/18',
        AvailableIpAddressCount: 16_378,
      },
      { AvailabilityZone: 'eu-west-1c' },
    ]);
    const unknown = new DescribeSubnetsCommand({ SubnetIds: ['subnet-1'] });
    await expect(ec2.send(unknown)).rejects.toMatchObject(named('InvalidSubnetID.NotFound'));
  });
});

describe('What an instance has', () => {
  it('is an image with a name, and a group that admits its own members', async () => {
    region.ec2.addInstance({ privateIp: '10.0.64.11' });
    const image = [{ Name: 'image-id', Values: ['ami-0123456789abcdef0'] }];
    const { Images } = await ec2.send(new DescribeImagesCommand({ Filters: image }));
    expect(Images).toMatchObject([{ ImageId: 'ami-0123456789abcdef0', Name: 'image-9abcdef0', State: 'available' }]);
    const group = [{ Name: 'group-id', Values: [SECURITY_GROUP_ID] }];
    const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters: group }));
    expect(SecurityGroups).toMatchObject([{ GroupName: 'default', IpPermissions: [{ IpProtocol: '-1' }] }]);
    const unknown = [
      [new DescribeImagesCommand({ ImageIds: ['ami-00000001'] }), 'InvalidAMIID.NotFound'],
      [new DescribeSecurityGroupsCommand({ GroupIds: ['sg-00000001'] }), 'InvalidGroup.NotFound'],
    ] as const;
    for (const [command, code] of unknown)
      await expect(ec2.send(command as DescribeImagesCommand)).rejects.toMatchObject(named(code));
  });
});

describe('A role that launches', () => {
  const fromOurTemplate = { ArnLike: { 'ec2:LaunchTemplate': `${ARN}:launch-template/*` } };
  const allow = (Action: string, Resource: string | string[], Condition?: Statement['Condition']): Statement => ({
    Effect: 'Allow',
    Action,
    Resource,
    ...(Condition && { Condition }),
  });
  const resources = [
    'instance/*',
    'volume/*',
    'network-interface/*',
    `subnet/${SUBNET_ID}`,
    `security-group/${SECURITY_GROUP_ID}`,
    'launch-template/*',
  ];
  const launches = allow(
    'ec2:RunInstances',
    [...resources.map((name) => `${ARN}:${name}`), `arn:aws:ec2:eu-west-1::image/${IMAGE}`],
    fromOurTemplate,
  );
  const tags = allow('ec2:CreateTags', [`${ARN}:instance/*`, `${ARN}:volume/*`], {
    StringEquals: { 'ec2:CreateAction': 'RunInstances' },
  });
  const passes = allow('iam:PassRole', 'arn:aws:iam::111122223333:role/node', {
    StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' },
  });
  const IamInstanceProfile = { Name: 'node' };

  const as = async (...statements: Statement[]) => new EC2Client(await whole.as(statements));
  const refused = (action: string, resource: string) => ({
    name: 'UnauthorizedOperation',
    message: expect.stringMatching(new RegExp(`not authorized to perform: ${action} on resource: \\S*${resource}`)),
  });

  it('from a template needs each of its resources, the tags at creation, and the right to pass the role', async () => {
    const LaunchTemplateId = await template({ IamInstanceProfile });
    const asked = { LaunchTemplate: { LaunchTemplateId }, SubnetId: SUBNET_ID };
    expect(await run(asked, await as(launches, tags, passes))).toMatchObject({
      IamInstanceProfile: { Arn: 'arn:aws:iam::111122223333:instance-profile/node' },
    });
    await expect(run(asked, await as(launches, passes))).rejects.toMatchObject(
      refused('ec2:CreateTags', 'instance/\\*'),
    );
    await expect(run(asked, await as(launches, tags))).rejects.toMatchObject(refused('iam:PassRole', 'role/node'));
    await expect(run({ ...asked, SubnetId: SUBNET_B }, await as(launches, tags, passes))).rejects.toMatchObject(
      refused('ec2:RunInstances', `subnet/${SUBNET_B}`),
    );
    await expect(run({ ImageId: IMAGE, SubnetId: SUBNET_ID }, await as(launches, tags, passes))).rejects.toMatchObject(
      refused('ec2:RunInstances', `image/${IMAGE}`),
    );
  });

  it('may be held to what the template says of the image, and to IMDSv2', async () => {
    const LaunchTemplateId = await template({ TagSpecifications: [] });
    const strict = allow('ec2:RunInstances', '*', { Bool: { 'ec2:IsLaunchTemplateResource': 'true' } });
    const free = allow('ec2:RunInstances', [
      `${ARN}:subnet/*`,
      `${ARN}:network-interface/*`,
      `${ARN}:launch-template/*`,
    ]);
    const role = await as(strict, free);
    const asked = { LaunchTemplate: { LaunchTemplateId }, SubnetId: SUBNET_ID };
    await run(asked, role);
    await expect(run({ ...asked, ImageId: 'ami-0123456789abcdef0' }, role)).rejects.toMatchObject(
      refused('ec2:RunInstances', 'image/ami-0123456789abcdef0'),
    );
    const old: Statement = {
      Effect: 'Deny',
      Action: 'ec2:RunInstances',
      Resource: `${ARN}:instance/*`,
      Condition: { StringNotEquals: { 'ec2:MetadataHttpTokens': 'required' } },
    };
    const modern = await as(allow('ec2:RunInstances', '*'), old);
    await run(asked, modern);
    await expect(run({ ...asked, MetadataOptions: { HttpTokens: 'optional' } }, modern)).rejects.toMatchObject(
      refused('ec2:RunInstances', 'instance/\\*'),
    );
  });

  it('moves only the addresses and instances that carry its tag', async () => {
    const tagged = { StringEquals: { 'aws:ResourceTag/Fleet': 'bitcoin' } };
    const ours = region.ec2.addInstance({ privateIp: '10.0.0.11', tags: { Fleet: 'bitcoin' } });
    const other = region.ec2.addInstance({ privateIp: '10.0.0.12' });
    const AllocationId = region.ec2.addAddress({ tags: { Fleet: 'bitcoin' } });
    const role = await as(
      allow('ec2:AssociateAddress', [`${ARN}:elastic-ip/*`, `${ARN}:instance/*`], tagged),
      allow('ec2:DisassociateAddress', `${ARN}:elastic-ip/*`, tagged),
      allow('ec2:ModifyInstanceAttribute', [`${ARN}:instance/*`, `${ARN}:volume/*`], tagged),
    );
    const { AssociationId } = await role.send(new AssociateAddressCommand({ AllocationId, InstanceId: ours }));
    await expect(role.send(new AssociateAddressCommand({ AllocationId, InstanceId: other }))).rejects.toMatchObject(
      refused('ec2:AssociateAddress', `instance/${other}`),
    );
    await role.send(new DisassociateAddressCommand({ AssociationId }));
    const foreign = region.ec2.addVolume({ sizeGiB: 16, attachedTo: { instanceId: ours, device: '/dev/sdf' } });
    const keep = { DeviceName: '/dev/sdf', Ebs: { VolumeId: foreign, DeleteOnTermination: false } };
    await expect(
      role.send(new ModifyInstanceAttributeCommand({ InstanceId: ours, BlockDeviceMappings: [keep] })),
    ).rejects.toMatchObject(refused('ec2:ModifyInstanceAttribute', `volume/${foreign}`));
  });
});
