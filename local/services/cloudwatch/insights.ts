// Runs Metrics Insights queries: their groups of series, as alarms and GetMetricData read them.

import { ownValue } from '../../simulator/own-properties.ts';
import type { Point } from './evaluation.ts';
import { INSIGHTS_SERIES_MAX, type InsightsFunction, type InsightsQuery } from './insights-syntax.ts';
import type { Sample, Series, SeriesStore } from './series.ts';
import { combined, sampleOver } from './statistics.ts';

export interface InsightsSeries {
  /** By label, in the order of GROUP BY. */
  readonly attributes: Readonly<Record<string, string>>;
  /** One for each window; undefined without data. */
  readonly points: readonly (Point | undefined)[];
}

export interface InsightsResult {
  /** In the order of the query; series without any data do not exist. */
  readonly series: readonly InsightsSeries[];
  /** More series matched than a query reads or returns. */
  readonly partial: boolean;
}

export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** "CloudWatch Metrics Insights service quotas": a query reads the first 10,000 metrics that it finds. */
const METRICS_MAX = 10_000;
/** "If some of the matching metrics don't include a specific label key …, a null group named Other is returned." */
const NO_LABEL = 'Other';

interface Group {
  readonly attributes: Readonly<Record<string, string>>;
  readonly members: Series[];
}

/** Runs a query on one store: its groups are found once, and later only new series are added. */
export function runnerOf(query: InsightsQuery, store: SeriesStore): (windows: readonly Window[]) => InsightsResult {
  const groups = new Map<string, Group>();
  let seen = 0;
  let matched = 0;
  const regroup = (): void => {
    const named = store.named(query.namespace, query.metricName);
    for (; seen < named.length; seen++) {
      const series = named[seen] as Series;
      if (!matches(query, series.dimensions) || ++matched > METRICS_MAX) continue;
      const labels = query.groupBy.map((label) => ownValue(series.dimensions, label) ?? NO_LABEL);
      const key = labels.join('\u0001');
      const group = groups.get(key);
      if (group) group.members.push(series);
      else {
        const attributes = Object.fromEntries(query.groupBy.map((label, i) => [label, labels[i] ?? NO_LABEL]));
        groups.set(key, { attributes, members: [series] });
      }
    }
  };
  return (windows) => {
    regroup();
    const found: InsightsSeries[] = [];
    for (const { attributes, members } of groups.values()) {
      const points = windows.map((window) => pointOf(query.aggregate, members, window));
      if (points.some((point) => point !== undefined)) found.push({ attributes, points });
    }
    const ordered = found.sort(orderOf(query));
    const tooMany = !query.limited && ordered.length > INSIGHTS_SERIES_MAX;
    return { series: ordered.slice(0, query.limit), partial: tooMany || matched > METRICS_MAX };
  };
}

function matches({ schema, where }: InsightsQuery, dimensions: Readonly<Record<string, string>>): boolean {
  if (
    schema &&
    (Object.keys(dimensions).length !== schema.length || !schema.every((key) => Object.hasOwn(dimensions, key)))
  )
    return false;
  return where.every(({ label, equal, value }) => (ownValue(dimensions, label) === value) === equal);
}

function pointOf(aggregate: InsightsFunction, members: readonly Series[], { fromMs, toMs }: Window): Point | undefined {
  let sample: Sample | undefined;
  for (const series of members) {
    const one = sampleOver(series, fromMs, toMs);
    if (one) sample = sample === undefined ? one : combined(sample, one);
  }
  return sample && { atMs: fromMs, value: SAMPLES[aggregate](sample), sampleCount: sample.count };
}

const SAMPLES: Readonly<Record<InsightsFunction, (sample: Sample) => number>> = {
  AVG: ({ sum, count }) => sum / count,
  COUNT: ({ count }) => count,
  MAX: ({ maximum }) => maximum,
  MIN: ({ minimum }) => minimum,
  SUM: ({ sum }) => sum,
};

const VALUES: Readonly<Record<InsightsFunction, (values: readonly number[]) => number>> = {
  AVG: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  COUNT: (values) => values.length,
  MAX: (values) => Math.max(...values),
  MIN: (values) => Math.min(...values),
  SUM: (values) => values.reduce((sum, value) => sum + value, 0),
};

/** Alphabetical by labels, unless the query has an order: then by one number for each series, and alphabetical if those are equal. */
function orderOf({ orderBy, groupBy }: InsightsQuery): (one: InsightsSeries, other: InsightsSeries) => number {
  const alphabetical = (one: InsightsSeries, other: InsightsSeries): number => {
    for (const label of groupBy) {
      const order = inOrder(ownValue(one.attributes, label) ?? '', ownValue(other.attributes, label) ?? '');
      if (order !== 0) return order;
    }
    return 0;
  };
  if (!orderBy) return alphabetical;
  const ranks = new Map<InsightsSeries, number>();
  const rank = (series: InsightsSeries): number => {
    const known = ranks.get(series);
    if (known !== undefined) return known;
    const value = VALUES[orderBy.by](series.points.flatMap((point) => (point ? [point.value] : [])));
    ranks.set(series, value);
    return value;
  };
  const sign = orderBy.descending ? -1 : 1;
  return (one, other) => sign * (rank(one) - rank(other)) || alphabetical(one, other);
}

const inOrder = (one: string, other: string): number => (one === other ? 0 : one < other ? -1 : 1);
