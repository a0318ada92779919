// Settings of a new group, from a scenario or CreateAutoScalingGroup. Source: doc comments of CreateAutoScalingGroupType in
// @aws-sdk/client-auto-scaling.
import type { CreateAutoScalingGroupType, LaunchTemplateSpecification } from '@aws-sdk/client-auto-scaling';
import { notEmulated } from '../../simulator/service.ts';
import type { GroupTag, Process } from './groups.ts';

export interface GroupSeed {
  readonly name: string;
  /** By id or name; without one the group launches nothing. */
  readonly launchTemplate?: { readonly id?: string; readonly name?: string; readonly version?: string };
  /** Instances that are its members, already in service. */
  readonly instanceIds?: readonly string[];
  readonly minSize?: number;
  readonly maxSize?: number;
  /** By default the number of members. */
  readonly desired?: number;
  /** By default the subnets of its members. */
  readonly subnetIds?: readonly string[];
  readonly targetGroupArns?: readonly string[];
  readonly elbChecks?: boolean;
  /** 0 by default: "Its default value is 0 seconds when you create an Auto Scaling group using the CLI or an SDK". */
  readonly graceSeconds?: number;
  readonly suspended?: readonly Process[];
  readonly tags?: readonly GroupTag[];
}

const MANAGED = [
  'AutoScalingGroupName',
  'LaunchTemplate',
  'MinSize',
  'MaxSize',
  'DesiredCapacity',
  'VPCZoneIdentifier',
  'TargetGroupARNs',
  'HealthCheckType',
  'HealthCheckGracePeriod',
  'Tags',
  // No group shrinks here, so nothing has to be protected from it.
  'NewInstancesProtectedFromScaleIn',
];

export function seedOf(input: CreateAutoScalingGroupType): GroupSeed {
  const strange = Object.entries(input).find(([name, value]) => value !== undefined && !MANAGED.includes(name));
  if (strange) throw notEmulated(`${strange[0]} of CreateAutoScalingGroup`);
  const { LaunchTemplate, MinSize = 0, MaxSize = 0, DesiredCapacity = MinSize, HealthCheckType = 'EC2' } = input;
  if (HealthCheckType !== 'EC2' && HealthCheckType !== 'ELB')
    throw notEmulated(`the health check type ${HealthCheckType}`);
  return {
    name: input.AutoScalingGroupName ?? '',
    minSize: MinSize,
    maxSize: MaxSize,
    desired: DesiredCapacity,
    ...(LaunchTemplate && { launchTemplate: launchTemplateOf(LaunchTemplate) }),
    subnetIds: (input.VPCZoneIdentifier ?? '').split(',').filter((id) => id !== ''),
    targetGroupArns: input.TargetGroupARNs ?? [],
    elbChecks: HealthCheckType === 'ELB',
    graceSeconds: input.HealthCheckGracePeriod ?? 0,
    tags: (input.Tags ?? []).map(({ Key = '', Value = '', PropagateAtLaunch = false }) => ({
      key: Key,
      value: Value,
      propagate: PropagateAtLaunch,
    })),
  };
}

export const launchTemplateOf = ({
  LaunchTemplateId: id,
  LaunchTemplateName: name,
  Version: version,
}: LaunchTemplateSpecification): NonNullable<GroupSeed['launchTemplate']> => ({
  ...(id !== undefined && { id }),
  ...(name !== undefined && { name }),
  ...(version !== undefined && { version }),
});
