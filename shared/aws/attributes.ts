// Converts plain values to DynamoDB attributes and back: strings, numbers, booleans, null, lists and maps; nothing else is stored.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/** @throws TypeError for a value that a record cannot hold (undefined inside a list, NaN, functions) */
export function toAttribute(value: unknown): AttributeValue {
  if (value === null) return { NULL: true };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'boolean') return { BOOL: value };
  if (typeof value === 'number' && Number.isFinite(value)) return { N: String(value) };
  if (Array.isArray(value)) return { L: value.map(toAttribute) };
  if (typeof value === 'object') return { M: toItem(value) };
  throw new TypeError(`a record cannot hold ${String(value)}; expected a string, number, boolean, null, list or map`);
}

/** Members that are undefined are left out. */
export const toItem = (record: object): Record<string, AttributeValue> =>
  Object.fromEntries(
    Object.entries(record).flatMap(([key, value]) => (value === undefined ? [] : [[key, toAttribute(value)]])),
  );

/** @throws TypeError for attribute types that none of our records uses */
export function fromAttribute(attribute: AttributeValue): Plain {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.N !== undefined) return Number(attribute.N);
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.NULL) return null;
  if (attribute.L) return attribute.L.map(fromAttribute);
  if (attribute.M) return fromItem(attribute.M);
  throw new TypeError(
    `a record holds an attribute of type ${Object.keys(attribute).join()}; expected S, N, BOOL, NULL, L or M`,
  );
}

export const fromItem = (item: Record<string, AttributeValue>): { [key: string]: Plain } =>
  Object.fromEntries(Object.entries(item).map(([key, value]) => [key, fromAttribute(value)]));
