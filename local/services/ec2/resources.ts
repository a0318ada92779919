// CloudFormation resources of EC2: launch templates, instances with their volumes, and the network of functions and nodes.
import {
  type Maker,
  member,
  type Properties,
  pick,
  type ResourceType,
  type ResourceTypes,
  text,
} from '../../simulator/cloudformation/resource.ts';

async function createTemplate(properties: Properties, maker: Maker) {
  const LaunchTemplateName = text(properties['LaunchTemplateName'] ?? maker.generatedName(128));
  const { LaunchTemplate } = await maker.call('ec2', 'CreateLaunchTemplate', {
    ...pick(properties, ['LaunchTemplateData', 'VersionDescription', 'TagSpecifications']),
    LaunchTemplateName,
  });
  const ref = member(LaunchTemplate as Properties, 'LaunchTemplateId');
  return { ref, attributes: { LaunchTemplateId: ref, DefaultVersionNumber: '1', LatestVersionNumber: '1' } };
}

/** An id in EC2's form: 17 hexadecimal digits. */
const ec2Id = (kind: string, maker: Maker): string => `${kind}-0${maker.uuid().replaceAll('-', '').slice(0, 16)}`;

const RULE = [
  'CidrIp',
  'CidrIpv6',
  'Description',
  'DestinationSecurityGroupId',
  'FromPort',
  'GroupId',
  'IpProtocol',
  'SourceSecurityGroupId',
  'ToPort',
];

/** Rules are only recorded: the region has no packets. */
const securityGroupRule: ResourceType = {
  uses: [],
  leaves: RULE,
  create: (_, maker) => {
    const Id = ec2Id('sgr', maker);
    return { ref: Id, attributes: { Id } };
  },
};

/** CloudFormation asks every few seconds, and gives up after a while. */
const LOOK_MS = 5_000;
const LOOKS_MAX = 120;

async function untilReady(maker: Maker, what: string, isReady: () => Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    try {
      if (await isReady()) return;
    } catch (error) {
      // EC2 is eventually consistent: what was just made may not be told yet.
      if (!(error instanceof Error && /\.NotFound$/.test(error.name))) throw error;
    }
    await maker.wait(LOOK_MS);
  }
  throw new Error(`${what} did not become ready`);
}

/** The first of a description's items. */
const first = (answer: Properties, ...names: readonly string[]): Properties =>
  names.reduce<Properties>((at, name) => (at[name] as readonly Properties[] | undefined)?.[0] ?? {}, answer);

const tagsOf = (properties: Properties, ResourceType: string): object =>
  properties['Tags'] === undefined ? {} : { TagSpecifications: [{ ResourceType, Tags: properties['Tags'] }] };

/** "CREATE_COMPLETE" of an instance is when it runs. */
async function createInstance(properties: Properties, maker: Maker) {
  const zone = text(properties['AvailabilityZone']);
  const answer = await maker.call('ec2', 'RunInstances', {
    ...pick(properties, ['DisableApiTermination', 'InstanceType', 'LaunchTemplate', 'SubnetId']),
    ...(zone !== '' && { Placement: { AvailabilityZone: zone } }),
    ...tagsOf(properties, 'instance'),
    ...{ MinCount: 1, MaxCount: 1, ClientToken: maker.uuid() },
  });
  const InstanceId = member(first(answer, 'Instances'), 'InstanceId');
  let instance: Properties = {};
  await untilReady(maker, InstanceId, async () => {
    const described = await maker.call('ec2', 'DescribeInstances', { InstanceIds: [InstanceId] });
    instance = first(described, 'Reservations', 'Instances');
    return (instance['State'] as Properties | undefined)?.['Name'] === 'running';
  });
  return {
    ref: InstanceId,
    attributes: { InstanceId, AvailabilityZone: zone, PrivateIp: text(instance['PrivateIpAddress']) },
  };
}

async function createVolume(properties: Properties, maker: Maker) {
  const members = ['AvailabilityZone', 'Encrypted', 'Iops', 'KmsKeyId', 'SnapshotId', 'Throughput', 'VolumeType'];
  const answer = await maker.call('ec2', 'CreateVolume', {
    ...pick(properties, members),
    // A part of a parameter is text, which CloudFormation takes for a number as well.
    ...(properties['Size'] !== undefined && { Size: Number(properties['Size']) }),
    ...tagsOf(properties, 'volume'),
    ClientToken: maker.uuid(),
  });
  const VolumeId = member(answer, 'VolumeId');
  await untilReady(maker, VolumeId, async () => {
    const described = await maker.call('ec2', 'DescribeVolumes', { VolumeIds: [VolumeId] });
    return first(described, 'Volumes')['State'] === 'available';
  });
  return { ref: VolumeId, attributes: { VolumeId } };
}

async function attachVolume(properties: Properties, maker: Maker) {
  const wish = pick(properties, ['Device', 'InstanceId', 'VolumeId']);
  await maker.call('ec2', 'AttachVolume', wish);
  await untilReady(maker, text(wish['VolumeId']), async () => {
    const described = await maker.call('ec2', 'DescribeVolumes', { VolumeIds: [wish['VolumeId']] });
    return first(described, 'Volumes', 'Attachments')['State'] === 'attached';
  });
  return { ref: `${text(wish['VolumeId'])}|${text(wish['InstanceId'])}`, attributes: {} };
}

export const resources: ResourceTypes = {
  'AWS::EC2::Instance': {
    uses: ['AvailabilityZone', 'DisableApiTermination', 'InstanceType', 'LaunchTemplate', 'SubnetId', 'Tags'],
    create: createInstance,
  },
  'AWS::EC2::Volume': {
    uses: [
      'AvailabilityZone',
      'Encrypted',
      'Iops',
      'KmsKeyId',
      'Size',
      'SnapshotId',
      'Tags',
      'Throughput',
      'VolumeType',
    ],
    create: createVolume,
  },
  'AWS::EC2::VolumeAttachment': { uses: ['Device', 'InstanceId', 'VolumeId'], create: attachVolume },
  'AWS::EC2::LaunchTemplate': {
    uses: ['LaunchTemplateData', 'LaunchTemplateName', 'TagSpecifications', 'VersionDescription'],
    create: createTemplate,
  },
  'AWS::EC2::SecurityGroup': {
    uses: ['VpcId'],
    leaves: ['GroupDescription', 'GroupName', 'SecurityGroupEgress', 'SecurityGroupIngress', 'Tags'],
    create: (properties, maker) => {
      const GroupId = ec2Id('sg', maker);
      return { ref: GroupId, attributes: { GroupId, Id: GroupId, VpcId: text(properties['VpcId']) } };
    },
  },
  'AWS::EC2::SecurityGroupEgress': securityGroupRule,
  'AWS::EC2::SecurityGroupIngress': securityGroupRule,
  'AWS::EC2::VPCEndpoint': {
    uses: ['ServiceName', 'VpcEndpointType', 'VpcId'],
    leaves: ['PolicyDocument', 'PrivateDnsEnabled', 'RouteTableIds', 'SecurityGroupIds', 'SubnetIds', 'Tags'],
    create: (properties, maker) => {
      const [vpcId, serviceName] = [text(properties['VpcId']), text(properties['ServiceName'])];
      if (vpcId === '' || serviceName === '') throw new Error('expected VpcId and ServiceName');
      maker.vpcEndpoints.add({ vpcId, serviceName });
      const Id = ec2Id('vpce', maker);
      // "Each entry is a combination of the hosted zone ID and the DNS name" (AWS::EC2::VPCEndpoint, DnsEntries); the regional entry comes first.
      const DnsEntries = [`ZLOCAL:${Id}.${serviceName.split('.').reverse().join('.')}`];
      return { ref: Id, attributes: { Id, DnsEntries } };
    },
  },
};
