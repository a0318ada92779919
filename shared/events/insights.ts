// What a Metrics Insights query is about: enough of it to know whose alarm it is. Whatever is not understood is nobody's.

export interface QueriedMetric {
  readonly namespace: string;
  readonly name: string;
  /** One series, and one contributor, for each group. */
  readonly groups: boolean;
}

const NAME = String.raw`(?:"((?:[^"\\]|\\.)+)"|(\w+))`;
const QUERY = new RegExp(
  String.raw`^\s*SELECT\s+\w+\s*\(\s*${NAME}\s*\)\s+FROM\s+(?:SCHEMA\s*\(\s*)?${NAME}(.*)$`,
  'is',
);

/** The metric of the first query among an alarm's expressions; undefined where there is none, or none that is understood. */
export function queriedMetric(expressions: readonly (string | undefined)[]): QueriedMetric | undefined {
  for (const expression of expressions) {
    const [, quotedName, name, quotedNamespace, namespace, rest = ''] = QUERY.exec(expression ?? '') ?? [];
    const metric = { name: quotedName ?? name, namespace: quotedNamespace ?? namespace };
    if (metric.name !== undefined && metric.namespace !== undefined)
      return {
        namespace: unescaped(metric.namespace),
        name: unescaped(metric.name),
        groups: /\sGROUP\s+BY\s/i.test(rest),
      };
  }
  return undefined;
}

const unescaped = (text: string): string => text.replace(/\\(.)/g, '$1');
