// DynamoDB: tables with single-item conditional writes, queries and time to live; no transactions, batches of writes or indexes.
import type { Kernel } from '../../simulator/kernel.ts';
import { ownValue } from '../../simulator/own-properties.ts';
import { AwsError, type Call, type Operation, type Service } from '../../simulator/service.ts';
import { canonical } from '../../simulator/trace.ts';
import { holds, project } from './evaluate.ts';
import {
  type Condition,
  type Path,
  type Placeholders,
  parseCondition,
  parseProjection,
  placeholders,
} from './expressions.ts';
import { type QueryInput, query, scan } from './query.ts';
import type { Table, Write } from './table.ts';
import { createTables } from './tables.ts';
import { applyUpdate, parseUpdate, type Update } from './update.ts';
import { copyItem, type Item, readItem, sizeOfItem, validation } from './values.ts';

export interface DynamoDb extends Service {
  /** For scenarios and tests: every item of a table as stored, in a stable order; empty without such a table. Items are never changed in place. */
  items(tableName: string): readonly Item[];
  /** For scenarios and tests: a table as if restored from a backup. Items that `stays` names are neither taken back nor removed. */
  restore(tableName: string, items: readonly Item[], stays: (item: Item) => boolean): void;
  /** Name of a table's partition key, for the conditions of IAM policies; undefined without such a table. */
  partitionKey(tableName: string): string | undefined;
  /** Of the table with this ARN; none without such a table. */
  tagsOf(arn: string): Readonly<Record<string, string>>;
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

// "Service, account, and table quotas": 400 KB an item; 100 keys a BatchGetItem.
const ITEM_BYTES_MAX = 400 * 1024;
const BATCH_KEYS_MAX = 100;
// faults.ts: stale reads show the state of up to 90 s ago.
const STALE_MS_MAX = 90_000;

export function createDynamoDb(kernel: Kernel): DynamoDb {
  const tables = createTables(kernel);
  const staleness = kernel.random('dynamodb/stale-reads');

  const write = (call: Call): Write => ({ atMs: call.at, pastMs: kernel.fault('stale-reads') ? STALE_MS_MAX : 0 });
  const asOf = (input: { readonly ConsistentRead?: boolean }, call: Call): number =>
    input.ConsistentRead === true || !kernel.fault('stale-reads')
      ? Number.POSITIVE_INFINITY
      : call.at - staleness.integer(0, STALE_MS_MAX);

  const getItem = (input: ItemInput, call: Call): object => {
    const projection = projectionOf(input);
    const table = tables.find(input.TableName);
    const item = table.get(readKey(table, input.Key), asOf(input, call));
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
    for (const [, request] of requests) projectionOf(request);
    for (const [name, { Keys }] of requests) {
      const table = tables.find(name);
      const keys = Keys.map((key) => canonical(readKey(table, key)));
      if (new Set(keys).size < keys.length) throw validation('Provided list of item keys contains duplicates');
    }
    const responses = requests.map(([name, { Keys, ...request }]) => [
      name,
      Keys.flatMap((key) => Object.values(getItem({ ...request, TableName: name, Key: key }, call))),
    ]);
    return { Responses: Object.fromEntries(responses), UnprocessedKeys: {} };
  };

  const putItem = (input: ItemInput, call: Call): object => {
    refuseReturnValues(input.ReturnValues);
    const { item, condition } = inWrite(() => ({ item: readItem(input.Item ?? {}), condition: conditionOf(input) }));
    const table = tables.find(input.TableName);
    table.checkItem(item);
    if (sizeOfItem(item) > ITEM_BYTES_MAX) throw validation('Item size has exceeded the maximum allowed size');
    const before = checked(table, item, input, condition);
    table.put(item, write(call));
    return before && input.ReturnValues === 'ALL_OLD' ? { Attributes: copyItem(before) } : {};
  };

  const deleteItem = (input: ItemInput, call: Call): object => {
    refuseReturnValues(input.ReturnValues);
    const condition = inWrite(() => conditionOf(input));
    const table = tables.find(input.TableName);
    const key = readKey(table, input.Key);
    const before = checked(table, key, input, condition);
    table.delete(key, write(call));
    return before && input.ReturnValues === 'ALL_OLD' ? { Attributes: copyItem(before) } : {};
  };

  const updateItem = (input: ItemInput, call: Call): object => {
    const { update, condition } = inWrite(() => updateOf(input));
    const table = tables.find(input.TableName);
    const key = readKey(table, input.Key);
    for (const name of table.keyNames) {
      if (update?.paths.some(([first]) => first === name)) {
        throw validation(
          `One or more parameter values were invalid: Cannot update attribute ${name}. This attribute is part of the key`,
        );
      }
    }
    const before = checked(table, key, input, condition);
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
    const attributes = ownValue(returned, input.ReturnValues ?? 'NONE')?.();
    return attributes && Object.keys(attributes).length > 0 ? { Attributes: attributes } : {};
  };

  const operations: Record<string, Operation> = {
    ...tables.operations,
    GetItem: getItem,
    BatchGetItem: batchGetItem,
    PutItem: putItem,
    DeleteItem: deleteItem,
    UpdateItem: updateItem,
    Query: (input: QueryInput & { TableName: string; ConsistentRead?: boolean }, call) =>
      query(tables.find(input.TableName), input, asOf(input, call)),
    Scan: (input: QueryInput & { TableName: string }) => scan(tables.find(input.TableName), input),
  };
  return {
    name: 'dynamodb',
    operations,
    partitionKey: (tableName) => tables.get(tableName)?.partitionKey.name,
    tagsOf: tables.tagsOf,
    items: (tableName) => [...(tables.get(tableName)?.all() ?? [])].map(({ item }) => item),
    restore: (tableName, items, stays) => {
      const table = tables.find(tableName);
      const at = { atMs: kernel.clock.now(), pastMs: 0 };
      for (const { item } of [...table.all()]) if (!stays(item)) table.delete(table.keyOf(item), at);
      for (const item of items) if (!stays(item)) table.put(item, at);
    },
  };
}

/**
 * What a write of one item refuses before it looks at its table is called a validation error; reads have no such words (moto's tests that were verified
 * against AWS).
 */
function inWrite<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AwsError) || error.name !== 'ValidationException') throw error;
    throw validation(`1 validation error detected: ${error.message}`);
  }
}

function projectionOf(input: Omit<ItemInput, 'TableName'>): readonly Path[] | undefined {
  const { ProjectionExpression } = input;
  const defined = definitions(input, { ProjectionExpression });
  const projection = ProjectionExpression === undefined ? undefined : parseProjection(ProjectionExpression, defined);
  defined.allUsed();
  return projection;
}

function conditionOf(input: ItemInput): Condition | undefined {
  const { ConditionExpression } = input;
  const defined = definitions(input, { ConditionExpression });
  const condition = conditionIn(ConditionExpression, defined);
  defined.allUsed();
  return condition;
}

function updateOf(input: ItemInput): {
  readonly update: Update | undefined;
  readonly condition: Condition | undefined;
} {
  const { UpdateExpression, ConditionExpression } = input;
  // A set that is empty is refused as a value, before it is refused as that of a placeholder.
  readItem(input.ExpressionAttributeValues ?? {});
  const defined = definitions(input, { UpdateExpression, ConditionExpression });
  const update = UpdateExpression === undefined ? undefined : parseUpdate(UpdateExpression, defined);
  const condition = conditionIn(ConditionExpression, defined);
  defined.allUsed();
  return { update, condition };
}

const conditionIn = (expression: string | undefined, defined: Placeholders): Condition | undefined =>
  expression === undefined ? undefined : parseCondition(expression, 'ConditionExpression', defined);

/** The item before a write, after a check of its condition. */
function checked(table: Table, key: Item, input: ItemInput, condition: Condition | undefined): Item | undefined {
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

/** @param expressions the operation's possible expressions, by name */
function definitions(
  input: Omit<ItemInput, 'TableName'>,
  expressions: Readonly<Record<string, string | undefined>>,
): Placeholders {
  for (const member of ['ExpressionAttributeNames', 'ExpressionAttributeValues'] as const) {
    const given = input[member];
    if (given === undefined) continue;
    const names = Object.keys(expressions);
    if (names.every((name) => ownValue(expressions, name) === undefined)) {
      const which = `${names.join(' and ')} ${names.length > 1 ? 'are' : 'is'} null`;
      const more = member === 'ExpressionAttributeValues' ? `: ${which}` : '';
      throw validation(`${member} can only be specified when using expressions${more}`);
    }
    if (Object.keys(given).length === 0) throw validation(`${member} must not be empty`);
  }
  return placeholders(input.ExpressionAttributeNames, input.ExpressionAttributeValues);
}

function refuseReturnValues(value = 'NONE'): void {
  if (value !== 'NONE' && value !== 'ALL_OLD') throw validation('ReturnValues can only be ALL_OLD or NONE');
}
