// Checks whether an account can take a deployment of these fleets: `npm run chainmend -- check --account`. It reads, and changes nothing.
import {
  DescribeAddressesCommand,
  DescribeLaunchTemplateVersionsCommand,
  EC2Client,
  type EC2ClientConfig,
  paginateDescribeInstances,
} from '@aws-sdk/client-ec2';
import { GetInstanceProfileCommand, IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import {
  GetAccountSettingsCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  ListDurableExecutionsByFunctionCommand,
  ResourceNotFoundException as NoSuchFunction,
} from '@aws-sdk/client-lambda';
import { SNSClient } from '@aws-sdk/client-sns';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { hasInstanceStore } from '../../../shared/aws/instance-types.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { isInGroup } from '../../../shared/fleet/node-names.ts';
import { discoverNodes, type FleetNode } from '../../../shared/fleet/nodes.ts';
import { fleetParameterName } from '../../../shared/fleet/parameter.ts';
import { SCALING_GROUP_TAG } from '../../../shared/model/tags.ts';
import { functionNames, parameterPrefix } from '../../names.ts';
import { StoreError } from '../fleets/parameter-store.ts';
import { readSubscribers } from '../subscribers.ts';
import { type AccountFacts, type FleetFacts, type NodeFact, replaces, type TemplateFact } from './facts.ts';

export type AwsClientConfig = Pick<EC2ClientConfig, 'region' | 'credentials' | 'requestHandler'>;

/** The limit for one fleet. No fleet with more is known, and each template costs three requests. */
const MAX_TEMPLATES = 20;
/** The version that every modern bootstrap stack writes ("Bootstrap your environment", CDK guide). */
const BOOTSTRAPPED = '/cdk-bootstrap/hnb659fds/version';

/** Uses the account and region of the environment, unless a test names them. @throws StoreError */
export async function readAccount(fleets: readonly Fleet[], config: AwsClientConfig = {}): Promise<AccountFacts> {
  const clients = {
    ...{ ec2: new EC2Client(config), iam: new IAMClient(config), lambda: new LambdaClient(config) },
    ...{ ssm: new SSMClient(config), sts: new STSClient(config) },
  };
  const { ec2, lambda, ssm, sts } = clients;
  const sns = new SNSClient(config);
  try {
    const { Account: account = '', Arn: callerArn } = await sts.send(new GetCallerIdentityCommand({}));
    const replaceRole = await roleOf(lambda, functionNames.replaceNode);
    const found: FleetFacts[] = [];
    for (const fleet of fleets) found.push(await fleetFacts(clients, fleet, replaceRole));
    return {
      account,
      region: await ec2.config.region(),
      ...(await concurrencyOf(lambda)),
      isBootstrapped: await isThere(ssm, BOOTSTRAPPED),
      withoutDurable: await withoutDurable(lambda),
      subscribers: await readSubscribers(sns, callerArn),
      isDeployed: replaceRole !== undefined,
      fleets: found,
    };
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    const words = wordsOf(cause);
    const unnamed = /Region is missing|CredentialsProvider|Could not load credentials|ECONNREFUSED/.test(words);
    throw new StoreError(`the account cannot be read: ${words}${unnamed ? WHOSE : ''}`, { cause });
  }
}

const WHOSE = '; your environment says which account and region: AWS_PROFILE, or AWS_REGION and credentials';
const wordsOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}`.trim() : String(error);

/** There may be no table yet. The check uses names in sentences only. */
const NO_MEMORY = { readWatch: async () => undefined };

interface Clients {
  readonly ec2: EC2Client;
  readonly iam: IAMClient;
  readonly ssm: SSMClient;
}

/** The function's role; undefined where the function does not exist. */
export async function roleOf(lambda: LambdaClient, FunctionName: string): Promise<string | undefined> {
  try {
    return (await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))).Role;
  } catch (error) {
    if (error instanceof NoSuchFunction) return undefined;
    throw error;
  }
}

async function concurrencyOf(lambda: LambdaClient): Promise<Pick<AccountFacts, 'concurrency' | 'unknownConcurrency'>> {
  try {
    const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand({}));
    return { concurrency: AccountLimit?.ConcurrentExecutions };
  } catch (error) {
    // The failure is reported, and the rest is read.
    return { concurrency: undefined, unknownConcurrency: wordsOf(error) };
  }
}

async function isThere(ssm: SSMClient, Name: string): Promise<boolean> {
  try {
    await ssm.send(new GetParameterCommand({ Name }));
    return true;
  } catch (error) {
    if (error instanceof ParameterNotFound) return false;
    throw error;
  }
}

/** AWS publishes no list of regions that a program could trust. Where the API is missing, a missing function is not reported as not found. */
async function withoutDurable(lambda: LambdaClient): Promise<string | undefined> {
  const FunctionName = functionNames.resizeVolume;
  try {
    await lambda.send(new ListDurableExecutionsByFunctionCommand({ FunctionName, MaxItems: 1 }));
    return undefined;
  } catch (error) {
    if (error instanceof NoSuchFunction) return undefined;
    return `whether durable functions are there, Lambda does not say: ${wordsOf(error)}`;
  }
}

async function fleetFacts(clients: Clients, fleet: Fleet, replaceRole: string | undefined): Promise<FleetFacts> {
  const nodes = await discoverNodes(clients.ec2, fleet, NO_MEMORY);
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
    throw new StoreError(`${fleet.name} has more than ${MAX_TEMPLATES} launch templates: half-read lists are refused`);
  const found: TemplateFact[] = [];
  if (replaces(fleet)) for (const template of templates) found.push(await templateFact(clients, template, replaceRole));
  return {
    ...{ fleet, nodes: await nodeFacts(clients.ec2, nodes), templates: found },
    withoutTemplate: own.filter(([, id]) => id === undefined).map(([name]) => name),
    isStored: await isThere(clients.ssm, fleetParameterName(parameterPrefix, fleet.name)),
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
  { ec2, iam }: Clients,
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
