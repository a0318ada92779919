// Elastic addresses, target groups and the owning scaling group move from a node's original instance to its replacement, and back.
import { AssociateAddressCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { RegisterTargetsCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { VPC_ID } from '../../../local/services/ec2/service.ts';
import type { ReplaceClients } from '../../../shared/aws/clients.ts';
import {
  actOf,
  executeStep,
  type HandOver,
  type InstanceEndpoint,
  planHandOver,
  sentenceOf,
} from '../../../shared/aws/hand-over.ts';
import { enterStandby, exitStandby, standbyState } from '../../../shared/aws/standby.ts';
import { type PacedRegion, pacedRegion } from '../../fixtures/paced-region.ts';

const MINUTE_MS = 60_000;
const GROUP = 'bitcoin-nodes';

let paced: PacedRegion;
let region: PacedRegion['region'];
let aws: ReplaceClients;
let old: InstanceEndpoint;
let young: InstanceEndpoint;

beforeEach(async () => {
  paced = await pacedRegion();
  ({ region } = paced);
  aws = await paced.clients();
  old = place('10.0.0.11');
  young = place('10.0.0.12');
});

afterEach(() => paced.end());

const place = (privateIp: string): InstanceEndpoint => ({
  instanceId: region.ec2.addInstance({ privateIp }),
  privateIp,
  vpcId: VPC_ID,
});
/** Plans a hand-over and carries it out, step by step; returns the result of each step. */
async function move(
  from: InstanceEndpoint,
  to: InstanceEndpoint,
  more: Partial<HandOver> = {},
): Promise<readonly string[]> {
  const done: string[] = [];
  for (const step of await planHandOver(aws, { from, to, autoScalingGroup: null, ...more })) {
    const taken = await executeStep(aws, step);
    if ('refused' in taken) throw new Error(`${actOf(step)}: ${taken.refused}`);
    done.push(sentenceOf(step));
  }
  return done;
}
const holderOf = (allocationId: string): string | undefined =>
  region.ec2.addresses().find((address) => address.allocationId === allocationId)?.association?.instanceId;
/** The targets of a group that do not leave it. */
const inside = (arn: string): string[] =>
  region.elb.health(arn).flatMap(({ id, port, state }) => (state === 'draining' ? [] : [`${id}:${port}`]));

describe('A hand-over', () => {
  it('brings the elastic address and the target groups, and says what it did', async () => {
    const allocationId = region.ec2.addAddress({ instanceId: old.instanceId });
    const byId = region.elb.addTargetGroup({ name: 'rpc', port: 8_332 });
    const byAddress = region.elb.addTargetGroup({ name: 'p2p', port: 8_333, targetType: 'ip' });
    region.elb.addTargets(byId, [old.instanceId]);
    region.elb.addTargets(byAddress, [old.privateIp]);
    expect(await move(old, young)).toEqual([
      expect.stringContaining(`(${allocationId}) goes from ${old.instanceId} to ${young.instanceId}`),
      `${young.instanceId} comes into target group rpc at port 8332`,
      `${old.instanceId} leaves target group rpc`,
      `${young.privateIp} comes into target group p2p at port 8333`,
      `${old.privateIp} leaves target group p2p`,
    ]);
    expect(holderOf(allocationId)).toBe(young.instanceId);
    expect([inside(byId), inside(byAddress)]).toEqual([[`${young.instanceId}:8332`], [`${young.privateIp}:8333`]]);
  });

  it('is planned before anything is done, call by call, as a journal names them', async () => {
    const allocationId = region.ec2.addAddress({ instanceId: old.instanceId });
    const arn = region.elb.addTargetGroup({ name: 'rpc', port: 8_332 });
    region.elb.addTargets(arn, [old.instanceId]);
    const plan = await planHandOver(aws, { from: old, to: young, autoScalingGroup: null });
    expect(plan.map(actOf)).toEqual([
      `AssociateAddress ${allocationId}`,
      `RegisterTargets ${young.instanceId} rpc`,
      `DeregisterTargets ${old.instanceId} rpc`,
    ]);
    expect([holderOf(allocationId), inside(arn)]).toEqual([old.instanceId, [`${old.instanceId}:8332`]]);
    // The plan as it comes back from a checkpoint; each step runs twice, as after a lost answer.
    for (const step of JSON.parse(JSON.stringify([...plan, ...plan])))
      expect(await executeStep(aws, step)).toEqual({ accepted: true });
    expect([holderOf(allocationId), inside(arn)]).toEqual([young.instanceId, [`${young.instanceId}:8332`]]);
  });

  it('is nothing the second time, and the way back is the same with both exchanged', async () => {
    const allocationId = region.ec2.addAddress({ instanceId: old.instanceId });
    const arn = region.elb.addTargetGroup({ name: 'rpc', port: 8_332 });
    region.elb.addTargets(arn, [old.instanceId]);
    await move(old, young);
    expect(await move(old, young)).toEqual([]);
    expect(await move(young, old)).toHaveLength(3);
    expect([holderOf(allocationId), inside(arn)]).toEqual([old.instanceId, [`${old.instanceId}:8332`]]);
  });

  it('goes on where it was interrupted: a group that has both loses the old one', async () => {
    const arn = region.elb.addTargetGroup({ name: 'rpc', port: 8_332 });
    region.elb.addTargets(arn, [old.instanceId, young.instanceId]);
    expect(await move(old, young)).toEqual([`${old.instanceId} leaves target group rpc`]);
    expect(inside(arn)).toEqual([`${young.instanceId}:8332`]);
  });

  it('keeps the port that the old one was registered with, and leaves groups of others alone', async () => {
    const arn = region.elb.addTargetGroup({ name: 'rpc', port: 8_332 });
    const others = region.elb.addTargetGroup({ name: 'others', port: 80 });
    const stranger = place('10.0.0.13');
    region.elb.addTargets(others, [stranger.instanceId]);
    const Targets = [{ Id: old.instanceId, Port: 18_332 }];
    await aws.elb.send(new RegisterTargetsCommand({ TargetGroupArn: arn, Targets }));
    await move(old, young);
    expect([inside(arn), inside(others)]).toEqual([[`${young.instanceId}:18332`], [`${stranger.instanceId}:80`]]);
  });

  it('does not take an address that went to somebody else meanwhile', async () => {
    const allocationId = region.ec2.addAddress({ instanceId: old.instanceId });
    const stranger = place('10.0.0.13');
    await aws.ec2.send(new AssociateAddressCommand({ AllocationId: allocationId, InstanceId: stranger.instanceId }));
    expect(await move(old, young)).toEqual([]);
    const ids = { from: old.instanceId, to: young.instanceId };
    const step = { call: 'AssociateAddress', allocationId, ip: '198.18.0.1', ...ids } as const;
    expect(await executeStep(aws, step)).toMatchObject({ code: 'Resource.AlreadyAssociated' });
    expect(holderOf(allocationId)).toBe(stranger.instanceId);
  });

  it('fails aloud where the new one does not run, with nothing taken from the old one', async () => {
    const arn = region.elb.addTargetGroup({ name: 'rpc', port: 8_332 });
    region.elb.addTargets(arn, [old.instanceId]);
    await aws.ec2.send(new StopInstancesCommand({ InstanceIds: [young.instanceId] }));
    await expect(move(old, young)).rejects.toThrow('not in a running state');
    expect(inside(arn)).toEqual([`${old.instanceId}:8332`]);
  });

  it('is refused where there are more target groups than can be read, instead of missing some', async () => {
    for (let i = 0; i < 401; i++) region.elb.addTargetGroup({ name: `group-${i}`, port: 80 });
    await expect(move(old, young)).rejects.toThrow('more than 400 target groups');
  });
});

describe('A member of a scaling group', () => {
  const member = () => ({ group: GROUP, instanceId: old.instanceId });
  const group = (more: object = {}) =>
    region.autoscaling.addGroup({ name: GROUP, instanceIds: [old.instanceId, young.instanceId], maxSize: 3, ...more });
  const is = async () => (await standbyState(aws.autoscaling, old.instanceId)).is;

  it('goes on standby with one fewer wanted, may be stopped there, and comes back', async () => {
    group();
    expect(await is()).toBe('in-service');
    expect(await enterStandby(aws.autoscaling, member())).toEqual({ accepted: true });
    expect(await is()).toBe('entering');
    expect(await enterStandby(aws.autoscaling, member())).toEqual({ accepted: true });
    await paced.pass(MINUTE_MS);
    expect(await is()).toBe('standby');
    expect(region.autoscaling.group(GROUP).desired).toBe(1);
    await aws.ec2.send(new StopInstancesCommand({ InstanceIds: [old.instanceId] }));
    await paced.pass(10 * MINUTE_MS);
    expect(region.autoscaling.group(GROUP).members.size).toBe(2);
    expect(await exitStandby(aws.autoscaling, member())).toEqual({ accepted: true });
    expect(await is()).toBe('leaving');
    expect(await exitStandby(aws.autoscaling, member())).toEqual({ accepted: true });
    expect(region.autoscaling.group(GROUP).desired).toBe(2);
    expect(paced.count('EnterStandby') + paced.count('ExitStandby')).toBe(2);
    expect(
      region.kernel.works.some(({ what, resources }) => what === 'standby' && resources[0] === old.instanceId),
    ).toBe(true);
  });

  it('is on standby, and back, also where the answer was lost and the client’s second call is refused', async () => {
    group();
    const send = aws.autoscaling.send.bind(aws.autoscaling) as (command: unknown) => Promise<unknown>;
    const twice = Object.assign(Object.create(aws.autoscaling), {
      send: async (command: object) => {
        if (/^(Enter|Exit)Standby/.test(command.constructor.name)) await send(command);
        return send(command);
      },
    });
    expect(await enterStandby(twice, member())).toEqual({ accepted: true });
    expect(region.autoscaling.group(GROUP).desired).toBe(1);
    await paced.pass(MINUTE_MS);
    expect(await exitStandby(twice, member())).toEqual({ accepted: true });
    expect(region.autoscaling.group(GROUP).desired).toBe(2);
    expect(paced.count('EnterStandby') + paced.count('ExitStandby')).toBe(4);
  });

  it('stays where the group cannot spare one, and a person is told what to change', async () => {
    group({ minSize: 2 });
    expect(await enterStandby(aws.autoscaling, member())).toEqual({
      code: 'MinSize',
      refused: expect.stringContaining('a minimum of 2 and wants 2'),
    });
    expect(paced.count('EnterStandby')).toBe(0);
  });

  it('is left alone where it is none, or is on its way out', async () => {
    expect(await standbyState(aws.autoscaling, old.instanceId)).toEqual({ is: 'elsewhere', lifecycle: 'none' });
    expect(await enterStandby(aws.autoscaling, member())).toMatchObject({ code: 'LifecycleState' });
    expect(await exitStandby(aws.autoscaling, member())).toMatchObject({
      refused: expect.stringContaining('in no Auto Scaling group'),
    });
  });

  it('finds no room to come back to where the group has grown to its maximum', async () => {
    group({ maxSize: 2 });
    await enterStandby(aws.autoscaling, member());
    await paced.pass(MINUTE_MS);
    region.autoscaling.group(GROUP).desired = 2;
    expect(await exitStandby(aws.autoscaling, member())).toMatchObject({ code: 'ValidationError' });
  });

  it('is still handed over while on standby, when its group has taken it out of the target groups', async () => {
    const arn = region.elb.addTargetGroup({ name: 'rpc', port: 8_332, deregistrationDelaySeconds: 10 });
    region.elb.addTargets(arn, [old.instanceId]);
    const instanceIds = [old.instanceId];
    group({ instanceIds, targetGroupArns: [arn], minSize: 0 });
    await enterStandby(aws.autoscaling, member());
    await paced.pass(MINUTE_MS);
    expect(inside(arn)).toEqual([]);
    expect(await move(old, young, { autoScalingGroup: GROUP })).toEqual([
      `${young.instanceId} comes into target group rpc at port 8332`,
    ]);
    expect(await move(old, young, { autoScalingGroup: GROUP })).toEqual([]);
  });
});
