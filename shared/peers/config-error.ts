// The error for a client's configuration that is left unchanged, with the reason.
import { plainText } from '../text/plain-text.ts';

/** Nothing was changed. The message names the place, what is there, and what was expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** A foreign value in a message: one line, short. */
export function excerpt(value: unknown): string {
  const text =
    JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? Number(inner) : inner)) ?? `a ${typeof value}`;
  return plainText(text, 80);
}
