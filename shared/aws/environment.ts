// Reads the environment of a function once; an error names the missing variables.

/** @throws Error naming every variable that is missing or empty */
export function readEnvironment<N extends string>(
  names: readonly N[],
  from = process.env,
): Readonly<Record<N, string>> {
  const missing = names.filter((name) => !from[name]);
  if (missing.length > 0)
    throw new Error(`environment variable ${missing.join(', ')} is not set; the stack sets it on the function`);
  return Object.fromEntries(names.map((name) => [name, from[name] ?? ''])) as Record<N, string>;
}
