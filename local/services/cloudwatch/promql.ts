// The part of PromQL that the region evaluates: instant vectors with matchers, comparison with a number, `and`, `or` and `unless`, aggregation by labels, and
// the highest or last value of a range. Parsed by Prometheus's own grammar. What else PromQL has is refused by name, never guessed.
import { parser } from '@prometheus-io/lezer-promql';
import { ownValue } from '../../simulator/own-properties.ts';
import { AwsError, notEmulated } from '../../simulator/service.ts';
import { firstAt, type Series, type SeriesStore } from './series.ts';

export interface VectorElement {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One value of each series at one moment; the order is that of the series. */
export type InstantVector = readonly VectorElement[];
export type PromqlQuery = (store: SeriesStore, atMs: number) => InstantVector;

type Node = ReturnType<typeof parser.parse>['topNode'];

/** "--query.lookback-delta: 5m" (Prometheus): a series without a value for so long is no part of an instant vector. */
const LOOKBACK_MS = 5 * 60_000;
/** Far more than a person writes. Deeper expressions would only test the depth of our stack. */
const DEPTH_MAX = 40;
/** The namespace of all OTLP series in their store: they have none. */
export const OTLP_NAMESPACE = '';

/** @throws `AwsError` for what is no PromQL, gives no vector, or is not emulated */
export function compilePromql(query: string): PromqlQuery {
  const { topNode } = parser.parse(query);
  topNode.cursor().iterate(({ type, from }) => {
    if (type.isError) throw invalid(`PromQL: parse error at character ${from + 1} of ${JSON.stringify(query)}`);
  });
  const root = topNode.firstChild;
  if (!root) throw invalid('PromQL: the query is empty');
  return vector(root, query, 0);
}

function vector(node: Node, query: string, depth: number): PromqlQuery {
  if (depth > DEPTH_MAX) throw notEmulated(`PromQL that is nested more than ${DEPTH_MAX} levels deep`);
  const inside = (child: Node): PromqlQuery => vector(child, query, depth + 1);
  switch (node.name) {
    case 'ParenExpr':
      return inside(childrenOf(node)[0] as Node);
    case 'VectorSelector':
      return selector(node, query);
    case 'AggregateExpr':
      return aggregate(node, query, inside);
    case 'FunctionCall':
      return overTime(node, query);
    case 'BinaryExpr':
      return binary(node, query, inside);
    case 'NumberDurationLiteral':
    case 'StringLiteral':
    case 'UnaryExpr':
      throw invalid(`PromQL: ${textOf(node, query)} is no instant vector`);
    default:
      throw notEmulated(`PromQL: ${textOf(node, query)} (${node.name})`);
  }
}

const childrenOf = (node: Node): readonly Node[] => {
  const children: Node[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
};

const textOf = ({ from, to }: Node, query: string): string => query.slice(from, to);

// Selectors.

type Found = (store: SeriesStore) => readonly Series[];

function selector(node: Node, query: string): PromqlQuery {
  const find = seriesOf(node, query);
  return (store, atMs) =>
    find(store).flatMap((series) => {
      const value = last(series, atMs - LOOKBACK_MS, atMs);
      return value === undefined ? [] : [{ labels: series.dimensions, value }];
    });
}

/** The newest value in (fromMs, toMs]: Prometheus 3.0 leaves out the left end of a range. */
function last({ buckets }: Series, fromMs: number, toMs: number): number | undefined {
  const bucket = buckets[firstAt(buckets, toMs + 1) - 1];
  return bucket !== undefined && bucket.atMs > fromMs ? bucket.maximum : undefined;
}

interface Matcher {
  readonly label: string;
  readonly equal: boolean;
  readonly value: string;
}

function seriesOf(node: Node, query: string): Found {
  const matchers: Matcher[] = [];
  const names: string[] = [];
  for (const child of childrenOf(node)) {
    if (child.name === 'Identifier') names.push(textOf(child, query));
    else if (child.name === 'LabelMatchers') {
      for (const matcher of childrenOf(child)) {
        if (matcher.name === 'QuotedLabelName') names.push(quoted(matcher, query));
        else matchers.push(readMatcher(matcher, query));
      }
    } else throw notEmulated(`PromQL: ${textOf(child, query)} (${child.name})`);
  }
  for (const { label, equal, value } of matchers) if (label === '__name__' && equal) names.push(value);
  const [name] = names;
  if (name === undefined || names.length > 1)
    throw notEmulated(`PromQL: a selector that does not name exactly one metric: ${textOf(node, query)}`);
  const others = matchers.filter(({ label }) => label !== '__name__');
  // "Matchers that match empty label values also select all time series that do not have the specific label set at all."
  const matches = ({ dimensions }: Series): boolean =>
    others.every(({ label, equal, value }) => ((ownValue(dimensions, label) ?? '') === value) === equal);
  return (store) => store.named(OTLP_NAMESPACE, name).filter(matches);
}

function readMatcher(node: Node, query: string): Matcher {
  const [name, operator, value] = childrenOf(node);
  const sign = operator && textOf(operator, query);
  if (!name || !value || (sign !== '=' && sign !== '!='))
    throw notEmulated(`PromQL: the matcher ${textOf(node, query)}; it knows = and !=`);
  const label = name.name === 'QuotedLabelName' ? quoted(name, query) : textOf(name, query);
  return { label, equal: sign === '=', value: unquoted(value, query) };
}

const quoted = (node: Node, query: string): string => unquoted(node.firstChild ?? node, query);

/** "String literals": Go's escapes, of which only those for quotes and backslashes are read here. */
function unquoted(node: Node, query: string): string {
  const text = textOf(node, query);
  const inner = text.slice(1, -1);
  if (text.startsWith('`')) return inner;
  return inner.replace(/\\(.)/gs, (whole, character: string) => {
    if (!/["'\\]/.test(character)) throw notEmulated(`PromQL: the escape ${whole}`);
    return character;
  });
}

// Functions over a range.

const OVER_TIME: Readonly<Record<string, (values: readonly number[]) => number>> = {
  max_over_time: (values) => Math.max(...values),
  last_over_time: (values) => values.at(-1) ?? Number.NaN,
};

function overTime(node: Node, query: string): PromqlQuery {
  const [name, body] = childrenOf(node);
  const combine = ownValue(OVER_TIME, name ? textOf(name, query) : '');
  const [range, another] = body ? childrenOf(body) : [];
  const [selected, duration] = range ? childrenOf(range) : [];
  if (!combine || !selected || !duration || another || range?.name !== 'MatrixSelector')
    throw notEmulated(`PromQL: ${textOf(node, query)}; its functions are ${Object.keys(OVER_TIME).join(', ')}`);
  const find = seriesOf(selected, query);
  const rangeMs = durationMs(textOf(duration, query));
  return (store, atMs) =>
    find(store).flatMap((series) => {
      const values = series.buckets.slice(
        firstAt(series.buckets, atMs - rangeMs + 1),
        firstAt(series.buckets, atMs + 1),
      );
      if (values.length === 0) return [];
      return [{ labels: series.dimensions, value: combine(values.map(({ maximum }) => maximum)) }];
    });
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function durationMs(text: string): number {
  const parts = [...text.matchAll(/(\d{1,6})([smhd])/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text)
    throw notEmulated(`PromQL: the duration ${text}`);
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS_MS[unit ?? ''] ?? 0), 0);
}

// Aggregation.

const AGGREGATES: Readonly<Record<string, (values: readonly number[]) => number>> = {
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  count: (values) => values.length,
};

function aggregate(node: Node, query: string, inside: (child: Node) => PromqlQuery): PromqlQuery {
  const children = childrenOf(node);
  const operator = children.find(({ name }) => name === 'AggregateOp');
  const combine = ownValue(AGGREGATES, operator ? textOf(operator, query) : '');
  if (!combine)
    throw notEmulated(`PromQL: ${textOf(node, query)}; its aggregations are ${Object.keys(AGGREGATES).join(', ')}`);
  const modifier = children.find(({ name }) => name === 'AggregateModifier');
  const [by, labels] = modifier ? childrenOf(modifier) : [];
  if (modifier && by?.name !== 'By') throw notEmulated(`PromQL: ${textOf(modifier, query)}`);
  const kept = labels ? childrenOf(labels).map((label) => labelName(label, query)) : [];
  const [argument, another] = childrenOf(children.find(({ name }) => name === 'FunctionCallBody') ?? node);
  if (!argument || another) throw notEmulated(`PromQL: ${textOf(node, query)}`);
  const read = inside(argument);
  return (store, atMs) => {
    const groups = new Map<string, { readonly labels: Readonly<Record<string, string>>; readonly values: number[] }>();
    for (const { labels: all, value } of read(store, atMs)) {
      const own = Object.fromEntries(
        kept.flatMap((label) => {
          const held = ownValue(all, label);
          return held === undefined ? [] : [[label, held] as const];
        }),
      );
      const key = keyOf(own);
      const group = groups.get(key) ?? { labels: own, values: [] };
      group.values.push(value);
      groups.set(key, group);
    }
    return [...groups.values()].map((group) => ({ labels: group.labels, value: combine(group.values) }));
  };
}

const labelName = (node: Node, query: string): string =>
  node.name === 'QuotedLabelName' ? quoted(node, query) : textOf(node, query);

// Comparisons and sets.

const COMPARISONS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '>=': (value, bound) => value >= bound,
  '>': (value, bound) => value > bound,
  '<=': (value, bound) => value <= bound,
  '<': (value, bound) => value < bound,
  '==': (value, bound) => value === bound,
  '!=': (value, bound) => value !== bound,
};

const SETS: Readonly<Record<string, (left: InstantVector, right: InstantVector) => InstantVector>> = {
  and: (left, right) => left.filter(({ labels }) => keysOf(right).has(keyOf(labels))),
  unless: (left, right) => left.filter(({ labels }) => !keysOf(right).has(keyOf(labels))),
  or: (left, right) => [...left, ...right.filter(({ labels }) => !keysOf(left).has(keyOf(labels)))],
};

function binary(node: Node, query: string, inside: (child: Node) => PromqlQuery): PromqlQuery {
  const [left, operator, right, more] = childrenOf(node);
  const sign = operator ? textOf(operator, query) : '';
  const compare = ownValue(COMPARISONS, sign);
  const combine = ownValue(SETS, sign);
  if (!left || !right || more || (!compare && !combine))
    throw notEmulated(`PromQL: ${textOf(node, query)}; it compares with a number, and knows and, or, unless`);
  const read = inside(left);
  if (combine) {
    const other = inside(right);
    return (store, atMs) => combine(read(store, atMs), other(store, atMs));
  }
  const bound = Number(textOf(right, query));
  if (right.name !== 'NumberDurationLiteral' || !Number.isFinite(bound) || !compare)
    throw notEmulated(`PromQL: ${textOf(node, query)}: a comparison with anything but a number`);
  return (store, atMs) => read(store, atMs).filter(({ value }) => compare(value, bound));
}

const keysOf = (elements: InstantVector): ReadonlySet<string> => new Set(elements.map(({ labels }) => keyOf(labels)));

/** The same for the same labels, whatever their order. */
export const keyOf = (labels: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

const invalid = (message: string): AwsError => new AwsError('ValidationError', message);
