// "Actions, resources, and condition keys for Amazon EC2 Auto Scaling" (Service Authorization Reference), as far as the region has it.
import {
  ANY,
  type Check,
  eachOnAnything,
  type Mapping,
  type Mappings,
  OF_NEW,
  OF_TAGGED,
  type Region,
  requestTagKeys,
  resourceTagKeys,
  sameKeys,
} from '../iam/check.ts';

/** The state that IAM needs from Auto Scaling. */
interface Groups {
  groups(): readonly { readonly name: string; readonly arn: string }[];
  ownerOf(instanceId: string): { readonly arn: string } | undefined;
}

/** A group that does not exist cannot be owned or tagged: the ARN that it would have. */
function groupArn({ accountId, regionName, service }: Region<Groups>, name: string): string {
  return (
    service.groups().find((group) => group.name === name)?.arn ??
    `arn:aws:autoscaling:${regionName}:${accountId}:autoScalingGroup:*:autoScalingGroupName/${name}`
  );
}

function onGroup(action: string, arn: string, region: Region): Check[] {
  const keys = resourceTagKeys(region, arn, 'aws:ResourceTag', 'autoscaling:ResourceTag');
  return [{ action, resources: [{ arn, keys }] }];
}

const onNamed =
  (action: string): Mapping<Groups> =>
  (input: { AutoScalingGroupName?: string }, region) =>
    onGroup(action, groupArn(region, input.AutoScalingGroupName ?? ''), region);

/** The input names only the instance; the resource is its group. */
const onGroupOf =
  (action: string): Mapping<Groups> =>
  (input: { InstanceId?: string }, region) => {
    const arn = region.service.ownerOf(input.InstanceId ?? '')?.arn;
    return arn === undefined ? [{ action, resources: ANY }] : onGroup(action, arn, region);
  };

const DESCRIBES = ['DescribeAutoScalingGroups', 'DescribeAutoScalingInstances', 'DescribeScalingActivities'];
const OF_GROUP = [...OF_TAGGED, 'autoscaling:ResourceTag/*'];

export const permissions: Mappings<Groups> = {
  ...eachOnAnything('autoscaling', DESCRIBES),
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
  UpdateAutoScalingGroup: onNamed('autoscaling:UpdateAutoScalingGroup'),
  SetDesiredCapacity: onNamed('autoscaling:SetDesiredCapacity'),
  SetInstanceHealth: onGroupOf('autoscaling:SetInstanceHealth'),
  TerminateInstanceInAutoScalingGroup: onGroupOf('autoscaling:TerminateInstanceInAutoScalingGroup'),
};

export const conditionKeys = {
  ...sameKeys('autoscaling', DESCRIBES, []),
  'autoscaling:CreateAutoScalingGroup': OF_NEW,
  ...sameKeys(
    'autoscaling',
    ['EnterStandby', 'ExitStandby', 'SetDesiredCapacity', 'SetInstanceHealth', 'TerminateInstanceInAutoScalingGroup'],
    OF_GROUP,
  ),
  'autoscaling:UpdateAutoScalingGroup': [...OF_GROUP, 'autoscaling:MaxSize', 'autoscaling:MinSize'],
};
