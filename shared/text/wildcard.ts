// Matches names with `*` in them, as a fleet file writes them.

/**
 * Whether a name matches a pattern in which each `*` stands for any text, even an empty one. The first place where a part fits is as good as any
 * later one. So each character of the name is read a few times at most, for any number of stars.
 */
export function isMeant(pattern: string, name: string): boolean {
  const parts = pattern.split('*');
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last)) return false;
  let at = first.length;
  const end = name.length - last.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

/** Whether there is a name that fits both patterns. */
export function fitBoth(one: string, other: string): boolean {
  // fits[j]: the rest of `one` from where the loop is, and the rest of `other` from its j-th character.
  let fits = Array.from({ length: other.length + 1 }, (_, j) => /^\**$/.test(other.slice(j)));
  for (const character of [...one].reverse()) {
    const after = fits;
    fits = [];
    for (let j = other.length; j >= 0; j--) {
      const rest = other[j];
      const here = after[j] === true;
      const next = fits[j + 1] === true;
      if (character === '*') fits[j] = here || (rest !== undefined && next);
      else if (rest === '*') fits[j] = next || here;
      else fits[j] = rest === character && after[j + 1] === true;
    }
  }
  return fits[0] === true;
}
