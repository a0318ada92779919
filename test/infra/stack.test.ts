import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { build } from 'esbuild';
import type { FleetFile } from '../../infra/fleets.ts';
import { repositoryRoot } from '../../infra/paths.ts';
import { parseMath } from '../../local/services/cloudwatch/math.ts';
import {
  bitcoin,
  buildStack,
  fleetFile,
  litecoin,
  type Resource,
  resourcesOf,
  type Statement,
  statementsIn,
  text,
} from './support.ts';

const { stack } = buildStack({ email: 'oncall@example.com' });
const resources = resourcesOf(stack);
const functions = resources('AWS::Lambda::Function');
const roles = resources('AWS::IAM::Role');
const rules = resources('AWS::Events::Rule');
const alarms = resources('AWS::CloudWatch::Alarm');
const composites = resources('AWS::CloudWatch::CompositeAlarm');
const schedule = resources('AWS::Scheduler::Schedule').find(({ Properties }) => Properties.Name === 'chainmend-sweep');

const named = (name: string) => functions.find(({ Properties }) => Properties.FunctionName === name) as Resource;
const resizeVolume = named('chainmend-resize-volume');
const dispatchHeal = named('chainmend-dispatch-heal');

const statementsOf = (role: Resource): Statement[] => statementsIn(resources, role);
const roleOf = ({ Properties }: Resource) =>
  roles.find(({ id }) => text(Properties.Role) === `<${id}.Arn>`) as Resource;
const allowing = (fn: Resource, action: string) =>
  statementsOf(roleOf(fn)).filter(({ actions }) => actions.includes(action));
const heals = ['resize-volume', 'replace-node', 'snapshot-node'];

/** One query of an alarm on a math expression. */
interface Query {
  readonly Expression?: string;
  readonly MetricStat?: {
    readonly Metric: { readonly MetricName: string; readonly Dimensions?: readonly { readonly Value: unknown }[] };
  };
}

/** Operations that an action of another name permits, and clients whose package name differs from the actions' prefix. */
const ACTIONS: Readonly<Record<string, string>> = { 'lambda:Invoke': 'lambda:InvokeFunction' };
const PREFIXES: Readonly<Record<string, string>> = {
  'route-53': 'route53',
  'auto-scaling': 'autoscaling',
  'elastic-load-balancing-v2': 'elasticloadbalancing',
  'service-quotas': 'servicequotas',
};

/** The IAM actions of the SDK commands and paginators that a function's sources use, after tree shaking: an import that is left over is no call. */
async function callsOf(name: string): Promise<string[]> {
  const { outputFiles } = await build({
    entryPoints: [join(repositoryRoot, 'functions', name, 'handler.ts')],
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    write: false,
  });
  const code = outputFiles[0]?.text ?? '';
  const made = new Set(
    [...code.matchAll(/\bnew (\w+)Command\d*\(|\bpaginate(\w+?)\d*\(/g)].map(([, sent, paged]) => sent ?? paged),
  );
  const imports = code.matchAll(/^import \{([^}]*)\} from "@aws-sdk\/client-([\w-]+)";$/gm);
  const calls = [...imports].flatMap(([, names = '', client = '']) =>
    [...names.matchAll(/\b(\w+)Command\b|\bpaginate(\w+)\b/g)]
      .map(([, sent, paged]) => sent ?? paged ?? '')
      .filter((operation) => made.has(operation))
      .map((operation) => `${PREFIXES[client] ?? client}:${operation}`),
  );
  return [...new Set(calls)].map((call) => ACTIONS[call] ?? call).sort();
}

describe('functions', () => {
  it('run Node 24 on arm64, with traces and JSON logs', () => {
    expect(functions.length).toBeGreaterThanOrEqual(3);
    for (const { Properties } of functions) {
      expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], MemorySize: 512 });
      expect(Properties.TracingConfig.Mode).toBe('Active');
      expect(Properties.LoggingConfig.LogFormat).toBe('JSON');
    }
  });

  it('of a heal and of its dispatcher end within the time that a lease waits for', () => {
    for (const { Properties } of [...heals.map((name) => named(`chainmend-${name}`)), dispatchHeal])
      expect(Properties.Timeout).toBe(60);
  });

  it('have a log group of their own, by name, that forgets after a month', () => {
    const groups = resources('AWS::Logs::LogGroup');
    expect(groups).toHaveLength(functions.length);
    for (const { Properties } of functions) {
      const group = groups.find(({ id }) => text(Properties.LoggingConfig.LogGroup) === `<${id}>`);
      expect(group?.Properties).toMatchObject({
        LogGroupName: `/aws/lambda/${Properties.FunctionName}`,
        RetentionInDays: 30,
      });
    }
  });

  it('have a role each', () => {
    expect(new Set(functions.map(({ Properties }) => text(Properties.Role))).size).toBe(functions.length);
  });

  it('keep what they could not do in a queue', () => {
    expect(resizeVolume.Properties.DeadLetterConfig.TargetArn).toBeDefined();
    const [onFailure] = resources('AWS::Lambda::EventInvokeConfig');
    expect(text(onFailure?.Properties.FunctionName)).toBe(`<${dispatchHeal.id}>`);
    expect(text(onFailure?.Properties.DestinationConfig.OnFailure.Destination)).toContain('Failed');
  });
});

describe('a durable function', () => {
  it.each([
    ['resize-volume', 'RESIZE_VOLUME_ARN', 72],
    ['replace-node', 'REPLACE_NODE_ARN', 7 * 24],
    ['snapshot-node', 'SNAPSHOT_NODE_ARN', 72],
  ])('such as %s is invoked by its alias only, whose old versions stay', (name, variable, hours) => {
    const heal = named(`chainmend-${name}`);
    expect(heal.Properties.DurableConfig).toEqual({ ExecutionTimeout: hours * 3600, RetentionPeriodInDays: 30 });
    expect(heal.Properties.DeadLetterConfig.TargetArn).toBeDefined();
    const version = resources('AWS::Lambda::Version').find(({ Properties }) => Properties.FunctionName.Ref === heal.id);
    expect(version).toMatchObject({ DeletionPolicy: 'Retain' });
    const alias = resources('AWS::Lambda::Alias').find(({ Properties }) => Properties.FunctionName.Ref === heal.id);
    expect(alias?.Properties.Name).toBe('live');
    expect(text(dispatchHeal.Properties.Environment.Variables[variable])).toBe(`<${alias?.id}>`);
  });

  it('is started by the dispatcher alone, and may ask whether the others live', () => {
    const arnOf = (name: string) =>
      `arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function:chainmend-${name}`;
    expect(allowing(dispatchHeal, 'lambda:InvokeFunction').flatMap((statement) => statement.resources)).toEqual([
      ...heals.map((name) => `${arnOf(name)}:live`),
      arnOf('plan-snapshots'),
    ]);
    for (const heal of heals) {
      const judged = allowing(named(`chainmend-${heal}`), 'lambda:GetDurableExecution');
      expect(judged.flatMap((statement) => statement.resources)).toEqual(heals.map((name) => `${arnOf(name)}:*`));
      const own = allowing(named(`chainmend-${heal}`), 'lambda:CheckpointDurableExecution');
      expect(own.flatMap((statement) => statement.resources)).toEqual([`${arnOf(heal)}:*`]);
    }
  });

  it('is the target of no rule and of no schedule, which could not name an execution', () => {
    const targets = [
      ...rules.flatMap(({ Properties }) => Properties.Targets.map(({ Arn }: Resource['Properties']) => text(Arn))),
      text(schedule?.Properties.Target.Arn),
    ];
    expect(targets).toContain(`<${dispatchHeal.id}.Arn>`);
    expect(targets.filter((target) => /ResizeVolume|ReplaceNode|SnapshotNode/.test(target))).toEqual([]);
  });

  it('outlasts the longest wait for an approval that a fleet file can ask for', () => {
    const { fleet } = fleetFile({ ...bitcoin.document, ask: { expiresAfterHours: 48 } });
    for (const heal of heals) {
      const { ExecutionTimeout } = named(`chainmend-${heal}`).Properties.DurableConfig;
      expect(ExecutionTimeout).toBeGreaterThan(fleet.ask.expiresAfterHours * 3600);
    }
  });
});

describe('events', () => {
  it('come from alarms in ALARM, ours by prefix and the fleets own by pattern', () => {
    const ofAlarms = rules.filter(({ Properties }) => Properties.EventPattern.source[0] === 'aws.cloudwatch');
    expect(ofAlarms.map(({ Properties }) => Properties.EventPattern['detail-type'])).toEqual([
      // Not of contributors: they come as a burst, and the sweep reads all of them at once.
      ['CloudWatch Alarm State Change'],
    ]);
    for (const { Properties } of ofAlarms) {
      expect(Properties.EventPattern.detail).toEqual({
        alarmName: [{ prefix: 'chainmend-' }, { wildcard: 'bitcoin-*-disk-filling' }, 'bitcoin-root-disk'],
        state: { value: ['ALARM'] },
      });
    }
  });

  it('of the suite itself are not matched, or a failing heal would be told to heal', () => {
    for (const { Properties } of alarms) expect(Properties.AlarmName).not.toMatch(/^chainmend-/);
  });

  it('are tried again for a while and then kept', () => {
    for (const { Properties } of rules) {
      for (const target of Properties.Targets) {
        expect(target.RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 60 });
        expect(text(target.DeadLetterConfig.Arn)).toContain('Undelivered');
      }
    }
  });

  it('of the sweep come every minute, whatever happens', () => {
    expect(schedule?.Properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Input: '{"kind":"sweep"}', RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 } },
    });
  });

  it('of clean snapshots come every hour', () => {
    const hourly = resources('AWS::Scheduler::Schedule').find(
      ({ Properties }) => Properties.Name === 'chainmend-snapshots',
    );
    expect(hourly?.Properties).toMatchObject({
      ScheduleExpression: 'rate(60 minutes)',
      Target: { Input: '{"kind":"snapshots"}', RetryPolicy: { MaximumEventAgeInSeconds: 3600 } },
    });
    expect(text(hourly?.Properties.Target.Arn)).toContain('DispatchHealFunctionAliassweeps');
  });

  it('of schedules are neither retried nor kept, whether they do not reach their function or fail in it', () => {
    const all = resources('AWS::Scheduler::Schedule');
    expect(all.length).toBeGreaterThan(5);
    for (const { Properties } of all) {
      expect(Properties.Target.DeadLetterConfig).toBeUndefined();
      expect(text(Properties.Target.Arn)).toContain('Aliassweeps');
    }
    const configs = resources('AWS::Lambda::EventInvokeConfig').filter(({ Properties }) =>
      JSON.stringify(Properties.Qualifier).includes('sweeps'),
    );
    expect(configs).toHaveLength(6);
    for (const { Properties } of configs) {
      expect(Properties.MaximumRetryAttempts).toBe(0);
      expect(Properties.DestinationConfig).toBeUndefined();
    }
  });

  it('of owners’ own alarms come by EventBridge, by the alarms’ own action, and by the owners’ topics', () => {
    const topic = 'arn:aws:sns:eu-west-1:111122223333:node-alarms';
    const withOwn = (own: object[], topics: string[] = []) =>
      resourcesOf(buildStack({ fleets: [fleetFile({ ...bitcoin.document, alarms: { own, topics } })] }).stack);
    const some = withOwn([{ name: 'bitcoin-*-height', means: 'stuck' }], [topic]);
    const [rule] = some('AWS::Events::Rule').filter(({ Properties }) => Properties.Name === 'chainmend-alarms');
    expect(rule?.Properties.EventPattern.detail.alarmName).toContainEqual({ wildcard: 'bitcoin-*-height' });
    const ofAlarms = (found: typeof some) =>
      found('AWS::Lambda::Permission').filter(
        ({ Properties }) => Properties.Principal === 'lambda.alarms.cloudwatch.amazonaws.com',
      );
    expect(ofAlarms(some).map(({ Properties }) => text(Properties.SourceArn))).toEqual([
      expect.stringMatching(/:alarm:bitcoin-\*-height$/),
    ]);
    expect(ofAlarms(some)[0]?.Properties.SourceAccount).toBeDefined();
    expect(some('AWS::SNS::Subscription')).toMatchObject([
      { Properties: { Protocol: 'lambda', TopicArn: topic, RedrivePolicy: expect.anything() } },
    ]);
    const two = ['a', 'b'].flatMap((fleet) =>
      Array.from({ length: 13 }, (_, at) => ({ name: `${fleet}-${at}-height`, means: 'stuck' })),
    );
    const many = [two.slice(0, 13), two.slice(13)].map((own, at) =>
      fleetFile({ ...(at === 0 ? bitcoin : litecoin).document, alarms: { own } }),
    );
    expect(
      ofAlarms(resourcesOf(buildStack({ fleets: many }).stack)).map(({ Properties }) => text(Properties.SourceArn)),
    ).toEqual([expect.stringMatching(/:alarm:\*$/)]);
    expect(ofAlarms(withOwn([]))).toEqual([]);
  });

  it('are refused at synthesis when their pattern is longer than EventBridge takes', () => {
    const namePatterns = Array.from({ length: 20 }, (_, index) => `${'x'.repeat(240)}-${index}`);
    const fleets = [fleetFile({ ...bitcoin.document, alarms: { namePatterns } })];
    expect(() => buildStack({ fleets })).toThrow(/chainmend-alarms has \d+ characters, EventBridge allows 4096/);
  });
});

describe('permissions', () => {
  const reads = /:(Get|List|Describe|Query)/;
  /** Actions without a resource level (Service Authorization Reference): a condition limits them, or they are harmless. */
  const withoutResources = ['cloudwatch:PutMetricData', 'xray:PutTraceSegments', 'xray:PutTelemetryRecords'];

  it('never change anything on every resource', () => {
    const open = roles
      .flatMap(statementsOf)
      .filter(({ resources }) => resources.includes('*'))
      .flatMap(({ actions }) => actions)
      .filter((action) => !reads.test(action) && !withoutResources.includes(action));
    expect(open).toEqual([]);
  });

  it.each([
    ...[
      'dispatch-heal',
      'resize-volume',
      'register-nodes',
      'watch-fleet',
      'rotate-peers',
      'replace-node',
      'snapshot-node',
    ],
    ...['plan-snapshots', 'mark-root', 'prune-retired', 'check-readiness'],
  ])('of %s are the calls that its sources make, and no other', async (name) => {
    const granted = statementsOf(roleOf(named(`chainmend-${name}`))).flatMap(({ actions }) => actions);
    // Our sources do not contain the actions that Lambda, encryption and alarms with tags need.
    const ours = granted.filter((action) => !/^(logs|xray|sqs|kms|iam):|^cloudwatch:TagResource$/.test(action));
    // The store is one module; a function that only reads has no right to write with it.
    // A suite without a name claims no instance (docs/library.md).
    const notMade: Readonly<Record<string, readonly string[]>> = {
      'plan-snapshots': ['dynamodb:PutItem'],
      'register-nodes': ['ec2:CreateTags', 'ec2:DescribeTags'],
    };
    const calls = (await callsOf(name)).filter((call) => notMade[name]?.includes(call) !== true);
    expect([...new Set(ours)].sort()).toEqual(calls.filter((call) => !/^(kms|iam):/.test(call)));
  });

  it('never hold a wildcard in an action, and never come from a policy that AWS manages', () => {
    const actions = roles.flatMap(statementsOf).flatMap((statement) => statement.actions);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
    for (const { Properties } of roles) expect(Properties.ManagedPolicyArns).toBeUndefined();
    expect(resources('AWS::IAM::Policy')).toEqual([]);
  });

  it('grow only volumes that carry the tags of a fleet', () => {
    const grants = allowing(resizeVolume, 'ec2:ModifyVolume');
    expect(grants.map(({ conditions }) => conditions)).toEqual([
      { StringEquals: { 'aws:ResourceTag/Component': ['nodes/bitcoin'] } },
      {
        StringEquals: { 'aws:ResourceTag/Component': 'nodes/litecoin', 'aws:ResourceTag/Stage': 'production' },
      },
    ]);
    for (const { resources } of grants) {
      expect(resources).toEqual(['arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:volume/*']);
    }
  });

  it('send the own documents only, and only to nodes of a fleet', () => {
    const grants = allowing(resizeVolume, 'ssm:SendCommand');
    expect(grants.flatMap(({ conditions }) => Object.keys(conditions['StringEquals'] ?? {}))).toEqual([
      'ssm:resourceTag/Component',
      'ssm:resourceTag/Component',
      'ssm:resourceTag/Stage',
    ]);
    const unconditional = grants.filter(({ conditions }) => Object.keys(conditions).length === 0);
    expect(unconditional.flatMap(({ resources }) => resources)).toEqual([
      'arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:document/chainmend-observe-node-*',
      'arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:document/chainmend-grow-filesystem-*',
      'arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:document/chainmend-restart-client-*',
    ]);
  });

  it('let the dispatcher start, judge and stop heals, and touch nothing else', () => {
    const mutations = statementsOf(roleOf(dispatchHeal))
      .flatMap(({ actions }) => actions)
      .filter((action) => !reads.test(action) && !/^(logs|xray|kms|sqs):/.test(action));
    expect(mutations.sort()).toEqual([
      'cloudwatch:PutMetricData',
      'dynamodb:PutItem',
      'lambda:InvokeFunction',
      'lambda:InvokeFunction',
      'lambda:StopDurableExecution',
      'sns:Publish',
    ]);
  });

  it('let nobody delete but prune-retired, and nobody scan', () => {
    const deleting = functions.flatMap((fn) =>
      statementsOf(roleOf(fn))
        .flatMap(({ effect, actions }) => (effect === 'Allow' ? actions : []))
        .filter((action) => /:(Delete(?!Tags)|Terminate|Scan|Batch)/.test(action))
        .map((action) => `${fn.Properties.FunctionName} ${action}`),
    );
    expect(deleting.sort()).toEqual([
      'chainmend-prune-retired ec2:DeleteSnapshot',
      'chainmend-prune-retired ec2:DeleteVolume',
      'chainmend-prune-retired ec2:TerminateInstances',
      'chainmend-prune-retired ssm:DeleteDocument',
      'chainmend-register-nodes cloudwatch:DeleteAlarms',
    ]);
  });

  it('fit into a role for 25 fleets that differ in one tag', () => {
    const fleets = Array.from({ length: 25 }, (_, index) =>
      fleetFile({
        ...bitcoin.document,
        fleet: `chain${index}`,
        nodes: { tag: { Component: `nodes/chain${index}` } },
        alarms: { namePatterns: [] },
      }),
    );
    const role = resourcesOf(buildStack({ fleets }).stack)('AWS::IAM::Role').find(({ id }) =>
      id.startsWith('ResizeVolume'),
    );
    const grants = statementsOf(role as Resource).filter(({ actions }) => actions.includes('ec2:ModifyVolume'));
    expect(grants).toHaveLength(1);
    expect(grants[0]?.conditions['StringEquals']?.['aws:ResourceTag/Component']).toHaveLength(25);
  });
});

describe('what is kept', () => {
  it('is the table, with its history, when the stack goes', () => {
    const [table] = resources('AWS::DynamoDB::GlobalTable');
    expect(table).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        TableName: 'chainmend',
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
        Replicas: [
          { DeletionProtectionEnabled: true, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } },
        ],
      },
    });
  });

  it('is every document that a heal in flight may still send', () => {
    const documents = resources('AWS::SSM::Document');
    expect(new Set(documents.map(({ DeletionPolicy }) => DeletionPolicy))).toEqual(new Set(['Retain']));
    const { OBSERVE_NODE_DOCUMENT, GROW_FILESYSTEM_DOCUMENT } = resizeVolume.Properties.Environment.Variables;
    expect(documents.map(({ Properties }) => Properties.Name)).toEqual(
      expect.arrayContaining([OBSERVE_NODE_DOCUMENT, GROW_FILESYSTEM_DOCUMENT]),
    );
  });

  it('is the pause, which no deployment may lift; a fleet goes with its file, or its nodes were looked after by roles that may not touch them', () => {
    const policies = resources('AWS::SSM::Parameter').map(({ Properties, DeletionPolicy }) => [
      Properties.Name.replace(/\/[^/]+$/, ''),
      DeletionPolicy,
    ]);
    expect(policies).toEqual([
      ['/chainmend', 'RetainExceptOnCreate'],
      ['/chainmend/deployed', undefined],
      ['/chainmend/fleets', undefined],
      ['/chainmend/fleets', undefined],
    ]);
  });

  it('is written as parameters: the pause, and each fleet as its file says', () => {
    const parameters = resources('AWS::SSM::Parameter').map(({ Properties }) => [Properties.Name, Properties.Value]);
    expect(parameters).toEqual([
      ['/chainmend/pause', 'off'],
      ['/chainmend/deployed/1', expect.stringContaining('"bitcoin":[{"Component":"nodes/bitcoin"},{"data":0}')],
      ['/chainmend/fleets/bitcoin', JSON.stringify(bitcoin.document)],
      ['/chainmend/fleets/litecoin', expect.stringContaining('"Stage":"production"')],
    ]);
  });

  it('tell what is deployed before the function that counts broken fleet files: it never finds them all broken', () => {
    const [deployed] = resources('AWS::SSM::Parameter').filter(
      ({ Properties }) => Properties.Name === '/chainmend/deployed/1',
    );
    expect([dispatchHeal.DependsOn].flat()).toContain(deployed?.id);
  });
});

describe('people', () => {
  const [topic] = resources('AWS::SNS::Topic');

  it('are paged through an encrypted topic that alarms can publish to', () => {
    const [key] = resources('AWS::KMS::Key');
    expect(text(topic?.Properties.KmsMasterKeyId)).toBe(`<${key?.id}.Arn>`);
    const policies = [key?.Properties.KeyPolicy, resources('AWS::SNS::TopicPolicy')[0]?.Properties.PolicyDocument];
    for (const { Statement } of policies) {
      expect(Statement).toContainEqual(
        expect.objectContaining({ Sid: 'AlarmsOfTheSuite', Principal: { Service: 'cloudwatch.amazonaws.com' } }),
      );
    }
  });

  it('get mail where the deployment says so, and undelivered mail is kept', () => {
    expect(resources('AWS::SNS::Subscription')).toMatchObject([
      { Properties: { Protocol: 'email', Endpoint: 'oncall@example.com', RedrivePolicy: expect.anything() } },
    ]);
    expect(resourcesOf(buildStack().stack)('AWS::SNS::Subscription')).toEqual([]);
    expect(() => buildStack({ email: 'oncall' })).toThrow('context "email" is "oncall", expected an address');
  });

  it('are paged once for all that fails, once for all that nobody looks after, and once for a broken fleet file', () => {
    const paging = [...alarms, ...composites].filter(({ Properties }) => Properties.AlarmActions !== undefined);
    expect(paging.map(({ Properties }) => Properties.AlarmName).sort()).toEqual(
      ['blind', 'failing', 'fleet-file-broken'].map((name) => `chainmend/${name}`),
    );
    for (const { Properties } of paging) expect(Properties.AlarmActions.map(text)).toEqual([`<${topic?.id}>`]);
  });

  it('are paged by every alarm, by itself or as a part of another one', () => {
    const composed = (name: string) =>
      alarms.filter(({ id }) =>
        JSON.stringify(
          composites.find(({ Properties }) => Properties.AlarmName === name)?.Properties.AlarmRule,
        ).includes(`"${id}"`),
      );
    const silent = alarms.filter(({ Properties }) => Properties.TreatMissingData === 'breaching');
    expect(composed('chainmend/blind')).toEqual(silent);
    expect([...composed('chainmend/failing'), ...silent]).toHaveLength(alarms.length - 1);
  });

  it('are told at synthesis when an alarm would be composed of more than CloudWatch allows', () => {
    const fleets = Array.from({ length: 90 }, (_, at) => {
      const probe = { vpc: `vpc-${at.toString(16).padStart(8, '0')}`, subnets: ['subnet-0a1b2c3d'] };
      return fleetFile({ ...bitcoin.document, fleet: `fleet${at}`, probe });
    });
    expect(() => buildStack({ fleets })).toThrow(
      /chainmend\/failing would be composed of 1\d\d alarms, CloudWatch allows 100/,
    );
  });

  it('are paged when nobody sweeps: silence is an alarm', () => {
    const missing = alarms.find(({ Properties }) => Properties.AlarmName === 'chainmend/sweeps-missing');
    expect(missing?.Properties).toMatchObject({
      Namespace: 'chainmend',
      MetricName: 'Sweeps',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 5,
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      TreatMissingData: 'breaching',
    });
  });

  it('are not paged before the first sweep: each alarm on silence warms up first, and each other one takes silence for good', () => {
    const silent = alarms.filter(({ Properties }) => Properties.TreatMissingData === 'breaching');
    expect(silent).toHaveLength(4);
    for (const { Properties } of silent)
      expect([15, 30]).toContain(Properties.WarmUpConfiguration?.WarmUpPeriodDurationInMinutes);
    const others = alarms
      .filter((alarm) => !silent.includes(alarm))
      .map(({ Properties }) => Properties.TreatMissingData);
    expect(new Set(others)).toEqual(new Set(['notBreaching']));
  });

  it('are paged for throttles that last, and not for one that is tried again', () => {
    const [first, second, ...others] = alarms.filter(({ Properties }) => /throttles/.test(Properties.AlarmName));
    expect(others).toEqual([]);
    for (const one of [first, second])
      expect(one?.Properties).toMatchObject({ EvaluationPeriods: 3, Threshold: 1, TreatMissingData: 'notBreaching' });
    const [query, ...metrics]: Query[] = first?.Properties.Metrics ?? [];
    expect(metrics).toHaveLength(10);
    const math = parseMath(query?.Expression ?? '');
    /** What the alarm shows while the functions, in their order, are throttled so often in five minutes; undefined: never. */
    const shown = (...throttles: (number | undefined)[]) => {
      const of = (id: string) => throttles[Number(id.slice(1)) - 1];
      const value = (id: string) => new Map(of(id) === undefined ? [] : [[0, of(id) ?? 0]]);
      return math.evaluate({ value, metrics: () => [], periods: [0] });
    };
    expect([shown(), shown(4, 4, 4), shown(0, undefined, 5), shown(1, 9, 7)]).toEqual(
      [0, 0, 3, 2].map((value) => new Map([[0, value]])),
    );
    const namesOf = ({ MetricStat }: Query, at: number) => {
      const [dimension] = MetricStat?.Metric.Dimensions ?? [];
      const fn = functions.find(({ id }) => text(dimension?.Value) === `<${id}>`);
      return `${at + 1} ${fn?.Properties.FunctionName}`;
    };
    expect(first?.Properties.AlarmDescription).toContain(metrics.map(namesOf).join(', '));
  });

  it('are paged when a heal ends badly, a function fails, a queue fills, or a rule cannot deliver', () => {
    const queued = [
      'check-readiness',
      'dispatch-heal',
      'prune-retired',
      'register-nodes',
      'rotate-peers',
      'watch-fleet',
      ...heals,
    ];
    const expected = [
      ...[...queued, 'plan-snapshots', 'mark-root'].map((name) => `chainmend-${name}/errors`),
      ...['throttles', 'throttles-2'],
      ...['alarms', 'instances'].map((rule) => `${rule}-not-delivered`),
      ...['register-nodes', 'rotate-peers', 'sweeps', 'watches'].map((what) => `${what}-missing`),
      ...['chainmend-undelivered/lost', 'fleet-file-broken'],
    ];
    expect(alarms.map(({ Properties }) => Properties.AlarmName).sort()).toEqual(
      expected.map((name) => `chainmend/${name}`).sort(),
    );
  });

  it('are paged by one alarm of a heal, however it ends badly: one dead execution moves several metrics and fills a queue', () => {
    for (const name of heals) {
      const own = alarms.find(({ Properties }) => Properties.AlarmName === `chainmend/chainmend-${name}/errors`);
      const queries: Query[] = own?.Properties.Metrics ?? [];
      expect(queries.flatMap(({ MetricStat }) => MetricStat?.Metric.MetricName ?? []).sort()).toEqual([
        'AsyncEventsDropped',
        ...['DurableExecutionFailed', 'DurableExecutionStopped', 'DurableExecutionTimedOut', 'Errors'],
      ]);
      expect(queries.flatMap(({ Expression }) => Expression ?? [])).toEqual(['SUM(FILL(METRICS(), 0))']);
    }
  });
});

describe('the roles of nodes', () => {
  const warned = (options: Parameters<typeof buildStack>[0]) =>
    Annotations.fromStack(buildStack(options).stack)
      .findWarning('*', Match.stringLikeRegexp('nodeRoles'))
      .map(({ entry }) => String(entry.data));

  it('are asked for at synthesis: without them no instance with a profile can be launched', () => {
    const [warning = '', ...more] = warned({ fleets: [bitcoin, litecoin].map(replaceable), nodeRoles: null });
    expect(more).toEqual([]);
    expect(warning).toMatch(/bitcoin, litecoin, of which litecoin acts already\..*-c nodeRoles=ARN/);
    expect(warned({ fleets: [replaceable(bitcoin)], nodeRoles: ['arn:aws:iam::111122223333:role/node'] })).toEqual([]);
  });

  it('are not asked for where somebody says that there are none, or where no node is ever replaced', () => {
    expect(warned({ fleets: [replaceable(bitcoin)], nodeRoles: [] })).toEqual([]);
    expect(warned({ fleets: [fleetFile({ ...bitcoin.document, role: 'validator' })], nodeRoles: null })).toEqual([]);
    expect(
      warned({
        fleets: [fleetFile({ ...bitcoin.document, role: 'follower', replace: { rungs: ['restart'] } })],
        nodeRoles: null,
      }),
    ).toEqual([]);
  });
});

const replaceable = ({ document }: FleetFile): FleetFile => fleetFile({ ...document, role: 'follower' });

describe('the checks', () => {
  it('find nothing that is not acknowledged with its reason', () => {
    const { app } = buildStack({ email: 'oncall@example.com', checked: true });
    expect(() => app.synth()).not.toThrow();
  });

  it('are in force: a role that may do everything stops the synthesis', () => {
    const built = buildStack({ checked: true });
    new Role(built.stack, 'Wide', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }).addToPolicy(
      new PolicyStatement({ actions: ['ec2:*'], resources: ['*'] }),
    );
    expect(() => built.app.synth()).toThrow('AwsSolutions-IAM5[Action::ec2:*]');
  });

  it('see the same template every time', () => {
    const template = () => buildStack().app.synth().getStackByName('Chainmend').template as unknown;
    expect(template()).toEqual(template());
  });
});
