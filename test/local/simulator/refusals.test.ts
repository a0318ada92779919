// AWS refuses combinations of members, states or texts that do not fit. The region refuses them too, with the same code and form.
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRegion, type Region } from '../../../local/region.ts';
import type { ClockFollower } from '../../../local/simulator/clock.ts';
import { newAccessKey } from '../../../local/simulator/gateway/keys.ts';
import { listen, type WireServer } from '../../../local/simulator/gateway/server.ts';
import { signedFetch } from '../../fixtures/signed-request.ts';

const ACCOUNT = '111122223333';
const key = newAccessKey();
let region: Region;
let following: ClockFollower;
let server: WireServer;

const KEY_SCHEMA = [
  { AttributeName: 'pk', KeyType: 'HASH' },
  { AttributeName: 'sk', KeyType: 'RANGE' },
];
const DEFINITIONS = [
  { AttributeName: 'pk', AttributeType: 'S' },
  { AttributeName: 'sk', AttributeType: 'S' },
];
const TABLE = {
  TableName: 'table',
  KeySchema: KEY_SCHEMA,
  AttributeDefinitions: DEFINITIONS,
  BillingMode: 'PAY_PER_REQUEST',
};
const Key = { pk: { S: 'p' }, sk: { S: 's' } };
const ALARM = {
  AlarmName: 'disk',
  Namespace: 'n',
  MetricName: 'm',
  Statistic: 'Average',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanThreshold',
};

const ask = (service: string, operation: string, input: object) =>
  region.gateway.request({ service, operation, input, actor: 'person' });
const queueUrl = (name: string) => `https://sqs.eu-west-1.amazonaws.com/${ACCOUNT}/${name}`;
/** The whole refusal in one line, "Code: message", or that there was none. Waits for a token of the API's bucket. */
async function outcome(service: string, operation: string, input: object): Promise<string> {
  for (;;) {
    try {
      await ask(service, operation, input);
      return 'accepted';
    } catch (error) {
      const { name, message } = error as Error;
      if (name !== 'ThrottlingException') return `${name}: ${message}`;
      await new Promise<void>((resolve) => void region.clock.after(1_000, resolve));
    }
  }
}

beforeAll(async () => {
  region = await createRegion({ seed: 1, lane: 'fidelity', guard: false });
  const admissions = [{ ...key, caller: { actor: 'person' } }];
  server = await listen(region.gateway, { admissions, onDefect: (error) => region.clock.fail(error) });
  following = region.clock.follow({ speed: 1_000 });
  await ask('dynamodb', 'CreateTable', TABLE);
  await ask('monitoring', 'PutMetricAlarm', ALARM);
  await ask('sqs', 'CreateQueue', { QueueName: 'jobs' });
  await ask('sns', 'CreateTopic', { Name: 'pages' });
});

afterAll(async () => {
  await server.close();
  await following.stop();
});

type Refusal = readonly [what: string, operation: string, input: object, expected: RegExp];

const condition = (expression: string, more: object = {}): [string, object] => [
  'PutItem',
  { TableName: 'table', Item: Key, ConditionExpression: expression, ...more },
];
const withValues = (...numbers: number[]) => ({
  ExpressionAttributeValues: Object.fromEntries(numbers.map((n) => [`:v${n}`, { N: String(n) }])),
});
const query = (expression: string, values: object): [string, object] => [
  'Query',
  { TableName: 'table', KeyConditionExpression: expression, ExpressionAttributeValues: values },
];
const created = (more: object): [string, object] => ['CreateTable', { ...TABLE, TableName: 'other', ...more }];
const put = (pk: string, sk: string): [string, object] => [
  'PutItem',
  { TableName: 'table', Item: { pk: { S: pk }, sk: { S: sk } } },
];

// "Comparison operator and function reference", "Constraints in Amazon DynamoDB", and the API reference; the texts are those of the service.
const DYNAMODB: readonly Refusal[] = [
  [
    'redundant parentheses',
    ...condition('((a = :v1))', withValues(1)),
    /^ValidationException: .*redundant parentheses/,
  ],
  ['the same operand twice', ...condition('a = a'), /^ValidationException: .*first operand must be distinct/],
  [
    'a range from high to low',
    ...condition('a BETWEEN :v2 AND :v1', withValues(1, 2)),
    /^ValidationException: .*BETWEEN operator requires upper bound to be greater than or equal to lower bound/,
  ],
  [
    'a range of keys from high to low',
    ...query('pk = :p AND sk BETWEEN :b AND :a', { ':p': { S: 'p' }, ':a': { S: 'a' }, ':b': { S: 'b' } }),
    /^ValidationException: .*BETWEEN/,
  ],
  ['the size of nothing', ...condition('size(a)'), /^ValidationException: /],
  ['a number as a prefix', ...condition('begins_with(a, :v1)', withValues(1)), /^ValidationException: .*begins_with/],
  [
    'a type that is none',
    ...condition('attribute_type(a, :t)', { ExpressionAttributeValues: { ':t': { S: 'BANANA' } } }),
    /^ValidationException: .*BANANA/,
  ],
  [
    'an unused name',
    ...condition('a = :v1', { ...withValues(1), ExpressionAttributeNames: { '#u': 'u' } }),
    /^ValidationException: .*unused in expressions: keys: \{#u\}/,
  ],
  ['a condition on a key twice', ...query('pk = :p AND pk = :p', { ':p': { S: 'p' } }), /^ValidationException: /],
  [
    'two paths that overlap',
    'UpdateItem',
    { TableName: 'table', Key, UpdateExpression: 'SET a = :v1, a.b = :v1', ...withValues(1) },
    /^ValidationException: .*Two document paths overlap/,
  ],
  [
    'a path twice',
    'UpdateItem',
    { TableName: 'table', Key, UpdateExpression: 'SET a = :v1, a = :v1', ...withValues(1) },
    /^ValidationException: .*Two document paths overlap/,
  ],
  [
    'a partition key of 2,049 bytes',
    ...put(`${'é'.repeat(1_024)}x`, 's'),
    /^ValidationException: .*hashkey has exceeded the maximum size limit of ?2048 bytes/,
  ],
  [
    'a sort key of 1,025 bytes',
    ...put('p', 'x'.repeat(1_025)),
    /^ValidationException: .*range keys has exceeded the size limit of 1024 bytes/,
  ],
  [
    'a key twice in a batch',
    'BatchGetItem',
    { RequestItems: { table: { Keys: [Key, Key] } } },
    /^ValidationException: Provided list of item keys contains duplicates/,
  ],
  [
    'two HASH keys',
    ...created({ KeySchema: KEY_SCHEMA.map((one) => ({ ...one, KeyType: 'HASH' })) }),
    /^ValidationException: .*second KeySchemaElement is not a RANGE key type/,
  ],
  ['a table without a schema', ...created({ KeySchema: undefined }), /^ValidationException: /],
  [
    'a key that is not defined',
    ...created({ AttributeDefinitions: DEFINITIONS.slice(0, 1) }),
    /^ValidationException: .*AttributeDefinitions/,
  ],
  [
    'a definition twice',
    ...created({ AttributeDefinitions: [...DEFINITIONS, DEFINITIONS[0]] }),
    /^ValidationException: /,
  ],
];

const suppressed = (AlarmRule: string): [string, object] => ['PutCompositeAlarm', { AlarmName: 'all', AlarmRule }];
const datum = (Dimensions: object[], more: object = {}): [string, object] => [
  'PutMetricData',
  { Namespace: 'n', MetricData: [{ MetricName: 'm', Value: 1, Dimensions, ...more }] },
];
// The API reference of PutMetricAlarm, PutCompositeAlarm, SetAlarmState and PutMetricData.
const CLOUDWATCH: readonly Refusal[] = [
  [
    'a reason that is no JSON',
    'SetAlarmState',
    { AlarmName: 'disk', StateValue: 'OK', StateReason: 'r', StateReasonData: '{"a":' },
    /^InvalidFormatFault: .*not syntactically valid JSON/,
  ],
  ['a child that is not there', ...suppressed('ALARM(nobody)'), /^ValidationError: .*nobody/],
  ['a child whose name every object has', ...suppressed('ALARM(constructor)'), /^ValidationError: .*constructor/],
  [
    'a dimension that is not ASCII',
    ...datum([{ Name: 'é', Value: 'v' }]),
    /^InvalidParameterValueException: .*non-ASCII/,
  ],
  [
    'a dimension of an alarm that is not ASCII',
    'PutMetricAlarm',
    { ...ALARM, Dimensions: [{ Name: 'a', Value: 'é' }] },
    /^ValidationError: Dimensions must not contain Non-ASCII characters/,
  ],
  [
    'a dimension twice',
    ...datum([
      { Name: 'a', Value: '1' },
      { Name: 'a', Value: '2' },
    ]),
    /^InvalidParameterValue|^ValidationError/,
  ],
  ['a value and values', ...datum([], { Values: [1] }), /^InvalidParameterCombination/],
  [
    'two kinds of statistics',
    'PutMetricAlarm',
    { ...ALARM, ExtendedStatistic: 'p99' },
    /^ValidationError: .*mutually exclusive/,
  ],
];

const volume = (more: object): [string, object] => [
  'CreateVolume',
  { AvailabilityZone: 'eu-west-1a', Size: 100, ...more },
];
const launch = (more: object): [string, object] => [
  'RunInstances',
  { ImageId: 'ami-0123456789abcdef0', MinCount: 1, MaxCount: 1, ...more },
];
// "Error codes for the Amazon EC2 API"; CreateVolume ("required for io1 and io2 volumes").
const EC2: readonly Refusal[] = [
  [
    'an io2 volume without Iops',
    ...volume({ VolumeType: 'io2' }),
    /^InvalidParameterCombination: The parameter iops must be specified for io2 volumes/,
  ],
  ['an io1 volume without Iops', ...volume({ VolumeType: 'io1' }), /^InvalidParameterCombination: .* io1 volumes/],
  ['a type of volume that every object has', ...volume({ VolumeType: 'constructor' }), /^UnknownVolumeType: /],
  [
    'a type of instance that AWS does not know',
    ...launch({ InstanceType: 'm99.banana' }),
    /^InvalidInstanceType: .*m99\.banana|^InvalidParameterValue: .*m99\.banana/,
  ],
  [
    'a type of instance that every object has',
    ...launch({ InstanceType: 'toString' }),
    /^InvalidInstanceType|^InvalidParameterValue/,
  ],
];

const parameter = (Name: string, more: object = {}): [string, object] => [
  'PutParameter',
  { Name, Value: 'v', Type: 'String', ...more },
];
// PutParameter ("Parameter name requirements and constraints").
const SSM: readonly Refusal[] = [
  ['a name of AWS', ...parameter('/aws/x'), /^AccessDeniedException: No access to reserved parameter name: \/aws\/x\./],
  ['a name that begins like one of AWS', ...parameter('awsome'), /^ValidationException: Parameter name: /],
  ['a name that begins like one of SSM', ...parameter('ssm-x'), /^ValidationException: Parameter name: /],
  [
    'a name that is too deep',
    ...parameter(`/a`.repeat(16)),
    /^HierarchyLevelLimitExceededException|^ValidationException/,
  ],
  [
    'a value that its own pattern refuses',
    ...parameter('p', { AllowedPattern: '^\\d+$' }),
    /^ParameterPatternMismatchException/,
  ],
  ['a pattern that is none', ...parameter('p', { AllowedPattern: '(' }), /^InvalidAllowedPatternException/],
];

const attribute = (name: string, value: string): [string, object] => [
  'SetQueueAttributes',
  { QueueUrl: queueUrl('jobs'), Attributes: { [name]: value } },
];
const sent = (more: object): [string, object] => [
  'SendMessage',
  { QueueUrl: queueUrl('jobs'), MessageBody: 'x', ...more },
];
// SetQueueAttributes, SendMessage, ReceiveMessage (API reference); "Amazon SQS message quotas".
const SQS: readonly Refusal[] = [
  ['a delay of 901 s', ...sent({ DelaySeconds: 901 }), /^InvalidParameterValue: .*DelaySeconds/],
  [
    'a wait of 21 s',
    'ReceiveMessage',
    { QueueUrl: queueUrl('jobs'), WaitTimeSeconds: 21 },
    /^InvalidParameterValue: .*WaitTimeSeconds/,
  ],
  [
    'a wait of a queue of 21 s',
    ...attribute('ReceiveMessageWaitTimeSeconds', '21'),
    /^InvalidAttributeValue|^InvalidParameterValue/,
  ],
  [
    'a delay of a queue that is no number',
    ...attribute('DelaySeconds', 'soon'),
    /^InvalidAttributeValue|^InvalidParameterValue/,
  ],
  ['an attribute that every object has', ...attribute('constructor', '1'), /^InvalidAttributeName/],
  [
    'a redrive policy that is no JSON',
    ...attribute('RedrivePolicy', '{'),
    /^InvalidAttributeValue|^InvalidParameterValue/,
  ],
  ['a control character', ...sent({ MessageBody: 'a\u0001' }), /^InvalidMessageContents/],
  [
    'a receipt handle that it never gave',
    'DeleteMessage',
    { QueueUrl: queueUrl('jobs'), ReceiptHandle: 'constructor' },
    /^ReceiptHandleIsInvalid/,
  ],
];

const topic = (Name: string, more: object = {}): [string, object] => ['CreateTopic', { Name, ...more }];
// CreateTopic: names, and those of FIFO topics, which end in ".fifo".
const SNS: readonly Refusal[] = [
  [
    'a FIFO name without FifoTopic',
    ...topic('pages.fifo'),
    /^InvalidParameterException: Invalid parameter: Topic Name$/,
  ],
  [
    'FifoTopic without a FIFO name',
    ...topic('orders', { Attributes: { FifoTopic: 'true' } }),
    /^InvalidParameterException: .*Fifo Topic names must end with \.fifo/i,
  ],
  ['an attribute that every object has', ...topic('orders', { Attributes: { constructor: 'x' } }), /^InvalidParameter/],
  ['an ARN of four parts', 'Publish', { TopicArn: 'arn:aws:sns:x', Message: 'm' }, /^InvalidParameter/],
];

describe.each<[string, readonly Refusal[]]>([
  ['dynamodb', DYNAMODB],
  ['monitoring', CLOUDWATCH],
  ['ec2', EC2],
  ['ssm', SSM],
  ['sqs', SQS],
  ['sns', SNS],
])('%s refuses', (service, refusals) => {
  it.each(refusals)('%s', async (_what, operation, input, expected) => {
    expect(await outcome(service, operation, input)).toMatch(expected);
  });
});

describe('what looks like that and is right', () => {
  it.each<[string, string, string, object]>([
    ['parentheses around a part', 'dynamodb', ...condition('(attribute_not_exists(a)) AND attribute_not_exists(b)')],
    [
      'an operand twice in two comparisons',
      'dynamodb',
      ...condition('attribute_not_exists(a) OR a = :v1 OR a = :v2', withValues(1, 2)),
    ],
    ['a range of one', 'dynamodb', ...condition('attribute_not_exists(a) OR a BETWEEN :v1 AND :v1', withValues(1))],
    ['a partition key of 2,048 bytes', 'dynamodb', ...put('x'.repeat(2_048), 'x'.repeat(1_024))],
    [
      'a reason in JSON',
      'monitoring',
      'SetAlarmState',
      { AlarmName: 'disk', StateValue: 'OK', StateReason: 'r', StateReasonData: '{"a":1}' },
    ],
    ['a child that is there', 'monitoring', ...suppressed('ALARM(disk)')],
    ['an io2 volume with Iops', 'ec2', ...volume({ VolumeType: 'io2', Iops: 3_000 })],
    ['a delay of 900 s', 'sqs', ...sent({ DelaySeconds: 900 })],
    ['a name with aws in it', 'ssm', ...parameter('/my/aws')],
  ])('%s', async (_what, service, operation, input) => {
    expect(await outcome(service, operation, input)).toBe('accepted');
  });
});

it('answers of DynamoDB carry the checksum of their bytes, refusals as well', async () => {
  for (const [operation, TableName, status] of [
    ['DescribeTable', 'table', 200],
    ['DescribeTable', 'nowhere', 400],
  ] as const) {
    const answer = await signedFetch(server.url, key, {
      service: 'dynamodb',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `DynamoDB_20120810.${operation}` },
      body: JSON.stringify({ TableName }),
    });
    expect(answer.status).toBe(status);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(answer.headers.get('x-amz-crc32')).toBe(String(crc32(bytes)));
  }
});
