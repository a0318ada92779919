import { beforeEach, describe, expect, it } from '@jest/globals';
import { createDynamoDb, type DynamoDb } from '../../../../local/services/dynamodb/dynamodb.ts';
import { AwsError } from '../../../../local/simulator/service.ts';
import { type TestKernel, testKernel } from '../../../fixtures/kernel.ts';

let kernel: TestKernel;
let dynamodb: DynamoDb;

const TableName = 'chainmend';

/** Calls an operation and returns its answer with a loose type for tests. */
function ask(operation: string, input: object): Record<string, unknown> {
  const run = dynamodb.operations[operation];
  if (!run) throw new Error(`no operation ${operation}`);
  return run({ TableName, ...input }, kernel.call()) as Record<string, unknown>;
}

function refusal(operation: string, input: object): AwsError {
  try {
    ask(operation, input);
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
  throw new Error(`${operation} was not refused`);
}

const TABLE = {
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
  ],
  BillingMode: 'PAY_PER_REQUEST',
};

const key = (pk: string, sk: string) => ({ pk: { S: pk }, sk: { S: sk } });
const put = (pk: string, sk: string, more: object = {}) => ask('PutItem', { Item: { ...key(pk, sk), ...more } });

beforeEach(() => {
  kernel = testKernel();
  dynamodb = createDynamoDb(kernel);
  ask('CreateTable', TABLE);
});

describe('tables', () => {
  it('are described with their keys, and refused a second time', () => {
    expect(ask('DescribeTable', {})['Table']).toMatchObject({
      TableArn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/chainmend',
      TableStatus: 'ACTIVE',
      ItemCount: 0,
    });
    expect(ask('ListTables', {})).toEqual({ TableNames: ['chainmend'] });
    expect(refusal('CreateTable', TABLE).name).toBe('ResourceInUseException');
    expect(refusal('GetItem', { TableName: 'other', Key: key('a', 'b') }).message).toBe('Requested resource not found');
  });

  it('have the tags that they were made with, which policies may ask for', () => {
    const Tags = [{ Key: 'Team', Value: 'nodes' }];
    const { TableDescription } = ask('CreateTable', { ...TABLE, TableName: 'tagged', Tags });
    const { TableArn } = TableDescription as { TableArn: string };
    expect(TableDescription).not.toHaveProperty('Tags');
    expect(ask('ListTagsOfResource', { ResourceArn: TableArn })).toEqual({ Tags });
    expect(dynamodb.tagsOf(TableArn)).toEqual({ Team: 'nodes' });
    expect(dynamodb.tagsOf(TableArn.replace('tagged', TableName))).toEqual({});
    expect(refusal('ListTagsOfResource', { ResourceArn: `${TableArn}-2` }).name).toBe('ResourceNotFoundException');
  });

  it('lose their expired items within an hour, and only then', () => {
    ask('UpdateTimeToLive', { TimeToLiveSpecification: { Enabled: true, AttributeName: 'expiresAt' } });
    put('a', 'soon', { expiresAt: { N: String(kernel.clock.now() / 1000 + 60) } });
    put('a', 'text', { expiresAt: { S: '1' } });
    put('a', 'later', { expiresAt: { N: String(kernel.clock.now() / 1000 + 86_400) } });
    kernel.advance(120_000);
    expect(dynamodb.items(TableName)).toHaveLength(3);
    kernel.advance(3_600_000);
    expect(dynamodb.items(TableName).map(({ sk }) => sk)).toEqual([{ S: 'later' }, { S: 'text' }]);
  });
});

describe('conditional writes', () => {
  it('let only the first of two creators win, and show the loser what is there', () => {
    const input = {
      Item: { ...key('FLEET#a', 'GROW'), owner: { S: 'one' } },
      ConditionExpression: 'attribute_not_exists(pk) OR #owner = :me',
      ExpressionAttributeNames: { '#owner': 'owner' },
      ExpressionAttributeValues: { ':me': { S: 'two' } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    };
    expect(ask('PutItem', input)).toEqual({});
    const error = refusal('PutItem', { ...input, Item: { ...input.Item, owner: { S: 'two' } } });
    expect(error).toMatchObject({ name: 'ConditionalCheckFailedException', message: 'The conditional request failed' });
    expect(error.data).toEqual({ Item: input.Item });
  });

  it('take a fence up by one, from nothing', () => {
    const raise = () =>
      ask('UpdateItem', {
        Key: key('FLEET#a', 'NODE#i-1'),
        UpdateExpression:
          'SET fence = if_not_exists(fence, :zero) + :one, seen = list_append(if_not_exists(seen, :none), :now)',
        ExpressionAttributeValues: {
          ':zero': { N: '0' },
          ':one': { N: '1.0' },
          ':none': { L: [] },
          ':now': { L: [{ S: 'x' }] },
        },
        ReturnValues: 'ALL_NEW',
      });
    raise();
    expect(raise()).toEqual({
      Attributes: { ...key('FLEET#a', 'NODE#i-1'), fence: { N: '2' }, seen: { L: [{ S: 'x' }, { S: 'x' }] } },
    });
  });

  it.each([
    ['a = :one', true],
    ['a <> :two', true],
    ['gone <> :two', true],
    ['gone = :two', false],
    ['a BETWEEN :one AND :two AND NOT attribute_exists(gone)', true],
    ['a IN (:two, :one)', true],
    ['size(heights) = :two', true],
    ['heights[1] = :two AND labels.kind = :one', true],
    ['contains(heights, :two)', true],
    ['contains(tags, :text) OR a > :two', true],
    ['begins_with(word, :text)', true],
    ['attribute_type(word, :type)', true],
    ['word < :one', false],
    ['(a = :two OR a = :one) AND NOT (a = :two)', true],
  ])('%s is %s', (condition, expected) => {
    put('a', 'b', {
      a: { N: '1' },
      heights: { L: [{ N: '1' }, { N: '2' }] },
      labels: { M: { kind: { N: '1' } } },
      tags: { SS: ['chain', 'node'] },
      word: { S: 'chainmend' },
    });
    const values = { ':one': { N: '1.00' }, ':two': { N: '2' }, ':text': { S: 'chain' }, ':type': { S: 'S' } };
    const used = Object.entries(values).filter(([name]) => condition.includes(name));
    const input = {
      Key: key('a', 'b'),
      ConditionExpression: condition,
      ...(used.length > 0 ? { ExpressionAttributeValues: Object.fromEntries(used) } : {}),
    };
    if (expected) expect(ask('DeleteItem', input)).toEqual({});
    else expect(refusal('DeleteItem', input).name).toBe('ConditionalCheckFailedException');
  });

  it('change only what an update names', () => {
    put('a', 'b', {
      count: { N: '0.1' },
      tags: { SS: ['x', 'y'] },
      map: { M: { keep: { N: '1' }, drop: { N: '2' } } },
    });
    const answer = ask('UpdateItem', {
      Key: key('a', 'b'),
      UpdateExpression: 'REMOVE #map.#drop ADD #count :n, more :tag DELETE tags :gone SET #map.made = :made',
      ExpressionAttributeNames: { '#map': 'map', '#drop': 'drop', '#count': 'count' },
      ExpressionAttributeValues: {
        ':n': { N: '0.2' },
        ':tag': { SS: ['z'] },
        ':gone': { SS: ['x', 'y'] },
        ':made': { BOOL: true },
      },
      ReturnValues: 'UPDATED_NEW',
    });
    expect(answer).toEqual({
      Attributes: { count: { N: '0.3' }, more: { SS: ['z'] }, map: { M: { made: { BOOL: true } } } },
    });
    expect(ask('GetItem', { Key: key('a', 'b'), ConsistentRead: true })['Item']).toEqual({
      ...key('a', 'b'),
      count: { N: '0.3' },
      more: { SS: ['z'] },
      map: { M: { keep: { N: '1' }, made: { BOOL: true } } },
    });
  });
});

describe('refusals read as AWS writes them', () => {
  it.each([
    [
      'an unused value',
      { ConditionExpression: 'attribute_exists(pk)', ExpressionAttributeValues: { ':x': { S: '' } } },
      'Value provided in ExpressionAttributeValues unused in expressions: keys: {:x}',
    ],
    [
      'an undefined value',
      { ConditionExpression: 'a = :x' },
      'Invalid ConditionExpression: An expression attribute value used in expression is not defined; attribute value: :x',
    ],
    [
      'a reserved word',
      { ConditionExpression: 'attribute_exists(owner)' },
      'Invalid ConditionExpression: Attribute name is a reserved keyword; reserved keyword: owner',
    ],
    [
      'a syntax error',
      { ConditionExpression: 'attribute_exists(pk) foo' },
      'Invalid ConditionExpression: Syntax error; token: "foo", near: ") foo"',
    ],
    [
      'an unknown function',
      { ConditionExpression: 'exists(pk)' },
      'Invalid ConditionExpression: Invalid function name; function: exists',
    ],
    [
      'a strange sign',
      { ConditionExpression: 'pk = "x"' },
      'Invalid ConditionExpression: Syntax error; token: """, near: ""x""',
    ],
  ])('%s', (_what, input, message) => {
    expect(refusal('PutItem', { Item: key('a', 'b'), ...input })).toMatchObject({
      name: 'ValidationException',
      message: `1 validation error detected: ${message}`,
    });
  });

  it('what is read of a table that is not there is named after the fault of its expression', () => {
    const unused = { ProjectionExpression: 'a', ExpressionAttributeNames: { '#u': 'u' } };
    const message = 'Value provided in ExpressionAttributeNames unused in expressions: keys: {#u}';
    expect(refusal('GetItem', { Key: key('a', 'b'), ...unused, TableName: 'nowhere' }).message).toBe(message);
    expect(refusal('BatchGetItem', { RequestItems: { nowhere: { Keys: [key('a', 'b')], ...unused } } }).message).toBe(
      message,
    );
  });

  it('an empty set in an update, a part of a scan, and a selection of nothing', () => {
    const update = { UpdateExpression: 'ADD tags :none', ExpressionAttributeValues: { ':none': { SS: [] } } };
    expect(refusal('UpdateItem', { Key: key('a', 'b'), ...update }).message).toBe(
      '1 validation error detected: One or more parameter values were invalid: An string set  may not be empty',
    );
    expect(refusal('Scan', { TotalSegments: 1 }).message).toMatch('The Segment parameter is required');
    expect(refusal('Scan', { Select: 'SPECIFIC_ATTRIBUTES' }).message).toMatch(
      'Must specify the AttributesToGet or ProjectionExpression',
    );
  });

  it('keys: missing, of another type, empty, or changed by an update', () => {
    expect(refusal('GetItem', { Key: { pk: { S: 'a' } } }).message).toBe(
      'The provided key element does not match the schema',
    );
    expect(refusal('PutItem', { Item: { pk: { S: 'a' } } }).message).toMatch('Missing the key sk in the item');
    expect(refusal('PutItem', { Item: { pk: { N: '1' }, sk: { S: 'b' } } }).message).toMatch(
      'Type mismatch for key pk expected: S actual: N',
    );
    expect(refusal('PutItem', { Item: key('', 'b') }).message).toMatch('cannot contain an empty string value. Key: pk');
    const update = {
      Key: key('a', 'b'),
      UpdateExpression: 'SET sk = :x',
      ExpressionAttributeValues: { ':x': { S: 'c' } },
    };
    expect(refusal('UpdateItem', update).message).toMatch(
      'Cannot update attribute sk. This attribute is part of the key',
    );
  });

  it('numbers beyond 38 digits, and items beyond 400 KB', () => {
    expect(refusal('PutItem', { Item: { ...key('a', 'b'), n: { N: '1'.repeat(39) } } }).message).toMatch(
      '38 significant digits',
    );
    expect(refusal('PutItem', { Item: { ...key('a', 'b'), n: { N: 'many' } } }).message).toMatch(
      'cannot be converted to a numeric value: many',
    );
    expect(refusal('PutItem', { Item: { ...key('a', 'b'), s: { S: 'x'.repeat(409_600) } } }).message).toBe(
      'Item size has exceeded the maximum allowed size',
    );
  });

  it('updates of paths that overlap, do not exist, or hold something else', () => {
    put('a', 'b', { word: { S: 'x' } });
    const update = (UpdateExpression: string) =>
      refusal('UpdateItem', { Key: key('a', 'b'), UpdateExpression, ExpressionAttributeValues: { ':n': { N: '1' } } })
        .message;
    expect(update('SET m.x = :n, m = :n')).toMatch('Two document paths overlap with each other');
    expect(update('SET m.x = :n')).toBe('The document path provided in the update expression is invalid for update');
    expect(update('SET x = y + :n')).toBe(
      'The provided expression refers to an attribute that does not exist in the item',
    );
    expect(update('SET x = word + :n')).toBe('An operand in the update expression has an incorrect data type');
    expect(update('SET x = :n SET y = :n')).toMatch('The "SET" section can only be used once');
  });
});

describe('queries', () => {
  beforeEach(() => {
    for (const n of [3, 1, 2, 5, 4]) put('JOURNAL#a', `2026-01-0${n}#i-1`, { n: { N: String(n) } });
    put('JOURNAL#b', '2026-01-01#i-9');
  });
  const numbers = (answer: Record<string, unknown>) =>
    (answer['Items'] as { n: { N: string } }[]).map(({ n }) => Number(n.N));

  it('give the items of a partition in the order of the sort key, either way, and by its conditions', () => {
    const query = (condition: string, more: object, values: object) =>
      numbers(
        ask('Query', {
          KeyConditionExpression: `pk = :pk ${condition}`,
          ExpressionAttributeValues: { ':pk': { S: 'JOURNAL#a' }, ...values },
          ...more,
        }),
      );
    expect(query('', {}, {})).toEqual([1, 2, 3, 4, 5]);
    expect(query('', { ScanIndexForward: false }, {})).toEqual([5, 4, 3, 2, 1]);
    expect(query('AND begins_with(sk, :day)', {}, { ':day': { S: '2026-01-03' } })).toEqual([3]);
    expect(query('AND sk BETWEEN :a AND :b', {}, { ':a': { S: '2026-01-02' }, ':b': { S: '2026-01-04' } })).toEqual([
      2, 3,
    ]);
    expect(
      query('AND sk > :a', { FilterExpression: 'n <> :n' }, { ':a': { S: '2026-01-03' }, ':n': { N: '4' } }),
    ).toEqual([3, 5]);
  });

  it('go on page by page, backwards too, until there is no LastEvaluatedKey', () => {
    const seen: number[] = [];
    let ExclusiveStartKey: unknown;
    for (let page = 0; page < 10; page++) {
      const answer = ask('Query', {
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: 'JOURNAL#a' } },
        ScanIndexForward: false,
        Limit: 2,
        ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}),
      });
      seen.push(...numbers(answer));
      ExclusiveStartKey = answer['LastEvaluatedKey'];
      if (!ExclusiveStartKey) break;
    }
    expect(seen).toEqual([5, 4, 3, 2, 1]);
  });

  it('end a page at 1 MB', () => {
    for (let n = 0; n < 4; n++) put('BIG', String(n), { text: { S: 'x'.repeat(300_000) } });
    const answer = ask('Query', {
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: 'BIG' } },
    });
    expect(answer).toMatchObject({ Count: 4, LastEvaluatedKey: key('BIG', '3') });
  });

  it('are refused without the partition key, and where a filter names a key', () => {
    const query = (KeyConditionExpression: string, more: object = {}) =>
      refusal('Query', { KeyConditionExpression, ExpressionAttributeValues: { ':x': { S: 'x' } }, ...more }).message;
    expect(query('sk = :x')).toBe('Query condition missed key schema element: pk');
    expect(query('pk > :x')).toBe('Query key condition not supported');
    expect(query('pk = :x', { FilterExpression: 'sk = :x' })).toMatch('Primary key attribute: sk');
  });

  it('scan everything, page by page', () => {
    const first = ask('Scan', { Limit: 5 });
    const second = ask('Scan', { Limit: 5, ExclusiveStartKey: first['LastEvaluatedKey'] });
    expect([first['Count'], second['Count'], second['LastEvaluatedKey']]).toEqual([5, 1, undefined]);
  });
});

describe('reads under the fault stale-reads', () => {
  it('show the past unless they are consistent', () => {
    kernel.faults.add('stale-reads');
    put('a', 'b', { n: { N: '1' } });
    kernel.advance(100_000);
    put('a', 'b', { n: { N: '2' } });
    put('a', 'c', { n: { N: '3' } });
    const read = (ConsistentRead: boolean) => ask('GetItem', { Key: key('a', 'b'), ConsistentRead })['Item'];
    expect(read(false)).toMatchObject({ n: { N: '1' } });
    expect(read(true)).toMatchObject({ n: { N: '2' } });
    const query = { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': { S: 'a' } } };
    expect(ask('Query', query)).toMatchObject({ Count: 1 });
    expect(ask('Query', { ...query, ConsistentRead: true })).toMatchObject({ Count: 2 });
    kernel.advance(90_000);
    expect(read(false)).toMatchObject({ n: { N: '2' } });
  });
});

it('keeps its own copy: neither what was sent nor what was answered changes an item', () => {
  const tags = ['x'];
  put('a', 'b', { tags: { SS: tags } });
  tags.push('y');
  const item = ask('GetItem', { Key: key('a', 'b') })['Item'] as { tags: { SS: string[] } };
  item.tags.SS.push('z');
  expect(ask('GetItem', { Key: key('a', 'b') })['Item']).toMatchObject({ tags: { SS: ['x'] } });
});
