// Alarms on the suite itself. Missing data triggers an alarm too: a suite that has stopped watching is worse than none. One failure of AWS sets off many of
// them; people get one page for all that fail, and one for all that nobody looks after.
import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmRule,
  AlarmState,
  type CfnAlarm,
  ComparisonOperator,
  CompositeAlarm,
  type IMetric,
  MathExpression,
  Metric,
  type MetricProps,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Rule as EventRule } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import type { DeadLetters } from './dead-letters.ts';
import type { Pages } from './pages.ts';
import type { SuiteFunction, SynchronousFunction } from './suite-function.ts';
import { suiteNames } from './suite-names.ts';

export interface SuiteAlarmsProps {
  readonly pages: Pages;
  readonly functions: readonly SuiteFunction[];
  /** The durable functions of the suite. */
  readonly heals: readonly SuiteFunction[];
  /** Functions that a caller waits for: their failure fails the caller, and they have no queue. */
  readonly synchronous: readonly SynchronousFunction[];
  readonly undelivered: DeadLetters;
  readonly rules: readonly EventRule[];
}

/** Minutes without a good sweep until people are paged. */
const SILENT_MINUTES = 5;

/**
 * The wait of an alarm on missing data after its creation, unless data fills its window earlier. A deployment takes some minutes, and often makes the
 * alarm before the schedule. An alarm that never gets data pages at the end of its warm-up ("Alarm warm-up periods", CloudWatch guide).
 */
const SWEEP_WARM_UP_MINUTES = 15;
const RUN_WARM_UP_MINUTES = 30;

/**
 * A throttled invocation is retried: Lambda retries asynchronous ones (after 1, 2, 4 … s), the next sweep replaces the others. One a minute for a
 * quarter of an hour is more than a collision. What is finally lost sets off the function's own alarm.
 */
const THROTTLES = { inPeriod: 5, periods: 3 } as const;

/** "A math expression used for an alarm can include as many as 10 metrics" ("Alarm data queries", CloudWatch guide). */
const METRICS_MAX = 10;

/** PutCompositeAlarm, API reference. */
const COMPOSED_MAX = 100;

const EVENT_PERIOD = Duration.minutes(5);

/** The rule of an alarm that a single datapoint above zero triggers. */
const ONE_EVENT = {
  comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  evaluationPeriods: 1,
  treatMissingData: TreatMissingData.NOT_BREACHING,
} as const;

/** A deployment writes a fleet's file some seconds after what it knows of the fleet: one sweep may see the one without the other. */
const TWO_SWEEPS = { evaluationPeriods: 3, datapointsToAlarm: 2 } as const;

const sumOf = (metric: MetricProps): Metric => new Metric({ statistic: Stats.SUM, ...metric });

/**
 * What arrives, not what lies there: an alarm on the depth would stay on until somebody empties the queue, and hide the next loss. SNS and EventBridge
 * send with SendMessage, which this metric counts.
 */
const lostTo = ({ queue }: DeadLetters): Metric =>
  sumOf({
    namespace: 'AWS/SQS',
    metricName: 'NumberOfMessagesSent',
    dimensionsMap: { QueueName: queue.queueName },
    period: EVENT_PERIOD,
  });

interface Rule {
  readonly metric: IMetric;
  readonly comparisonOperator: ComparisonOperator;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm?: number;
  readonly treatMissingData: TreatMissingData;
  readonly threshold?: number;
}

export class SuiteAlarms extends Construct {
  /** Alarms that missing data triggers. */
  readonly #blind: Alarm[] = [];
  readonly #failing: Alarm[] = [];

  constructor(
    scope: Construct,
    id: string,
    { pages, functions, heals, synchronous, undelivered, rules }: SuiteAlarmsProps,
  ) {
    super(scope, id);
    const toPeople = new SnsAction(pages.topic);
    this.#sweepsMissing();
    this.#watchesMissing();
    this.#runsMissing('register-nodes-missing', suiteNames(this).functions.registerNodes, 'DNS records and alarms');
    this.#runsMissing('rotate-peers-missing', suiteNames(this).functions.rotatePeers, 'peer lists');
    // A person's own doing, and theirs to mend: it has a page of its own.
    this.#alarm(
      'fleet-file-broken',
      'A fleet file as stored does not parse, so nobody looks after that fleet: see the dispatcher’s log.',
      {
        metric: new Metric({
          namespace: suiteNames(this).metricNamespace,
          metricName: 'BrokenFleetFiles',
          statistic: Stats.MAXIMUM,
          period: Duration.minutes(1),
        }),
        ...ONE_EVENT,
        ...TWO_SWEEPS,
      },
    ).addAlarmAction(toPeople);
    for (const suiteFunction of functions) this.#failures(suiteFunction, { heals: heals.includes(suiteFunction) });
    for (const { functionName, function: fn } of synchronous)
      this.#any(`${functionName}/errors`, `${functionName} failed: see its log.`, {
        namespace: 'AWS/Lambda',
        metricName: 'Errors',
        dimensionsMap: { FunctionName: fn.functionName },
      });
    this.#throttles([...functions, ...synchronous]);
    this.#failure(
      `${undelivered.queueName}/lost`,
      `An event could not be delivered: see the queue ${undelivered.queueName}.`,
      {
        metric: lostTo(undelivered),
        ...ONE_EVENT,
      },
    );
    for (const { node, ruleName } of rules) {
      this.#any(`${node.id.toLowerCase()}-not-delivered`, 'EventBridge could not hand an event to its function.', {
        namespace: 'AWS/Events',
        metricName: 'FailedInvocations',
        dimensionsMap: { RuleName: ruleName },
      });
    }
    this.#page('blind', 'Nobody looks after a part of the fleets', 'suite-blind', this.#blind, toPeople);
    this.#page('failing', 'A part of chainmend fails', 'suite-errors', this.#failing, toPeople);
  }

  /** A composite alarm acts when the first of its alarms goes off, and again only after all were off ("Composite alarms", CloudWatch guide). */
  #page(name: string, what: string, runbook: string, alarms: readonly Alarm[], action: SnsAction): void {
    if (alarms.length > COMPOSED_MAX)
      throw new Error(
        `${suiteNames(this).suiteAlarmPrefix}${name} would be composed of ${alarms.length} alarms, CloudWatch allows ${COMPOSED_MAX}: let fleets share a VPC, or probe by "ssm"`,
      );
    const anyOf = alarms.map((alarm) => AlarmRule.fromAlarm(alarm, AlarmState.ALARM));
    new CompositeAlarm(this, name, {
      compositeAlarmName: suiteNames(this).suiteAlarmPrefix + name,
      alarmDescription: `${what}: the reason names the first alarm. All: aws cloudwatch describe-alarms --alarm-name-prefix ${suiteNames(this).suiteAlarmPrefix} --state-value ALARM. Runbook: docs/runbooks/${runbook}.md`,
      alarmRule: AlarmRule.anyOf(...anyOf),
    }).addAlarmAction(action);
  }

  /**
   * The dispatcher counts a sweep at its end. So the alarm sees a sweep that never ran, and one that stopped early. The function's errors show
   * failures of one fleet or node during the sweep.
   */
  #sweepsMissing(): void {
    this.#silence('sweeps-missing', `Nobody has looked after the fleets for ${SILENT_MINUTES} minutes.`, {
      metric: { namespace: suiteNames(this).metricNamespace, metricName: 'Sweeps', period: Duration.minutes(1) },
      evaluationPeriods: SILENT_MINUTES,
      warmUpMinutes: SWEEP_WARM_UP_MINUTES,
    });
  }

  /** watch-fleet pages what it sees itself, once each. Only this alarm shows that it has stopped watching. */
  #watchesMissing(): void {
    this.#silence('watches-missing', `Nobody has watched the nodes for ${SILENT_MINUTES} minutes.`, {
      metric: { namespace: suiteNames(this).metricNamespace, metricName: 'Watches', period: Duration.minutes(1) },
      evaluationPeriods: SILENT_MINUTES,
      warmUpMinutes: SWEEP_WARM_UP_MINUTES,
    });
  }

  /** The function's errors show failures while it runs. Only this alarm shows that it no longer updates records, alarms or lists. */
  #runsMissing(name: string, functionName: string, what: string): void {
    this.#silence(name, `Nobody has looked after ${what} for 15 minutes.`, {
      metric: {
        namespace: 'AWS/Lambda',
        metricName: 'Invocations',
        dimensionsMap: { FunctionName: functionName },
        period: Duration.minutes(5),
      },
      evaluationPeriods: 3,
      warmUpMinutes: RUN_WARM_UP_MINUTES,
    });
  }

  /** Missing data triggers the alarm, but not before the first datapoint. */
  #silence(
    name: string,
    description: string,
    {
      metric,
      evaluationPeriods,
      warmUpMinutes,
    }: { metric: MetricProps; evaluationPeriods: number; warmUpMinutes: number },
  ): void {
    const alarm = this.#alarm(name, description, {
      metric: sumOf(metric),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods,
      treatMissingData: TreatMissingData.BREACHING,
    });
    const resource = alarm.node.defaultChild as CfnAlarm;
    resource.warmUpConfiguration = { warmUpPeriodDurationInMinutes: warmUpMinutes };
    this.#blind.push(alarm);
  }

  /**
   * One alarm of a function, since one dead execution moves several of these metrics, and is one cause. Lambda counts a dropped event after it was sent to
   * the queue ("Types of metrics for Lambda functions"). Where the newest periods have no data an alarm
   * goes by older ones ("Configuring how alarms treat missing data", CloudWatch guide), so that a function which is idle after a death would be told
   * again and again: FILL says that what has no data is 0. Metric names: "Monitoring durable functions", Lambda guide.
   */
  #failures({ functionName, function: fn, failed }: SuiteFunction, { heals }: { readonly heals: boolean }): void {
    const ofFunction = (metricName: string): Metric =>
      sumOf({
        namespace: 'AWS/Lambda',
        metricName,
        dimensionsMap: { FunctionName: fn.functionName },
        period: EVENT_PERIOD,
      });
    const usingMetrics = {
      errors: ofFunction('Errors'),
      dropped: ofFunction('AsyncEventsDropped'),
      ...(heals && {
        failed: ofFunction('DurableExecutionFailed'),
        timedOut: ofFunction('DurableExecutionTimedOut'),
        stopped: ofFunction('DurableExecutionStopped'),
      }),
    };
    const what = heals ? 'failed, or a heal of it failed, ran out of time or was stopped' : 'failed';
    this.#failure(
      `${functionName}/errors`,
      `${functionName} ${what}: see its log; what was lost for good is in the queue ${failed.queueName}.`,
      {
        metric: new MathExpression({ expression: 'SUM(FILL(METRICS(), 0))', usingMetrics, period: EVENT_PERIOD }),
        ...ONE_EVENT,
      },
    );
  }

  /**
   * One alarm for ten functions, since the cause is one: Lambda's concurrency in the account. Its value is the number of a throttled function, the first
   * one in the order of its description. (A query of Metrics Insights would name each, but cannot be limited to the suite's functions: WHERE knows AND
   * alone.)
   */
  #throttles(functions: readonly (SuiteFunction | SynchronousFunction)[]): void {
    for (let first = 0; first < functions.length; first += METRICS_MAX) {
      const some = functions.slice(first, first + METRICS_MAX);
      const throttlesOf = ({ function: { functionName: FunctionName } }: SuiteFunction | SynchronousFunction): Metric =>
        sumOf({
          namespace: 'AWS/Lambda',
          metricName: 'Throttles',
          dimensionsMap: { FunctionName },
          period: EVENT_PERIOD,
        });
      this.#failure(
        first === 0 ? 'throttles' : `throttles-${first / METRICS_MAX + 1}`,
        `A function was throttled again and again for 15 minutes: is the account's concurrency of Lambda too small? The value says which: ${some.map(({ functionName }, at) => `${at + 1} ${functionName}`).join(', ')}.`,
        {
          metric: new MathExpression({
            expression: some.reduceRight(
              (others, _, at) => `IF(FILL(m${at + 1}, 0) >= ${THROTTLES.inPeriod}, ${at + 1}, ${others})`,
              '0',
            ),
            usingMetrics: Object.fromEntries(some.map((one, at) => [`m${at + 1}`, throttlesOf(one)])),
            period: EVENT_PERIOD,
          }),
          ...ONE_EVENT,
          evaluationPeriods: THROTTLES.periods,
        },
      );
    }
  }

  /** A single datapoint above zero triggers the alarm. */
  #any(name: string, description: string, metric: MetricProps): void {
    this.#failure(name, description, { metric: sumOf({ period: EVENT_PERIOD, ...metric }), ...ONE_EVENT });
  }

  #failure(name: string, description: string, rule: Rule): void {
    this.#failing.push(this.#alarm(name, description, rule));
  }

  #alarm(name: string, alarmDescription: string, { metric, ...rule }: Rule): Alarm {
    return new Alarm(this, name, {
      alarmName: suiteNames(this).suiteAlarmPrefix + name,
      alarmDescription,
      metric,
      threshold: 1,
      ...rule,
    });
  }
}
