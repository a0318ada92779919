// Durable executions: what is known of one, and how long its calls may still take effect.

/** What GetDurableExecution says of an execution. `unknown` is what cannot be read: it is never taken for ended. */
export type ExecutionStatus =
  | { readonly state: 'running' }
  | { readonly state: 'ended'; readonly endedAtMs: number }
  | { readonly state: 'unknown' };

/** How long a call may still take effect after its sandbox is gone: the function's time-out plus the longest a request is served. */
export const FUNCTION_TIMEOUT_MS = 60_000;
export const REQUEST_LIFETIME_MS = 60_000;
/** Describe has no published bound of staleness; two equal reads after this are believed. */
export const CONSISTENCY_WINDOW_MS = 5 * 60_000;
export const DAY_MS = 24 * 60 * 60_000;
/**
 * How long an intent counts: the 24 h of its modification begin when the call takes effect, which is later than the intent
 * by retried steps and by a request that lingers. An hour is more than those take.
 */
export const INTENT_COUNTS_MS = DAY_MS + 60 * 60_000;
