// The nodes of a fleet that says `deploy`: for each a launch template, an instance and a data volume that stays, or a group of them (node-group.ts); one
// role, one security group and one log group for all. Everything carries the tags by which the suite knows the fleet's things, so that each heal may do its
// work (docs/deploy.md).
import {
  Aws,
  CfnCondition,
  CfnDeletionPolicy,
  CfnOutput,
  CfnParameter,
  type CfnResource,
  Fn,
  Stack,
  Token,
  Validations,
} from 'aws-cdk-lib';
import {
  CfnInstance,
  type CfnLaunchTemplate,
  CfnSecurityGroup,
  CfnVolume,
  CfnVolumeAttachment,
} from 'aws-cdk-lib/aws-ec2';
import { CfnInstanceProfile, type CfnRole, type Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { FleetDocument } from '../../shared/fleet/schema.ts';
import { beginsWith } from '../../shared/fleet/schema-deploy.ts';
import { networkRoleOf, tagOfRole } from '../../shared/fleet/schema-network.ts';
import { openPortsOf } from '../../shared/fleet/schema-ports.ts';
import { type CompleteDocument, completeDocument } from '../../shared/fleet/whole.ts';
import { DATA_PARAMETER, dataParameterOf, dataParameterValue } from '../../shared/model/node-data.ts';
import { DEFAULT_SUITE, nameOf } from '../../shared/model/suite.ts';
import type { FirstBootScripts } from '../../shared/node-commands/first-boot.ts';
import { logGroupName } from '../agent-config.ts';
import { InputError } from '../input-error.ts';
import { type Grant, roleOf } from './grants.ts';
import { addNetwork, networkBoot, networkGrants, openToItself } from './network.ts';
import { addGroup, type NodeGroup } from './node-group.ts';
import { DATA_DEVICE, type Deploy, dataVolumeOf, launchTemplateOf, listed, type NodesMade } from './node-launch.ts';
import { addAccess, ingressOf, tellPorts } from './node-ports.ts';
import { arn } from './suite-names.ts';

export interface NodesProps {
  /** The suite that looks after them; `chainmend` unless given. */
  readonly suite?: string;
  readonly document: FleetDocument;
  readonly scripts: FirstBootScripts;
  /** Folder of the functions' bundles, for a private network. */
  readonly bundles?: string;
  /** The VPC and its subnets, where the app has its own; else the fleet file says them. */
  readonly network?: Network;
}

export interface Network {
  readonly vpcId: string;
  readonly subnetId: (zone: string) => string;
  /** One of each zone, for a group. */
  readonly subnetIds: readonly string[];
}

export interface DeployedNode {
  readonly instance: CfnInstance;
  readonly volume: CfnVolume;
  readonly launchTemplate: CfnLaunchTemplate;
  readonly role: Role;
}

export interface Nodes {
  /** By their names; none of a group, which names its members itself. */
  readonly nodes: ReadonlyMap<string, DeployedNode>;
  /** Where the file says `kind: ha`. */
  readonly group?: NodeGroup;
  /** Of all nodes; in a private network each has its own. */
  readonly role?: Role;
  readonly securityGroup: CfnSecurityGroup;
}

const WORLD = '0.0.0.0/0';

/** The name of the role of a fleet's nodes: the suite, in a stack of its own, passes it on to another instance. IAM's names are of the account. */
const nodeRoleName = (stack: Stack, suite: string, fleet: string, node?: string): string => {
  // No fleet's name has a dot in it.
  const name = `${suite}-node-${fleet}${node === undefined ? '' : `.${node}`}-${stack.region}`;
  const characters = Token.isUnresolved(stack.region) ? name.length - stack.region.length + REGION_MAX : name.length;
  if (characters > ROLE_NAME_MAX)
    throw new InputError(
      `fleet is ${JSON.stringify(fleet)}, expected at most ${fleet.length - characters + ROLE_NAME_MAX} characters beside the suite's name "${nameOf(suite) ?? ''}": the role of its nodes has ${characters}, IAM allows ${ROLE_NAME_MAX}`,
    );
  return name;
};

/** "Role name … 64 characters" ("IAM and STS quotas", IAM guide). */
const ROLE_NAME_MAX = 64;
/** `ap-southeast-1`, `ap-northeast-1`: none is longer. */
const REGION_MAX = 14;

/** The roles of nodes that a heal may launch another instance of: no validator is among them. */
export function nodeRoleArns(stack: Stack, suite: string, { fleet, deploy }: FleetDocument): readonly string[] {
  if (!deploy) return [];
  const { network } = deploy;
  const names = network
    ? Object.keys(deploy.nodes ?? {}).filter((name) => networkRoleOf(network, name) !== 'validator')
    : [undefined];
  return names.map(
    (name) => `arn:${stack.partition}:iam::${stack.account}:role/${nodeRoleName(stack, suite, fleet, name)}`,
  );
}

/** Makes them right below `scope`. Throws an `InputError` where the file has no `deploy`, or EC2 would refuse what it says. */
export function addNodes(
  scope: Construct,
  { suite = DEFAULT_SUITE, document, scripts, bundles, network }: NodesProps,
): Nodes {
  const complete = completeDocument(document);
  const { fleet, deploy } = complete;
  if (!deploy) throw new InputError(`fleet ${fleet} has no deploy: there are no nodes to make`);
  const { vpcId, subnetId, subnetIds } = network ?? networkOf(fleet, deploy);
  const logs = new CfnLogGroup(scope, 'Logs', {
    logGroupName: logGroupName(suite, fleet),
    retentionInDays: deploy.logDays,
    tags: listed(complete.nodes.tag),
  });
  keep(logs);
  const ofAll = deploy.network ? undefined : powersOf(scope, suite, complete, deploy);
  const securityGroup = securityGroupOf(scope, complete, deploy, vpcId);
  const made = { suite, complete, deploy, scripts, securityGroup, image: imageOf(scope, deploy.image) };
  if (deploy.group && ofAll) {
    const group = addGroup(scope, {
      ...made,
      ...ofAll,
      size: deploy.group.size,
      minimum: deploy.group.minimum ?? deploy.group.size,
      maximum: deploy.group.maximum ?? deploy.group.size,
      healthPort: deploy.group.healthPort,
      vpcId,
      subnetIds,
    });
    group.launchTemplate.addResourceDependency(logs);
    addAccess(scope, { suite, complete, vpcId, groups: { nodes: securityGroup, balancer: group.balancerGroup } });
    tellPorts(scope, complete, group.loadBalancer.attrDnsName);
    return { nodes: new Map(), role: ofAll.role, securityGroup, group };
  }
  const nodes = new Map<string, DeployedNode>();
  for (const [name, zone] of Object.entries(deploy.nodes ?? {})) {
    const place = new Construct(scope, name);
    const powers = ofAll ?? powersOf(place, suite, complete, deploy, name);
    const node = addNode(place, { ...made, ...powers, name, zone, subnetId: subnetId(zone) });
    for (const one of [node.instance, node.launchTemplate]) one.addResourceDependency(logs);
    nodes.set(name, node);
  }
  addAccess(scope, { suite, complete, vpcId, groups: { nodes: securityGroup } });
  tellPorts(scope, complete, undefined);
  if (deploy.network) {
    if (bundles === undefined) throw new InputError(`fleet ${fleet}: a network needs the folder of the bundles`);
    openToItself(scope, securityGroup, complete);
    const volumes = new Map([...nodes].map(([name, { volume }]) => [name, volume]));
    const keys = addNetwork(scope, { suite, complete, network: deploy.network, bundles, volumes });
    for (const { instance } of nodes.values()) instance.addResourceDependency(keys);
  }
  return { nodes, ...(ofAll && { role: ofAll.role }), securityGroup };
}

/** @param node whose own they are; of all nodes unless given */
function powersOf(scope: Construct, suite: string, complete: CompleteDocument, deploy: Deploy, node?: string) {
  const role = nodeRole(scope, suite, complete, deploy, node);
  // A profile of the role's name, as the console makes it.
  const profile = new CfnInstanceProfile(scope, 'Profile', {
    instanceProfileName: nodeRoleName(Stack.of(scope), suite, complete.fleet, node),
    roles: [role.roleName],
  });
  return { role, profile };
}

function networkOf(fleet: string, { vpc, subnets }: Deploy): Network {
  if (vpc === undefined || subnets === undefined)
    throw new InputError(
      `fleet ${fleet}: deploy.vpc and deploy.subnets are missing; expected both, for example vpc: vpc-0123456789abcdef0 and subnets: { eu-west-1a: subnet-0123456789abcdef0 }, or the vpc of an app (docs/library.md)`,
    );
  // The check of the file has found each zone there.
  return { vpcId: vpc, subnetId: (zone) => subnets[zone] ?? '', subnetIds: Object.values(subnets) };
}

interface NodeProps extends NodesMade {
  readonly role: Role;
  readonly name: string;
  readonly zone: string;
  readonly subnetId: string;
}

function addNode(scope: Construct, { name, zone, subnetId, role: powers, ...made }: NodeProps): DeployedNode {
  const { suite, complete, deploy } = made;
  const { nodes } = complete;
  const { role, tag } = dataVolumeOf(complete);
  const { sizeGiB, kmsKeyId, boost } = deploy.volume;
  // The template keeps the figures of the first sync: CloudFormation touches no volume whose properties in it do not change.
  const { iops, throughputMiBps } = boost ?? deploy.volume;
  const copy = copyOf(scope, complete, deploy, name);
  const volume = new CfnVolume(scope, 'Volume', {
    availabilityZone: zone,
    ...(copy?.volume ?? { size: sizeGiB }),
    volumeType: 'gp3',
    iops,
    throughput: throughputMiBps,
    encrypted: true,
    ...(kmsKeyId !== undefined && { kmsKeyId }),
    tags: listed({ Name: `${name}-${role}`, ...tag }),
  });
  keep(volume);
  const tags = { ...nodes.tag, [nodes.nameTag]: name, ...roleTag(complete, deploy, name) };
  const network = deploy.network && networkBoot(scope, suite, complete, deploy.network, name);
  const boot = { volumeId: volume.ref, ...(copy && { copy: copy.boot }), ...(network && { network }) };
  const launchTemplate = launchTemplateOf(scope, made, { tags, boot });
  const instance = new CfnInstance(scope, 'Instance', {
    availabilityZone: zone,
    subnetId,
    // Another version of the template never replaces an instance that runs: it counts for the next one.
    launchTemplate: { launchTemplateId: launchTemplate.ref, version: '1' },
    // As the volume: the template keeps the type of the first sync. The launch template has the one that stays.
    ...(deploy.boost && { instanceType: deploy.boost.instanceType }),
    // Of this instance alone: a heal must be able to give up one that it has launched.
    disableApiTermination: true,
    tags: listed(tags),
  });
  for (const made of [volume, instance])
    Validations.of(made).acknowledge({
      id: 'CloudFormation-Validate::W3010',
      reason: 'The fleet file says the zone of each node: its volume has to be there.',
    });
  Validations.of(instance).acknowledge({
    id: 'AwsSolutions-EC28',
    reason: 'Detailed monitoring is in the launch template that the instance is made from.',
  });
  new CfnVolumeAttachment(scope, 'Attachment', {
    device: DATA_DEVICE,
    instanceId: instance.ref,
    volumeId: volume.ref,
  });
  new CfnOutput(scope, 'VolumeId', { description: `The data volume of ${name}, which stays.`, value: volume.ref });
  return { instance, volume, launchTemplate, role: powers };
}

/** What the deployment says that a node begins with; undefined where the file has it begin without a snapshot. */
function copyOf(scope: Construct, { fleet, identity }: CompleteDocument, deploy: Deploy, name: string) {
  const { snapshot } = beginsWith(deploy);
  if (snapshot === null) return undefined;
  const { sizeGiB } = deploy.volume;
  const parameter = new CfnParameter(scope, 'Data', {
    type: 'String',
    default: snapshot === 'newest-good' ? '' : dataParameterValue(snapshot, sizeGiB),
    allowedPattern: DATA_PARAMETER.source,
    constraintDescription:
      'expected a snapshot and the size of the volume in GiB, for example snap-0123456789abcdef0:500, or nothing',
    description: `The snapshot that the volume of ${name} begins with. Leave it as it is once the volume is there.`,
  });
  parameter.overrideLogicalId(dataParameterOf(fleet, name));
  const given = parameter.valueAsString;
  const isCopy = new CfnCondition(scope, 'HasData', { expression: Fn.conditionNot(Fn.conditionEquals(given, '')) });
  const either = (part: number, otherwise: unknown) =>
    Fn.conditionIf(isCopy.logicalId, Fn.select(part, Fn.split(':', given)), otherwise);
  return {
    volume: { snapshotId: either(0, Aws.NO_VALUE).toString(), size: Token.asNumber(either(1, sizeGiB)) },
    boot: { from: given, identity },
  };
}

function roleTag({ role }: CompleteDocument, { network }: Deploy, name: string): Readonly<Record<string, string>> {
  if (!network || typeof role !== 'object') return {};
  const its = networkRoleOf(network, name);
  return { [role.tag]: tagOfRole(role, its) ?? its };
}

/** Whatever becomes of the stack, and where a change of a property makes another one. */
function keep({ cfnOptions }: CfnResource): void {
  cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN;
  cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
}

/** An id, or the parameter that the deployment reads. */
function imageOf(scope: Construct, image: string): string {
  if (!image.startsWith('ssm:')) return image;
  const parameter = new CfnParameter(scope, 'Image', {
    type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
    default: image.slice('ssm:'.length),
    description: 'The image of what is launched from now on.',
  });
  return parameter.valueAsString;
}

function securityGroupOf(
  scope: Construct,
  complete: CompleteDocument,
  deploy: Deploy,
  vpcId: string,
): CfnSecurityGroup {
  const { fleet, nodes } = complete;
  const group = new CfnSecurityGroup(scope, 'Group', {
    // Another description would make another group, and other instances with it: this one stays whatever the ports are.
    groupDescription: `Nodes of ${fleet}: P2P for ${deploy.network ? 'themselves' : 'the world'}, RPC for one group, and no SSH.`,
    vpcId,
    securityGroupIngress: [
      ...deploy.p2p.map((place) => {
        const [ipProtocol = 'tcp', port] = place.split('/');
        return { ipProtocol, fromPort: Number(port), toPort: Number(port), cidrIp: WORLD, description: 'P2P' };
      }),
      ...ingressOf(openPortsOf(complete)),
    ],
    securityGroupEgress: [{ ipProtocol: '-1', cidrIp: WORLD, description: 'Peers, AWS and packages' }],
    tags: listed({ Name: `${fleet}-nodes`, ...nodes.tag }),
  });
  Validations.of(group).acknowledge({
    id: 'AwsSolutions-EC23',
    reason: 'Peers of a public chain come from anywhere: only its P2P ports are open.',
  });
  return group;
}

/** What the SSM agent and the CloudWatch agent need, and the owner's own policies. */
function nodeRole(
  scope: Construct,
  suite: string,
  { fleet, metrics }: CompleteDocument,
  { policies }: Deploy,
  node: string | undefined,
): Role {
  const role = roleOf(
    scope,
    new ServicePrincipal('ec2.amazonaws.com'),
    `Nodes of ${fleet}: managed by Systems Manager, and telling their metrics and logs.`,
    [
      ...nodeGrants(scope, suite, fleet, metrics),
      ...(node === undefined ? [] : networkGrants(scope, suite, fleet, node)),
    ],
  );
  const cfn = role.node.defaultChild as CfnRole;
  cfn.roleName = nodeRoleName(Stack.of(scope), suite, fleet, node);
  if (policies) {
    cfn.managedPolicyArns = policies;
    for (const policy of policies.filter((one) => /:iam::aws:policy\//.test(one)))
      Validations.of(role).acknowledge({
        id: `AwsSolutions-IAM4[Policy::${policy}]`,
        reason: 'The owner has named it in deploy.policies.',
      });
  }
  return role;
}

const OF_AGENTS = 'AWS defines no resource for it: an agent speaks for the instance whose role it has.';

/** Without the right to read parameters that AmazonSSMManagedInstanceCore has: on a node nothing needs it. */
export function nodeGrants(scope: Construct, suite: string, fleet: string, metrics: 'classic' | 'otlp'): Grant[] {
  const group = arn(scope, 'logs', `log-group:${logGroupName(suite, fleet)}`);
  return [
    {
      sid: 'BeManaged',
      actions: [
        'ssm:UpdateInstanceInformation',
        ...['CreateControlChannel', 'CreateDataChannel', 'OpenControlChannel', 'OpenDataChannel'].map(
          (word) => `ssmmessages:${word}`,
        ),
        ...['AcknowledgeMessage', 'DeleteMessage', 'FailMessage', 'GetEndpoint', 'GetMessages', 'SendReply'].map(
          (word) => `ec2messages:${word}`,
        ),
      ],
      resources: ['*'],
      wildcard: OF_AGENTS,
    },
    ...(metrics === 'otlp'
      ? []
      : [
          {
            sid: 'TellMetrics',
            actions: ['cloudwatch:PutMetricData'],
            resources: ['*'],
            conditions: { StringEquals: { 'cloudwatch:namespace': 'CWAgent' } },
            wildcard: 'CloudWatch knows no resource for it; the namespace is the agent’s.',
          },
        ]),
    {
      sid: 'TellLogs',
      actions: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
      resources: [group, `${group}:*`],
      wildcard: 'The streams of the one log group, which instances make.',
    },
  ];
}
