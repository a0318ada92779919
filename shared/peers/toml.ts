// Sets single values in a TOML file. Everything around them stays the same, to the byte. The values are replaced in the text, and a real parser then
// checks that nothing else has changed its meaning.
import { isDeepStrictEqual } from 'node:util';
import { parse, TomlError } from 'smol-toml';
import { plainText } from '../text/plain-text.ts';
import { ConfigError, excerpt } from './config-error.ts';
import { checkedLines } from './limits.ts';
import { spansOf } from './toml-spans.ts';

export interface TomlPlace {
  /** Dotted, as in its header: "p2p", "Node.P2P". */
  readonly table: string;
  readonly key: string;
}

export interface TomlSetting extends TomlPlace {
  readonly to: string | boolean | readonly string[];
}

/** A file that is parsed once for all reads and writes. */
export interface TomlText {
  readonly text: string;
  readonly root: Table;
}

type Table = { [key: string]: unknown };

/**
 * No client's configuration has a key of more than four parts, or lists in lists. Much deeper nesting exhausts the call stack of a recursive reader.
 */
const MAXIMUM_DEPTH = 16;
/** Each of these characters may be a table or a list, which takes some hundred times its size in memory. Addresses have three dots each. */
const STRUCTURE = ['.', '[', '{'] as const;
const MAXIMUM_STRUCTURE = 5_000;

/** Throws a `ConfigError` for a text that is no TOML, or no client's configuration. */
export function openToml(text: string): TomlText {
  checkedLines(text);
  const count = STRUCTURE.reduce((sum, character) => sum + countOf(text, character), 0);
  if (count > MAXIMUM_STRUCTURE)
    throw new ConfigError(`it has ${count} dots and brackets, expected at most ${MAXIMUM_STRUCTURE}`);
  return { text, root: parsed(text) };
}

/** The value at a key; undefined where there is none. Throws a `ConfigError` where the key's table is not a table. */
export const valueIn = ({ root }: TomlText, place: TomlPlace): unknown => valueAt(root, keysOf(place));

/** Whether there is anything at a dotted path. */
export const hasPath = ({ root }: TomlText, path: string): boolean => {
  let value: unknown = root;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false;
    value = (value as Table)[key];
  }
  return true;
};

/** The text with these values; the same text where they are already there. Throws a `ConfigError`, and nothing is changed. */
export function setToml({ text, root }: TomlText, settings: readonly TomlSetting[]): string {
  const changes = settings.filter((setting) => !isDeepStrictEqual(valueAt(root, keysOf(setting)), setting.to));
  if (changes.length === 0) return text;
  const wanted = copyOf(root);
  for (const change of changes) put(wanted, keysOf(change), change.to);
  const after = changes.reduce(edited, text);
  if (isSame(after, wanted)) return after;
  const places = changes.map(({ table, key }) => `[${table}] ${key}`).join(', ');
  throw new ConfigError(
    `${places} cannot be set without changing something else in this file: expected the table under a header of its own`,
  );
}

const keysOf = ({ table, key }: TomlPlace): readonly string[] => [...table.split('.'), key];

/** An inline table, or one of dotted keys, takes no header: the new text would not be TOML. */
function isSame(text: string, wanted: Table): boolean {
  try {
    return isDeepStrictEqual(parsed(text), wanted);
  } catch (error) {
    if (error instanceof ConfigError) return false;
    throw error;
  }
}

function edited(text: string, setting: TomlSetting): string {
  const { table, key, to } = setting;
  const value = written(to);
  const place = spansOf(text, keysOf(setting));
  if (place.value) return text.slice(0, place.value.start) + value + text.slice(place.value.end);
  const newLine = /\r?\n/.exec(text)?.[0] ?? '\n';
  const line = `${key} = ${value}${newLine}`;
  if (place.header !== undefined) {
    const before = text.slice(0, place.header);
    return before + (before.endsWith('\n') ? '' : newLine) + line + text.slice(place.header);
  }
  const apart = text === '' ? '' : text.endsWith('\n') ? newLine : newLine + newLine;
  return `${text}${apart}[${table}]${newLine}${line}`;
}

/** The written values have no character that JSON and TOML escape differently: addresses, ids, true and false. */
function written(value: TomlSetting['to']): string {
  return typeof value === 'object'
    ? `[${value.map((item) => JSON.stringify(item)).join(', ')}]`
    : JSON.stringify(value);
}

function parsed(text: string): Table {
  let root: Table;
  try {
    root = parse(text, { maxDepth: MAXIMUM_DEPTH, integersAsBigInt: 'asNeeded', unsafeKeyBehaviour: 'throw' });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The first line of the message names the fault; the lines below quote the file.
    const [words = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n', 1);
    throw new ConfigError(`it is not TOML: line ${error.line}: ${plainText(words, 200)}`);
  }
  if (depthOf(root) > MAXIMUM_DEPTH) throw new ConfigError(`it is nested more than ${MAXIMUM_DEPTH} deep`);
  return root;
}

function countOf(text: string, character: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) count += 1;
  return count;
}

/** Level by level, as far as needed: a recursive function would exhaust the call stack first. */
function depthOf(root: Table): number {
  let level: readonly unknown[] = [root];
  for (let depth = 0; ; depth += 1) {
    level = level.flatMap((value) =>
      Array.isArray(value) || isTable(value) ? Object.values(value).filter((inner) => typeof inner === 'object') : [],
    );
    if (level.length === 0 || depth > MAXIMUM_DEPTH) return depth;
  }
}

function valueAt(root: Table, keys: readonly string[]): unknown {
  let value: unknown = root;
  for (const key of keys) {
    if (value === undefined) return undefined;
    if (!isTable(value)) throw new ConfigError(`${key} is inside ${excerpt(value)}, expected a table`);
    value = Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}

function put(root: Table, keys: readonly string[], to: unknown): void {
  let table = root;
  for (const key of keys.slice(0, -1)) {
    // The parser's own tables have no prototype, and equality counts that.
    table[key] ??= Object.create(null);
    table = table[key] as Table;
  }
  table[keys.at(-1) ?? ''] = to;
}

/** Copies the tables on the path, so that one of them can be changed; everything else keeps its identity. */
function copyOf(table: Table): Table {
  const copy = Object.create(Object.getPrototypeOf(table)) as Table;
  for (const [key, value] of Object.entries(table)) copy[key] = isTable(value) ? copyOf(value) : value;
  return copy;
}

function isTable(value: unknown): value is Table {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
