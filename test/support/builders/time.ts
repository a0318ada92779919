// When things happen in tests: at noon, and how long before or after it.
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const NOON_MS = Date.parse('2026-01-01T12:00:00Z');
