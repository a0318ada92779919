// Patterns with "*" and "?", for filters, event patterns and policies. They come from callers, so the matching time is at most proportional to
// pattern and text. A regular expression with many stars may take much longer.

export interface Glob {
  test(text: string): boolean;
}

export interface GlobRules {
  /** "?" is any one character; otherwise it is literal. */
  readonly one: boolean;
  /** A backslash makes the next character literal; otherwise it is literal itself. */
  readonly escapes: boolean;
}

const ANY = Symbol('any text');
const ONE = Symbol('any one character');
type Part = typeof ANY | typeof ONE | string;

export function compileGlob(pattern: string, rules: GlobRules): Glob {
  const parts = partsOf(pattern, rules);
  const isText = (part: Part): boolean => typeof part === 'string';
  // Most patterns are plain text, with or without a star at the end.
  if (parts.every(isText)) {
    const plain = parts.join('');
    return { test: (text) => text === plain };
  }
  if (parts.at(-1) === ANY && parts.slice(0, -1).every(isText)) {
    const prefix = parts.slice(0, -1).join('');
    return { test: (text) => text.startsWith(prefix) };
  }
  return { test: (text) => matches(parts, text) };
}

function partsOf(pattern: string, { one, escapes }: GlobRules): Part[] {
  const parts: Part[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern.charAt(i);
    if (escapes && character === '\\' && i + 1 < pattern.length) parts.push(pattern.charAt(++i));
    else if (character === '*') {
      if (parts.at(-1) !== ANY) parts.push(ANY);
    } else parts.push(one && character === '?' ? ONE : character);
  }
  return parts;
}

/** Goes back to the last star only: it can match all that an earlier star has matched. */
function matches(parts: readonly Part[], text: string): boolean {
  let at = 0;
  let star = -1;
  let afterStar = 0;
  let i = 0;
  while (i < text.length) {
    const part = parts[at];
    if (part === ANY) {
      star = at++;
      afterStar = i;
    } else if (part === ONE || (part !== undefined && part === text.charAt(i))) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++afterStar;
    } else return false;
  }
  while (parts[at] === ANY) at++;
  return at === parts.length;
}
