// Durable executions: their status, and how long their calls may still take effect.

/** The answer of GetDurableExecution. `unknown`: it could not be read; such an execution never counts as ended. */
export type ExecutionStatus =
  | { readonly state: 'running' }
  | { readonly state: 'ended'; readonly endedAtMs: number }
  | { readonly state: 'unknown' };

/** How long a call may still take effect after its sandbox is gone: the function's time-out plus the longest a request is served. */
export const FUNCTION_TIMEOUT_MS = 60_000;
export const REQUEST_LIFETIME_MS = 60_000;
/**
 * AWS publishes no bound for how stale Describe can be (December 2026: "Eventual consistency in the Amazon EC2 API" advises to wait "up to about five minutes").
 * Two equal reads after this time are believed.
 */
export const CONSISTENCY_WINDOW_MS = 5 * 60_000;
export const DAY_MS = 24 * 60 * 60_000;
/**
 * How long an intent counts: the 24 h of its modification begin when the call takes effect. That is later than the intent, by retried steps and by a
 * slow request. These take less than an hour.
 */
export const INTENT_COUNTS_MS = DAY_MS + 60 * 60_000;
