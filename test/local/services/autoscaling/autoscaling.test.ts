// Scaling groups that own instances and replace them, as unmodified SDK clients see it in a whole region.
import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DescribeScalingActivitiesCommand,
  EnterStandbyCommand,
  ExitStandbyCommand,
  SetDesiredCapacityCommand,
  SetInstanceHealthCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { CreateLaunchTemplateCommand, EC2Client, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Region } from '../../../../local/region.ts';
import type { GroupSeed } from '../../../../local/services/autoscaling/autoscaling.ts';
import { SUBNET_ID } from '../../../../local/services/ec2/service.ts';
import type { ClockFollower } from '../../../../local/simulator/clock.ts';
import { type WholeRegion, wholeRegion } from '../../../fixtures/whole-region.ts';

const MINUTE_MS = 60_000;
const SUBNET_B = 'subnet-0123456789abcdef1';
const NAME = 'bitcoin-nodes';

let whole: WholeRegion;
let region: Region;
let autoscaling: AutoScalingClient;
let ec2: EC2Client;
let following: ClockFollower;
/** Two members in two zones. */
let members: [string, string];

beforeEach(async () => {
  whole = await wholeRegion();
  ({ region } = whole);
  await whole.following.stop();
  following = region.clock.follow({ speed: 2 });
  autoscaling = new AutoScalingClient(await whole.as());
  ec2 = new EC2Client(await whole.as());
  await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'bitcoin-node',
      LaunchTemplateData: { ImageId: 'ami-0aaaabbbbccccdddd', InstanceType: 'm6i.large' },
    }),
  );
  members = [
    region.ec2.addInstance({ privateIp: '10.0.0.11' }),
    region.ec2.addInstance({ privateIp: '10.0.64.11', availabilityZone: 'eu-west-1b' }),
  ];
});

afterEach(() => following.stop());

/** Advances virtual time by this much immediately. */
async function pass(ms: number): Promise<void> {
  await following.stop();
  await region.clock.run({ untilMs: region.clock.now() + ms });
  following = region.clock.follow({ speed: 2 });
}

const addGroup = (seed: Partial<GroupSeed> = {}): string =>
  region.autoscaling.addGroup({
    name: NAME,
    instanceIds: members,
    launchTemplate: { name: 'bitcoin-node' },
    maxSize: 3,
    ...seed,
  });

async function described() {
  const { AutoScalingGroups } = await autoscaling.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [NAME] }),
  );
  const [group] = AutoScalingGroups ?? [];
  if (!group) throw new Error('no group');
  return group;
}

async function lifecycles(): Promise<Record<string, string | undefined>> {
  const { Instances = [] } = await described();
  return Object.fromEntries(Instances.map(({ InstanceId = '', LifecycleState }) => [InstanceId, LifecycleState]));
}

const enter = (InstanceIds: string[], ShouldDecrementDesiredCapacity = true) =>
  autoscaling.send(
    new EnterStandbyCommand({ AutoScalingGroupName: NAME, InstanceIds, ShouldDecrementDesiredCapacity }),
  );
const exit = (...InstanceIds: string[]) =>
  autoscaling.send(new ExitStandbyCommand({ AutoScalingGroupName: NAME, InstanceIds }));
const stop = (id: string) => ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
const statesOf = (ids: readonly string[]) =>
  ids.map((id) => region.ec2.instances().find(({ instanceId }) => instanceId === id)?.state);

describe('A scaling group', () => {
  it('is shown without its members where they are not asked for', async () => {
    addGroup();
    const shown = async (IncludeInstances?: boolean) => {
      const ask = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [NAME], IncludeInstances });
      return ((await autoscaling.send(ask)).AutoScalingGroups?.[0]?.Instances ?? []).length;
    };
    expect([await shown(), await shown(true), await shown(false)]).toEqual([2, 2, 0]);
  });

  it('is shown with its members, and each of its members says whose it is', async () => {
    addGroup({ tags: [{ key: 'Component', value: 'nodes/bitcoin', propagate: true }] });
    expect(await described()).toMatchObject({
      AutoScalingGroupName: NAME,
      DesiredCapacity: 2,
      MinSize: 0,
      MaxSize: 3,
      AvailabilityZones: ['eu-west-1a', 'eu-west-1b'],
      VPCZoneIdentifier: `${SUBNET_ID},${SUBNET_B}`,
      HealthCheckType: 'EC2',
      LaunchTemplate: { LaunchTemplateName: 'bitcoin-node', Version: '$Default' },
    });
    const stranger = 'i-0123456789abcdef0';
    const { AutoScalingInstances } = await autoscaling.send(
      new DescribeAutoScalingInstancesCommand({ InstanceIds: [members[0], stranger] }),
    );
    expect(AutoScalingInstances).toMatchObject([
      { InstanceId: members[0], AutoScalingGroupName: NAME, LifecycleState: 'InService', HealthStatus: 'HEALTHY' },
    ]);
    expect(region.ec2.tags(members[0])).toMatchObject({ 'aws:autoscaling:groupName': NAME });
  });

  it('that is asked for launches what it wants, with its tags, one in each zone', async () => {
    await autoscaling.send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: NAME,
        LaunchTemplate: { LaunchTemplateName: 'bitcoin-node', Version: '$Latest' },
        MinSize: 2,
        MaxSize: 2,
        VPCZoneIdentifier: `${SUBNET_ID},${SUBNET_B}`,
        Tags: [{ Key: 'Component', Value: 'nodes/bitcoin', PropagateAtLaunch: true }],
      }),
    );
    await pass(2 * MINUTE_MS);
    const { Instances = [] } = await described();
    expect(Instances.map(({ LifecycleState, AvailabilityZone }) => [LifecycleState, AvailabilityZone])).toEqual([
      ['InService', 'eu-west-1a'],
      ['InService', 'eu-west-1b'],
    ]);
    expect(region.ec2.tags(Instances[0]?.InstanceId ?? '')).toMatchObject({
      Component: 'nodes/bitcoin',
      'aws:autoscaling:groupName': NAME,
    });
  });

  it('that is told to follow the newest version of its template launches that from then on, and is told nothing else', async () => {
    await autoscaling.send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: NAME,
        LaunchTemplate: { LaunchTemplateName: 'bitcoin-node', Version: '1' },
        MinSize: 1,
        MaxSize: 1,
        VPCZoneIdentifier: SUBNET_ID,
      }),
    );
    const LaunchTemplate = { LaunchTemplateName: 'bitcoin-node', Version: '$Latest' };
    await autoscaling.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: NAME, LaunchTemplate }));
    expect((await described()).LaunchTemplate).toMatchObject({ Version: '$Latest' });
    const update = { AutoScalingGroupName: NAME, MaxSize: 9 };
    await expect(autoscaling.send(new UpdateAutoScalingGroupCommand(update))).rejects.toThrow('MaxSize');
  });

  it('replaces a member that somebody stops: it terminates it, and launches another by its template', async () => {
    addGroup();
    await stop(members[0]);
    await pass(4 * MINUTE_MS);
    expect(statesOf(members)).toEqual(['terminated', 'running']);
    const now = await lifecycles();
    expect(now).toMatchObject({ [members[1]]: 'InService' });
    expect(Object.values(now)).toEqual(['InService', 'InService']);
    const { Activities = [] } = await autoscaling.send(
      new DescribeScalingActivitiesCommand({ AutoScalingGroupName: NAME }),
    );
    expect(Activities.map(({ Description, StatusCode }) => [Description, StatusCode])).toEqual([
      [expect.stringMatching(/^Launching a new EC2 instance: i-/), 'Successful'],
      [`Terminating EC2 instance: ${members[0]}`, 'Successful'],
    ]);
  });

  it('replaces one whose checks fail once its grace is over, and one that somebody calls unhealthy', async () => {
    addGroup({ graceSeconds: 600 });
    const health = (InstanceId: string, more: object = {}) =>
      autoscaling.send(new SetInstanceHealthCommand({ InstanceId, HealthStatus: 'Unhealthy', ...more }));
    region.ec2.impair(members[0], 'system', 'nothing');
    await pass(3 * MINUTE_MS);
    // In service for a month: the grace period is over.
    expect(statesOf(members)).toEqual(['terminated', 'running']);
    const [fresh = ''] = Object.keys(await lifecycles()).filter((id) => !members.includes(id));
    region.ec2.impair(fresh, 'system', 'nothing');
    await health(fresh);
    await pass(4 * MINUTE_MS);
    expect(statesOf([fresh])).toEqual(['running']);
    await health(fresh, { ShouldRespectGracePeriod: false });
    await pass(3 * MINUTE_MS);
    expect(statesOf([fresh])).toEqual(['terminated']);
  });

  it('leaves attached EBS checks to EBS, and members alone where it may not replace', async () => {
    addGroup({ suspended: ['ReplaceUnhealthy'] });
    region.ec2.impair(members[0], 'attachedEbs', 'nothing');
    await pass(5 * MINUTE_MS);
    expect((await described()).Instances?.map(({ HealthStatus }) => HealthStatus)).toEqual(['Healthy', 'Healthy']);
    await stop(members[1]);
    await pass(5 * MINUTE_MS);
    expect((await described()).Instances?.map(({ HealthStatus }) => HealthStatus)).toEqual(['Healthy', 'Unhealthy']);
    expect(statesOf(members)).toEqual(['running', 'stopped']);
  });

  it('goes to another of its zones where one has no capacity, and tells of a launch that failed', async () => {
    addGroup();
    region.ec2.exhaust('eu-west-1a');
    await stop(members[0]);
    await pass(4 * MINUTE_MS);
    expect((await described()).Instances?.map(({ AvailabilityZone }) => AvailabilityZone)).toEqual([
      'eu-west-1b',
      'eu-west-1b',
    ]);
    region.ec2.exhaust('eu-west-1b');
    await stop(members[1]);
    await pass(4 * MINUTE_MS);
    expect(Object.keys(await lifecycles())).toHaveLength(1);
    const { Activities } = await autoscaling.send(new DescribeScalingActivitiesCommand({ MaxRecords: 1 }));
    expect(Activities).toMatchObject([
      {
        StatusCode: 'Failed',
        StatusMessage: expect.stringContaining('We currently do not have sufficient m6i.large capacity'),
      },
    ]);
  });
});

describe('The number of members', () => {
  const want = (DesiredCapacity: number, more: object = {}) =>
    autoscaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: NAME, DesiredCapacity, ...more }));
  const end = (InstanceId: string, ShouldDecrementDesiredCapacity = true) =>
    autoscaling.send(new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity }));

  it('goes up to the largest that its owner allows, by another launch', async () => {
    addGroup({ minSize: 2 });
    await want(3);
    await pass(2 * MINUTE_MS);
    expect(Object.values(await lifecycles())).toEqual(['InService', 'InService', 'InService']);
    await expect(want(4)).rejects.toThrow('New SetDesiredCapacity value 4 is above max value 3');
    await expect(want(1)).rejects.toThrow('New SetDesiredCapacity value 1 is below min value 2');
    await expect(want(2)).rejects.toThrow('a lower number');
    await expect(want(3, { HonorCooldown: true })).rejects.toThrow('HonorCooldown');
  });

  it('goes down by a member that is named, which is ended, and no other is launched', async () => {
    addGroup({ minSize: 1 });
    const { Activity } = await end(members[0]);
    expect(Activity).toMatchObject({
      Description: `Terminating EC2 instance: ${members[0]}`,
      Cause: expect.stringContaining('shrinking the capacity from 2 to 1'),
    });
    expect(await lifecycles()).toMatchObject({ [members[0]]: 'Terminating' });
    await expect(end(members[0])).rejects.toThrow('is being terminated already');
    await pass(5 * MINUTE_MS);
    expect(await lifecycles()).toEqual({ [members[1]]: 'InService' });
    expect(statesOf(members)).toEqual(['terminated', 'running']);
    await expect(end(members[0])).rejects.toThrow('No managed instance found');
    await expect(end(members[1])).rejects.toThrow('desiredSize equals minSize (1)');
  });

  it('stays where the member’s end is to be no smaller group', async () => {
    addGroup({ minSize: 2 });
    await end(members[0], false);
    await pass(5 * MINUTE_MS);
    expect(Object.values(await lifecycles())).toEqual(['InService', 'InService']);
    expect(statesOf(members)).toEqual(['terminated', 'running']);
  });
});

describe('Standby', () => {
  it('with a smaller desired capacity keeps a member from being replaced while it is stopped and started', async () => {
    addGroup();
    const { Activities } = await enter([members[0]]);
    expect(Activities).toMatchObject([
      {
        Description: `Moving EC2 instance to Standby: ${members[0]}`,
        Cause: expect.stringContaining('shrinking the capacity from 2 to 1'),
        StatusCode: 'InProgress',
      },
    ]);
    expect(await lifecycles()).toMatchObject({ [members[0]]: 'EnteringStandby' });
    await pass(MINUTE_MS);
    expect(await lifecycles()).toEqual({ [members[0]]: 'Standby', [members[1]]: 'InService' });
    await stop(members[0]);
    await pass(30 * MINUTE_MS);
    expect(statesOf(members)).toEqual(['stopped', 'running']);
    await region.call('ec2', 'StartInstances', { InstanceIds: [members[0]] });
    await pass(MINUTE_MS);
    await exit(members[0]);
    await pass(5 * MINUTE_MS);
    expect(await lifecycles()).toEqual({ [members[0]]: 'InService', [members[1]]: 'InService' });
    expect((await described()).DesiredCapacity).toBe(2);
    expect(region.ec2.instances()).toHaveLength(2);
  });

  it('without it has the group launch another at once, which stays when the member returns', async () => {
    addGroup();
    await enter([members[0]], false);
    await pass(3 * MINUTE_MS);
    expect(Object.values(await lifecycles())).toEqual(['Standby', 'InService', 'InService']);
    await exit(members[0]);
    await pass(3 * MINUTE_MS);
    expect(Object.values(await lifecycles())).toEqual(['InService', 'InService', 'InService']);
    expect((await described()).DesiredCapacity).toBe(3);
  });

  it('is refused below the minimum and above the maximum, for strangers, and for who is not where he is said to be', async () => {
    addGroup({ minSize: 1, maxSize: 2 });
    const refused = (message: string) => ({ name: 'ValidationError', message: expect.stringContaining(message) });
    await expect(enter([...members])).rejects.toMatchObject(
      refused('has min-size=1, max-size=2, and desired-size=2. To place into standby 2 instance(s), please update'),
    );
    await expect(exit(members[0])).rejects.toMatchObject(refused(`${members[0]} is not in Standby`));
    await expect(enter(['i-0123456789abcdef0'])).rejects.toMatchObject(refused('is not part of Auto Scaling group'));
    await enter([members[0]], false);
    await pass(3 * MINUTE_MS);
    await expect(exit(members[0])).rejects.toMatchObject(refused('max-size=2, and desired-size=2'));
    await expect(enter([members[0]])).rejects.toMatchObject(refused('is not in InService'));
    const nobody = new EnterStandbyCommand({
      AutoScalingGroupName: 'x',
      InstanceIds: members,
      ShouldDecrementDesiredCapacity: true,
    });
    await expect(autoscaling.send(nobody)).rejects.toMatchObject(refused('Group x not found'));
  });

  it('takes a member out of its target groups, after it has drained, and brings it back', async () => {
    const arn = region.elb.addTargetGroup({ name: 'bitcoin-rpc', port: 8332, deregistrationDelaySeconds: 120 });
    addGroup({ targetGroupArns: [arn] });
    expect(region.elb.health(arn).map(({ state }) => state)).toEqual(['healthy', 'healthy']);
    await enter([members[0]]);
    await pass(MINUTE_MS / 3);
    expect(region.elb.health(arn).map(({ state }) => state)[0]).toBe('draining');
    expect(await lifecycles()).toMatchObject({ [members[0]]: 'EnteringStandby' });
    await pass(2 * MINUTE_MS);
    expect(await lifecycles()).toMatchObject({ [members[0]]: 'Standby' });
    expect(region.elb.health(arn).map(({ id }) => id)).toEqual([members[1]]);
    await exit(members[0]);
    await pass(MINUTE_MS / 3);
    expect(region.elb.health(arn).map(({ id }) => id)).toEqual([members[1], members[0]]);
  });
});

describe('A template of CloudFormation', () => {
  it('may have a launch template, a target group and a scaling group, which then launches what it wants', async () => {
    const template = {
      Resources: {
        Group: {
          Type: 'AWS::AutoScaling::AutoScalingGroup',
          Properties: {
            MinSize: '1',
            MaxSize: '1',
            LaunchTemplate: {
              LaunchTemplateId: { Ref: 'Template' },
              Version: { 'Fn::GetAtt': ['Template', 'LatestVersionNumber'] },
            },
            VPCZoneIdentifier: [SUBNET_B],
            TargetGroupARNs: [{ Ref: 'Targets' }],
          },
        },
        Targets: { Type: 'AWS::ElasticLoadBalancingV2::TargetGroup', Properties: { Port: 8332, Protocol: 'TCP' } },
        Template: {
          Type: 'AWS::EC2::LaunchTemplate',
          Properties: { LaunchTemplateData: { ImageId: 'ami-0aaaabbbbccccdddd', InstanceType: 'm6i.large' } },
        },
      },
    };
    const { resources } = await region.deploy({ assembly: { template, stackName: 'nodes', assets: [] } });
    await pass(2 * MINUTE_MS);
    const group = region.autoscaling.group(resources.get('Group')?.ref ?? '');
    expect([...group.members.values()]).toMatchObject([{ lifecycle: 'InService' }]);
    const [instance] = region.ec2.instances().filter(({ instanceId }) => group.members.has(instanceId));
    expect(instance).toMatchObject({ availabilityZone: 'eu-west-1b', instanceType: 'm6i.large', state: 'running' });
    expect(region.elb.health(resources.get('Targets')?.ref ?? '')).toMatchObject([{ id: instance?.instanceId }]);
  });
});

describe('A role', () => {
  it('may be held to the groups that carry its tag; who looks needs *', async () => {
    addGroup({ tags: [{ key: 'Fleet', value: 'bitcoin', propagate: false }] });
    region.autoscaling.addGroup({ name: 'others', instanceIds: [region.ec2.addInstance({ privateIp: '10.0.0.99' })] });
    const Condition = { StringEquals: { 'autoscaling:ResourceTag/Fleet': 'bitcoin' } };
    const role = new AutoScalingClient(
      await whole.as([
        {
          Effect: 'Allow',
          Action: ['autoscaling:EnterStandby', 'autoscaling:SetInstanceHealth'],
          Resource: 'arn:aws:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/*',
          Condition,
        },
        { Effect: 'Allow', Action: 'autoscaling:DescribeAutoScalingInstances', Resource: '*' },
      ]),
    );
    const { AutoScalingInstances = [] } = await role.send(new DescribeAutoScalingInstancesCommand({}));
    expect(AutoScalingInstances).toHaveLength(3);
    const standby = (AutoScalingGroupName: string, id = '') =>
      role.send(
        new EnterStandbyCommand({ AutoScalingGroupName, InstanceIds: [id], ShouldDecrementDesiredCapacity: true }),
      );
    await standby(NAME, members[0]);
    await expect(standby('others', AutoScalingInstances[2]?.InstanceId)).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringMatching(
        /autoscaling:EnterStandby on resource: arn:aws:autoscaling:\S+autoScalingGroupName\/others/,
      ),
    });
    await expect(role.send(new DescribeAutoScalingGroupsCommand({}))).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});
