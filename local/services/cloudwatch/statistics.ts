// Statistics of a series over a range of time, for alarms and queries.
import { AwsError } from '../../simulator/service.ts';
import { type Bucket, firstAt, mergedValues, type Sample, type Series } from './series.ts';

export interface Datapoint {
  readonly value: number;
  readonly sampleCount: number;
}

export type Statistic = (sample: Sample) => number | undefined;

const SIMPLE: Readonly<Record<string, Statistic>> = {
  SampleCount: ({ count }) => count,
  Sum: ({ sum }) => sum,
  Average: ({ sum, count }) => sum / count,
  Minimum: ({ minimum }) => minimum,
  Maximum: ({ maximum }) => maximum,
};

// GetMetricData (API reference), "Data points with a period of …": how long each resolution is kept.
const DAY_MS = 86_400_000;
const KEPT_MS: readonly (readonly [periodBelowSeconds: number, keptMs: number])[] = [
  [60, DAY_MS / 8],
  [300, 15 * DAY_MS],
  [3600, 63 * DAY_MS],
  [Number.POSITIVE_INFINITY, 455 * DAY_MS],
];

/** "Average", …, or a percentile "p99.9". Throws for statistics that exist on AWS but are not emulated. */
export function parseStatistic(name: string): Statistic {
  const simple = Object.hasOwn(SIMPLE, name) ? SIMPLE[name] : undefined;
  if (simple) return simple;
  const percent = Number(/^p(\d{1,3}(?:\.\d{1,10})?)$/.exec(name)?.[1]);
  if (percent >= 0 && percent <= 100) return (sample) => percentile(sample, percent);
  throw new AwsError(
    'InvalidParameterValueException',
    `The value ${name} for parameter Stat is not supported: the local region knows SampleCount, Sum, Average, Minimum, Maximum and percentiles`,
  );
}

/** The statistic over [fromMs, toMs); undefined without data. */
export function statisticOver(
  series: Series | undefined,
  statistic: Statistic,
  fromMs: number,
  toMs: number,
): Datapoint | undefined {
  const sample = series && sampleOver(series, fromMs, toMs);
  const value = sample && statistic(sample);
  return sample === undefined || value === undefined ? undefined : { value, sampleCount: sample.count };
}

/** All values within [fromMs, toMs), as one sample. */
export function sampleOver({ buckets }: Series, fromMs: number, toMs: number): Sample | undefined {
  let sample: Sample | undefined;
  for (let i = firstAt(buckets, fromMs); i < buckets.length; i++) {
    const bucket = buckets[i] as Bucket;
    if (bucket.atMs >= toMs) break;
    sample = sample === undefined ? bucket : combined(sample, bucket);
  }
  return sample;
}

/** All datapoints of [fromMs, toMs) in ascending order, each stamped with the start of its period; periods align to the epoch. */
export function datapoints(
  series: Series | undefined,
  statistic: Statistic,
  periodSeconds: number,
  range: { readonly fromMs: number; readonly toMs: number; readonly nowMs: number },
): [atMs: number, Datapoint][] {
  if (!series) return [];
  const keptMs = KEPT_MS.find(([below]) => periodSeconds < below)?.[1] ?? 0;
  const fromMs = Math.max(range.fromMs, range.nowMs - keptMs);
  const points: [number, Datapoint][] = [];
  const periodMs = periodSeconds * 1000;
  let i = firstAt(series.buckets, fromMs);
  while (i < series.buckets.length) {
    const bucket = series.buckets[i] as Bucket;
    if (bucket.atMs >= range.toMs) break;
    const startMs = Math.floor(bucket.atMs / periodMs) * periodMs;
    let sample: Sample = bucket;
    for (i++; i < series.buckets.length; i++) {
      const next = series.buckets[i] as Bucket;
      if (next.atMs >= Math.min(startMs + periodMs, range.toMs)) break;
      sample = combined(sample, next);
    }
    const value = statistic(sample);
    if (value !== undefined) points.push([startMs, { value, sampleCount: sample.count }]);
  }
  return points;
}

export const combined = (one: Sample, other: Sample): Sample => ({
  sum: one.sum + other.sum,
  count: one.count + other.count,
  minimum: Math.min(one.minimum, other.minimum),
  maximum: Math.max(one.maximum, other.maximum),
  values: mergedValues(one, other),
});

/** Nearest rank; none if statistic sets hide the values ("Percentiles", CloudWatch concepts). */
function percentile(sample: Sample, percent: number): number | undefined {
  if (sample.values === 'unknown') return undefined;
  if (sample.values === undefined) return sample.minimum;
  const rank = Math.max(1, Math.ceil((percent / 100) * sample.count));
  let seen = 0;
  for (const [value, count] of [...sample.values].sort(([a], [b]) => a - b)) {
    seen += count;
    if (seen >= rank) return value;
  }
  return sample.maximum;
}
