// Elastic Load Balancing: target groups, their targets, and the targets' health. Of load balancers and listeners there is only which target group they
// use; traffic is not modelled. Sources: doc comments of the commands in @aws-sdk/client-elastic-load-balancing-v2.
import type {
  CreateListenerInput,
  CreateListenerOutput,
  CreateLoadBalancerInput,
  CreateLoadBalancerOutput,
  CreateTargetGroupInput,
  CreateTargetGroupOutput,
  DeregisterTargetsInput,
  DescribeTagsInput,
  DescribeTagsOutput,
  DescribeTargetGroupAttributesInput,
  DescribeTargetGroupAttributesOutput,
  DescribeTargetGroupsInput,
  DescribeTargetGroupsOutput,
  DescribeTargetHealthInput,
  DescribeTargetHealthOutput,
  RegisterTargetsInput,
  TargetDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Kernel } from '../../simulator/kernel.ts';
import type { Network } from '../../simulator/network/network.ts';
import { AwsError, notEmulated, type Service } from '../../simulator/service.ts';
import { type Ec2, VPC_ID } from '../ec2/service.ts';
import { isIn } from '../ec2/subnets.ts';
import { pageOf, type Tokens, wholeNumber } from '../pages.ts';
import { described, seedOf } from './forms.ts';
import { Prober } from './prober.ts';
import {
  newGroup,
  type ReportedHealth,
  type Target,
  type TargetGroup,
  type TargetGroupSeed,
  targetKey,
} from './target-groups.ts';

export type { TargetGroupSeed } from './target-groups.ts';

export interface LoadBalancing extends Service {
  /** Adds a target group; returns its ARN. */
  addTargetGroup(seed: TargetGroupSeed): string;
  /** Registers targets, as their owner does; before a story they are healthy immediately. */
  addTargets(arn: string, ids: readonly string[], health?: 'initial' | 'healthy'): void;
  /** A scaling group registers its members with this. */
  register(arn: string, instanceId: string): void;
  deregister(arn: string, instanceId: string): void;
  /** The true health of every target of a group, for reports. Throws the service's own error for an unknown ARN. */
  health(arn: string): readonly (ReportedHealth & { readonly id: string; readonly port: number })[];
  targetGroups(): readonly TargetGroup[];
  /** For the conditions of IAM policies; empty for an unknown ARN. */
  tags(arn: string): Readonly<Record<string, string>>;
}

/** "Targets per target group (instances or IP addresses)": 1,000 ("Quotas for your Application Load Balancers"). */
const TARGETS_MAX = 1_000;
/** "Target groups per Region" (same page). */
const GROUPS_MAX = 3_000;
/** "Network Load Balancers per Region": 50 ("Quotas for your Network Load Balancers"). */
const BALANCERS_MAX = 50;
const PAGE_MAX = 400;
const MARKERS: Tokens = {
  ...wholeNumber,
  refused: (marker) => new AwsError('ValidationError', `Marker '${marker}' is not valid`),
};
/** "You can specify up to 20 resources in a single call" (DescribeTags). */
const TAGGED_AT_ONCE = 20;

export function createLoadBalancing(kernel: Kernel, ec2: Ec2, network: Network): LoadBalancing {
  const groups = new Map<string, TargetGroup>();
  const balancers = new Set<string>();
  const prober = new Prober(kernel, ec2, network);
  const ids = kernel.random('elasticloadbalancing/ids');
  const prefix = `arn:aws:elasticloadbalancing:${kernel.regionName}:${kernel.accountId}`;

  const find = (arn = ''): TargetGroup => {
    const group = groups.get(arn);
    if (group) return group;
    throw new AwsError('TargetGroupNotFoundException', `Target groups '${arn}' not found`);
  };

  const add = (seed: TargetGroupSeed): TargetGroup => {
    if ([...groups.values()].some(({ name }) => name === seed.name)) {
      throw new AwsError(
        'DuplicateTargetGroupNameException',
        `A target group with the same name '${seed.name}' exists`,
      );
    }
    if (groups.size >= GROUPS_MAX)
      throw new AwsError('TooManyTargetGroupsException', `At most ${GROUPS_MAX} target groups`);
    const group = newGroup(seed, {
      arn: `${prefix}:targetgroup/${seed.name}/${ids.hex(16)}`,
      vpcId: VPC_ID,
      loadBalancerArn: `${prefix}:loadbalancer/${seed.protocol === 'HTTP' ? 'app' : 'net'}/${seed.name}/${ids.hex(16)}`,
    });
    groups.set(group.arn, group);
    return group;
  };

  const register = (group: TargetGroup, id: string, port: number, availabilityZone?: string): void => {
    const known = group.targets.get(targetKey(id, port));
    if (known && known.state !== 'draining') return;
    if (!known && group.targets.size >= TARGETS_MAX) {
      throw new AwsError('TooManyTargetsException', `At most ${TARGETS_MAX} targets in a target group`);
    }
    group.targets.set(targetKey(id, port), {
      id,
      port,
      availabilityZone,
      registeredAtMs: kernel.clock.now(),
      state: 'initial',
      reason: 'Elb.RegistrationInProgress',
      streak: 0,
    });
    prober.follow(group);
  };

  /**
   * "If a deregistering target has no in-flight requests and no active connections, Elastic Load Balancing immediately completes the deregistration"
   * ("Deregistration delay"). Connections are not modelled, so a target that got traffic drains for the whole delay.
   */
  const deregister = (group: TargetGroup, target: Target): void => {
    const key = targetKey(target.id, target.port);
    if (target.state === 'draining') return;
    if (prober.shown(group, target).state !== 'healthy') {
      group.targets.delete(key);
      return;
    }
    target.state = 'draining';
    target.reason = 'Target.DeregistrationInProgress';
    kernel.clock.after(group.deregistrationDelaySeconds * 1_000, () => {
      if (group.targets.get(key) === target) group.targets.delete(key);
    });
  };

  const health = (group: TargetGroup) =>
    [...group.targets.values()].map((target) => ({ id: target.id, port: target.port, ...prober.shown(group, target) }));

  return {
    name: 'elasticloadbalancing',
    operations: {
      CreateLoadBalancer: ({
        Name = '',
        Type = 'application',
        Scheme = 'internet-facing',
        ...input
      }: CreateLoadBalancerInput): CreateLoadBalancerOutput => {
        if (balancers.size >= BALANCERS_MAX)
          throw new AwsError('TooManyLoadBalancersException', `At most ${BALANCERS_MAX} load balancers`);
        const subnets = (input.Subnets ?? []).map((id) => ec2.vpcOf(id));
        const [VpcId] = subnets;
        if (VpcId === undefined || subnets.includes(undefined))
          throw new AwsError('SubnetNotFoundException', 'The subnets do not exist');
        const LoadBalancerArn = `${prefix}:loadbalancer/${Type === 'network' ? 'net' : 'app'}/${Name}/${ids.hex(16)}`;
        balancers.add(LoadBalancerArn);
        const DNSName = `${Name}-${ids.hex(16)}.elb.${kernel.regionName}.amazonaws.com`;
        return {
          LoadBalancers: [
            { LoadBalancerArn, DNSName, LoadBalancerName: Name, Type, Scheme, VpcId, State: { Code: 'active' } },
          ],
        };
      },

      CreateListener: ({
        LoadBalancerArn = '',
        DefaultActions = [],
        Port,
        Protocol,
      }: CreateListenerInput): CreateListenerOutput => {
        if (!balancers.has(LoadBalancerArn))
          throw new AwsError('LoadBalancerNotFoundException', `Load balancer '${LoadBalancerArn}' not found`);
        for (const { Type, TargetGroupArn } of DefaultActions) {
          if (Type !== 'forward' || TargetGroupArn === undefined) throw notEmulated(`the action ${Type} of a listener`);
          const group = find(TargetGroupArn);
          group.loadBalancerArns = [...new Set([...group.loadBalancerArns, LoadBalancerArn])];
          if (group.targets.size > 0) prober.follow(group);
        }
        const ListenerArn = `${LoadBalancerArn.replace(':loadbalancer/', ':listener/')}/${ids.hex(16)}`;
        return { Listeners: [{ ListenerArn, LoadBalancerArn, Port, Protocol, DefaultActions }] };
      },

      CreateTargetGroup: (input: CreateTargetGroupInput): CreateTargetGroupOutput => ({
        TargetGroups: [described(add(seedOf(input)))],
      }),

      DescribeTargetGroups: (input: DescribeTargetGroupsInput): DescribeTargetGroupsOutput => {
        const { TargetGroupArns: arns, Names: names, LoadBalancerArn, Marker, PageSize = PAGE_MAX } = input;
        for (const arn of arns ?? []) find(arn);
        const missing = (names ?? []).find((name) => ![...groups.values()].some((group) => group.name === name));
        if (missing !== undefined) {
          throw new AwsError('TargetGroupNotFoundException', `One or more target groups not found: ${missing}`);
        }
        const chosen = [...groups.values()].filter(
          (group) =>
            (arns === undefined || arns.includes(group.arn)) &&
            (names === undefined || names.includes(group.name)) &&
            (LoadBalancerArn === undefined || group.loadBalancerArns.includes(LoadBalancerArn)),
        );
        const size = Math.min(Math.max(1, PageSize), PAGE_MAX);
        const { items, next } = pageOf(chosen, Marker, size, MARKERS);
        return { TargetGroups: items.map(described), ...(next && { NextMarker: next }) };
      },

      DescribeTargetGroupAttributes: (
        input: DescribeTargetGroupAttributesInput,
      ): DescribeTargetGroupAttributesOutput => ({
        Attributes: [
          {
            Key: 'deregistration_delay.timeout_seconds',
            Value: String(find(input.TargetGroupArn).deregistrationDelaySeconds),
          },
        ],
      }),

      DescribeTags: ({ ResourceArns = [] }: DescribeTagsInput): DescribeTagsOutput => {
        if (ResourceArns.length > TAGGED_AT_ONCE)
          throw new AwsError('ValidationError', `ResourceArns: expected at most ${TAGGED_AT_ONCE}`);
        return {
          TagDescriptions: ResourceArns.map((arn) => ({
            ResourceArn: arn,
            Tags: Object.entries(find(arn).tags).map(([Key, Value]) => ({ Key, Value })),
          })),
        };
      },

      DescribeTargetHealth: (input: DescribeTargetHealthInput): DescribeTargetHealthOutput => {
        const group = find(input.TargetGroupArn);
        const asked = input.Targets?.map((target) => identity(group, target));
        const known = [...group.targets.values()].map((target) => ({ target, ...prober.shown(group, target) }));
        const chosen = asked
          ? asked.map(
              ({ id, port }) =>
                known.find(({ target }) => target.id === id && target.port === port) ?? {
                  target: { id, port, availabilityZone: undefined },
                  state: 'unused' as const,
                  reason: 'Target.NotRegistered' as const,
                },
            )
          : known;
        return {
          TargetHealthDescriptions: chosen.map(({ target, state, reason }) => ({
            Target: {
              Id: target.id,
              Port: target.port,
              ...(target.availabilityZone !== undefined && { AvailabilityZone: target.availabilityZone }),
            },
            HealthCheckPort: String(group.check.port ?? target.port),
            TargetHealth: { State: state, ...(reason !== undefined && { Reason: reason }) },
          })),
        };
      },

      RegisterTargets: (input: RegisterTargetsInput): object => {
        const group = find(input.TargetGroupArn);
        const targets = (input.Targets ?? []).map((target) => ({
          ...identity(group, target),
          zone: target.AvailabilityZone,
        }));
        for (const { id, zone } of targets) checkTarget(ec2, group, id, zone);
        for (const { id, port, zone } of targets) register(group, id, port, zone ?? zoneOf(ec2, group, id));
        return {};
      },

      // "Note: If the specified target does not exist, the action returns successfully." Without a port the request is about all of its ports.
      DeregisterTargets: (input: DeregisterTargetsInput): object => {
        const group = find(input.TargetGroupArn);
        for (const { Id, Port } of input.Targets ?? []) {
          for (const target of [...group.targets.values()]) {
            if (target.id === Id && (Port ?? target.port) === target.port) deregister(group, target);
          }
        }
        return {};
      },
    },

    addTargetGroup: (seed) => add(seed).arn,
    addTargets(arn, targets, state = 'healthy') {
      const group = find(arn);
      for (const id of targets) {
        register(group, id, group.port, zoneOf(ec2, group, id));
        const target = group.targets.get(targetKey(id, group.port));
        if (target && state === 'healthy') Object.assign(target, { state, reason: undefined });
      }
    },
    register: (arn, instanceId) => {
      const group = find(arn);
      register(group, instanceId, group.port);
    },
    deregister: (arn, instanceId) => {
      const group = find(arn);
      for (const target of [...group.targets.values()]) if (target.id === instanceId) deregister(group, target);
    },
    health: (arn) => health(find(arn)),
    targetGroups: () => [...groups.values()],
    tags: (arn) => groups.get(arn)?.tags ?? {},
  };
}

const identity = ({ port }: TargetGroup, { Id = '', Port = port }: TargetDescription) => ({ id: Id, port: Port });

/** "If the target is an EC2 instance, it must be in the running state when you register it." */
function checkTarget(ec2: Ec2, group: TargetGroup, id: string, zone: string | undefined): void {
  if (group.targetType === 'ip') {
    if (zone === undefined && zoneOf(ec2, group, id) === undefined) {
      throw invalidTarget(
        `The IP address '${id}' is not within the range of the VPC '${group.vpcId}' of the target group`,
      );
    }
    return;
  }
  const instance = ec2.instances().find(({ instanceId }) => instanceId === id);
  if (!instance) throw invalidTarget(`The following targets do not exist: '${id}'`);
  if (instance.state !== 'running') {
    throw invalidTarget(`The following targets are not in a running state and cannot be registered: '${id}'`);
  }
  if (instance.networkInterface?.vpcId !== group.vpcId) {
    throw invalidTarget(`The following targets are not in the target group VPC '${group.vpcId}': '${id}'`);
  }
}

/** "If the IP address is in a subnet of the VPC for the target group, the Availability Zone is automatically detected". */
const zoneOf = (ec2: Ec2, { targetType, vpcId }: TargetGroup, address: string): string | undefined =>
  targetType === 'ip'
    ? ec2.subnets().find((subnet) => subnet.vpcId === vpcId && isIn(subnet.cidrBlock, address))?.availabilityZone
    : undefined;

const invalidTarget = (message: string): AwsError => new AwsError('InvalidTargetException', message);
