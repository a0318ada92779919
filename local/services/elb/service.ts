// The service declaration of Elastic Load Balancing, version 2: target groups, and the load balancers that use them.
import { join } from 'node:path';
import {
  items,
  type Maker,
  member,
  type Properties,
  pick,
  type ResourceTypes,
  text,
} from '../../simulator/cloudformation/resource.ts';
import type { Network } from '../../simulator/network/network.ts';
import { AwsError } from '../../simulator/service.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import type { Ec2 } from '../ec2/service.ts';
import {
  eachOnAnything,
  type Mapping,
  type Mappings,
  OF_NEW,
  OF_TAGGED,
  requestTagKeys,
  resourceTagKeys,
  sameKeys,
} from '../iam/check.ts';
import { createLoadBalancing, type LoadBalancing } from './load-balancing.ts';

const TARGET_GROUP = [
  'HealthCheckPath',
  'HealthCheckPort',
  'HealthCheckProtocol',
  'Matcher',
  'Protocol',
  'Tags',
  'TargetType',
  'VpcId',
];
const TARGET_GROUP_NUMBERS = [
  'HealthCheckIntervalSeconds',
  'HealthCheckTimeoutSeconds',
  'HealthyThresholdCount',
  'Port',
  'UnhealthyThresholdCount',
];

async function createTargetGroup(properties: Properties, maker: Maker) {
  const Name = text(properties['Name'] ?? maker.generatedName(32));
  const numbers = Object.entries(pick(properties, TARGET_GROUP_NUMBERS)).map(([key, value]) => [key, Number(value)]);
  const { TargetGroups } = await maker.call('elasticloadbalancing', 'CreateTargetGroup', {
    ...pick(properties, TARGET_GROUP),
    ...Object.fromEntries(numbers),
    Name,
  });
  const [made = {}] = items(TargetGroups) as Properties[];
  const ref = member(made, 'TargetGroupArn');
  const TargetGroupFullName = ref.slice(ref.indexOf('targetgroup/'));
  return { ref, attributes: { TargetGroupArn: ref, TargetGroupName: Name, TargetGroupFullName } };
}

const BALANCER = ['LoadBalancerAttributes', 'Scheme', 'SecurityGroups', 'Subnets', 'Tags', 'Type'];

async function createLoadBalancer(properties: Properties, maker: Maker) {
  const Name = text(properties['Name'] ?? maker.generatedName(32));
  const wish = pick(
    properties,
    BALANCER.filter((member) => member !== 'LoadBalancerAttributes'),
  );
  const { LoadBalancers } = await maker.call('elasticloadbalancing', 'CreateLoadBalancer', { ...wish, Name });
  const [made = {}] = items(LoadBalancers) as Properties[];
  const ref = member(made, 'LoadBalancerArn');
  return { ref, attributes: { LoadBalancerArn: ref, LoadBalancerName: Name, DNSName: member(made, 'DNSName') } };
}

async function createListener(properties: Properties, maker: Maker) {
  const { Listeners } = await maker.call('elasticloadbalancing', 'CreateListener', {
    ...pick(properties, ['DefaultActions', 'LoadBalancerArn', 'Protocol']),
    Port: Number(properties['Port']),
  });
  const [made = {}] = items(Listeners) as Properties[];
  const ref = member(made, 'ListenerArn');
  return { ref, attributes: { ListenerArn: ref } };
}

const resources: ResourceTypes = {
  'AWS::ElasticLoadBalancingV2::LoadBalancer': { uses: ['Name', ...BALANCER], create: createLoadBalancer },
  'AWS::ElasticLoadBalancingV2::Listener': {
    uses: ['DefaultActions', 'LoadBalancerArn', 'Port', 'Protocol'],
    create: createListener,
  },
  'AWS::ElasticLoadBalancingV2::TargetGroup': {
    uses: ['Name', ...TARGET_GROUP, ...TARGET_GROUP_NUMBERS],
    create: createTargetGroup,
  },
};

/** "Actions, resources, and condition keys for AWS Elastic Load Balancing V2" (Service Authorization Reference). */
const onTargetGroup =
  (action: string): Mapping =>
  (input: { TargetGroupArn?: string }, region) => {
    const arn = input.TargetGroupArn ?? '';
    const keys = resourceTagKeys(region, arn, 'aws:ResourceTag', 'elasticloadbalancing:ResourceTag');
    return [{ action, resources: [{ arn, keys }] }];
  };

const DESCRIBES = ['DescribeTags', 'DescribeTargetGroups', 'DescribeTargetGroupAttributes', 'DescribeTargetHealth'];

const permissions: Mappings = {
  ...eachOnAnything('elasticloadbalancing', DESCRIBES),
  CreateTargetGroup: (
    input: { Name?: string; Tags?: { Key?: string; Value?: string }[] },
    { regionName, accountId },
  ) => [
    {
      action: 'elasticloadbalancing:CreateTargetGroup',
      resources: [{ arn: `arn:aws:elasticloadbalancing:${regionName}:${accountId}:targetgroup/${input.Name}/*` }],
      keys: requestTagKeys(input.Tags),
    },
  ],
  CreateLoadBalancer: (
    input: { Name?: string; Type?: string; Tags?: { Key?: string; Value?: string }[] },
    { regionName, accountId },
  ) => [
    {
      action: 'elasticloadbalancing:CreateLoadBalancer',
      resources: [
        {
          arn: `arn:aws:elasticloadbalancing:${regionName}:${accountId}:loadbalancer/${input.Type === 'network' ? 'net' : 'app'}/${input.Name}/*`,
        },
      ],
      keys: requestTagKeys(input.Tags),
    },
  ],
  CreateListener: (input: { LoadBalancerArn?: string }) => [
    { action: 'elasticloadbalancing:CreateListener', resources: [{ arn: input.LoadBalancerArn ?? '' }] },
  ],
  RegisterTargets: onTargetGroup('elasticloadbalancing:RegisterTargets'),
  DeregisterTargets: onTargetGroup('elasticloadbalancing:DeregisterTargets'),
};

const OF_GROUP = [...OF_TAGGED, 'elasticloadbalancing:ResourceTag/*'];

const conditionKeys = {
  ...sameKeys('elasticloadbalancing', DESCRIBES, []),
  'elasticloadbalancing:CreateTargetGroup': OF_NEW,
  ...sameKeys('elasticloadbalancing', ['CreateListener', 'CreateLoadBalancer'], OF_NEW),
  ...sameKeys('elasticloadbalancing', ['DeregisterTargets', 'RegisterTargets'], OF_GROUP),
};

export const LOAD_BALANCING: ServiceDescriptor<LoadBalancing, [ec2: Ec2, network: Network]> = {
  name: 'elasticloadbalancing',
  client: {
    packageName: '@aws-sdk/client-elastic-load-balancing-v2',
    load: () => import('@aws-sdk/client-elastic-load-balancing-v2'),
  },
  limits: join(import.meta.dirname, 'limits.txt'),
  lacks: {
    CreateListener: ['AlpnPolicy', 'Certificates', 'MutualAuthentication', 'SslPolicy'],
    CreateLoadBalancer: ['CustomerOwnedIpv4Pool', 'EnablePrefixForIpv6SourceNat', 'IpamPools', 'SubnetMappings'],
    CreateTargetGroup: ['ProtocolVersion', 'TargetControlPort'],
    DescribeTargetHealth: ['Include'],
  },
  throttled: () => new AwsError('Throttling', 'Rate exceeded'),
  iam: { prefix: 'elasticloadbalancing', conditionKeys, denied: { code: 'AccessDenied', statusCode: 403 } },
  permissions,
  tagsOf: (service, arn) => service.tags(arn),
  resources,
  create: createLoadBalancing,
};
