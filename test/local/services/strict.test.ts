// The region refuses every value that AWS refuses on its own: for all services, from the SDK's own enums and schemas.
import { readdirSync, readFileSync } from 'node:fs';
import { AutoScalingClient, SetInstanceHealthCommand } from '@aws-sdk/client-auto-scaling';
import {
  CloudWatchClient,
  GetMetricStatisticsCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { CreateTableCommand, DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateVolumeCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { CreateTargetGroupCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { EventBridgeClient, PutRuleCommand } from '@aws-sdk/client-eventbridge';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ChangeResourceRecordSetsCommand, CreateHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53';
import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import {
  DescribeInstanceInformationCommand,
  DescribeParametersCommand,
  GetParametersByPathCommand,
  ListCommandInvocationsCommand,
  PutParameterCommand,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SERVICES } from '../../../local/services/services.ts';
import { readDeclarations } from '../../../local/simulator/gateway/declarations.ts';
import { javaPattern, parseLimits, readLimits } from '../../../local/simulator/gateway/limits.ts';
import { loadModels } from '../../../local/simulator/gateway/model.ts';
import { type ClientConfig, type WholeRegion, wholeRegion } from '../../fixtures/whole-region.ts';

let whole: WholeRegion;
let config: ClientConfig;

beforeAll(async () => {
  whole = await wholeRegion();
  config = await whole.as();
});

afterAll(() => whole.following.stop());

/** What no SDK's types allow. */
// biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
const any = (value: unknown): any => value;

const ALARM: PutMetricAlarmCommandInput = {
  AlarmName: 'disk',
  Namespace: 'n',
  MetricName: 'm',
  Statistic: 'Average',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanThreshold',
};
const SCHEDULE = {
  Name: 's',
  ScheduleExpression: 'rate(1 minute)',
  FlexibleTimeWindow: { Mode: 'OFF' as const },
  Target: { Arn: 'arn:aws:sqs:eu-west-1:111122223333:q', RoleArn: 'arn:aws:iam::111122223333:role/r' },
};

describe('a value that no member of its kind has', () => {
  const cases: [string, () => Promise<unknown>, { name: string; message: RegExp }][] = [
    [
      'the state of an alarm',
      () =>
        new CloudWatchClient(config).send(
          new SetAlarmStateCommand({ AlarmName: 'disk', StateValue: any('BANANA'), StateReason: 'x' }),
        ),
      {
        name: 'ValidationException',
        message:
          /^1 validation error detected: Value 'BANANA' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: \[ALARM, INSUFFICIENT_DATA, OK\]$/,
      },
    ],
    [
      'two members of an alarm at once',
      () =>
        new CloudWatchClient(config).send(
          new PutMetricAlarmCommand({ ...ALARM, ComparisonOperator: any('BANANA'), Unit: any('GB') }),
        ),
      {
        name: 'ValidationException',
        message: /^2 validation errors detected: Value '.*' at '.*' failed .*; Value '.*' at '.*' failed /,
      },
    ],
    [
      'the unit of a datum',
      () =>
        new CloudWatchClient({ ...config, disableRequestCompression: true }).send(
          new PutMetricDataCommand({ Namespace: 'n', MetricData: [{ MetricName: 'm', Value: 1, Unit: any('GB') }] }),
        ),
      {
        name: 'InvalidParameterValueException',
        message: /^The parameter MetricData\.member\.1\.Unit must be a value in the set \[ .*Gigabytes.* \]\.$/,
      },
    ],
    [
      'a statistic',
      () =>
        new CloudWatchClient(config).send(
          new GetMetricStatisticsCommand({
            Namespace: 'n',
            MetricName: 'm',
            StartTime: new Date(0),
            EndTime: new Date(60_000),
            Period: 60,
            Statistics: [any('Median')],
          }),
        ),
      { name: 'InvalidParameterValueException', message: /Statistics\.member\.1 must be a value in the set/ },
    ],
    [
      'the type of a parameter',
      () => new SSMClient(config).send(new PutParameterCommand({ Name: 'p', Value: 'v', Type: any('BANANA') })),
      { name: 'ValidationException', message: /Value 'BANANA' at 'type' .*\[SecureString, String, StringList\]/ },
    ],
    [
      'the tier of a parameter',
      () =>
        new SSMClient(config).send(
          new PutParameterCommand({ Name: 'p', Value: 'v', Type: 'String', Tier: any('BANANA') }),
        ),
      {
        name: 'ValidationException',
        message: /'tier' failed to satisfy constraint: Member must satisfy enum value set/,
      },
    ],
    [
      'an instance id of a command',
      () => new SSMClient(config).send(new SendCommandCommand({ DocumentName: 'abc', InstanceIds: ['i-xyz!'] })),
      {
        name: 'ValidationException',
        message:
          /'\[i-xyz!\]' at 'instanceIds' failed .*: Member must satisfy constraint: \[Member must satisfy regular/,
      },
    ],
    [
      'a change of a record',
      async () => {
        const route53 = new Route53Client(config);
        const { HostedZone } = await route53.send(new CreateHostedZoneCommand({ Name: 'a.b', CallerReference: 'c' }));
        const ResourceRecordSet = {
          Name: 'x.a.b',
          Type: 'A' as const,
          TTL: 5,
          ResourceRecords: [{ Value: '1.2.3.4' }],
        };
        const Changes = [{ Action: any('BANANA'), ResourceRecordSet }];
        await route53.send(
          new ChangeResourceRecordSetsCommand({ HostedZoneId: HostedZone?.Id, ChangeBatch: { Changes } }),
        );
      },
      {
        name: 'InvalidInput',
        message:
          /^Invalid XML ; cvc-enumeration-valid: Value 'BANANA' is not facet-valid with respect to enumeration '\[CREATE, DELETE, UPSERT\]'/,
      },
    ],
    [
      'ReturnValues',
      () =>
        new DynamoDBClient(config).send(
          new PutItemCommand({ TableName: 'ttt', Item: { a: { S: 'b' } }, ReturnValues: any('BANANA') }),
        ),
      {
        name: 'ValidationException',
        message: /Value 'BANANA' at 'returnValues' failed to satisfy constraint: Member must satisfy enum/,
      },
    ],
    [
      'a type deep within a request',
      () =>
        new DynamoDBClient(config).send(
          new CreateTableCommand({
            TableName: 'ttt',
            KeySchema: [{ AttributeName: 'a', KeyType: any('BANANA') }],
            AttributeDefinitions: [{ AttributeName: 'a', AttributeType: 'S' }],
            BillingMode: 'PAY_PER_REQUEST',
          }),
        ),
      { name: 'ValidationException', message: /Value 'BANANA' at 'keySchema\.1\.member\.keyType' failed/ },
    ],
    [
      'InvocationType',
      () => new LambdaClient(config).send(new InvokeCommand({ FunctionName: 'f', InvocationType: any('BANANA') })),
      { name: 'ValidationException', message: /'invocationType' .*\[DryRun, Event, RequestResponse\]/ },
    ],
    [
      'the type of a volume',
      () =>
        new EC2Client(config).send(
          new CreateVolumeCommand({ AvailabilityZone: 'eu-west-1a', Size: 5, VolumeType: any('constructor') }),
        ),
      { name: 'UnknownVolumeType', message: /constructor/ },
    ],
    [
      'the type of an instance',
      () =>
        new EC2Client(config).send(
          new RunInstancesCommand({ ImageId: 'ami-1', MinCount: 1, MaxCount: 1, InstanceType: any('t9.banana') }),
        ),
      { name: 'InvalidParameterValue', message: /^Invalid value 't9\.banana' for InstanceType\.$/ },
    ],
    [
      'the attribute of a queue',
      () =>
        new SQSClient(config).send(new CreateQueueCommand({ QueueName: 'q', Attributes: any({ constructor: '1' }) })),
      { name: 'InvalidAttributeName', message: /^Unknown Attribute constructor\.$/ },
    ],
    [
      'an attribute that is asked for',
      () =>
        new SQSClient(config).send(new GetQueueAttributesCommand({ QueueUrl: 'q', AttributeNames: [any('BANANA')] })),
      { name: 'InvalidAttributeName', message: /^Unknown Attribute BANANA\.$/ },
    ],
    [
      'the state of a rule',
      () =>
        new EventBridgeClient(config).send(new PutRuleCommand({ Name: 'r', EventPattern: '{}', State: any('BANANA') })),
      { name: 'ValidationException', message: /'state' failed/ },
    ],
    [
      'the state of a schedule',
      () => new SchedulerClient(config).send(new CreateScheduleCommand({ ...SCHEDULE, State: any('BANANA') })),
      { name: 'ValidationException', message: /'state' failed/ },
    ],
    [
      'the protocol of a target group',
      () =>
        new ElasticLoadBalancingV2Client(config).send(
          new CreateTargetGroupCommand({ Name: 't', Protocol: any('BANANA'), Port: 80, VpcId: 'vpc-1' }),
        ),
      { name: 'ValidationError', message: /'protocol' failed/ },
    ],
  ];

  it.each(cases)('is refused: %s', async (_what, ask, expected) => {
    await expect(ask()).rejects.toMatchObject({
      name: expected.name,
      message: expect.stringMatching(expected.message),
      $metadata: { httpStatusCode: 400 },
    });
  });
});

describe('a filter that the region does not have', () => {
  const ask = (Name: string) =>
    new EC2Client(config).send(new DescribeInstancesCommand({ Filters: [{ Name, Values: ['x'] }] }));

  it('is not emulated where AWS documents it for the operation', async () => {
    await expect(ask('key-name')).rejects.toMatchObject({
      name: 'NotImplemented',
      message: 'The local region does not emulate the filter key-name of ec2.DescribeInstances',
    });
  });

  it('is invalid where AWS does not', async () => {
    for (const name of ['network-border-group', 'constructor'])
      await expect(ask(name)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });
});

describe('a filter of Systems Manager that the region does not have', () => {
  const client = () => new SSMClient(config);
  it.each<[string, () => Promise<unknown>, string]>([
    [
      'of managed nodes, by their tags',
      () =>
        client().send(new DescribeInstanceInformationCommand({ Filters: [{ Key: 'tag:Fleet', Values: ['bitcoin'] }] })),
      'The local region does not emulate the filter tag:Fleet of ssm.DescribeInstanceInformation',
    ],
    [
      'of managed nodes, in the older list',
      () =>
        client().send(
          new DescribeInstanceInformationCommand({
            InstanceInformationFilterList: [{ key: 'ActivationIds', valueSet: ['1'] }],
          }),
        ),
      'The local region does not emulate the filter ActivationIds of ssm.DescribeInstanceInformation',
    ],
    [
      'of parameters, by their tags',
      () => client().send(new DescribeParametersCommand({ ParameterFilters: [{ Key: 'tag:Fleet' }] })),
      'The local region does not emulate the filter tag:Fleet of ssm.DescribeParameters',
    ],
    [
      'of parameters below a path',
      () =>
        client().send(
          new GetParametersByPathCommand({ Path: '/a', ParameterFilters: [{ Key: 'Label', Values: ['l'] }] }),
        ),
      'The local region does not emulate the filter Label of ssm.GetParametersByPath',
    ],
  ])('is not emulated where AWS documents it: %s', async (_of, ask, message) => {
    await expect(ask()).rejects.toMatchObject({ name: 'NotImplemented', message });
  });

  it.each<[string, () => Promise<unknown>]>([
    [
      'of managed nodes',
      () => client().send(new DescribeInstanceInformationCommand({ Filters: [{ Key: 'constructor', Values: ['1'] }] })),
    ],
    ['of parameters', () => client().send(new DescribeParametersCommand({ ParameterFilters: [{ Key: 'Label' }] }))],
    [
      'of parameters below a path',
      () => client().send(new GetParametersByPathCommand({ Path: '/a', ParameterFilters: [{ Key: 'Name' }] })),
    ],
    [
      'of invocations, by what only commands have',
      () =>
        client().send(new ListCommandInvocationsCommand({ Filters: [{ key: 'ExecutionStage', value: 'Executing' }] })),
    ],
  ])('is invalid where AWS does not: %s', async (_of, ask) => {
    await expect(ask()).rejects.toMatchObject({ name: 'InvalidFilterKey' });
  });
});

describe('a member that the region does not have', () => {
  it.each<[string, () => Promise<unknown>]>([
    [
      'NotificationConfig of ssm.SendCommand',
      () =>
        new SSMClient(config).send(
          new SendCommandCommand({
            DocumentName: 'AWS-RunShellScript',
            NotificationConfig: { NotificationArn: 'arn:aws:sns:x' },
          }),
        ),
    ],
    [
      'MaxErrors of ssm.SendCommand',
      () => new SSMClient(config).send(new SendCommandCommand({ DocumentName: 'AWS-RunShellScript', MaxErrors: '1' })),
    ],
    [
      'ReturnConsumedCapacity of dynamodb.Scan',
      () => new DynamoDBClient(config).send(new ScanCommand({ TableName: 'abc', ReturnConsumedCapacity: 'TOTAL' })),
    ],
    [
      'Expected of dynamodb.PutItem',
      () =>
        new DynamoDBClient(config).send(
          new PutItemCommand({ TableName: 'abc', Item: {}, Expected: { a: { Exists: false } } }),
        ),
    ],
    ['Owners of ec2.DescribeImages', () => new EC2Client(config).send(new DescribeImagesCommand({ Owners: ['self'] }))],
    [
      'Tags of events.PutRule',
      () => new EventBridgeClient(config).send(new PutRuleCommand({ Name: 'r', Tags: [{ Key: 'a', Value: 'b' }] })),
    ],
  ])('is not emulated, by its name: %s', async (what, ask) => {
    const message = `The local region does not emulate ${what}`;
    await expect(ask()).rejects.toMatchObject({ name: 'NotImplemented', message });
  });

  it('asks for nothing by what is its default', async () => {
    const scan = new ScanCommand({ TableName: 'abc', ReturnConsumedCapacity: 'NONE' });
    await expect(new DynamoDBClient(config).send(scan)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const ask = new DescribeImagesCommand({ Owners: [], IncludeDeprecated: false });
    expect((await new EC2Client(config).send(ask)).Images).toEqual(expect.any(Array));
  });

  /** Members that no source of their service names, and why that is right. */
  const UNREAD: Readonly<Record<string, string>> = {
    'autoscaling.CreateAutoScalingGroup': 'it refuses by name what it does not know',
    'autoscaling.UpdateAutoScalingGroup': 'it refuses by name what it does not know',
    'ec2.AllocateAddress': 'it refuses by name what it does not know',
    'ec2.ModifyInstanceAttribute': 'it refuses by name what it does not know',
    'ec2.RunInstances': 'it refuses by name what it does not know',
    'events.DeleteRule.Force': 'for rules that services of AWS make, which are not there',
    'events.RemoveTargets.Force': 'for rules that services of AWS make, which are not there',
    'kms.CreateGrant': 'only dry runs are emulated',
    'kms.CreateKey.BypassPolicyLockoutSafetyCheck': 'that check is never made',
    'kms.PutKeyPolicy.BypassPolicyLockoutSafetyCheck': 'that check is never made',
    'scheduler.CreateSchedule.ClientToken': 'the SDK makes one; a second schedule of a name is refused',
    'scheduler.DeleteSchedule.ClientToken': 'the SDK makes one',
    'scheduler.UpdateSchedule.ClientToken': 'the SDK makes one',
    'servicequotas.ListServiceQuotas.MaxResults': 'all quotas are on one page',
    'sqs.ReceiveMessage.ReceiveRequestAttemptId': 'for FIFO queues, which are not emulated',
    'ssm.DeleteDocument.Force': 'for documents of other types, which are not emulated',
  };
  const FOLDERS: Readonly<Record<string, string>> = { monitoring: 'cloudwatch', elasticloadbalancing: 'elb' };
  const LACKS = /\blacks: \{[\s\S]*?\n {2}\},|\bconst LACKS = [\s\S]*?\n\};/g;

  it('is declared for each operation, and no member has no effect in silence', async () => {
    const declared: string[] = [];
    const silent = new Set<string>();
    for (const [service, model] of await loadModels(SERVICES)) {
      const { lacks = {} } = model.declared;
      const folder = new URL(`../../../local/services/${FOLDERS[service] ?? service}/`, import.meta.url);
      const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && name !== 'resources.ts');
      const sources = files.map((name) => readFileSync(new URL(name, folder), 'utf8').replace(LACKS, '')).join('\n');
      const words = new Set(sources.match(/\w+/g));
      const operations = whole.region.gateway.operationsOf(service);
      declared.push(...Object.keys(lacks).filter((operation) => !operations.includes(operation)));
      for (const operation of operations) {
        const members = [...(model.operations.get(operation)?.input.structIterator() ?? [])].map(([name]) => name);
        const without = lacks[operation] ?? [];
        declared.push(...without.filter((name) => !members.includes(name)));
        for (const name of members)
          if (!words.has(name) && !without.includes(name)) silent.add(`${service}.${operation}.${name}`);
      }
    }
    expect(declared).toEqual([]);
    const covers = (entry: string, name: string): boolean => name === entry || name.startsWith(`${entry}.`);
    const entries = Object.keys(UNREAD);
    expect([...silent].filter((name) => !entries.some((entry) => covers(entry, name)))).toEqual([]);
    expect(entries.filter((entry) => ![...silent].some((name) => covers(entry, name)))).toEqual([]);
  });
});

describe('a length, a range or a pattern', () => {
  const cases: [string, () => Promise<unknown>, string, RegExp][] = [
    [
      'of a parameter’s name',
      () =>
        new SSMClient(config).send(new PutParameterCommand({ Name: 'p'.repeat(2_049), Value: 'v', Type: 'String' })),
      'ValidationException',
      /'name' failed to satisfy constraint: Member must have length less than or equal to 2048/,
    ],
    [
      'of an alarm’s name',
      () => new CloudWatchClient(config).send(new PutMetricAlarmCommand({ ...ALARM, AlarmName: 'a'.repeat(256) })),
      'ValidationException',
      /'alarmName' failed .* length less than or equal to 255/,
    ],
    [
      'of an alarm’s periods',
      () => new CloudWatchClient(config).send(new PutMetricAlarmCommand({ ...ALARM, EvaluationPeriods: 0 })),
      'ValidationException',
      /Value '0' at 'evaluationPeriods' failed .* value greater than or equal to 1/,
    ],
    [
      'of a role’s name',
      () => new IAMClient(config).send(new CreateRoleCommand({ RoleName: 'a b', AssumeRolePolicyDocument: '{}' })),
      'ValidationError',
      /'a b' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: \[\\w\+=,\.@-\]\+/,
    ],
    [
      'of a rule’s name',
      () => new EventBridgeClient(config).send(new PutRuleCommand({ Name: 'r r', EventPattern: '{"source":["a"]}' })),
      'ValidationException',
      /'name' failed/,
    ],
    [
      'of a schedule’s retries',
      () =>
        new SchedulerClient(config).send(
          new CreateScheduleCommand({
            ...SCHEDULE,
            Target: { ...SCHEDULE.Target, RetryPolicy: { MaximumRetryAttempts: 186 } },
          }),
        ),
      'ValidationException',
      /'target\.retryPolicy\.maximumRetryAttempts' failed .* less than or equal to 185/,
    ],
    [
      'of a scan',
      () => new DynamoDBClient(config).send(new ScanCommand({ TableName: 'ttt', Limit: 0 })),
      'ValidationException',
      /Value '0' at 'limit' failed/,
    ],
    [
      'of a key’s id',
      () => new KMSClient(config).send(new DescribeKeyCommand({ KeyId: '' })),
      'ValidationException',
      /'keyId' failed/,
    ],
    [
      'of a secret',
      () => new SecretsManagerClient(config).send(new CreateSecretCommand({ Name: 'n'.repeat(513) })),
      'ValidationException',
      /'name' failed/,
    ],
    [
      'of a function’s name',
      () => new LambdaClient(config).send(new InvokeCommand({ FunctionName: 'a b' })),
      'ValidationException',
      /'functionName' failed/,
    ],
    [
      'of a group’s name',
      () =>
        new AutoScalingClient(config).send(
          new SetInstanceHealthCommand({ InstanceId: 'i'.repeat(20), HealthStatus: 'Healthy' }),
        ),
      'ValidationError',
      /'instanceId' failed/,
    ],
  ];
  it.each(cases)('%s is held to', async (_what, ask, name, message) => {
    await expect(ask()).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
  });
});

describe('the rules', () => {
  it('are found in the SDK’s declarations for lists, keys of maps and plain members', async () => {
    const sqs = readDeclarations('@aws-sdk/client-sqs', { ...(await import('@aws-sdk/client-sqs')) });
    expect(sqs('CreateQueueRequest').get('Attributes')?.key?.values).toContain('VisibilityTimeout');
    expect(sqs('ReceiveMessageRequest').get('AttributeNames')?.element?.values).toContain('All');
    const ec2 = readDeclarations('@aws-sdk/client-ec2', { ...(await import('@aws-sdk/client-ec2')) });
    expect(ec2('RunInstancesRequest').get('InstanceType')?.values).toContain('t3.micro');
    expect(ec2('RunInstancesRequest').get('ImageId')).toBeUndefined();
    expect(ec2('constructor')).toEqual(new Map());
  });

  it.each(SERVICES.map((service) => [service.name, service] as const))(
    'of %s name members that the SDK has, with patterns that can be read',
    async (name, service) => {
      const model = (await loadModels([service])).get(name);
      const members = new Set<string>();
      for (const { input } of model?.operations.values() ?? []) collectMembers(input, members);
      for (const [member, { pattern }] of service.limits === undefined ? [] : readLimits(service.limits)) {
        expect(members).toContain(member.replace(/(\[\]|\{key\}|\{\})+$/, ''));
        if (pattern !== undefined) expect(javaPattern(pattern)).toBeInstanceOf(RegExp);
      }
    },
  );

  it('are refused where a file is not of their form', () => {
    const at = (text: string) => () => parseLimits(text, 'x.txt');
    expect(at('  A.b')).toThrow('x.txt:1: expected a rule before its members');
    expect(at('size ..\n  A.b')).toThrow('x.txt:1: expected a rule such as "length 1..255", found "size .."');
    expect(at('length 1..2\n  A.b A.b')).toThrow('x.txt:2: A.b has a limit already');
  });
});

type Shape =
  Awaited<ReturnType<typeof loadModels>> extends ReadonlyMap<
    string,
    { operations: ReadonlyMap<string, { input: infer S }> }
  >
    ? S
    : never;

function collectMembers(shape: Shape, into: Set<string>): void {
  if (shape.isListSchema() || shape.isMapSchema()) collectMembers(shape.getValueSchema(), into);
  if (!shape.isStructSchema()) return;
  const structure = String((shape.getSchema() as unknown as readonly unknown[])[2]);
  for (const [name, member] of shape.structIterator()) {
    if (into.has(`${structure}.${name}`)) return;
    into.add(`${structure}.${name}`);
    collectMembers(member, into);
  }
}
