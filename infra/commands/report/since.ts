// The time that a report is about: "7d", "36h", "90m".
import { UsageError } from '../errors.ts';

const MINUTE_MS = 60_000;
const UNITS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: 60 * MINUTE_MS, d: 24 * 60 * MINUTE_MS };
const LEAST_MS = 10 * MINUTE_MS;
/** CloudWatch keeps the history of an alarm for 30 days (DescribeAlarmHistory, API reference). */
const MOST_MS = 30 * 24 * 60 * MINUTE_MS;

/** @returns ms @throws UsageError */
export function sinceOf(written: string): number {
  const [, count = '', unit = ''] = /^(\d{1,5})([mhd])$/.exec(written) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? 0);
  if (ms >= LEAST_MS && ms <= MOST_MS) return ms;
  throw new UsageError(
    `--since: expected minutes, hours or days, from 10m to 30d, such as 7d or 36h; found ${JSON.stringify(written)}`,
  );
}

/** "Start time between 3 hours and 15 days ago: a multiple of 60 seconds; between 15 and 63 days ago: of 300" (GetMetricData, API reference). */
const FINE_MS = 15 * 24 * 60 * MINUTE_MS;
const PERIODS_SECONDS = [60, 300, 900, 1_800, 3_600, 10_800] as const;
/** As many as a page shows cells: twice of them, so that none is drawn from a single point. */
const POINTS_MOST = 1_440;
/** Of all metrics together: some hundred pages of answers. */
const POINTS_IN_ALL = 1_000_000;

/** The finest period that answers can be had in. @param metrics how many there are */
export function periodSecondsOf(spanMs: number, metrics: number): number {
  const most = Math.max(24, Math.min(POINTS_MOST, Math.floor(POINTS_IN_ALL / Math.max(1, metrics))));
  const fits = (seconds: number): boolean =>
    spanMs / (seconds * 1_000) <= most && (spanMs < FINE_MS || seconds % 300 === 0);
  return PERIODS_SECONDS.find(fits) ?? 86_400;
}
