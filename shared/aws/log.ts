// The log of all functions: one JSON line for each entry, and a middy middleware that logs failures with their cause. A logger of our own: the one of
// Powertools is 24 KB of each bundle, 7 % of dispatch-heal's.
import type { MiddlewareObj } from '@middy/core';
import { plainJson } from '../text/plain-text.ts';

/** @param fields of one line; `level` comes before them */
export const logInfo = (fields: object): void => console.info(plainJson({ level: 'info', ...fields }));
export const logWarn = (fields: object): void => console.warn(plainJson({ level: 'warn', ...fields }));
export const logError = (fields: object): void => console.error(plainJson({ level: 'error', ...fields }));

/** Logs and rethrows: the error must reach Lambda's retries, the dead-letter queue and the alarms. */
export const logged = (): MiddlewareObj<unknown, unknown, Error> => ({
  onError: ({ error }) => logError(describe(error)),
});

const MAX_CAUSES = 5;

function describe(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: String(error) };
  const cause = error.cause !== undefined && depth < MAX_CAUSES ? { cause: describe(error.cause, depth + 1) } : {};
  return { error: error.name, message: error.message, stack: error.stack?.split('\n').slice(1, 6), ...cause };
}
