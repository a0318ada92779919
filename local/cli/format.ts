// Formats numbers for people: GiB, hours, percent. The locale of the host has no influence.

const GIB = 2 ** 30;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** 2000 → "2,000" */
export const grouped = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');

/** Bytes as whole GiB without the unit: "455". */
export const gibOf = (bytes: number): string => grouped(bytes / GIB);

/** "14" or "0.4": at most two significant digits. */
export const rate = (value: number): string => (value >= 9.95 ? grouped(value) : String(Math.round(value * 10) / 10));

/** A duration in words: "29 s", "4 min", "3.2 h", "6 days". */
export function lasting(ms: number): string {
  if (ms < 2 * MINUTE_MS - 500) return `${Math.round(ms / 1_000)} s`;
  if (ms < 2 * HOUR_MS - 30_000) return `${Math.round(ms / MINUTE_MS)} min`;
  if (ms < 72 * HOUR_MS) return `${rate(ms / HOUR_MS)} h`;
  return `${Math.round(ms / (24 * HOUR_MS))} days`;
}

/** When the next check is. A sweep runs each minute, so a wait of one minute may miss the next sweep. */
export function within(ms: number): string {
  if (ms < MINUTE_MS) return 'within a minute';
  return ms === MINUTE_MS ? 'in a minute or two' : `in ${lasting(ms)}`;
}

/** "12:00:05", in UTC. */
export const clockTime = (atMs: number): string => new Date(atMs).toISOString().slice(11, 19);

/** "2026-01-02", in UTC. */
export const day = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);

export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
