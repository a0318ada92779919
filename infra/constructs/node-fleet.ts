// The nodes of a fleet that says `deploy`: for each a launch template, an instance and a data volume that stays; one role, one security group and one log
// group for all. Everything carries the tags by which the suite knows the fleet's things, so that each heal may do its work (docs/deploy.md).
import { CfnDeletionPolicy, CfnOutput, CfnParameter, type CfnResource, Fn, Stack, Validations } from 'aws-cdk-lib';
import { CfnInstance, CfnLaunchTemplate, CfnSecurityGroup, CfnVolume, CfnVolumeAttachment } from 'aws-cdk-lib/aws-ec2';
import { CfnInstanceProfile, type CfnRole, type Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { CompleteDocument } from '../../shared/fleet/fleet-defaults.ts';
import { completeDocument } from '../../shared/fleet/fleet-defaults.ts';
import type { FleetDocument } from '../../shared/fleet/schema.ts';
import { firstBootUserData, USER_DATA_BYTES_MAX } from '../../shared/node-commands/first-boot.ts';
import { InputError } from '../input-error.ts';
import { arn } from '../names.ts';
import { type Grant, roleOf } from './grants.ts';

export interface NodesProps {
  readonly document: FleetDocument;
  /** first-boot.sh, as it is shipped. */
  readonly script: string;
  /** The VPC and the subnet of a zone, where the app has its own; else the fleet file says them. */
  readonly network?: { readonly vpcId: string; readonly subnetId: (zone: string) => string };
}

export interface DeployedNode {
  readonly instance: CfnInstance;
  readonly volume: CfnVolume;
  readonly launchTemplate: CfnLaunchTemplate;
}

export interface Nodes {
  /** By their names. */
  readonly nodes: ReadonlyMap<string, DeployedNode>;
  readonly role: Role;
  readonly securityGroup: CfnSecurityGroup;
}

type Deploy = NonNullable<CompleteDocument['deploy']>;
type Tags = Readonly<Record<string, string>>;

const ROOT_DEVICE = '/dev/xvda';
/** Among the names that EC2 recommends for data volumes; on the node nothing goes by it. */
const DATA_DEVICE = '/dev/sdf';
/** A volume is attached right after its instance runs; CloudFormation asks again for minutes. */
const WAIT_SECONDS = 900;
/** As long as `vol-` with 17 digits: the id is known at the deployment. */
const VOLUME_ID_BYTES = 21;
const WORLD = '0.0.0.0/0';

/** The name of the role of a fleet's nodes: the suite, in a stack of its own, passes it on to another instance. IAM's names are of the account. */
const nodeRoleName = (stack: Stack, fleet: string): string => `chainmend-node-${fleet}-${stack.region}`;

export const nodeRoleArn = (stack: Stack, fleet: string): string =>
  `arn:${stack.partition}:iam::${stack.account}:role/${nodeRoleName(stack, fleet)}`;

const logGroupName = (fleet: string): string => `/chainmend/nodes/${fleet}`;

/** Makes them right below `scope`. Throws an `InputError` where the file has no `deploy`, or EC2 would refuse what it says. */
export function addNodes(scope: Construct, { document, script, network }: NodesProps): Nodes {
  const complete = completeDocument(document);
  const { fleet, deploy } = complete;
  if (!deploy) throw new InputError(`fleet ${fleet} has no deploy: there are no nodes to make`);
  const { vpcId, subnetId } = network ?? networkOf(fleet, deploy);
  const logs = new CfnLogGroup(scope, 'Logs', {
    logGroupName: logGroupName(fleet),
    retentionInDays: deploy.logDays,
    tags: listed(complete.nodes.tag),
  });
  keep(logs);
  const role = nodeRole(scope, complete, deploy);
  // A profile of the role's name, as the console makes it.
  const profile = new CfnInstanceProfile(scope, 'Profile', {
    instanceProfileName: nodeRoleName(Stack.of(scope), fleet),
    roles: [role.roleName],
  });
  const securityGroup = groupOf(scope, complete, deploy, vpcId);
  const image = imageOf(scope, deploy.image);
  const nodes = new Map<string, DeployedNode>();
  for (const [name, zone] of Object.entries(deploy.nodes)) {
    const node = addNode(new Construct(scope, name), {
      name,
      zone,
      subnetId: subnetId(zone),
      complete,
      deploy,
      script,
      profile,
      securityGroup,
      image,
    });
    for (const made of [node.instance, node.launchTemplate]) made.addResourceDependency(logs);
    nodes.set(name, node);
  }
  return { nodes, role, securityGroup };
}

function networkOf(fleet: string, { vpc, subnets }: Deploy): NonNullable<NodesProps['network']> {
  if (vpc === undefined || subnets === undefined)
    throw new InputError(
      `fleet ${fleet}: deploy.vpc and deploy.subnets are missing; expected both, for example vpc: vpc-0123456789abcdef0 and subnets: { eu-west-1a: subnet-0123456789abcdef0 }, or the vpc of an app (docs/library.md)`,
    );
  // The check of the file has found each zone there.
  return { vpcId: vpc, subnetId: (zone) => subnets[zone] ?? '' };
}

interface NodeProps {
  readonly name: string;
  readonly zone: string;
  readonly subnetId: string;
  readonly complete: CompleteDocument;
  readonly deploy: Deploy;
  readonly script: string;
  readonly profile: CfnInstanceProfile;
  readonly securityGroup: CfnSecurityGroup;
  readonly image: string;
}

function addNode(
  scope: Construct,
  { name, zone, subnetId, complete, deploy, script, profile, securityGroup, image }: NodeProps,
): DeployedNode {
  const { nodes } = complete;
  const [[role, { path, tag }] = ['', { path: '', tag: {} }]] = Object.entries(complete.volumes);
  const { sizeGiB, iops, throughputMiBps, kmsKeyId } = deploy.volume;
  const volume = new CfnVolume(scope, 'Volume', {
    availabilityZone: zone,
    size: sizeGiB,
    volumeType: 'gp3',
    iops,
    throughput: throughputMiBps,
    encrypted: true,
    ...(kmsKeyId !== undefined && { kmsKeyId }),
    tags: listed({ Name: `${name}-${role}`, ...tag }),
  });
  keep(volume);
  const userData = firstBootUserData(
    {
      volumeId: volume.ref,
      mountPath: path,
      filesystem: deploy.volume.filesystem,
      waitSeconds: WAIT_SECONDS,
      unit: unitOf(complete, deploy),
      install: {
        ...(deploy.install?.url !== undefined && {
          file: {
            url: deploy.install.url,
            sha256: deploy.install.sha256 ?? '',
            ...(deploy.install.unpack !== undefined && { unpack: deploy.install.unpack }),
          },
        }),
        lines: deploy.install?.lines ?? [],
      },
      agentConfig: JSON.stringify(agentConfig(complete, deploy, path)),
    },
    script,
  );
  keepWithinUserData(complete.fleet, userData, volume.ref);
  const tags = { ...nodes.tag, [nodes.nameTag]: name };
  const launchTemplate = new CfnLaunchTemplate(scope, 'Template', {
    tagSpecifications: [{ resourceType: 'launch-template', tags: listed(tags) }],
    launchTemplateData: {
      imageId: image,
      instanceType: deploy.instanceType,
      iamInstanceProfile: { arn: profile.attrArn },
      securityGroupIds: [securityGroup.attrGroupId],
      // IMDSv2 alone, and not from a container that is a hop away.
      metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
      monitoring: { enabled: true },
      blockDeviceMappings: [
        {
          deviceName: ROOT_DEVICE,
          ebs: { volumeSize: deploy.rootGiB, volumeType: 'gp3', encrypted: true, deleteOnTermination: true },
        },
      ],
      // The root volume does not carry the tags of the data volumes: it would be taken for one.
      tagSpecifications: [{ resourceType: 'instance', tags: listed(tags) }],
      userData: Fn.base64(userData),
    },
  });
  const instance = new CfnInstance(scope, 'Instance', {
    availabilityZone: zone,
    subnetId,
    // Another version of the template never replaces an instance that runs: it counts for the next one.
    launchTemplate: { launchTemplateId: launchTemplate.ref, version: '1' },
    // Of this instance alone: a heal must be able to give up one that it has launched.
    disableApiTermination: true,
    tags: listed(tags),
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
  return { instance, volume, launchTemplate };
}

/** Whatever becomes of the stack, and where a change of a property makes another one. */
function keep({ cfnOptions }: CfnResource): void {
  cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN;
  cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
}

/** Of the unit of a template its instance. */
function unitOf({ units }: CompleteDocument, { version }: Deploy): string {
  const [{ unit = '' } = {}] = Object.values(units);
  return unit.replace('*', version ?? '').replace(/\.service$/, '');
}

function keepWithinUserData(fleet: string, userData: string, volumeRef: string): void {
  const bytes = Buffer.byteLength(userData.replaceAll(volumeRef, 'v'.repeat(VOLUME_ID_BYTES)));
  if (bytes > USER_DATA_BYTES_MAX)
    throw new InputError(
      `fleet ${fleet}: the first boot has ${bytes} bytes, and EC2 takes ${USER_DATA_BYTES_MAX} of user data: let deploy.install fetch the greater part (url), which leaves out up to ${bytes - USER_DATA_BYTES_MAX} bytes of lines`,
    );
}

/** What chainmend's own alarms and growth read, and the files that the owner names. */
function agentConfig({ fleet, metrics }: CompleteDocument, { logs = [] }: Deploy, path: string): object {
  const files = ['/var/log/cloud-init-output.log', '/var/log/chainmend-first-boot.log', ...logs];
  return {
    agent: { metrics_collection_interval: 60 },
    ...(metrics === 'classic' && {
      metrics: {
        namespace: 'CWAgent',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the agent puts the instance's id there.
        append_dimensions: { InstanceId: '${aws:InstanceId}' },
        metrics_collected: {
          disk: {
            measurement: ['used_percent', 'used', 'total', 'inodes_used', 'inodes_total'],
            resources: ['/', path],
            drop_device: true,
          },
        },
      },
    }),
    logs: {
      logs_collected: {
        files: {
          collect_list: files.map((file) => ({
            file_path: file,
            log_group_name: logGroupName(fleet),
            log_stream_name: `{instance_id}${file}`,
          })),
        },
      },
    },
  };
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

function groupOf(
  scope: Construct,
  { fleet, nodes, rpc }: CompleteDocument,
  deploy: Deploy,
  vpcId: string,
): CfnSecurityGroup {
  const group = new CfnSecurityGroup(scope, 'Group', {
    groupDescription: `Nodes of ${fleet}: P2P for the world, RPC for one group, and no SSH.`,
    vpcId,
    securityGroupIngress: [
      ...deploy.p2p.map((place) => {
        const [ipProtocol = 'tcp', port] = place.split('/');
        return { ipProtocol, fromPort: Number(port), toPort: Number(port), cidrIp: WORLD, description: 'P2P' };
      }),
      ...(deploy.rpcFrom === undefined || rpc === undefined
        ? []
        : [
            {
              ...{ ipProtocol: 'tcp', fromPort: rpc.port, toPort: rpc.port, description: 'RPC' },
              sourceSecurityGroupId: deploy.rpcFrom,
            },
          ]),
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
function nodeRole(scope: Construct, { fleet, metrics }: CompleteDocument, { policies }: Deploy): Role {
  const role = roleOf(
    scope,
    new ServicePrincipal('ec2.amazonaws.com'),
    `Nodes of ${fleet}: managed by Systems Manager, and telling their metrics and logs.`,
    nodeGrants(scope, fleet, metrics),
  );
  const cfn = role.node.defaultChild as CfnRole;
  cfn.roleName = nodeRoleName(Stack.of(scope), fleet);
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
export function nodeGrants(scope: Construct, fleet: string, metrics: 'classic' | 'otlp'): Grant[] {
  const group = arn(scope, 'logs', `log-group:${logGroupName(fleet)}`);
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

const listed = (tags: Tags) => Object.entries(tags).map(([key, value]) => ({ key, value }));
