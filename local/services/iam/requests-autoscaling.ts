// "Actions, resources, and condition keys for Amazon EC2 Auto Scaling" (Service Authorization Reference), as far as the region has it.
import {
  ANY,
  type Check,
  type Mapping,
  type Mappings,
  onAnything,
  type Region,
  requestTagKeys,
  resourceTagKeys,
} from './check.ts';

/** A group that is not there cannot be owned or tagged: what would be its ARN. */
function groupArn({ accountId, regionName, facts }: Region, name: string): string {
  return (
    facts.scalingGroup(name) ??
    `arn:aws:autoscaling:${regionName}:${accountId}:autoScalingGroup:*:autoScalingGroupName/${name}`
  );
}

function onGroup(action: string, arn: string, region: Region): Check[] {
  const keys = resourceTagKeys(region, arn, 'aws:ResourceTag', 'autoscaling:ResourceTag');
  return [{ action, resources: [{ arn, keys }] }];
}

const onNamed =
  (action: string): Mapping =>
  (input: { AutoScalingGroupName?: string }, region) =>
    onGroup(action, groupArn(region, input.AutoScalingGroupName ?? ''), region);

const DESCRIBES = ['DescribeAutoScalingGroups', 'DescribeAutoScalingInstances', 'DescribeScalingActivities'];

export const autoscalingRequests: Mappings = {
  ...Object.fromEntries(DESCRIBES.map((operation) => [operation, onAnything(`autoscaling:${operation}`)])),
  CreateAutoScalingGroup: (
    input: { AutoScalingGroupName?: string; Tags?: { Key?: string; Value?: string }[] },
    region,
  ) => [
    {
      action: 'autoscaling:CreateAutoScalingGroup',
      resources: [{ arn: groupArn(region, input.AutoScalingGroupName ?? '') }],
      keys: requestTagKeys(input.Tags),
    },
  ],
  EnterStandby: onNamed('autoscaling:EnterStandby'),
  ExitStandby: onNamed('autoscaling:ExitStandby'),
  // It names the instance alone: what is asked for is the group that it belongs to.
  SetInstanceHealth: (input: { InstanceId?: string }, region) => {
    const arn = region.facts.owningGroup(input.InstanceId ?? '');
    const action = 'autoscaling:SetInstanceHealth';
    return arn === undefined ? [{ action, resources: ANY }] : onGroup(action, arn, region);
  },
};
