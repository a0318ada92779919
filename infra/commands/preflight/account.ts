// Checks whether an account can take a deployment of these fleets: `npm run chainmend -- check --account`. It reads, and changes nothing.
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { EC2Client, type EC2ClientConfig } from '@aws-sdk/client-ec2';
import { IAMClient } from '@aws-sdk/client-iam';
import {
  GetAccountSettingsCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  ListDurableExecutionsByFunctionCommand,
  ResourceNotFoundException as NoSuchFunction,
} from '@aws-sdk/client-lambda';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SNSClient } from '@aws-sdk/client-sns';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { discoverNodes } from '../../../shared/fleet/nodes.ts';
import { fleetParameterName } from '../../../shared/fleet/parameter.ts';
import { attempt } from '../../../shared/readiness/attempt.ts';
import { launchFactsOf } from '../../../shared/readiness/read-launch.ts';
import type { FleetFile } from '../../fleets.ts';
import { commandNames } from '../../names.ts';
import { StoreError, withPlace } from '../errors.ts';
import { newNodesOf, nodesStackOf } from '../nodes/new-nodes.ts';
import { roomForPorts, rulesQuota } from '../nodes/open-ports.ts';
import { readSubscribers } from '../subscribers.ts';
import type { AccountFacts, FleetFacts } from './facts.ts';

export type AwsClientConfig = Pick<EC2ClientConfig, 'region' | 'credentials' | 'requestHandler'>;

/** The version that every modern bootstrap stack writes ("Bootstrap your environment", CDK guide). */
const BOOTSTRAPPED = '/cdk-bootstrap/hnb659fds/version';

/** What is read of a fleet file. */
type CheckedFile = Pick<FleetFile, 'fleet'> & {
  readonly document: FleetFile['document'] | { readonly deploy?: never };
};

/** Uses the account and region of the environment, unless a test names them. @throws StoreError */
export async function readAccount(files: readonly CheckedFile[], config: AwsClientConfig = {}): Promise<AccountFacts> {
  const clients = {
    ...{ ec2: new EC2Client(config), iam: new IAMClient(config), lambda: new LambdaClient(config) },
    ...{ ssm: new SSMClient(config), sts: new STSClient(config) },
    cloudformation: new CloudFormationClient(config),
    quotas: new ServiceQuotasClient(config),
  };
  const { ec2, lambda, ssm, sts } = clients;
  const sns = new SNSClient(config);
  try {
    const { Account: account = '', Arn: callerArn } = await sts.send(new GetCallerIdentityCommand({}));
    const replaceRole = await roleOf(lambda, commandNames().functions.replaceNode);
    const found: FleetFacts[] = [];
    for (const file of files) found.push(await fleetFacts(clients, file, replaceRole));
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
    throw new StoreError(`the account cannot be read: ${withPlace(words)}`, { cause });
  }
}

const wordsOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}`.trim() : String(error);

/** There may be no table yet. The check uses names in sentences only. */
const NO_MEMORY = { readWatch: async () => undefined };

interface PreflightClients {
  readonly ec2: EC2Client;
  readonly iam: IAMClient;
  readonly ssm: SSMClient;
  readonly cloudformation: CloudFormationClient;
  readonly quotas: ServiceQuotasClient;
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

/** AWS lists the regions of an operation only in a tool of its MCP Server (`get_regional_availability`). Where the API is missing, a missing function is not reported as not found. */
async function withoutDurable(lambda: LambdaClient): Promise<string | undefined> {
  const FunctionName = commandNames().functions.resizeVolume;
  try {
    await lambda.send(new ListDurableExecutionsByFunctionCommand({ FunctionName, MaxItems: 1 }));
    return undefined;
  } catch (error) {
    if (error instanceof NoSuchFunction) return undefined;
    return `whether durable functions are there, Lambda does not say: ${wordsOf(error)}`;
  }
}

async function fleetFacts(
  clients: PreflightClients,
  file: CheckedFile,
  replaceRole: string | undefined,
): Promise<FleetFacts> {
  const { fleet, document } = file;
  const ports = document.deploy ? roomForPorts(document, await rulesQuota(clients.quotas)) : null;
  return {
    ...(ports && { ports }),
    ...(await launchFactsOf(clients, fleet, await discoverNodes(clients.ec2, fleet, NO_MEMORY), replaceRole)),
    isStored: await isThere(clients.ssm, fleetParameterName(commandNames().parameterPrefix, fleet.name)),
    ...(document.deploy && {
      newNodes: await attempt(`what new nodes of ${fleet.name} begin with`, () =>
        newNodesOf(clients, file, nodesStackOf(commandNames().suite, fleet.name), Date.now()),
      ),
    }),
  };
}
