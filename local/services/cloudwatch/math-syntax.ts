// Parses metric math expressions ("Using math expressions with CloudWatch metrics", user guide): the part for alarms on sums, ratios and conditions.
// Any other function is refused by name.

import { ownValue } from '../../simulator/own-properties.ts';
import { AwsError } from '../../simulator/service.ts';

export type MathNode =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'binary'; readonly sign: string; readonly left: MathNode; readonly right: MathNode }
  | { readonly kind: 'negative'; readonly of: MathNode }
  | { readonly kind: 'metrics' }
  | { readonly kind: 'list'; readonly items: readonly MathNode[] }
  | { readonly kind: 'aggregate'; readonly name: Aggregate; readonly items: readonly MathNode[] }
  | { readonly kind: 'fill'; readonly of: MathNode; readonly filler: MathNode | 'REPEAT' }
  | {
      readonly kind: 'if';
      readonly condition: MathNode;
      readonly whenTrue: MathNode;
      readonly whenFalse: MathNode | undefined;
    };

const AGGREGATES = ['SUM', 'AVG', 'MIN', 'MAX'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

export interface MathSyntax {
  readonly root: MathNode;
  /** The ids that it reads; `METRICS()` reads all. */
  readonly ids: ReadonlySet<string>;
  readonly readsAllMetrics: boolean;
}

// PutMetricAlarm and GetMetricData (API reference): an expression has at most 2,048 characters.
const LENGTH_MAX = 2_048;
const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|([A-Za-z][A-Za-z0-9_]*)|(==|!=|<=|>=|&&|\|\||[-+*/^()[\],<>]))/y;
/** One sign for operators that AWS accepts in two forms. */
const SAME: Readonly<Record<string, string>> = { AND: '&&', OR: '||' };

/** Throws a `ValidationError`-like `AwsError` for an invalid expression, or for one that is not emulated. */
export function parseMathSyntax(text: string): MathSyntax {
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
  const binary = (signs: readonly string[], operand: () => MathNode): MathNode => {
    let left = operand();
    for (;;) {
      const sign = signs.find(take);
      if (sign === undefined) return left;
      left = { kind: 'binary', sign, left, right: operand() };
    }
  };
  const expression = (): MathNode => binary(['||'], both);
  const both = (): MathNode => binary(['&&'], comparison);
  const comparison = (): MathNode => binary(['==', '!=', '<=', '>=', '<', '>'], sum);
  const sum = (): MathNode => binary(['+', '-'], product);
  const product = (): MathNode => binary(['*', '/'], power);
  const power = (): MathNode => binary(['^'], primary);
  const list = (end: string): MathNode[] => {
    const items: MathNode[] = [];
    if (take(end)) return items;
    do items.push(expression());
    while (take(','));
    expect(end);
    return items;
  };
  const primary = (): MathNode => {
    if (take('-')) return { kind: 'negative', of: primary() };
    if (take('(')) {
      const inner = expression();
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
  const call = (name: string): MathNode => {
    if (name === 'METRICS') {
      expect(')');
      return { kind: 'metrics' };
    }
    if (name === 'FILL') {
      const of = expression();
      expect(',');
      const filler = take('REPEAT') ? 'REPEAT' : expression();
      expect(')');
      return { kind: 'fill', of, filler };
    }
    if (name === 'IF') {
      const [condition, whenTrue, whenFalse, ...more] = list(')');
      if (!condition || !whenTrue || more.length > 0) throw invalid(text, 'IF takes a condition and one or two values');
      return { kind: 'if', condition, whenTrue, whenFalse };
    }
    const aggregate = AGGREGATES.find((one) => one === name);
    if (!aggregate) throw invalid(text, `the local region does not emulate the function ${name}`);
    return { kind: 'aggregate', name: aggregate, items: list(')') };
  };
  const root = expression();
  if (at < tokens.length) throw invalid(text, `"${tokens[at]}" is not expected`);
  const ids = new Set<string>();
  const readsAllMetrics = collect(root, ids);
  return { root, ids, readsAllMetrics };
}

/** Adds the ids that a node reads; true if it reads METRICS(). */
function collect(node: MathNode, ids: Set<string>): boolean {
  if (node.kind === 'id') ids.add(node.id);
  return childrenOf(node).reduce((all, child) => collect(child, ids) || all, node.kind === 'metrics');
}

function childrenOf(node: MathNode): readonly MathNode[] {
  switch (node.kind) {
    case 'number':
    case 'id':
    case 'metrics':
      return [];
    case 'negative':
      return [node.of];
    case 'binary':
      return [node.left, node.right];
    case 'list':
    case 'aggregate':
      return node.items;
    case 'fill':
      return node.filler === 'REPEAT' ? [node.of] : [node.of, node.filler];
    case 'if':
      return node.whenFalse ? [node.condition, node.whenTrue, node.whenFalse] : [node.condition, node.whenTrue];
  }
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw invalid(text, `"${text.slice(from).trimStart().charAt(0)}" is not expected`);
    const token = match[0].trimStart();
    tokens.push(ownValue(SAME, token) ?? token);
  }
  if (tokens.length === 0) throw invalid(text, 'it is empty');
  return tokens;
}

const invalid = (text: string, reason: string): AwsError =>
  new AwsError('ValidationError', `Error in expression '${text.slice(0, 80)}': ${reason}`);
