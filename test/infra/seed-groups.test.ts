// seed-groups in the stack: only where a fleet asks for it, and only on launch templates that were given to such a fleet.

import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readFleets } from '../../infra/fleets.ts';
import { repositoryRoot } from '../../infra/paths.ts';
import { bitcoin, buildStack, litecoin, type Resource, resourcesOf, seeding, statementsIn, text } from './support.ts';

const scaled = readFleets(join(repositoryRoot, 'local/scenarios/fleets-scale'));

const boosted = readFleets(join(repositoryRoot, 'local/scenarios/fleets-sync-boost'));

const named = (fleets: NonNullable<Parameters<typeof buildStack>[0]>['fleets']) => {
  const resources = resourcesOf(buildStack(fleets === undefined ? {} : { fleets }).stack);
  const fn = resources('AWS::Lambda::Function').find(
    ({ Properties }) => Properties.FunctionName === 'chainmend-seed-groups',
  );
  const role = fn && resources('AWS::IAM::Role').find(({ id }) => text(fn.Properties.Role) === `<${id}.Arn>`);
  return { fn, statements: role ? statementsIn(resources, role as Resource) : [], resources };
};

describe('seed-groups', () => {
  it('is not there where no fleet seeds its groups', () => {
    expect(named([bitcoin, litecoin]).fn).toBeUndefined();
  });

  it('may write launch templates that carry the tags of a fleet that does, and nothing else of EC2 or of groups', () => {
    const { statements } = named([bitcoin, litecoin, seeding]);
    const writes = statements.filter(({ actions }) =>
      actions.some((action) => /^(ec2|autoscaling):(?!Describe)/.test(action)),
    );
    expect(writes).toEqual([
      expect.objectContaining({
        actions: ['ec2:CreateLaunchTemplateVersion', 'ec2:ModifyLaunchTemplate'],
        resources: ['arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:launch-template/*'],
        conditions: { StringEquals: { 'aws:ResourceTag/Component': ['nodes/dogecoin'] } },
      }),
    ]);
    expect(statements.flatMap(({ actions }) => actions).filter((action) => /^(iam|lambda):/.test(action))).toEqual([]);
  });

  it('may take back the volumes of fleets with a boost, by their tags, and touches no template or group for that', () => {
    const { statements, resources } = named(boosted as (typeof seeding)[]);
    expect(
      statements.filter(({ actions }) => actions.some((action) => /^(ec2|autoscaling):(?!Describe)/.test(action))),
    ).toEqual([
      expect.objectContaining({
        actions: ['ec2:ModifyVolume'],
        resources: ['arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:volume/*'],
        conditions: { StringEquals: { 'aws:ResourceTag/Component': ['nodes/bitcoin'] } },
      }),
    ]);
    expect(statements.filter(({ sid }) => sid === 'ReadHeals')).toHaveLength(1);
    expect(
      resources('AWS::Scheduler::Schedule').filter(({ Properties }) => `${Properties.Name}`.includes('seed-groups')),
    ).toHaveLength(1);
  });

  it('is started each hour, and an invocation that fails is kept and told', () => {
    const { resources } = named([seeding]);
    const schedule = resources('AWS::Scheduler::Schedule').find(
      ({ Properties }) => Properties.Name === 'chainmend-seed-groups',
    );
    expect(schedule?.Properties).toMatchObject({
      ScheduleExpression: 'rate(60 minutes)',
      Target: { Input: '{"kind":"seed"}' },
    });
    const alarms = resources('AWS::CloudWatch::Alarm').map(({ Properties }) => text(Properties.AlarmName));
    expect(alarms.filter((name) => name.includes('seed-groups'))).not.toEqual([]);
  });

  it('may give another number of nodes to the groups alone that chainmend has deployed with room, by their names', () => {
    const { statements } = named([seeding, ...(scaled as (typeof seeding)[])]);
    const own = (action: string) => statements.filter(({ actions }) => actions.includes(action));
    expect(own('autoscaling:TerminateInstanceInAutoScalingGroup')).toEqual([
      expect.objectContaining({
        actions: ['autoscaling:SetDesiredCapacity', 'autoscaling:TerminateInstanceInAutoScalingGroup'],
        resources: [
          'arn:<AWS::Partition>:autoscaling:<AWS::Region>:<AWS::AccountId>:autoScalingGroup:*:autoScalingGroupName/chainmend-bitcoin',
        ],
      }),
    ]);
    expect(own('ec2:CreateTags')).toEqual([
      expect.objectContaining({
        actions: ['ec2:CreateTags', 'ec2:DeleteTags'],
        conditions: {
          StringEquals: {
            'aws:ResourceTag/Component': ['nodes/bitcoin'],
            'aws:ResourceTag/aws:autoscaling:groupName': ['chainmend-bitcoin'],
          },
          'ForAllValues:StringEquals': { 'aws:TagKeys': ['chainmend:retired'] },
          Null: { 'aws:TagKeys': 'false' },
        },
      }),
    ]);
  });

  it('reads what heals have under way, and goes on every five minutes, only where a group may be scaled', () => {
    const reads = ({ statements }: ReturnType<typeof named>) => statements.filter(({ sid }) => sid === 'ReadHeals');
    const schedules = ({ resources }: ReturnType<typeof named>) =>
      resources('AWS::Scheduler::Schedule').filter(
        ({ Properties }) => Properties.Name === 'chainmend-seed-groups-scale',
      );
    const [without, having] = [named([seeding]), named(scaled as (typeof seeding)[])];
    expect([reads(without), schedules(without)]).toEqual([[], []]);
    expect(reads(having)).toHaveLength(1);
    expect(schedules(having)[0]?.Properties).toMatchObject({
      ScheduleExpression: 'rate(5 minutes)',
      Target: { Input: '{"kind":"scale-on"}' },
    });
  });
});
