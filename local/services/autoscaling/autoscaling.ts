// Amazon EC2 Auto Scaling as far as a healer needs it: groups that own instances, and replace them. There are no policies, hooks, warm pools or
// refreshes, and a group shrinks only by a member that is named. Sources: doc comments of the commands in @aws-sdk/client-auto-scaling.
import type {
  AutoScalingGroupNamesType,
  CreateAutoScalingGroupType,
  DescribeAutoScalingInstancesType,
  DescribeScalingActivitiesType,
  EnterStandbyAnswer,
  EnterStandbyQuery,
  ExitStandbyAnswer,
  ExitStandbyQuery,
  SetDesiredCapacityType,
  SetInstanceHealthQuery,
  TerminateInstanceInAutoScalingGroupType,
  UpdateAutoScalingGroupType,
} from '@aws-sdk/client-auto-scaling';
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError, notEmulated, type Service } from '../../simulator/service.ts';
import type { Ec2 } from '../ec2/service.ts';
import type { LoadBalancing } from '../elb/load-balancing.ts';
import { pageOf, type Tokens, wholeNumber } from '../pages.ts';
import { inGrace } from './decide.ts';
import { described, describedActivity, describedMember, type Group, type Member, type TemplateSpec } from './groups.ts';
import { Keeper } from './keeper.ts';
import { type GroupSeed, launchTemplateOf, seedOf } from './seeds.ts';
import { UPDATE_GROUP } from './universal-target.ts';

export type { GroupSeed } from './seeds.ts';

export interface AutoScaling extends Service {
  /** Adds a group that owns existing instances; returns its ARN. */
  addGroup(seed: GroupSeed): string;
  /** What a group launches from, from now on. */
  launchFrom(name: string, template: NonNullable<GroupSeed['launchTemplate']>): void;
  /** The true state, for reports and invariants. Throws for an unknown name. */
  group(name: string): Group;
  groups(): readonly Group[];
  /** For the conditions of IAM policies; empty for an unknown ARN. */
  tags(arn: string): Readonly<Record<string, string>>;
  ownerOf(instanceId: string): Group | undefined;
}

/** "The IDs of the instances. You can specify up to 20 instances." (EnterStandbyQuery) */
const STANDBY_IDS_MAX = 20;
/** "Array Members: Maximum number of 50 items" (DescribeAutoScalingInstancesType) */
const INSTANCE_IDS_MAX = 50;
const GROUPS_MAX = 500;

export function createAutoScaling(kernel: Kernel, ec2: Ec2, loadBalancing: LoadBalancing): AutoScaling {
  const groups = new Map<string, Group>();
  const keeper = new Keeper(kernel, ec2, loadBalancing);
  const instanceOf = (id: string) => ec2.instances().find(({ instanceId }) => instanceId === id);
  const ownerOf = (instanceId: string) => [...groups.values()].find(({ members }) => members.has(instanceId));
  const now = () => new Date(kernel.clock.now()).toISOString().replace(/\.\d{3}Z$/, 'Z');

  const find = (name = ''): Group => {
    const group = groups.get(name);
    if (group) return group;
    throw invalid(`Group ${name} not found`);
  };

  const membersOf = (group: Group, ids: readonly string[] = [], lifecycle: 'InService' | 'Standby'): Member[] => {
    if (ids.length === 0 || ids.length > STANDBY_IDS_MAX)
      throw invalid(`InstanceIds: expected 1 to ${STANDBY_IDS_MAX} instances`);
    return [...new Set(ids)].map((id) => {
      const member = group.members.get(id);
      if (!member) throw invalid(`The instance ${id} is not part of Auto Scaling group ${group.name}.`);
      if (member.lifecycle !== lifecycle) throw invalid(`The instance ${id} is not in ${lifecycle}.`);
      return member;
    });
  };

  const zonesOf = ({ subnetIds }: Group): string[] => [
    ...new Set(
      ec2
        .subnets()
        .filter(({ subnetId }) => subnetIds.includes(subnetId))
        .map(({ availabilityZone }) => availabilityZone),
    ),
  ];

  const add = (seed: GroupSeed): Group => {
    const { name, instanceIds = [], tags = [] } = seed;
    if (groups.has(name))
      throw new AwsError('AlreadyExistsFault', `AutoScalingGroup by this name already exists: ${name}`);
    if (groups.size >= GROUPS_MAX) throw new AwsError('LimitExceededFault', `At most ${GROUPS_MAX} groups`);
    const instances = instanceIds.map((id) => ec2.instance(id));
    const desired = seed.desired ?? instances.length;
    const { minSize = 0, maxSize = Math.max(desired, 1) } = seed;
    if (!(minSize <= desired && desired <= maxSize)) {
      throw invalid(
        `Desired capacity:${desired} must be between the specified min size:${minSize} and max size:${maxSize}`,
      );
    }
    const subnetIds = seed.subnetIds ?? [
      ...new Set(instances.flatMap(({ networkInterface }) => networkInterface?.subnetId ?? [])),
    ];
    for (const id of subnetIds) if (ec2.vpcOf(id) === undefined) throw invalid(`The subnet ID '${id}' does not exist`);
    const launchTemplate = seed.launchTemplate && templateSpec(ec2, seed.launchTemplate);
    const group: Group = {
      name,
      arn: `arn:aws:autoscaling:${kernel.regionName}:${kernel.accountId}:autoScalingGroup:${kernel.random('autoscaling/ids').uuid()}:autoScalingGroupName/${name}`,
      launchTemplate,
      minSize,
      maxSize,
      desired,
      subnetIds,
      targetGroupArns: seed.targetGroupArns ?? [],
      elbChecks: seed.elbChecks ?? false,
      graceSeconds: seed.graceSeconds ?? 0,
      suspended: new Set(seed.suspended),
      tags,
      createdAtMs: kernel.clock.now(),
      members: new Map(),
      activities: [],
    };
    for (const { instanceId, launchedAtMs } of instances) {
      group.members.set(instanceId, {
        instanceId,
        lifecycle: 'InService',
        health: 'Healthy',
        inServiceAtMs: launchedAtMs,
        launchTemplate,
      });
      ec2.setTag(instanceId, 'aws:autoscaling:groupName', name);
    }
    for (const arn of group.targetGroupArns) loadBalancing.addTargets(arn, instanceIds);
    groups.set(name, group);
    keeper.keep(group);
    return group;
  };

  /** Of what a group may be told afterwards, only what it launches from. */
  const update = ({ AutoScalingGroupName, LaunchTemplate, ...others }: UpdateAutoScalingGroupType): object => {
    const [strange] = Object.keys(others);
    if (strange !== undefined) throw notEmulated(`${strange} of UpdateAutoScalingGroup`);
    const group = find(AutoScalingGroupName);
    if (LaunchTemplate) group.launchTemplate = templateSpec(ec2, launchTemplateOf(LaunchTemplate));
    return {};
  };

  // As the API of the operation, with the role of the schedule. What the launch template would need of it is not asked here.
  kernel.receive(UPDATE_GROUP, (_, payload, roleArn = '') => {
    const input = JSON.parse(payload) as UpdateAutoScalingGroupType;
    const { arn } = find(input.AutoScalingGroupName);
    const refused = kernel.permits({ roleArn }, 'autoscaling:UpdateAutoScalingGroup', arn);
    if (refused) throw refused;
    update(input);
  });

  return {
    name: 'autoscaling',
    operations: {
      UpdateAutoScalingGroup: update,

      CreateAutoScalingGroup: (input: CreateAutoScalingGroupType): object => {
        const { LaunchTemplate, LaunchConfigurationName, InstanceId, MixedInstancesPolicy } = input;
        if (!(LaunchTemplate ?? LaunchConfigurationName ?? InstanceId ?? MixedInstancesPolicy)) {
          throw invalid(
            'Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.',
          );
        }
        add(seedOf(input));
        return {};
      },

      DescribeAutoScalingGroups: (input: AutoScalingGroupNamesType) => {
        const { AutoScalingGroupNames: names } = input;
        if (input.Filters?.length) throw notEmulated('Filters of DescribeAutoScalingGroups');
        // Unknown group names are ignored without an error.
        const chosen = [...groups.values()].filter(({ name }) => !names?.length || names.includes(name));
        const { items, ...rest } = paged(chosen, input, 100);
        // "When set to true (default), the call returns information about the instances in the group."
        const withInstances = input.IncludeInstances !== false;
        const shown = (group: Group) => {
          const { Instances, ...more } = described(group, zonesOf(group), instanceOf);
          return withInstances ? { ...more, Instances } : more;
        };
        return { AutoScalingGroups: items.map(shown), ...rest };
      },

      DescribeAutoScalingInstances: (input: DescribeAutoScalingInstancesType) => {
        const { InstanceIds: ids } = input;
        if ((ids?.length ?? 0) > INSTANCE_IDS_MAX) throw invalid(`At most ${INSTANCE_IDS_MAX} instance ids`);
        // "If you specify an ID that does not exist, it is ignored with no error."
        const all = [...groups.values()].flatMap((group) =>
          [...group.members.values()].map((member) => ({ group, member })),
        );
        const chosen = all.filter(({ member }) => !ids?.length || ids.includes(member.instanceId));
        const { items, ...rest } = paged(chosen, input, 50);
        return {
          AutoScalingInstances: items.map(({ group, member }) =>
            describedMember(group, member, instanceOf(member.instanceId)),
          ),
          ...rest,
        };
      },

      DescribeScalingActivities: (input: DescribeScalingActivitiesType) => {
        const { AutoScalingGroupName: name, ActivityIds: ids } = input;
        if (input.Filters?.length) throw notEmulated('Filters of DescribeScalingActivities');
        const all = (name === undefined ? [...groups.values()] : [find(name)]).flatMap((group) =>
          [...group.activities].reverse().map((activity) => describedActivity(group, activity)),
        );
        const { items, ...rest } = paged(
          all.filter(({ ActivityId = '' }) => !ids?.length || ids.includes(ActivityId)),
          input,
          100,
        );
        return { Activities: items, ...rest };
      },

      EnterStandby: (input: EnterStandbyQuery): EnterStandbyAnswer => {
        const group = find(input.AutoScalingGroupName);
        const members = membersOf(group, input.InstanceIds, 'InService');
        const before = group.desired;
        const after = before - (input.ShouldDecrementDesiredCapacity ? members.length : 0);
        // "… as long as the desired capacity of the Auto Scaling group after the instances are placed into standby is equal to or greater than
        // the minimum capacity of the group."
        if (after < group.minSize) throw sizes(group, 'place into standby', members.length);
        group.desired = after;
        const shrinking = after === before ? '' : `, shrinking the capacity from ${before} to ${after}`;
        const Activities = members.map((member) => {
          const cause = `At ${now()} instance ${member.instanceId} was moved to standby in response to a user request${shrinking}.`;
          return describedActivity(group, keeper.moveToStandby(group, member, cause));
        });
        return { Activities };
      },

      ExitStandby: (input: ExitStandbyQuery): ExitStandbyAnswer => {
        const group = find(input.AutoScalingGroupName);
        const members = membersOf(group, input.InstanceIds, 'Standby');
        const before = group.desired;
        // "After you put the instances back in service, the desired capacity is incremented."
        const after = before + members.length;
        if (after > group.maxSize) throw sizes(group, 'exit standby with', members.length);
        group.desired = after;
        const Activities = members.map((member) => {
          const cause = `At ${now()} instance ${member.instanceId} was moved out of standby in response to a user request, increasing the capacity from ${before} to ${after}.`;
          return describedActivity(group, keeper.moveToService(group, member, cause));
        });
        return { Activities };
      },

      SetDesiredCapacity: (input: SetDesiredCapacityType): object => {
        const { AutoScalingGroupName, DesiredCapacity: wanted = 0, HonorCooldown = false } = input;
        if (HonorCooldown) throw notEmulated('HonorCooldown of SetDesiredCapacity');
        const group = find(AutoScalingGroupName);
        const { minSize, maxSize } = group;
        if (wanted > maxSize)
          throw invalid(
            `New SetDesiredCapacity value ${wanted} is above max value ${maxSize} for the AutoScalingGroup.`,
          );
        if (wanted < minSize)
          throw invalid(
            `New SetDesiredCapacity value ${wanted} is below min value ${minSize} for the AutoScalingGroup.`,
          );
        if (wanted < group.desired) throw notEmulated('a lower number of SetDesiredCapacity');
        group.desired = wanted;
        return {};
      },

      TerminateInstanceInAutoScalingGroup: (input: TerminateInstanceInAutoScalingGroupType) => {
        const { InstanceId = '', ShouldDecrementDesiredCapacity, InstanceIds } = input;
        if (InstanceIds) throw notEmulated('InstanceIds of TerminateInstanceInAutoScalingGroup');
        const group = ownerOf(InstanceId);
        const member = group?.members.get(InstanceId);
        if (!group || !member)
          throw invalid(`Instance Id not found - No managed instance found for instance ID: ${InstanceId}`);
        if (member.lifecycle === 'Terminating')
          throw new AwsError('ScalingActivityInProgress', `The instance ${InstanceId} is being terminated already.`);
        const before = group.desired;
        // A member on standby is not counted.
        const isCounted = member.lifecycle === 'InService' || member.lifecycle === 'Pending';
        const after = before - (ShouldDecrementDesiredCapacity && isCounted ? 1 : 0);
        if (after < group.minSize)
          throw invalid(
            `Currently, desiredSize equals minSize (${group.minSize}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.`,
          );
        group.desired = after;
        const shrinking = after === before ? '' : `, shrinking the capacity from ${before} to ${after}`;
        const cause = `At ${now()} instance ${InstanceId} was taken out of service in response to a user request${shrinking}.`;
        return { Activity: describedActivity(group, keeper.moveOut(group, member, cause)) };
      },

      SetInstanceHealth: (input: SetInstanceHealthQuery): object => {
        const { InstanceId = '', HealthStatus = '', ShouldRespectGracePeriod = true } = input;
        const member = ownerOf(InstanceId)?.members.get(InstanceId);
        const group = ownerOf(InstanceId);
        if (!group || !member)
          throw invalid(`Instance Id not found - No managed instance found for instance ID: ${InstanceId}`);
        if (HealthStatus !== 'Healthy' && HealthStatus !== 'Unhealthy') {
          throw invalid(`Valid instance health states are: [Healthy, Unhealthy], not ${HealthStatus}`);
        }
        if (HealthStatus === 'Unhealthy' && ShouldRespectGracePeriod && inGrace(group, member, kernel.clock.now()))
          return {};
        if (member.lifecycle !== 'Terminating') member.health = HealthStatus;
        return {};
      },
    },

    addGroup: (seed) => add(seed).arn,
    launchFrom: (name, template) => {
      find(name).launchTemplate = templateSpec(ec2, template);
    },
    group: find,
    groups: () => [...groups.values()],
    tags: (arn) => {
      const group = groups.get(arn.split('autoScalingGroupName/').at(-1) ?? '');
      return Object.fromEntries((group?.tags ?? []).map(({ key, value }) => [key, value]));
    },
    ownerOf,
  };
}

function templateSpec(
  ec2: Ec2,
  { id, name, version = '$Default' }: NonNullable<GroupSeed['launchTemplate']>,
): TemplateSpec {
  const found = ec2
    .launchTemplates()
    .find((template) => (id === undefined ? template.name === name : template.launchTemplateId === id));
  if (!found) throw invalid(`You must use a valid fully-formed launch template. ${id ?? name} does not exist.`);
  return { LaunchTemplateId: found.launchTemplateId, LaunchTemplateName: found.name, Version: version };
}

/** AWS's own sentence says the same with the same numbers. */
const sizes = ({ name, minSize, maxSize, desired }: Group, what: string, count: number): AwsError =>
  invalid(
    `AutoScalingGroup ${name} has min-size=${minSize}, max-size=${maxSize}, and desired-size=${desired}. To ${what} ${count} instance(s), please update the AutoScalingGroup sizes appropriately.`,
  );

const TOKENS: Tokens = {
  ...wholeNumber,
  refused: () => new AwsError('InvalidNextToken', 'The NextToken value is not valid.'),
};

function paged<T>(
  all: readonly T[],
  input: { NextToken?: string | undefined; MaxRecords?: number | undefined },
  max: number,
): { items: readonly T[]; NextToken?: string } {
  const size = Math.min(Math.max(1, input.MaxRecords ?? 50), max);
  const { items, next } = pageOf(all, input.NextToken, size, TOKENS);
  return next === undefined ? { items } : { items, NextToken: next };
}

const invalid = (message: string): AwsError => new AwsError('ValidationError', message);
