// Reads and checks PutMetricAlarm and PutCompositeAlarm, and describes alarms.
import { AwsError, notEmulated } from '../../simulator/service.ts';
import type { Contributor } from './contributors.ts';
import {
  type ComparisonOperator,
  isComparison,
  type StateValue,
  type Threshold,
  type TreatMissingData,
} from './evaluation.ts';
import { type Dimension, isAscii, type MetricDataQuery, type MetricStat, nonAsciiPart } from './queries.ts';
import { type AlarmRule, nameOf, parseAlarmRule } from './rule.ts';
import { type AlarmQuery, watchMetric, watchPromql, watchQueries } from './watch.ts';

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

export interface ActionConfiguration {
  readonly AlarmTagsPropagation?: {
    readonly Enabled: boolean;
    readonly IncludedTagKeys?: readonly string[];
    readonly ExcludedTagKeys?: readonly string[];
  };
}

interface CommonInput {
  readonly AlarmName: string;
  readonly AlarmDescription?: string;
  readonly ActionsEnabled?: boolean;
  readonly OKActions?: readonly string[];
  readonly AlarmActions?: readonly string[];
  readonly InsufficientDataActions?: readonly string[];
  readonly Tags?: readonly Tag[];
  readonly ActionConfiguration?: ActionConfiguration;
}

export interface MetricAlarmInput extends CommonInput {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly Dimension[];
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  readonly Period?: number;
  readonly Unit?: string;
  readonly Metrics?: readonly MetricDataQuery[];
  readonly EvaluationPeriods?: number;
  readonly DatapointsToAlarm?: number;
  readonly Threshold?: number;
  readonly ComparisonOperator?: string;
  readonly TreatMissingData?: string;
  readonly EvaluateLowSampleCountPercentile?: string;
  readonly WarmUpConfiguration?: {
    readonly WarmUpPeriodDurationInMinutes: number;
    readonly OnlyStartEvaluatingAfterWarmUpPeriodEnds?: boolean;
  };
  readonly EvaluationCriteria?: {
    readonly PromQLCriteria?: {
      readonly Query: string;
      readonly PendingPeriod?: number;
      readonly RecoveryPeriod?: number;
    };
  };
  readonly EvaluationInterval?: number;
}

export interface CompositeAlarmInput extends CommonInput {
  readonly AlarmRule: string;
  readonly ActionsSuppressor?: string;
  readonly ActionsSuppressorWaitPeriod?: number;
  readonly ActionsSuppressorExtensionPeriod?: number;
}

export interface AlarmState {
  readonly value: StateValue;
  readonly reason: string;
  readonly reasonData?: string;
  readonly atMs: number;
}

export interface Suppression {
  readonly by: 'Alarm' | 'WaitPeriod' | 'ExtensionPeriod';
  readonly reason: string;
}

interface CommonAlarm {
  readonly name: string;
  readonly arn: string;
  readonly createdAtMs: number;
  configuredAtMs: number;
  state: AlarmState;
  readonly tags: Map<string, string>;
}

export interface MetricAlarm extends CommonAlarm {
  readonly type: 'metric';
  input: MetricAlarmInput;
  watch: AlarmQuery;
  /** The series of a grouping query, by id, as of the last evaluation. */
  contributors: ReadonlyMap<string, Contributor>;
  /** The last evaluation saw only a part of the series that its query matches. */
  partial: boolean;
  /** When its warm-up period ends at the latest; undefined after that, or without one. */
  warmUpUntilMs: number | undefined;
}

export interface CompositeAlarm extends CommonAlarm {
  readonly type: 'composite';
  input: CompositeAlarmInput;
  rule: AlarmRule;
  suppression: Suppression | undefined;
}

export type Alarm = MetricAlarm | CompositeAlarm;

// PutMetricAlarm (API reference): periods times period must not exceed 7 days, or a day for periods below an hour; 50 tags; 5 actions.
const DAY_SECONDS = 86_400;
const ACTIONS_MAX = 5;
const TAGS_MAX = 50;
// "Specify a value from 1 to 2,880 minutes (2 days)" ("Alarm warm-up periods", user guide).
const WARM_UP_MAX_MINUTES = 2_880;
const TREATMENTS: readonly string[] = ['missing', 'ignore', 'breaching', 'notBreaching'];

/** `id` names the metric of a single-metric alarm in its events. */
export function readMetricAlarm(input: MetricAlarmInput, id: string): AlarmQuery {
  checkCommon(input);
  if (input.EvaluationCriteria) return readPromqlAlarm(input);
  if (input.EvaluationInterval !== undefined)
    throw invalid('EvaluationInterval can be specified with EvaluationCriteria only');
  const {
    EvaluationPeriods: n,
    DatapointsToAlarm: m,
    Threshold: threshold,
    TreatMissingData: treat = 'missing',
  } = input;
  if (!isComparison(input.ComparisonOperator ?? '')) {
    throw notEmulated(`the comparison operator ${input.ComparisonOperator}`);
  }
  if (threshold === undefined) throw invalid('The parameter Threshold is required');
  const minutes = input.WarmUpConfiguration?.WarmUpPeriodDurationInMinutes ?? 1;
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > WARM_UP_MAX_MINUTES)
    throw invalid(`WarmUpPeriodDurationInMinutes must be from 1 to ${WARM_UP_MAX_MINUTES}`);
  if (n === undefined || !Number.isInteger(n) || n < 1) throw invalid('EvaluationPeriods must be at least 1');
  if (m !== undefined && (m < 1 || m > n)) throw invalid('DatapointsToAlarm must be from 1 to EvaluationPeriods');
  if (!TREATMENTS.includes(treat)) {
    throw invalid(
      `Option ${treat} is not supported for TreatMissingData. Supported options are ${TREATMENTS.join(', ')}`,
    );
  }
  const rule: Threshold = {
    comparison: input.ComparisonOperator as ComparisonOperator,
    threshold,
    evaluationPeriods: n,
    datapointsToAlarm: m,
    treatMissingData: treat as TreatMissingData,
  };
  const watch = input.Metrics ? watchQueries(input.Metrics, rule) : watchMetric(singleMetric(input), rule, id);
  const spanSeconds = n * watch.periodSeconds;
  if (spanSeconds > (watch.periodSeconds >= 3600 ? 7 : 1) * DAY_SECONDS) {
    throw invalid('Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).');
  }
  return watch;
}

/** "If you use the EvaluationCriteria parameter, you cannot include" these (PutMetricAlarmInput, @aws-sdk/client-cloudwatch). */
const NOT_WITH_CRITERIA = [
  'Namespace',
  'MetricName',
  'Dimensions',
  'Period',
  'Unit',
  'Statistic',
  'ExtendedStatistic',
  'Metrics',
  'Threshold',
  'ComparisonOperator',
  'ThresholdMetricId',
  'EvaluationPeriods',
  'DatapointsToAlarm',
  // "This parameter is not applicable to PromQL alarms."
  'TreatMissingData',
] as const;

function readPromqlAlarm(input: MetricAlarmInput): AlarmQuery {
  const { EvaluationInterval: seconds, EvaluationCriteria } = input;
  const criteria = EvaluationCriteria?.PromQLCriteria;
  const other = NOT_WITH_CRITERIA.find((member) => (input as unknown as Record<string, unknown>)[member] !== undefined);
  if (other !== undefined) throw invalid(`${other} cannot be given together with EvaluationCriteria`);
  if (!criteria) throw invalid('EvaluationCriteria must contain PromQLCriteria');
  // "Valid values are 10, 20, 30, and any multiple of 60. This parameter is required for alarms that use EvaluationCriteria".
  if (seconds === undefined || (![10, 20, 30].includes(seconds) && seconds % 60 !== 0))
    throw invalid('EvaluationInterval must be 10, 20, 30 or a multiple of 60');
  const { Query: query, PendingPeriod: pending = 0, RecoveryPeriod: recovery = 0 } = criteria;
  return watchPromql(query, seconds, { pendingMs: pending * 1000, recoveryMs: recovery * 1000 });
}

/**
 * When the warm-up of a put alarm ends. "If you change it after the warm-up period ends, the new value does not restart the warm-up period"
 * [WarmUpConfiguration]; an earlier change counts from the alarm's creation.
 */
export function warmUpEndMs({ WarmUpConfiguration }: MetricAlarmInput, createdAtMs: number): number | undefined {
  if (!WarmUpConfiguration) return undefined;
  return createdAtMs + WarmUpConfiguration.WarmUpPeriodDurationInMinutes * 60_000;
}

export function readCompositeAlarm(input: CompositeAlarmInput): AlarmRule {
  checkCommon(input);
  const suppressed = input.ActionsSuppressor !== undefined;
  for (const member of ['ActionsSuppressorWaitPeriod', 'ActionsSuppressorExtensionPeriod'] as const) {
    if ((input[member] !== undefined) !== suppressed) {
      throw invalid(`${member} is required when, and only when, ActionsSuppressor is given`);
    }
  }
  const rule = parseAlarmRule(input.AlarmRule);
  if (rule.children.includes(input.AlarmName)) throw invalid('A composite alarm must not depend on itself');
  return rule;
}

export function checkTags(tags: readonly Tag[]): void {
  if (tags.length > TAGS_MAX) throw invalid(`An alarm has at most ${TAGS_MAX} tags`);
  for (const { Key } of tags) {
    if (Key.startsWith('aws:')) throw invalid(`Tag keys must not start with aws: (${Key})`);
  }
}

export function describeAlarm(alarm: Alarm): object {
  const { Tags: _, ...input } = alarm.input;
  const common = {
    ...structuredClone(input),
    AlarmArn: alarm.arn,
    ActionsEnabled: alarm.input.ActionsEnabled ?? true,
    OKActions: [...(alarm.input.OKActions ?? [])],
    AlarmActions: [...(alarm.input.AlarmActions ?? [])],
    InsufficientDataActions: [...(alarm.input.InsufficientDataActions ?? [])],
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredAtMs),
    StateValue: alarm.state.value,
    StateReason: alarm.state.reason,
    ...(alarm.state.reasonData === undefined ? {} : { StateReasonData: alarm.state.reasonData }),
    StateUpdatedTimestamp: new Date(alarm.state.atMs),
    StateTransitionedTimestamp: new Date(alarm.state.atMs),
  };
  if (alarm.type === 'composite') {
    const { suppression } = alarm;
    return {
      ...common,
      ...(suppression ? { ActionsSuppressedBy: suppression.by, ActionsSuppressedReason: suppression.reason } : {}),
    };
  }
  const evaluation = alarm.warmUpUntilMs === undefined ? (alarm.partial ? 'PARTIAL_DATA' : undefined) : 'IN_WARM_UP';
  const evaluated = { ...common, ...(evaluation && { EvaluationState: evaluation }) };
  return alarm.input.Metrics || alarm.watch.of === 'promql' ? evaluated : { Dimensions: [], ...evaluated };
}

/** Tags that go into notifications and events ("Alarm tags in action payloads", user guide); undefined: propagation is off. */
export function propagatedTags(alarm: Alarm): Record<string, string> | undefined {
  const propagation = alarm.input.ActionConfiguration?.AlarmTagsPropagation;
  if (!propagation?.Enabled) return undefined;
  const { IncludedTagKeys: included, ExcludedTagKeys: excluded = [] } = propagation;
  const shown = [...alarm.tags].filter(([key]) => (included?.includes(key) ?? true) && !excluded.includes(key));
  return Object.fromEntries(shown);
}

export const suppressorOf = ({ input }: CompositeAlarm): string | undefined =>
  input.ActionsSuppressor === undefined ? undefined : nameOf(input.ActionsSuppressor);

function singleMetric(input: MetricAlarmInput): MetricStat {
  const { Namespace, MetricName, Period, Dimensions = [], Unit } = input;
  const stat = input.Statistic ?? input.ExtendedStatistic;
  if (input.Statistic !== undefined && input.ExtendedStatistic !== undefined) {
    throw invalid('Statistic and ExtendedStatistic are mutually exclusive.');
  }
  if (Namespace === undefined || MetricName === undefined || Period === undefined || stat === undefined) {
    throw invalid(
      'Namespace, MetricName, Period and Statistic or ExtendedStatistic are required for an alarm on a metric',
    );
  }
  if (![10, 20, 30].includes(Period) && (Period < 60 || Period % 60 !== 0)) {
    throw invalid('Period must be 10, 20, 30 or a multiple of 60');
  }
  if (nonAsciiPart(Dimensions) !== undefined) throw invalid('Dimensions must not contain Non-ASCII characters.');
  if (!isAscii(MetricName)) throw invalid('MetricName must not contain Non-ASCII characters.');
  return { Metric: { Namespace, MetricName, Dimensions }, Period, Stat: stat, ...(Unit === undefined ? {} : { Unit }) };
}

function checkCommon(input: CommonInput): void {
  if (input.AlarmName.length < 1 || input.AlarmName.length > 255)
    throw invalid('AlarmName must have 1 to 255 characters');
  for (const member of ['OKActions', 'AlarmActions', 'InsufficientDataActions'] as const) {
    const actions = input[member] ?? [];
    if (actions.length > ACTIONS_MAX) throw invalid(`${member} has more than ${ACTIONS_MAX} elements`);
    const strange = actions.find((arn) => !arn.startsWith('arn:'));
    if (strange !== undefined) throw invalid(`Invalid arn syntax: ${strange}`);
  }
  const propagation = input.ActionConfiguration?.AlarmTagsPropagation;
  if (propagation?.IncludedTagKeys && propagation.ExcludedTagKeys) {
    throw invalid('IncludedTagKeys and ExcludedTagKeys cannot be given together');
  }
  checkTags(input.Tags ?? []);
}

const invalid = (message: string): AwsError => new AwsError('ValidationError', message);

export interface HistoryItem {
  readonly AlarmName: string;
  readonly AlarmType: 'MetricAlarm' | 'CompositeAlarm';
  readonly Timestamp: Date;
  readonly HistoryItemType:
    | 'ConfigurationUpdate'
    | 'StateUpdate'
    | 'Action'
    | `AlarmContributor${'StateUpdate' | 'Action'}`;
  readonly HistorySummary: string;
  readonly HistoryData: string;
  /** Of one series of an alarm. */
  readonly AlarmContributorId?: string;
  readonly AlarmContributorAttributes?: Readonly<Record<string, string>>;
}

/** Writes the history; `contributor` if it is about one series of the alarm. */
export type Note = (
  alarm: Alarm,
  type: HistoryItem['HistoryItemType'],
  summary: string,
  data: object,
  contributor?: Contributor,
) => void;
