// seed-groups: every hour it writes the newest good snapshot into the launch templates of groups whose fleet file asks for it. It is part of the stack only
// where one does: who may write a launch template decides what the machines of a group run. Where a group that chainmend has deployed may have another
// number of nodes, it brings it there, too; and where deployed volumes have a boost, it takes that back.
import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Fleet } from '../../shared/fleet/model.ts';
import { RETIRED_TAG, SCALING_GROUP_TAG } from '../../shared/model/tags.ts';
import type { HealProps } from './durable-heal.ts';
import { fenced, instanceTags } from './fleet-grants.ts';
import type { Grant } from './grants.ts';
import { Schedule } from './schedule.ts';
import { SuiteFunction } from './suite-function.ts';
import { arn, suiteNames } from './suite-names.ts';
import { keysWithin } from './tag-grants.ts';

/** The function works for 90 s; the rest is for the calls that it has begun. */
const TIMEOUT_SECONDS = 120;

export class SeedGroups extends Construct {
  readonly suiteFunction: SuiteFunction;

  constructor(scope: Construct, id: string, { bundles, fleets, state, pages, settings }: HealProps) {
    super(scope, id);
    const scaled = fleets.filter(({ scales }) => scales !== undefined);
    const boosted = fleets.filter(({ boost }) => boost !== undefined);
    this.suiteFunction = new SuiteFunction(this, 'SeedGroups', {
      functionName: suiteNames(this).functions.seedGroups,
      description: 'Keeps the newest good snapshot in the launch templates of groups.',
      bundles,
      environment: {
        TABLE_NAME: state.table.tableName,
        TOPIC_ARN: pages.topic.topicArn,
        PARAMETER_PREFIX: suiteNames(this).parameterPrefix,
      },
      grants: [
        ...state.grants('seed-groups'),
        ...pages.grants(),
        settings.grantByName(),
        settings.grantAll(),
        {
          sid: 'ReadGroupsAndSnapshots',
          actions: [
            'autoscaling:DescribeAutoScalingGroups',
            'ec2:DescribeInstances',
            'ec2:DescribeLaunchTemplates',
            'ec2:DescribeLaunchTemplateVersions',
            'ec2:DescribeLockedSnapshots',
            'ec2:DescribeSnapshots',
            'ec2:DescribeVolumes',
          ],
          resources: ['*'],
          wildcard: 'These reads have no resource-level permissions (Service Authorization Reference).',
        },
        ...this.#writes(fleets.filter(({ seedsGroups }) => seedsGroups)),
        ...(scaled.length + boosted.length > 0 ? state.grantsToScale() : []),
        ...(scaled.length > 0 ? this.#scales(scaled) : []),
        ...(boosted.length > 0 ? this.#takesBack(boosted) : []),
      ],
      timeoutSeconds: TIMEOUT_SECONDS,
    });
    this.suiteFunction.keepFailedEvents({ retryAttempts: 2, maxEventAge: Duration.hours(1) });
    const sweeps = this.suiteFunction.takeSweeps({ maxEventAge: Duration.hours(1) });
    if (scaled.length > 0)
      new Schedule(this, 'ScaleOn', {
        name: `${suiteNames(this).functions.seedGroups}-scale`,
        description: 'Has groups come to the number of nodes that people want.',
        mayDo: 'What the second schedule of seed-groups may do.',
        every: { minutes: 5 },
        target: this.suiteFunction,
        sweeps,
        input: { kind: 'scale-on' },
      });
    new Schedule(this, 'Sweep', {
      name: suiteNames(this).functions.seedGroups,
      description: 'Has the launch templates of groups looked at.',
      mayDo: 'What the schedule of seed-groups may do.',
      every: { minutes: 60 },
      target: this.suiteFunction,
      sweeps,
      input: { kind: 'seed' },
    });
  }

  /** Only groups that chainmend itself has deployed, by their names, and on their members the one tag by which a node leaves its fleet. */
  #scales(fleets: readonly Fleet[]): Grant[] {
    const groups = fleets.flatMap(({ scales }) => scales?.group ?? []);
    return [
      {
        sid: 'ScaleGroups',
        actions: ['autoscaling:SetDesiredCapacity', 'autoscaling:TerminateInstanceInAutoScalingGroup'],
        resources: groups.map((name) => arn(this, 'autoscaling', `autoScalingGroup:*:autoScalingGroupName/${name}`)),
        wildcard: 'A part of a group’s ARN is made by AWS; its name is here.',
      },
      ...fenced(fleets.map(instanceTags), 'aws:ResourceTag').map(({ StringEquals }, index) => ({
        sid: `SetMembersAside${index + 1}`,
        actions: ['ec2:CreateTags', 'ec2:DeleteTags'],
        resources: [arn(this, 'ec2', 'instance/*')],
        conditions: {
          // AWS alone writes the tag of a group.
          StringEquals: { ...StringEquals, [`aws:ResourceTag/${SCALING_GROUP_TAG}`]: groups },
          ...keysWithin([RETIRED_TAG]),
        },
        wildcard: 'Any member of a group that may be scaled, with the tags of its fleet; the condition names both.',
      })),
    ];
  }

  /** Only data volumes of fleets whose file gives them a boost, by their tags. */
  #takesBack(fleets: readonly Fleet[]): Grant[] {
    const selectors = fleets.flatMap(({ volumes }) => volumes.map(({ tags }) => tags));
    return [
      {
        sid: 'ReadModifications',
        actions: ['ec2:DescribeVolumesModifications'],
        resources: ['*'],
        wildcard: 'This read has no resource-level permissions (Service Authorization Reference).',
      },
      ...fenced(selectors, 'aws:ResourceTag').map((conditions, index) => ({
        sid: `TakeBoostsBack${index + 1}`,
        actions: ['ec2:ModifyVolume'],
        resources: [arn(this, 'ec2', 'volume/*')],
        conditions,
        wildcard: 'Any volume that carries the tags of a fleet with a boost; the condition names them.',
      })),
    ];
  }

  /** Only templates that their owner has given to such a fleet, by its tags. */
  #writes(fleets: readonly Fleet[]): Grant[] {
    const selectors = fleets.map(({ nodes }) => nodes.tags);
    return fenced(selectors, 'aws:ResourceTag').map((conditions, index) => ({
      sid: `WriteTemplatesOfFleets${index + 1}`,
      actions: ['ec2:CreateLaunchTemplateVersion', 'ec2:ModifyLaunchTemplate'],
      resources: [arn(this, 'ec2', 'launch-template/*')],
      conditions,
      wildcard: 'Any launch template that carries the tags of a fleet that seeds its groups; the condition names them.',
    }));
  }
}
