// The query of an alarm: one metric, an expression over several, or the series of a Metrics Insights query.
import { AwsError } from '../../simulator/service.ts';
import type { Point, Threshold } from './evaluation.ts';
import { type InsightsResult, runnerOf } from './insights.ts';
import { compilePromql, type PromqlQuery } from './promql.ts';
import type { Patience } from './promql-alarms.ts';
import {
  compileQueries,
  type InsightsSource,
  type MetricDataQuery,
  type MetricSource,
  type MetricStat,
  metricSource,
} from './queries.ts';
import type { SeriesStore } from './series.ts';
import { statisticOver } from './statistics.ts';

/** The query of a metric alarm: one series, all series that a Metrics Insights query groups, or those that a PromQL query returns. */
export type AlarmQuery = SeriesQuery | GroupsQuery | PromqlWatch;

export interface PromqlWatch extends Patience {
  readonly of: 'promql';
  /** Its evaluation interval. */
  readonly periodSeconds: number;
  /** It names no metrics as other alarms do. */
  readonly metrics: readonly [];
  readonly read: PromqlQuery;
}

export const watchPromql = (query: string, periodSeconds: number, patience: Patience): PromqlWatch => ({
  of: 'promql',
  periodSeconds,
  metrics: [],
  ...patience,
  read: compilePromql(query),
});

interface CommonQuery {
  readonly threshold: Threshold;
  readonly periodSeconds: number;
  /** The metrics as events show them. */
  readonly metrics: readonly MetricDataQuery[];
  /** Absent for math expressions. */
  readonly statisticName: string | undefined;
}

export interface SeriesQuery extends CommonQuery {
  readonly of: 'series';
  /** Empty for a Metrics Insights query: its metrics change over time. */
  readonly sources: readonly MetricSource[];
  /** The last `count` datapoints of the sliding window that ends at `endMs`, oldest first. */
  read(store: SeriesStore, endMs: number, count: number): (Point | undefined)[];
}

export interface GroupsQuery extends CommonQuery {
  readonly of: 'groups';
  /** The same for every series with data in that window. */
  read(store: SeriesStore, endMs: number, count: number): InsightsResult;
}

// MetricDataQuery (API reference): "up to 20 …, as many as 10 structures that contain a MetricStat …, and as many as 10 … the Expression".
const METRICS_MAX = 10;
/** "For alarm condition evaluations, Metrics Insights queries can query only the most recent three hours of metric data." */
const INSIGHTS_SECONDS = 3 * 3_600;

export function watchMetric(stat: MetricStat, threshold: Threshold, id: string): AlarmQuery {
  const source = metricSource(stat);
  return {
    of: 'series',
    threshold,
    periodSeconds: stat.Period,
    metrics: [{ Id: id, MetricStat: stat, ReturnData: true }],
    sources: [source],
    statisticName: stat.Stat,
    read: (store, endMs, count) => slidingWindow(store, source, endMs, count),
  };
}

export function watchQueries(queries: readonly MetricDataQuery[], threshold: Threshold): AlarmQuery {
  if (queries.filter(({ MetricStat: stat }) => stat).length > METRICS_MAX)
    throw invalid(`Metrics list must not contain more than ${METRICS_MAX} metrics.`);
  if (queries.filter(({ Expression: expression }) => expression !== undefined).length > METRICS_MAX)
    throw invalid(`Metrics list must not contain more than ${METRICS_MAX} expressions.`);
  const compiled = compileQueries(queries);
  const returned = queries.filter(({ ReturnData: shown = true }) => shown);
  const [result] = returned;
  if (!result || returned.length > 1) throw invalid('Exactly one element of the metrics list should return data.');
  const insights = compiled.insights.get(result.Id);
  if (insights) return watchInsights(queries, insights, threshold);
  const periods = new Set([...compiled.metrics.values()].map(({ periodSeconds }) => periodSeconds));
  const [periodSeconds] = periods;
  if (periodSeconds === undefined || periods.size > 1)
    throw invalid('Metrics list must contain metrics of one period.');
  return {
    of: 'series',
    threshold,
    periodSeconds,
    metrics: queries,
    sources: [...compiled.metrics.values()],
    statisticName: result.MetricStat?.Stat,
    read: (store, endMs, count) => {
      const periodMs = periodSeconds * 1000;
      const times = Array.from({ length: count }, (_, i) => endMs - (count - i) * periodMs);
      const value = compiled.evaluate(
        result.Id,
        (source) => {
          const points = slidingWindow(store, source, endMs, count).filter((point) => point !== undefined);
          return new Map(points.map((point) => [point.atMs, point.value]));
        },
        times,
      );
      return times.map((atMs) => {
        const at = typeof value === 'number' ? value : value.get(atMs);
        return at === undefined ? undefined : { atMs, value: at };
      });
    },
  };
}

/** A query without groups gives one series: an alarm like any other. */
function watchInsights(
  metrics: readonly MetricDataQuery[],
  { query, periodSeconds }: InsightsSource,
  threshold: Threshold,
): AlarmQuery {
  if (threshold.evaluationPeriods * periodSeconds > INSIGHTS_SECONDS)
    throw invalid('A Metrics Insights query can be checked across the last three hours only.');
  const common = { threshold, periodSeconds, metrics, statisticName: undefined };
  let run: ReturnType<typeof runnerOf> | undefined;
  const read = (store: SeriesStore, endMs: number, count: number): InsightsResult => {
    run ??= runnerOf(query, store);
    const periodMs = periodSeconds * 1000;
    const starts = Array.from({ length: count }, (_, i) => endMs - (count - i) * periodMs);
    return run(starts.map((fromMs) => ({ fromMs, toMs: fromMs + periodMs })));
  };
  if (query.groupBy.length > 0) return { ...common, of: 'groups', read };
  return {
    ...common,
    of: 'series',
    sources: [],
    read: (store, endMs, count) => [
      ...(read(store, endMs, count).series[0]?.points ?? Array<undefined>(count).fill(undefined)),
    ],
  };
}

/** Windows end at whole minutes, not at multiples of their period: AWS also evaluates longer periods every minute. */
function slidingWindow(store: SeriesStore, source: MetricSource, endMs: number, count: number): (Point | undefined)[] {
  const periodMs = source.periodSeconds * 1000;
  const found = store.get(source.key);
  const series = found && (source.unit === undefined || source.unit === found.unit) ? found : undefined;
  const points: (Point | undefined)[] = [];
  for (let i = count; i > 0; i--) {
    const atMs = endMs - i * periodMs;
    const point = statisticOver(series, source.statistic, atMs, atMs + periodMs);
    points.push(point && { atMs, value: point.value, sampleCount: point.sampleCount });
  }
  return points;
}

const invalid = (message: string): AwsError => new AwsError('ValidationError', message);
