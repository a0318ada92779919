// Metric math, the small part that alarms on ratios and sums need ("Using math expressions with CloudWatch metrics", user guide).
import { AwsError } from '../service.ts';

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
  /** The periods that the request asks for, so that FILL knows what is missing. */
  readonly periods: readonly number[];
}

type Node =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'binary'; readonly sign: string; readonly left: Node; readonly right: Node }
  | { readonly kind: 'negative'; readonly of: Node }
  | { readonly kind: 'metrics' }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  | { readonly kind: 'call'; readonly name: string; readonly items: readonly Node[]; readonly word?: string };

// PutMetricAlarm and GetMetricData (API reference): an expression has at most 2,048 characters.
const LENGTH_MAX = 2_048;
const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|([A-Za-z][A-Za-z0-9_]*)|([-+*/^()[\],]))/y;
const AGGREGATES: Readonly<Record<string, (values: readonly number[]) => number>> = {
  SUM: (values) => values.reduce((sum, value) => sum + value, 0),
  AVG: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  MIN: (values) => Math.min(...values),
  MAX: (values) => Math.max(...values),
};
const OPERATORS: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '^': (left, right) => left ** right,
};

/** Throws `ValidationError`-like `AwsError` for what is no expression, or one beyond what is emulated. */
export function parseMath(text: string): MathExpression {
  if (text.length > LENGTH_MAX) throw invalid(text, `longer than ${LENGTH_MAX} characters`);
  const tokens = tokenize(text);
  let at = 0;
  const take = (sign: string): boolean => {
    if (tokens[at] !== sign) return false;
    at++;
    return true;
  };
  const expect = (sign: string): void => {
    if (!take(sign)) throw invalid(text, `"${sign}" expected instead of "${tokens[at] ?? 'the end'}"`);
  };
  const binary = (signs: readonly string[], operand: () => Node): Node => {
    let left = operand();
    for (;;) {
      const sign = signs.find(take);
      if (sign === undefined) return left;
      left = { kind: 'binary', sign, left, right: operand() };
    }
  };
  const sum = (): Node => binary(['+', '-'], product);
  const product = (): Node => binary(['*', '/'], power);
  const power = (): Node => binary(['^'], primary);
  const list = (end: string): Node[] => {
    const items: Node[] = [];
    if (take(end)) return items;
    do items.push(sum());
    while (take(','));
    expect(end);
    return items;
  };
  const primary = (): Node => {
    if (take('-')) return { kind: 'negative', of: primary() };
    if (take('(')) {
      const inner = sum();
      expect(')');
      return inner;
    }
    if (take('[')) return { kind: 'list', items: list(']') };
    const token = tokens[at++];
    if (token === undefined) throw invalid(text, 'it ends too early');
    if (/^\d/.test(token)) return { kind: 'number', value: Number(token) };
    if (!/^[A-Za-z]/.test(token)) throw invalid(text, `"${token}" is not expected`);
    return take('(') ? call(token) : { kind: 'id', id: token };
  };
  const call = (name: string): Node => {
    if (name === 'METRICS') {
      expect(')');
      return { kind: 'metrics' };
    }
    if (name === 'FILL') {
      const series = sum();
      expect(',');
      if (take('REPEAT')) {
        expect(')');
        return { kind: 'call', name, items: [series], word: 'REPEAT' };
      }
      return { kind: 'call', name, items: [series, ...list(')')] };
    }
    if (!Object.hasOwn(AGGREGATES, name)) throw invalid(text, `the local region does not emulate the function ${name}`);
    return { kind: 'call', name, items: list(')') };
  };
  const root = sum();
  if (at < tokens.length) throw invalid(text, `"${tokens[at]}" is not expected`);
  const ids = new Set<string>();
  const readsAllMetrics = collect(root, ids);
  return { ids, readsAllMetrics, evaluate: (scope) => single(evaluate(root, scope)) };
}

/** Adds the ids that a node reads; true when it reads METRICS(). */
function collect(node: Node, ids: Set<string>): boolean {
  switch (node.kind) {
    case 'id':
      ids.add(node.id);
      return false;
    case 'metrics':
      return true;
    case 'negative':
      return collect(node.of, ids);
    case 'binary':
      return [node.left, node.right].map((side) => collect(side, ids)).includes(true);
    case 'list':
    case 'call':
      return node.items.map((item) => collect(item, ids)).includes(true);
    case 'number':
      return false;
  }
}

function evaluate(node: Node, scope: MathScope): MathValue | readonly MathValue[] {
  switch (node.kind) {
    case 'number':
      return node.value;
    case 'id':
      return scope.value(node.id);
    case 'metrics':
      return scope.metrics();
    case 'list':
      return node.items.map((item) => single(evaluate(item, scope)));
    case 'negative':
      return combine(0, single(evaluate(node.of, scope)), (left, right) => left - right);
    case 'binary': {
      const operator = OPERATORS[node.sign] ?? ((left: number) => left);
      return combine(single(evaluate(node.left, scope)), single(evaluate(node.right, scope)), operator);
    }
    case 'call': {
      const items = node.items.map((item) => evaluate(item, scope));
      return node.name === 'FILL' ? filled(items, scope.periods, node.word) : aggregated(node.name, items.flat());
    }
  }
}

/** Two series meet where both have a value; a number meets every value. Results that are no numbers (x/0) are left out. */
function combine(left: MathValue, right: MathValue, operator: (left: number, right: number) => number): MathValue {
  if (typeof left === 'number' && typeof right === 'number') return operator(left, right);
  const times = typeof left === 'number' ? (right as TimeSeries).keys() : left.keys();
  const result = new Map<number, number>();
  for (const atMs of times) {
    const a = typeof left === 'number' ? left : left.get(atMs);
    const b = typeof right === 'number' ? right : right.get(atMs);
    const value = a === undefined || b === undefined ? Number.NaN : operator(a, b);
    if (Number.isFinite(value)) result.set(atMs, value);
  }
  return result;
}

/** One series: a number for it; several: period by period over those that have a value. */
function aggregated(name: string, values: readonly MathValue[]): MathValue {
  const aggregate = AGGREGATES[name] ?? ((list: readonly number[]) => list[0] ?? 0);
  const [only, ...others] = values;
  if (only !== undefined && others.length === 0) {
    return typeof only === 'number' ? only : only.size === 0 ? new Map() : aggregate([...only.values()]);
  }
  const times = new Set(values.flatMap((value) => (typeof value === 'number' ? [] : [...value.keys()])));
  const result = new Map<number, number>();
  for (const atMs of [...times].sort((a, b) => a - b)) {
    const present = values.flatMap((value) => (typeof value === 'number' ? value : (value.get(atMs) ?? [])));
    result.set(atMs, aggregate(present));
  }
  return result;
}

function filled(
  [series, filler]: readonly (MathValue | readonly MathValue[])[],
  periods: readonly number[],
  word: string | undefined,
): MathValue {
  const known = single(series ?? new Map());
  if (typeof known === 'number') return known;
  const other = filler === undefined ? undefined : single(filler);
  const result = new Map<number, number>();
  let last: number | undefined;
  for (const atMs of periods) {
    last = known.get(atMs) ?? (word === 'REPEAT' ? last : typeof other === 'number' ? other : other?.get(atMs));
    if (last !== undefined) result.set(atMs, last);
  }
  return result;
}

function single(value: MathValue | readonly MathValue[]): MathValue {
  if (!Array.isArray(value)) return value as MathValue;
  if (value.length === 1) return value[0] as MathValue;
  throw new AwsError(
    'ValidationError',
    'A math expression must give one time series; the local region emulates no arrays of them',
  );
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw invalid(text, `"${text.slice(from).trimStart().charAt(0)}" is not expected`);
    tokens.push(match[0].trimStart());
  }
  if (tokens.length === 0) throw invalid(text, 'it is empty');
  return tokens;
}

const invalid = (text: string, reason: string): AwsError =>
  new AwsError('ValidationError', `Error in expression '${text.slice(0, 80)}': ${reason}`);
