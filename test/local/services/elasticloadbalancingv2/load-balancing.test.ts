// Target groups and the health of their targets, as unmodified SDK clients see it in a whole region.
import {
  CreateTargetGroupCommand,
  DeregisterTargetsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
  type TargetDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { rpcHost } from '../../../../local/nodes/rpc/node-rpc.ts';
import type { Region } from '../../../../local/region.ts';
import { VPC_ID } from '../../../../local/services/ec2/service.ts';
import type { ClockFollower } from '../../../../local/simulator/clock.ts';
import { chainOf, nodeOf } from '../../../fixtures/builders/simulated-node.ts';
import { type WholeRegion, wholeRegion } from '../../../fixtures/whole-region.ts';

const MINUTE_MS = 60_000;
const PORT = 8_332;

let whole: WholeRegion;
let region: Region;
let elb: ElasticLoadBalancingV2Client;
let following: ClockFollower;

beforeEach(async () => {
  whole = await wholeRegion();
  ({ region } = whole);
  await whole.following.stop();
  following = region.clock.follow({ speed: 2 });
  elb = new ElasticLoadBalancingV2Client(await whole.as());
});

afterEach(() => following.stop());

/** Advances virtual time by this much immediately. */
async function pass(ms: number): Promise<void> {
  await following.stop();
  await region.clock.run({ untilMs: region.clock.now() + ms });
  following = region.clock.follow({ speed: 2 });
}

/** A node whose RPC answers on its private address. */
function node(privateIp = '10.0.0.11') {
  const instanceId = region.ec2.addInstance({ privateIp });
  const chain = chainOf(region.kernel, { name: `bitcoin-${privateIp}`, protocol: 'bitcoin' });
  const machine = nodeOf(region.kernel, chain, { instanceId, privateIp });
  region.machines.add(machine);
  region.network.attach(privateIp, { vpcId: VPC_ID }, rpcHost(machine));
  return { instanceId, machine, privateIp };
}

const group = (more: object = {}): string => region.elb.addTargetGroup({ name: 'bitcoin-rpc', port: PORT, ...more });
const register = (TargetGroupArn: string, ...ids: string[]) =>
  elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: ids.map((Id) => ({ Id })) }));
const deregister = (TargetGroupArn: string, ...ids: string[]) =>
  elb.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets: ids.map((Id) => ({ Id })) }));

async function health(TargetGroupArn: string, Targets?: TargetDescription[]) {
  const { TargetHealthDescriptions = [] } = await elb.send(
    new DescribeTargetHealthCommand({ TargetGroupArn, Targets }),
  );
  return TargetHealthDescriptions.map(({ TargetHealth }) => [TargetHealth?.State, TargetHealth?.Reason]);
}

describe('A target', () => {
  it('is initial when it is registered, healthy while its RPC answers, and unhealthy after two checks that fail', async () => {
    const { instanceId, machine } = node();
    const arn = group();
    await register(arn, instanceId);
    expect(await health(arn)).toEqual([['initial', 'Elb.RegistrationInProgress']]);
    await pass(MINUTE_MS);
    expect(await health(arn)).toEqual([['healthy', undefined]]);
    machine.stopClient();
    await pass(MINUTE_MS / 2);
    expect(await health(arn)).toEqual([['healthy', undefined]]);
    await pass(MINUTE_MS / 2);
    expect(await health(arn)).toEqual([['unhealthy', 'Target.FailedHealthChecks']]);
    machine.startClient();
    await pass(2 * MINUTE_MS);
    expect(await health(arn)).toEqual([['unhealthy', 'Target.FailedHealthChecks']]);
    await pass(MINUTE_MS);
    expect(await health(arn)).toEqual([['healthy', undefined]]);
  });

  it('by address is found in its zone, and checked whatever is behind it', async () => {
    const { privateIp, machine } = node('10.0.64.11');
    const arn = group({ targetType: 'ip' });
    await register(arn, privateIp, '10.0.64.12');
    await pass(2 * MINUTE_MS);
    const { TargetHealthDescriptions } = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: arn }));
    expect(TargetHealthDescriptions).toMatchObject([
      { Target: { Id: privateIp, Port: PORT, AvailabilityZone: 'eu-west-1b' }, TargetHealth: { State: 'healthy' } },
      { Target: { Id: '10.0.64.12' }, TargetHealth: { State: 'unhealthy', Reason: 'Target.FailedHealthChecks' } },
    ]);
    machine.powerOff();
    await pass(2 * MINUTE_MS);
    expect((await health(arn))[0]).toEqual(['unhealthy', 'Target.Timeout']);
    await expect(register(arn, '192.168.0.1')).rejects.toMatchObject({ name: 'InvalidTargetException' });
  });

  it('is asked for a page where the group says so, and must answer with the right code', async () => {
    const { instanceId } = node();
    const arn = group({ protocol: 'HTTP', check: { path: '/rest/chaininfo.json' } });
    const lenient = region.elb.addTargetGroup({
      name: 'lenient',
      port: PORT,
      protocol: 'HTTP',
      check: { codes: [200, 499] },
    });
    await register(arn, instanceId);
    await register(lenient, instanceId);
    await pass(3 * MINUTE_MS);
    expect(await health(arn)).toEqual([['unhealthy', 'Target.ResponseCodeMismatch']]);
    expect(await health(lenient)).toEqual([['healthy', undefined]]);
  });

  it('that leaves drains for the delay of its group, unless nothing was sent to it; it may come back meanwhile', async () => {
    const first = node();
    const second = node('10.0.0.12');
    const arn = group({ deregistrationDelaySeconds: 60 });
    region.elb.addTargets(arn, [first.instanceId]);
    await register(arn, second.instanceId);
    await deregister(arn, first.instanceId, second.instanceId, 'i-0123456789abcdef0');
    expect(await health(arn)).toEqual([['draining', 'Target.DeregistrationInProgress']]);
    await register(arn, first.instanceId);
    await pass(2 * MINUTE_MS);
    expect(await health(arn)).toEqual([['healthy', undefined]]);
    await deregister(arn, first.instanceId);
    await pass(2 * MINUTE_MS);
    expect(await health(arn)).toEqual([]);
    expect(await health(arn, [{ Id: first.instanceId }])).toEqual([['unused', 'Target.NotRegistered']]);
  });

  it('that is an instance must run to be registered; stopped it is unused, terminated it is gone', async () => {
    const { instanceId } = node();
    const stopped = region.ec2.addInstance({ privateIp: '10.0.0.12', state: 'stopped' });
    const arn = group();
    await expect(register(arn, stopped)).rejects.toMatchObject({
      name: 'InvalidTargetException',
      message: expect.stringContaining('not in a running state'),
    });
    await expect(register(arn, 'i-0123456789abcdef0')).rejects.toMatchObject({ name: 'InvalidTargetException' });
    region.elb.addTargets(arn, [instanceId]);
    await region.call('ec2', 'StopInstances', { InstanceIds: [instanceId] });
    await pass(MINUTE_MS);
    expect(await health(arn)).toEqual([['unused', 'Target.InvalidState']]);
    await region.call('ec2', 'TerminateInstances', { InstanceIds: [instanceId] });
    await pass(2 * MINUTE_MS);
    expect(await health(arn)).toEqual([]);
  });
});

describe('Target groups', () => {
  it('are found by name and ARN, and say how they check and how long they drain', async () => {
    const arn = group({ deregistrationDelaySeconds: 30 });
    const { TargetGroups } = await elb.send(new DescribeTargetGroupsCommand({ Names: ['bitcoin-rpc'] }));
    expect(TargetGroups).toMatchObject([
      {
        TargetGroupArn: arn,
        Port: PORT,
        Protocol: 'TCP',
        TargetType: 'instance',
        VpcId: VPC_ID,
        HealthCheckIntervalSeconds: 30,
      },
    ]);
    const { Attributes } = await elb.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn: arn }));
    expect(Attributes).toEqual([{ Key: 'deregistration_delay.timeout_seconds', Value: '30' }]);
    await expect(elb.send(new DescribeTargetGroupsCommand({ Names: ['none'] }))).rejects.toMatchObject({
      name: 'TargetGroupNotFoundException',
    });
  });

  it('that no load balancer uses check nobody', async () => {
    const { instanceId } = node();
    const created = new CreateTargetGroupCommand({ Name: 'new', Port: PORT, Protocol: 'TCP', VpcId: VPC_ID });
    const { TargetGroups } = await elb.send(created);
    const arn = TargetGroups?.[0]?.TargetGroupArn ?? '';
    await register(arn, instanceId);
    await pass(2 * MINUTE_MS);
    expect(await health(arn)).toEqual([['unused', 'Target.NotInUse']]);
    await expect(elb.send(created)).rejects.toMatchObject({ name: 'DuplicateTargetGroupNameException' });
  });

  it('are a role’s by their tags', async () => {
    const { instanceId } = node();
    const ours = group({ tags: { Fleet: 'bitcoin' } });
    const others = region.elb.addTargetGroup({ name: 'others', port: PORT });
    const role = new ElasticLoadBalancingV2Client(
      await whole.as([
        {
          Effect: 'Allow',
          Action: 'elasticloadbalancing:*Targets',
          Resource: 'arn:aws:elasticloadbalancing:*:*:targetgroup/*',
          Condition: { StringEquals: { 'aws:ResourceTag/Fleet': 'bitcoin' } },
        },
      ]),
    );
    const move = (TargetGroupArn: string) =>
      role.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: instanceId }] }));
    await move(ours);
    await expect(move(others)).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining(`elasticloadbalancing:RegisterTargets on resource: ${others}`),
    });
  });
});
