// Finds the position of a value in a TOML text, so that it can be replaced and every other byte stays. A real parser has parsed the text before: what
// this scanner does not understand is a mistake of its own, and refused.
import { ConfigError, excerpt } from './config-error.ts';

export interface TomlSpans {
  /** From the value's first character to the position after its last; undefined where the key is missing. */
  readonly value: { readonly start: number; readonly end: number } | undefined;
  /** Position after the line break of the header of the key's table; undefined where it has none. */
  readonly header: number | undefined;
}

const pathOf = (keys: readonly string[]): string => JSON.stringify(keys);

/**
 * The position of one key, and of the header of its table. Tables of an array (`[[…]]`) and the content of inline tables are skipped.
 *
 * @param wanted the parts of the key, those of its table first
 */
export function spansOf(text: string, wanted: readonly string[]): TomlSpans {
  const arrays = new Set<string>();
  let value: TomlSpans['value'];
  let header: number | undefined;
  // undefined inside a table of an array, whose keys have no path.
  let table: readonly string[] | undefined = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at] ?? '';
    if (/[\s\uFEFF]/.test(char)) at += 1;
    else if (char === '#') at = lineEnd(text, at);
    else if (char === '[') {
      const isArray = text[at + 1] === '[';
      const name = readKeys(text, at + (isArray ? 2 : 1));
      const closing = isArray ? ']]' : ']';
      if (!text.startsWith(closing, name.end)) throw unexpected(text, name.end, closing);
      // A table inside a table of an array belongs to that table.
      if (isArray) arrays.add(pathOf(name.keys));
      table = name.keys.some((_, index) => arrays.has(pathOf(name.keys.slice(0, index + 1)))) ? undefined : name.keys;
      at = nextLine(text, name.end);
      if (table && isPath(table, wanted.slice(0, -1))) header = at;
    } else {
      const key = readKeys(text, at);
      if (text[key.end] !== '=') throw unexpected(text, key.end, '=');
      const start = skipBlanks(text, key.end + 1);
      const end = valueEnd(text, start);
      if (table && isPath([...table, ...key.keys], wanted)) value = { start, end };
      at = nextLine(text, end);
    }
  }
  return { value, header };
}

const isPath = (keys: readonly string[], wanted: readonly string[]): boolean =>
  keys.length === wanted.length && keys.every((key, index) => key === wanted[index]);

/** A dotted key, from its first part to after the blanks that follow it. */
function readKeys(text: string, from: number): { readonly keys: readonly string[]; readonly end: number } {
  const keys: string[] = [];
  let at = skipBlanks(text, from);
  for (;;) {
    const quote = text[at];
    if (quote === '"' || quote === "'") {
      const end = stringEnd(text, at);
      const inner = text.slice(at + 1, end - 1);
      // Escapes in keys are very rare; such a key is never one of ours.
      keys.push(inner);
      at = end;
    } else {
      const [bare = ''] = /^[A-Za-z0-9_-]+/.exec(text.slice(at, at + 300)) ?? [];
      if (bare === '') throw unexpected(text, at, 'a key');
      keys.push(bare);
      at += bare.length;
    }
    at = skipBlanks(text, at);
    if (text[at] !== '.') return { keys, end: at };
    at = skipBlanks(text, at + 1);
  }
}

function valueEnd(text: string, start: number): number {
  const char = text[start];
  if (char === '"' || char === "'") return stringEnd(text, start);
  if (char === '[' || char === '{') return bracketEnd(text, start);
  // A date may contain a blank, so a plain value ends with its line or its comment.
  const line = text.slice(start, lineEnd(text, start));
  const comment = line.indexOf('#');
  const scalar = (comment < 0 ? line : line.slice(0, comment)).trimEnd();
  if (scalar === '') throw unexpected(text, start, 'a value');
  return start + scalar.length;
}

function bracketEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; ) {
    const char = text[at];
    if (char === '"' || char === "'") at = stringEnd(text, at);
    else if (char === '#') at = lineEnd(text, at);
    else {
      if (char === '[' || char === '{') depth += 1;
      if (char === ']' || char === '}') depth -= 1;
      at += 1;
      if (depth === 0) return at;
    }
  }
  throw unexpected(text, start, 'an end of what begins there');
}

function stringEnd(text: string, start: number): number {
  const quote = text[start] ?? '';
  const triple = quote.repeat(3);
  const marks = text.startsWith(triple, start) ? triple : quote;
  for (let at = start + marks.length; at < text.length; at += 1) {
    if (quote === '"' && text[at] === '\\') at += 1;
    else if (text.startsWith(marks, at)) {
      let end = at + marks.length;
      // Up to two more quotes may belong to a long string's content.
      while (marks === triple && text[end] === quote && end < at + 5) end += 1;
      return end;
    }
  }
  throw unexpected(text, start, 'an end of the text that begins there');
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at += 1;
  return at;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

const nextLine = (text: string, from: number): number => Math.min(text.length, lineEnd(text, from) + 1);

function unexpected(text: string, at: number, expected: string): ConfigError {
  const line = text.slice(0, at).split('\n').length;
  return new ConfigError(`line ${line}: ${excerpt(text.slice(at, at + 20))} found, expected ${expected}`);
}
