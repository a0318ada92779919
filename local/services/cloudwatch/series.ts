// Metric data: one series for each namespace, name and set of dimensions, stored in buckets of its storage resolution.

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
 * Each value with its count. Undefined: all are equal to the minimum (so most buckets need no map). `unknown`: the values are hidden in statistic
 * sets.
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
  /** Increases with every value, so that an alarm can see that nothing is new. */
  revision: number;
}

// GetMetricData (API reference): one-minute data are kept for 15 days, which is 21,600 buckets.
const BUCKETS_MAX = 21_600;
/** Old buckets are dropped in chunks, since each drop moves the remaining ones. */
const BUCKETS_SLACK = 1_440;
const MINUTE_MS = 60_000;

export class SeriesStore {
  readonly #series = new Map<string, Series>();
  readonly #named = new Map<string, Series[]>();
  /** The same series by dimensions object and name: agents publish the same objects each minute, so no key is built. */
  readonly #published = new WeakMap<object, Map<string, Series>>();

  find(id: MetricId): Series | undefined {
    return this.#series.get(seriesKey(id));
  }

  get(key: string): Series | undefined {
    return this.#series.get(key);
  }

  /** Every series of one metric name, with any dimensions, oldest first; the list only grows. */
  named(namespace: string, name: string): readonly Series[] {
    return this.#named.get(`${namespace}\u0000${name}`) ?? [];
  }

  all(): IterableIterator<Series> {
    return this.#series.values();
  }

  /** `resolutionMs`: 60,000, or 1,000 for high-resolution metrics. */
  add(id: MetricId, atMs: number, sample: Sample, unit?: string, resolutionMs = MINUTE_MS): void {
    const series = this.#seriesOf(id);
    series.revision++;
    if (unit !== undefined) series.unit = unit;
    merge(bucketAt(series.buckets, Math.floor(atMs / resolutionMs) * resolutionMs), sample);
    if (series.buckets.length > BUCKETS_MAX + BUCKETS_SLACK) series.buckets.splice(0, BUCKETS_SLACK);
  }

  /** In the place of what a series has at that moment. */
  put(id: MetricId, atMs: number, sample: Sample, unit: string, resolutionMs: number): void {
    const { buckets } = this.#seriesOf(id);
    const at = Math.floor(atMs / resolutionMs) * resolutionMs;
    const index = firstAt(buckets, at);
    if (buckets[index]?.atMs === at) buckets.splice(index, 1);
    this.add(id, atMs, sample, unit, resolutionMs);
  }

  #seriesOf(id: MetricId): Series {
    const { namespace, name } = id;
    let named = this.#published.get(id.dimensions);
    const known = named?.get(name);
    if (known?.namespace === namespace) return known;
    const key = seriesKey(id);
    let series = this.#series.get(key);
    if (!series) {
      const dimensions = Object.fromEntries(sortedDimensions(id.dimensions));
      series = { key, namespace, name, dimensions, buckets: [], unit: undefined, revision: 0 };
      this.#series.set(key, series);
      const sameName = this.#named.get(`${namespace}\u0000${name}`);
      if (sameName) sameName.push(series);
      else this.#named.set(`${namespace}\u0000${name}`, [series]);
    }
    if (!named) {
      named = new Map();
      this.#published.set(id.dimensions, named);
    }
    named.set(name, series);
    return series;
  }
}

export const seriesKey = ({ namespace, name, dimensions }: MetricId): string =>
  `${namespace}\u0000${name}\u0000${sortedDimensions(dimensions).flat().join('\u0001')}`;

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
  const last = buckets[buckets.length - 1];
  const isNewest = last === undefined || last.atMs < atMs;
  const index = isNewest ? buckets.length : firstAt(buckets, atMs);
  const found = isNewest ? undefined : buckets[index];
  if (found?.atMs === atMs) return found;
  const fresh: Bucket = {
    atMs,
    sum: 0,
    count: 0,
    minimum: Number.POSITIVE_INFINITY,
    maximum: Number.NEGATIVE_INFINITY,
    values: undefined,
  };
  if (isNewest) buckets.push(fresh);
  else buckets.splice(index, 0, fresh);
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
