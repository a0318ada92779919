// Auto Scaling groups and their members, and how the API shows them. Sources: doc comments of AutoScalingGroup, Instance and Activity in
// @aws-sdk/client-auto-scaling; "Amazon EC2 Auto Scaling instance lifecycle".
import type {
  AutoScalingInstanceDetails,
  Activity as DescribedActivity,
  AutoScalingGroup as DescribedGroup,
  Instance as DescribedMember,
  ScalingActivityStatusCode,
} from '@aws-sdk/client-auto-scaling';
import type { Instance } from '../ec2/model.ts';

export type Lifecycle = 'Pending' | 'InService' | 'EnteringStandby' | 'Standby' | 'Terminating';
/** Processes that can be suspended ("Suspend and resume processes"). */
export type Process = 'Launch' | 'Terminate' | 'HealthCheck' | 'ReplaceUnhealthy';

export interface Member {
  readonly instanceId: string;
  lifecycle: Lifecycle;
  health: 'Healthy' | 'Unhealthy';
  /** When it last came into service: its grace period begins then. */
  inServiceAtMs: number | undefined;
  readonly launchTemplate: TemplateSpec | undefined;
}

export interface TemplateSpec {
  readonly LaunchTemplateId: string;
  readonly LaunchTemplateName: string;
  /** `$Latest`, `$Default` or a number. */
  readonly Version: string;
}

export interface Group {
  readonly name: string;
  readonly arn: string;
  launchTemplate: TemplateSpec | undefined;
  readonly minSize: number;
  readonly maxSize: number;
  desired: number;
  readonly subnetIds: readonly string[];
  readonly targetGroupArns: readonly string[];
  /** Besides EC2's health checks, which are always on. */
  readonly elbChecks: boolean;
  readonly graceSeconds: number;
  readonly suspended: ReadonlySet<Process>;
  readonly tags: readonly GroupTag[];
  readonly createdAtMs: number;
  readonly members: Map<string, Member>;
  /** Oldest first. */
  readonly activities: Activity[];
}

export interface GroupTag {
  readonly key: string;
  readonly value: string;
  readonly propagate: boolean;
}

export interface Activity {
  readonly id: string;
  readonly description: string;
  readonly cause: string;
  readonly startedAtMs: number;
  endedAtMs: number | undefined;
  status: ScalingActivityStatusCode;
  message: string | undefined;
}

/** SDK: "Default cooldown … 300 seconds". Nothing here scales. */
const COOLDOWN_SECONDS = 300;

export function described(
  group: Group,
  zones: readonly string[],
  instanceOf: (id: string) => Instance | undefined,
): DescribedGroup {
  return {
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: group.arn,
    ...(group.launchTemplate && { LaunchTemplate: group.launchTemplate }),
    MinSize: group.minSize,
    MaxSize: group.maxSize,
    DesiredCapacity: group.desired,
    DefaultCooldown: COOLDOWN_SECONDS,
    AvailabilityZones: [...zones],
    LoadBalancerNames: [],
    TargetGroupARNs: [...group.targetGroupArns],
    HealthCheckType: group.elbChecks ? 'ELB' : 'EC2',
    HealthCheckGracePeriod: group.graceSeconds,
    Instances: [...group.members.values()].map((member) => ({ ...shared(member, instanceOf(member.instanceId)) })),
    CreatedTime: new Date(group.createdAtMs),
    SuspendedProcesses: [...group.suspended].map((ProcessName) => ({
      ProcessName,
      SuspensionReason: 'User suspended',
    })),
    VPCZoneIdentifier: group.subnetIds.join(','),
    EnabledMetrics: [],
    TerminationPolicies: ['Default'],
    NewInstancesProtectedFromScaleIn: false,
    Tags: group.tags.map(({ key, value, propagate }) => ({
      ResourceId: group.name,
      ResourceType: 'auto-scaling-group',
      Key: key,
      Value: value,
      PropagateAtLaunch: propagate,
    })),
  };
}

export const describedMember = (
  group: Group,
  member: Member,
  instance: Instance | undefined,
): AutoScalingInstanceDetails => ({
  ...shared(member, instance),
  AutoScalingGroupName: group.name,
  // "HEALTHY" here, "Healthy" in a group: the API's own samples have both.
  HealthStatus: member.health.toUpperCase(),
});

function shared(
  { instanceId, lifecycle, health, launchTemplate }: Member,
  instance: Instance | undefined,
): DescribedMember {
  return {
    InstanceId: instanceId,
    ...(instance && { InstanceType: instance.instanceType }),
    AvailabilityZone: instance?.availabilityZone ?? '',
    LifecycleState: lifecycle,
    HealthStatus: health,
    // "This value is not available if you attached the instance to the Auto Scaling group."
    ...(launchTemplate && { LaunchTemplate: launchTemplate }),
    ProtectedFromScaleIn: false,
  };
}

export const describedActivity = (group: Group, activity: Activity): DescribedActivity => ({
  ActivityId: activity.id,
  AutoScalingGroupName: group.name,
  AutoScalingGroupARN: group.arn,
  Description: activity.description,
  Cause: activity.cause,
  StartTime: new Date(activity.startedAtMs),
  ...(activity.endedAtMs !== undefined && { EndTime: new Date(activity.endedAtMs) }),
  StatusCode: activity.status,
  ...(activity.message !== undefined && { StatusMessage: activity.message }),
  Progress: activity.endedAtMs === undefined ? 50 : 100,
});
