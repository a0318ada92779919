// The service declaration of Amazon EC2 Auto Scaling.
import { join } from 'node:path';
import {
  items,
  type Maker,
  type Properties,
  pick,
  type ResourceTypes,
  text,
} from '../../simulator/cloudformation/resource.ts';
import { AwsError } from '../../simulator/service.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import type { Ec2 } from '../ec2/service.ts';
import type { LoadBalancing } from '../elb/load-balancing.ts';
import { type AutoScaling, createAutoScaling } from './autoscaling.ts';
import { conditionKeys, permissions } from './permissions.ts';

const GROUP = ['HealthCheckType', 'LaunchTemplate', 'NewInstancesProtectedFromScaleIn', 'Tags', 'TargetGroupARNs'];
/** CloudFormation accepts numbers as text. */
const GROUP_NUMBERS = ['DesiredCapacity', 'HealthCheckGracePeriod', 'MaxSize', 'MinSize'];

async function createGroup(properties: Properties, maker: Maker) {
  const name = text(properties['AutoScalingGroupName'] ?? maker.generatedName(255));
  const numbers = Object.entries(pick(properties, GROUP_NUMBERS)).map(([key, value]) => [key, Number(value)]);
  await maker.call('autoscaling', 'CreateAutoScalingGroup', {
    ...pick(properties, GROUP),
    ...Object.fromEntries(numbers),
    AutoScalingGroupName: name,
    VPCZoneIdentifier: items(properties['VPCZoneIdentifier']).map(String).join(','),
  });
  return { ref: name, attributes: {} };
}

const resources: ResourceTypes = {
  'AWS::AutoScaling::AutoScalingGroup': {
    uses: ['AutoScalingGroupName', 'VPCZoneIdentifier', ...GROUP, ...GROUP_NUMBERS],
    create: createGroup,
  },
};

export const AUTOSCALING: ServiceDescriptor<AutoScaling, [ec2: Ec2, loadBalancing: LoadBalancing]> = {
  name: 'autoscaling',
  client: { packageName: '@aws-sdk/client-auto-scaling', load: () => import('@aws-sdk/client-auto-scaling') },
  limits: join(import.meta.dirname, 'limits.txt'),
  lacks: {
    DescribeAutoScalingGroups: ['IncludeManagedResources'],
    DescribeAutoScalingInstances: ['IncludeManagedResources'],
    DescribeScalingActivities: ['IncludeDeletedGroups', 'IncludeManagedResources'],
  },
  throttled: () => new AwsError('Throttling', 'Rate exceeded'),
  iam: { prefix: 'autoscaling', conditionKeys, denied: { code: 'AccessDenied', statusCode: 403 } },
  permissions,
  tagsOf: (service, arn) => service.tags(arn),
  resources,
  create: createAutoScaling,
};
