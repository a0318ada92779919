// The resources that runs have made: found by their tags in an account, read again, and removed.
import { type CloudFormationClient, DescribeStacksCommand, type Tag as StackTag } from '@aws-sdk/client-cloudformation';
import {
  type CloudWatchClient,
  DeleteAlarmsCommand,
  ListTagsForResourceCommand,
  type MetricAlarm,
  paginateDescribeAlarms,
} from '@aws-sdk/client-cloudwatch';
import { DeleteLifecyclePolicyCommand, type DLMClient, GetLifecyclePoliciesCommand } from '@aws-sdk/client-dlm';
import {
  DeleteTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ListTagsOfResourceCommand,
  ResourceNotFoundException,
  type TableDescription,
  TagResourceCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import {
  DeleteLaunchTemplateCommand,
  DeleteSnapshotCommand,
  DeleteVolumeCommand,
  DescribeLockedSnapshotsCommand,
  type EC2Client,
  type Filter,
  type Instance,
  type LaunchTemplate,
  paginateDescribeInstances,
  paginateDescribeLaunchTemplates,
  paginateDescribeSnapshots,
  paginateDescribeVolumes,
  type Snapshot,
  TerminateInstancesCommand,
  UnlockSnapshotCommand,
  type Volume,
} from '@aws-sdk/client-ec2';
import {
  AddTagsToResourceCommand,
  DeleteDocumentCommand,
  DeleteParameterCommand,
  type DocumentIdentifier,
  GetParameterCommand,
  ListTagsForResourceCommand as ListTagsOfParameterCommand,
  ParameterNotFound,
  paginateGetParametersByPath,
  paginateListDocuments,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { pauseParameterName } from '../../../shared/fleet/parameter.ts';
import { NODE_TAG } from '../../../shared/model/tags.ts';
import { commandNames } from '../../names.ts';
import { SmokeError } from '../errors.ts';
import { STACK } from './cdk.ts';
import type { Account } from './context.ts';
import type { Leftover } from './leftovers.ts';
import { pausedBy, SMOKE_TAG, STANDING_FLEET } from './names.ts';

export interface Clients {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly dynamodb: DynamoDBClient;
  readonly cloudwatch: CloudWatchClient;
  readonly dlm: DLMClient;
  readonly cloudformation: CloudFormationClient;
}

/** The table's literal name: infra/constructs/state.ts. */
export const TABLE = 'chainmend';
const pausesPath = (): string => `${commandNames().parameterPrefix}/pauses`;

/** Does the work. An AWS error is reported in AWS's own words, with the call's purpose. */
export type NameFailure = <T>(what: string, work: () => Promise<T>) => Promise<T>;

export function resourcesOf(clients: Clients, said: NameFailure): Pick<Account, 'things' | 'again' | 'remove'> {
  const { cloudformation } = clients;
  return {
    things: (withStack) =>
      said('what is left', async () => [
        ...(await instances(clients.ec2, [BY_TAG])),
        ...(await findByAnyFilter([BY_TAG, BY_NODE], (filter) => volumes(clients.ec2, [filter]))),
        ...(await findByAnyFilter([BY_TAG, BY_NODE], (filter) => snapshots(clients.ec2, [filter]))),
        ...(await templates(clients.ec2)),
        ...(await policies(clients.dlm)),
        ...(await alarms(clients.cloudwatch, `chainmend-${STANDING_FLEET}-`)),
        ...(await pauses(clients.ssm)),
        ...(withStack
          ? [
              ...(await stacks(cloudformation)),
              ...(await documents(clients.ssm)),
              ...(await parameters(clients.ssm)),
              ...(await tables(clients.dynamodb)),
            ]
          : []),
      ]),
    again: (thing) =>
      said(thing.id, async () => {
        const found = await readAgain(clients, thing);
        return found.find(({ id }) => id === thing.id);
      }),
    remove: (thing) => said(thing.id, () => remove(clients, thing)),
  };
}

/** None of these names existed before the run deployed its stack. */
export async function markKept({ ssm, dynamodb }: Pick<Clients, 'ssm' | 'dynamodb'>, run: string): Promise<void> {
  const Tags = [{ Key: SMOKE_TAG, Value: run }];
  for (const { id, tags } of await documents(ssm)) {
    if (!(SMOKE_TAG in tags))
      await ssm.send(new AddTagsToResourceCommand({ ResourceType: 'Document', ResourceId: id, Tags }));
  }
  for (const { id, tags } of await parameters(ssm)) {
    if (!(SMOKE_TAG in tags))
      await ssm.send(new AddTagsToResourceCommand({ ResourceType: 'Parameter', ResourceId: id, Tags }));
  }
  const arn = (await tableNow(dynamodb))?.TableArn;
  if (arn !== undefined) await dynamodb.send(new TagResourceCommand({ ResourceArn: arn, Tags }));
}

const BY_TAG: Filter = { Name: 'tag-key', Values: [SMOKE_TAG] };
/** What chainmend makes of a node's data carries the node's name. */
const BY_NODE: Filter = { Name: `tag:${NODE_TAG}`, Values: ['smoke-*'] };

/** A resource that several filters find counts once. */
async function findByAnyFilter(
  filters: readonly Filter[],
  find: (filter: Filter) => Promise<readonly Leftover[]>,
): Promise<readonly Leftover[]> {
  const found = new Map<string, Leftover>();
  for (const filter of filters) for (const thing of await find(filter)) found.set(thing.id, thing);
  return [...found.values()];
}

async function readAgain(clients: Clients, { kind, id }: Leftover): Promise<readonly Leftover[]> {
  switch (kind) {
    case 'instance':
      return instances(clients.ec2, [{ Name: 'instance-id', Values: [id] }]);
    case 'volume':
      return volumes(clients.ec2, [{ Name: 'volume-id', Values: [id] }]);
    case 'snapshot':
      return snapshots(clients.ec2, [{ Name: 'snapshot-id', Values: [id] }]);
    case 'template':
      return templates(clients.ec2);
    case 'policy':
      return policies(clients.dlm);
    case 'alarm':
      return alarms(clients.cloudwatch, id);
    case 'stack':
      return stacks(clients.cloudformation);
    case 'document':
      return documents(clients.ssm);
    case 'parameter':
      return parameters(clients.ssm);
    case 'table':
      return tables(clients.dynamodb);
    case 'pause':
      return pauses(clients.ssm);
  }
}

async function remove({ ec2, ssm, dynamodb, cloudwatch, dlm }: Clients, { kind, id }: Leftover): Promise<void> {
  switch (kind) {
    case 'instance':
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
      return;
    case 'volume':
      await ec2.send(new DeleteVolumeCommand({ VolumeId: id }));
      return;
    case 'snapshot':
      await unlock(ec2, id);
      await ec2.send(new DeleteSnapshotCommand({ SnapshotId: id }));
      return;
    case 'template':
      await ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId: id }));
      return;
    case 'policy':
      await dlm.send(new DeleteLifecyclePolicyCommand({ PolicyId: id }));
      return;
    case 'alarm':
      await cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: [id] }));
      return;
    case 'document':
      await ssm.send(new DeleteDocumentCommand({ Name: id }));
      return;
    case 'table':
      // Deletion protection is for stacks whose leases are in the table.
      await dynamodb.send(new UpdateTableCommand({ TableName: id, DeletionProtectionEnabled: false }));
      await dynamodb.send(new DeleteTableCommand({ TableName: id }));
      return;
    case 'parameter':
    case 'pause':
      await ssm.send(new DeleteParameterCommand({ Name: id }));
      return;
    case 'stack':
      throw new SmokeError('a stack is removed by cdk');
  }
}

interface AnyTag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}
export const asTags = (tags: readonly AnyTag[] | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));

async function instances(client: EC2Client, Filters: Filter[]): Promise<readonly Leftover[]> {
  const found: Instance[] = [];
  for await (const { Reservations = [] } of paginateDescribeInstances({ client }, { Filters }))
    found.push(...Reservations.flatMap(({ Instances = [] }) => Instances));
  return found.map(({ InstanceId: id = '', State, Tags }) => ({
    ...{ kind: 'instance', id, state: State?.Name ?? 'unknown', tags: asTags(Tags) },
  }));
}

async function volumes(client: EC2Client, Filters: Filter[]): Promise<readonly Leftover[]> {
  const found: Volume[] = [];
  for await (const { Volumes = [] } of paginateDescribeVolumes({ client }, { Filters })) found.push(...Volumes);
  return found.map(({ VolumeId: id = '', State: state = 'unknown', Tags }) => ({
    ...{ kind: 'volume', id, state, tags: asTags(Tags) },
  }));
}

/** An incident has locked what a lifecycle policy would delete. AWS does not document the error code of an unlock where nothing is locked. */
async function unlock(client: EC2Client, SnapshotId: string): Promise<void> {
  const { Snapshots = [] } = await client.send(new DescribeLockedSnapshotsCommand({ SnapshotIds: [SnapshotId] }));
  if (Snapshots.some(({ LockState }) => LockState === 'governance'))
    await client.send(new UnlockSnapshotCommand({ SnapshotId }));
}

async function snapshots(client: EC2Client, Filters: Filter[]): Promise<readonly Leftover[]> {
  const found: Snapshot[] = [];
  for await (const { Snapshots = [] } of paginateDescribeSnapshots({ client }, { OwnerIds: ['self'], Filters }))
    found.push(...Snapshots);
  return found.map(({ SnapshotId: id = '', State: state = 'unknown', Tags }) => ({
    ...{ kind: 'snapshot', id, state, tags: asTags(Tags) },
  }));
}

async function templates(client: EC2Client): Promise<readonly Leftover[]> {
  const found: LaunchTemplate[] = [];
  for await (const { LaunchTemplates = [] } of paginateDescribeLaunchTemplates({ client }, { Filters: [BY_TAG] }))
    found.push(...LaunchTemplates);
  return found.map(({ LaunchTemplateId: id = '', Tags }) => ({ kind: 'template', id, tags: asTags(Tags) }));
}

async function policies(client: DLMClient): Promise<readonly Leftover[]> {
  const { Policies = [] } = await client.send(new GetLifecyclePoliciesCommand({}));
  return Policies.filter(({ Tags = {} }) => SMOKE_TAG in Tags).map(({ PolicyId: id = '', Tags = {} }) => ({
    ...{ kind: 'policy', id, tags: Tags },
  }));
}

async function alarms(client: CloudWatchClient, AlarmNamePrefix: string): Promise<readonly Leftover[]> {
  const found: MetricAlarm[] = [];
  for await (const { MetricAlarms = [] } of paginateDescribeAlarms({ client }, { AlarmNamePrefix }))
    found.push(...MetricAlarms);
  return Promise.all(
    found.map(async ({ AlarmName: id = '', AlarmArn }) => {
      const { Tags } = await client.send(new ListTagsForResourceCommand({ ResourceARN: AlarmArn }));
      return { kind: 'alarm', id, tags: asTags(Tags) } as const;
    }),
  );
}

async function pauses(client: SSMClient): Promise<readonly Leftover[]> {
  const found: Leftover[] = [];
  for await (const { Parameters = [] } of paginateGetParametersByPath({ client }, { Path: pausesPath() }))
    for (const { Name: id = '', Value: value = '' } of Parameters)
      if (pausedBy(value) !== undefined) found.push({ kind: 'pause', id, value });
  return found;
}

/** All documents that a stack of chainmend has made in this account. The tags say which run they belong to. */
async function documents(client: SSMClient): Promise<readonly (Leftover & { readonly kind: 'document' })[]> {
  const found: DocumentIdentifier[] = [];
  const Filters = [
    { Key: 'Owner', Values: ['Self'] },
    { Key: 'Name', Values: ['chainmend-'] },
  ];
  for await (const { DocumentIdentifiers = [] } of paginateListDocuments({ client }, { Filters }))
    found.push(...DocumentIdentifiers);
  return found.map(({ Name: id = '', Tags }) => ({ kind: 'document', id, tags: asTags(Tags) }));
}

/** Its deletion policy keeps it: infra/constructs/settings.ts. */
async function parameters(client: SSMClient): Promise<readonly (Leftover & { readonly kind: 'parameter' })[]> {
  const id = pauseParameterName(commandNames().parameterPrefix);
  try {
    await client.send(new GetParameterCommand({ Name: id }));
  } catch (error) {
    if (error instanceof ParameterNotFound) return [];
    throw error;
  }
  const { TagList } = await client.send(new ListTagsOfParameterCommand({ ResourceType: 'Parameter', ResourceId: id }));
  return [{ kind: 'parameter', id, tags: asTags(TagList) }];
}

async function tableNow(client: DynamoDBClient): Promise<TableDescription | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: TABLE }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

async function tables(client: DynamoDBClient): Promise<readonly Leftover[]> {
  const { TableArn: ResourceArn, TableStatus: state = 'unknown' } = (await tableNow(client)) ?? {};
  if (ResourceArn === undefined) return [];
  const { Tags } = await client.send(new ListTagsOfResourceCommand({ ResourceArn }));
  return [{ kind: 'table', id: TABLE, state, tags: asTags(Tags) }];
}

async function stacks(client: CloudFormationClient): Promise<readonly Leftover[]> {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: STACK }));
    return Stacks.map(({ StackName: id = '', StackStatus: state = 'unknown', Tags }) => ({
      ...{ kind: 'stack', id, state, tags: asTags(Tags as readonly StackTag[]) },
    }));
  } catch (error) {
    // "Stack with id … does not exist" comes as a ValidationError (DescribeStacks, CloudFormation API).
    if (error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message)) return [];
    throw error;
  }
}
