// Evaluates conditions on an item, and projects a part of it.

import { setOwnValue } from '../../simulator/own-properties.ts';
import type { Comparator, Condition, Operand, Path } from './expressions.ts';
import {
  type AttributeValue,
  compareValues,
  copyValue,
  elements,
  equalValues,
  type Item,
  sizeFunction,
  typeOf,
  validation,
} from './values.ts';

/** Whether a condition holds; comparing a missing attribute, or one of another type, is false. Errors begin with `parameter`. */
export function holds(condition: Condition, item: Item, parameter: string): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.parts.every((part) => holds(part, item, parameter));
    case 'or':
      return condition.parts.some((part) => holds(part, item, parameter));
    case 'not':
      return !holds(condition.of, item, parameter);
    case 'compare':
      return compares(condition.comparator, operandValue(condition.left, item), operandValue(condition.right, item));
    case 'between': {
      const value = operandValue(condition.of, item);
      return (
        compares('>=', value, operandValue(condition.low, item)) &&
        compares('<=', value, operandValue(condition.high, item))
      );
    }
    case 'in': {
      const value = operandValue(condition.of, item);
      return condition.list.some((candidate) => compares('=', value, operandValue(candidate, item)));
    }
    case 'predicate':
      return predicateHolds(condition, item, parameter);
  }
}

export function valueAt(item: Item, path: Path): AttributeValue | undefined {
  let value: AttributeValue | undefined = { M: item };
  for (const part of path) {
    if (value === undefined) return undefined;
    value = childOf(value, part);
  }
  return value;
}

function childOf(value: AttributeValue, part: string | number): AttributeValue | undefined {
  if (typeof part === 'number') return 'L' in value ? value.L[part] : undefined;
  return 'M' in value && Object.hasOwn(value.M, part) ? value.M[part] : undefined;
}

/** The parts of an item that the paths name; list elements move together in the order of their indexes, as on AWS. */
export function project(item: Item, paths: readonly Path[]): Item {
  return (collect({ M: item }, paths) as { M: Item } | undefined)?.M ?? {};
}

function collect(value: AttributeValue, paths: readonly Path[]): AttributeValue | undefined {
  if (paths.some((path) => path.length === 0)) return copyValue(value);
  const steps = new Map<string | number, Path[]>();
  for (const [first, ...rest] of paths) {
    if (first !== undefined) steps.set(first, [...(steps.get(first) ?? []), rest]);
  }
  if ('M' in value) {
    const found: Record<string, AttributeValue> = {};
    for (const [name, rest] of steps) {
      const inner = Object.hasOwn(value.M, name) ? value.M[name] : undefined;
      const part = inner && collect(inner, rest);
      if (part !== undefined) setOwnValue(found, String(name), part);
    }
    return Object.keys(found).length > 0 ? { M: found } : undefined;
  }
  if ('L' in value) {
    const indexes = [...steps].sort(([a], [b]) => Number(a) - Number(b));
    const found = indexes.flatMap(([index, rest]) => {
      const inner = typeof index === 'number' ? value.L[index] : undefined;
      const part = inner && collect(inner, rest);
      return part === undefined ? [] : [part];
    });
    return found.length > 0 ? { L: found } : undefined;
  }
  return undefined;
}

function operandValue(operand: Operand, item: Item): AttributeValue | undefined {
  if (operand.kind === 'value') return operand.value;
  if (operand.kind === 'path') return valueAt(item, operand.path);
  const inner = operandValue(operand.of, item);
  const size = inner && sizeFunction(inner);
  return size === undefined ? undefined : { N: String(size) };
}

function compares(comparator: Comparator, left?: AttributeValue, right?: AttributeValue): boolean {
  // "<>" is true for a missing attribute: it is not equal.
  if (left === undefined || right === undefined) return comparator === '<>';
  if (comparator === '=') return equalValues(left, right);
  if (comparator === '<>') return !equalValues(left, right);
  const order = compareValues(left, right);
  if (order === undefined) return false;
  return comparator === '<'
    ? order < 0
    : comparator === '<='
      ? order <= 0
      : comparator === '>'
        ? order > 0
        : order >= 0;
}

function predicateHolds(condition: Condition & { kind: 'predicate' }, item: Item, parameter: string): boolean {
  const [subject, argument] = condition.arguments;
  const value = subject && operandValue(subject, item);
  const wanted = argument && operandValue(argument, item);
  switch (condition.predicate) {
    case 'attribute_exists':
      return value !== undefined;
    case 'attribute_not_exists':
      return value === undefined;
    case 'attribute_type':
      if (wanted === undefined || !('S' in wanted)) return incorrectType(parameter, 'attribute_type', wanted);
      return value !== undefined && typeOf(value) === wanted.S;
    case 'begins_with':
      if (argument?.kind === 'value' && wanted !== undefined && !('S' in wanted || 'B' in wanted)) {
        return incorrectType(parameter, 'begins_with', wanted);
      }
      return value !== undefined && wanted !== undefined && beginsWith(value, wanted);
    case 'contains':
      return value !== undefined && wanted !== undefined && contains(value, wanted);
  }
}

export function beginsWith(value: AttributeValue, prefix: AttributeValue): boolean {
  if ('S' in value && 'S' in prefix) return value.S.startsWith(prefix.S);
  if ('B' in value && 'B' in prefix) {
    return Buffer.compare(value.B.subarray(0, prefix.B.byteLength), prefix.B) === 0;
  }
  return false;
}

function contains(value: AttributeValue, wanted: AttributeValue): boolean {
  if ('S' in value) return 'S' in wanted && value.S.includes(wanted.S);
  if ('B' in value) return 'B' in wanted && Buffer.from(value.B).includes(Buffer.from(wanted.B));
  if ('L' in value) return value.L.some((element) => equalValues(element, wanted));
  if (typeOf(value) !== `${typeOf(wanted)}S`) return false;
  const [identity] =
    elements({ [typeOf(value)]: [Object.values(wanted)[0]] } as unknown as AttributeValue)?.keys() ?? [];
  return identity !== undefined && (elements(value)?.has(identity) ?? false);
}

function incorrectType(parameter: string, name: string, value: AttributeValue | undefined): never {
  throw validation(
    `Invalid ${parameter}: Incorrect operand type for operator or function; operator or function: ${name}, ` +
      `operand type: ${value === undefined ? 'unknown' : typeOf(value)}`,
  );
}
