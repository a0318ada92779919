import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ListAttachedRolePoliciesResponse } from '@aws-sdk/client-iam';
import { describe, expect, it } from '@jest/globals';
import { AUTOSCALING } from '../../../../local/services/autoscaling/service.ts';
import { CLOUDWATCH } from '../../../../local/services/cloudwatch/service.ts';
import type { ServiceDescriptor } from '../../../../local/services/descriptor.ts';
import { DYNAMODB } from '../../../../local/services/dynamodb/service.ts';
import { EC2 as EC2_SERVICE } from '../../../../local/services/ec2/service.ts';
import { createAuthorizer, type Resources } from '../../../../local/services/iam/authorizer.ts';
import { conditionsHold, like } from '../../../../local/services/iam/conditions.ts';
import { decide, type PolicyDocument, type Statement } from '../../../../local/services/iam/policy.ts';
import { parseResourcePolicy } from '../../../../local/services/iam/resource-policy.ts';
import { createIam, type Roles } from '../../../../local/services/iam/roles.ts';
import { IAM } from '../../../../local/services/iam/service.ts';
import { KMS } from '../../../../local/services/kms/service.ts';
import { encodeCallbackId } from '../../../../local/services/lambda/callbacks.ts';
import { LAMBDA } from '../../../../local/services/lambda/service.ts';
import { ServiceRegistry } from '../../../../local/services/registry.ts';
import { CONDITION_KEYS, CONDITION_KEYS_BY_ACTION } from '../../../../local/services/services.ts';
import { SNS } from '../../../../local/services/sns/service.ts';
import { SQS } from '../../../../local/services/sqs/service.ts';
import { SSM } from '../../../../local/services/ssm/service.ts';
import { STS } from '../../../../local/services/sts/service.ts';
import { AwsError, type Service } from '../../../../local/simulator/service.ts';
import { type TestKernel, testKernel } from '../../../fixtures/kernel.ts';

// biome-ignore lint/suspicious/noExplicitAny: the services are made up
const any = (value: unknown): any => value;

const malformed = (reason: string): AwsError => new AwsError('MalformedPolicyDocument', reason);
const EC2 = 'arn:aws:ec2:eu-west-1:111122223333';
const TAGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [`${EC2}:volume/vol-1`]: { Fleet: 'bitcoin' },
  [`${EC2}:instance/i-1`]: { Fleet: 'bitcoin' },
};
/** The values that IAM reads from the services in these tests. */
interface World {
  readonly policyOf?: (arn: string) => PolicyDocument | undefined;
  readonly topicKey?: string;
}

/** The services as the authorizer knows them, with a made-up world behind them. */
function resources(kernel: TestKernel, { policyOf = () => undefined, topicKey }: World = {}): Resources {
  const registry = new ServiceRegistry(kernel);
  const none = { operations: {} };
  const add = (descriptor: ServiceDescriptor<Service, readonly never[]>, facts: object) =>
    registry.add({ ...descriptor, tagsOf: (_, arn) => TAGS[arn] ?? {}, policyOf: (_, arn) => policyOf(arn) }, {
      ...none,
      ...facts,
      name: descriptor.name,
    } as Service);
  add(any(EC2_SERVICE), {
    attachedInstance: (volumeId: string) => (volumeId === 'vol-1' ? 'i-1' : undefined),
    attachedVolumes: (instanceId: string) => (instanceId === 'i-1' ? [{ volumeId: 'vol-1', isRoot: false }] : []),
    conditionKeys: () => ({}),
    launchTemplates: () => [],
    addresses: () => [],
  });
  add(any(DYNAMODB), { partitionKey: () => 'pk' });
  add(any(SNS), { keyOf: () => topicKey });
  add(any(SSM), { secureParameters: () => [], secureParametersBelow: () => [] });
  for (const descriptor of [AUTOSCALING, CLOUDWATCH, IAM, KMS, LAMBDA, SQS, STS]) add(any(descriptor), {});
  return registry;
}

const allow = (
  Action: Statement['Action'],
  Resource: Statement['Resource'],
  Condition?: Statement['Condition'],
): Statement => ({
  Effect: 'Allow',
  ...(Action && { Action }),
  ...(Resource && { Resource }),
  ...(Condition && { Condition }),
});
const deny = (...of: Parameters<typeof allow>): Statement => ({ ...allow(...of), Effect: 'Deny' });

/** A role with these statements, and whether it may do this. */
function ask(statements: readonly Statement[], service: string, operation: string, input: object): string | undefined {
  const kernel = testKernel();
  const iam = createIam(kernel);
  const { CreateRole, PutRolePolicy } = iam.operations;
  const call = { at: 0, actor: 'person' };
  CreateRole?.({ RoleName: 'heal', AssumeRolePolicyDocument: '{}' }, call);
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statements });
  PutRolePolicy?.({ RoleName: 'heal', PolicyName: 'Grants', PolicyDocument }, call);
  const { authorize } = createAuthorizer(kernel, iam, resources(kernel));
  const roleArn = 'arn:aws:iam::111122223333:role/heal';
  return authorize({ at: 0, actor: 'resize-volume/1', roleArn }, service, operation, input)?.message;
}

describe('Patterns', () => {
  it.each([
    ['ec2:DescribeVolumes', 'ec2:Describe*', true],
    ['ec2:ModifyVolume', 'ec2:Describe*', false],
    ['a.c', 'a?c', true],
    ['abc', 'a.c', false],
    ['arn:aws:ssm:eu-west-1:111122223333:document/chainmend-grow-1a2b', 'arn:aws:ssm:*:*:document/chainmend-*', true],
  ])('%s against %s: %s', (text, pattern, expected) => {
    expect(like(text, pattern)).toBe(expected);
  });
});

describe('Conditions', () => {
  const context = (keys: Record<string, string[]>) => new Map(Object.entries(keys));
  const tag = (value: string) => context({ 'aws:resourcetag/fleet': [value] });
  const none = context({});
  const keys = (...values: string[]) => context({ 'aws:tagkeys': values });
  const sized = (value: string) => context({ 'cloudwatch:namespace': [value] });

  it.each([
    ['StringEquals', { 'aws:ResourceTag/Fleet': 'bitcoin' }, tag('bitcoin'), true],
    ['StringEquals', { 'aws:ResourceTag/Fleet': ['a', 'bitcoin'] }, tag('bitcoin'), true],
    ['StringEquals', { 'aws:ResourceTag/Fleet': 'Bitcoin' }, tag('bitcoin'), false],
    ['StringEqualsIgnoreCase', { 'aws:ResourceTag/Fleet': 'Bitcoin' }, tag('bitcoin'), true],
    ['StringEquals', { 'aws:ResourceTag/Fleet': 'bitcoin' }, none, false],
    ['StringEqualsIfExists', { 'aws:ResourceTag/Fleet': 'bitcoin' }, none, true],
    ['StringEqualsIfExists', { 'aws:ResourceTag/Fleet': 'bitcoin' }, tag('irita'), false],
    ['StringNotEquals', { 'aws:ResourceTag/Fleet': 'bitcoin' }, none, true],
    ['StringNotEquals', { 'aws:ResourceTag/Fleet': ['bitcoin', 'irita'] }, tag('irita'), false],
    ['StringLike', { 'aws:ResourceTag/Fleet': 'bit*' }, tag('bitcoin'), true],
    ['StringNotLike', { 'aws:ResourceTag/Fleet': 'bit*' }, tag('bitcoin'), false],
    [
      'ArnLike',
      { 'aws:PrincipalArn': 'arn:aws:iam::*:role/heal' },
      context({ 'aws:principalarn': ['arn:aws:iam::1:role/heal'] }),
      true,
    ],
    ['Null', { 'aws:ResourceTag/Fleet': 'true' }, none, true],
    ['Null', { 'aws:ResourceTag/Fleet': 'false' }, none, false],
    ['Null', { 'aws:ResourceTag/Fleet': 'false' }, tag('bitcoin'), true],
    ['Bool', { 'aws:SecureTransport': 'true' }, context({ 'aws:securetransport': ['true'] }), true],
    ['ForAllValues:StringLike', { 'aws:TagKeys': 'chainmend:*' }, keys('chainmend:a', 'chainmend:b'), true],
    ['ForAllValues:StringLike', { 'aws:TagKeys': 'chainmend:*' }, keys('chainmend:a', 'Owner'), false],
    ['ForAllValues:StringLike', { 'aws:TagKeys': 'chainmend:*' }, none, true],
    ['ForAnyValue:StringEquals', { 'aws:TagKeys': 'Owner' }, keys('chainmend:a', 'Owner'), true],
    ['ForAnyValue:StringEquals', { 'aws:TagKeys': 'Owner' }, none, false],
    ['NumericLessThan', { 'cloudwatch:namespace': '10' }, sized('9'), true],
    ['NumericLessThan', { 'cloudwatch:namespace': '10' }, sized('10'), false],
    ['NumericGreaterThanEquals', { 'cloudwatch:namespace': '10' }, sized('10'), true],
  ])('%s %j', (operator, condition, request, expected) => {
    expect(conditionsHold({ [operator]: condition }, request)).toBe(expected);
  });

  it('are those of AWS that each action has, and no other', () => {
    const { keysByAction } = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../../fixtures/service-authorization.json'), 'utf8'),
    );
    const known = (action: string) => (keysByAction[action] ?? '').toLowerCase().split(' ');
    const strange = Object.entries(CONDITION_KEYS_BY_ACTION).flatMap(([action, keys]) =>
      keys.filter((key) => !known(action).includes(key.toLowerCase())).map((key) => `${action} ${key}`),
    );
    // Newer than the list.
    expect(strange).toEqual(['cloudwatch:DescribeAlarmContributors aws:ResourceTag/*']);
  });

  it.each([
    ['ec2:StopInstances', { StringEquals: { 'ec2:Tenancy': 'default' } }, /ec2:Tenancy of ec2:StopInstances/],
    // A key of another action: in AWS it would be absent, as in every request here.
    [
      'ec2:StopInstances',
      { StringEquals: { 'ec2:CreateAction': 'RunInstances' } },
      /ec2:CreateAction of ec2:StopInstances/,
    ],
    ['dynamodb:Scan', { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': 'A' } }, /LeadingKeys of dynamodb:Scan/],
    ['ec2:Stop*', { Null: { 'ec2:Attribute': 'true' } }, /ec2:Attribute of ec2:StopInstances/],
    [
      'ec2:MonitorInstances',
      { StringEquals: { 'aws:ResourceTag/A': 'b' } },
      /aws:ResourceTag\/A of ec2:MonitorInstances/,
    ],
    ['ec2:StopInstances', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, /the operator IpAddress/],
    ['ec2:StopInstances', { StringEquals: { 'aws:ResourceTag/A': '$' + '{aws:username}' } }, /aws:username/],
  ])('that nobody has modelled are refused where they are written: %s %j', (action, condition, words) => {
    expect(() => ask([allow(action, '*', condition)], 'ec2', 'StopInstances', { InstanceIds: ['i-1'] })).toThrow(words);
    expect(() =>
      parseResourcePolicy(
        JSON.stringify({ Statement: { ...allow(action, '*', condition), Principal: '*' } }),
        CONDITION_KEYS,
        malformed,
      ),
    ).toThrow(words);
  });

  it('of an unknown operator are an error of ours', () => {
    expect(() => conditionsHold({ IpAddress: { 'aws:SecureTransport': 'x' } }, none)).toThrow(
      /IpAddress is not emulated/,
    );
  });

  it('compare ARNs part by part, and what is no number with no number', () => {
    const source = (arn: string) => context({ 'aws:sourcearn': [arn] });
    const of = { ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:*:111122223333:alarm:chainmend/*' } };
    expect(conditionsHold(of, source('arn:aws:cloudwatch:eu-west-1:111122223333:alarm:chainmend/a:b'))).toBe(true);
    // As one text the pattern would match it, but the account part differs.
    expect(
      conditionsHold(of, source('arn:aws:cloudwatch:eu-west-1:999988887777:alarm:x:111122223333:alarm:chainmend/a')),
    ).toBe(false);
    const days = { NumericLessThanEquals: { 'ec2:SnapshotLockDuration': '1' } };
    for (const [value, expected] of [
      ['1', true],
      ['2', false],
      ['', false],
      ['one', false],
      ['0x1', false],
    ] as const)
      expect(conditionsHold(days, context({ 'ec2:snapshotlockduration': [value] }))).toBe(expected);
    expect(
      conditionsHold(
        { NumericGreaterThan: { 'ec2:SnapshotLockDuration': 'one' } },
        context({ 'ec2:snapshotlockduration': ['2'] }),
      ),
    ).toBe(false);
  });

  it('take a key that has no value for one that is absent', () => {
    expect(conditionsHold({ Null: { 'aws:TagKeys': 'true' } }, keys())).toBe(true);
    expect(conditionsHold({ 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' } }, keys())).toBe(true);
    expect(conditionsHold({ 'ForAnyValue:StringEquals': { 'aws:TagKeys': 'a' } }, keys())).toBe(false);
  });

  it('may speak of the caller in variables', () => {
    const request = context({ 'aws:principalaccount': ['1'], 'aws:resourceaccount': ['1'] });
    expect(conditionsHold({ StringEquals: { 'aws:ResourceAccount': '$' + '{aws:PrincipalAccount}' } }, request)).toBe(
      true,
    );
  });
});

describe('A decision', () => {
  const policy = (...Statement: Statement[]): PolicyDocument[] => [{ Statement }];

  it.each<[string, Statement[], string]>([
    ['nothing says a word', [], 'not-allowed'],
    ['one statement allows', [allow('ec2:*', '*')], 'allowed'],
    ['one allows and one denies', [allow('*', '*'), deny('ec2:ModifyVolume', '*')], 'denied'],
    ['the allow is for another action', [allow('ec2:Describe*', '*')], 'not-allowed'],
    ['the allow is for another resource', [allow('ec2:*', `${EC2}:volume/vol-2`)], 'not-allowed'],
    ['actions are written in another case', [allow('EC2:modifyvolume', '*')], 'allowed'],
    ['NotAction excludes it', [{ Effect: 'Allow', NotAction: 'ec2:*', Resource: '*' }], 'not-allowed'],
    ['NotAction names others', [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }], 'allowed'],
    ['NotResource excludes it', [{ Effect: 'Allow', Action: '*', NotResource: `${EC2}:volume/*` }], 'not-allowed'],
    [
      'the deny has a condition that does not hold',
      [allow('*', '*'), deny('*', '*', { Null: { 'aws:TagKeys': 'false' } })],
      'allowed',
    ],
  ])('when %s', (_, statements, expected) => {
    expect(decide(policy(...statements), 'ec2:ModifyVolume', `${EC2}:volume/vol-1`, new Map())).toBe(expected);
  });
});

describe('What a role may do', () => {
  const fleet = { StringEquals: { 'aws:ResourceTag/Fleet': 'bitcoin' } };

  it.each<[string, Statement[], string, string, object, RegExp | undefined]>([
    [
      'modify a volume of its fleet',
      [allow('ec2:ModifyVolume', `${EC2}:volume/*`, fleet)],
      'ec2',
      'ModifyVolume',
      { VolumeId: 'vol-1' },
      undefined,
    ],
    [
      'not modify any other volume',
      [allow('ec2:ModifyVolume', `${EC2}:volume/*`, fleet)],
      'ec2',
      'ModifyVolume',
      { VolumeId: 'vol-2' },
      /volume\/vol-2/,
    ],
    [
      'detach only with volume and instance',
      [allow('ec2:DetachVolume', `${EC2}:volume/*`)],
      'ec2',
      'DetachVolume',
      { VolumeId: 'vol-1' },
      /instance\/i-1/,
    ],
    [
      'describe only on *',
      [allow('ec2:DescribeVolumes', `${EC2}:volume/*`)],
      'ec2',
      'DescribeVolumes',
      {},
      /resource: \*/,
    ],
    [
      'tag only with its own keys',
      [allow('ec2:CreateTags', '*', { ...fleet, 'ForAllValues:StringLike': { 'aws:TagKeys': 'chainmend:*' } })],
      'ec2',
      'CreateTags',
      { Resources: ['vol-1'], Tags: [{ Key: 'Fleet', Value: 'x' }] },
      /ec2:CreateTags/,
    ],
    [
      'tag a snapshot while creating it',
      [
        allow('ec2:CreateSnapshot', '*'),
        allow('ec2:CreateTags', '*', { StringEquals: { 'ec2:CreateAction': 'CreateSnapshot' } }),
      ],
      'ec2',
      'CreateSnapshot',
      { VolumeId: 'vol-1', TagSpecifications: [{ ResourceType: 'snapshot', Tags: [{ Key: 'a', Value: 'b' }] }] },
      undefined,
    ],
    [
      'send its document to nodes of its fleet',
      [
        allow('ssm:SendCommand', 'arn:aws:ssm:*:*:document/chainmend-grow-*'),
        allow('ssm:SendCommand', `${EC2}:instance/*`, { StringEquals: { 'ssm:resourceTag/Fleet': 'bitcoin' } }),
      ],
      'ssm',
      'SendCommand',
      { DocumentName: 'chainmend-grow-1a2b', InstanceIds: ['i-1'] },
      undefined,
    ],
    [
      'not send a document of AWS',
      [allow('ssm:SendCommand', ['arn:aws:ssm:*:*:document/chainmend-*', `${EC2}:instance/*`])],
      'ssm',
      'SendCommand',
      { DocumentName: 'AWS-RunShellScript', InstanceIds: ['i-1'] },
      /document\/AWS-RunShellScript/,
    ],
    [
      'not send to one node too many',
      [
        allow('ssm:SendCommand', 'arn:aws:ssm:*:*:document/*'),
        allow('ssm:SendCommand', `${EC2}:instance/*`, { StringEquals: { 'ssm:resourceTag/Fleet': 'bitcoin' } }),
      ],
      'ssm',
      'SendCommand',
      { DocumentName: 'chainmend-grow-1a2b', InstanceIds: ['i-1', 'i-2'] },
      /instance\/i-2/,
    ],
    [
      'read its parameters',
      [allow('ssm:GetParameters', 'arn:aws:ssm:eu-west-1:111122223333:parameter/chainmend/*')],
      'ssm',
      'GetParameters',
      { Names: ['/chainmend/pause', '/other'] },
      /parameter\/other/,
    ],
    [
      'write under its own partition key',
      [
        allow('dynamodb:PutItem', 'arn:aws:dynamodb:*:*:table/state', {
          'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': 'FLEET#*' },
        }),
      ],
      'dynamodb',
      'PutItem',
      { TableName: 'state', Item: { pk: { S: 'JOURNAL#bitcoin' } } },
      /dynamodb:PutItem/,
    ],
    [
      'query under its own partition key',
      [allow('dynamodb:Query', '*', { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': 'FLEET#bitcoin' } })],
      'dynamodb',
      'Query',
      {
        TableName: 'state',
        KeyConditionExpression: '#p = :p AND begins_with(sk, :s)',
        ExpressionAttributeNames: { '#p': 'pk' },
        ExpressionAttributeValues: { ':p': { S: 'FLEET#bitcoin' }, ':s': { S: 'NODE#' } },
      },
      undefined,
    ],
    [
      'invoke the alias, not the function',
      [allow('lambda:InvokeFunction', 'arn:aws:lambda:*:*:function:heal:live')],
      'lambda',
      'Invoke',
      { FunctionName: 'heal' },
      /function:heal because/,
    ],
    [
      'checkpoint executions of its versions',
      [allow('lambda:CheckpointDurableExecution', 'arn:aws:lambda:*:*:function:heal:*')],
      'lambda',
      'CheckpointDurableExecution',
      { DurableExecutionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:heal:1/durable-execution/a/b' },
      undefined,
    ],
    [
      'not answer callbacks of others',
      [allow('lambda:SendDurableExecutionCallbackSuccess', 'arn:aws:lambda:*:*:function:heal:*')],
      'lambda',
      'SendDurableExecutionCallbackSuccess',
      {
        CallbackId: encodeCallbackId(
          'arn:aws:lambda:eu-west-1:111122223333:function:other:1/durable-execution/a/b',
          'x',
        ),
      },
      /function:other:1/,
    ],
    [
      'put metrics into its own namespace',
      [allow('cloudwatch:PutMetricData', '*', { StringEquals: { 'cloudwatch:namespace': 'chainmend' } })],
      'monitoring',
      'PutMetricData',
      { Namespace: 'AWS/EC2' },
      /cloudwatch:PutMetricData/,
    ],
    [
      'describe one alarm by its name',
      [allow('cloudwatch:DescribeAlarms', 'arn:aws:cloudwatch:*:*:alarm:chainmend-*')],
      'monitoring',
      'DescribeAlarms',
      { AlarmNames: ['chainmend-a'] },
      undefined,
    ],
    [
      'publish to its topic',
      [allow('sns:Publish', 'arn:aws:sns:*:*:pages')],
      'sns',
      'Publish',
      { TopicArn: 'arn:aws:sns:eu-west-1:1:other' },
      /sns:Publish/,
    ],
    [
      'send to its queue',
      [allow('sqs:SendMessage', 'arn:aws:sqs:eu-west-1:111122223333:dlq')],
      'sqs',
      'SendMessage',
      { QueueUrl: 'http://127.0.0.1/111122223333/dlq' },
      undefined,
    ],
    ['always know who it is', [], 'sts', 'GetCallerIdentity', {}, undefined],
  ])('%s', (_, statements, service, operation, input, refused) => {
    const message = ask(statements.length === 0 ? [allow('none:None', '*')] : statements, service, operation, input);
    if (refused === undefined) expect(message).toBeUndefined();
    else expect(message).toMatch(refused);
  });

  it('is refused in the words of the service, with role, action and resource', () => {
    expect(ask([allow('none:None', '*')], 'ec2', 'ModifyVolume', { VolumeId: 'vol-1' })).toBe(
      'You are not authorized to perform this operation. User: arn:aws:sts::111122223333:assumed-role/heal/resize-volume-1 ' +
        'is not authorized to perform: ec2:ModifyVolume on resource: arn:aws:ec2:eu-west-1:111122223333:volume/vol-1 ' +
        'because no identity-based policy allows the ec2:ModifyVolume action',
    );
    expect(ask([allow('*', '*'), deny('sns:*', '*')], 'sns', 'Publish', { TopicArn: 'arn' })).toMatch(
      /with an explicit deny/,
    );
  });

  it('is never allowed by our not knowing: an operation without a mapping is an error of ours', () => {
    expect(() => ask([allow('*', '*')], 'ec2', 'CreateVpc', {})).toThrow(/CreateVpc needs is not known/);
  });
});

describe('Roles', () => {
  const call = { at: 0, actor: 'cloudformation' };
  const iam = () => {
    const created = createIam(testKernel());
    created.operations['CreateRole']?.({ RoleName: 'heal' }, call);
    return created;
  };

  it('take inline policies up to 10,240 characters', () => {
    const Statement = [
      allow(
        'ec2:*',
        Array.from({ length: 600 }, (_, i) => `${EC2}:volume/vol-${i}`),
      ),
    ];
    const input = { RoleName: 'heal', PolicyName: 'p', PolicyDocument: JSON.stringify({ Statement }) };
    expect(() => iam().operations['PutRolePolicy']?.(input, call)).toThrow(/Maximum policy size of 10240/);
  });

  it('take managed policies that are known', () => {
    const { operations, policiesOf } = iam();
    const attach = (name: string) =>
      operations['AttachRolePolicy']?.({ RoleName: 'heal', PolicyArn: `arn:aws:iam::aws:policy/${name}` }, call);
    attach('service-role/AWSLambdaBasicExecutionRole');
    expect(policiesOf('arn:aws:iam::111122223333:role/heal')).toHaveLength(1);
    expect(() => attach('AdministratorAccess')).toThrow(/not emulate the AWS managed policy AdministratorAccess/);
  });

  it('list the managed policies that they have, page by page, those below a path alone where one is given', () => {
    const { operations, addRole } = iam();
    const managed = ['AmazonSSMManagedInstanceCore', 'service-role/AWSLambdaBasicExecutionRole'];
    addRole('node', managed);
    const list = (more: object = {}) =>
      operations['ListAttachedRolePolicies']?.({ RoleName: 'node', ...more }, call) as ListAttachedRolePoliciesResponse;
    const core = {
      PolicyName: 'AmazonSSMManagedInstanceCore',
      PolicyArn: 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore',
    };
    const lambda = {
      PolicyName: 'AWSLambdaBasicExecutionRole',
      PolicyArn: 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole',
    };
    expect(list()).toEqual({ AttachedPolicies: [core, lambda], IsTruncated: false });
    const first = list({ MaxItems: 1 });
    expect(first).toEqual({ AttachedPolicies: [core], IsTruncated: true, Marker: expect.any(String) });
    expect(list({ MaxItems: 1, Marker: first.Marker })).toEqual({ AttachedPolicies: [lambda], IsTruncated: false });
    expect(list({ PathPrefix: '/service-role/' }).AttachedPolicies).toEqual([lambda]);
    expect(list({ RoleName: 'heal' }).AttachedPolicies).toEqual([]);
    expect(() => list({ Marker: 'x' })).toThrow('Invalid Marker.');
    expect(() => list({ RoleName: 'nobody' })).toThrow('The role with name nobody cannot be found.');
  });

  it('say how long their sessions last, and are listed by their path', () => {
    const { operations } = iam();
    operations['CreateRole']?.({ RoleName: 'long', Path: '/nodes/', MaxSessionDuration: 7_200 }, call);
    const list = (input: object) => operations['ListRoles']?.(input, call);
    const long = { RoleName: 'long', MaxSessionDuration: 7_200 };
    expect(list({})).toMatchObject({ Roles: [{ RoleName: 'heal', MaxSessionDuration: 3_600 }, long] });
    expect(list({ PathPrefix: '/nodes/' })).toMatchObject({ Roles: [long], IsTruncated: false });
    expect(list({ MaxItems: 1 })).toMatchObject({ Roles: [{ RoleName: 'heal' }], IsTruncated: true });
  });

  it('refuse a policy that says neither Allow nor Deny', () => {
    const PolicyDocument = JSON.stringify({ Statement: { Effect: 'Maybe', Action: '*', Resource: '*' } });
    expect(() => iam().operations['PutRolePolicy']?.({ RoleName: 'heal', PolicyDocument }, call)).toThrow(
      /expected Allow or Deny, got Maybe/,
    );
  });
});

describe('Policies of resources', () => {
  const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:pages';
  const ROLE = 'arn:aws:iam::111122223333:role/heal';
  const alarm = (sourceArn: string) => ({
    service: 'cloudwatch.amazonaws.com',
    sourceArn: `arn:aws:cloudwatch:eu-west-1:${sourceArn}`,
    sourceAccount: sourceArn.split(':')[0] ?? '',
  });
  const topic = {
    Statement: [
      {
        Effect: 'Deny',
        Principal: '*',
        Action: 'sns:Publish',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      {
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: TOPIC,
        Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:chainmend/*' } },
      },
    ],
  };
  const parsed = (document: object) => parseResourcePolicy(JSON.stringify(document), CONDITION_KEYS, malformed);
  const around = (document: object, arn = TOPIC): World => ({
    policyOf: (asked) => (asked === arn ? parsed(document) : undefined),
  });
  const noRoles = { policiesOf: () => undefined, trustOf: () => undefined };
  const authorizer = (world: World, roles: Roles = noRoles) => {
    const kernel = testKernel();
    return createAuthorizer(kernel, roles, resources(kernel, world));
  };

  it('admit a service for the sources that they name, and for no other', () => {
    const { permits } = authorizer(around(topic));
    expect(permits(alarm('111122223333:alarm:chainmend/errors'), 'sns:Publish', TOPIC)).toBeUndefined();
    for (const strange of ['111122223333:alarm:payroll', '999988887777:alarm:chainmend/errors'])
      expect(permits(alarm(strange), 'sns:Publish', TOPIC)?.message).toMatch(
        /cloudwatch.amazonaws.com is not authorized/,
      );
    expect(
      permits(
        { ...alarm('111122223333:alarm:chainmend/errors'), service: 'events.amazonaws.com' },
        'sns:Publish',
        TOPIC,
      ),
    ).toBeDefined();
    // A resource without a policy accepts every caller: the region requires none.
    expect(permits(alarm('111122223333:alarm:payroll'), 'sns:Publish', `${TOPIC}-2`)).toBeUndefined();
  });

  it('deny whoever asks in clear text, a person among them', () => {
    const { authorize } = authorizer(around(topic));
    const publish = (more: object) =>
      authorize({ at: 0, actor: 'person', ...more }, 'sns', 'Publish', { TopicArn: TOPIC });
    expect(publish({})).toBeUndefined();
    expect(publish({ insecure: true })?.message).toMatch(/with an explicit deny/);
  });

  it('say who may assume a role, whatever the caller’s own policies say', () => {
    const trust = (account: string) => ({
      Statement: {
        Effect: 'Allow',
        Principal: { Service: 'scheduler.amazonaws.com' },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'aws:SourceAccount': account } },
      },
    });
    const schedule = {
      service: 'scheduler.amazonaws.com',
      sourceArn: 'arn:aws:scheduler:eu-west-1:111122223333:schedule-group/default',
      sourceAccount: '111122223333',
    };
    const assume = (account: string) =>
      authorizer(around(trust(account), ROLE)).permits(schedule, 'sts:AssumeRole', ROLE);
    expect([assume('111122223333')?.name, assume('999988887777')?.name]).toEqual([undefined, 'AccessDenied']);
  });

  it('let a role in by its own ARN, and trust an account to say so in its own policies', () => {
    const by = (AWS: string) =>
      around({ Statement: { Effect: 'Allow', Principal: { AWS }, Action: 'sns:Publish', Resource: '*' } });
    const roles = { policiesOf: () => [], trustOf: () => undefined };
    const publish = (AWS: string) =>
      authorizer(by(AWS), roles).authorize({ at: 0, actor: 'f/1', roleArn: ROLE }, 'sns', 'Publish', {
        TopicArn: TOPIC,
      });
    expect([publish(ROLE), publish('*')]).toEqual([undefined, undefined]);
    for (const other of ['arn:aws:iam::111122223333:root', '111122223333', `${ROLE}-2`])
      expect(publish(other)).toBeDefined();
  });

  it('ask for the key of an encrypted topic, too', () => {
    const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1';
    const encrypted = (document: object): World => ({
      topicKey: KEY,
      policyOf: (arn) => parsed(arn === KEY ? document : topic),
    });
    const page = (document: object) =>
      authorizer(encrypted(document)).permits(alarm('111122223333:alarm:chainmend/errors'), 'sns:Publish', TOPIC);
    const allows = { Effect: 'Allow', Principal: { Service: 'cloudwatch.amazonaws.com' }, Resource: '*' };
    expect(page({ Statement: { ...allows, Action: ['kms:Decrypt', 'kms:GenerateDataKey'] } })).toBeUndefined();
    expect(page({ Statement: { ...allows, Action: 'kms:Decrypt' } })?.message).toMatch(
      /kms:GenerateDataKey on resource/,
    );
  });
});
