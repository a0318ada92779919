// Launches and terminations of instances, as unmodified SDK clients see them in a whole region.
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricStatisticsCommand,
  PutMetricAlarmCommand,
} from '@aws-sdk/client-cloudwatch';
import {
  AttachVolumeCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  EC2Client,
  type Filter,
  type Instance,
  ModifyInstanceAttributeCommand,
  ModifyVolumeCommand,
  RebootInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Region } from '../../../../local/region.ts';
import { SUBNET_ID, VPC_ID } from '../../../../local/services/ec2/service.ts';
import type { ClockFollower } from '../../../../local/simulator/clock.ts';
import type { BusEvent } from '../../../../local/simulator/kernel.ts';
import { chainOf, nodeOf } from '../../../fixtures/builders/simulated-node.ts';
import { type WholeRegion, wholeRegion } from '../../../fixtures/whole-region.ts';

const MINUTE_MS = 60_000;
/** Slow enough that work of some seconds is not over before the next request, even on a busy machine. */
const SPEED = 2;

let whole: WholeRegion;
let region: Region;
let ec2: EC2Client;
let following: ClockFollower;
let events: BusEvent[];

beforeEach(async () => {
  whole = await wholeRegion();
  ({ region } = whole);
  await whole.following.stop();
  following = region.clock.follow({ speed: SPEED });
  ec2 = new EC2Client(await whole.as());
  events = [];
  const { bus } = region.kernel;
  region.kernel.bus = (event) => {
    events.push(event);
    bus(event);
  };
});

afterEach(() => following.stop());

/** Advances virtual time by this much immediately. */
async function pass(ms: number): Promise<void> {
  await following.stop();
  await region.clock.run({ untilMs: region.clock.now() + ms });
  following = region.clock.follow({ speed: SPEED });
}

async function found(input: { InstanceIds?: string[]; Filters?: Filter[] }): Promise<Instance[]> {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand(input));
  return Reservations.flatMap(({ Instances = [] }) => Instances);
}

const only = async (instanceId: string): Promise<Instance | undefined> =>
  (await found({ InstanceIds: [instanceId] }))[0];

async function statusOf(instanceId: string): Promise<string | undefined> {
  const asked = { InstanceIds: [instanceId], IncludeAllInstances: true };
  const { InstanceStatuses } = await ec2.send(new DescribeInstanceStatusCommand(asked));
  return InstanceStatuses?.[0]?.InstanceStatus?.Status;
}

async function eventsOf(instanceId: string) {
  const asked = { Filters: [{ Name: 'event.code', Values: ['instance-retirement'] }] };
  const { InstanceStatuses = [] } = await ec2.send(new DescribeInstanceStatusCommand(asked));
  return InstanceStatuses.filter(({ InstanceId }) => InstanceId === instanceId).flatMap(({ Events = [] }) => Events);
}

const terminate = (...InstanceIds: string[]) => ec2.send(new TerminateInstancesCommand({ InstanceIds }));
const named = (name: string) => ({ name });
const states = (instanceId: string) =>
  events.filter(({ detail }) => detail['instance-id'] === instanceId).map(({ detail }) => detail['state']);

/** An instance with a root volume that is deleted with it, a data volume that is not, and a simulated node. */
function node(more: { state?: 'running' | 'stopped' } = {}) {
  const tags = { Component: 'nodes/bitcoin', Name: 'node1.bitcoin' };
  const instanceId = region.ec2.addInstance({ privateIp: '10.0.0.11', publicIp: '198.51.100.7', tags, ...more });
  const attach = (device: string, deleteOnTermination: boolean) =>
    region.ec2.addVolume({ sizeGiB: 16, tags, attachedTo: { instanceId, device, deleteOnTermination } });
  const [root, data] = [attach('/dev/xvda', true), attach('/dev/sdf', false)];
  const machine = nodeOf(region.kernel, chainOf(region.kernel), { instanceId });
  region.machines.add(machine);
  return { instanceId, root, data, machine };
}

describe('An instance that somebody launches', () => {
  it('is there at once, pending; it runs and gets power some seconds later, and its checks take a minute or two more', async () => {
    const launchedMs = region.clock.now();
    const instanceId = region.ec2.launch({ privateIp: '10.0.0.12', tags: { Component: 'nodes/bitcoin' } });
    const machine = nodeOf(region.kernel, chainOf(region.kernel), { instanceId, powered: false });
    region.machines.add(machine);
    expect(await found({ Filters: [{ Name: 'tag:Component', Values: ['nodes/bitcoin'] }] })).toMatchObject([
      {
        InstanceId: instanceId,
        State: { Code: 0, Name: 'pending' },
        PrivateIpAddress: '10.0.0.12',
        LaunchTime: new Date(launchedMs),
      },
    ]);
    expect(machine.isPowered).toBe(false);
    await pass(20_000);
    expect((await only(instanceId))?.State).toEqual({ Code: 16, Name: 'running' });
    expect(machine.isPowered).toBe(true);
    expect(await statusOf(instanceId)).toBe('initializing');
    await pass(3 * MINUTE_MS);
    expect(await statusOf(instanceId)).toBe('ok');
    expect(events.filter(({ source }) => source === 'aws.ec2')).toEqual(
      ['pending', 'running'].map((state) => ({
        source: 'aws.ec2',
        'detail-type': 'EC2 Instance State-change Notification',
        resources: [`arn:aws:ec2:eu-west-1:111122223333:instance/${instanceId}`],
        detail: { 'instance-id': instanceId, state },
      })),
    );
  });

  it('never runs when it is terminated while it is pending', async () => {
    const instanceId = region.ec2.launch({ privateIp: '10.0.0.12' });
    const machine = nodeOf(region.kernel, chainOf(region.kernel), { instanceId, powered: false });
    region.machines.add(machine);
    await terminate(instanceId);
    await pass(5 * MINUTE_MS);
    expect(states(instanceId)).toEqual(['pending', 'shutting-down', 'terminated']);
    expect(machine.isPowered).toBe(false);
  });

  it('needs a subnet that exists', () => {
    expect(() => region.ec2.launch({ privateIp: '10.0.0.12', subnetId: 'subnet-1' })).toThrow('no subnet subnet-1');
  });
});

describe('An instance that is terminated', () => {
  it('loses its power at once and is terminated some seconds later, and the bus is told of both', async () => {
    const { instanceId, machine } = node();
    const { TerminatingInstances } = await terminate(instanceId);
    expect(TerminatingInstances).toEqual([
      {
        InstanceId: instanceId,
        PreviousState: { Code: 16, Name: 'running' },
        CurrentState: { Code: 32, Name: 'shutting-down' },
      },
    ]);
    expect(machine.isPowered).toBe(false);
    await pass(MINUTE_MS);
    expect((await only(instanceId))?.State).toEqual({ Code: 48, Name: 'terminated' });
    expect(states(instanceId)).toEqual(['shutting-down', 'terminated']);
  });

  it('takes the volumes with it that are to go with it, and leaves the others free', async () => {
    const { instanceId, root, data } = node();
    await terminate(instanceId);
    await pass(MINUTE_MS);
    await expect(ec2.send(new DescribeVolumesCommand({ VolumeIds: [root] }))).rejects.toMatchObject(
      named('InvalidVolume.NotFound'),
    );
    const { Volumes } = await ec2.send(new DescribeVolumesCommand({}));
    expect(Volumes).toMatchObject([{ VolumeId: data, State: 'available', Attachments: [] }]);
    const deleted = events.filter(({ detail }) => detail['event'] === 'deleteVolume');
    expect(deleted).toMatchObject([{ 'detail-type': 'EBS Volume Notification', detail: { result: 'deleted' } }]);
    expect(deleted[0]?.resources).toEqual([`arn:aws:ec2:eu-west-1:111122223333:volume/${root}`]);
  });

  it('is shown with its tags and without an address for about an hour, and is unknown from then on', async () => {
    const { instanceId } = node();
    await terminate(instanceId);
    expect(await only(instanceId)).toMatchObject({ PrivateIpAddress: '10.0.0.11', SubnetId: SUBNET_ID, VpcId: VPC_ID });
    await pass(50 * MINUTE_MS);
    const shown = await only(instanceId);
    expect(shown).toMatchObject({
      State: { Name: 'terminated' },
      StateReason: { Code: 'Client.UserInitiatedShutdown' },
      Tags: expect.arrayContaining([{ Key: 'Component', Value: 'nodes/bitcoin' }]),
    });
    expect(shown?.BlockDeviceMappings ?? []).toEqual([]);
    for (const lost of ['PrivateIpAddress', 'PublicIpAddress', 'SubnetId', 'VpcId'])
      expect(shown).not.toHaveProperty(lost);
    expect(await found({ Filters: [{ Name: 'private-ip-address', Values: ['10.0.0.11'] }] })).toEqual([]);
    expect(await statusOf(instanceId)).toBe('not-applicable');
    await pass(20 * MINUTE_MS);
    expect(await found({})).toEqual([]);
    await expect(only(instanceId)).rejects.toMatchObject(named('InvalidInstanceID.NotFound'));
    await expect(terminate(instanceId)).rejects.toMatchObject(named('InvalidInstanceID.NotFound'));
  });

  it('may be terminated again and again, and nothing else may be done to it', async () => {
    const { instanceId, data } = node();
    await terminate(instanceId);
    const again = await terminate(instanceId);
    expect(again.TerminatingInstances).toMatchObject([
      { PreviousState: { Name: 'shutting-down' }, CurrentState: { Name: 'shutting-down' } },
    ]);
    await pass(MINUTE_MS);
    const { TerminatingInstances } = await terminate(instanceId);
    expect(TerminatingInstances).toMatchObject([
      { PreviousState: { Name: 'terminated' }, CurrentState: { Name: 'terminated' } },
    ]);
    const InstanceIds = [instanceId];
    const incorrect = named('IncorrectInstanceState');
    await expect(ec2.send(new StartInstancesCommand({ InstanceIds }))).rejects.toMatchObject(incorrect);
    await expect(ec2.send(new StopInstancesCommand({ InstanceIds }))).rejects.toMatchObject(incorrect);
    await expect(ec2.send(new RebootInstancesCommand({ InstanceIds }))).rejects.toMatchObject(incorrect);
    const attach = new AttachVolumeCommand({ VolumeId: data, InstanceId: instanceId, Device: '/dev/sdf' });
    await expect(ec2.send(attach)).rejects.toMatchObject(named('IncorrectState'));
    expect(states(instanceId)).toEqual(['shutting-down', 'terminated']);
  });

  it('is never stopped when it was about to be', async () => {
    const { instanceId } = node();
    await ec2.send(new StopInstancesCommand({ InstanceIds: [instanceId] }));
    await terminate(instanceId);
    await pass(2 * MINUTE_MS);
    expect(states(instanceId)).toEqual(['stopping', 'shutting-down', 'terminated']);
  });

  it('leaves nothing undone: a modification and an attachment under way end without a word', async () => {
    const { instanceId, root } = node();
    const spare = region.ec2.addVolume({ sizeGiB: 10 });
    await terminate(instanceId);
    await ec2.send(new ModifyVolumeCommand({ VolumeId: root, Size: 20 }));
    const other = region.ec2.addInstance({ privateIp: '10.0.0.13' });
    await ec2.send(new AttachVolumeCommand({ VolumeId: spare, InstanceId: other, Device: '/dev/sdf' }));
    await terminate(other);
    await pass(8 * 60 * MINUTE_MS);
    expect(region.ec2.volumes().map(({ volumeId, attachment }) => [volumeId, attachment])).toContainEqual([
      spare,
      undefined,
    ]);
    expect(events.filter(({ detail }) => detail['result'] === 'completed')).toEqual([]);
  });
});

describe('TerminateInstances', () => {
  it('terminates none of several when one is unknown, and none in a dry run', async () => {
    const { instanceId } = node();
    await expect(terminate(instanceId, 'i-0123456789abcdef0')).rejects.toMatchObject(
      named('InvalidInstanceID.NotFound'),
    );
    await expect(terminate('node1')).rejects.toMatchObject(named('InvalidInstanceID.Malformed'));
    const dry = new TerminateInstancesCommand({ InstanceIds: [instanceId], DryRun: true });
    await expect(ec2.send(dry)).rejects.toMatchObject(named('DryRunOperation'));
    expect((await only(instanceId))?.State?.Name).toBe('running');
  });

  it('says what is not emulated: a shutdown without the operating system', async () => {
    const { instanceId } = node();
    const hard = new TerminateInstancesCommand({ InstanceIds: [instanceId], SkipOsShutdown: true });
    await expect(ec2.send(hard)).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining('SkipOsShutdown of TerminateInstances'),
    });
    expect((await only(instanceId))?.State?.Name).toBe('running');
  });

  // "Stop protection also protects your instance from accidental termination." ("Enable stop protection for your EC2 instances", EC2 user guide)
  it.each([
    ['DisableApiTermination', 'disableApiTermination', 'done'],
    ['DisableApiStop', 'disableApiStop', 'refused'],
  ] as const)(
    'is refused to everybody while the instance has %s, which goes again',
    async (member, Attribute, stopIs) => {
      const { instanceId } = node();
      const set = (Value: boolean) =>
        ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: instanceId, [member]: { Value } }));
      const told = async () => {
        const read = await ec2.send(new DescribeInstanceAttributeCommand({ InstanceId: instanceId, Attribute }));
        return read[member]?.Value;
      };
      await set(true);
      expect(await told()).toBe(true);
      const refused = {
        name: 'OperationNotPermitted',
        message: expect.stringMatching(new RegExp(`^The instance '${instanceId}' may not be .*'${Attribute}'`)),
      };
      const InstanceIds = [instanceId];
      await expect(ec2.send(new TerminateInstancesCommand({ InstanceIds }))).rejects.toMatchObject(refused);
      const stop = ec2.send(new StopInstancesCommand({ InstanceIds }));
      if (stopIs === 'refused') await expect(stop).rejects.toMatchObject(refused);
      else await stop;
      await set(false);
      expect(await told()).toBe(false);
      await ec2.send(new TerminateInstancesCommand({ InstanceIds }));
      expect((await only(instanceId))?.State?.Name).toBe('shutting-down');
    },
  );

  it('is allowed to a role for what carries its tag, and for nothing else', async () => {
    const { instanceId } = node();
    const stranger = region.ec2.addInstance({ privateIp: '10.0.0.99' });
    const role = new EC2Client(
      await whole.as([
        {
          Effect: 'Allow',
          Action: 'ec2:TerminateInstances',
          Resource: 'arn:aws:ec2:eu-west-1:111122223333:instance/*',
          Condition: { StringEquals: { 'aws:ResourceTag/Component': 'nodes/bitcoin' } },
        },
      ]),
    );
    const both = new TerminateInstancesCommand({ InstanceIds: [instanceId, stranger] });
    await expect(role.send(both)).rejects.toMatchObject(named('UnauthorizedOperation'));
    await role.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    expect(region.ec2.instances().map(({ state }) => state)).toEqual(['shutting-down', 'running']);
  });
});

describe('Status checks', () => {
  let cloudwatch: CloudWatchClient;
  beforeEach(async () => {
    cloudwatch = new CloudWatchClient(await whole.as());
  });

  /** A datapoint for each minute that has one, oldest first. */
  async function published(instanceId: string, suffix: string): Promise<(number | undefined)[]> {
    const { Datapoints = [] } = await cloudwatch.send(
      new GetMetricStatisticsCommand({
        Namespace: 'AWS/EC2',
        MetricName: `StatusCheckFailed${suffix}`,
        Dimensions: [{ Name: 'InstanceId', Value: instanceId }],
        StartTime: new Date(region.clock.now() - 60 * MINUTE_MS),
        EndTime: new Date(region.clock.now() + MINUTE_MS),
        Period: 60,
        Statistics: ['Maximum'],
      }),
    );
    return Datapoints.toSorted((a, b) => Number(a.Timestamp) - Number(b.Timestamp)).map(({ Maximum }) => Maximum);
  }
  const all = (instanceId: string) =>
    Promise.all(['', '_System', '_Instance', '_AttachedEBS'].map((suffix) => published(instanceId, suffix)));

  it('are published each minute, 0 for a check that passed and 1 for one that failed', async () => {
    const { instanceId } = node();
    await pass(2 * MINUTE_MS);
    region.ec2.setChecks(instanceId, { attachedEbs: 'impaired' });
    await pass(2 * MINUTE_MS);
    region.ec2.setChecks(instanceId, { attachedEbs: 'ok' });
    await pass(MINUTE_MS);
    const failed = [0, 0, 1, 1, 0];
    expect(await all(instanceId)).toEqual([failed, failed.map(() => 0), failed.map(() => 0), failed]);
  });

  it('are not published of an instance that does not run, nor while nothing is known', async () => {
    const stopped = node({ state: 'stopped' }).instanceId;
    const launched = region.ec2.launch({ privateIp: '10.0.0.12' });
    const unclear = region.ec2.addInstance({ privateIp: '10.0.0.13' });
    region.ec2.setChecks(unclear, { system: 'insufficient-data' });
    await pass(MINUTE_MS);
    for (const nothing of [stopped, launched]) expect(await all(nothing)).toEqual([[], [], [], []]);
    expect(await all(unclear)).toEqual([[], [], [0], [0]]);
    await pass(4 * MINUTE_MS);
    const { length } = await published(launched, '');
    expect(length).toBeGreaterThan(0);
    await terminate(launched);
    await pass(4 * MINUTE_MS);
    expect(await published(launched, '')).toHaveLength(length);
  });

  it('turn an alarm, and turn it back', async () => {
    const { instanceId } = node();
    await cloudwatch.send(
      new PutMetricAlarmCommand({
        AlarmName: 'node1-status',
        Namespace: 'AWS/EC2',
        MetricName: 'StatusCheckFailed_System',
        Dimensions: [{ Name: 'InstanceId', Value: instanceId }],
        Statistic: 'Maximum',
        Period: 60,
        EvaluationPeriods: 2,
        Threshold: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      }),
    );
    const alarm = async () => (await cloudwatch.send(new DescribeAlarmsCommand({}))).MetricAlarms?.[0]?.StateValue;
    await pass(5 * MINUTE_MS);
    expect(await alarm()).toBe('OK');
    region.ec2.setChecks(instanceId, { system: 'impaired' });
    await pass(5 * MINUTE_MS);
    expect(await alarm()).toBe('ALARM');
    region.ec2.setChecks(instanceId, { system: 'ok' });
    await pass(5 * MINUTE_MS);
    expect(await alarm()).toBe('OK');
  });
});

describe('A scheduled event', () => {
  it('is described until the instance was stopped and started, with its last time, and is found by its code', async () => {
    const { instanceId } = node();
    expect(await eventsOf(instanceId)).toEqual([]);
    const [first, later] = [region.clock.now() + 3 * 86_400_000, region.clock.now() + 5 * 86_400_000];
    region.ec2.announceEvent(instanceId, 'instance-retirement', first);
    await pass(5_000);
    const [announced] = await eventsOf(instanceId);
    expect(announced?.NotBefore?.getTime()).toBe(first);
    region.ec2.announceEvent(instanceId, 'instance-retirement', later);
    await pass(5_000);
    const [moved, ...more] = await eventsOf(instanceId);
    expect([moved?.InstanceEventId, moved?.NotBefore?.getTime(), more]).toEqual([
      announced?.InstanceEventId,
      later,
      [],
    ]);
    await ec2.send(new StopInstancesCommand({ InstanceIds: [instanceId] }));
    await pass(300_000);
    await ec2.send(new StartInstancesCommand({ InstanceIds: [instanceId] }));
    await pass(300_000);
    expect((await eventsOf(instanceId))[0]?.Description).toMatch(/^\[Completed\]/);
  });
});

describe('A fleet of 5,000', () => {
  it('is read whole in five pages, each node once, and none of those that were terminated', async () => {
    const instanceIds: string[] = [];
    for (let index = 0; index < 5_020; index++) {
      const privateIp = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
      instanceIds.push(region.ec2.addInstance({ privateIp, tags: { Component: 'nodes/bitcoin' } }));
      region.ec2.addInstance({ privateIp, tags: { Component: 'nodes/cosmos' } });
    }
    const gone = instanceIds.splice(1_000, 20);
    await terminate(...gone);
    await pass(MINUTE_MS);
    const Filters = [
      { Name: 'tag:Component', Values: ['nodes/bitcoin'] },
      { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
    ];
    const pages: string[][] = [];
    let NextToken: string | undefined;
    do {
      const asked = { Filters, MaxResults: 1_000, ...(NextToken === undefined ? {} : { NextToken }) };
      const page = await ec2.send(new DescribeInstancesCommand(asked));
      pages.push((page.Reservations ?? []).map(({ Instances }) => Instances?.[0]?.InstanceId ?? ''));
      NextToken = page.NextToken;
    } while (NextToken !== undefined && pages.length < 10);
    expect(pages.map(({ length }) => length)).toEqual([1_000, 1_000, 1_000, 1_000, 1_000]);
    expect(pages.flat()).toEqual(instanceIds);
  });
});
