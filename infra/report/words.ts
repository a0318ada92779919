// Numbers and moments of a report as words. Times are UTC.

/** "8.64e15" (ECMA-262, Time Values and Time Range). */
const MAX_DATE_MS = 8.64e15;
const isDate = (atMs: number): boolean => Number.isFinite(atMs) && Math.abs(atMs) <= MAX_DATE_MS;

/** "2026-01-01 12:02:56" */
export const momentText = (atMs: number): string =>
  isDate(atMs) ? new Date(atMs).toISOString().replace('T', ' ').slice(0, 19) : 'at no time that is one';

/** "2026-01-01T12:02:56.000Z", for the attribute of a time element. */
export const isoText = (atMs: number): string => (isDate(atMs) ? new Date(atMs).toISOString() : '');

/** "29 s", "4 min", "3.2 h", "6 days" */
export function durationText(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 72 * 3_600) return `${(seconds / 3_600).toFixed(1)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** "1,234" */
export const grouped = (value: number): string => Math.round(value).toLocaleString('en-US');

export const usdText = (usd: number): string => `$${usd.toFixed(2)}`;

export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${grouped(count)} ${count === 1 ? one : many}`;

/** Cut at a length, with a mark that says so. */
export const cutText = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1)}…`;
