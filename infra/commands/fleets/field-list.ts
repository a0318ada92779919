// A fleet file as a flat list of fields, to show and to compare: "disk.maximumSizeGiB" → "2000".

export type Leaves = ReadonlyMap<string, string>;

const itemText = (item: unknown): string =>
  typeof item === 'object' && item !== null ? Object.values(item).join(' ') : String(item);

/** A list is one field, with a line for each item; so is an empty value. The fleet file's schema bounds the recursion. */
export function leavesOf(value: unknown, path: readonly string[] = []): Leaves {
  if (typeof value !== 'object' || value === null) return new Map([[path.join('.'), String(value)]]);
  // The body of a JSON-RPC request is one field, however deep it is.
  if (path.at(-1) === 'body') return new Map([[path.join('.'), JSON.stringify(value)]]);
  if (Array.isArray(value))
    return new Map([[path.join('.'), value.length > 0 ? value.map(itemText).join('\n') : 'none']]);
  return new Map(Object.entries(value).flatMap(([key, inner]) => [...leavesOf(inner, [...path, key])]));
}

/** "mode  plan → act", "disk.horizonHours  added: 48", "dns.zone  removed: bitcoin.internal". */
export function changesBetween(before: Leaves, after: Leaves): [field: string, change: string][] {
  const fields = [...new Set([...before.keys(), ...after.keys()])];
  return fields.flatMap((field) => {
    const [old, now] = [before.get(field)?.replaceAll('\n', ', '), after.get(field)?.replaceAll('\n', ', ')];
    if (old === now) return [];
    if (old === undefined) return [[field, `added: ${now}`]];
    return [[field, now === undefined ? `removed: ${old}` : `${old} → ${now}`]];
  });
}
