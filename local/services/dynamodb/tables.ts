// The tables of the account: create, describe and list them, and delete expired items.
import type { Kernel } from '../../simulator/kernel.ts';
import { ownValue } from '../../simulator/own-properties.ts';
import { AwsError, type Call, type Operation } from '../../simulator/service.ts';
import { type KeyAttribute, Table } from './table.ts';
import { sizeOfItem, validation } from './values.ts';

export interface Tables {
  readonly operations: Readonly<Record<string, Operation>>;
  /** The table by name or ARN; throws `ResourceNotFoundException`. */
  find(nameOrArn: string): Table;
  get(name: string): Table | undefined;
  /** Of the table with this ARN; none without such a table. */
  tagsOf(arn: string): Readonly<Record<string, string>>;
}

interface Tag {
  readonly Key: string;
  readonly Value: string;
}

interface TableRecord {
  readonly name: string;
  readonly table: Table;
  readonly createdAtMs: number;
  readonly settings: Record<string, unknown>;
  readonly tags: readonly Tag[];
  ttlAttribute: string | undefined;
  ttlChangedAtMs: number | undefined;
}

interface CreateTableInput {
  readonly TableName: string;
  /** Optional in the model, as tables can be restored from other sources. */
  readonly KeySchema?: readonly { AttributeName: string; KeyType: string }[];
  readonly AttributeDefinitions?: readonly { AttributeName: string; AttributeType: string }[];
  readonly BillingMode?: string;
  readonly ProvisionedThroughput?: object;
  readonly Tags?: readonly Tag[];
}

interface TimeToLiveInput {
  readonly TableName: string;
  readonly TimeToLiveSpecification: { Enabled: boolean; AttributeName: string };
}

// "Service, account, and table quotas": 2,500 tables an account and region; ListTables: 100 names a page.
const TABLES_MAX = 2_500;
const LIST_MAX = 100;
// "Using time to live (TTL)": expired items are deleted "within a few days", and until then reads still show them. Here: within an hour.
const TTL_SWEEP_MS = 3_600_000;
// UpdateTimeToLive (API reference): a second change within an hour is refused.
const TTL_CHANGE_MS = 3_600_000;
/** Older expirations count as mistakes and are ignored, as on AWS. */
const TTL_PAST_MS_MAX = 5 * 365 * 86_400_000;

/** The name of a table, also in its ARN. */
const nameIn = (nameOrArn: string): string => nameOrArn.replace(/^arn:.*:table\//, '');

export function createTables(kernel: Kernel): Tables {
  const tables = new Map<string, TableRecord>();

  const find = (name: string): TableRecord => {
    const record = tables.get(nameIn(name));
    if (!record) throw new AwsError('ResourceNotFoundException', 'Requested resource not found');
    return record;
  };
  const createTable = (input: CreateTableInput, call: Call): object => {
    checkTable(input);
    if (tables.has(input.TableName)) {
      throw new AwsError('ResourceInUseException', `Table already exists: ${input.TableName}`);
    }
    if (tables.size >= TABLES_MAX) {
      throw new AwsError(
        'LimitExceededException',
        `Subscriber limit exceeded: There is a limit of ${TABLES_MAX} tables per subscriber`,
      );
    }
    const { TableName: name, Tags: tags = [], ...settings } = input;
    const [partitionKey, sortKey] = readSchema(input);
    const record: TableRecord = {
      name,
      table: new Table(partitionKey, sortKey),
      createdAtMs: call.at,
      settings,
      tags,
      ttlAttribute: undefined,
      ttlChangedAtMs: undefined,
    };
    tables.set(name, record);
    return { TableDescription: describe(kernel, record) };
  };

  const describeTable = (input: { TableName: string }): object => {
    const record = tables.get(input.TableName);
    if (!record) {
      throw new AwsError(
        'ResourceNotFoundException',
        `Requested resource not found: Table: ${input.TableName} not found`,
      );
    }
    return { Table: describe(kernel, record) };
  };

  const listTables = (input: { ExclusiveStartTableName?: string; Limit?: number }): object => {
    const names = [...tables.keys()].sort().filter((name) => name > (input.ExclusiveStartTableName ?? ''));
    const limit = Math.min(input.Limit ?? LIST_MAX, LIST_MAX);
    const page = names.slice(0, limit);
    return { TableNames: page, ...(names.length > limit ? { LastEvaluatedTableName: page.at(-1) } : {}) };
  };

  const updateTimeToLive = (input: TimeToLiveInput, call: Call): object => {
    const record = find(input.TableName);
    const { Enabled: enabled, AttributeName: attribute } = input.TimeToLiveSpecification;
    if (enabled === (record.ttlAttribute !== undefined)) {
      throw validation(`TimeToLive is already ${enabled ? 'enabled' : 'disabled'}`);
    }
    if (record.ttlChangedAtMs !== undefined && call.at < record.ttlChangedAtMs + TTL_CHANGE_MS) {
      throw validation('Time to live has been modified multiple times within a fixed interval');
    }
    record.ttlChangedAtMs = call.at;
    record.ttlAttribute = enabled ? attribute : undefined;
    if (enabled) kernel.clock.after(TTL_SWEEP_MS, () => sweepExpired(record));
    return { TimeToLiveSpecification: { Enabled: enabled, AttributeName: attribute } };
  };

  const sweepExpired = (record: TableRecord): void => {
    const { table, ttlAttribute } = record;
    if (ttlAttribute === undefined) return;
    const now = kernel.clock.now();
    const expired = [...table.all()].filter(({ item }) => {
      const at = ownValue(item, ttlAttribute);
      // Only Numbers count, as epoch seconds.
      const atMs = at && 'N' in at ? Number(at.N) * 1000 : Number.NaN;
      return atMs <= now && atMs > now - TTL_PAST_MS_MAX;
    });
    for (const { item } of expired) table.delete(item, { atMs: now, pastMs: 0 });
    kernel.clock.after(TTL_SWEEP_MS, () => sweepExpired(record));
  };

  const describeTimeToLive = (input: { TableName: string }): object => {
    const { ttlAttribute } = find(input.TableName);
    return {
      TimeToLiveDescription:
        ttlAttribute === undefined
          ? { TimeToLiveStatus: 'DISABLED' }
          : { TimeToLiveStatus: 'ENABLED', AttributeName: ttlAttribute },
    };
  };

  return {
    operations: {
      CreateTable: createTable,
      DescribeTable: describeTable,
      ListTables: listTables,
      UpdateTimeToLive: updateTimeToLive,
      DescribeTimeToLive: describeTimeToLive,
      // A table has 50 tags at most, which are one page.
      ListTagsOfResource: (input: { ResourceArn: string }) => ({ Tags: [...find(input.ResourceArn).tags] }),
    },
    find: (nameOrArn) => find(nameOrArn).table,
    get: (name) => tables.get(name)?.table,
    tagsOf: (arn) => Object.fromEntries((tables.get(nameIn(arn))?.tags ?? []).map(({ Key, Value }) => [Key, Value])),
  };
}

/** "Naming rules and data types in Amazon DynamoDB"; the other checks have CreateTable's words. */
function checkTable({ TableName, BillingMode = 'PROVISIONED', ProvisionedThroughput }: CreateTableInput): void {
  if (TableName.length < 3 || TableName.length > 255) {
    throw validation('TableName must be at least 3 characters long and at most 255 characters long');
  }
  if (!/^[a-zA-Z0-9_.-]+$/.test(TableName)) {
    throw validation(
      `1 validation error detected: Value '${TableName}' at 'tableName' failed to satisfy constraint: ` +
        'Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+',
    );
  }
  if (BillingMode === 'PAY_PER_REQUEST' && ProvisionedThroughput !== undefined) {
    throw validation(
      'One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST',
    );
  }
  if (BillingMode === 'PROVISIONED' && ProvisionedThroughput === undefined) {
    throw validation(
      'One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED',
    );
  }
}

function readSchema({ KeySchema: schema = [], AttributeDefinitions: definitions = [] }: CreateTableInput) {
  const keys = schema.map(({ AttributeName }) => AttributeName);
  const defined = new Map(definitions.map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]));
  if (schema.length === 0 || schema.length > 2) {
    throw validation(
      `1 validation error detected: Value '[${keys.join(', ')}]' at 'keySchema' failed to satisfy constraint: ` +
        `Member must have length ${schema.length === 0 ? 'greater than or equal to 1' : 'less than or equal to 2'}`,
    );
  }
  if (defined.size < definitions.length) {
    throw validation('Cannot have two attributes with the same name');
  }
  const attribute = (name: string): KeyAttribute => {
    const type = defined.get(name);
    if (type === 'S' || type === 'N' || type === 'B') return { name, type };
    throw validation(
      'One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. ' +
        `Keys: [${keys.join(', ')}], AttributeDefinitions: [${[...defined.keys()].join(', ')}]`,
    );
  };
  const [partition, sort] = schema;
  if (sort !== undefined && sort.AttributeName === partition?.AttributeName) {
    throw validation('Both the Hash Key and the Range Key element in the KeySchema have the same name');
  }
  const partitionKey = attribute(partition?.AttributeName ?? '');
  const sortKey = sort && attribute(sort.AttributeName);
  if (partition?.KeyType !== 'HASH') {
    throw validation('Invalid KeySchema: The first KeySchemaElement is not a HASH key type');
  }
  if (sort !== undefined && sort.KeyType !== 'RANGE') {
    throw validation('Invalid KeySchema: The second KeySchemaElement is not a RANGE key type');
  }
  // Attributes of index keys would be defined as well, but there are no indexes here.
  if (defined.size !== schema.length) {
    throw validation(
      'One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions',
    );
  }
  return [partitionKey, sortKey] as const;
}

function describe(kernel: Kernel, { name, table, createdAtMs, settings }: TableRecord): object {
  let bytes = 0;
  for (const { item } of table.all()) bytes += sizeOfItem(item);
  return {
    TableName: name,
    TableArn: `arn:aws:dynamodb:${kernel.regionName}:${kernel.accountId}:table/${name}`,
    TableStatus: 'ACTIVE',
    CreationDateTime: new Date(createdAtMs),
    KeySchema: settings['KeySchema'],
    AttributeDefinitions: settings['AttributeDefinitions'],
    ...(settings['BillingMode'] === 'PAY_PER_REQUEST'
      ? { BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' } }
      : {}),
    ...(settings['DeletionProtectionEnabled'] === undefined
      ? {}
      : { DeletionProtectionEnabled: settings['DeletionProtectionEnabled'] }),
    ItemCount: table.itemCount,
    TableSizeBytes: bytes,
  };
}
