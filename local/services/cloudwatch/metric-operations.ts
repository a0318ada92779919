// The operations on metric data: put, query, list.

import { ownValue } from '../../simulator/own-properties.ts';
import { AwsError, type Call, type Operation } from '../../simulator/service.ts';
import { digits, pageOf, positionOf, type Tokens } from '../pages.ts';
import { type MetricDatum, readDatum } from './datum.ts';
import { runnerOf } from './insights.ts';
import {
  checkPeriod,
  compileQueries,
  type Dimension,
  dimensionList,
  dimensionsOf,
  type InsightsSource,
  type MetricDataQuery,
  type MetricSource,
} from './queries.ts';
import type { Sample, Series, SeriesStore } from './series.ts';
import { datapoints, parseStatistic } from './statistics.ts';

interface GetMetricDataInput {
  readonly MetricDataQueries: readonly MetricDataQuery[];
  readonly StartTime: Date;
  readonly EndTime: Date;
  readonly NextToken?: string;
  readonly ScanBy?: string;
  readonly MaxDatapoints?: number;
}

interface GetMetricStatisticsInput {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly Dimension[];
  readonly StartTime: Date;
  readonly EndTime: Date;
  readonly Period: number;
  readonly Statistics?: readonly string[];
  readonly ExtendedStatistics?: readonly string[];
  readonly Unit?: string;
}

/** PutMetricData (API reference). */
const DATA_MAX = 1_000;
// GetMetricData: 500 queries, 100,800 datapoints. GetMetricStatistics: 1,440. ListMetrics: 500 a page.
const QUERIES_MAX = 500;
const DATAPOINTS_MAX = 100_800;
const STATISTICS_DATAPOINTS_MAX = 1_440;
const LIST_PAGE = 500;
/** ListMetrics: "data points in the past three hours"; PT3H is the only value of RecentlyActive. */
const RECENT_MS = 3 * 3_600_000;
/** "Metrics Insights queries can query the most recent two weeks of metric data" (GetMetricData). */
const INSIGHTS_MS = 14 * 86_400_000;
const FIFTEEN_DAYS_MS = 15 * 86_400_000;
const SIXTY_THREE_DAYS_MS = 63 * 86_400_000;

export function metricOperations(store: SeriesStore): Record<string, Operation> {
  const putMetricData = (input: { Namespace: string; MetricData?: readonly MetricDatum[] }, call: Call): object => {
    const { Namespace: namespace, MetricData: data = [] } = input;
    if (namespace.startsWith('AWS/')) throw invalid('The value AWS/ for parameter Namespace is invalid.');
    if (data.length === 0)
      throw new AwsError('MissingRequiredParameterException', 'The parameter MetricData is required.');
    if (data.length > DATA_MAX) {
      throw invalid(`The collection MetricData must not have a size greater than ${DATA_MAX}.`);
    }
    const samples = data.map((datum, i) => readDatum(datum, `MetricData.member.${i + 1}`, call.at));
    data.forEach((datum, i) => {
      const id = { namespace, name: datum.MetricName, dimensions: dimensionsOf(datum.Dimensions) };
      const resolutionMs = (datum.StorageResolution ?? 60) * 1000;
      store.add(id, datum.Timestamp?.getTime() ?? call.at, samples[i] as Sample, datum.Unit, resolutionMs);
    });
    return {};
  };

  const getMetricData = (input: GetMetricDataInput, call: Call): object => {
    if (input.MetricDataQueries.length > QUERIES_MAX) {
      throw invalid(`The collection MetricDataQueries must not have a size greater than ${QUERIES_MAX}.`);
    }
    if (input.StartTime >= input.EndTime)
      throw new AwsError('ValidationError', 'The parameter EndTime must be greater than StartTime.');
    const queries = compileQueries(input.MetricDataQueries);
    const range = {
      fromMs: roundedStart(input.StartTime.getTime(), call.at),
      toMs: input.EndTime.getTime(),
      nowMs: call.at,
    };
    const read = (source: MetricSource): Map<number, number> =>
      new Map(points(store, source, range).map(([atMs, { value }]) => [atMs, value]));
    const periods = periodStarts([...queries.metrics.values(), ...queries.insights.values()], range);
    const results = input.MetricDataQueries.filter(({ ReturnData: shown = true }) => shown).flatMap((query) => {
      const insights = queries.insights.get(query.Id);
      if (insights) return insightsResults(store, query, insights, range, input.ScanBy !== 'TimestampAscending');
      const value = queries.evaluate(query.Id, read, periods);
      const series: [number, number][] =
        typeof value === 'number' ? periods.map((atMs) => [atMs, value]) : [...value].sort(([a], [b]) => a - b);
      if (input.ScanBy !== 'TimestampAscending') series.reverse();
      return [{ id: query.Id, label: query.Label ?? query.MetricStat?.Metric.MetricName ?? query.Id, series }];
    });
    return metricDataPage(results, input);
  };

  const getMetricStatistics = (input: GetMetricStatisticsInput, call: Call): object => {
    checkPeriod(input.Period);
    if (input.StartTime >= input.EndTime) {
      throw invalid('The parameter StartTime must be less than the parameter EndTime.');
    }
    const spanSeconds = (input.EndTime.getTime() - input.StartTime.getTime()) / 1000;
    if (spanSeconds / input.Period > STATISTICS_DATAPOINTS_MAX) {
      throw new AwsError(
        'InvalidParameterCombinationException',
        `You have requested up to ${Math.ceil(spanSeconds / input.Period)} datapoints, which exceeds the limit of 1,440. ` +
          'You may reduce the datapoints requested by increasing Period, or decreasing the time range.',
      );
    }
    const names = [...(input.Statistics ?? []), ...(input.ExtendedStatistics ?? [])];
    if (names.length === 0) {
      throw new AwsError(
        'InvalidParameterCombinationException',
        'Must specify either Statistics or ExtendedStatistics',
      );
    }
    const series = store.find({
      namespace: input.Namespace,
      name: input.MetricName,
      dimensions: dimensionsOf(input.Dimensions),
    });
    const range = {
      fromMs: roundedStart(input.StartTime.getTime(), call.at),
      toMs: input.EndTime.getTime(),
      nowMs: call.at,
    };
    const rows = new Map<number, Record<string, unknown>>();
    for (const name of names) {
      for (const [atMs, { value }] of datapoints(
        withUnit(series, input.Unit),
        parseStatistic(name),
        input.Period,
        range,
      )) {
        const row = rows.get(atMs) ?? { Timestamp: new Date(atMs), Unit: series?.unit ?? 'None' };
        if (input.ExtendedStatistics?.includes(name)) {
          row['ExtendedStatistics'] = { ...(row['ExtendedStatistics'] as object | undefined), [name]: value };
        } else row[name] = value;
        rows.set(atMs, row);
      }
    }
    return { Label: input.MetricName, Datapoints: [...rows.values()] };
  };

  const listMetrics = (input: ListMetricsInput, call: Call): object => {
    const sinceMs = input.RecentlyActive === undefined ? 0 : call.at - RECENT_MS;
    const found = [...store.all()].filter(
      (series) =>
        (input.Namespace === undefined || series.namespace === input.Namespace) &&
        (input.MetricName === undefined || series.name === input.MetricName) &&
        (series.buckets.at(-1)?.atMs ?? 0) >= sinceMs &&
        (input.Dimensions ?? []).every(({ Name, Value }) => {
          const value = ownValue(series.dimensions, Name);
          return value !== undefined && (Value === undefined || Value === value);
        }),
    );
    const { items, next } = pageOf(found, input.NextToken, LIST_PAGE, TOKENS);
    return {
      Metrics: items.map(({ namespace, name, dimensions }) => ({
        Namespace: namespace,
        MetricName: name,
        Dimensions: dimensionList(dimensions),
      })),
      ...(next && { NextToken: next }),
    };
  };

  return {
    PutMetricData: putMetricData,
    GetMetricData: getMetricData,
    GetMetricStatistics: getMetricStatistics,
    ListMetrics: listMetrics,
  };
}

interface ListMetricsInput {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly RecentlyActive?: 'PT3H';
  readonly Dimensions?: readonly { readonly Name: string; readonly Value?: string }[];
  readonly NextToken?: string;
}

interface Result {
  readonly id: string;
  readonly label: string;
  readonly series: readonly [number, number][];
}

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
}

function points(store: SeriesStore, source: MetricSource, range: Range): ReturnType<typeof datapoints> {
  return datapoints(withUnit(store.get(source.key), source.unit), source.statistic, source.periodSeconds, range);
}

function withUnit(series: Series | undefined, unit: string | undefined): Series | undefined {
  return unit === undefined || series?.unit === unit ? series : undefined;
}

/** Start times round down to a minute, to five after 15 days, to an hour after 63 (GetMetricData, API reference). */
function roundedStart(startMs: number, nowMs: number): number {
  const ageMs = nowMs - startMs;
  const minutes = ageMs > SIXTY_THREE_DAYS_MS ? 60 : ageMs > FIFTEEN_DAYS_MS ? 5 : 1;
  return Math.floor(startMs / (minutes * 60_000)) * minutes * 60_000;
}

/** The period starts of the request, ascending, for FILL and constants. They are those of the first metric, as a request rarely has two periods. */
function periodStarts(sources: Iterable<{ readonly periodSeconds: number }>, { fromMs, toMs }: Range): number[] {
  const [first] = sources;
  const periodMs = (first?.periodSeconds ?? 60) * 1000;
  const start = Math.floor(fromMs / periodMs) * periodMs;
  const count = Math.min(DATAPOINTS_MAX, Math.ceil((toMs - start) / periodMs));
  return Array.from({ length: count }, (_, i) => start + i * periodMs);
}

/** One result for each series, all with the query's id and different labels. */
function insightsResults(
  store: SeriesStore,
  { Id: id, Label: label }: MetricDataQuery,
  source: InsightsSource,
  range: Range,
  newestFirst: boolean,
): Result[] {
  const recent = { ...range, fromMs: Math.max(range.fromMs, range.nowMs - INSIGHTS_MS) };
  const periodMs = source.periodSeconds * 1000;
  const windows = periodStarts([source], recent).map((fromMs) => ({
    fromMs,
    toMs: Math.min(fromMs + periodMs, range.toMs),
  }));
  const { series } = runnerOf(source.query, store)(windows);
  return series.map(({ attributes, points }) => {
    const values = points.flatMap((point): [number, number][] => (point ? [[point.atMs, point.value]] : []));
    const group = Object.values(attributes).join(' ');
    const name = [label, group || source.query.metricName].filter((part) => part !== undefined).join(' ');
    return { id, label: name, series: newestFirst ? values.reverse() : values };
  });
}

/** Cuts the results, one after the other, at MaxDatapoints; an incomplete result is PartialData. */
function metricDataPage(results: readonly Result[], input: GetMetricDataInput): object {
  const size = Math.min(input.MaxDatapoints ?? DATAPOINTS_MAX, DATAPOINTS_MAX);
  if (size < 1) throw invalid(`The value ${size} for parameter MaxDatapoints is invalid.`);
  const from = positionOf(input.NextToken, TOKENS);
  const to = from + size;
  let offset = 0;
  const shown: object[] = [];
  for (const { id, label, series } of results) {
    const part = series.slice(Math.max(0, from - offset), Math.max(0, to - offset));
    const complete = offset + series.length <= to;
    if (part.length > 0 || (from === 0 && series.length === 0)) {
      shown.push({
        Id: id,
        Label: label,
        Timestamps: part.map(([atMs]) => new Date(atMs)),
        Values: part.map(([, value]) => value),
        StatusCode: complete ? 'Complete' : 'PartialData',
      });
    }
    offset += series.length;
  }
  return { MetricDataResults: shown, Messages: [], ...(to < offset ? { NextToken: TOKENS.write(to) } : {}) };
}

const TOKENS: Tokens = {
  ...digits(12),
  refused: () => new AwsError('InvalidNextToken', 'The next token specified is invalid.'),
};

const invalid = (message: string): AwsError => new AwsError('InvalidParameterValueException', message);
