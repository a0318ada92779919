// Queries in PromQL over a stretch of time: the only way to read what came over OTLP, since GetMetricData does not see it. "/api/v1/query_range — evaluates a
// query over a range of time … cloudwatch:GetMetricData, cloudwatch:ListMetrics" ("QueryMetrics", CloudWatch user guide).
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import * as v from 'valibot';
import { jsonOrUndefined } from '../text/json.ts';
import { sendPlain, UnreadableAnswer } from './signed-request.ts';

export interface RangeQuery {
  /** In PromQL; gives an instant vector. */
  readonly query: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepSeconds: number;
}

export interface RangeSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** Moment in ms since the epoch, and value: oldest first. */
  readonly points: readonly (readonly [atMs: number, value: number])[];
}

export interface RangeAnswer {
  readonly series: readonly RangeSeries[];
  /** So many series were answered that there may be more. */
  readonly isCut: boolean;
}

/** "A single response can return up to 500 unique time series" ("QueryMetrics", Result limits). */
export const RANGE_SERIES_MAX = 500;
/** "24-hour scan windows" ("PromQL limits and restrictions"): a longer stretch is asked for in parts. */
const WINDOW_MS = 24 * 60 * 60_000;
/** 455 days, as long as CloudWatch keeps anything. */
const WINDOWS_MAX = 455;
/** 500 series with a value for each minute of a day are some 20 MB. */
const ANSWER_BYTES_MAX = 32 * 1024 * 1024;
/** Each value of a series is a list of two. */
const ANSWER_VALUES_MAX = 3_000_000;

const matrix = v.object({
  status: v.literal('success'),
  data: v.object({
    resultType: v.literal('matrix'),
    result: v.array(
      v.object({
        metric: v.record(v.string(), v.string()),
        values: v.array(v.tuple([v.number(), v.string()])),
      }),
    ),
  }),
});

/**
 * The values of each series at `fromMs`, and at each step behind it up to `toMs`.
 *
 * @throws what `sendPlain` does, also `UnreadableAnswer` for one that is none of Prometheus's API; an `Error` for a stretch of more than 455 days
 */
export async function queryRange(cloudwatch: CloudWatchClient, asked: RangeQuery): Promise<RangeAnswer> {
  const { query, fromMs, toMs, stepSeconds } = asked;
  const stepMs = stepSeconds * 1_000;
  /** So that no moment is asked for twice, a part ends a step before the next one begins. */
  const partMs = Math.max(1, Math.floor(WINDOW_MS / stepMs)) * stepMs;
  if ((toMs - fromMs) / partMs > WINDOWS_MAX) throw new Error(`a stretch of more than ${WINDOWS_MAX} days`);
  const found = new Map<string, { labels: RangeSeries['labels']; points: (readonly [number, number])[] }>();
  let isCut = false;
  for (let beginMs = fromMs; beginMs <= toMs; beginMs += partMs) {
    const endMs = Math.min(beginMs + partMs - stepMs, toMs);
    const series = await ask(cloudwatch, { query, fromMs: beginMs, toMs: endMs, stepSeconds });
    isCut ||= series.length >= RANGE_SERIES_MAX;
    for (const { metric, values } of series) {
      const key = JSON.stringify(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)));
      const known = found.get(key) ?? { labels: metric, points: [] };
      for (const [seconds, text] of values) {
        const value = Number(text);
        // "NaN", "Inf" and "-Inf" are values of Prometheus, and say nothing of a disk or a height.
        if (Number.isFinite(value)) known.points.push([Math.round(seconds * 1_000), value]);
      }
      found.set(key, known);
    }
  }
  return { series: [...found.values()], isCut };
}

async function ask(cloudwatch: CloudWatchClient, { query, fromMs, toMs, stepSeconds }: RangeQuery) {
  const form = new URLSearchParams({
    query,
    start: (fromMs / 1_000).toFixed(3),
    end: (toMs / 1_000).toFixed(3),
    step: String(stepSeconds),
  });
  const answer = await sendPlain(cloudwatch, {
    path: '/api/v1/query_range',
    contentType: 'application/x-www-form-urlencoded',
    body: Buffer.from(form.toString(), 'utf8'),
    answerBytesMax: ANSWER_BYTES_MAX,
  });
  const text = answer.toString('utf8');
  const read = v.safeParse(matrix, jsonOrUndefined(text, { values: ANSWER_VALUES_MAX }));
  if (!read.success)
    throw new UnreadableAnswer(`PromQL: an answer that is no matrix: ${text.slice(0, 200).replace(/[^ -~]/g, ' ')}`);
  return read.output.data.result;
}

/** A text as PromQL has it in a matcher: "double quotes … the same escaping rules as Go" ("String literals", Prometheus). */
export const promqlText = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`;
