// The service declaration of Elastic Load Balancing, version 2: target groups.
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

const resources: ResourceTypes = {
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
  RegisterTargets: onTargetGroup('elasticloadbalancing:RegisterTargets'),
  DeregisterTargets: onTargetGroup('elasticloadbalancing:DeregisterTargets'),
};

const OF_GROUP = [...OF_TAGGED, 'elasticloadbalancing:ResourceTag/*'];

const conditionKeys = {
  ...sameKeys('elasticloadbalancing', DESCRIBES, []),
  'elasticloadbalancing:CreateTargetGroup': OF_NEW,
  ...sameKeys('elasticloadbalancing', ['DeregisterTargets', 'RegisterTargets'], OF_GROUP),
};

export const LOAD_BALANCING: ServiceDescriptor<LoadBalancing, [ec2: Ec2, network: Network]> = {
  name: 'elasticloadbalancing',
  client: {
    packageName: '@aws-sdk/client-elastic-load-balancing-v2',
    load: () => import('@aws-sdk/client-elastic-load-balancing-v2'),
  },
  limits: join(import.meta.dirname, 'limits.txt'),
  throttled: () => new AwsError('Throttling', 'Rate exceeded'),
  iam: { prefix: 'elasticloadbalancing', conditionKeys, denied: { code: 'AccessDenied', statusCode: 403 } },
  permissions,
  tagsOf: (service, arn) => service.tags(arn),
  resources,
  create: createLoadBalancing,
};
