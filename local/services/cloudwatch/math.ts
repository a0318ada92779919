// Calculates metric math: the values of an expression, period by period ("Using math expressions with CloudWatch metrics", user guide).

import { ownValue } from '../../simulator/own-properties.ts';
import { AwsError } from '../../simulator/service.ts';
import { type Aggregate, type MathNode, parseMathSyntax } from './math-syntax.ts';

/** Values by the start of their period, in ms since the epoch. */
export type TimeSeries = ReadonlyMap<number, number>;
export type MathValue = number | TimeSeries;

export interface MathExpression {
  /** The ids that it reads; `METRICS()` reads all. */
  readonly ids: ReadonlySet<string>;
  readonly readsAllMetrics: boolean;
  evaluate(scope: MathScope): MathValue;
}

export interface MathScope {
  /** The value of another query by its id. */
  value(id: string): MathValue;
  /** Every metric of the request, for METRICS(). */
  metrics(): readonly TimeSeries[];
  /** The periods of the request, so that FILL knows which values are missing. */
  readonly periods: readonly number[];
}

const AGGREGATES: Readonly<Record<Aggregate, (values: readonly number[]) => number>> = {
  SUM: (values) => values.reduce((sum, value) => sum + value, 0),
  AVG: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  MIN: (values) => Math.min(...values),
  MAX: (values) => Math.max(...values),
};

type Operator = (left: number, right: number) => number;

const ARITHMETIC: Readonly<Record<string, Operator>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '^': (left, right) => left ** right,
};

/** "0 (false) or 1 (true)". */
const LOGICAL: Readonly<Record<string, Operator>> = {
  '==': (left, right) => Number(left === right),
  '!=': (left, right) => Number(left !== right),
  '<=': (left, right) => Number(left <= right),
  '>=': (left, right) => Number(left >= right),
  '<': (left, right) => Number(left < right),
  '>': (left, right) => Number(left > right),
  '&&': (left, right) => Number(left !== 0 && right !== 0),
  '||': (left, right) => Number(left !== 0 || right !== 0),
};

/** Throws a `ValidationError`-like `AwsError` for an invalid expression, or for one that is not emulated. */
export function parseMath(text: string): MathExpression {
  const { root, ids, readsAllMetrics } = parseMathSyntax(text);
  return { ids, readsAllMetrics, evaluate: (scope) => single(evaluate(root, scope)) };
}

function evaluate(node: MathNode, scope: MathScope): MathValue | readonly MathValue[] {
  const one = (inner: MathNode): MathValue => single(evaluate(inner, scope));
  switch (node.kind) {
    case 'number':
      return node.value;
    case 'id':
      return scope.value(node.id);
    case 'metrics':
      return scope.metrics();
    case 'list':
      return node.items.map(one);
    case 'negative':
      return combine(0, one(node.of), (left, right) => left - right);
    case 'binary':
      return operated(node.sign, one(node.left), one(node.right));
    case 'aggregate':
      return aggregated(
        node.name,
        node.items.flatMap((item) => evaluate(item, scope)),
      );
    case 'fill': {
      const known = evaluate(node.of, scope);
      const filler = node.filler === 'REPEAT' ? 'REPEAT' : one(node.filler);
      // "FILL(METRICS(), 0)": each series of an array is filled by itself.
      return Array.isArray(known)
        ? known.map((series: MathValue) => filled(series, filler, scope.periods))
        : filled(known as MathValue, filler, scope.periods);
    }
    case 'if':
      return chosen(one(node.condition), one(node.whenTrue), node.whenFalse && one(node.whenFalse));
  }
}

function operated(sign: string, left: MathValue, right: MathValue): MathValue {
  const arithmetic = ownValue(ARITHMETIC, sign);
  if (arithmetic) return combine(left, right, arithmetic);
  return compare(left, right, ownValue(LOGICAL, sign) ?? (() => Number.NaN));
}

/** Two series combine at times where both have a value; a number combines with every value. Results that are not numbers (x/0) are left out. */
function combine(left: MathValue, right: MathValue, operator: Operator): MathValue {
  if (typeof left === 'number' && typeof right === 'number') return operator(left, right);
  const times = typeof left === 'number' ? (right as TimeSeries).keys() : left.keys();
  const result = new Map<number, number>();
  for (const atMs of times) {
    const a = valueAt(left, atMs);
    const b = valueAt(right, atMs);
    const value = a === undefined || b === undefined ? Number.NaN : operator(a, b);
    if (Number.isFinite(value)) result.set(atMs, value);
  }
  return result;
}

/** "Only one of the time series has a value for a particular time stamp: … treats the missing value in the other time series as 0". */
function compare(left: MathValue, right: MathValue, operator: Operator): MathValue {
  if (typeof left === 'number' && typeof right === 'number') return operator(left, right);
  const result = new Map<number, number>();
  for (const atMs of timesOf([left, right])) {
    result.set(atMs, operator(valueAt(left, atMs) ?? 0, valueAt(right, atMs) ?? 0));
  }
  return result;
}

/** IF, by the tables of "Using IF expressions": if the condition is true, a missing value counts as 0; if it is false, as no value. */
function chosen(condition: MathValue, whenTrue: MathValue, whenFalse: MathValue | undefined): MathValue {
  if (typeof condition === 'number') return condition === 0 ? (whenFalse ?? new Map()) : whenTrue;
  const result = new Map<number, number>();
  for (const [atMs, truth] of condition) {
    const value = truth === 0 ? whenFalse && valueAt(whenFalse, atMs) : (valueAt(whenTrue, atMs) ?? 0);
    if (value !== undefined) result.set(atMs, value);
  }
  return result;
}

/** One series: a number for it; several: period by period over the series with a value. */
function aggregated(name: Aggregate, values: readonly MathValue[]): MathValue {
  const aggregate = AGGREGATES[name];
  const [only, ...others] = values;
  if (only !== undefined && others.length === 0) {
    return typeof only === 'number' ? only : only.size === 0 ? new Map() : aggregate([...only.values()]);
  }
  const result = new Map<number, number>();
  for (const atMs of timesOf(values)) {
    result.set(atMs, aggregate(values.flatMap((value) => valueAt(value, atMs) ?? [])));
  }
  return result;
}

function filled(known: MathValue, filler: MathValue | 'REPEAT', periods: readonly number[]): MathValue {
  if (typeof known === 'number') return known;
  const result = new Map<number, number>();
  let last: number | undefined;
  for (const atMs of periods) {
    last = known.get(atMs) ?? (filler === 'REPEAT' ? last : valueAt(filler, atMs));
    if (last !== undefined) result.set(atMs, last);
  }
  return result;
}

const valueAt = (value: MathValue, atMs: number): number | undefined =>
  typeof value === 'number' ? value : value.get(atMs);

/** Every period for which one of them has a value, oldest first. */
const timesOf = (values: readonly MathValue[]): readonly number[] =>
  [...new Set(values.flatMap((value) => (typeof value === 'number' ? [] : [...value.keys()])))].sort((a, b) => a - b);

function single(value: MathValue | readonly MathValue[]): MathValue {
  if (!Array.isArray(value)) return value as MathValue;
  if (value.length === 1) return value[0] as MathValue;
  throw new AwsError(
    'ValidationError',
    'A math expression must give one time series; the local region emulates no arrays of them',
  );
}
