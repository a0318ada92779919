// Zones, secrets, lifecycle policies, and the network around functions, of a template.
import { items, type Maker, member, type Properties, pick, type ResourceType, text } from './resource.ts';

async function createHostedZone(properties: Properties, maker: Maker) {
  const [VPC, ...more] = items(properties['VPCs']);
  if (more.length > 0) throw new Error('VPCs: expected one; the local region associates a zone with one VPC');
  const answer = await maker.call('route53', 'CreateHostedZone', {
    Name: text(properties['Name']),
    CallerReference: maker.uuid(),
    ...(VPC !== undefined && { VPC }),
    ...pick(properties, ['HostedZoneConfig']),
  });
  const ref = member(answer['HostedZone'] as Properties, 'Id').replace('/hostedzone/', '');
  const AddTags = items(properties['HostedZoneTags']);
  if (AddTags.length > 0) {
    await maker.call('route53', 'ChangeTagsForResource', { ResourceType: 'hostedzone', ResourceId: ref, AddTags });
  }
  return { ref, attributes: { Id: ref } };
}

const POLICY = ['Description', 'ExecutionRoleArn', 'PolicyDetails', 'State'];

async function createLifecyclePolicy(properties: Properties, maker: Maker) {
  const tags = (items(properties['Tags']) as Properties[]).map(({ Key, Value }) => [text(Key), text(Value)]);
  const answer = await maker.call('dlm', 'CreateLifecyclePolicy', {
    ...pick(properties, POLICY),
    ...(tags.length > 0 && { Tags: Object.fromEntries(tags) }),
  });
  const ref = member(answer, 'PolicyId');
  return { ref, attributes: { Arn: maker.arn('dlm', `policy/${ref}`) } };
}

const SECRET = ['Description', 'KmsKeyId', 'SecretString', 'Tags'];

async function createSecret(properties: Properties, maker: Maker) {
  const Name = text(properties['Name'] ?? maker.generatedName(255));
  const ref = member(await maker.call('secretsmanager', 'CreateSecret', { ...pick(properties, SECRET), Name }), 'ARN');
  return { ref, attributes: { Id: ref } };
}

/** An id as EC2 makes them: 17 hexadecimal digits. */
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

/** Rules are recorded only: no packet of the region meets one. */
const securityGroupRule: ResourceType = {
  uses: [],
  leaves: RULE,
  create: (_, maker) => {
    const Id = ec2Id('sgr', maker);
    return { ref: Id, attributes: { Id } };
  },
};

export const nameTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::Route53::HostedZone': {
    uses: ['HostedZoneConfig', 'HostedZoneTags', 'Name', 'VPCs'],
    create: createHostedZone,
  },
  'AWS::DLM::LifecyclePolicy': { uses: [...POLICY, 'Tags'], create: createLifecyclePolicy },
  'AWS::SecretsManager::Secret': { uses: ['Name', ...SECRET], create: createSecret },
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
      // "Each entry is a combination of the hosted zone ID and the DNS name" (AWS::EC2::VPCEndpoint, DnsEntries); the regional one first.
      const DnsEntries = [`ZLOCAL:${Id}.${serviceName.split('.').reverse().join('.')}`];
      return { ref: Id, attributes: { Id, DnsEntries } };
    },
  },
};
