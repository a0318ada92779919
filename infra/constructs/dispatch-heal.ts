// dispatch-heal, the dispatcher: alarms, the sweep and people invoke it, and it starts the heals.
import { Arn, ArnFormat, Duration, Stack, Token } from 'aws-cdk-lib';
import { type EventPattern, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { LambdaSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Fleet } from '../../shared/fleet/model.ts';
import { InputError } from '../input-error.ts';
import { liveAlias } from '../names.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { DurableHeal } from './durable-heal.ts';
import type { Grant } from './grants.ts';
import type { Pages } from './pages.ts';
import { Schedule } from './schedule.ts';
import type { Settings } from './settings.ts';
import type { State } from './state.ts';
import { SuiteFunction } from './suite-function.ts';
import { arn, suiteNames } from './suite-names.ts';

export interface DispatchHealProps {
  readonly bundles: string;
  readonly fleets: readonly Fleet[];
  readonly state: State;
  readonly pages: Pages;
  readonly settings: Settings;
  readonly resizeVolume: DurableHeal;
  readonly replaceNode: DurableHeal;
  readonly snapshotNode: DurableHeal;
  /** Only where a fleet has drills. */
  readonly auditSnapshots: DurableHeal | undefined;
  /** For events that never reach the function. */
  readonly undelivered: DeadLetters;
}

/** In place of a function that the stack has not: no fleet has drills. */
const NO_DRILLS = 'none';

/** "The event pattern … up to 4,096 characters" (PutRule quota, EventBridge guide). */
const EVENT_PATTERN_CHARACTERS = 4096;

/** A function's policy has at most 20 KB ("Lambda quotas"), some 400 bytes a statement; the rules, topics and schedules have theirs. */
const ALARM_SOURCES_MAX = 25;

export class DispatchHeal extends Construct {
  readonly suiteFunction: SuiteFunction;
  readonly rules: readonly Rule[];
  readonly #undelivered: DeadLetters;

  constructor(scope: Construct, id: string, props: DispatchHealProps) {
    super(scope, id);
    this.suiteFunction = new SuiteFunction(this, 'DispatchHeal', {
      functionName: suiteNames(this).functions.dispatchHeal,
      description: 'Turns alarms and what is still wrong into incidents, and starts their heals.',
      bundles: props.bundles,
      environment: {
        TABLE_NAME: props.state.table.tableName,
        TOPIC_ARN: props.pages.topic.topicArn,
        PARAMETER_PREFIX: suiteNames(this).parameterPrefix,
        RESIZE_VOLUME_ARN: props.resizeVolume.live.functionArn,
        REPLACE_NODE_ARN: props.replaceNode.live.functionArn,
        SNAPSHOT_NODE_ARN: props.snapshotNode.live.functionArn,
        AUDIT_SNAPSHOTS_ARN: props.auditSnapshots?.live.functionArn ?? NO_DRILLS,
        PLAN_SNAPSHOTS_FUNCTION: suiteNames(this).functions.planSnapshots,
      },
      grants: [
        ...props.state.grants('dispatch-heal'),
        ...props.pages.grants(),
        props.settings.grantAll(),
        props.settings.grantByName(),
        ...this.#observe(),
        ...this.#heals(props.auditSnapshots !== undefined),
      ],
    });
    this.suiteFunction.keepFailedEvents({
      retryAttempts: 2,
      maxEventAge: Duration.hours(1),
    });
    this.#undelivered = props.undelivered;
    // CDK wants aliases made before the rules: permissions of the function itself come after them.
    const sweeps = this.suiteFunction.takeSweeps({ maxEventAge: Duration.minutes(1) });
    this.rules = this.#listen(props.fleets);
    this.#hear(props.fleets);
    // Level-triggered: each minute the sweep reads what is still wrong, whatever happened to its events.
    new Schedule(this, 'Sweep', {
      name: `${suiteNames(this).suite}-sweep`,
      description: 'Has what is still wrong looked at again.',
      mayDo: "What the sweep's schedule may do.",
      every: { minutes: 1 },
      target: this.suiteFunction,
      sweeps,
      input: { kind: 'sweep' },
    });
    new Schedule(this, 'Snapshots', {
      name: `${suiteNames(this).suite}-snapshots`,
      description: 'Has a clean snapshot taken of each fleet that is due for one.',
      mayDo: 'What the schedule of clean snapshots may do.',
      every: { minutes: 60 },
      target: this.suiteFunction,
      sweeps,
      input: { kind: 'snapshots' },
    });
  }

  /**
   * Suppressed and muted alarms come too: the parser ignores them and logs the reason. The contributors of fleet-wide alarms have no rule: two hundred
   * full disks would be two hundred events at once, and each would read the alarm again. The sweep reads all of them in one call, within a minute.
   */
  #listen(fleets: readonly Fleet[]): Rule[] {
    const detail = { alarmName: alarmNames(suiteNames(this).nodeAlarmPrefix, fleets), state: { value: ['ALARM'] } };
    const source = ['aws.cloudwatch'];
    const alarms = this.#rule('Alarms', `${suiteNames(this).suite}-alarms`, 'Alarms of the fleets.', {
      ...{ source, detailType: ['CloudWatch Alarm State Change'], detail },
    });
    if (fleets.every(({ drills }) => drills === undefined)) return [alarms];
    // "DLM Policy State Change … best effort": a drill is due once a day without it.
    const policies = this.#rule(
      'Policies',
      `${suiteNames(this).suite}-policies`,
      'Lifecycle policies that report an error.',
      {
        ...{ source: ['aws.dlm'], detailType: ['DLM Policy State Change'], detail: { state: ['ERROR'] } },
      },
    );
    return [alarms, policies];
  }

  /**
   * Owners' own alarms may invoke it themselves, and their topics may hand it what they send. Where its alarms are many, any alarm of this account and
   * region may: what an alarm says is read again, and one that no fleet file takes in is left.
   */
  #hear(fleets: readonly Fleet[]): void {
    const { account, region } = Stack.of(this);
    const names = [...new Set(fleets.flatMap(({ alarms }) => alarms.own.map(({ name }) => name)))].sort();
    // "Invoke a Lambda function from an alarm" (CloudWatch user guide): this principal, the account, and the alarm as source.
    for (const [at, name] of (names.length > ALARM_SOURCES_MAX ? ['*'] : names).entries())
      this.suiteFunction.function.addPermission(`OwnAlarms${at}`, {
        principal: new ServicePrincipal('lambda.alarms.cloudwatch.amazonaws.com'),
        sourceAccount: account,
        sourceArn: arn(this, 'cloudwatch', `alarm:${name}`),
      });
    const topics = [...new Set(fleets.flatMap(({ alarms }) => alarms.topics))].sort();
    for (const [at, topicArn] of topics.entries()) {
      const { region: ofTopic } = Arn.split(topicArn, ArnFormat.NO_RESOURCE_NAME);
      if (!Token.isUnresolved(region) && ofTopic !== region)
        throw new InputError(
          `alarms.topics has ${topicArn}, expected a topic in ${region}, where the suite reads the alarms again`,
        );
      const topic = Topic.fromTopicArn(this, `OwnTopic${at}`, topicArn);
      topic.addSubscription(
        new LambdaSubscription(this.suiteFunction.function, { deadLetterQueue: this.#undelivered.queue }),
      );
    }
  }

  #rule(id: string, ruleName: string, description: string, eventPattern: EventPattern): Rule {
    const characters = JSON.stringify(eventPattern).length;
    if (characters > EVENT_PATTERN_CHARACTERS) {
      throw new InputError(
        `the event pattern of ${ruleName} has ${characters} characters, EventBridge allows ${EVENT_PATTERN_CHARACTERS}: ` +
          "use fewer or wider patterns in the fleets' alarms",
      );
    }
    const target = new LambdaTarget(this.suiteFunction.function, {
      deadLetterQueue: this.#undelivered.queue,
      // After an hour the sweep has already seen the alarm itself.
      maxEventAge: Duration.hours(1),
      retryAttempts: 60,
    });
    return new Rule(this, id, { ruleName, description, eventPattern, targets: [target] });
  }

  #observe(): Grant[] {
    const wildcard = 'These reads have no resource-level permissions (Service Authorization Reference).';
    return [
      {
        sid: 'ReadNodes',
        actions: ['ec2:DescribeInstanceStatus', 'ec2:DescribeTags'],
        resources: ['*'],
        wildcard,
      },
      // The Service Authorization Reference does not say yet which action authorizes DescribeAlarmContributors: both names are granted.
      {
        sid: 'ReadAlarms',
        actions: ['cloudwatch:DescribeAlarms', 'cloudwatch:DescribeAlarmContributors', 'cloudwatch:ListAlarmMuteRules'],
        resources: ['*'],
        wildcard:
          'Composite alarms are listed for * only (DescribeAlarms, CloudWatch API), and fleets call their alarms as they like.',
      },
      {
        sid: 'CountSweeps',
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: { StringEquals: { 'cloudwatch:namespace': suiteNames(this).metricNamespace } },
        wildcard: 'Metrics are no resources; the condition names the namespace.',
      },
    ];
  }

  #heals(hasDrills: boolean): Grant[] {
    const { heals, functions } = suiteNames(this);
    const names = [...heals, ...(hasDrills ? [functions.auditSnapshots] : [])];
    return [
      {
        sid: 'StartHeals',
        actions: ['lambda:InvokeFunction'],
        resources: names.map((name) => arn(this, 'lambda', `function:${name}:${liveAlias}`)),
      },
      {
        sid: 'AskForDonors',
        actions: ['lambda:InvokeFunction'],
        resources: [arn(this, 'lambda', `function:${functions.planSnapshots}`)],
      },
      {
        sid: 'JudgeAndStopHeals',
        actions: ['lambda:GetDurableExecution', 'lambda:StopDurableExecution'],
        resources: names.map((name) => arn(this, 'lambda', `function:${name}:*`)),
        wildcard:
          'The executions of every version ("Security and permissions for Lambda durable functions", Lambda guide).',
      },
    ];
  }
}

/** The suite's alarms by their prefix, and the fleets' patterns. EventBridge's wildcard is the same as the fleet file's: `*` for anything. */
function alarmNames(nodeAlarmPrefix: string, fleets: readonly Fleet[]): unknown[] {
  // EventBridge refuses `**`, which means the same as `*`.
  const written = fleets.flatMap(({ alarms: { namePatterns, own } }) =>
    [...namePatterns, ...own.map(({ name }) => name)].map((pattern) => pattern.replace(/\*+/g, '*')),
  );
  const patterns = new Set(written);
  return [
    { prefix: nodeAlarmPrefix },
    ...[...patterns].sort().map((pattern) => (pattern.includes('*') ? { wildcard: pattern } : pattern)),
  ];
}
