// DynamoDB: tables with single-item conditional writes, queries and time to live; no transactions, batches of writes or indexes.
import type { Kernel } from '../kernel.ts';
import { AwsError, type Call, type Operation, type Service } from '../service.ts';
import { holds, project } from './evaluate.ts';
import { type Placeholders, parseCondition, parseProjection, placeholders } from './expressions.ts';
import { type QueryInput, query, scan } from './query.ts';
import { type KeyAttribute, Table, type Write } from './table.ts';
import { applyUpdate, parseUpdate } from './update.ts';
import { copyItem, type Item, readItem, sizeOfItem, validation } from './values.ts';

export interface DynamoDb extends Service {
  /** For scenarios and tests: every item of a table, as copies, in a stable order; empty when there is no such table. */
  items(tableName: string): Item[];
  /** Name of a table's partition key, for the conditions of IAM policies; undefined when there is no such table. */
  partitionKey(tableName: string): string | undefined;
}

interface TableRecord {
  readonly name: string;
  readonly table: Table;
  readonly createdAtMs: number;
  readonly settings: Record<string, unknown>;
  ttlAttribute: string | undefined;
}

interface ItemInput {
  readonly TableName: string;
  readonly Key?: Record<string, unknown>;
  readonly Item?: Record<string, unknown>;
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly ProjectionExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, unknown>;
  readonly ConsistentRead?: boolean;
  readonly ReturnValues?: string;
  readonly ReturnValuesOnConditionCheckFailure?: string;
}

// "Service, account, and table quotas": 400 KB an item; 100 keys a BatchGetItem; 2,500 tables an account and region.
const ITEM_BYTES_MAX = 400 * 1024;
const BATCH_KEYS_MAX = 100;
const TABLES_MAX = 2_500;
const LIST_MAX = 100;
// faults.ts: stale reads show the state of up to 90 s ago.
const STALE_MS_MAX = 90_000;
// "Using time to live (TTL)": expired items are deleted "within a few days", and until then reads still show them. Here: within an hour.
const TTL_SWEEP_MS = 3_600_000;
const UNSUPPORTED = [
  'AttributesToGet',
  'AttributeUpdates',
  'ConditionalOperator',
  'Expected',
  'KeyConditions',
  'QueryFilter',
  'ScanFilter',
  'IndexName',
  'Segment',
  'GlobalSecondaryIndexes',
  'LocalSecondaryIndexes',
];

export function createDynamoDb(kernel: Kernel): DynamoDb {
  const tables = new Map<string, TableRecord>();
  const staleness = kernel.random('dynamodb/stale-reads');

  const find = (name: string): TableRecord => {
    const record = tables.get(name.replace(/^arn:.*:table\//, ''));
    if (!record) throw new AwsError('ResourceNotFoundException', 'Requested resource not found');
    return record;
  };
  const write = (call: Call): Write => ({ atMs: call.at, pastMs: kernel.fault('stale-reads') ? STALE_MS_MAX : 0 });
  const asOf = (input: { readonly ConsistentRead?: boolean }, call: Call): number =>
    input.ConsistentRead === true || !kernel.fault('stale-reads')
      ? Number.POSITIVE_INFINITY
      : call.at - staleness.integer(0, STALE_MS_MAX);

  const createTable = (input: CreateTableInput, call: Call): object => {
    if (tables.has(input.TableName)) {
      throw new AwsError('ResourceInUseException', `Table already exists: ${input.TableName}`);
    }
    if (tables.size >= TABLES_MAX) {
      throw new AwsError(
        'LimitExceededException',
        `Subscriber limit exceeded: There is a limit of ${TABLES_MAX} tables per subscriber`,
      );
    }
    const { TableName: name, ...settings } = input;
    const [partitionKey, sortKey] = readSchema(input);
    const record: TableRecord = {
      name,
      table: new Table(partitionKey, sortKey),
      createdAtMs: call.at,
      settings,
      ttlAttribute: undefined,
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

  const updateTimeToLive = (input: TimeToLiveInput): object => {
    const record = find(input.TableName);
    const { Enabled: enabled, AttributeName: attribute } = input.TimeToLiveSpecification;
    if (enabled === (record.ttlAttribute !== undefined)) {
      throw validation(`TimeToLive is already ${enabled ? 'enabled' : 'disabled'}`);
    }
    record.ttlAttribute = enabled ? attribute : undefined;
    if (enabled) kernel.clock.after(TTL_SWEEP_MS, () => sweepExpired(record));
    return { TimeToLiveSpecification: { Enabled: enabled, AttributeName: attribute } };
  };

  const sweepExpired = (record: TableRecord): void => {
    const { table, ttlAttribute } = record;
    if (ttlAttribute === undefined) return;
    const now = kernel.clock.now();
    const expired = [...table.all()].filter(({ item }) => {
      const at = item[ttlAttribute];
      // Only Numbers count, as epoch seconds; times of more than five years ago are taken for mistakes.
      const atMs = at && 'N' in at ? Number(at.N) * 1000 : Number.NaN;
      return atMs <= now && atMs > now - 5 * 365 * 86_400_000;
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

  const getItem = (input: ItemInput, call: Call): object => {
    const { table } = find(input.TableName);
    const key = readKey(table, input.Key);
    const defined = definitions(input, [input.ProjectionExpression]);
    const projection =
      input.ProjectionExpression === undefined ? undefined : parseProjection(input.ProjectionExpression, defined);
    defined.allUsed();
    const item = table.get(key, asOf(input, call));
    return item ? { Item: projection ? project(item, projection) : copyItem(item) } : {};
  };

  const batchGetItem = (
    input: { RequestItems: Record<string, Omit<ItemInput, 'Key'> & { Keys: Record<string, unknown>[] }> },
    call: Call,
  ): object => {
    const requests = Object.entries(input.RequestItems);
    if (requests.reduce((count, [, { Keys }]) => count + Keys.length, 0) > BATCH_KEYS_MAX) {
      throw validation('Too many items requested for the BatchGetItem call');
    }
    const responses = requests.map(([name, { Keys, ...request }]) => [
      name,
      Keys.flatMap((key) => Object.values(getItem({ ...request, TableName: name, Key: key }, call))),
    ]);
    return { Responses: Object.fromEntries(responses), UnprocessedKeys: {} };
  };

  const putItem = (input: ItemInput, call: Call): object => {
    refuseReturnValues(input.ReturnValues);
    const { table } = find(input.TableName);
    const item = readItem(input.Item ?? {});
    table.checkItem(item);
    if (sizeOfItem(item) > ITEM_BYTES_MAX) throw validation('Item size has exceeded the maximum allowed size');
    const before = checked(table, item, input, definitions(input, [input.ConditionExpression]));
    table.put(item, write(call));
    return before && input.ReturnValues === 'ALL_OLD' ? { Attributes: copyItem(before) } : {};
  };

  const deleteItem = (input: ItemInput, call: Call): object => {
    refuseReturnValues(input.ReturnValues);
    const { table } = find(input.TableName);
    const key = readKey(table, input.Key);
    const before = checked(table, key, input, definitions(input, [input.ConditionExpression]));
    table.delete(key, write(call));
    return before && input.ReturnValues === 'ALL_OLD' ? { Attributes: copyItem(before) } : {};
  };

  const updateItem = (input: ItemInput, call: Call): object => {
    const { table } = find(input.TableName);
    const key = readKey(table, input.Key);
    const defined = definitions(input, [input.UpdateExpression, input.ConditionExpression]);
    const update = input.UpdateExpression === undefined ? undefined : parseUpdate(input.UpdateExpression, defined);
    for (const name of table.keyNames) {
      if (update?.paths.some(([first]) => first === name)) {
        throw validation(
          `One or more parameter values were invalid: Cannot update attribute ${name}. This attribute is part of the key`,
        );
      }
    }
    const before = checked(table, key, input, defined);
    const after = update ? applyUpdate(before ?? key, update) : (before ?? key);
    if (sizeOfItem(after) > ITEM_BYTES_MAX)
      throw validation('Item size to update has exceeded the maximum allowed size');
    table.put(after, write(call));
    const paths = update?.paths ?? [];
    const returned: Readonly<Record<string, () => Item | undefined>> = {
      ALL_OLD: () => before && copyItem(before),
      ALL_NEW: () => copyItem(after),
      UPDATED_OLD: () => before && project(before, paths),
      UPDATED_NEW: () => project(after, paths),
    };
    const attributes = returned[input.ReturnValues ?? 'NONE']?.();
    return attributes && Object.keys(attributes).length > 0 ? { Attributes: attributes } : {};
  };

  const operations: Record<string, Operation> = {
    CreateTable: createTable,
    DescribeTable: describeTable,
    ListTables: listTables,
    UpdateTimeToLive: updateTimeToLive,
    DescribeTimeToLive: describeTimeToLive,
    GetItem: getItem,
    BatchGetItem: batchGetItem,
    PutItem: putItem,
    DeleteItem: deleteItem,
    UpdateItem: updateItem,
    Query: (input: QueryInput & { TableName: string; ConsistentRead?: boolean }, call) =>
      query(find(input.TableName).table, input, asOf(input, call)),
    Scan: (input: QueryInput & { TableName: string }) => scan(find(input.TableName).table, input),
  };
  return {
    name: 'dynamodb',
    operations: Object.fromEntries(
      Object.entries(operations).map(([name, operation]) => [name, refusingUnsupported(operation)]),
    ),
    partitionKey: (tableName) => tables.get(tableName)?.table.partitionKey.name,
    items: (tableName) => [...(tables.get(tableName)?.table.all() ?? [])].map(({ item }) => copyItem(item)),
  };
}

interface CreateTableInput {
  readonly TableName: string;
  readonly KeySchema: readonly { AttributeName: string; KeyType: string }[];
  readonly AttributeDefinitions: readonly { AttributeName: string; AttributeType: string }[];
  readonly BillingMode?: string;
}

interface TimeToLiveInput {
  readonly TableName: string;
  readonly TimeToLiveSpecification: { Enabled: boolean; AttributeName: string };
}

/** The item before a write, after its condition was found to hold. */
function checked(table: Table, key: Item, input: ItemInput, defined: Placeholders): Item | undefined {
  const condition =
    input.ConditionExpression === undefined
      ? undefined
      : parseCondition(input.ConditionExpression, 'ConditionExpression', defined);
  defined.allUsed();
  const before = table.get(key);
  if (condition && !holds(condition, before ?? {}, 'ConditionExpression')) {
    const shown = before && input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' ? { Item: copyItem(before) } : {};
    throw new AwsError('ConditionalCheckFailedException', 'The conditional request failed', { data: shown });
  }
  return before;
}

function readKey(table: Table, sent: Record<string, unknown> | undefined): Item {
  const key = readItem(sent ?? {});
  table.checkKey(key);
  return key;
}

function definitions(input: ItemInput, expressions: readonly (string | undefined)[]): Placeholders {
  for (const member of ['ExpressionAttributeNames', 'ExpressionAttributeValues'] as const) {
    const given = input[member];
    if (given === undefined) continue;
    if (expressions.every((expression) => expression === undefined)) {
      throw validation(`${member} can only be specified when using expressions`);
    }
    if (Object.keys(given).length === 0) throw validation(`${member} must not be empty`);
  }
  return placeholders(input.ExpressionAttributeNames, input.ExpressionAttributeValues);
}

function readSchema(input: CreateTableInput): [KeyAttribute, KeyAttribute | undefined] {
  const attribute = (keyType: string): KeyAttribute | undefined => {
    const name = input.KeySchema.find(({ KeyType }) => KeyType === keyType)?.AttributeName;
    if (name === undefined) return undefined;
    const type = input.AttributeDefinitions.find(({ AttributeName }) => AttributeName === name)?.AttributeType;
    if (type !== 'S' && type !== 'N' && type !== 'B') {
      throw validation(
        'One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. ' +
          `Keys: [${name}], AttributeDefinitions: [${input.AttributeDefinitions.map((one) => one.AttributeName).join(', ')}]`,
      );
    }
    return { name, type };
  };
  const partitionKey = attribute('HASH');
  if (!partitionKey) throw validation('Invalid KeySchema: The first KeySchemaElement is not a HASH key type');
  return [partitionKey, attribute('RANGE')];
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

function refuseReturnValues(value = 'NONE'): void {
  if (value !== 'NONE' && value !== 'ALL_OLD') throw validation('ReturnValues can only be ALL_OLD or NONE');
}

function refusingUnsupported(operation: Operation): Operation {
  return (input, call) => {
    const member = UNSUPPORTED.find((name) => input[name] !== undefined);
    if (member !== undefined) {
      throw new AwsError('NotImplemented', `The local region does not emulate ${member} of DynamoDB`, {
        statusCode: 501,
      });
    }
    return operation(input, call);
  };
}
