// Several suites in one region of an account: nothing that they make by name is shared, and no role reaches another suite's things.
import { describe, expect, it } from '@jest/globals';
import { namesOf, purposeOf, suiteNamed } from '../../infra/names.ts';
import { decide, type PolicyDocument } from '../../local/services/iam/policy.ts';
import { DEFAULT_SUITE, SUITE_NAME_MAX, suiteOf } from '../../shared/model/suite.ts';
import {
  bitcoin,
  buildStack,
  drilling,
  litecoin,
  type Resource,
  resourcesOf,
  seeding,
  statementsIn,
  text,
  watchingReleases,
} from './support.ts';

const fleets = [bitcoin, litecoin, seeding, drilling, watchingReleases];
const webhook = 'ssm:/ops/chat';
const build = (suite?: string) =>
  buildStack({ fleets, webhook, email: 'a@example.com', ...(suite !== undefined && { suite }) });
const one = build();
const other = build('payments-chainmend');
const resources = { one: resourcesOf(one.stack), other: resourcesOf(other.stack) };

/** The property by which a type is called; CloudFormation calls everything else itself. */
const NAMED: Readonly<Record<string, string>> = {
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::CloudWatch::CompositeAlarm': 'AlarmName',
  'AWS::CloudWatch::Dashboard': 'DashboardName',
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::Events::Rule': 'Name',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::SSM::Document': 'Name',
  'AWS::SSM::Parameter': 'Name',
  'AWS::Scheduler::Schedule': 'Name',
};
/** "Quotas" of each service; functions have the shortest names. */
const LONGEST: Readonly<Record<string, number>> = {
  ...{ 'AWS::Lambda::Function': 64, 'AWS::SQS::Queue': 80, 'AWS::Scheduler::Schedule': 64, 'AWS::Events::Rule': 64 },
  ...{ 'AWS::SSM::Document': 128, 'AWS::CloudWatch::Alarm': 255, 'AWS::CloudWatch::CompositeAlarm': 255 },
};

const namesIn = (from: (type: string) => Resource[]): string[] =>
  Object.entries(NAMED).flatMap(([type, property]) =>
    from(type).map(({ Properties }) => `${type} ${text(Properties[property])}`),
  );

describe('two suites in one region', () => {
  it('share no name, and have as many', () => {
    const [names, others] = [namesIn(resources.one), namesIn(resources.other)];
    expect(names.length).toBeGreaterThan(100);
    expect(others).toHaveLength(names.length);
    expect(names.filter((name) => others.includes(name))).toEqual([]);
    // Beside the type, each begins as its suite does.
    for (const name of others) expect(name.split(' ')[1]).toMatch(/^(\/aws\/lambda\/|\/)?payments-chainmend/);
  });

  it('have every type that is called by a name in this test', () => {
    const template = JSON.stringify(resources.one('AWS::Lambda::Function'));
    expect(template).toContain('FunctionName');
    const all = Object.values(
      one.app.synth().getStackByName('Chainmend').template.Resources as Record<string, Resource>,
    );
    const called = all.filter(({ Properties }) =>
      Object.entries(Properties ?? {}).some(
        ([key, value]) => /^(.*Name)$/.test(key) && typeof value === 'string' && value.includes('chainmend'),
      ),
    );
    // Alarms on a queue or a function name it as a dimension; an alias and a permission name their function by reference.
    expect([...new Set(called.map(({ Type }) => Type))].filter((type) => NAMED[type] === undefined)).toEqual([]);
  });

  it('with the longest name that there may be fit into the quotas of every service', () => {
    const longest = resourcesOf(build(suiteOf('x'.repeat(SUITE_NAME_MAX))).stack);
    for (const [type, most] of Object.entries(LONGEST))
      for (const { Properties } of longest(type))
        expect([type, text(Properties[NAMED[type] ?? '']).length <= most]).toEqual([type, true]);
    expect(`${namesOf(suiteOf('x'.repeat(SUITE_NAME_MAX))).probeNodesPrefix}vpc-0123456789abcdef0`).toHaveLength(64);
  });

  it('pass the rule packs, each', () => {
    const { app } = buildStack({ fleets, suite: 'payments-chainmend', email: 'a@example.com', checked: true });
    expect(() => app.synth()).not.toThrow();
  });

  it('tell their functions which suite they are', () => {
    for (const { Properties } of resources.other('AWS::Lambda::Function')) {
      const told = Properties.Environment?.Variables ?? {};
      if (told.PARAMETER_PREFIX !== undefined) expect(told.PARAMETER_PREFIX).toBe('/payments-chainmend');
      expect(JSON.stringify(told).replaceAll('payments-chainmend', '')).not.toContain('chainmend-');
    }
  });
});

const account = (value: unknown): string =>
  text(value)
    .replaceAll('<AWS::Partition>', 'aws')
    .replaceAll('<AWS::Region>', 'eu-west-1')
    .replaceAll('<AWS::AccountId>', '111122223333');
const HERE = 'eu-west-1:111122223333';

const documentsOf = (from: (type: string) => Resource[], table: string): PolicyDocument[] => {
  const whole = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(whole);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    if (entries.length === 1 && /^(Ref|Fn::)/.test(entries[0]?.[0] ?? '')) return account(value);
    return Object.fromEntries(entries.map(([key, inner]) => [key, whole(inner)]));
  };
  // One for each role, with its managed policies: what one of them denies, none of them allows.
  return from('AWS::IAM::Role').map((role) => ({
    Statement: statementsIn(from, role).map(({ effect, actions, resources: on, conditions }) => ({
      Effect: effect,
      Action: actions,
      Resource: on.map((arn) =>
        arn.includes('StateTable') ? `arn:aws:dynamodb:${HERE}:table/${table}` : account(arn),
      ),
      Condition: whole(conditions),
    })),
  })) as PolicyDocument[];
};

const allows = (
  documents: readonly PolicyDocument[],
  action: string,
  resource: string,
  keys: Readonly<Record<string, readonly string[]>>,
): boolean =>
  documents.some(
    (document) =>
      decide(
        [document],
        action,
        resource,
        new Map(Object.entries(keys).map(([key, values]) => [key.toLowerCase(), [...values]])),
      ) === 'allowed',
  );

const own = { suite: DEFAULT_SUITE, documents: documentsOf(resources.one, DEFAULT_SUITE), fleet: 'bitcoin' };
const named = {
  suite: 'payments-chainmend',
  documents: documentsOf(resources.other, 'payments-chainmend'),
  fleet: 'payments/bitcoin',
};

describe('no role of one suite', () => {
  /** What only a suite itself may do to its own things, with what a request of its carries. */
  const acts = (suite: string, fleet: string) =>
    [
      ['lambda:InvokeFunction', `arn:aws:lambda:${HERE}:function:${suite}-replace-node:live`, {}],
      ['lambda:InvokeFunction', `arn:aws:lambda:${HERE}:function:${suite}-register-nodes:hints`, {}],
      ['lambda:StopDurableExecution', `arn:aws:lambda:${HERE}:function:${suite}-replace-node:1`, {}],
      ['lambda:CheckpointDurableExecution', `arn:aws:lambda:${HERE}:function:${suite}-resize-volume:1`, {}],
      ['dynamodb:PutItem', `arn:aws:dynamodb:${HERE}:table/${suite}`, { 'dynamodb:LeadingKeys': ['NODE'] }],
      ['dynamodb:GetItem', `arn:aws:dynamodb:${HERE}:table/${suite}`, { 'dynamodb:LeadingKeys': ['NODE'] }],
      ['ssm:GetParameters', `arn:aws:ssm:${HERE}:parameter/${suite}/pause`, {}],
      ['ssm:GetParametersByPath', `arn:aws:ssm:${HERE}:parameter/${suite}`, {}],
      ['ssm:SendCommand', `arn:aws:ssm:${HERE}:document/${suite}-swap-volumes-0123abcd`, {}],
      ['ssm:DeleteDocument', `arn:aws:ssm:${HERE}:document/${suite}-swap-volumes-0123abcd`, {}],
      ['cloudwatch:PutMetricAlarm', `arn:aws:cloudwatch:${HERE}:alarm:${suite}-bitcoin-node1-disk`, {}],
      [
        'cloudwatch:DeleteAlarms',
        `arn:aws:cloudwatch:${HERE}:alarm:${suite}-bitcoin-node1-disk`,
        { 'aws:ResourceTag/chainmend:fleet': [fleet] },
      ],
      ['cloudwatch:PutMetricData', '*', { 'cloudwatch:namespace': [suite] }],
      [
        'ec2:DeleteVolume',
        `arn:aws:ec2:${HERE}:volume/vol-1`,
        { 'aws:ResourceTag/chainmend:fleet': [fleet], 'aws:ResourceTag/chainmend:keep-until': ['2026-01-01'] },
      ],
      ['ec2:TerminateInstances', `arn:aws:ec2:${HERE}:instance/i-1`, { 'aws:ResourceTag/chainmend:drill': ['dash'] }],
      ['ec2:AttachVolume', `arn:aws:ec2:${HERE}:volume/vol-1`, { 'aws:ResourceTag/chainmend:fleet': [fleet] }],
    ] as const;
  const may = (documents: readonly PolicyDocument[], [action, resource, keys]: ReturnType<typeof acts>[number]) =>
    allows(documents, action, resource, keys);

  it.each(acts(own.suite, own.fleet).map((act, at) => [`${act[0]} on ${act[1]}`, at] as const))(
    'of a named suite may %s, which the suite without a name may',
    (_, at) => {
      const act = acts(own.suite, own.fleet)[at];
      if (!act) throw new Error('no act');
      expect([may(own.documents, act), may(named.documents, act)]).toEqual([true, false]);
    },
  );

  it.each(acts(named.suite, named.fleet).map((act, at) => [`${act[0]} on ${act[1]}`, at] as const))(
    'without a name may %s, which the named suite may',
    (_, at) => {
      const act = acts(named.suite, named.fleet)[at];
      if (!act) throw new Error('no act');
      const drill = act[0] === 'ec2:TerminateInstances';
      const theirs = drill
        ? ([act[0], act[1], { 'aws:ResourceTag/chainmend:drill': ['payments/dash'] }] as never)
        : act;
      expect([may(named.documents, theirs), may(own.documents, theirs)]).toEqual([true, false]);
    },
  );
});

describe('a suite with a name has powers over the instances that it has claimed, and no others', () => {
  const instance = `arn:aws:ec2:${HERE}:instance/i-1`;
  const bitcoins = { Component: 'nodes/bitcoin' };
  const carrying = (tags: Readonly<Record<string, string>>, prefix = 'aws:ResourceTag') =>
    Object.fromEntries(Object.entries(tags).map(([key, value]) => [`${prefix}/${key}`, [value]]));
  const claimed = { ...bitcoins, 'chainmend:suite': 'payments' };

  it.each(['ec2:StopInstances', 'ec2:StartInstances', 'ec2:AttachVolume', 'ec2:DetachVolume', 'ec2:CreateSnapshots'])(
    '%s',
    (action) => {
      const may = (tags: Readonly<Record<string, string>>) => allows(named.documents, action, instance, carrying(tags));
      expect([may(claimed), may(bitcoins), may({ ...bitcoins, 'chainmend:suite': 'orders' })]).toEqual([
        true,
        false,
        false,
      ]);
      // What nobody has claimed is of the suite without a name, whose policies are what they were.
      expect(allows(own.documents, action, instance, carrying(bitcoins))).toBe(true);
    },
  );

  it('sends commands to them alone', () => {
    const may = (tags: Readonly<Record<string, string>>) =>
      allows(named.documents, 'ssm:SendCommand', instance, carrying(tags, 'ssm:resourceTag'));
    expect([may(claimed), may(bitcoins)]).toEqual([true, false]);
  });

  it('claims what has no claim, for itself, and overwrites none', () => {
    const may = (value: string, tags: Readonly<Record<string, string>>, keys = ['chainmend:suite']) =>
      allows(named.documents, 'ec2:CreateTags', instance, {
        ...carrying(tags),
        'aws:RequestTag/chainmend:suite': [value],
        'aws:TagKeys': keys,
      });
    expect(may('payments', bitcoins)).toBe(true);
    expect(may('orders', bitcoins)).toBe(false);
    expect(may('payments', { Component: 'nodes/stranger' })).toBe(false);
    expect(may('payments', { ...bitcoins, 'chainmend:suite': 'orders' })).toBe(false);
    expect(may('payments', claimed)).toBe(false);
    expect(may('payments', bitcoins, ['chainmend:suite', 'Component'])).toBe(false);
  });

  it('reads of the suite without a name which nodes its fleets describe, and nothing else', () => {
    const may = (documents: readonly PolicyDocument[], path: string) =>
      allows(documents, 'ssm:GetParameters', `arn:aws:ssm:${HERE}:parameter${path}`, {});
    expect(may(named.documents, '/chainmend/deployed/1')).toBe(true);
    expect(may(named.documents, '/chainmend/fleets/bitcoin')).toBe(false);
    expect(may(named.documents, '/chainmend/pauses')).toBe(false);
  });
});

describe('the name', () => {
  it('is told by its place, its value and what was expected', () => {
    expect(() => suiteNamed('Pay', 'context "name"')).toThrow(
      'context "name" is "Pay", expected at most 20 lower-case letters, digits and single hyphens, a letter first: payments',
    );
    expect(suiteNamed(undefined, 'name')).toBe(DEFAULT_SUITE);
    expect(suiteNamed('payments', 'name')).toBe('payments-chainmend');
  });

  it('is no part of the purpose of a function, which is the folder of its bundle', () => {
    expect(purposeOf('chainmend-dispatch-heal')).toBe('dispatch-heal');
    expect(purposeOf('payments-chainmend-dispatch-heal')).toBe('dispatch-heal');
    expect(purposeOf('p-2-chainmend-watch-fleet')).toBe('watch-fleet');
  });
});
