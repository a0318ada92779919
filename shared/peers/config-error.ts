// The one error of this room: a client's configuration that is not touched, and why.

/** Nothing was changed. The message names the place, what is there, and what was expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** A foreign value in a message: one line, short. */
export function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? `a ${typeof value}`);
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
