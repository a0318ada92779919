// What pointed at one instance points at another: elastic addresses, and target groups of load balancers. Idempotent by state, and the way back
// is the same call with both exchanged. Sources: doc comments of AssociateAddressRequest in @aws-sdk/client-ec2, of DescribeTargetHealth,
// RegisterTargets and DeregisterTargets in @aws-sdk/client-elastic-load-balancing-v2.
import { type AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { AssociateAddressCommand, DescribeAddressesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import {
  DeregisterTargetsCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
  type TargetGroup,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { InstanceNow } from './instances.ts';

export interface HandOverClients {
  readonly ec2: EC2Client;
  readonly elb: ElasticLoadBalancingV2Client;
  readonly autoscaling: AutoScalingClient;
}

export type Place = Pick<InstanceNow, 'instanceId' | 'privateIp' | 'vpcId'>;

export interface HandOver {
  readonly from: Place;
  readonly to: Place;
  /** A group that has `from` on standby, and has taken it out of its target groups for that. */
  readonly autoScalingGroup: string | null;
}

/**
 * Moves what points at `from` to `to`, which must be running. Each target group has `to` before `from` leaves it, so that none is ever without
 * both; a call that was interrupted is made again.
 *
 * @returns a sentence for each thing that was done; none where nothing pointed at `from` any more
 * @throws whatever AWS refuses, and an Error where not all target groups can be read
 */
export async function handOver(clients: HandOverClients, move: HandOver): Promise<readonly string[]> {
  const addresses = await moveAddresses(clients.ec2, move);
  const targets = await moveTargets(clients, move);
  return [...addresses, ...targets];
}

/** "Reassociation is automatic, but you can specify false to ensure the operation fails": it is the old one's, or it is left alone. */
async function moveAddresses(ec2: EC2Client, { from, to }: HandOver): Promise<readonly string[]> {
  const byInstance = { Filters: [{ Name: 'instance-id', Values: [from.instanceId] }] };
  const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand(byInstance));
  const done: string[] = [];
  for (const { AllocationId, PublicIp, InstanceId } of Addresses) {
    if (!AllocationId || InstanceId !== from.instanceId) continue;
    const associate = { AllocationId, InstanceId: to.instanceId, AllowReassociation: true };
    await ec2.send(new AssociateAddressCommand(associate));
    done.push(`elastic address ${PublicIp} (${AllocationId}) went from ${from.instanceId} to ${to.instanceId}`);
  }
  return done;
}

async function moveTargets(
  { elb, autoscaling }: HandOverClients,
  { from, to, autoScalingGroup }: HandOver,
): Promise<readonly string[]> {
  const groups = await targetGroups(elb, from.vpcId || to.vpcId);
  const ofScalingGroup = autoScalingGroup === null ? [] : await scalingTargets(autoscaling, autoScalingGroup);
  const done: string[] = [];
  for (let at = 0; at < groups.length; at += READS_AT_ONCE) {
    const some = groups.slice(at, at + READS_AT_ONCE);
    const registered = await Promise.all(some.map((group) => portsOf(elb, group, from, to)));
    for (const [i, group] of some.entries()) {
      const seen = registered[i];
      if (!seen) continue;
      // What its scaling group took out when it went on standby comes back in with the new one, at the group's own port.
      const owed = seen.from.length === 0 && ofScalingGroup.includes(group.arn) ? [group.port] : [];
      done.push(...(await moveIn(elb, group, { ...seen, owed }, { from, to })));
    }
  }
  return done;
}

async function moveIn(
  elb: ElasticLoadBalancingV2Client,
  group: Group,
  ports: { readonly from: readonly number[]; readonly to: readonly number[]; readonly owed: readonly number[] },
  { from, to }: Pick<HandOver, 'from' | 'to'>,
): Promise<readonly string[]> {
  const done: string[] = [];
  const missing = [...ports.from, ...ports.owed].filter((port) => !ports.to.includes(port));
  if (missing.length > 0) {
    const Targets = missing.map((Port) => ({ Id: group.idOf(to), Port }));
    await elb.send(new RegisterTargetsCommand({ TargetGroupArn: group.arn, Targets }));
    done.push(`${group.idOf(to)} is in target group ${group.name} at port ${missing.join(', ')}`);
  }
  if (ports.from.length > 0) {
    const Targets = ports.from.map((Port) => ({ Id: group.idOf(from), Port }));
    await elb.send(new DeregisterTargetsCommand({ TargetGroupArn: group.arn, Targets }));
    done.push(`${group.idOf(from)} left target group ${group.name}`);
  }
  return done;
}

interface Group {
  readonly arn: string;
  readonly name: string;
  readonly port: number;
  /** By what the group knows an instance: its id, or its address. */
  idOf(place: Place): string;
}

/** DescribeTargetHealth tells of one group: an account that has more of them in one VPC asks a person. Pages of 400 (DescribeTargetGroups). */
const GROUPS_MAX = 400;
const PAGES_MAX = 10;
const READS_AT_ONCE = 5;

async function targetGroups(elb: ElasticLoadBalancingV2Client, vpcId: string): Promise<readonly Group[]> {
  const found: TargetGroup[] = [];
  let Marker: string | undefined;
  for (let page = 0; page === 0 || Marker; page++) {
    const read =
      page < PAGES_MAX ? await elb.send(new DescribeTargetGroupsCommand({ ...(Marker && { Marker }) })) : undefined;
    found.push(...(read?.TargetGroups ?? []).filter(({ VpcId }) => VpcId === vpcId));
    if (!read || found.length > GROUPS_MAX)
      throw new Error(`there are more than ${GROUPS_MAX} target groups in ${vpcId}: half-read selections are refused`);
    Marker = read.NextMarker;
  }
  return found.flatMap(({ TargetGroupArn, TargetGroupName = '', TargetType, Port }) =>
    TargetGroupArn && Port && (TargetType === 'instance' || TargetType === 'ip')
      ? [
          {
            arn: TargetGroupArn,
            name: TargetGroupName,
            port: Port,
            idOf: ({ instanceId, privateIp }) => (TargetType === 'instance' ? instanceId : privateIp),
          },
        ]
      : [],
  );
}

/** The ports at which either is registered; one that is draining has left already. */
async function portsOf(
  elb: ElasticLoadBalancingV2Client,
  group: Group,
  from: Place,
  to: Place,
): Promise<{ readonly from: readonly number[]; readonly to: readonly number[] }> {
  const { TargetHealthDescriptions = [] } = await elb.send(
    new DescribeTargetHealthCommand({ TargetGroupArn: group.arn }),
  );
  const ports = (place: Place) =>
    TargetHealthDescriptions.flatMap(({ Target, TargetHealth }) =>
      Target?.Id === group.idOf(place) && TargetHealth?.State !== 'draining' ? [Target.Port ?? group.port] : [],
    );
  return { from: ports(from), to: ports(to) };
}

async function scalingTargets(autoscaling: AutoScalingClient, name: string): Promise<readonly string[]> {
  const byName = { AutoScalingGroupNames: [name] };
  const { AutoScalingGroups = [] } = await autoscaling.send(new DescribeAutoScalingGroupsCommand(byName));
  return AutoScalingGroups[0]?.TargetGroupARNs ?? [];
}
