// MetricDataQuery lists, as GetMetricData and alarms accept them: metrics and expressions that refer to each other by id.
import { AwsError, notEmulated } from '../../simulator/service.ts';
import { type InsightsQuery, isInsights, parseInsights } from './insights-syntax.ts';
import { type MathExpression, type MathValue, parseMath, type TimeSeries } from './math.ts';
import { type MetricId, seriesKey } from './series.ts';
import { parseStatistic, type Statistic } from './statistics.ts';

export interface Dimension {
  readonly Name: string;
  readonly Value: string;
}

export interface MetricStat {
  readonly Metric: {
    readonly Namespace: string;
    readonly MetricName: string;
    readonly Dimensions?: readonly Dimension[];
  };
  readonly Period: number;
  readonly Stat: string;
  readonly Unit?: string;
}

export interface MetricDataQuery {
  readonly Id: string;
  readonly MetricStat?: MetricStat;
  readonly Expression?: string;
  readonly Label?: string;
  readonly ReturnData?: boolean;
  readonly Period?: number;
}

export interface MetricSource {
  readonly id: MetricId;
  readonly key: string;
  readonly statistic: Statistic;
  readonly statisticName: string;
  readonly periodSeconds: number;
  readonly unit: string | undefined;
}

/** A Metrics Insights query in such a list. */
export interface InsightsSource {
  readonly query: InsightsQuery;
  readonly periodSeconds: number;
}

export interface Queries {
  readonly metrics: ReadonlyMap<string, MetricSource>;
  /** At most one: "each GetMetricData operation can include only one query". The owner of the store runs it. */
  readonly insights: ReadonlyMap<string, InsightsSource>;
  /** The value of a query; `read` gives the datapoints of a metric, `periods` are those of the request. */
  evaluate(id: string, read: (source: MetricSource) => TimeSeries, periods: readonly number[]): MathValue;
}

// GetMetricData (API reference): an id starts with a lower-case letter; expressions may refer to other expressions.
const ID = /^[a-z][A-Za-z0-9_]{0,254}$/;
const DEPTH_MAX = 10;

export function compileQueries(queries: readonly MetricDataQuery[]): Queries {
  const metrics = new Map<string, MetricSource>();
  const insights = new Map<string, InsightsSource>();
  const expressions = new Map<string, MathExpression>();
  for (const { Id: id, MetricStat: stat, Expression: expression, Period: period } of queries) {
    if (!ID.test(id))
      throw invalid(`The value ${id} for parameter Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.`);
    if (metrics.has(id) || insights.has(id) || expressions.has(id))
      throw invalid(`The values for parameter id are not unique: ${id}`);
    if ((stat === undefined) === (expression === undefined)) {
      throw invalid(`Query ${id} must have exactly one of MetricStat and Expression.`);
    }
    if (stat) metrics.set(id, metricSource(stat));
    if (expression === undefined) continue;
    if (/^\s*SEARCH\b/i.test(expression)) throw notEmulated(`the expression ${expression.slice(0, 40)}…`);
    if (isInsights(expression)) insights.set(id, insightsSource(id, expression, period));
    else expressions.set(id, parseMath(expression));
  }
  if (insights.size > 1) throw invalid('A request can include only one Metrics Insights query.');
  for (const [id, { ids }] of expressions) {
    for (const used of ids) {
      if (insights.has(used)) throw notEmulated('metric math on the result of a Metrics Insights query');
      if (!metrics.has(used) && !expressions.has(used)) {
        throw invalid(`Error in expression '${id}': Unresolved identifier ${used}`);
      }
    }
  }
  const evaluate: Queries['evaluate'] = (id, read, periods) => {
    const known = new Map<string, MathValue>();
    const value = (wanted: string, depth: number): MathValue => {
      const before = known.get(wanted);
      if (before !== undefined) return before;
      if (depth > DEPTH_MAX) throw invalid(`Error in expression '${id}': it refers to itself`);
      const source = metrics.get(wanted);
      const found = source
        ? read(source)
        : (expressions.get(wanted)?.evaluate({
            value: (inner) => value(inner, depth + 1),
            metrics: () => [...metrics.values()].map(read),
            periods,
          }) ?? new Map<number, number>());
      known.set(wanted, found);
      return found;
    };
    return value(id, 0);
  };
  return { metrics, insights, evaluate };
}

function insightsSource(id: string, expression: string, period: number | undefined): InsightsSource {
  if (period === undefined) throw invalid(`Query ${id} must have a Period, for it is a Metrics Insights query.`);
  checkPeriod(period);
  return { query: parseInsights(expression), periodSeconds: period };
}

export function metricSource(stat: MetricStat): MetricSource {
  checkPeriod(stat.Period);
  const id = {
    namespace: stat.Metric.Namespace,
    name: stat.Metric.MetricName,
    dimensions: dimensionsOf(stat.Metric.Dimensions),
  };
  return {
    id,
    key: seriesKey(id),
    statistic: parseStatistic(stat.Stat),
    statisticName: stat.Stat,
    periodSeconds: stat.Period,
    unit: stat.Unit,
  };
}

export const dimensionsOf = (dimensions: readonly Dimension[] = []): Record<string, string> =>
  Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value]));

export const dimensionList = (dimensions: Readonly<Record<string, string>>): Dimension[] =>
  Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));

/** "Dimension values must contain only ASCII characters …  ASCII control characters are not supported" (Dimension, API reference). */
export const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

/** The first part of a dimension that is not ASCII: "member.1.Value". */
export function nonAsciiPart(dimensions: readonly Dimension[]): string | undefined {
  for (const [i, { Name, Value }] of dimensions.entries()) {
    if (!isAscii(Name)) return `member.${i + 1}.Name`;
    if (!isAscii(Value)) return `member.${i + 1}.Value`;
  }
  return undefined;
}

/** "1, 5, 10, 20, 30, and any multiple of 60" (MetricStat, API reference). */
export function checkPeriod(seconds: number): void {
  if (![1, 5, 10, 20, 30].includes(seconds) && !(seconds >= 60 && seconds % 60 === 0)) {
    throw invalid('Period must be 1, 5, 10, 20, 30, or a multiple of 60');
  }
}

const invalid = (message: string): AwsError => new AwsError('ValidationError', message);
