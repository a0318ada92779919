// The changes from the existing alarms to the desired ones. A person's own settings stay. An alarm of ours is rewritten in two cases only: it looks
// at the wrong metric, or the fleet file's number or the runbook's place has changed since we wrote it. Pure.
import type { EvaluationCriteria, MetricAlarm, PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import type { Fleet } from '../../shared/fleet/model.ts';
import { FLEET_TAG, KIND_TAG, NODE_TAG } from '../../shared/model/tags.ts';
import type { AlarmSource, DesiredAlarm, DesiredAlarms, MetricRef } from './alarms.ts';

export interface AlarmChanges {
  readonly create: readonly DesiredAlarm[];
  /** To be rewritten if its tags say that it is this fleet's; people's settings are kept. */
  readonly update: readonly { readonly alarm: DesiredAlarm; readonly now: MetricAlarm; readonly why: string }[];
  /** To be deleted if its tags say that it is this fleet's. */
  readonly remove: readonly MetricAlarm[];
  /** Not made: their names are those of another fleet. */
  readonly taken: readonly { readonly alarm: DesiredAlarm; readonly by: string }[];
}

/** So long a new alarm of a whole fleet may take until it says the same as those that it takes the place of. */
const TAKES_OVER_MS = 10 * 60_000;

/**
 * An alarm of a node that is on stays until the fleet's, which is to take its place, has looked at its metrics: in between nobody would know that the trouble lasts.
 *
 * @param otherFleets an alarm under their prefix is theirs: `chainmend-bit-` is also the start of `chainmend-bit-coin-…`. A node `coin-node1` of `bit` has no
 *   alarms beside a fleet `bit-coin`: it would take the names of that one's node1
 */
export function diffAlarms(
  { suite, name: fleet }: Pick<Fleet, 'suite' | 'name'>,
  { alarms, tolerated }: DesiredAlarms,
  existing: readonly MetricAlarm[],
  otherFleets: readonly string[],
  nowMs: number,
): AlarmChanges {
  const now = new Map(existing.map((alarm) => [alarm.AlarmName ?? '', alarm]));
  const wanted = new Set(alarms.map(({ name }) => name));
  const longer = otherFleets.filter((other) => other.startsWith(`${fleet}-`));
  const ownerOf = (name: string): string | undefined => longer.find((other) => name.startsWith(`${suite}-${other}-`));
  const taken = alarms.flatMap((alarm) => {
    const by = ownerOf(alarm.name);
    return by === undefined ? [] : [{ alarm, by }];
  });
  // What this fleet had made before the other one came; its tags are read before it is deleted.
  const isLeft = (found: MetricAlarm): boolean =>
    taken.some(({ alarm }) => alarm.name === found.AlarmName && sourceKeyOf(alarm.look) === currentSourceKey(found));
  const own = alarms.filter(({ name }) => ownerOf(name) === undefined);
  const isBlind = ({ StateValue, AlarmConfigurationUpdatedTimestamp: at }: MetricAlarm): boolean =>
    StateValue === 'INSUFFICIENT_DATA' && at !== undefined && nowMs - at.getTime() < TAKES_OVER_MS;
  const takesOver = alarms.some(({ name, node }) => {
    const found = now.get(name);
    return node === undefined && (found === undefined || isBlind(found));
  });
  const isNeeded = ({ StateValue }: MetricAlarm): boolean => takesOver && StateValue === 'ALARM';
  return {
    taken,
    create: own.filter(({ name }) => !now.has(name)),
    update: own.flatMap((alarm) => {
      const found = now.get(alarm.name);
      const why = found && updateReason(alarm, found);
      return found && why ? [{ alarm, now: found, why }] : [];
    }),
    remove: existing.filter(
      (alarm) =>
        isLeft(alarm) ||
        (!wanted.has(alarm.AlarmName ?? '') &&
          !tolerated.has(alarm.AlarmName ?? '') &&
          ownerOf(alarm.AlarmName ?? '') === undefined &&
          !isNeeded(alarm)),
    ),
  };
}

function updateReason(alarm: DesiredAlarm, now: MetricAlarm): string | undefined {
  if (sourceKeyOf(alarm.look) !== currentSourceKey(now)) return 'it looks at something else';
  if (!now.ActionConfiguration?.AlarmTagsPropagation?.Enabled) return 'its events do not carry its tags';
  const written = parseDescription(now.AlarmDescription);
  if (written.threshold !== undefined && written.threshold !== alarm.threshold)
    return `the fleet file says ${alarm.threshold} instead of ${written.threshold}`;
  if (written.runbook !== undefined && written.runbook !== alarm.runbook) return 'its runbook lies elsewhere';
  return undefined;
}

/** PutMetricAlarmInput: AlarmDescription (`@aws-sdk/client-cloudwatch`). A path may take most of it. */
const MAX_DESCRIPTION_CHARACTERS = 1_024;

const RUNBOOK = /^Runbook: (\S+)$/m;
const THRESHOLD = /^Set to (-?\d+(?:\.\d+)?) by chainmend;/m;

/**
 * The description keeps the number that we wrote. A threshold that differs from it is a person's, and stays until the fleet file's number changes.
 */
export function descriptionOf({ meaning, runbook, threshold }: DesiredAlarm): string {
  const rest = `\nRunbook: ${runbook}\nSet to ${threshold} by chainmend; a threshold of your own stays.`;
  return meaning.slice(0, MAX_DESCRIPTION_CHARACTERS - rest.length) + rest;
}

export function parseDescription(description = ''): {
  readonly threshold: number | undefined;
  readonly runbook: string | undefined;
} {
  const threshold = THRESHOLD.exec(description)?.[1];
  return {
    threshold: threshold === undefined ? undefined : Number(threshold),
    runbook: RUNBOOK.exec(description)?.[1],
  };
}

/** The source of an alarm in a form to compare: its metrics, or its query. Statistics and periods are left out, because people may tune them. */
const sourceKeyOf = (look: AlarmSource): string => {
  switch (look.by) {
    case 'metric':
      return JSON.stringify([metricKey(look.metric)]);
    case 'math':
      return JSON.stringify(Object.values(look.metrics).map(metricKey).sort());
    case 'query':
    case 'promql':
      return look.query;
  }
};

function currentSourceKey({ Namespace, MetricName, Dimensions, Metrics, EvaluationCriteria }: MetricAlarm): string {
  if (EvaluationCriteria) return promqlOf(EvaluationCriteria).query;
  if (!Metrics?.length) return JSON.stringify([metricKey(refOf({ Namespace, MetricName, Dimensions }))]);
  const metrics = Metrics.flatMap(({ MetricStat }) =>
    MetricStat?.Metric ? [metricKey(refOf(MetricStat.Metric))] : [],
  );
  return metrics.length > 0 ? JSON.stringify(metrics.sort()) : (Metrics[0]?.Expression ?? '');
}

const refOf = ({
  Namespace = '',
  MetricName = '',
  Dimensions = [],
}: Pick<MetricAlarm, 'Namespace' | 'MetricName' | 'Dimensions'>): MetricRef => ({
  namespace: Namespace,
  name: MetricName,
  dimensions: Object.fromEntries(Dimensions.map(({ Name = '', Value = '' }) => [Name, Value])),
});

const metricKey = ({ namespace, name, dimensions }: MetricRef): string =>
  JSON.stringify([namespace, name, ...Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);

const COMPARED = /^(.*\S) (?:>=|>|<=) (-?\d+(?:\.\d+)?)$/s;

/** A PromQL query without the comparison at its end, and that one's number: a person may tune it as every threshold. */
function promqlOf(criteria: EvaluationCriteria | undefined): { readonly query: string; readonly threshold?: number } {
  const { Query = '' } = criteria?.PromQLCriteria ?? {};
  const [, query, threshold] = COMPARED.exec(Query) ?? [];
  return query === undefined ? { query: Query } : { query, threshold: Number(threshold) };
}

/** The first metric with dimensions, of an alarm on a metric or on an expression. */
export function firstMetric(alarm: MetricAlarm): MetricRef | undefined {
  if (alarm.MetricName) return refOf(alarm);
  const metric = alarm.Metrics?.map(({ MetricStat }) => MetricStat?.Metric).find((one) => one?.Dimensions?.length);
  return metric && refOf(metric);
}

/** Actions that a person has added. We do not rewrite such an alarm, because our role may name no topic but our own. */
export const foreignActions = ({ OKActions, AlarmActions, InsufficientDataActions }: MetricAlarm, topicArn: string) =>
  [...(OKActions ?? []), ...(AlarmActions ?? []), ...(InsufficientDataActions ?? [])].filter((arn) => arn !== topicArn);

export const isOurs = (tags: Readonly<Record<string, string>>, { tag }: Pick<Fleet, 'tag'>): boolean =>
  tags[FLEET_TAG] === tag && tags[KIND_TAG] !== undefined;

const COMPARISONS = {
  '>=': 'GreaterThanOrEqualToThreshold',
  '>': 'GreaterThanThreshold',
  '<=': 'LessThanOrEqualToThreshold',
} as const;
const PERIOD_SECONDS = 60;

/**
 * @param now the alarm as it is, where there is one: its threshold (unless the fleet file's has changed), patience and actions stay.
 *   "When you update an existing alarm … the update completely overwrites the previous configuration" (PutMetricAlarm).
 */
export function putInput(
  fleet: Pick<Fleet, 'tag'>,
  alarm: DesiredAlarm,
  topicArn: string,
  now?: MetricAlarm,
): PutMetricAlarmInput {
  const written = parseDescription(now?.AlarmDescription).threshold;
  const found = now?.Threshold ?? promqlOf(now?.EvaluationCriteria).threshold;
  const threshold =
    found !== undefined && (written === undefined || written === alarm.threshold) ? found : alarm.threshold;
  return {
    AlarmName: alarm.name,
    AlarmDescription: descriptionOf(alarm),
    ...(alarm.look.by === 'promql'
      ? promqlInput(alarm.look.query, alarm, threshold, now)
      : { ...sourceInput(alarm.look), ...thresholdInput(alarm, threshold, now) }),
    ActionsEnabled: now?.ActionsEnabled ?? true,
    AlarmActions: now ? (now.AlarmActions ?? []) : alarm.pages ? [topicArn] : [],
    ...(now?.OKActions?.length && { OKActions: now.OKActions }),
    ...(now?.InsufficientDataActions?.length && { InsufficientDataActions: now.InsufficientDataActions }),
    ActionConfiguration: {
      AlarmTagsPropagation: { Enabled: true, IncludedTagKeys: [FLEET_TAG, NODE_TAG, KIND_TAG] },
    },
    // "To update tags of an existing alarm, use TagResource": an existing one has them, or it would not be written.
    ...(!now && { Tags: tagsOf(fleet, alarm) }),
  };
}

const thresholdInput = (alarm: DesiredAlarm, Threshold: number, now?: MetricAlarm): Partial<PutMetricAlarmInput> => ({
  Threshold,
  ComparisonOperator: now?.ComparisonOperator ?? COMPARISONS[alarm.when],
  EvaluationPeriods: now?.EvaluationPeriods ?? alarm.minutes,
  ...(now?.DatapointsToAlarm !== undefined && { DatapointsToAlarm: now.DatapointsToAlarm }),
  TreatMissingData: now?.TreatMissingData ?? 'missing',
});

/** A series that is returned twice, a minute apart, breaches for two minutes as other alarms count them. */
const promqlInput = (
  query: string,
  { when, minutes }: DesiredAlarm,
  threshold: number,
  now?: MetricAlarm,
): Partial<PutMetricAlarmInput> => {
  const { PendingPeriod, RecoveryPeriod } = now?.EvaluationCriteria?.PromQLCriteria ?? {};
  return {
    EvaluationCriteria: {
      PromQLCriteria: {
        Query: `${query} ${when} ${threshold}`,
        PendingPeriod: PendingPeriod ?? (minutes - 1) * PERIOD_SECONDS,
        RecoveryPeriod: RecoveryPeriod ?? 0,
      },
    },
    EvaluationInterval: now?.EvaluationInterval ?? PERIOD_SECONDS,
  };
};

const tagsOf = ({ tag }: Pick<Fleet, 'tag'>, { node, kind }: DesiredAlarm) => [
  { Key: FLEET_TAG, Value: tag },
  ...(node === undefined ? [] : [{ Key: NODE_TAG, Value: node }]),
  { Key: KIND_TAG, Value: kind },
];

const wireMetric = ({ namespace, name, dimensions }: MetricRef) => ({
  Namespace: namespace,
  MetricName: name,
  Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
});

function sourceInput(look: Exclude<AlarmSource, { readonly by: 'promql' }>): Partial<PutMetricAlarmInput> {
  switch (look.by) {
    case 'metric':
      return { ...wireMetric(look.metric), Statistic: look.statistic, Period: PERIOD_SECONDS };
    case 'math':
      return {
        Metrics: [
          { Id: 'result', Expression: look.expression, ReturnData: true },
          ...Object.entries(look.metrics).map(([Id, metric]) => ({
            Id,
            MetricStat: { Metric: wireMetric(metric), Period: PERIOD_SECONDS, Stat: 'Maximum' },
            ReturnData: false,
          })),
        ],
      };
    case 'query':
      return { Metrics: [{ Id: 'query', Expression: look.query, Period: PERIOD_SECONDS, ReturnData: true }] };
  }
}
