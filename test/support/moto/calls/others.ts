// What is left: names, rules, schedules, roles, keys, secrets, groups, targets, lifecycle policies, functions.
import { callsOf, type MotoCall, slug } from './call.ts';

const sts = callsOf('sts');
const route53 = callsOf('route53');
const events = callsOf('events');
const scheduler = callsOf('scheduler');
const iam = callsOf('iam');
const kms = callsOf('kms');
const secrets = callsOf('secretsmanager');
const autoscaling = callsOf('autoscaling');
const elb = callsOf('elasticloadbalancing');
const dlm = callsOf('dlm');
const lambda = callsOf('lambda');

export const STS: readonly MotoCall[] = [sts('GetCallerIdentity', 'who am I', {}, { account: 'Account' })];

const record = (more: object = {}) => ({
  Name: 'node1.bitcoin.example',
  Type: 'A',
  TTL: 60,
  ResourceRecords: [{ Value: '10.0.0.1' }],
  ...more,
});
const change = (title: string, Changes: readonly object[]): MotoCall =>
  route53('ChangeResourceRecordSets', title, ({ zone }) => ({ HostedZoneId: zone, ChangeBatch: { Changes } }));

export const ROUTE53: readonly MotoCall[] = [
  route53('CreateHostedZone', 'plain', { Name: 'bitcoin.example', CallerReference: 'one' }, { zone: 'HostedZone.Id' }),
  route53('CreateHostedZone', 'with the same reference', { Name: 'bitcoin.example', CallerReference: 'one' }),
  route53('CreateHostedZone', 'of no name', { Name: '', CallerReference: 'two' }),
  route53('CreateHostedZone', 'of a strange name', { Name: 'a b', CallerReference: 'three' }),
  route53('GetHostedZone', 'that is there', ({ zone }) => ({ Id: zone })),
  route53('GetHostedZone', 'that is not', { Id: 'Z0000000000000' }),
  route53('ListHostedZones', 'all', {}),
  route53('ListHostedZonesByName', 'of a name', { DNSName: 'bitcoin.example' }),
  change('makes one', [{ Action: 'CREATE', ResourceRecordSet: record() }]),
  change('makes it again', [{ Action: 'CREATE', ResourceRecordSet: record() }]),
  change('puts it', [{ Action: 'UPSERT', ResourceRecordSet: record({ TTL: 30 }) }]),
  change('deletes it with another value', [
    { Action: 'DELETE', ResourceRecordSet: record({ TTL: 30, ResourceRecords: [{ Value: '10.0.0.9' }] }) },
  ]),
  change('of an unknown kind', [{ Action: 'BANANA', ResourceRecordSet: record() }]),
  change('of an unknown type', [{ Action: 'UPSERT', ResourceRecordSet: record({ Type: 'BANANA' }) }]),
  change('of none', []),
  change('to an address that is none', [
    { Action: 'UPSERT', ResourceRecordSet: record({ ResourceRecords: [{ Value: '10.0.0.999' }] }) },
  ]),
  change('of a name of another zone', [
    { Action: 'UPSERT', ResourceRecordSet: record({ Name: 'node1.other.example' }) },
  ]),
  change('without values', [{ Action: 'UPSERT', ResourceRecordSet: record({ ResourceRecords: undefined }) }]),
  change('without a time to live', [{ Action: 'UPSERT', ResourceRecordSet: record({ TTL: undefined }) }]),
  change('with a time to live below zero', [{ Action: 'UPSERT', ResourceRecordSet: record({ TTL: -1 }) }]),
  change('of a text without quotes', [
    { Action: 'UPSERT', ResourceRecordSet: record({ Type: 'TXT', ResourceRecords: [{ Value: 'plain' }] }) },
  ]),
  change('of a text', [
    { Action: 'UPSERT', ResourceRecordSet: record({ Type: 'TXT', ResourceRecords: [{ Value: '"plain"' }] }) },
  ]),
  change('beside an alias of itself', [
    { Action: 'UPSERT', ResourceRecordSet: record({ Type: 'CNAME', ResourceRecords: [{ Value: 'a.example' }] }) },
  ]),
  change('of one twice', [
    { Action: 'UPSERT', ResourceRecordSet: record() },
    { Action: 'UPSERT', ResourceRecordSet: record() },
  ]),
  change('of an SRV record', [
    {
      Action: 'UPSERT',
      ResourceRecordSet: record({
        Name: '_p2p._tcp.bitcoin.example',
        Type: 'SRV',
        ResourceRecords: [{ Value: '1 1 8333 node1.bitcoin.example' }],
      }),
    },
  ]),
  change('of an SRV record of three parts', [
    {
      Action: 'UPSERT',
      ResourceRecordSet: record({
        Name: '_p2p._tcp.bitcoin.example',
        Type: 'SRV',
        ResourceRecords: [{ Value: '1 1 8333' }],
      }),
    },
  ]),
  route53('ChangeResourceRecordSets', 'in no zone', {
    HostedZoneId: 'Z0000000000000',
    ChangeBatch: { Changes: [{ Action: 'UPSERT', ResourceRecordSet: record() }] },
  }),
  route53('ListResourceRecordSets', 'of a zone', ({ zone }) => ({ HostedZoneId: zone })),
  route53('ListResourceRecordSets', 'of none', { HostedZoneId: 'Z0000000000000' }),
  route53('ListTagsForResource', 'of a zone', ({ zone }) => ({
    ResourceType: 'hostedzone',
    ResourceId: zone?.split('/').at(-1),
  })),
  route53('GetChange', 'that is not there', { Id: 'C00000000000000' }),
];

const Target = (account: string | undefined) => ({ Id: 'q', Arn: `arn:aws:sqs:eu-west-1:${account}:work` });
const rule = (title: string, more: object): MotoCall => events('PutRule', title, { Name: slug(title), ...more });

export const EVENTS: readonly MotoCall[] = [
  events('PutRule', 'plain', { Name: 'alarms', EventPattern: '{"source":["aws.cloudwatch"]}' }),
  events('PutRule', 'again', { Name: 'alarms', EventPattern: '{"source":["aws.cloudwatch"]}' }),
  rule('without a pattern', {}),
  rule('of no JSON', { EventPattern: '{' }),
  rule('of an empty pattern', { EventPattern: '{}' }),
  rule('of a pattern that is no list', { EventPattern: '{"source":"aws.ec2"}' }),
  rule('of an unknown operator', { EventPattern: '{"source":[{"constructor":"x"}]}' }),
  rule('of a strange name', { Name: 'a b', EventPattern: '{"source":["a"]}' }),
  rule('in an unknown state', { State: 'BANANA', EventPattern: '{"source":["a"]}' }),
  rule('on an unknown bus', { EventBusName: 'nowhere', EventPattern: '{"source":["a"]}' }),
  events('DescribeRule', 'that is there', { Name: 'alarms' }),
  events('DescribeRule', 'that is not', { Name: 'nowhere' }),
  events('ListRules', 'by prefix', { NamePrefix: 'ala' }),
  events('PutTargets', 'to a queue', ({ account }) => ({ Rule: 'alarms', Targets: [Target(account)] })),
  events('PutTargets', 'of no rule', ({ account }) => ({ Rule: 'nowhere', Targets: [Target(account)] })),
  events('PutTargets', 'with two inputs', ({ account }) => ({
    Rule: 'alarms',
    Targets: [{ ...Target(account), Input: '{}', InputPath: '$.detail' }],
  })),
  events('PutTargets', 'with an input that is no JSON', ({ account }) => ({
    Rule: 'alarms',
    Targets: [{ ...Target(account), Input: '{' }],
  })),
  events('PutTargets', 'to no ARN', { Rule: 'alarms', Targets: [{ Id: 'x', Arn: 'banana' }] }),
  events('ListTargetsByRule', 'of one', { Rule: 'alarms' }),
  events('ListTargetsByRule', 'of none', { Rule: 'nowhere' }),
  events('PutEvents', 'one', { Entries: [{ Source: 'me', DetailType: 't', Detail: '{"a":1}' }] }),
  events('PutEvents', 'without a source', { Entries: [{ DetailType: 't', Detail: '{"a":1}' }] }),
  events('PutEvents', 'that is no JSON', { Entries: [{ Source: 'me', DetailType: 't', Detail: '{' }] }),
  events('PutEvents', 'none', { Entries: [] }),
  events('PutEvents', '11', {
    Entries: Array.from({ length: 11 }, () => ({ Source: 'me', DetailType: 't', Detail: '{}' })),
  }),
  events('TestEventPattern', 'that matches', {
    EventPattern: '{"source":["me"]}',
    Event: JSON.stringify({
      id: '1',
      account: '1',
      source: 'me',
      time: '2026-01-01T00:00:00Z',
      region: 'eu-west-1',
      resources: [],
      'detail-type': 't',
      detail: {},
    }),
  }),
  events('DeleteRule', 'with targets', { Name: 'alarms' }),
  events('RemoveTargets', 'from one', { Rule: 'alarms', Ids: ['q'] }),
  events('DeleteRule', 'without targets', { Name: 'alarms' }),
  events('DeleteRule', 'that is not there', { Name: 'nowhere' }),
];

const schedule = (account: string | undefined, more: object = {}) => ({
  Name: 'sweep',
  ScheduleExpression: 'rate(1 minute)',
  FlexibleTimeWindow: { Mode: 'OFF' },
  Target: { Arn: `arn:aws:sqs:eu-west-1:${account}:work`, RoleArn: `arn:aws:iam::${account}:role/chainmend` },
  ...more,
});
const create = (title: string, more: object): MotoCall =>
  scheduler('CreateSchedule', title, ({ account }) => schedule(account, { Name: slug(title), ...more }));

export const SCHEDULER: readonly MotoCall[] = [
  scheduler('CreateSchedule', 'plain', ({ account }) => schedule(account)),
  scheduler('CreateSchedule', 'again', ({ account }) => schedule(account)),
  create('at a rate of nothing', { ScheduleExpression: 'rate(0 minutes)' }),
  create('at a rate of no unit', { ScheduleExpression: 'rate(5 bananas)' }),
  create('by a cron of five fields', { ScheduleExpression: 'cron(0 12 * * *)' }),
  create('by no expression', { ScheduleExpression: 'sometimes' }),
  create('in an unknown state', { State: 'BANANA' }),
  create('with an unknown window', { FlexibleTimeWindow: { Mode: 'BANANA' } }),
  create('with a flexible window of no length', { FlexibleTimeWindow: { Mode: 'FLEXIBLE' } }),
  create('with a strange name', { Name: 'a b' }),
  create('in no group', { GroupName: 'nowhere' }),
  create('in no time zone', { ScheduleExpressionTimezone: 'Mars/Phobos' }),
  scheduler('GetSchedule', 'that is there', { Name: 'sweep' }),
  scheduler('GetSchedule', 'that is not', { Name: 'nowhere' }),
  scheduler('ListSchedules', 'all', {}),
  scheduler('UpdateSchedule', 'to another rate', ({ account }) =>
    schedule(account, { ScheduleExpression: 'rate(5 minutes)' }),
  ),
  scheduler('UpdateSchedule', 'that is not there', ({ account }) => schedule(account, { Name: 'nowhere' })),
  scheduler('DeleteSchedule', 'that is there', { Name: 'sweep' }),
  scheduler('DeleteSchedule', 'that is not', { Name: 'nowhere' }),
];

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});
const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'ec2:DescribeVolumes', Resource: '*' }],
});

export const IAM: readonly MotoCall[] = [
  iam('CreateRole', 'plain', { RoleName: 'chainmend', AssumeRolePolicyDocument: TRUST }),
  iam('CreateRole', 'again', { RoleName: 'chainmend', AssumeRolePolicyDocument: TRUST }),
  iam('CreateRole', 'with a strange name', { RoleName: 'a b', AssumeRolePolicyDocument: TRUST }),
  iam('CreateRole', 'with a name of 65 characters', { RoleName: 'r'.repeat(65), AssumeRolePolicyDocument: TRUST }),
  iam('CreateRole', 'with a trust that is no JSON', { RoleName: 'no-json', AssumeRolePolicyDocument: '{' }),
  iam('GetRole', 'that is there', { RoleName: 'chainmend' }),
  iam('GetRole', 'that is not', { RoleName: 'nowhere' }),
  iam('ListRoles', 'all', {}),
  iam('PutRolePolicy', 'plain', { RoleName: 'chainmend', PolicyName: 'p', PolicyDocument: POLICY }),
  iam('PutRolePolicy', 'that is no JSON', { RoleName: 'chainmend', PolicyName: 'q', PolicyDocument: '{' }),
  iam('PutRolePolicy', 'of an unknown effect', {
    RoleName: 'chainmend',
    PolicyName: 'q',
    PolicyDocument: POLICY.replace('Allow', 'Maybe'),
  }),
  iam('PutRolePolicy', 'without a statement', {
    RoleName: 'chainmend',
    PolicyName: 'q',
    PolicyDocument: '{"Version":"2012-10-17"}',
  }),
  iam('PutRolePolicy', 'of a number', { RoleName: 'chainmend', PolicyName: 'q', PolicyDocument: '5' }),
  iam('PutRolePolicy', 'of no role', { RoleName: 'nowhere', PolicyName: 'p', PolicyDocument: POLICY }),
  iam('GetRolePolicy', 'that is there', { RoleName: 'chainmend', PolicyName: 'p' }),
  iam('GetRolePolicy', 'that is not', { RoleName: 'chainmend', PolicyName: 'nowhere' }),
  iam('ListRolePolicies', 'of one', { RoleName: 'chainmend' }),
  iam('ListRolePolicies', 'of none', { RoleName: 'nowhere' }),
  iam('CreatePolicy', 'plain', { PolicyName: 'managed', PolicyDocument: POLICY }, { policy: 'Policy.Arn' }),
  iam('CreatePolicy', 'again', { PolicyName: 'managed', PolicyDocument: POLICY }),
  iam('AttachRolePolicy', 'of ours', ({ policy }) => ({ RoleName: 'chainmend', PolicyArn: policy })),
  iam('AttachRolePolicy', 'of AWS', {
    RoleName: 'chainmend',
    PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess',
  }),
  iam('AttachRolePolicy', 'of AWS that is not there', {
    RoleName: 'chainmend',
    PolicyArn: 'arn:aws:iam::aws:policy/constructor',
  }),
  iam('AttachRolePolicy', 'that is not there', ({ policy }) => ({
    RoleName: 'chainmend',
    PolicyArn: `${policy}-nowhere`,
  })),
];

export const KMS: readonly MotoCall[] = [
  kms('DescribeKey', 'of EBS', { KeyId: 'alias/aws/ebs' }),
  kms('DescribeKey', 'that is not there', { KeyId: '11111111-2222-3333-4444-555555555555' }),
  kms('DescribeKey', 'of no form', { KeyId: 'constructor' }),
  kms('DescribeKey', 'of no id', { KeyId: '' }),
];

export const SECRETS: readonly MotoCall[] = [
  secrets('CreateSecret', 'plain', { Name: 'bitcoin/rpc', SecretString: 'hunter2' }, { secret: 'ARN' }),
  secrets('CreateSecret', 'again', { Name: 'bitcoin/rpc', SecretString: 'hunter2' }),
  secrets('CreateSecret', 'with a strange name', { Name: 'a b', SecretString: 'x' }),
  secrets('CreateSecret', 'of two kinds', { Name: 'two', SecretString: 'x', SecretBinary: new Uint8Array([1]) }),
  secrets('CreateSecret', 'without a value', { Name: 'empty' }),
  secrets('GetSecretValue', 'by name', { SecretId: 'bitcoin/rpc' }),
  secrets('GetSecretValue', 'by ARN', ({ secret }) => ({ SecretId: secret })),
  secrets('GetSecretValue', 'that is not there', { SecretId: 'nowhere' }),
  secrets('GetSecretValue', 'that has none', { SecretId: 'empty' }),
  secrets('GetSecretValue', 'in a stage that it has not', { SecretId: 'bitcoin/rpc', VersionStage: 'BANANA' }),
  secrets('DescribeSecret', 'that is there', { SecretId: 'bitcoin/rpc' }),
  secrets('DescribeSecret', 'that is not', { SecretId: 'nowhere' }),
];

export const AUTOSCALING: readonly MotoCall[] = [
  autoscaling('DescribeAutoScalingGroups', 'that are not there', { AutoScalingGroupNames: ['nowhere'] }),
  autoscaling('DescribeAutoScalingInstances', 'that are in none', { InstanceIds: ['i-0123456789abcdeff'] }),
  autoscaling('EnterStandby', 'of no group', {
    AutoScalingGroupName: 'nowhere',
    InstanceIds: ['i-0123456789abcdeff'],
    ShouldDecrementDesiredCapacity: true,
  }),
  autoscaling('ExitStandby', 'of no group', { AutoScalingGroupName: 'nowhere', InstanceIds: ['i-0123456789abcdeff'] }),
  autoscaling('SetInstanceHealth', 'of none', { InstanceId: 'i-0123456789abcdeff', HealthStatus: 'Unhealthy' }),
  autoscaling('SetInstanceHealth', 'of an unknown kind', { InstanceId: 'i-0123456789abcdeff', HealthStatus: 'BANANA' }),
  autoscaling('CreateAutoScalingGroup', 'of nothing', { AutoScalingGroupName: 'of-nothing', MinSize: 0, MaxSize: 1 }),
  autoscaling('CreateAutoScalingGroup', 'with more at least than at most', ({ subnet }) => ({
    AutoScalingGroupName: 'more-at-least',
    MinSize: 2,
    MaxSize: 1,
    LaunchTemplate: { LaunchTemplateName: 'node' },
    VPCZoneIdentifier: subnet,
  })),
  autoscaling('CreateAutoScalingGroup', 'from a template that is not there', ({ subnet }) => ({
    AutoScalingGroupName: 'no-template',
    MinSize: 0,
    MaxSize: 1,
    LaunchTemplate: { LaunchTemplateName: 'nowhere' },
    VPCZoneIdentifier: subnet,
  })),
];

const group = (title: string, more: object): MotoCall =>
  elb('CreateTargetGroup', title, ({ vpc }) => ({
    Name: slug(title).slice(0, 31).replace(/-$/, ''),
    Protocol: 'TCP',
    Port: 8_333,
    VpcId: vpc,
    TargetType: 'instance',
    ...more,
  }));

export const LOAD_BALANCING: readonly MotoCall[] = [
  elb(
    'CreateTargetGroup',
    'plain',
    ({ vpc }) => ({ Name: 'nodes', Protocol: 'TCP', Port: 8_333, VpcId: vpc, TargetType: 'instance' }),
    { group: 'TargetGroups.0.TargetGroupArn' },
  ),
  group('with a strange name', { Name: 'a_b' }),
  group('with a name of 33 characters', { Name: 'a'.repeat(33) }),
  group('of an unknown protocol', { Protocol: 'BANANA' }),
  group('without a protocol', { Protocol: undefined }),
  group('with port 0', { Port: 0 }),
  group('with port 65,536', { Port: 65_536 }),
  group('with an interval of 301 s', { HealthCheckIntervalSeconds: 301 }),
  elb('DescribeTargetGroups', 'by ARN', (saved) => ({ TargetGroupArns: [saved['group']] })),
  elb('DescribeTargetGroups', 'that are not there', ({ account }) => ({
    TargetGroupArns: [`arn:aws:elasticloadbalancing:eu-west-1:${account}:targetgroup/nowhere/0123456789abcdef`],
  })),
  elb('RegisterTargets', 'one', (saved) => ({ TargetGroupArn: saved['group'], Targets: [{ Id: saved['instance'] }] })),
  elb('RegisterTargets', 'of no form', (saved) => ({
    TargetGroupArn: saved['group'],
    Targets: [{ Id: 'constructor' }],
  })),
  elb('DescribeTargetHealth', 'of a group', (saved) => ({ TargetGroupArn: saved['group'] })),
  elb('DescribeTargetGroupAttributes', 'of a group', (saved) => ({ TargetGroupArn: saved['group'] })),
  elb('DeregisterTargets', 'one', (saved) => ({
    TargetGroupArn: saved['group'],
    Targets: [{ Id: saved['instance'] }],
  })),
];

const DETAILS = {
  ResourceTypes: ['VOLUME'],
  TargetTags: [{ Key: 'a', Value: 'b' }],
  Schedules: [{ Name: 'daily', CreateRule: { Interval: 24, IntervalUnit: 'HOURS' }, RetainRule: { Count: 7 } }],
};
const lifecycle = (title: string, more: object): MotoCall =>
  dlm('CreateLifecyclePolicy', title, ({ account }) => ({
    ExecutionRoleArn: `arn:aws:iam::${account}:role/chainmend`,
    Description: 'daily',
    State: 'ENABLED',
    PolicyDetails: DETAILS,
    ...more,
  }));

export const DLM: readonly MotoCall[] = [
  dlm(
    'CreateLifecyclePolicy',
    'plain',
    ({ account }) => ({
      ExecutionRoleArn: `arn:aws:iam::${account}:role/chainmend`,
      Description: 'daily',
      State: 'ENABLED',
      PolicyDetails: DETAILS,
    }),
    { lifecycle: 'PolicyId' },
  ),
  lifecycle('described with a dot', { Description: 'a.b' }),
  lifecycle('in an unknown state', { State: 'BANANA' }),
  dlm('GetLifecyclePolicy', 'that is there', (saved) => ({ PolicyId: saved['lifecycle'] })),
  dlm('GetLifecyclePolicy', 'that is not', { PolicyId: 'policy-0123456789abcdef0' }),
  dlm('GetLifecyclePolicies', 'all', {}),
];

export const LAMBDA: readonly MotoCall[] = [
  lambda('GetFunction', 'that is not there', { FunctionName: 'nowhere' }),
  lambda('Invoke', 'that is not there', { FunctionName: 'nowhere' }),
  lambda('Invoke', 'of an unknown kind', { FunctionName: 'nowhere', InvocationType: 'BANANA' }),
  lambda('GetAlias', 'of none', { FunctionName: 'nowhere', Name: 'live' }),
  lambda('ListFunctions', 'all', {}),
  lambda('GetPolicy', 'of none', { FunctionName: 'nowhere' }),
  lambda('PutFunctionConcurrency', 'of none', { FunctionName: 'nowhere', ReservedConcurrentExecutions: 1 }),
];
