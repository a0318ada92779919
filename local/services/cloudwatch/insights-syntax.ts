// Parses Metrics Insights queries: SELECT over all metrics of a name ("Query components and syntax in CloudWatch Metrics Insights", user guide). Tags
// and account ids in a query are not emulated.
import { AwsError, notEmulated } from '../../simulator/service.ts';

export type InsightsFunction = 'AVG' | 'COUNT' | 'MAX' | 'MIN' | 'SUM';

export interface Condition {
  readonly label: string;
  readonly equal: boolean;
  readonly value: string;
}

export interface InsightsQuery {
  readonly aggregate: InsightsFunction;
  readonly metricName: string;
  readonly namespace: string;
  /** Exactly these dimensions; undefined: any dimensions. */
  readonly schema: readonly string[] | undefined;
  readonly where: readonly Condition[];
  /** Empty: one series of all metrics. */
  readonly groupBy: readonly string[];
  readonly orderBy: { readonly by: InsightsFunction; readonly descending: boolean } | undefined;
  readonly limit: number;
  /** Whether the query itself has a LIMIT: series beyond it do not make the result partial. */
  readonly limited: boolean;
}

/** "CloudWatch Metrics Insights service quotas": a query returns at most so many series. */
export const INSIGHTS_SERIES_MAX = 500;

export const isInsights = (expression: string): boolean => /^\s*SELECT\b/i.test(expression);

/** Throws a `ValidationError` that names the position of the first error. */
export function parseInsights(text: string): InsightsQuery {
  const reader = readerOf(text);
  reader.expect('SELECT');
  const aggregate = reader.aggregate();
  reader.expect('(');
  const metricName = reader.identifier('a metric name');
  reader.expect(')');
  reader.expect('FROM');
  const source = readSource(reader);
  const where = readConditions(reader);
  const groupBy: string[] = [];
  if (reader.take('GROUP')) {
    reader.expect('BY');
    do groupBy.push(reader.identifier('a label key'));
    while (reader.take(','));
  }
  const orderBy = readOrder(reader);
  const limit = reader.take('LIMIT') ? reader.limit() : undefined;
  reader.end();
  return {
    aggregate,
    metricName,
    ...source,
    where,
    groupBy,
    orderBy,
    limit: limit ?? INSIGHTS_SERIES_MAX,
    limited: limit !== undefined,
  };
}

function readSource(reader: Reader): Pick<InsightsQuery, 'namespace' | 'schema'> {
  if (!reader.take('SCHEMA')) return { namespace: reader.identifier('a namespace'), schema: undefined };
  reader.expect('(');
  const namespace = reader.identifier('a namespace');
  const schema: string[] = [];
  while (reader.take(',')) schema.push(reader.identifier('a label key'));
  reader.expect(')');
  return { namespace, schema };
}

function readConditions(reader: Reader): Condition[] {
  const where: Condition[] = [];
  if (!reader.take('WHERE')) return where;
  do {
    const label = reader.identifier('a label key');
    const equal = reader.take('=');
    if (!equal) reader.expect('!=');
    where.push({ label, equal, value: reader.string() });
  } while (reader.take('AND'));
  return where;
}

function readOrder(reader: Reader): InsightsQuery['orderBy'] {
  if (!reader.take('ORDER')) return undefined;
  reader.expect('BY');
  const by = reader.aggregate();
  reader.expect('(');
  reader.expect(')');
  const descending = reader.take('DESC');
  if (!descending) reader.take('ASC');
  return { by, descending };
}

type Token =
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'quoted'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'sign'; readonly text: string };

interface Reader {
  take(keywordOrSign: string): boolean;
  expect(keywordOrSign: string): void;
  aggregate(): InsightsFunction;
  identifier(what: string): string;
  string(): string;
  limit(): number;
  end(): void;
}

/** GetMetricData and PutMetricAlarm: "Maximum length of 2048" for an expression. */
const LENGTH_MAX = 2_048;
const TOKEN = /\s*(?:([A-Za-z0-9_]+)|"((?:[^"\\]|\\.)+)"|'((?:[^'\\]|\\.)*)'|(!=|[(),=.]))/y;
/** The keywords of the grammar; AWS reserves hundreds more and uses many of them unquoted in its own examples ("Type", "Resource"). */
const KEYWORDS = new Set('SELECT FROM SCHEMA WHERE AND GROUP BY ORDER ASC DESC LIMIT AVG COUNT MAX MIN SUM'.split(' '));

function readerOf(text: string): Reader {
  if (text.length > LENGTH_MAX) throw invalid(text, `it is longer than ${LENGTH_MAX} characters`);
  const tokens = tokenize(text);
  let at = 0;
  const wrong = (expected: string): AwsError => {
    const token = tokens[at];
    return invalid(text, `${expected} expected instead of ${token ? `"${token.text}"` : 'the end'}`);
  };
  const take: Reader['take'] = (wanted) => {
    const token = tokens[at];
    const same = token?.kind === 'sign' ? token.text === wanted : token?.kind === 'word' && isWord(token.text, wanted);
    if (same) at++;
    return same;
  };
  return {
    take,
    expect(wanted) {
      if (!take(wanted)) throw wrong(`"${wanted}"`);
    },
    aggregate() {
      const found = (['AVG', 'COUNT', 'MAX', 'MIN', 'SUM'] as const).find(take);
      if (!found) throw wrong('AVG, COUNT, MAX, MIN or SUM');
      return found;
    },
    identifier(what) {
      const token = tokens[at];
      if (token?.kind === 'quoted' || (token?.kind === 'word' && !KEYWORDS.has(token.text.toUpperCase()))) {
        at++;
        if (tokens[at]?.text === '.')
          throw notEmulated(`tags and accounts in the Metrics Insights query ${text.slice(0, 40)}…`);
        return token.text;
      }
      throw wrong(`${what} (in double quotation marks, if it is a keyword)`);
    },
    string() {
      const token = tokens[at];
      if (token?.kind !== 'string') throw wrong('a label value in single quotation marks');
      at++;
      return token.text;
    },
    limit() {
      const token = tokens[at];
      const limit = token?.kind === 'word' && /^\d{1,4}$/.test(token.text) ? Number(token.text) : 0;
      if (limit < 1 || limit > INSIGHTS_SERIES_MAX) throw wrong(`a number from 1 to ${INSIGHTS_SERIES_MAX}`);
      at++;
      return limit;
    },
    end() {
      if (at < tokens.length) throw wrong('the end');
    },
  };
}

const isWord = (text: string, keyword: string): boolean => text.toUpperCase() === keyword;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const [found, word, quoted, string, sign] = TOKEN.exec(text) ?? [];
    if (found === undefined) throw invalid(text, `"${text.slice(from).trimStart().slice(0, 20)}" is not understood`);
    if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else if (quoted !== undefined) tokens.push({ kind: 'quoted', text: unescaped(quoted) });
    else if (string !== undefined) tokens.push({ kind: 'string', text: unescaped(string) });
    else tokens.push({ kind: 'sign', text: sign ?? '' });
  }
  return tokens;
}

const unescaped = (text: string): string => text.replace(/\\(.)/g, '$1');

const invalid = (text: string, reason: string): AwsError =>
  new AwsError('ValidationError', `Error in expression '${text.slice(0, 80)}': ${reason}`);
