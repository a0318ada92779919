// The texts that CloudWatch sends about an alarm: events ("Alarm events and EventBridge"), SNS messages and Lambda payloads (user guide).
import type { BusEvent, Kernel } from '../../simulator/kernel.ts';
import { type Alarm, type AlarmState, type MetricAlarmInput, propagatedTags } from './alarms.ts';
import type { Contributor } from './contributors.ts';
import type { Point, StateValue } from './evaluation.ts';
import type { Mute } from './mutes.ts';
import { dimensionsOf, type MetricDataQuery } from './queries.ts';
import type { SeriesQuery } from './watch.ts';

export interface Change {
  readonly alarm: Alarm;
  readonly previous: AlarmState;
  readonly mute: Mute | undefined;
}

/** One series of an alarm has changed, with or without the alarm as a whole. */
export interface ContributorTurn {
  readonly alarm: Alarm & { readonly type: 'metric' };
  readonly contributor: Contributor;
  readonly previous: StateValue;
  readonly mute: Mute | undefined;
}

// "Regions and endpoints" (general reference): notifications give the region's long name.
const REGION_NAMES: Readonly<Record<string, string>> = { 'eu-west-1': 'EU (Ireland)' };

export function stateChangeEvent({ alarm, previous, mute }: Change): BusEvent {
  return {
    source: 'aws.cloudwatch',
    'detail-type': 'CloudWatch Alarm State Change',
    resources: [alarm.arn],
    detail: {
      alarmName: alarm.name,
      configuration: configuration(alarm),
      previousState: state(previous),
      state: { ...state(alarm.state), ...suppression(alarm) },
      ...muteDetail(mute),
      ...tagsOf(alarm),
    },
  };
}

/** It has no previous state: a new series did not exist before. */
export function contributorEvent({ alarm, contributor, mute }: ContributorTurn): BusEvent {
  return {
    source: 'aws.cloudwatch',
    'detail-type': 'CloudWatch Alarm Contributor State Change',
    resources: [alarm.arn],
    detail: {
      alarmName: alarm.name,
      alarmContributor: { id: contributor.id, attributes: { ...contributor.attributes } },
      state: state(contributor.state),
      configuration: configuration(alarm),
      ...muteDetail(mute),
      ...tagsOf(alarm),
    },
  };
}

export function configurationChangeEvent(
  alarm: Alarm,
  operation: 'create' | 'update' | 'delete',
  before?: object,
): BusEvent {
  return {
    source: 'aws.cloudwatch',
    'detail-type': 'CloudWatch Alarm Configuration Change',
    resources: [alarm.arn],
    detail: {
      alarmName: alarm.name,
      operation,
      state: { value: alarm.state.value, timestamp: timestamp(alarm.state.atMs) },
      configuration: fullConfiguration(alarm),
      ...(before ? { previousConfiguration: before } : {}),
    },
  };
}

export function fullConfiguration(alarm: Alarm): object {
  const { input } = alarm;
  const metric = alarm.type === 'metric' ? alarm.input : undefined;
  return {
    ...(metric && !metric.EvaluationCriteria
      ? {
          evaluationPeriods: metric.EvaluationPeriods,
          ...(metric.DatapointsToAlarm === undefined ? {} : { datapointsToAlarm: metric.DatapointsToAlarm }),
          threshold: metric.Threshold,
          comparisonOperator: metric.ComparisonOperator,
          treatMissingData: metric.TreatMissingData ?? 'missing',
        }
      : {}),
    ...configuration(alarm),
    alarmName: alarm.name,
    actionsEnabled: input.ActionsEnabled ?? true,
    timestamp: timestamp(alarm.configuredAtMs),
    okActions: [...(input.OKActions ?? [])],
    alarmActions: [...(input.AlarmActions ?? [])],
    insufficientDataActions: [...(input.InsufficientDataActions ?? [])],
  };
}

/** The message to an SNS topic. AWS publishes no sample for a contributor (December 2026: none in "Alarm events and EventBridge"): its members have the names of
 * the alarm's history, as others have received them. */
export function notification(kernel: Kernel, change: Change | ContributorTurn): string {
  const { alarm } = change;
  const { input } = alarm;
  const contributor = 'contributor' in change ? change.contributor : undefined;
  const now = contributor?.state ?? alarm.state;
  const tags = propagatedTags(alarm);
  return JSON.stringify({
    AlarmName: alarm.name,
    AlarmDescription: input.AlarmDescription ?? null,
    AWSAccountId: kernel.accountId,
    AlarmConfigurationUpdatedTimestamp: timestamp(alarm.configuredAtMs),
    NewStateValue: now.value,
    NewStateReason: now.reason,
    StateChangeTime: timestamp(now.atMs),
    Region: REGION_NAMES[kernel.regionName] ?? kernel.regionName,
    AlarmArn: alarm.arn,
    OldStateValue: 'contributor' in change ? change.previous : change.previous.value,
    OKActions: input.OKActions ?? [],
    AlarmActions: input.AlarmActions ?? [],
    InsufficientDataActions: input.InsufficientDataActions ?? [],
    ...(alarm.type === 'composite' ? { AlarmRule: alarm.input.AlarmRule } : { Trigger: trigger(alarm.input) }),
    ...(contributor ? { AlarmContributorId: contributor.id, AlarmContributorAttributes: contributor.attributes } : {}),
    ...(tags ? { AlarmTags: tags, AlarmTagsStatus: 'SUCCESS' } : {}),
  });
}

/** The payload for a Lambda function. */
export function invocation(kernel: Kernel, change: Change | ContributorTurn): string {
  const { alarm } = change;
  const contributor = 'contributor' in change ? change.contributor : undefined;
  const now = contributor?.state ?? alarm.state;
  return JSON.stringify({
    source: 'aws.cloudwatch',
    alarmArn: alarm.arn,
    accountId: kernel.accountId,
    time: timestamp(now.atMs),
    region: kernel.regionName,
    alarmData: {
      alarmName: alarm.name,
      ...(contributor ? { alarmContributor: { id: contributor.id, attributes: { ...contributor.attributes } } } : {}),
      state: { ...state(now), ...suppression(alarm) },
      ...('contributor' in change ? {} : { previousState: state(change.previous) }),
      configuration: configuration(alarm),
      ...tagsOf(alarm),
    },
  });
}

/** The `reasonData` of a metric alarm, as JSON text. */
export function metricReasonData(watch: SeriesQuery, points: readonly Point[], nowMs: number): string {
  const [oldest] = points;
  return JSON.stringify({
    version: '1.0',
    queryDate: timestamp(nowMs),
    ...(oldest ? { startDate: timestamp(oldest.atMs) } : {}),
    ...(watch.statisticName === undefined ? {} : { statistic: watch.statisticName }),
    period: watch.periodSeconds,
    recentDatapoints: points.map(({ value }) => value),
    threshold: watch.threshold.threshold,
    evaluatedDatapoints: points.toReversed().map(({ atMs, value, sampleCount }) => ({
      timestamp: timestamp(atMs),
      ...(sampleCount === undefined ? {} : { sampleCount }),
      value,
    })),
  });
}

/** The `reasonData` of a composite alarm: the alarms that decide its state. */
export function compositeReasonData(children: readonly Alarm[]): string {
  return JSON.stringify({
    triggeringAlarms: children.map(({ arn, state: { value, atMs } }) => ({
      arn,
      state: { value, timestamp: timestamp(atMs) },
    })),
  });
}

/** "2019-10-02T17:04:40.989+0000". */
const timestamp = (atMs: number): string => new Date(atMs).toISOString().replace('Z', '+0000');

/** "Friday 22 July, 2022 15:57:45 UTC". */
export function longTime(atMs: number): string {
  const [, weekday, day, month, year, time] =
    /^(\w+), (\d+) (\w+) (\d+) (\S+)/.exec(new Date(atMs).toUTCString()) ?? [];
  const name = (short: string | undefined, names: string): string | undefined =>
    names.split(' ').find((long) => short !== undefined && long.startsWith(short));
  const weekdays = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday';
  const months = 'January February March April May June July August September October November December';
  return `${name(weekday, weekdays)} ${day} ${name(month, months)}, ${year} ${time} UTC`;
}

/** The first state of an alarm has no reasonData. */
function state({ value, reason, reasonData, atMs }: AlarmState): object {
  return { value, reason, ...(reasonData === undefined ? {} : { reasonData }), timestamp: timestamp(atMs) };
}

const muteDetail = (mute: Mute | undefined): object =>
  mute
    ? {
        muteDetail: {
          mutedByArn: mute.arn,
          muteWindowStart: timestamp(mute.fromMs),
          muteWindowEnd: timestamp(mute.toMs),
        },
      }
    : {};

function tagsOf(alarm: Alarm): object {
  const tags = propagatedTags(alarm);
  return tags ? { alarmTags: tags, alarmTagsStatus: 'SUCCESS' } : {};
}

function suppression(alarm: Alarm): object {
  const by = alarm.type === 'composite' ? alarm.suppression : undefined;
  return by ? { actionsSuppressedBy: by.by, actionsSuppressedReason: by.reason } : {};
}

function configuration(alarm: Alarm): object {
  const { AlarmDescription: description } = alarm.input;
  const described = description === undefined ? {} : { description };
  if (alarm.type === 'metric' && alarm.input.EvaluationCriteria) return { ...described, ...criteria(alarm.input) };
  if (alarm.type === 'metric') return { ...described, metrics: alarm.watch.metrics.map(metric) };
  const { input } = alarm;
  return {
    ...described,
    alarmRule: input.AlarmRule,
    ...(input.ActionsSuppressor === undefined
      ? {}
      : {
          actionsSuppressor: input.ActionsSuppressor,
          actionsSuppressorWaitPeriod: input.ActionsSuppressorWaitPeriod,
          actionsSuppressorExtensionPeriod: input.ActionsSuppressorExtensionPeriod,
        }),
  };
}

/** AWS publishes no sample of a PromQL alarm's event (December 2026: none in "Alarm events and EventBridge"): these are the members of the API. */
const criteria = ({ EvaluationCriteria, EvaluationInterval }: MetricAlarmInput): object => {
  const { Query: query, PendingPeriod, RecoveryPeriod } = EvaluationCriteria?.PromQLCriteria ?? {};
  const promQLCriteria = { query, pendingPeriod: PendingPeriod ?? 0, recoveryPeriod: RecoveryPeriod ?? 0 };
  return { evaluationCriteria: { promQLCriteria }, evaluationInterval: EvaluationInterval };
};

function metric({
  Id,
  MetricStat: stat,
  Expression: expression,
  Label: label,
  Period: period,
  ReturnData: returned = true,
}: MetricDataQuery): object {
  return {
    id: Id,
    ...(expression === undefined ? {} : { expression }),
    ...(label === undefined ? {} : { label }),
    ...(stat
      ? {
          metricStat: {
            metric: {
              namespace: stat.Metric.Namespace,
              name: stat.Metric.MetricName,
              dimensions: dimensionsOf(stat.Metric.Dimensions),
            },
            period: stat.Period,
            stat: stat.Stat,
            ...(stat.Unit === undefined ? {} : { unit: stat.Unit }),
          },
        }
      : {}),
    returnData: returned,
    ...(period === undefined ? {} : { period }),
  };
}

function trigger(input: MetricAlarmInput): object {
  const { EvaluationCriteria, EvaluationInterval } = input;
  if (EvaluationCriteria) return { EvaluationCriteria, EvaluationInterval };
  return {
    ...(input.Metrics
      ? { Metrics: input.Metrics }
      : {
          MetricName: input.MetricName,
          Namespace: input.Namespace,
          StatisticType: input.Statistic ? 'Statistic' : 'ExtendedStatistic',
          Statistic: (input.Statistic ?? input.ExtendedStatistic)?.toUpperCase(),
          Unit: input.Unit ?? null,
          Dimensions: (input.Dimensions ?? []).map(({ Name, Value }) => ({ name: Name, value: Value })),
        }),
    Period: input.Period,
    EvaluationPeriods: input.EvaluationPeriods,
    DatapointsToAlarm: input.DatapointsToAlarm,
    ComparisonOperator: input.ComparisonOperator,
    Threshold: input.Threshold,
    TreatMissingData: input.TreatMissingData ?? 'missing',
  };
}
