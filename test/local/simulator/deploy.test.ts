import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Function as CdkFunction, Code, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { CfnDocument, StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Machines } from '../../../local/nodes/machine.ts';
import { createDynamoDb } from '../../../local/services/dynamodb/dynamodb.ts';
import { createEvents } from '../../../local/services/events/events.ts';
import { createIam } from '../../../local/services/iam/roles.ts';
import { createKms } from '../../../local/services/kms/kms.ts';
import { createLambda } from '../../../local/services/lambda/service.ts';
import { createScheduler } from '../../../local/services/scheduler/scheduler.ts';
import { RESOURCE_TYPES } from '../../../local/services/services.ts';
import { createSns } from '../../../local/services/sns/sns.ts';
import { createSqs } from '../../../local/services/sqs/sqs.ts';
import { createSsm } from '../../../local/services/ssm/service.ts';
import type { Assembly, Template } from '../../../local/simulator/cloudformation/assembly.ts';
import { CustomResourceAnswers } from '../../../local/simulator/cloudformation/custom-resources.ts';
import { deploy, readAssembly } from '../../../local/simulator/cloudformation/deploy.ts';
import { conditionHolds, resolve, type Scope } from '../../../local/simulator/cloudformation/intrinsics.ts';
import { creationOrder } from '../../../local/simulator/cloudformation/order.ts';
import { CodeStore } from '../../../local/simulator/lambda-runtime/environment.ts';
import { Network } from '../../../local/simulator/network/network.ts';
import { VpcEndpoints } from '../../../local/simulator/network/vpc-endpoints.ts';
import { AwsError, type Service } from '../../../local/simulator/service.ts';
import { testKernel } from '../../fixtures/kernel.ts';

const folders: string[] = [];
const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-'));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A stack with one of each kind of resource in the suite. */
function synthesize(): Assembly {
  const app = new App({ analyticsReporting: false, outdir: temporaryFolder() });
  const stack = new Stack(app, 'Small');
  const bundle = temporaryFolder();
  writeFileSync(join(bundle, 'index.js'), 'exports.handler = async () => "grown";');

  const table = new TableV2(stack, 'Table', {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    timeToLiveAttribute: 'expiresAt',
  });
  const dlq = new Queue(stack, 'Dlq', { retentionPeriod: Duration.days(14), enforceSSL: true });
  const topic = new Topic(stack, 'Pages', { masterKey: new Key(stack, 'Key'), enforceSSL: true });
  topic.addSubscription(new SqsSubscription(dlq, { rawMessageDelivery: true }));
  const heal = new CdkFunction(stack, 'Heal', {
    functionName: 'heal',
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromAsset(bundle),
    timeout: Duration.minutes(5),
    durableConfig: { executionTimeout: Duration.hours(12), retentionPeriod: Duration.days(30) },
    environment: { TABLE_NAME: table.tableName, TOPIC_ARN: topic.topicArn },
  });
  const live = heal.addAlias('live');
  const dispatch = new CdkFunction(stack, 'Dispatch', {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = async () => "dispatched";'),
    environment: { HEAL_ARN: live.functionArn },
    onFailure: new SqsDestination(dlq),
    retryAttempts: 1,
  });
  live.grantInvoke(dispatch);
  table.grantReadWriteData(heal);
  new Rule(stack, 'Alarms', {
    eventPattern: { source: ['aws.cloudwatch'] },
    targets: [new LambdaFunction(dispatch, { deadLetterQueue: dlq })],
  });
  new CfnSchedule(stack, 'Sweep', {
    scheduleExpression: 'rate(1 minute)',
    flexibleTimeWindow: { mode: 'OFF' },
    target: { arn: dispatch.functionArn, roleArn: dispatch.role?.roleArn ?? '', input: '{"kind":"sweep"}' },
  });
  new StringParameter(stack, 'Pause', { parameterName: '/small/pause', stringValue: 'off' });
  const mainSteps = [{ action: 'aws:runShellScript', name: 'run', inputs: { runCommand: ['true'] } }];
  new CfnDocument(stack, 'Grow', {
    name: 'grow-1a2b',
    documentType: 'Command',
    content: { schemaVersion: '2.2', description: 'grows', mainSteps },
  });
  const metric = new Metric({ namespace: 'AWS/Lambda', metricName: 'Errors', dimensionsMap: { FunctionName: 'heal' } });
  new Alarm(stack, 'Errors', { metric, threshold: 1, evaluationPeriods: 1 }).addAlarmAction(new SnsAction(topic));
  new CfnOutput(stack, 'TableName', { value: table.tableName });
  new CfnOutput(stack, 'Sentence', { value: `alias ${live.functionArn} in ${stack.region}` });
  return readAssembly(app.synth().directory);
}

type Call = (service: string, operation: string, input: object) => object | Promise<object>;

/** @param before resources that already exist in the account */
async function deployed(
  assembly: Assembly,
  before: (call: Call) => unknown = () => {},
  more: { importExistingResources?: boolean } = {},
) {
  const kernel = testKernel();
  const code = new CodeStore();
  const none = (): void => {};
  const sqs = createSqs(kernel, none);
  const iam = createIam(kernel);
  const lambda = createLambda(kernel, {
    code,
    metric: none,
    startSandbox: () => {
      throw new Error('nothing is invoked here');
    },
  });
  const alarms: Record<string, unknown>[] = [];
  const monitoring: Service = {
    name: 'monitoring',
    operations: {
      PutMetricAlarm: (input) => {
        alarms.push(input);
        return {};
      },
    },
  };
  const services = [
    createDynamoDb(kernel),
    createEvents(kernel, sqs, none),
    createScheduler(kernel, sqs, none),
    createSns(kernel),
    createKms(kernel, { isKeyEnabled: () => true, foreignKey: () => undefined }),
    createSsm(kernel, new Machines()),
    iam,
    lambda,
    monitoring,
    sqs,
  ];
  const call: Call = (service, operation, input) => {
    const carryOut = services.find(({ name }) => name === service)?.operations[operation];
    if (carryOut === undefined) throw new Error(`no operation ${service} ${operation}`);
    return carryOut(input, { at: kernel.clock.now(), actor: 'cloudformation' });
  };
  const { accountId, regionName } = kernel;
  const random = kernel.random('cloudformation');
  await before(call);
  const vpcEndpoints = new VpcEndpoints();
  const answers = new CustomResourceAnswers(new Network(), regionName);
  const deployment = await deploy({
    ...{ assembly, resourceTypes: RESOURCE_TYPES, accountId, regionName, code, vpcEndpoints, answers, call, random },
    ...more,
  });
  return { deployment, call, alarms, iam };
}

describe('A synthesized stack', () => {
  const assembly = synthesize();

  it('becomes resources of the region, wired as its template says', async () => {
    const { deployment, call, alarms } = await deployed(assembly);
    const { TableName, Sentence } = deployment.outputs;
    expect(Sentence).toBe('alias arn:aws:lambda:eu-west-1:111122223333:function:heal:live in eu-west-1');

    const heal = await call('lambda', 'GetFunctionConfiguration', { FunctionName: 'heal', Qualifier: 'live' });
    expect(heal).toMatchObject({
      Version: '1',
      Timeout: 300,
      DurableConfig: { ExecutionTimeout: 43_200, RetentionPeriodInDays: 30 },
      Environment: { Variables: { TABLE_NAME: TableName } },
    });
    const { Table } = (await call('dynamodb', 'DescribeTable', { TableName })) as { Table: object };
    expect(Table).toMatchObject({ KeySchema: [{ AttributeName: 'pk' }, { AttributeName: 'sk' }] });
    expect(await call('ssm', 'GetParameter', { Name: '/small/pause' })).toMatchObject({ Parameter: { Value: 'off' } });
    expect(alarms).toMatchObject([{ AlarmActions: [expect.stringMatching(/^arn:aws:sns:/)], Namespace: 'AWS/Lambda' }]);
    const { Rules } = (await call('events', 'ListRules', {})) as { Rules: object[] };
    expect(Rules).toHaveLength(1);
    const FunctionName = JSON.stringify([...deployment.resources.values()]).match(/function:(Small-\w+-\w+)"/)?.[1];
    const { Policy } = (await call('lambda', 'GetPolicy', { FunctionName })) as { Policy: string };
    expect(JSON.parse(Policy).Statement).toMatchObject([{ Principal: { Service: 'events.amazonaws.com' } }]);
  });

  it('gives each function the role and the policies of the template', async () => {
    const { iam, call } = await deployed(assembly);
    const { Role } = (await call('lambda', 'GetFunctionConfiguration', { FunctionName: 'heal' })) as { Role: string };
    const statements = (iam.policiesOf(Role) ?? []).flatMap(({ Statement }) => Statement);
    expect(JSON.stringify(statements)).toMatch(/dynamodb:PutItem/);
    expect(JSON.stringify(statements)).toMatch(/lambda:CheckpointDurableExecution/);
  });

  it('gives names to what has none: stack, logical id and a random end that a seed repeats', async () => {
    const [first, second] = [await deployed(assembly), await deployed(assembly)];
    expect(first.deployment.outputs['TableName']).toMatch(/^Small-Table\w+-[0-9A-F]{12}$/);
    expect(second.deployment.outputs).toEqual(first.deployment.outputs);
  });
});

describe('What does not wait for each other', () => {
  const template = {
    Resources: {
      Slow: { Type: 'slow' },
      Quick: { Type: 'quick' },
      Both: { Type: 'quick', DependsOn: ['Slow', 'Quick'] },
    },
  };
  /** In which order things begin and are made. */
  const told = async (more: object): Promise<readonly string[]> => {
    const lines: string[] = [];
    const type = (ticks: number) => ({
      uses: [],
      create: async (_: unknown, { logicalId }: { readonly logicalId: string }) => {
        lines.push(`${logicalId} begins`);
        for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
        lines.push(`${logicalId} is made`);
        return { ref: logicalId, attributes: {} };
      },
    });
    const { accountId, regionName, random } = testKernel();
    await deploy({
      assembly: { stackName: 'Wide', assets: [], template },
      resourceTypes: { slow: type(50), quick: type(1) },
      ...{ accountId, regionName, random: random('cloudformation'), code: new CodeStore() },
      ...{ vpcEndpoints: new VpcEndpoints(), answers: new CustomResourceAnswers(new Network(), regionName) },
      call: () => ({}),
      ...more,
    });
    return lines;
  };

  it('is made one after the other, unless a deployment takes its time', async () => {
    const [slow, quick, both] = ['Slow', 'Quick', 'Both'].map((id) => [`${id} begins`, `${id} is made`]);
    expect(await told({})).toEqual([slow, quick, both].flat());
    expect(await told({ atOnce: true })).toEqual([
      ...['Slow begins', 'Quick begins', 'Quick is made', 'Slow is made'],
      ...(both ?? []),
    ]);
  });
});

describe('A service that throttles the deployment', () => {
  const oneQueue = (wait?: (delayMs: number) => Promise<void>) => {
    let refusals = 3;
    const call = (): object => {
      if (refusals-- > 0) throw new AwsError('Throttling', 'Rate exceeded');
      return { QueueUrl: 'http://127.0.0.1/111122223333/dlq' };
    };
    const template = { Resources: { Dlq: { Type: 'AWS::SQS::Queue' } } };
    const { accountId, regionName, random } = testKernel();
    const assembly = { stackName: 'Busy', assets: [], template };
    const rest = { accountId, regionName, random: random('cloudformation'), code: new CodeStore() };
    return deploy({
      assembly,
      resourceTypes: RESOURCE_TYPES,
      call,
      vpcEndpoints: new VpcEndpoints(),
      answers: new CustomResourceAnswers(new Network(), regionName),
      ...rest,
      ...(wait && { wait }),
    });
  };

  it('is asked again after a second', async () => {
    const waited: number[] = [];
    const { resources } = await oneQueue(async (delayMs) => void waited.push(delayMs));
    expect(resources.get('Dlq')?.ref).toMatch(/dlq$/);
    expect(waited).toEqual([1000, 1000, 1000]);
  });

  it('fails it when there is no way to wait', async () => {
    await expect(oneQueue()).rejects.toThrow('Resources.Dlq (AWS::SQS::Queue): Rate exceeded');
  });
});

describe('A template that the region cannot make', () => {
  const stack = (Resources: Template['Resources'], more: object = {}): Assembly => ({
    stackName: 'Broken',
    assets: [],
    template: { Resources, ...more },
  });

  it.each<[string, Assembly, RegExp]>([
    [
      'an unknown type',
      stack({ Vpc: { Type: 'AWS::EC2::VPC' } }),
      /Resources.Vpc: the resource type AWS::EC2::VPC is not emulated/,
    ],
    [
      'an unknown property',
      stack({ Queue: { Type: 'AWS::SQS::Queue', Properties: { Colour: 'red' } } }),
      /Resources.Queue: the property Colour of AWS::SQS::Queue is not emulated/,
    ],
    [
      'a reference to nothing',
      stack({ Alias: { Type: 'AWS::KMS::Alias', Properties: { AliasName: { Ref: 'Nobody' } } } }),
      /Resources.Alias.Properties.AliasName: Ref to Nobody/,
    ],
    [
      'an import',
      stack({ Alias: { Type: 'AWS::KMS::Alias', Properties: { AliasName: { 'Fn::ImportValue': 'x' } } } }),
      /Fn::ImportValue is refused/,
    ],
    [
      'an attribute that nobody has',
      stack({
        Key: { Type: 'AWS::KMS::Key' },
        Alias: { Type: 'AWS::KMS::Alias', Properties: { AliasName: { 'Fn::GetAtt': ['Key', 'Colour'] } } },
      }),
      /Fn::GetAtt Key.Colour is not emulated \(AWS::KMS::Key\)/,
    ],
    [
      'a circle',
      stack({
        A: { Type: 'AWS::KMS::Alias', Properties: { AliasName: { Ref: 'B' } } },
        B: { Type: 'AWS::KMS::Alias', DependsOn: 'A' },
      }),
      /A, B wait for each other/,
    ],
    [
      'a parameter without a value',
      stack({}, { Parameters: { Size: { Type: 'Number' } } }),
      /Parameters.Size: it has no default/,
    ],
    [
      'a function whose code is nowhere',
      stack({ Heal: { Type: 'AWS::Lambda::Function', Properties: { Code: { S3Bucket: 'b', S3Key: 'k' } } } }),
      /Resources.Heal \(AWS::Lambda::Function\): .*NoSuchKey/,
    ],
  ])('with %s is refused by name', async (_, assembly, message) => {
    await expect(deployed(assembly)).rejects.toThrow(message);
  });

  it('leaves out what its condition excludes', async () => {
    const assembly = stack(
      { Vpc: { Type: 'AWS::EC2::VPC', Condition: 'IsVpc' }, Key: { Type: 'AWS::KMS::Key' } },
      {
        Parameters: { Mode: { Type: 'String', Default: 'plan' } },
        Conditions: { IsVpc: { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'Mode' }, 'plan'] }] } },
      },
    );
    const { deployment } = await deployed(assembly);
    expect([...deployment.resources.keys()]).toEqual(['Key']);
  });

  it('names the folder that holds no assembly', () => {
    expect(() => readAssembly('/nowhere')).toThrow(/\/nowhere\/manifest.json: expected JSON that "cdk synth" wrote/);
  });
});

describe('What carries the name of a resource already', () => {
  const named = (DeletionPolicy?: string, Name: unknown = '/small/fleet'): Assembly => ({
    stackName: 'Small',
    assets: [],
    template: {
      Resources: {
        Fleet: {
          Type: 'AWS::SSM::Parameter',
          Properties: { Name, Type: 'String', Value: 'of the template' },
          ...(DeletionPolicy !== undefined && { DeletionPolicy }),
        },
      },
    },
  });
  const pushed = (call: Call) =>
    call('ssm', 'PutParameter', { Name: '/small/fleet', Type: 'String', Value: 'of a person' });

  it.each([undefined, 'Delete'])('stops a deployment where the template would delete it (%s)', async (policy) => {
    await expect(deployed(named(policy), pushed)).rejects.toThrow(
      /must have the DeletionPolicy attribute set to 'Retain' or .*are Fleet \(\{Name=\/small\/fleet\}\)$/,
    );
  });

  it.each(['Retain', 'RetainExceptOnCreate'])('is imported, as it is, where the template says %s', async (policy) => {
    const { deployment, call } = await deployed(named(policy), pushed);
    expect(deployment.resources.get('Fleet')).toMatchObject({
      ref: '/small/fleet',
      attributes: { Value: 'of a person' },
    });
    expect(await call('ssm', 'GetParameter', { Name: '/small/fleet' })).toMatchObject({
      Parameter: { Value: 'of a person' },
    });
  });

  it('stops a deployment that does not import, and one whose name is not literal', async () => {
    const exists = "Resource of type 'AWS::SSM::Parameter' with Name=/small/fleet already exists.";
    await expect(deployed(named('Retain'), pushed, { importExistingResources: false })).rejects.toThrow(exists);
    await expect(deployed(named('Retain', { 'Fn::Sub': '/small/fleet' }), pushed)).rejects.toThrow(exists);
  });
});

describe('Intrinsic functions', () => {
  const scope: Scope = {
    stackName: 'Small',
    accountId: '111122223333',
    regionName: 'eu-west-1',
    parameters: new Map([['Mode', 'plan']]),
    resources: new Map([['Table', { ref: 'state', attributes: { Arn: 'arn:table' } }]]),
    template: {
      Resources: { Table: { Type: 'AWS::DynamoDB::Table' } },
      Mappings: { Sizes: { small: { gib: 100 } } },
      Conditions: {
        Plan: { 'Fn::Equals': [{ Ref: 'Mode' }, 'plan'] },
        Both: {
          'Fn::And': [
            { Condition: 'Plan' },
            { 'Fn::Or': [{ 'Fn::Not': [{ Condition: 'Plan' }] }, { Condition: 'Plan' }] },
          ],
        },
      },
    },
  };
  const dollar = '$';

  it.each<[unknown, unknown]>([
    [{ Ref: 'Table' }, 'state'],
    [{ Ref: 'Mode' }, 'plan'],
    [{ Ref: 'AWS::Partition' }, 'aws'],
    [{ 'Fn::GetAtt': ['Table', 'Arn'] }, 'arn:table'],
    [{ 'Fn::GetAtt': 'Table.Arn' }, 'arn:table'],
    [{ 'Fn::Join': [':', ['a', { Ref: 'Table' }]] }, 'a:state'],
    [{ 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
    [
      { 'Fn::Sub': `${dollar}{Table}/${dollar}{Table.Arn}/${dollar}{AWS::Region}/${dollar}{!Raw}` },
      `state/arn:table/eu-west-1/${dollar}{Raw}`,
    ],
    [{ 'Fn::Sub': [`${dollar}{x}`, { x: { Ref: 'Table' } }] }, 'state'],
    [{ 'Fn::If': ['Plan', 'yes', 'no'] }, 'yes'],
    [{ a: { 'Fn::If': ['Plan', { Ref: 'AWS::NoValue' }, 1] }, b: [{ Ref: 'AWS::NoValue' }, 2] }, { b: [2] }],
    [{ 'Fn::FindInMap': ['Sizes', 'small', 'gib'] }, 100],
  ])('%j', (value, expected) => {
    expect(resolve(value, scope, 'here')).toEqual(expected);
  });

  it('conditions may be built from others', () => {
    expect(conditionHolds('Both', scope)).toBe(true);
  });

  it('make what they refer to come first', () => {
    const Resources = {
      C: { Type: 'x', Properties: { a: { 'Fn::Sub': `${dollar}{B.Arn}` } } },
      B: { Type: 'x', DependsOn: ['A'] },
      A: { Type: 'x' },
    };
    expect(creationOrder({ Resources })).toEqual(['A', 'B', 'C']);
  });
});
