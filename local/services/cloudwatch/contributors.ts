// The contributors of an alarm on a grouping query. Each series with data is one contributor, in ALARM or OK; together they decide the state of the
// whole alarm ("Create a CloudWatch alarm based on a Metrics Insights query" and "Limits", user guide). Pure.
import { createHash } from 'node:crypto';
import { evaluate, type Point, reasonOfContributor, type StateValue, type Threshold } from './evaluation.ts';
import type { InsightsSeries } from './insights.ts';

/** Never INSUFFICIENT_DATA: "a time series only exists when data is present". */
export interface Contributor {
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly state: { readonly value: 'OK' | 'ALARM'; readonly reason: string; readonly atMs: number };
  /** Of a PromQL alarm: since when its query has returned the series, or has not. */
  readonly breachingSinceMs?: number;
  readonly absentSinceMs?: number;
}

export interface ContributorChange {
  readonly contributor: Contributor;
  readonly previous: 'OK' | 'ALARM';
}

export interface Evaluation {
  /** Those that exist now, by id, in the order of the query: a missing contributor has vanished without an event. */
  readonly contributors: ReadonlyMap<string, Contributor>;
  readonly changes: readonly ContributorChange[];
  /** Of the alarm as a whole; undefined: it does not change. */
  readonly whole: { readonly value: StateValue; readonly reason: string } | undefined;
}

/** "Alarms evaluating multiple time series will limit the number of contributors in ALARM to 100." */
const CONTRIBUTORS_IN_ALARM_MAX = 100;

export function evaluateContributors(
  before: ReadonlyMap<string, Contributor>,
  series: readonly InsightsSeries[],
  rule: Threshold,
  nowMs: number,
): Evaluation {
  const judged = series.map(({ attributes, points }) => {
    const id = idOf(attributes);
    const known = before.get(id);
    const verdict = evaluate(points, rule);
    const value = verdict ? (verdict.value === 'ALARM' ? ('ALARM' as const) : ('OK' as const)) : known?.state.value;
    return { id, attributes, known, value: value ?? 'OK', points: verdict?.points ?? [] };
  });
  const wanting = judged.filter(({ value }) => value === 'ALARM');
  // A contributor in ALARM keeps its place; the query's order decides the others.
  const staying = wanting.filter(({ known }) => known?.state.value === 'ALARM');
  const coming = wanting.filter(({ known }) => known?.state.value !== 'ALARM');
  const alarmed = new Set([...staying, ...coming].slice(0, CONTRIBUTORS_IN_ALARM_MAX).map(({ id }) => id));
  const contributors = new Map<string, Contributor>();
  const changes: ContributorChange[] = [];
  for (const { id, attributes, known, points } of judged) {
    const value = alarmed.has(id) ? 'ALARM' : 'OK';
    const previous = known?.state.value ?? 'OK';
    if (known && previous === value) {
      contributors.set(id, known);
      continue;
    }
    const contributor = {
      id,
      attributes,
      state: { value, reason: reasonOf(value, points, rule), atMs: nowMs },
    } as const;
    contributors.set(id, contributor);
    if (previous !== value) changes.push({ contributor, previous });
  }
  return { contributors, changes, whole: wholeOf(judged.length, wanting.length, rule) };
}

const reasonOf = (value: 'OK' | 'ALARM', points: readonly Point[], rule: Threshold): string =>
  points.length === 0 ? 'Unchecked: Initial contributor creation' : reasonOfContributor(value, points, rule);

/** "95 out of 150 time series evaluated to ALARM", "100+ time series evaluated to ALARM". */
function wholeOf(all: number, inAlarm: number, rule: Threshold): Evaluation['whole'] {
  if (all === 0) {
    const verdict = evaluate([], rule);
    return verdict && { value: verdict.value, reason: 'No time series matched the query' };
  }
  const count = inAlarm > CONTRIBUTORS_IN_ALARM_MAX ? `${CONTRIBUTORS_IN_ALARM_MAX}+` : `${inAlarm} out of ${all}`;
  return { value: inAlarm > 0 ? 'ALARM' : 'OK', reason: `${count} time series evaluated to ALARM` };
}

/** 16 hexadecimal digits, as in AWS's samples; the same for the same labels. */
const idOf = (attributes: Readonly<Record<string, string>>): string =>
  createHash('sha256')
    .update(JSON.stringify(Object.entries(attributes)))
    .digest('hex')
    .slice(0, 16);
