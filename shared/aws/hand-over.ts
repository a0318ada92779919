// Points at another instance what pointed at one: elastic addresses, and target groups of load balancers. Idempotent by state; the way back is the
// same call with both instances exchanged. Sources: doc comments of AssociateAddressRequest in @aws-sdk/client-ec2, of DescribeTargetHealth,
// RegisterTargets and DeregisterTargets in @aws-sdk/client-elastic-load-balancing-v2.
import { type AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { AssociateAddressCommand, DescribeAddressesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import {
  DeregisterTargetsCommand,
  DescribeTagsCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  paginateDescribeTargetGroups,
  RegisterTargetsCommand,
  type TargetGroup,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { InstanceDescription } from './instances.ts';
import { type Accepted, type AwsRefusal, catchRefusal } from './refusals.ts';

export interface HandOverClients {
  readonly ec2: EC2Client;
  readonly elb: ElasticLoadBalancingV2Client;
  readonly autoscaling: AutoScalingClient;
}

export type InstanceEndpoint = Pick<InstanceDescription, 'instanceId' | 'privateIp' | 'vpcId'>;

export interface HandOver {
  readonly from: InstanceEndpoint;
  readonly to: InstanceEndpoint;
  /** The Auto Scaling group that has `from` on standby, and has therefore removed it from its target groups. */
  readonly autoScalingGroup: string | null;
  /** The elastic address that `from` had when it was terminated: EC2 has taken it off. null or absent: none. */
  readonly released?: string | null;
}

/** One call of a hand-over, as plain data: a caller with a journal writes each down before it is made. */
export type HandOverStep =
  | {
      readonly call: 'AssociateAddress';
      readonly allocationId: string;
      readonly ip: string;
      readonly from: string;
      readonly to: string;
    }
  | {
      readonly call: 'RegisterTargets' | 'DeregisterTargets';
      readonly targetGroupArn: string;
      readonly name: string;
      /** An instance id, or an address. */
      readonly id: string;
      readonly ports: readonly number[];
    };

/** "AssociateAddress eipalloc-…", "RegisterTargets i-… rpc" */
export const actOf = (step: HandOverStep): string =>
  step.call === 'AssociateAddress' ? `${step.call} ${step.allocationId}` : `${step.call} ${step.id} ${step.name}`;

export function sentenceOf(step: HandOverStep): string {
  if (step.call === 'AssociateAddress')
    return `elastic address ${step.ip} (${step.allocationId}) goes from ${step.from} to ${step.to}`;
  const { id, name, ports } = step;
  return step.call === 'RegisterTargets'
    ? `${id} comes into target group ${name} at port ${ports.join(', ')}`
    : `${id} leaves target group ${name}`;
}

/**
 * The calls that make everything that points at `from` point at `to`, in order. Each target group gets `to` before `from` leaves it, so that none is
 * ever without both. Empty where nothing points at `from` any more. An interrupted plan is made again.
 *
 * @throws an Error where not all target groups can be read
 */
export async function planHandOver(clients: HandOverClients, move: HandOver): Promise<readonly HandOverStep[]> {
  const [addresses, targets] = await Promise.all([planAddresses(clients.ec2, move), planTargets(clients, move)]);
  return [...addresses, ...targets];
}

/**
 * `to` must be running.
 *
 * @throws errors that leave the effect open, and throttling: repeating the same step is safe
 */
export const executeStep = ({ ec2, elb }: HandOverClients, step: HandOverStep): Promise<Accepted | AwsRefusal> =>
  catchRefusal(async () => {
    if (step.call === 'AssociateAddress') {
      const { allocationId, from, to } = step;
      const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({ AllocationIds: [allocationId] }));
      // "Reassociation is automatic, but you can specify false to ensure the operation fails": the address is taken only from the old instance.
      const isTheirs = Addresses[0]?.InstanceId === from;
      const associate = { AllocationId: allocationId, InstanceId: to, AllowReassociation: isTheirs };
      await ec2.send(new AssociateAddressCommand(associate));
    } else {
      const request = {
        TargetGroupArn: step.targetGroupArn,
        Targets: step.ports.map((Port) => ({ Id: step.id, Port })),
      };
      await elb.send(
        step.call === 'RegisterTargets' ? new RegisterTargetsCommand(request) : new DeregisterTargetsCommand(request),
      );
    }
    return { accepted: true };
  });

async function planAddresses(ec2: EC2Client, { from, to, released }: HandOver): Promise<readonly HandOverStep[]> {
  const which = released
    ? { Name: 'allocation-id', Values: [released] }
    : { Name: 'instance-id', Values: [from.instanceId] };
  const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({ Filters: [which] }));
  // Somebody may have given a released address to another one.
  const holder = released ? undefined : from.instanceId;
  return Addresses.flatMap(({ AllocationId, PublicIp = '', InstanceId, AssociationId }) =>
    AllocationId && (InstanceId || undefined) === holder && (holder !== undefined || !AssociationId)
      ? [
          {
            call: 'AssociateAddress' as const,
            allocationId: AllocationId,
            ip: PublicIp,
            from: from.instanceId,
            to: to.instanceId,
          },
        ]
      : [],
  );
}

async function planTargets(
  { elb, autoscaling }: HandOverClients,
  { from, to, autoScalingGroup }: HandOver,
): Promise<readonly HandOverStep[]> {
  const groups = await targetGroups(elb, from.vpcId || to.vpcId);
  const ofScalingGroup = autoScalingGroup === null ? [] : await scalingTargets(autoscaling, autoScalingGroup);
  const steps: HandOverStep[] = [];
  for (let at = 0; at < groups.length; at += READS_AT_ONCE) {
    const some = groups.slice(at, at + READS_AT_ONCE);
    const planned = await Promise.all(
      some.map(async (group) => stepsFor(group, await portsOf(elb, group, from, to), { from, to, ofScalingGroup })),
    );
    steps.push(...planned.flat());
  }
  return steps;
}

function stepsFor(
  group: Group,
  ports: { readonly from: readonly number[]; readonly to: readonly number[] },
  { from, to, ofScalingGroup }: Pick<HandOver, 'from' | 'to'> & { readonly ofScalingGroup: readonly string[] },
): readonly HandOverStep[] {
  // The scaling group removed the old instance from this target group when it went on standby: the new one is registered, at the group's own port.
  const owed = ports.from.length === 0 && ofScalingGroup.includes(group.arn) ? [group.port] : [];
  const missing = [...ports.from, ...owed].filter((port) => !ports.to.includes(port));
  const step = (
    call: 'RegisterTargets' | 'DeregisterTargets',
    place: InstanceEndpoint,
    at: readonly number[],
  ): HandOverStep[] =>
    at.length === 0 ? [] : [{ call, targetGroupArn: group.arn, name: group.name, id: group.idOf(place), ports: at }];
  return [...step('RegisterTargets', to, missing), ...step('DeregisterTargets', from, ports.from)];
}

interface Group {
  readonly arn: string;
  readonly name: string;
  readonly port: number;
  /** The id by which the group knows an instance: the instance id, or its address. */
  idOf(place: InstanceEndpoint): string;
}

/** DescribeTargetHealth answers for one group: with more groups in one VPC a person has to act. Pages of 400 (DescribeTargetGroups). */
const GROUPS_MAX = 400;
const PAGES_MAX = 10;
const READS_AT_ONCE = 5;

async function targetGroups(elb: ElasticLoadBalancingV2Client, vpcId: string): Promise<readonly Group[]> {
  const found: TargetGroup[] = [];
  let pages = 0;
  for await (const read of paginateDescribeTargetGroups({ client: elb }, {})) {
    found.push(...(read.TargetGroups ?? []).filter(({ VpcId }) => VpcId === vpcId));
    if (found.length > GROUPS_MAX || (++pages === PAGES_MAX && read.NextMarker))
      throw new Error(`there are more than ${GROUPS_MAX} target groups in ${vpcId}: half-read selections are refused`);
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

/** The ports at which either instance is registered; one that is draining has already left. */
async function portsOf(
  elb: ElasticLoadBalancingV2Client,
  group: Group,
  from: InstanceEndpoint,
  to: InstanceEndpoint,
): Promise<{ readonly from: readonly number[]; readonly to: readonly number[] }> {
  const { TargetHealthDescriptions = [] } = await elb.send(
    new DescribeTargetHealthCommand({ TargetGroupArn: group.arn }),
  );
  const ports = (place: InstanceEndpoint) =>
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

/** "You can specify up to 20 resources in a single call" (DescribeTags, Elastic Load Balancing API). */
const TAGGED_AT_ONCE = 20;

/** By ARN. @throws an Error where a group is gone */
export async function tagsOfTargetGroups(
  elb: ElasticLoadBalancingV2Client,
  arns: readonly string[],
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const tags = new Map<string, Readonly<Record<string, string>>>();
  for (let at = 0; at < arns.length; at += TAGGED_AT_ONCE) {
    const some = arns.slice(at, at + TAGGED_AT_ONCE);
    const { TagDescriptions = [] } = await elb.send(new DescribeTagsCommand({ ResourceArns: some }));
    for (const { ResourceArn = '', Tags = [] } of TagDescriptions)
      tags.set(ResourceArn, Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])));
  }
  return tags;
}
