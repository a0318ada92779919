// What the package's code asks of a newer Node.js than the package may run on: esbuild puts these in place of Node.js's own (pack.ts).

/** `Map.groupBy` came with Node.js 21. */
export function mapGroupBy(items, keyOf) {
  const groups = new Map();
  let at = 0;
  for (const item of items) {
    const key = keyOf(item, at++);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** `URL.parse` came with Node.js 22.1. */
export function urlParse(text, base) {
  return URL.canParse(text, base) ? new URL(text, base) : null;
}
