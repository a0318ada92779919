// Reads what another instance of a fleet would be launched from, and whose its nodes are: Describe calls of EC2, and IAM's simulation of the launch. Sources:
// doc comments of the commands in @aws-sdk/client-ec2 and @aws-sdk/client-iam.
import {
  DescribeAddressesCommand,
  DescribeLaunchTemplateVersionsCommand,
  type EC2Client,
  paginateDescribeInstances,
} from '@aws-sdk/client-ec2';
import { GetInstanceProfileCommand, type IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { hasInstanceStore } from '../aws/instance-types.ts';
import type { Fleet } from '../fleet/model.ts';
import { isInGroup } from '../fleet/node-names.ts';
import type { FleetNode } from '../fleet/nodes.ts';
import { SCALING_GROUP_TAG } from '../model/tags.ts';
import { type LaunchFacts, type NodeFact, replaces, type TemplateFact } from './launch-facts.ts';

export interface LaunchReaders {
  readonly ec2: EC2Client;
  readonly iam: IAMClient;
}

/** The limit for one fleet. No fleet with more is known, and each template costs three requests. */
const MAX_TEMPLATES = 20;

const wordsOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}`.trim() : String(error);

/**
 * Reads what another instance of each node would be launched from, and whose the nodes are.
 *
 * @param replaceRole of the deployed replace-node; undefined where nothing is deployed
 */
export async function launchFactsOf(
  clients: LaunchReaders,
  fleet: Fleet,
  nodes: readonly FleetNode[],
  replaceRole: string | undefined,
): Promise<LaunchFacts> {
  const named = fleet.replace.launchTemplate;
  // A group makes another one itself where its members are left to it. A validator is never replaced.
  const mayBeMade = nodes.filter(
    (node) =>
      !(isInGroup(node) && fleet.replace.autoScaling === 'refuse') &&
      node.role !== 'validator' &&
      node.role !== 'unknown',
  );
  const own = named === undefined ? mayBeMade.map((node) => [node.name, templateOf(node)] as const) : [];
  const templates = [
    ...new Set([...(named === undefined ? [] : [named]), ...own.flatMap(([, id]) => id ?? [])]),
  ].sort();
  if (templates.length > MAX_TEMPLATES)
    throw new Error(`${fleet.name} has more than ${MAX_TEMPLATES} launch templates: half-read lists are refused`);
  const found: TemplateFact[] = [];
  if (replaces(fleet)) for (const template of templates) found.push(await templateFact(clients, template, replaceRole));
  return {
    ...{ fleet, nodes: await nodeFacts(clients.ec2, nodes), templates: found },
    withoutTemplate: own.filter(([, id]) => id === undefined).map(([name]) => name),
  };
}

/** "The maximum number of filter values is 200" (DescribeInstances, EC2 API reference). */
const IDS_A_REQUEST = 200;

/** What a stop would take from each node, and whose it is. What AWS does not let us read is told, and the rest is read. */
async function nodeFacts(ec2: EC2Client, nodes: readonly FleetNode[]): Promise<readonly NodeFact[]> {
  const asked = nodes.map((node) => ({
    node,
    tags: node.tags,
    autoScalingGroup: node.tags[SCALING_GROUP_TAG] ?? null,
  }));
  try {
    const ips = await publicIpsOf(ec2, nodes);
    const facts: NodeFact[] = [];
    for (const { node, tags, autoScalingGroup } of asked)
      facts.push({
        ...{ name: node.name, role: node.role, tags, autoScalingGroup, unread: undefined },
        instanceStore: await hasInstanceStore(ec2, node.instanceType),
        publicIp: ips.get(node.instanceId) ?? null,
      });
    return facts;
  } catch (error) {
    const unread = wordsOf(error);
    return asked.map(({ node, ...known }) => ({
      ...{ name: node.name, role: node.role, ...known },
      ...{ instanceStore: null, publicIp: null, unread },
    }));
  }
}

/** By the instance's id. Those without a public address are missing. */
async function publicIpsOf(
  ec2: EC2Client,
  nodes: readonly FleetNode[],
): Promise<ReadonlyMap<string, NonNullable<NodeFact['publicIp']>>> {
  const ids = nodes.map(({ instanceId }) => instanceId);
  const found = new Map<string, string>();
  for (let at = 0; at < ids.length; at += IDS_A_REQUEST) {
    const Filters = [{ Name: 'instance-id', Values: ids.slice(at, at + IDS_A_REQUEST) }];
    for await (const { Reservations = [] } of paginateDescribeInstances({ client: ec2 }, { Filters }))
      for (const { InstanceId, PublicIpAddress } of Reservations.flatMap(({ Instances = [] }) => Instances))
        if (InstanceId && PublicIpAddress) found.set(InstanceId, PublicIpAddress);
  }
  if (found.size === 0) return new Map();
  const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({}));
  const allocationOf = (ip: string) => Addresses.find(({ PublicIp }) => PublicIp === ip)?.AllocationId ?? null;
  return new Map([...found].map(([id, ip]) => [id, { ip, allocationId: allocationOf(ip) }]));
}

/** The tag by which replace-node finds the template: "aws:ec2launchtemplate:id" ("Launch an EC2 instance using a launch template"). */
const templateOf = ({ tags }: FleetNode): string | undefined => tags['aws:ec2launchtemplate:id'];

async function templateFact(
  { ec2, iam }: LaunchReaders,
  template: string,
  replaceRole: string | undefined,
): Promise<TemplateFact> {
  let hasUserData = false;
  const nothing = { template, profile: undefined, mayPass: undefined };
  let name: string | undefined;
  try {
    const { LaunchTemplateVersions = [] } = await ec2.send(
      new DescribeLaunchTemplateVersionsCommand({
        ...(template.startsWith('lt-') ? { LaunchTemplateId: template } : { LaunchTemplateName: template }),
        Versions: ['$Default'],
      }),
    );
    const data = LaunchTemplateVersions[0]?.LaunchTemplateData;
    hasUserData = (data?.UserData ?? '') !== '';
    const { Arn, Name } = data?.IamInstanceProfile ?? {};
    name = Name ?? Arn?.split('/').at(-1);
  } catch (error) {
    return { ...nothing, hasUserData, unknown: `nothing can be read: ${wordsOf(error)}` };
  }
  if (name === undefined) return { ...nothing, hasUserData, profile: 'none', unknown: undefined };
  let roleArn: string | undefined;
  try {
    const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName: name }));
    roleArn = InstanceProfile?.Roles?.[0]?.Arn;
    if (roleArn === undefined)
      return {
        ...nothing,
        hasUserData,
        profile: { name, roleArn },
        unknown: `the instance profile ${name} has no role`,
      };
    const mayPass = replaceRole === undefined ? undefined : await mayPassOn(iam, replaceRole, roleArn);
    return { template, profile: { name, roleArn }, mayPass, hasUserData, unknown: undefined };
  } catch (error) {
    return { ...nothing, hasUserData, profile: { name, roleArn }, unknown: `the role is not known: ${wordsOf(error)}` };
  }
}

/** IAM's simulation of the launch. */
export async function mayPassOn(iam: IAMClient, PolicySourceArn: string, roleArn: string): Promise<boolean> {
  const { EvaluationResults = [] } = await iam.send(
    new SimulatePrincipalPolicyCommand({
      ...{ PolicySourceArn, ActionNames: ['iam:PassRole'], ResourceArns: [roleArn] },
      ContextEntries: [
        {
          ...{ ContextKeyName: 'iam:PassedToService', ContextKeyType: 'string' },
          ContextKeyValues: ['ec2.amazonaws.com'],
        },
      ],
    }),
  );
  return EvaluationResults[0]?.EvalDecision === 'allowed';
}
