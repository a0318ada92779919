// An account through the AWS SDK: what a run reads and makes, each call once and with AWS's own words. aws-resources.ts finds and removes what is
// left over.
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { DLMClient } from '@aws-sdk/client-dlm';
import { DescribeTableCommand, DynamoDBClient, ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import {
  AttachVolumeCommand,
  CreateVolumeCommand,
  DescribeInstancesCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  EC2Client,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  type Tag,
} from '@aws-sdk/client-ec2';
import { GetInstanceProfileCommand, IAMClient, ListAttachedRolePoliciesCommand } from '@aws-sdk/client-iam';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  ListDurableExecutionsByFunctionCommand,
  ResourceNotFoundException as NoSuchFunction,
} from '@aws-sdk/client-lambda';
import {
  DescribeInstanceInformationCommand,
  GetParameterCommand,
  ParameterNotFound,
  PutParameterCommand,
  paginateListDocuments,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { judgeAgent } from '../../../shared/aws/commands.ts';
import { pauseParameterName } from '../../../shared/fleet/parameter.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { commandNames } from '../../names.ts';
import { SmokeError, withPlace } from '../errors.ts';
import type { AwsClientConfig } from '../preflight/account.ts';
import { ladderAccount } from './aws-ladder.ts';
import { markKept, resourcesOf, TABLE } from './aws-resources.ts';
import type { Account, InstanceRequest } from './context.ts';
import { SELECTOR_TAG, SMOKE_TAG } from './names.ts';
import { INSTANCE_TYPE } from './plan.ts';
import type { Recorder } from './recording.ts';
import { VOLUME_GIB } from './user-data.ts';

/** "Launch AL2023 using the SSM parameter" (AL2023 user guide). */
const IMAGE_PARAMETER = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
/** The volume's device name. Nitro shows another name, and the node finds the volume by its id. */
const DEVICE = '/dev/sdf';
const POLICIES = ['AmazonSSMManagedInstanceCore', 'CloudWatchAgentServerPolicy'] as const;

/** Uses the account and region of the environment, unless a test names them. */
export function awsAccount(config: AwsClientConfig = {}, recorder?: Recorder): Account {
  const [sts, ec2, ssm] = [new STSClient(config), new EC2Client(config), new SSMClient(config)];
  const [lambda, dynamodb] = [new LambdaClient(config), new DynamoDBClient(config)];
  const [cloudwatch, dlm, iam] = [new CloudWatchClient(config), new DLMClient(config), new IAMClient(config)];
  const cloudformation = new CloudFormationClient(config);
  if (recorder)
    for (const client of [sts, ec2, ssm, lambda, dynamodb, cloudwatch, dlm, iam, cloudformation])
      client.middlewareStack.use(recorder);
  const parameter = (name: string): Promise<string | undefined> =>
    withSmokeError(name, async () => {
      const { Parameter } = await orNothing(ssm.send(new GetParameterCommand({ Name: name })), ParameterNotFound);
      return Parameter?.Value;
    });
  return {
    identity: () =>
      withSmokeError('who am I', async () => {
        const { Account: account = '', Arn: arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
        return { account, arn, region: await ec2.config.region() };
      }),
    withoutDurable: () => withoutDurable(lambda),
    suiteThere: () =>
      withSmokeError('what is there', async () => {
        const pause = pauseParameterName(commandNames().parameterPrefix);
        const isThere = (await parameter(pause)) !== undefined;
        return [...(await suiteThere(lambda, dynamodb, ssm)), ...(isThere ? [`parameter ${pause}`] : [])];
      }),
    parameter,
    subnet: (subnetId) =>
      withSmokeError(subnetId, async () => {
        const { Subnets } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [subnetId] }));
        const { VpcId: vpcId = '', AvailabilityZone: zone = '' } = Subnets?.[0] ?? {};
        return { vpcId, zone };
      }),
    profileLacks: (name) => profileLacks(iam, name),
    image: async () => {
      const image = await parameter(IMAGE_PARAMETER);
      if (image !== undefined) return image;
      throw new SmokeError(`there is no parameter ${IMAGE_PARAMETER}: no image of Amazon Linux 2023 in this region?`);
    },
    makeVolume: (run, fleet, zone) =>
      withSmokeError('CreateVolume', async () => {
        const { VolumeId = '' } = await ec2.send(
          new CreateVolumeCommand({
            ...{ AvailabilityZone: zone, Size: VOLUME_GIB, VolumeType: 'gp3', ClientToken: run },
            TagSpecifications: [{ ResourceType: 'volume', Tags: tagsOf(run, fleet) }],
          }),
        );
        return VolumeId;
      }),
    makeInstance: (options) => withSmokeError('RunInstances', () => makeInstance(ec2, options)),
    instanceState: (instanceId) =>
      withSmokeError(instanceId, async () => {
        const { Reservations } = await ec2.send(
          // Uses a filter: for a moment EC2 does not find a new instance by its id (eventual consistency, EC2 API).
          new DescribeInstancesCommand({ Filters: [{ Name: 'instance-id', Values: [instanceId] }] }),
        );
        return Reservations?.[0]?.Instances?.[0]?.State?.Name ?? 'pending';
      }),
    attach: (VolumeId, InstanceId) =>
      withSmokeError('AttachVolume', async () => {
        await ec2.send(new AttachVolumeCommand({ VolumeId, InstanceId, Device: DEVICE }));
      }),
    volume: (volumeId) =>
      withSmokeError(volumeId, async () => {
        const { Volumes } = await ec2.send(
          new DescribeVolumesCommand({ Filters: [{ Name: 'volume-id', Values: [volumeId] }] }),
        );
        const { State: state = 'creating', Size: sizeGiB = 0 } = Volumes?.[0] ?? {};
        return { state, sizeGiB };
      }),
    unmanaged: (instanceId) =>
      withSmokeError(instanceId, async () => {
        const { InstanceInformationList } = await ssm.send(
          new DescribeInstanceInformationCommand({ Filters: [{ Key: 'InstanceIds', Values: [instanceId] }] }),
        );
        return judgeAgent(InstanceInformationList?.[0])?.reason;
      }),
    alarmNames: (AlarmNamePrefix) =>
      withSmokeError('DescribeAlarms', async () => {
        const names: string[] = [];
        for await (const { MetricAlarms = [] } of paginateDescribeAlarms({ client: cloudwatch }, { AlarmNamePrefix }))
          names.push(...MetricAlarms.flatMap(({ AlarmName }) => AlarmName ?? []));
        return names;
      }),
    pauseFleet: async (fleet, text) => {
      const name = pauseParameterName(commandNames().parameterPrefix, fleet);
      // A person's own pause stays, and holds heals back as well.
      if (((await parameter(name)) ?? 'off') !== 'off') return;
      await withSmokeError(name, () =>
        ssm.send(new PutParameterCommand({ Name: name, Value: text, Type: 'String', Overwrite: true })),
      );
    },
    markKept: (run) => withSmokeError('tagging what the stack leaves', () => markKept({ ssm, dynamodb }, run)),
    ...resourcesOf({ ec2, ssm, dynamodb, cloudwatch, dlm, cloudformation }, withSmokeError),
    ladder: ladderAccount({ ec2, dlm, iam, lambda, ssm, cloudwatch }, withSmokeError),
  };
}

const tagsOf = (run: string, fleet: string): Tag[] => [
  { Key: SMOKE_TAG, Value: run },
  { Key: SELECTOR_TAG, Value: fleet },
  { Key: 'Name', Value: run },
];

async function makeInstance(ec2: EC2Client, options: InstanceRequest): Promise<string> {
  const { run, fleet, imageId, subnetId, profile, securityGroupId, userData, templateId } = options;
  const what: Omit<RunInstancesCommandInput, 'MinCount' | 'MaxCount'> =
    templateId === undefined
      ? {
          ...{ ImageId: imageId, InstanceType: INSTANCE_TYPE, IamInstanceProfile: { Name: profile } },
          ...(securityGroupId !== undefined && { SecurityGroupIds: [securityGroupId] }),
          MetadataOptions: { HttpTokens: 'required' },
          UserData: Buffer.from(userData).toString('base64'),
        }
      : { LaunchTemplate: { LaunchTemplateId: templateId } };
  const { Instances } = await ec2.send(
    new RunInstancesCommand({
      ...{ ...what, SubnetId: subnetId, MinCount: 1, MaxCount: 1, ClientToken: run },
      TagSpecifications: [
        { ResourceType: 'instance', Tags: tagsOf(run, fleet) },
        // Tags the root volume: it is not the fleet's, and EC2 deletes it with the instance.
        { ResourceType: 'volume', Tags: [{ Key: SMOKE_TAG, Value: run }] },
      ],
    }),
  );
  return Instances?.[0]?.InstanceId ?? '';
}

/** AWS lists the regions of an operation only in a tool of its MCP Server (`get_regional_availability`). Where the API is missing, a missing function is not reported as not found. */
async function withoutDurable(lambda: LambdaClient): Promise<string | undefined> {
  try {
    await lambda.send(
      new ListDurableExecutionsByFunctionCommand({ FunctionName: commandNames().functions.resizeVolume, MaxItems: 1 }),
    );
    return undefined;
  } catch (error) {
    if (error instanceof NoSuchFunction) return undefined;
    return `whether durable functions are there, Lambda does not say: ${wordsOf(error)}`;
  }
}

async function suiteThere(lambda: LambdaClient, dynamodb: DynamoDBClient, ssm: SSMClient): Promise<readonly string[]> {
  const FunctionName = commandNames().functions.dispatchHeal;
  const fn = await orNothing(lambda.send(new GetFunctionConfigurationCommand({ FunctionName })), NoSuchFunction);
  const table = await orNothing(
    dynamodb.send(new DescribeTableCommand({ TableName: TABLE })),
    ResourceNotFoundException,
  );
  const documents: string[] = [];
  const Filters = [
    { Key: 'Owner', Values: ['Self'] },
    { Key: 'Name', Values: ['chainmend-'] },
  ];
  for await (const { DocumentIdentifiers = [] } of paginateListDocuments({ client: ssm }, { Filters }))
    documents.push(...DocumentIdentifiers.map(({ Name }) => `document ${Name}`));
  return [
    ...(fn.FunctionName === undefined ? [] : [`function ${FunctionName}`]),
    ...(table.Table === undefined ? [] : [`table ${TABLE}`]),
    ...documents,
  ];
}

/** Policies of other names may allow more to the role, and names alone do not show it. The run prints this and continues. */
async function profileLacks(iam: IAMClient, InstanceProfileName: string): Promise<string | undefined> {
  try {
    const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName }));
    const RoleName = InstanceProfile?.Roles?.[0]?.RoleName;
    if (RoleName === undefined) throw new SmokeError(`the instance profile ${InstanceProfileName} has no role`);
    const { AttachedPolicies = [] } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
    const missing = POLICIES.filter((policy) => !AttachedPolicies.some(({ PolicyName }) => PolicyName === policy));
    if (missing.length === 0) return undefined;
    return `${InstanceProfileName}: ${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not attached to ${RoleName}; without the same rights the node stays silent`;
  } catch (error) {
    if (error instanceof SmokeError) throw error;
    if (error instanceof Error && /^NoSuchEntity/.test(error.name))
      throw new SmokeError(
        `there is no instance profile ${InstanceProfileName}: make one whose role has ${POLICIES.join(' and ')}`,
        { cause: error },
      );
    return `what ${InstanceProfileName} may do, IAM does not say: ${wordsOf(error)}`;
  }
}

/** An empty answer where AWS says that the resource does not exist. */
async function orNothing<T extends object>(
  asked: Promise<T>,
  nothing: new (...words: never[]) => Error,
): Promise<Partial<T>> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof nothing) return {};
    throw error;
  }
}

const wordsOf = (error: unknown): string =>
  plainText(error instanceof Error ? `${error.name}: ${error.message}` : String(error));

async function withSmokeError<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof SmokeError) throw cause;
    const words = wordsOf(cause);
    throw new SmokeError(`${what}: ${withPlace(words)}`, { cause });
  }
}
