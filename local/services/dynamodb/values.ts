// Attribute values: reads what a client sent, compares, measures and copies them.

import { ownValue, setOwnValue } from '../../simulator/own-properties.ts';
import { AwsError } from '../../simulator/service.ts';
import { compareDecimals, formatDecimal, parseDecimal } from './numbers.ts';

export type AttributeValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: Uint8Array }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly M: Item }
  | { readonly L: readonly AttributeValue[] }
  | { readonly SS: readonly string[] }
  | { readonly NS: readonly string[] }
  | { readonly BS: readonly Uint8Array[] };
export type Item = Readonly<Record<string, AttributeValue>>;
export type ValueType = 'S' | 'N' | 'B' | 'BOOL' | 'NULL' | 'M' | 'L' | 'SS' | 'NS' | 'BS';

// "Service, account, and table quotas in Amazon DynamoDB": nested attributes up to 32 levels deep.
const DEPTH_MAX = 32;

export const validation = (message: string): AwsError => new AwsError('ValidationException', message);

export const typeOf = (value: AttributeValue): ValueType => Object.keys(value)[0] as ValueType;

/** A checked copy of a client's item, with numbers in their stored form; throws `ValidationException`. */
export function readItem(sent: Readonly<Record<string, unknown>>, depth = 0): Item {
  const item: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(sent)) {
    if (value !== undefined) setOwnValue(item, name, readValue(value, depth));
  }
  return item;
}

export function readValue(sent: unknown, depth = 0): AttributeValue {
  if (depth > DEPTH_MAX) {
    throw validation(
      'Nesting Levels have exceeded supported limits: Attributes can only be nested up to 32 levels deep.',
    );
  }
  const entries = Object.entries((sent ?? {}) as Record<string, unknown>).filter(([, value]) => value !== undefined);
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) {
    throw validation(
      entry === undefined
        ? 'Supplied AttributeValue is empty, must contain exactly one of the supported datatypes'
        : 'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
    );
  }
  const [type, value] = entry;
  switch (type) {
    case 'S':
      return { S: String(value) };
    case 'N':
      return { N: canonicalNumber(String(value)) };
    case 'B':
      return { B: Uint8Array.from(value as Uint8Array) };
    case 'BOOL':
      return { BOOL: value === true };
    case 'NULL':
      if (value !== true)
        throw validation(
          'One or more parameter values were invalid: Null attribute value types must have the value of true',
        );
      return { NULL: true };
    case 'M':
      return { M: readItem(value as Record<string, unknown>, depth + 1) };
    case 'L':
      return { L: (value as unknown[]).map((element) => readValue(element, depth + 1)) };
    case 'SS':
      return { SS: distinct('SS', value as string[], (text) => text) };
    case 'NS':
      return { NS: distinct('NS', (value as string[]).map(canonicalNumber), (text) => text) };
    case 'BS':
      return { BS: distinct('BS', value as Uint8Array[], base64) };
    default:
      throw validation('Supplied AttributeValue is empty, must contain exactly one of the supported datatypes');
  }
}

/** Equal in type and value; sets compare without order. */
export function equalValues(left: AttributeValue, right: AttributeValue): boolean {
  if (typeOf(left) !== typeOf(right)) return false;
  if ('M' in left && 'M' in right) {
    const other = right.M;
    const names = Object.keys(left.M);
    return (
      names.length === Object.keys(other).length &&
      names.every((name) => {
        const [a, b] = [ownValue(left.M, name), ownValue(other, name)];
        return a !== undefined && b !== undefined && equalValues(a, b);
      })
    );
  }
  if ('L' in left && 'L' in right) {
    return (
      left.L.length === right.L.length &&
      left.L.every((value, i) => {
        const other = right.L[i];
        return other !== undefined && equalValues(value, other);
      })
    );
  }
  const [a, b] = [elements(left), elements(right)];
  if (a !== undefined && b !== undefined) {
    return a.size === b.size && [...a.keys()].every((element) => b.has(element));
  }
  return scalarKey(left) === scalarKey(right);
}

/** Order of two values of one scalar type: numbers by value, strings by UTF-8 bytes, binaries unsigned; undefined: not comparable. */
export function compareValues(left: AttributeValue, right: AttributeValue): number | undefined {
  if ('S' in left && 'S' in right) return compareText(left.S, right.S);
  if ('N' in left && 'N' in right) return compareDecimals(parseDecimal(left.N), parseDecimal(right.N));
  if ('B' in left && 'B' in right) return Buffer.compare(left.B, right.B);
  return undefined;
}

/** The elements of a set by their identity; undefined for other types. */
export function elements(value: AttributeValue): Map<string, string | Uint8Array> | undefined {
  if ('SS' in value) return new Map(value.SS.map((text) => [text, text]));
  if ('NS' in value) return new Map(value.NS.map((text) => [text, text]));
  if ('BS' in value) return new Map(value.BS.map((bytes) => [base64(bytes), bytes]));
  return undefined;
}

export function setOf(type: 'SS' | 'NS' | 'BS', members: Iterable<string | Uint8Array>): AttributeValue {
  return { [type]: [...members] } as unknown as AttributeValue;
}

/** Size in bytes by the rules of "DynamoDB item sizes and formats" (developer guide). */
export function sizeOfItem(item: Item): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) bytes += Buffer.byteLength(name) + sizeOfValue(value);
  return bytes;
}

function sizeOfValue(value: AttributeValue): number {
  if ('S' in value) return Buffer.byteLength(value.S);
  if ('N' in value) return sizeOfNumber(value.N);
  if ('B' in value) return value.B.byteLength;
  if ('BOOL' in value || 'NULL' in value) return 1;
  // Lists and maps have 3 bytes of overhead, and 1 more for each element or pair.
  if ('M' in value) return 3 + Object.keys(value.M).length + sizeOfItem(value.M);
  if ('L' in value) return value.L.reduce((bytes, element) => bytes + 1 + sizeOfValue(element), 3);
  if ('SS' in value) return value.SS.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0);
  if ('NS' in value) return value.NS.reduce((bytes, text) => bytes + sizeOfNumber(text), 0);
  return value.BS.reduce((bytes, binary) => bytes + binary.byteLength, 0);
}

/** About 1 byte for each two significant digits, plus 1. */
const sizeOfNumber = (text: string): number =>
  Math.ceil(text.replace(/^-|\./g, '').replace(/^0+|0+$/g, '').length / 2) + 1;

/** The result of `size(path)`; undefined for types without a size. */
export function sizeFunction(value: AttributeValue): number | undefined {
  if ('S' in value) return value.S.length;
  if ('B' in value) return value.B.byteLength;
  if ('M' in value) return Object.keys(value.M).length;
  if ('L' in value) return value.L.length;
  return elements(value)?.size;
}

export function copyItem(item: Item): Item {
  const copy: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(item)) setOwnValue(copy, name, copyValue(value));
  return copy;
}

export function copyValue(value: AttributeValue): AttributeValue {
  if ('M' in value) return { M: copyItem(value.M) };
  if ('L' in value) return { L: value.L.map(copyValue) };
  if ('B' in value) return { B: Uint8Array.from(value.B) };
  const members = elements(value);
  if (members !== undefined) return setOf(typeOf(value) as 'SS' | 'NS' | 'BS', members.values());
  return { ...value };
}

/** By UTF-8 bytes, which is the order of code points; UTF-16 order differs only beyond the surrogates. */
function compareText(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const [a, b] = [left.charCodeAt(i), right.charCodeAt(i)];
    if (a !== b) return a < 0xd800 && b < 0xd800 ? a - b : Buffer.compare(Buffer.from(left), Buffer.from(right));
  }
  return left.length - right.length;
}

function canonicalNumber(text: string): string {
  return formatDecimal(parseDecimal(text));
}

function distinct<T>(type: string, members: readonly T[], identity: (member: T) => string): T[] {
  if (members.length === 0) {
    throw validation(
      `One or more parameter values were invalid: An ${type === 'NS' ? 'number' : type === 'SS' ? 'string' : 'binary'} set  may not be empty`,
    );
  }
  if (new Set(members.map(identity)).size !== members.length) {
    throw validation(
      `One or more parameter values were invalid: Input collection [${members.map(identity).join(', ')}] contains duplicates.`,
    );
  }
  return [...members];
}

function scalarKey(value: AttributeValue): string {
  if ('B' in value) return base64(value.B);
  return String(Object.values(value)[0]);
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
