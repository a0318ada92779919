// The nodes of a fleet that says `deploy: { kind: ha }`: an Auto Scaling group whose launch template makes each member's data volume, and a network load
// balancer that sends requests to those members which say that they have caught up (docs/deploy.md).
import { CfnOutput, Stack, Validations } from 'aws-cdk-lib';
import { CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { type CfnLaunchTemplate, CfnSecurityGroup, CfnSecurityGroupIngress } from 'aws-cdk-lib/aws-ec2';
import { CfnListener, CfnLoadBalancer, CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { type Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { otherChain } from '../../shared/chains/defaults.ts';
import { syncedQuestion } from '../../shared/chains/synced.ts';
import { beginsWith } from '../../shared/fleet/schema-deploy.ts';
import { type OpenPort, openPortsOf } from '../../shared/fleet/schema-ports.ts';
import { groupName } from '../../shared/model/suite.ts';
import { InputError } from '../input-error.ts';
import { roleOf } from './grants.ts';
import { DATA_DEVICE, dataVolumeOf, launchTemplateOf, listed, type NodesMade } from './node-launch.ts';
import { describePort, ingressOf } from './node-ports.ts';
import { arn } from './suite-names.ts';

export interface NodeGroup {
  readonly group: CfnAutoScalingGroup;
  readonly launchTemplate: CfnLaunchTemplate;
  readonly loadBalancer: CfnLoadBalancer;
  /** The load balancer's own. */
  readonly balancerGroup: CfnSecurityGroup;
}

interface GroupProps extends NodesMade {
  readonly size: number;
  /** What `scale` may make of it; both are `size` unless the file says otherwise. */
  readonly minimum: number;
  readonly maximum: number;
  readonly healthPort: number;
  readonly role: Role;
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
}

/** Until EC2's checks of a new member count: a boot, and the packages that the owner's lines install. */
const GRACE_SECONDS = 600;
/** A node that falls behind gets no request after half a minute. */
const CHECK_SECONDS = 10;
const CHECKS = 3;

export function addGroup(scope: Construct, props: GroupProps): NodeGroup {
  const { suite, complete, deploy, size, minimum, maximum, subnetIds } = props;
  const { fleet, nodes, rpc } = complete;
  const ports = openPortsOf(complete);
  if (rpc === undefined || ports.length === 0)
    throw new InputError(`fleet ${fleet}: kind ha needs an RPC, and ports or rpcFrom`);
  const { role, tag } = dataVolumeOf(complete);
  const name = `${fleet}-node`;
  const { sizeGiB, iops, throughputMiBps, kmsKeyId } = deploy.volume;
  const { snapshot } = beginsWith(deploy);
  const launchTemplate = launchTemplateOf(scope, props, {
    tags: { ...nodes.tag, [nodes.nameTag]: name },
    boot: { group: bootOf(props, rpc) },
    volume: {
      tags: { Name: `${name}-${role}`, ...tag },
      mapping: {
        deviceName: DATA_DEVICE,
        ebs: {
          ...{ volumeSize: sizeGiB, volumeType: 'gp3', iops, throughput: throughputMiBps, encrypted: true },
          ...(kmsKeyId !== undefined && { kmsKeyId }),
          // The newest good one is written by seed-groups, as soon as there is one.
          ...(snapshot !== null && snapshot !== 'newest-good' && { snapshotId: snapshot }),
          // A member that the group has ended comes back from a snapshot, and never from its volume: nobody would look at what stays.
          deleteOnTermination: true,
        },
      },
    },
  });
  const { loadBalancer, balancerGroup, targetGroups } = balancerOf(scope, props, ports);
  const group = new CfnAutoScalingGroup(scope, 'Nodes', {
    autoScalingGroupName: groupName(suite, fleet),
    // CloudFormation takes no $Latest; `follow` says it afterwards. With the number of the newest version each change of the template would undo that.
    launchTemplate: { launchTemplateId: launchTemplate.ref, version: '1' },
    // A heal sets one aside: one fewer is wanted for as long, and none is launched.
    minSize: String(minimum - 1),
    maxSize: String(maximum),
    desiredCapacity: String(size),
    vpcZoneIdentifier: [...subnetIds],
    targetGroupArns: targetGroups.map(({ ref }) => ref),
    // Never the load balancer's: a node that syncs for days would be replaced for ever.
    healthCheckType: 'EC2',
    healthCheckGracePeriod: GRACE_SECONDS,
    // Neither a lower number nor a better balance of zones ends a node that has its data.
    newInstancesProtectedFromScaleIn: true,
    tags: listed(nodes.tag).map((one) => ({ ...one, propagateAtLaunch: false })),
  });
  // Else each deployment that changes anything of the group would set the number back to what the file says.
  if (minimum !== maximum)
    group.cfnOptions.updatePolicy = { autoScalingScheduledAction: { ignoreUnmodifiedGroupSizeProperties: true } };
  Validations.of(group).acknowledge({
    id: 'AwsSolutions-AS3',
    reason: 'chainmend itself watches each member, and tells people.',
  });
  follow(scope, { suite, fleet, group, launchTemplate, nodeRole: props.role });
  new CfnOutput(scope, 'Address', { description: `The RPC of ${fleet}.`, value: loadBalancer.attrDnsName });
  return { group, launchTemplate, loadBalancer, balancerGroup };
}

function bootOf({ complete, healthPort }: GroupProps, rpc: NonNullable<GroupProps['complete']['rpc']>) {
  const { fleet, chain, health, identity } = complete;
  if (chain === otherChain || health.behindBlocks === undefined)
    throw new InputError(`fleet ${fleet}: kind ha needs a chain whose client says whether it has caught up`);
  const { path, ...asks } = syncedQuestion(chain, health.behindBlocks);
  return {
    ...{ identity, healthPort },
    asks: { ...asks, url: `${rpc.scheme}://127.0.0.1:${rpc.port}${rpc.path === '/' ? '' : rpc.path}${path || '/'}` },
    credentials: rpc.credentials?.replace(/^file:/, '') ?? '',
  };
}

/** It passes connections on as they are: it needs no certificate, and knows nothing of websockets. */
function balancerOf(
  scope: Construct,
  { complete: { fleet, nodes }, securityGroup, subnetIds, vpcId, healthPort }: GroupProps,
  ports: readonly OpenPort[],
) {
  const tags = listed({ Name: `${fleet}-nodes`, ...nodes.tag });
  const passed = [
    ...ports.map((one) => ({ id: ofPort('FromBalancer', one), to: one.port, description: describePort(one) })),
    { id: 'ChecksFromBalancer', to: healthPort, description: 'Have they caught up?' },
  ];
  const own = new CfnSecurityGroup(scope, 'BalancerGroup', {
    // Another description would make another group.
    groupDescription: `Load balancer of ${fleet}: RPC for one group.`,
    vpcId,
    securityGroupIngress: ingressOf(ports),
    securityGroupEgress: passed.map(({ to, description }) => ({
      ...{ ipProtocol: 'tcp', fromPort: to, toPort: to, description },
      destinationSecurityGroupId: securityGroup.attrGroupId,
    })),
    tags,
  });
  for (const { id, to, description } of passed)
    new CfnSecurityGroupIngress(scope, id, {
      ...{ groupId: securityGroup.attrGroupId, ipProtocol: 'tcp', fromPort: to, toPort: to },
      ...{ sourceSecurityGroupId: own.attrGroupId, description },
    });
  const loadBalancer = new CfnLoadBalancer(scope, 'Balancer', {
    ...{ type: 'network', scheme: 'internal', subnets: [...subnetIds], securityGroups: [own.attrGroupId], tags },
    loadBalancerAttributes: [{ key: 'load_balancing.cross_zone.enabled', value: 'true' }],
  });
  Validations.of(loadBalancer).acknowledge({
    id: 'AwsSolutions-ELB2',
    reason: 'A network load balancer writes access logs of TLS listeners alone, and this one has none.',
  });
  const targetGroups = ports.map((one) => {
    const targetGroup = new CfnTargetGroup(scope, ofPort('Targets', one), {
      ...{ protocol: 'TCP', port: one.port, vpcId, targetType: 'instance', tags },
      ...checkOf(one, healthPort),
      ...{ healthCheckIntervalSeconds: CHECK_SECONDS, healthCheckTimeoutSeconds: CHECK_SECONDS - 2 },
      ...{ healthyThresholdCount: CHECKS, unhealthyThresholdCount: CHECKS },
    });
    new CfnListener(scope, ofPort('Listener', one), {
      ...{ loadBalancerArn: loadBalancer.ref, protocol: 'TCP', port: one.port },
      defaultActions: [{ type: 'forward', targetGroupArn: targetGroup.ref }],
    });
    return targetGroup;
  });
  return { loadBalancer, balancerGroup: own, targetGroups };
}

/** Things of the RPC port are called as they were when it was the only one: by another name CloudFormation would make them once more. */
function ofPort(word: 'FromBalancer' | 'Listener' | 'Targets', { isRpc, port }: OpenPort): string {
  if (!isRpc) return `${word}${port}`;
  return word === 'FromBalancer' ? 'RpcFromBalancer' : word;
}

/** Of the RPC whether its node has caught up; of every other port whether a connection is taken. */
const checkOf = ({ isRpc }: OpenPort, healthPort: number) =>
  isRpc
    ? {
        healthCheckProtocol: 'HTTP',
        healthCheckPort: String(healthPort),
        healthCheckPath: '/',
        matcher: { httpCode: '200' },
      }
    : { healthCheckProtocol: 'TCP', healthCheckPort: 'traffic-port' };

/**
 * Has the group launch the newest version of its template, which seed-groups writes: "Specifying $Latest or $Default for the template version number is not
 * supported" (AWS::AutoScaling::AutoScalingGroup LaunchTemplateSpecification). What is sent each hour is in the template, and nobody's code.
 */
function follow(
  scope: Construct,
  made: {
    readonly suite: string;
    readonly fleet: string;
    readonly group: CfnAutoScalingGroup;
    readonly launchTemplate: CfnLaunchTemplate;
    readonly nodeRole: Role;
  },
): void {
  const { suite, fleet, group, launchTemplate, nodeRole } = made;
  const stack = Stack.of(scope);
  const here = new Construct(scope, 'Follow');
  const template = arn(scope, 'ec2', `launch-template/${launchTemplate.ref}`);
  const role = roleOf(
    here,
    new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
    }),
    `Has the group of ${fleet} launch the newest version of its template.`,
    [
      {
        sid: 'Follow',
        actions: ['autoscaling:UpdateAutoScalingGroup'],
        resources: [arn(scope, 'autoscaling', `autoScalingGroup:*:autoScalingGroupName/${groupName(suite, fleet)}`)],
        conditions: { Null: { 'autoscaling:MaxSize': 'true', 'autoscaling:MinSize': 'true' } },
        wildcard: 'A part of a group’s ARN is made by AWS; its name is here.',
      },
      // "Control Amazon EC2 launch template usage in Amazon EC2 Auto Scaling groups": who says what a group launches needs the right to launch it.
      {
        sid: 'MayLaunch',
        actions: ['ec2:RunInstances'],
        resources: ['*'],
        conditions: { ArnEquals: { 'ec2:LaunchTemplate': template } },
        wildcard: 'From this one launch template alone; what it names is not known here.',
      },
      {
        sid: 'MayTag',
        actions: ['ec2:CreateTags'],
        resources: ['*'],
        conditions: { StringEquals: { 'ec2:CreateAction': 'RunInstances' } },
        wildcard: 'Only what the launch makes.',
      },
      {
        sid: 'PassRole',
        actions: ['iam:PassRole'],
        resources: [nodeRole.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
      },
    ],
  );
  new CfnSchedule(here, 'Schedule', {
    name: `${suite}-follow-${fleet}`,
    description: `Has the group of ${fleet} launch the newest version of its template.`,
    scheduleExpression: 'rate(1 hour)',
    flexibleTimeWindow: { mode: 'OFF' },
    target: {
      arn: `arn:${stack.partition}:scheduler:::aws-sdk:autoscaling:updateAutoScalingGroup`,
      roleArn: role.roleArn,
      input: stack.toJsonString({
        AutoScalingGroupName: group.ref,
        LaunchTemplate: { LaunchTemplateId: launchTemplate.ref, Version: '$Latest' },
      }),
      retryPolicy: { maximumEventAgeInSeconds: 3_600, maximumRetryAttempts: 3 },
    },
  });
}
