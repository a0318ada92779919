// Query and Scan: key conditions, filters, and pages that end at Limit or at 1 MB.

import { ownValue } from '../../simulator/own-properties.ts';
import { beginsWith, holds, project } from './evaluate.ts';
import {
  type Condition,
  type Operand,
  type Path,
  parseCondition,
  parseProjection,
  placeholders,
} from './expressions.ts';
import { compareKeys, type Row, type Table } from './table.ts';
import { type AttributeValue, copyItem, type Item, readItem, sizeOfItem, typeOf, validation } from './values.ts';

export interface QueryInput {
  readonly KeyConditionExpression?: string;
  readonly FilterExpression?: string;
  readonly ProjectionExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, unknown>;
  readonly ExclusiveStartKey?: Record<string, unknown>;
  readonly Limit?: number;
  readonly ScanIndexForward?: boolean;
  readonly Select?: string;
  readonly TotalSegments?: number;
}

export interface Page {
  readonly Items?: readonly Item[];
  readonly Count: number;
  readonly ScannedCount: number;
  readonly LastEvaluatedKey?: Item;
}

// API reference of Query and Scan: "If the processed dataset size exceeds 1 MB before DynamoDB reaches this limit, it stops".
const PAGE_BYTES_MAX = 1024 * 1024;

export function query(table: Table, input: QueryInput, asOfMs: number): Page {
  const parsed = parse(table, input, true);
  const { key, sortCondition } = parsed;
  const rows = table.partition(key, asOfMs).filter(({ sortKey }) => sortKey === undefined || sortCondition(sortKey));
  const descending = input.ScanIndexForward === false;
  const ordered = descending ? rows.toReversed() : rows;
  const start = startKey(table, input);
  const after = start && ordered.findIndex(({ sortKey }) => follows(table, start, sortKey, descending));
  return page(table, after === undefined ? ordered : after === -1 ? [] : ordered.slice(after), input, parsed);
}

export function scan(table: Table, input: QueryInput): Page {
  if (input.TotalSegments !== undefined) {
    throw validation(
      'The Segment parameter is required but was not present in the request when parameter TotalSegments is present',
    );
  }
  const parsed = parse(table, input, false);
  const rows = [...table.all()];
  const start = startKey(table, input);
  if (!start) return page(table, rows, input, parsed);
  const samePartition = (row: Row): boolean =>
    compareKeys(ownValue(row.item, table.partitionKey.name), ownValue(start, table.partitionKey.name)) === 0;
  const first = rows.findIndex(samePartition);
  const after = rows.findIndex(
    (row, i) => i >= first && (!samePartition(row) || follows(table, start, row.sortKey, false)),
  );
  return page(table, first === -1 || after === -1 ? [] : rows.slice(after), input, parsed);
}

interface Parsed {
  readonly key: Item;
  readonly sortCondition: (sortKey: AttributeValue) => boolean;
  readonly filter: Condition | undefined;
  readonly projection: readonly Path[] | undefined;
}

function parse(table: Table, input: QueryInput, byKey: boolean): Parsed {
  if (input.Limit !== undefined && input.Limit < 1) {
    throw validation(
      `1 validation error detected: Value '${input.Limit}' at 'limit' failed to satisfy constraint: ` +
        'Member must have value greater than or equal to 1',
    );
  }
  const defined = placeholders(input.ExpressionAttributeNames, input.ExpressionAttributeValues);
  if (byKey && input.KeyConditionExpression === undefined) {
    throw validation('Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.');
  }
  if (input.Select === 'SPECIFIC_ATTRIBUTES' && input.ProjectionExpression === undefined) {
    throw validation(
      '1 validation error detected: Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES',
    );
  }
  // Expressions are read before they are compared with the table's keys (moto's tests that were verified against AWS).
  const [keys, filter] = (['KeyConditionExpression', 'FilterExpression'] as const).map((name) => {
    const expression = name === 'KeyConditionExpression' && !byKey ? undefined : input[name];
    return expression === undefined ? undefined : parseCondition(expression, name, defined);
  });
  const projection =
    input.ProjectionExpression === undefined ? undefined : parseProjection(input.ProjectionExpression, defined);
  defined.allUsed();
  const condition = keys === undefined ? { key: {}, sortCondition: () => true } : keyCondition(table, keys);
  if (filter && byKey) refuseKeysIn(filter, table);
  return { ...condition, filter, projection };
}

function page(table: Table, rows: readonly Row[], input: QueryInput, parsed: Parsed): Page {
  const items: Item[] = [];
  let scanned = 0;
  let bytes = 0;
  let last: Item | undefined;
  for (const { item } of rows) {
    scanned++;
    bytes += sizeOfItem(item);
    if (!parsed.filter || holds(parsed.filter, item, 'FilterExpression')) items.push(item);
    // Both limits return LastEvaluatedKey even if nothing follows: only its absence says that the end was reached.
    if (scanned === input.Limit || bytes > PAGE_BYTES_MAX) {
      last = item;
      break;
    }
  }
  const { projection } = parsed;
  return {
    ...(input.Select === 'COUNT'
      ? {}
      : { Items: items.map((item) => (projection ? project(item, projection) : copyItem(item))) }),
    Count: items.length,
    ScannedCount: scanned,
    ...(last ? { LastEvaluatedKey: table.keyOf(last) } : {}),
  };
}

function startKey(table: Table, input: QueryInput): Item | undefined {
  if (!input.ExclusiveStartKey) return undefined;
  const key = readItem(input.ExclusiveStartKey);
  const fits =
    Object.keys(key).length === table.keyNames.length && table.keyNames.every((name) => Object.hasOwn(key, name));
  if (!fits)
    throw validation('The provided starting key is invalid: The provided key element does not match the schema');
  return key;
}

function follows(table: Table, start: Item, sortKey: AttributeValue | undefined, descending: boolean): boolean {
  const order = compareKeys(sortKey, table.sortKey && ownValue(start, table.sortKey.name));
  return descending ? order < 0 : order > 0;
}

/** "pk = :v" and at most one condition on the sort key ("Key condition expressions for the Query operation"). */
function keyCondition(table: Table, condition: Condition): Pick<Parsed, 'key' | 'sortCondition'> {
  const parts = condition.kind === 'and' ? condition.parts : [condition];
  const on = (name: string): Condition[] => parts.filter((part) => subjectOf(part) === name);
  const [partition, ...more] = on(table.partitionKey.name);
  if (!partition) throw validation(`Query condition missed key schema element: ${table.partitionKey.name}`);
  const [sort, ...others] = table.sortKey ? on(table.sortKey.name) : [];
  const known = 1 + more.length + (sort ? 1 : 0) + others.length;
  if (parts.length > known) {
    throw validation(
      table.sortKey && !sort
        ? `Query condition missed key schema element: ${table.sortKey.name}`
        : 'Query key condition not supported',
    );
  }
  if (more.length > 0 || others.length > 0) {
    throw validation('Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key');
  }
  if (partition.kind !== 'compare' || partition.comparator !== '=')
    throw validation('Query key condition not supported');
  const value = constantOf(partition.right);
  if (typeOf(value) !== table.partitionKey.type) throw mismatch();
  return {
    key: { [table.partitionKey.name]: value },
    sortCondition: sort ? sortTest(sort, table.sortKey?.type ?? 'S') : () => true,
  };
}

function sortTest(condition: Condition, type: string): (sortKey: AttributeValue) => boolean {
  const constant = (operand: Operand | undefined): AttributeValue => {
    const value = operand && constantOf(operand);
    if (!value || typeOf(value) !== type) throw mismatch();
    return value;
  };
  if (condition.kind === 'between') {
    const [low, high] = [constant(condition.low), constant(condition.high)];
    if (compareKeys(low, high) > 0) {
      throw validation(
        'Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower bound',
      );
    }
    return (key) => compareKeys(key, low) >= 0 && compareKeys(key, high) <= 0;
  }
  if (condition.kind === 'predicate' && condition.predicate === 'begins_with') {
    const prefix = constant(condition.arguments[1]);
    return (key) => beginsWith(key, prefix);
  }
  if (condition.kind === 'compare' && condition.comparator !== '<>') {
    const { comparator } = condition;
    const bound = constant(condition.right);
    return (key) => {
      const order = compareKeys(key, bound);
      if (comparator === '=') return order === 0;
      if (comparator === '<') return order < 0;
      if (comparator === '<=') return order <= 0;
      return comparator === '>' ? order > 0 : order >= 0;
    };
  }
  throw validation('Query key condition not supported');
}

/** The attribute of a condition in a key condition expression. */
function subjectOf(condition: Condition): string | undefined {
  const operand =
    condition.kind === 'compare'
      ? condition.left
      : condition.kind === 'between'
        ? condition.of
        : condition.kind === 'predicate'
          ? condition.arguments[0]
          : undefined;
  return operand?.kind === 'path' && operand.path.length === 1 ? String(operand.path[0]) : undefined;
}

function constantOf(operand: Operand): AttributeValue {
  if (operand.kind !== 'value') throw validation('Query key condition not supported');
  return operand.value;
}

function refuseKeysIn(filter: Condition, table: Table): void {
  const visit = (condition: Condition): void => {
    switch (condition.kind) {
      case 'and':
      case 'or':
        condition.parts.forEach(visit);
        return;
      case 'not':
        visit(condition.of);
        return;
      case 'compare':
        [condition.left, condition.right].forEach(visitOperand);
        return;
      case 'between':
        [condition.of, condition.low, condition.high].forEach(visitOperand);
        return;
      case 'in':
        [condition.of, ...condition.list].forEach(visitOperand);
        return;
      case 'predicate':
        condition.arguments.forEach(visitOperand);
    }
  };
  const visitOperand = (operand: Operand): void => {
    if (operand.kind === 'size') visitOperand(operand.of);
    if (operand.kind === 'path' && table.keyNames.includes(String(operand.path[0]))) {
      throw validation(
        `Filter Expression can only contain non-primary key attributes: Primary key attribute: ${operand.path[0]}`,
      );
    }
  };
  visit(filter);
}

const mismatch = (): Error =>
  validation('One or more parameter values were invalid: Condition parameter type does not match schema type');
