// CloudFormation resources of EC2: launch templates, and the network of the functions.
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

export const resources: ResourceTypes = {
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
