// Sets single values in a TOML file. What stands around them stays as it is, to the byte: the values are put into the text where
// they stand (a patching library moves blank lines when a list gets shorter), and a real parser then has to find that nothing else
// means anything else.
import { isDeepStrictEqual } from 'node:util';
import { parse } from '@decimalturn/toml-patch';
import { ConfigError, shown } from './config-error.ts';
import { pathOf, spansOf } from './toml-spans.ts';

export interface TomlSetting {
  /** Dotted, as in its header: "p2p", "Node.P2P". */
  readonly table: string;
  readonly key: string;
  readonly to: string | boolean | readonly string[];
}

type Table = { [key: string]: unknown };

/** The value at a key; undefined where there is none. Throws a `ConfigError` for what is no TOML. */
export function readToml(text: string, { table, key }: Pick<TomlSetting, 'table' | 'key'>): unknown {
  return valueAt(parsed(text), [...table.split('.'), key]);
}

/** The text with these values; the same text where they stand there already. Throws a `ConfigError`, and nothing is changed. */
export function setToml(text: string, settings: readonly TomlSetting[]): string {
  return settings.reduce(setOne, text);
}

function setOne(text: string, { table, key, to }: TomlSetting): string {
  const before = parsed(text);
  const keys = [...table.split('.'), key];
  if (isDeepStrictEqual(valueAt(before, keys), to)) return text;
  const after = edited(text, table, key, written(to));
  const wanted = structuredCloneOf(before);
  put(wanted, keys, to);
  if (!isSame(after, wanted))
    throw new ConfigError(
      `[${table}] ${key} cannot be set without changing something else in this file: expected the table under a header of its own`,
    );
  return after;
}

/** A table that stands inline, or by dotted keys, takes no header: what would be written is no TOML then. */
function isSame(text: string, wanted: Table): boolean {
  try {
    return isDeepStrictEqual(parsed(text), wanted);
  } catch (error) {
    if (error instanceof ConfigError) return false;
    throw error;
  }
}

function edited(text: string, table: string, key: string, value: string): string {
  const { values, headers } = spansOf(text);
  const place = values.get(pathOf([...table.split('.'), key]));
  if (place) return text.slice(0, place.start) + value + text.slice(place.end);
  const newLine = /\r?\n/.exec(text)?.[0] ?? '\n';
  const line = `${key} = ${value}${newLine}`;
  const header = headers.get(pathOf(table.split('.')));
  if (header !== undefined) {
    const before = text.slice(0, header);
    return before + (before.endsWith('\n') ? '' : newLine) + line + text.slice(header);
  }
  const apart = text === '' ? '' : text.endsWith('\n') ? newLine : newLine + newLine;
  return `${text}${apart}[${table}]${newLine}${line}`;
}

/** What is written has no character that JSON and TOML escape differently: addresses, ids, true and false. */
function written(value: TomlSetting['to']): string {
  return typeof value === 'object'
    ? `[${value.map((item) => JSON.stringify(item)).join(', ')}]`
    : JSON.stringify(value);
}

/** Longer than any client's own by far. */
const MAXIMUM_CHARACTERS = 1_000_000;

function parsed(text: string): Table {
  if (text.length > MAXIMUM_CHARACTERS) throw new ConfigError(`it has ${text.length} characters, expected fewer`);
  try {
    return parse(text) as Table;
  } catch (error) {
    const words = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ');
    throw new ConfigError(`it is not TOML: ${words.slice(0, 200)}`);
  }
}

function valueAt(root: Table, keys: readonly string[]): unknown {
  let value: unknown = root;
  for (const key of keys) {
    if (value === undefined) return undefined;
    if (!isTable(value)) throw new ConfigError(`${key} is inside ${shown(value)}, expected a table`);
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

/** Tables on the way are copied, so that one of them can be changed; everything else is the very same value. */
function structuredCloneOf(table: Table): Table {
  const copy = Object.create(Object.getPrototypeOf(table)) as Table;
  for (const [key, value] of Object.entries(table)) copy[key] = isTable(value) ? structuredCloneOf(value) : value;
  return copy;
}

function isTable(value: unknown): value is Table {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
