// register-nodes: an instance's state change or a schedule invokes it. It keeps the fleets' DNS records and alarms.
import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { INSTANCE_STATE_CHANGE } from '../../shared/events/instance.ts';
import { deployedParameterNames } from '../../shared/fleet/membership.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { claimOf, DEFAULT_SUITE } from '../../shared/model/suite.ts';
import { FLEET_TAG, KIND_TAG, NODE_TAG, SUITE_TAG } from '../../shared/model/tags.ts';
import type { DeadLetters } from './dead-letters.ts';
import { fenced } from './fleet-grants.ts';
import type { Grant, Granted } from './grants.ts';
import type { Pages } from './pages.ts';
import { Schedule } from './schedule.ts';
import type { Settings } from './settings.ts';
import type { State } from './state.ts';
import { SuiteFunction } from './suite-function.ts';
import { arn, arnOf, suiteNames } from './suite-names.ts';

export interface RegisterNodesProps {
  readonly bundles: string;
  readonly fleets: readonly Fleet[];
  readonly state: State;
  readonly pages: Pages;
  readonly settings: Settings;
  /** For events that never reach the function. */
  readonly undelivered: DeadLetters;
  /** The prefix of the runbooks' paths in the alarms' descriptions; none unless given. */
  readonly runbooks?: string;
}

/** PutMetricAlarm's 3 a second make 700 alarms in the 240 s that the function works; the rest of 300 s is for the calls that it has begun. */
const TIMEOUT_SECONDS = 300;

export class RegisterNodes extends Construct {
  readonly suiteFunction: SuiteFunction;
  readonly rules: readonly Rule[];

  constructor(scope: Construct, id: string, props: RegisterNodesProps) {
    super(scope, id);
    const { state, pages, settings, fleets, undelivered, runbooks } = props;
    this.suiteFunction = new SuiteFunction(this, 'RegisterNodes', {
      functionName: suiteNames(this).functions.registerNodes,
      description: "Keeps the fleets' DNS records and alarms as their nodes are now.",
      bundles: props.bundles,
      environment: {
        TABLE_NAME: state.table.tableName,
        TOPIC_ARN: pages.topic.topicArn,
        PARAMETER_PREFIX: suiteNames(this).parameterPrefix,
        ...(runbooks !== undefined && { RUNBOOKS: runbooks }),
      },
      grants: [
        ...state.grants('register-nodes'),
        ...pages.grants(),
        settings.grantByName(),
        settings.grantAll(),
        ...this.#alarms(fleets, pages),
        ...this.#records(fleets),
        ...this.#claims(fleets),
      ],
      timeoutSeconds: TIMEOUT_SECONDS,
    });
    const retries = { retryAttempts: 2, maxEventAge: Duration.hours(1) };
    this.suiteFunction.keepFailedEvents(retries);
    this.suiteFunction.takeHints(retries);
    const sweeps = this.suiteFunction.takeSweeps({ maxEventAge: Duration.minutes(5) });
    this.rules = [this.#listen(undelivered)];
    new Schedule(this, 'Sweep', {
      name: suiteNames(this).functions.registerNodes,
      description: "Has every fleet's records and alarms reconciled.",
      mayDo: 'What the schedule of register-nodes may do.',
      every: { minutes: 5 },
      target: this.suiteFunction,
      sweeps,
      input: { kind: 'reconcile' },
    });
  }

  /** Events of every instance of the account: an event carries no tags, and the tags name the fleet. */
  #listen({ queue }: DeadLetters): Rule {
    return new Rule(this, 'Instances', {
      ruleName: `${suiteNames(this).suite}-instances`,
      description: 'Instances that come and go.',
      eventPattern: {
        source: ['aws.ec2'],
        detailType: [INSTANCE_STATE_CHANGE],
        detail: { state: ['running', 'stopping', 'stopped', 'shutting-down', 'terminated'] },
      },
      targets: [
        new LambdaTarget(this.suiteFunction.function, {
          deadLetterQueue: queue,
          // After an hour the schedule has already seen the instance itself.
          maxEventAge: Duration.hours(1),
          retryAttempts: 60,
        }),
      ],
    });
  }

  #alarms(fleets: readonly Fleet[], { topic }: Pages): Granted[] {
    const prefix = suiteNames(this).nodeAlarmPrefix;
    const own = [arn(this, 'cloudwatch', `alarm:${prefix}*`)];
    const wildcard = 'The alarms of nodes: their names begin so, and end as the nodes are called.';
    const names = fleets.map(({ tag }) => tag);
    const reads = 'These reads have no resource-level permissions, or are about alarms that people call as they like.';
    const writes = (resources: readonly string[]): Grant[] => [
      {
        sid: 'WriteAlarms',
        actions: ['cloudwatch:PutMetricAlarm'],
        resources,
        // PutMetricAlarm has no condition key for the tags of the alarm that it overwrites: the function reads them right before. An alarm without
        // actions has no such key, and passes.
        conditions: { 'ForAllValues:StringEquals': { 'cloudwatch:AlarmActions': [topic.topicArn] } },
        wildcard,
      },
      {
        sid: 'TagNewAlarms',
        actions: ['cloudwatch:TagResource'],
        resources,
        // PutMetricAlarm with tags needs this grant too, and no page says whether its request then carries the tags. TagResource itself always does.
        conditions: {
          StringEqualsIfExists: { [`aws:RequestTag/${FLEET_TAG}`]: names },
          'ForAllValues:StringEquals': { 'aws:TagKeys': [FLEET_TAG, NODE_TAG, KIND_TAG] },
        },
        wildcard,
      },
    ];
    return [
      { sid: 'ReadNodes', actions: ['ec2:DescribeInstances'], resources: ['*'], wildcard: reads },
      {
        sid: 'ReadAlarmsAndSeries',
        actions: ['cloudwatch:DescribeAlarms', 'cloudwatch:ListMetrics', 'cloudwatch:GetMetricData'],
        resources: ['*'],
        wildcard: reads,
      },
      // An alarm whose events carry its tags also needs this grant (AlarmTagsPropagation, CloudWatch API).
      { sid: 'ReadTagsOfAlarms', actions: ['cloudwatch:ListTagsForResource'], resources: own, wildcard },
      {
        what: 'alarms of nodes',
        byValues:
          fleets.length === 0
            ? []
            : writes(fleets.map(({ name }) => arn(this, 'cloudwatch', `alarm:${prefix}${name}-*`))),
        byKeys: writes(own),
        charactersMax: 6_000,
      },
      {
        sid: 'DeleteAlarmsOfFleets',
        actions: ['cloudwatch:DeleteAlarms'],
        resources: own,
        conditions: { StringEquals: { [`aws:ResourceTag/${FLEET_TAG}`]: names } },
        wildcard,
      },
    ];
  }

  /** A suite without a name claims nothing: what nobody has claimed is its own. Another one asks whose fleets that are. */
  #claims(fleets: readonly Fleet[]): Grant[] {
    const { suite } = suiteNames(this);
    if (suite === DEFAULT_SUITE) return [];
    const wildcard = 'The nodes of the fleets, which come and go; the conditions name their tags.';
    return [
      {
        sid: 'ReadFleetsWithoutName',
        actions: ['ssm:GetParameters'],
        resources: deployedParameterNames(`/${DEFAULT_SUITE}`).map((name) => arn(this, 'ssm', `parameter${name}`)),
      },
      {
        sid: 'ReadClaims',
        actions: ['ec2:DescribeTags'],
        resources: ['*'],
        wildcard: 'It has no resource-level permissions (Service Authorization Reference).',
      },
      ...fenced(
        fleets.map(({ nodes }) => nodes.tags),
        'aws:ResourceTag',
      ).map(({ StringEquals }, at) => ({
        sid: `ClaimNodesOfFleets${at + 1}`,
        actions: ['ec2:CreateTags'],
        resources: [arn(this, 'ec2', 'instance/*')],
        conditions: {
          StringEquals: { ...StringEquals, [`aws:RequestTag/${SUITE_TAG}`]: claimOf(suite) },
          'ForAllValues:StringEquals': { 'aws:TagKeys': [SUITE_TAG] },
          // No claim is overwritten.
          Null: { [`aws:ResourceTag/${SUITE_TAG}`]: 'true' },
        },
        wildcard,
      })),
    ];
  }

  /** Empty where no fleet has a zone: a condition without values would be no condition. */
  #records(fleets: readonly Fleet[]): Grant[] {
    const zones = [...new Set(fleets.flatMap(({ dns }) => dns?.zone ?? []))].sort();
    if (zones.length === 0) return [];
    const any = arnOf('route53:::hostedzone/*');
    const unknown = "A zone's id is not known at synthesis; what it is called is.";
    const key = (name: string): string => `route53:ChangeResourceRecordSets${name}`;
    return [
      {
        sid: 'FindZones',
        actions: ['route53:ListHostedZonesByName'],
        resources: ['*'],
        wildcard: 'It has no resource-level permissions (Service Authorization Reference, Amazon Route 53).',
      },
      {
        sid: 'ReadZones',
        actions: ['route53:GetHostedZone', 'route53:ListResourceRecordSets'],
        resources: [any],
        wildcard: unknown,
      },
      {
        sid: 'ChangeRecords',
        actions: ['route53:ChangeResourceRecordSets'],
        resources: [any],
        conditions: {
          // "ForAllValues … returns true if there are no keys in the request". Route 53 takes no request without a change, and no change without a
          // name, a type and an action ("Array Members: Minimum number of 1 item", ChangeBatch).
          'ForAllValues:StringLike': { [key('NormalizedRecordNames')]: zones.map((zone) => `*.${zone}`) },
          'ForAllValues:StringEquals': {
            [key('RecordTypes')]: ['A', 'SRV', 'TXT'],
            [key('Actions')]: ['CREATE', 'DELETE'],
          },
        },
        wildcard: `${unknown} The conditions name the fleets' zones, what may be in them, and no overwriting.`,
      },
    ];
  }
}
