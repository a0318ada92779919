// Metric data: one series for each namespace, name and set of dimensions, kept in the buckets of its storage resolution.

/** Adds one value to a series of an AWS service or of a simulated agent; `atMs` in ms since the epoch. */
export type RecordMetric = (
  namespace: string,
  name: string,
  dimensions: Readonly<Record<string, string>>,
  value: number,
  atMs: number,
  unit?: string,
) => void;

export interface MetricId {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/**
 * Each value with how often it came. Undefined: all are equal to the minimum (so most buckets need none); `unknown`: statistic sets
 * came in, whose values nobody knows.
 */
export type Values = ReadonlyMap<number, number> | 'unknown' | undefined;

export interface Sample {
  readonly sum: number;
  readonly count: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly values: Values;
}

export interface Bucket {
  readonly atMs: number;
  sum: number;
  count: number;
  minimum: number;
  maximum: number;
  values: Values;
}

export interface Series extends MetricId {
  readonly key: string;
  /** Ascending in time. */
  readonly buckets: Bucket[];
  unit: string | undefined;
  /** Counts up with every value, so that an alarm can see that nothing is new. */
  revision: number;
}

// GetMetricData (API reference): one-minute data are kept for 15 days, which is 21,600 buckets.
const BUCKETS_MAX = 21_600;
/** Old buckets are dropped in chunks, since each drop moves the rest. */
const BUCKETS_SLACK = 1_440;
const MINUTE_MS = 60_000;

export class SeriesStore {
  readonly #series = new Map<string, Series>();

  find(id: MetricId): Series | undefined {
    return this.#series.get(seriesKey(id));
  }

  get(key: string): Series | undefined {
    return this.#series.get(key);
  }

  all(): IterableIterator<Series> {
    return this.#series.values();
  }

  /** `resolutionMs`: 60,000, or 1,000 for high-resolution metrics. */
  add(id: MetricId, atMs: number, sample: Sample, unit?: string, resolutionMs = MINUTE_MS): void {
    const key = seriesKey(id);
    let series = this.#series.get(key);
    if (!series) {
      const dimensions = Object.fromEntries(sortedDimensions(id.dimensions));
      series = { key, namespace: id.namespace, name: id.name, dimensions, buckets: [], unit, revision: 0 };
      this.#series.set(key, series);
    }
    series.revision++;
    if (unit !== undefined) series.unit = unit;
    merge(bucketAt(series.buckets, Math.floor(atMs / resolutionMs) * resolutionMs), sample);
    if (series.buckets.length > BUCKETS_MAX + BUCKETS_SLACK) series.buckets.splice(0, BUCKETS_SLACK);
  }
}

export const seriesKey = ({ namespace, name, dimensions }: MetricId): string =>
  `${namespace}\u0000${name}\u0000${dimensionsKey(dimensions)}`;

/** Senders use one dimensions object for many datapoints; they must not change it. */
const dimensionsKeys = new WeakMap<object, string>();

function dimensionsKey(dimensions: Readonly<Record<string, string>>): string {
  const known = dimensionsKeys.get(dimensions);
  if (known !== undefined) return known;
  const key = sortedDimensions(dimensions).flat().join('\u0001');
  dimensionsKeys.set(dimensions, key);
  return key;
}

export const single = (value: number): Sample => ({
  sum: value,
  count: 1,
  minimum: value,
  maximum: value,
  values: undefined,
});

/** The index of the first bucket at or after a moment. */
export function firstAt(buckets: readonly Bucket[], atMs: number): number {
  let low = 0;
  let high = buckets.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((buckets[middle]?.atMs ?? 0) < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sortedDimensions(dimensions: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
}

function bucketAt(buckets: Bucket[], atMs: number): Bucket {
  const last = buckets.at(-1);
  const index = last === undefined || last.atMs < atMs ? buckets.length : firstAt(buckets, atMs);
  const found = buckets[index];
  if (found?.atMs === atMs) return found;
  const fresh: Bucket = {
    atMs,
    sum: 0,
    count: 0,
    minimum: Number.POSITIVE_INFINITY,
    maximum: Number.NEGATIVE_INFINITY,
    values: undefined,
  };
  buckets.splice(index, 0, fresh);
  return fresh;
}

function merge(bucket: Bucket, sample: Sample): void {
  bucket.values = bucket.count === 0 ? sample.values : mergedValues(bucket, sample);
  bucket.sum += sample.sum;
  bucket.count += sample.count;
  bucket.minimum = Math.min(bucket.minimum, sample.minimum);
  bucket.maximum = Math.max(bucket.maximum, sample.maximum);
}

export function mergedValues(one: Sample, other: Sample): Values {
  if (one.values === 'unknown' || other.values === 'unknown') return 'unknown';
  if (one.values === undefined && other.values === undefined && one.minimum === other.minimum) return undefined;
  const merged = new Map(one.values ?? [[one.minimum, one.count]]);
  for (const [value, count] of other.values ?? [[other.minimum, other.count]]) {
    merged.set(value, (merged.get(value) ?? 0) + count);
  }
  return merged;
}
