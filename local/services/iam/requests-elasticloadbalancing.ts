// "Actions, resources, and condition keys for AWS Elastic Load Balancing V2" (Service Authorization Reference), as far as the region has it.
import { type Mapping, type Mappings, onAnything, requestTagKeys, resourceTagKeys } from './check.ts';

const onTargetGroup =
  (action: string): Mapping =>
  (input: { TargetGroupArn?: string }, region) => {
    const arn = input.TargetGroupArn ?? '';
    const keys = resourceTagKeys(region, arn, 'aws:ResourceTag', 'elasticloadbalancing:ResourceTag');
    return [{ action, resources: [{ arn, keys }] }];
  };

const DESCRIBES = ['DescribeTags', 'DescribeTargetGroups', 'DescribeTargetGroupAttributes', 'DescribeTargetHealth'];

export const loadBalancingRequests: Mappings = {
  ...Object.fromEntries(DESCRIBES.map((operation) => [operation, onAnything(`elasticloadbalancing:${operation}`)])),
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
