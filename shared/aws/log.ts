// One middy middleware for all functions: what fails is logged as one JSON line with its cause, and goes on failing.
import type { MiddlewareObj } from '@middy/core';
import { plainJson } from '../text/plain-text.ts';

/** Logs and rethrows: the error must reach Lambda's retries, the dead-letter queue and the alarms. */
export const logged = (): MiddlewareObj<unknown, unknown, Error> => ({
  onError: ({ error }) => {
    console.error(plainJson({ level: 'error', ...describe(error) }));
  },
});

const MAX_CAUSES = 5;

function describe(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: String(error) };
  const cause = error.cause !== undefined && depth < MAX_CAUSES ? { cause: describe(error.cause, depth + 1) } : {};
  return { error: error.name, message: error.message, stack: error.stack?.split('\n').slice(1, 6), ...cause };
}
