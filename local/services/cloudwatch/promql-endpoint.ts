// CloudWatch's endpoint for queries in PromQL over a stretch of time, which no operation of the SDK describes: "/api/v1/query_range — evaluates a query over a
// range of time" ("QueryMetrics", user guide). The form of its answer is Prometheus's ("Range queries", HTTP API).
import type { PlainEndpoint } from '../../simulator/gateway/service-interface.ts';
import { AwsError, notEmulated, type Operation } from '../../simulator/service.ts';
import { compilePromql, keyOf } from './promql.ts';
import type { SeriesStore } from './series.ts';

const SHAPES = 'com.amazonaws.cloudwatch';
const text = 0;
const decimal = 1;
const timestamp = 4;
const input = [
  ...[3, SHAPES, 'QueryMetricsInput', 0],
  ['Query', 'Start', 'End', 'StepSeconds', 'Limit'],
  [text, timestamp, timestamp, decimal, decimal],
];
/** Its members are written by hand, below. */
const output = [3, SHAPES, 'QueryMetricsOutput', 0, [], []];

/** "A single response can return up to 500 unique time series" (Result limits). */
const SERIES_MAX = 500;
/** "24-hour scan windows" ("PromQL limits and restrictions"): what a longer one is answered is not published. */
const WINDOW_MS = 24 * 60 * 60_000;
/** "exceeded maximum resolution of 11,000 points per timeseries" (Prometheus, web/api/v1). */
const STEPS_MAX = 11_000;

interface Asked {
  readonly Query: string;
  readonly Start: Date;
  readonly End: Date;
  readonly StepSeconds: number;
  readonly Limit?: number;
}

interface Found {
  readonly Series: readonly {
    readonly labels: Readonly<Record<string, string>>;
    /** Seconds since the epoch. */
    readonly values: readonly (readonly [number, number])[];
  }[];
}

export const QUERY_RANGE: PlainEndpoint = {
  method: 'POST',
  path: '/api/v1/query_range',
  operation: [9, SHAPES, 'QueryMetrics', 0, () => input, () => output],
  readInput: ({ body, headers }) => {
    if (!/^application\/x-www-form-urlencoded\b/.test(headers['content-type'] ?? ''))
      throw bad('expected form-encoded body fields');
    const form = new URLSearchParams(Buffer.from(body).toString('utf8'));
    const field = (name: string): string => {
      const value = form.get(name);
      if (value === null || value === '') throw bad(`${name} is required`);
      return value;
    };
    const limit = form.get('limit');
    return {
      Query: field('query'),
      Start: moment(field('start'), 'start'),
      End: moment(field('end'), 'end'),
      StepSeconds: positive(field('step'), 'step'),
      ...(limit !== null && { Limit: positive(limit, 'limit') }),
    } satisfies Asked;
  },
  writeOutput: (_request, output) => {
    const { Series } = output as Found;
    const result = Series.map(({ labels, values }) => ({
      metric: labels,
      values: values.map(([seconds, value]) => [seconds, String(value)]),
    }));
    const body = JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } });
    return { contentType: 'application/json', body };
  },
};

/** "An RFC 3339 timestamp or a Unix timestamp": ours are the latter. */
function moment(value: string, name: string): Date {
  if (!/^\d{1,12}(\.\d{1,3})?$/.test(value)) throw notEmulated(`QueryMetrics: the ${name} ${value}, no Unix timestamp`);
  return new Date(Number(value) * 1_000);
}

/** "In duration format or as a floating point number of seconds": ours are numbers. */
function positive(value: string, name: string): number {
  const number = Number(value);
  if (!/^\d{1,9}(\.\d{1,3})?$/.test(value) || number === 0) throw bad(`${name} ${JSON.stringify(value)}`);
  return number;
}

export const promqlOperations = (store: SeriesStore): Record<string, Operation> => ({
  QueryMetrics: ({ Query, Start, End, StepSeconds, Limit = SERIES_MAX }: Partial<Asked>): Found => {
    // The endpoint's reader gives all of them; a caller without wire may not.
    if (Query === undefined || !isMoment(Start) || !isMoment(End) || !(StepSeconds !== undefined && StepSeconds > 0))
      throw bad('a query needs its expression, its start, its end and its step');
    const [fromMs, toMs, stepMs] = [Start.getTime(), End.getTime(), StepSeconds * 1_000];
    if (toMs < fromMs) throw bad('end is before start');
    if (toMs - fromMs > WINDOW_MS) throw notEmulated('QueryMetrics: a range of more than 24 hours');
    if ((toMs - fromMs) / stepMs > STEPS_MAX) throw bad('more than 11,000 points per timeseries');
    if (Limit > SERIES_MAX) throw bad(`limit ${Limit}: at most ${SERIES_MAX}`);
    const evaluate = compilePromql(Query);
    const found = new Map<string, { labels: Readonly<Record<string, string>>; values: [number, number][] }>();
    for (let atMs = fromMs; atMs <= toMs; atMs += stepMs)
      for (const { labels, value } of evaluate(store, atMs)) {
        const series = found.get(keyOf(labels)) ?? { labels, values: [] };
        series.values.push([atMs / 1_000, value]);
        found.set(keyOf(labels), series);
      }
    return { Series: [...found.values()].slice(0, Limit) };
  },
});

const isMoment = (moment: Date | undefined): moment is Date => moment !== undefined && !Number.isNaN(moment.getTime());

const bad = (what: string): AwsError => new AwsError('ValidationException', `QueryMetrics: ${what}.`);
