// DynamoDB: tables, items, and everything that an expression can have wrong.
import { callsOf, type MotoCall } from './call.ts';

const call = callsOf('dynamodb');

const KEYS = {
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'N' },
  ],
  BillingMode: 'PAY_PER_REQUEST',
};
const SIMPLE = {
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
  BillingMode: 'PAY_PER_REQUEST',
};
const TableName = 'journal';
const key = (pk: string, sk: number) => ({ pk: { S: pk }, sk: { N: String(sk) } });
const item = (sk: number, more: object = {}) => ({ ...key('a', sk), ...more });
const put = (title: string, more: object): MotoCall => call('PutItem', title, { TableName, ...more });
const conditional = (title: string, ConditionExpression: string, more: object = {}): MotoCall =>
  put(title, { Item: item(1), ConditionExpression, ...more });
const values = (entries: Record<string, string>) => ({
  ExpressionAttributeValues: Object.fromEntries(Object.entries(entries).map(([name, n]) => [name, { N: n }])),
});
const update = (title: string, UpdateExpression: string, more: object = {}): MotoCall =>
  call('UpdateItem', title, { TableName, Key: key('a', 1), UpdateExpression, ...more });
const query = (title: string, more: object): MotoCall => call('Query', title, { TableName, ...more });

export const DYNAMODB: readonly MotoCall[] = [
  call('CreateTable', 'with a partition and a sort key', { TableName, ...KEYS }),
  call('CreateTable', 'again', { TableName, ...KEYS }),
  call('CreateTable', 'with a partition key alone', { TableName: 'simple', ...SIMPLE }),
  call('CreateTable', 'with a short name', { ...SIMPLE, TableName: 'ab' }),
  call('CreateTable', 'with a name of strange characters', { ...SIMPLE, TableName: 'a b c' }),
  call('CreateTable', 'without a schema', {
    TableName: 'without',
    AttributeDefinitions: SIMPLE.AttributeDefinitions,
    BillingMode: 'PAY_PER_REQUEST',
  }),
  call('CreateTable', 'with two HASH keys', {
    ...KEYS,
    TableName: 'two-hashes',
    KeySchema: KEYS.KeySchema.map((one) => ({ ...one, KeyType: 'HASH' })),
  }),
  call('CreateTable', 'with the sort key first', {
    ...KEYS,
    TableName: 'reversed',
    KeySchema: KEYS.KeySchema.toReversed(),
  }),
  call('CreateTable', 'with three keys', {
    ...KEYS,
    TableName: 'three',
    KeySchema: [...KEYS.KeySchema, { AttributeName: 'more', KeyType: 'RANGE' }],
  }),
  call('CreateTable', 'with one attribute for both keys', {
    ...SIMPLE,
    TableName: 'one-for-both',
    KeySchema: [...SIMPLE.KeySchema, { AttributeName: 'pk', KeyType: 'RANGE' }],
  }),
  call('CreateTable', 'with an undefined key', {
    ...SIMPLE,
    TableName: 'undefined-key',
    KeySchema: [{ AttributeName: 'other', KeyType: 'HASH' }],
  }),
  call('CreateTable', 'with a definition too many', {
    ...SIMPLE,
    TableName: 'too-many',
    AttributeDefinitions: [...SIMPLE.AttributeDefinitions, { AttributeName: 'more', AttributeType: 'S' }],
  }),
  call('CreateTable', 'with a definition twice', {
    ...SIMPLE,
    TableName: 'twice',
    AttributeDefinitions: [...SIMPLE.AttributeDefinitions, ...SIMPLE.AttributeDefinitions],
  }),
  call('CreateTable', 'with an unknown type', {
    ...SIMPLE,
    TableName: 'unknown-type',
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'BANANA' }],
  }),
  call('CreateTable', 'with an unknown billing mode', {
    ...SIMPLE,
    TableName: 'unknown-billing',
    BillingMode: 'BANANA',
  }),
  call('DescribeTable', 'that is there', { TableName }),
  call('DescribeTable', 'that is not', { TableName: 'nowhere' }),
  call('ListTables', 'all', {}),
  call('ListTables', 'one', { Limit: 1 }),
  call('ListTables', 'none', { Limit: 0 }),

  put('plain', {
    Item: item(1, {
      n: { N: '1' },
      text: { S: 'x' },
      list: { L: [{ S: 'a' }, { S: 'b' }] },
      map: { M: { inner: { N: '5' } } },
      set: { SS: ['x', 'y'] },
    }),
  }),
  put('another', { Item: item(2, { n: { N: '2' } }) }),
  put('a third', { Item: item(3) }),
  put('into no table', { TableName: 'nowhere', Item: item(1) }),
  put('without its sort key', { Item: { pk: { S: 'a' } } }),
  put('with a key of another type', { Item: { ...item(1), sk: { S: 'x' } } }),
  put('with an empty key', { Item: { ...item(1), pk: { S: '' } } }),
  put('with a partition key of 2,049 bytes', { Item: { ...item(1), pk: { S: 'p'.repeat(2_049) } } }),
  put('with a partition key of 2,048 bytes', { Item: { ...item(1), pk: { S: 'p'.repeat(2_048) } } }),
  put('with an empty set', { Item: item(4, { set: { SS: [] } }) }),
  put('with a set that repeats', { Item: item(4, { set: { SS: ['a', 'a'] } }) }),
  put('with NULL false', { Item: item(4, { none: { NULL: false } }) }),
  put('with a number that is none', { Item: item(4, { n: { N: 'one' } }) }),
  put('with a number of 39 digits', { Item: item(4, { n: { N: '1'.repeat(39) } }) }),
  put('with a number too large', { Item: item(4, { n: { N: '1e126' } }) }),
  put('of more than 400 KB', { Item: item(4, { long: { S: 'x'.repeat(410_000) } }) }),
  put('with two types in one value', { Item: item(4, { two: { S: 'a', N: '1' } }) }),
  put('with unknown ReturnValues', { Item: item(1), ReturnValues: 'BANANA' }),
  put('with ReturnValues of updates', { Item: item(1), ReturnValues: 'ALL_NEW' }),
  put('returning what was', { Item: item(2, { n: { N: '2' } }), ReturnValues: 'ALL_OLD' }),
  put('with prototype words as names', { Item: item(5, { constructor: { S: 'x' }, toString: { N: '1' } }) }),

  conditional('on what is not there', 'attribute_not_exists(pk)'),
  conditional('on what is there', 'attribute_exists(pk)'),
  conditional('in lower case', 'attribute_exists(pk) and attribute_exists(sk)'),
  conditional('with redundant parentheses', '((attribute_exists(pk)))'),
  conditional('with two redundant parentheses inside', 'attribute_exists(sk) AND ((attribute_exists(pk)))'),
  conditional(
    'with parentheses that are needed',
    '(attribute_exists(pk) OR attribute_exists(sk)) AND attribute_exists(pk)',
  ),
  conditional('with parentheses around each', '(attribute_exists(pk)) AND (attribute_exists(sk))'),
  conditional(
    'with parentheses that precedence makes superfluous',
    'attribute_exists(pk) OR (attribute_exists(sk) AND attribute_exists(pk))',
  ),
  conditional('that is empty', ''),
  conditional('that is no sentence', 'attribute_exists('),
  conditional('with an unknown function', 'is_there(pk)'),
  conditional('with a function of another case', 'ATTRIBUTE_EXISTS(pk)'),
  conditional('with a reserved word', 'attribute_exists(status)'),
  conditional('that compares an attribute with itself', 'n = n'),
  conditional('that compares a value with itself', ':v = :v', values({ ':v': '1' })),
  conditional('that compares a value with another', ':v < :w', values({ ':v': '1', ':w': '2' })),
  conditional('whose value is not defined', 'n = :v'),
  conditional('whose name is not defined', '#n = :v', values({ ':v': '1' })),
  conditional('with a value that is not used', 'attribute_exists(pk)', values({ ':v': '1' })),
  conditional('with a name that is not used', 'attribute_exists(pk)', { ExpressionAttributeNames: { '#n': 'n' } }),
  conditional('with a name without its sign', 'attribute_exists(n)', { ExpressionAttributeNames: { n: 'n' } }),
  conditional('with empty values', 'attribute_exists(pk)', { ExpressionAttributeValues: {} }),
  conditional('with empty names', 'attribute_exists(pk)', { ExpressionAttributeNames: {} }),
  conditional('with BETWEEN reversed', 'n BETWEEN :high AND :low', values({ ':low': '1', ':high': '9' })),
  conditional('with BETWEEN of two types', 'n BETWEEN :low AND :high', {
    ExpressionAttributeValues: { ':low': { N: '1' }, ':high': { S: 'z' } },
  }),
  conditional('with IN', 'n IN (:one, :two)', values({ ':one': '1', ':two': '2' })),
  conditional('with contains of a thing in itself', 'contains(n, n)'),
  conditional('with begins_with of a number', 'begins_with(pk, :n)', values({ ':n': '1' })),
  conditional('with attribute_type of no type', 'attribute_type(pk, :t)', {
    ExpressionAttributeValues: { ':t': { S: 'BANANA' } },
  }),
  conditional('with attribute_type of a type', 'attribute_type(pk, :t)', {
    ExpressionAttributeValues: { ':t': { S: 'S' } },
  }),
  conditional('with size', 'size(pk) > :n', values({ ':n': '0' })),
  conditional('with size alone', 'size(pk)'),
  conditional('with a function of the wrong number of operands', 'attribute_exists(pk, sk)'),
  conditional('longer than 4 KB', Array(300).fill('attribute_exists(pk)').join(' AND ')),
  put('with values and no expression', { Item: item(1), ...values({ ':v': '1' }) }),

  call('GetItem', 'that is there', { TableName, Key: key('a', 2) }),
  call('GetItem', 'that is not', { TableName, Key: key('a', 99) }),
  call('GetItem', 'by half a key', { TableName, Key: { pk: { S: 'a' } } }),
  call('GetItem', 'by more than its key', { TableName, Key: { ...key('a', 1), n: { N: '1' } } }),
  call('GetItem', 'by an empty key', { TableName, Key: { ...key('', 1) } }),
  call('GetItem', 'by a sort key that is no number', { TableName, Key: { pk: { S: 'a' }, sk: { N: 'x' } } }),
  call('GetItem', 'a part', { TableName, Key: key('a', 2), ProjectionExpression: 'n, sk' }),
  call('GetItem', 'a part twice', { TableName, Key: key('a', 2), ProjectionExpression: 'n, n' }),
  call('GetItem', 'a part within a part', { TableName, Key: key('a', 2), ProjectionExpression: 'map, map.inner' }),
  call('GetItem', 'two names for one part', {
    TableName,
    Key: key('a', 2),
    ProjectionExpression: '#a, #b',
    ExpressionAttributeNames: { '#a': 'n', '#b': 'n' },
  }),
  call('GetItem', 'a part with no name', { TableName, Key: key('a', 2), ProjectionExpression: '' }),
  call('BatchGetItem', 'two', { RequestItems: { [TableName]: { Keys: [key('a', 1), key('a', 2)] } } }),
  call('BatchGetItem', 'one twice', { RequestItems: { [TableName]: { Keys: [key('a', 1), key('a', 1)] } } }),
  call('BatchGetItem', 'none', { RequestItems: {} }),
  call('BatchGetItem', 'no keys of a table', { RequestItems: { [TableName]: { Keys: [] } } }),
  call('BatchGetItem', '101', {
    RequestItems: { [TableName]: { Keys: Array.from({ length: 101 }, (_, i) => key('a', i)) } },
  }),

  update('sets', 'SET n = :v', { ...values({ ':v': '7' }), ReturnValues: 'ALL_NEW' }),
  update('adds up', 'SET n = n + :v', { ...values({ ':v': '1' }), ReturnValues: 'UPDATED_NEW' }),
  update('takes a default', 'SET m = if_not_exists(m, :v)', { ...values({ ':v': '1' }), ReturnValues: 'UPDATED_OLD' }),
  update('appends', 'SET l = list_append(if_not_exists(l, :l), :l)', {
    ExpressionAttributeValues: { ':l': { L: [{ S: 'x' }] } },
    ReturnValues: 'ALL_OLD',
  }),
  update('removes', 'REMOVE m'),
  update('adds', 'ADD counter :v', values({ ':v': '1' })),
  update('deletes from a set', 'DELETE tags :s', { ExpressionAttributeValues: { ':s': { SS: ['a'] } } }),
  update('sets its key', 'SET sk = :v', values({ ':v': '7' })),
  update('removes its key', 'REMOVE sk'),
  update('sets one path twice', 'SET n = :v, n = :w', values({ ':v': '1', ':w': '2' })),
  update('sets a path and one below it', 'SET m = :v, m.x = :v', values({ ':v': '1' })),
  update('has a clause twice', 'SET n = :v SET m = :v', values({ ':v': '1' })),
  update('is of no clause', 'n = :v', values({ ':v': '1' })),
  update('is empty', ''),
  update('refers to what is not there', 'SET n = nowhere', {}),
  update('adds text', 'ADD n :v', { ExpressionAttributeValues: { ':v': { S: 'x' } } }),
  update('adds a number to a text', 'SET n = pk + :v', values({ ':v': '1' })),
  update('calls an unknown function', 'SET n = double(:v)', values({ ':v': '1' })),
  update('goes into what is not there', 'SET nowhere.inner = :v', values({ ':v': '1' })),
  update('on a condition that fails', 'SET n = :v', {
    ...values({ ':v': '1' }),
    ConditionExpression: 'attribute_not_exists(pk)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  }),
  update('with unknown ReturnValues', 'SET n = :v', { ...values({ ':v': '1' }), ReturnValues: 'BANANA' }),
  call('UpdateItem', 'by half a key', {
    TableName,
    Key: { pk: { S: 'a' } },
    UpdateExpression: 'SET n = :v',
    ...values({ ':v': '1' }),
  }),
  call('UpdateItem', 'with a sort key of another type', {
    TableName,
    Key: { pk: { S: 'a' }, sk: { S: 'x' } },
    UpdateExpression: 'SET n = :v',
    ...values({ ':v': '1' }),
  }),

  query('a partition', { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': { S: 'a' } } }),
  query('newest first, one', {
    KeyConditionExpression: 'pk = :p',
    ExpressionAttributeValues: { ':p': { S: 'a' } },
    ScanIndexForward: false,
    Limit: 1,
  }),
  query('a range', {
    KeyConditionExpression: 'pk = :p AND sk BETWEEN :l AND :h',
    ExpressionAttributeValues: { ':p': { S: 'a' }, ':l': { N: '1' }, ':h': { N: '2' } },
  }),
  query('a range reversed', {
    KeyConditionExpression: 'pk = :p AND sk BETWEEN :h AND :l',
    ExpressionAttributeValues: { ':p': { S: 'a' }, ':l': { N: '1' }, ':h': { N: '2' } },
  }),
  query('with parentheses', {
    KeyConditionExpression: '(pk = :p) AND (sk > :l)',
    ExpressionAttributeValues: { ':p': { S: 'a' }, ':l': { N: '1' } },
  }),
  query('with redundant parentheses', {
    KeyConditionExpression: '((pk = :p))',
    ExpressionAttributeValues: { ':p': { S: 'a' } },
  }),
  query('without its partition key', {
    KeyConditionExpression: 'sk = :l',
    ExpressionAttributeValues: { ':l': { N: '1' } },
  }),
  query('with an unequal partition key', {
    KeyConditionExpression: 'pk > :p',
    ExpressionAttributeValues: { ':p': { S: 'a' } },
  }),
  query('with a partition key of another type', {
    KeyConditionExpression: 'pk = :p',
    ExpressionAttributeValues: { ':p': { N: '1' } },
  }),
  query('on another attribute', {
    KeyConditionExpression: 'pk = :p AND n = :n',
    ExpressionAttributeValues: { ':p': { S: 'a' }, ':n': { N: '1' } },
  }),
  query('without a condition', {}),
  query('filtered', {
    KeyConditionExpression: 'pk = :p',
    FilterExpression: 'n > :n',
    ExpressionAttributeValues: { ':p': { S: 'a' }, ':n': { N: '1' } },
  }),
  query('filtered by its key', {
    KeyConditionExpression: 'pk = :p',
    FilterExpression: 'sk > :n',
    ExpressionAttributeValues: { ':p': { S: 'a' }, ':n': { N: '1' } },
  }),
  query('counted', {
    KeyConditionExpression: 'pk = :p',
    ExpressionAttributeValues: { ':p': { S: 'a' } },
    Select: 'COUNT',
  }),
  query('with an unknown Select', {
    KeyConditionExpression: 'pk = :p',
    ExpressionAttributeValues: { ':p': { S: 'a' } },
    Select: 'BANANA',
  }),
  query('none', { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': { S: 'a' } }, Limit: 0 }),
  query('from a key of another form', {
    KeyConditionExpression: 'pk = :p',
    ExpressionAttributeValues: { ':p': { S: 'a' } },
    ExclusiveStartKey: { pk: { S: 'a' } },
  }),
  query('in no table', {
    TableName: 'nowhere',
    KeyConditionExpression: 'pk = :p',
    ExpressionAttributeValues: { ':p': { S: 'a' } },
  }),
  call('Scan', 'all', { TableName }),
  call('Scan', 'a page', { TableName, Limit: 1 }),
  call('Scan', 'filtered', { TableName, FilterExpression: 'attribute_exists(n)' }),
  call('Scan', 'filtered with redundant parentheses', { TableName, FilterExpression: '((attribute_exists(n)))' }),
  call('DeleteItem', 'that is not there', { TableName, Key: key('a', 99) }),
  call('DeleteItem', 'on a condition that fails', {
    TableName,
    Key: key('a', 1),
    ConditionExpression: 'attribute_not_exists(pk)',
  }),
  call('DeleteItem', 'returning what was', { TableName, Key: key('a', 3), ReturnValues: 'ALL_OLD' }),
  call('DeleteItem', 'by half a key', { TableName, Key: { pk: { S: 'a' } } }),
  call('DescribeTimeToLive', 'that is off', { TableName }),
  call('UpdateTimeToLive', 'on', { TableName, TimeToLiveSpecification: { Enabled: true, AttributeName: 'expires' } }),
  call('UpdateTimeToLive', 'on again', {
    TableName,
    TimeToLiveSpecification: { Enabled: true, AttributeName: 'expires' },
  }),
  call('DescribeTimeToLive', 'that is on', { TableName }),
  call('DescribeTimeToLive', 'of no table', { TableName: 'nowhere' }),
];
