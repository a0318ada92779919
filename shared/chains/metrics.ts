// What the readers of clients' metrics have in common: a page is asked for as text, and a series must be there once.
import { AnswerError, bodyOf, question } from './answers.ts';
import type { ChainRequest, Question } from './client.ts';
import { MetricsError, parseMetrics, type Sample } from './prometheus.ts';

type Series = ReadonlyMap<string, readonly Sample[]>;

/** A page of metrics: large cosmos applications have several hundred kilobytes. */
const MAXIMUM_BYTES = 4 * 1024 * 1024;

/** `read` gets the metrics whose names match, and may throw an `AnswerError`. */
export function metricsQuestion<Facts>(path: string, names: RegExp, read: (series: Series) => Facts): Question<Facts> {
  const request: ChainRequest = { method: 'GET', path, expects: 'text', maximumBytes: MAXIMUM_BYTES };
  return question([request], ([answer]) => {
    const page = bodyOf(answer, 'its metrics port');
    if (typeof page !== 'string') throw new AnswerError('malformed', 'its metrics are not a text');
    return { kind: 'ok', facts: read(seriesOf(page, names)) };
  });
}

/** The value of a gauge or counter, a whole number; undefined where it is not there (yet). */
export function wholeValue(series: Series, name: string): number | undefined {
  const samples = series.get(name) ?? [];
  if (samples.length === 0) return undefined;
  const [sample] = samples;
  if (samples.length > 1 || sample === undefined) {
    throw new AnswerError('malformed', `metric ${name} is there ${samples.length} times, expected once`);
  }
  if (!Number.isSafeInteger(sample.value) || sample.value < 0) {
    throw new AnswerError('malformed', `metric ${name} is ${sample.value}, expected a whole number from 0`);
  }
  return sample.value;
}

function seriesOf(page: string, names: RegExp): Series {
  try {
    return parseMetrics(page, (name) => names.test(name));
  } catch (error) {
    if (error instanceof MetricsError) throw new AnswerError('malformed', error.message);
    throw error;
  }
}
