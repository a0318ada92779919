// The Condition element of a policy statement ("IAM JSON policy elements: Condition operators", IAM guide).
import { compileGlob, type Glob } from '../../simulator/glob.ts';

/** The known facts of a request: values by condition key. Keys are in lower case because IAM ignores their case. */
export type Context = ReadonlyMap<string, readonly string[]>;

export type Conditions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface Operator {
  matches(actual: string, expected: string): boolean;
  readonly negated?: true;
}

/** A value that is not a number matches no number. */
const compareNumbers =
  (test: (actual: number, expected: number) => boolean) =>
  (actual: string, expected: string): boolean =>
    [actual, expected].every((value) => /^[+-]?\d+(\.\d+)?$/.test(value)) && test(Number(actual), Number(expected));

const equal = (actual: string, expected: string): boolean => actual === expected;
const equalIgnoringCase = (actual: string, expected: string): boolean =>
  actual.toLowerCase() === expected.toLowerCase();

const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: { matches: equal },
  StringNotEquals: { matches: equal, negated: true },
  StringEqualsIgnoreCase: { matches: equalIgnoringCase },
  StringNotEqualsIgnoreCase: { matches: equalIgnoringCase, negated: true },
  StringLike: { matches: like },
  StringNotLike: { matches: like, negated: true },
  // "ArnEquals and ArnLike behave the same"
  ArnEquals: { matches: likeArn },
  ArnLike: { matches: likeArn },
  ArnNotEquals: { matches: likeArn, negated: true },
  ArnNotLike: { matches: likeArn, negated: true },
  Bool: { matches: equalIgnoringCase },
  NumericEquals: { matches: compareNumbers((a, b) => a === b) },
  NumericNotEquals: { matches: compareNumbers((a, b) => a === b), negated: true },
  NumericLessThan: { matches: compareNumbers((a, b) => a < b) },
  NumericLessThanEquals: { matches: compareNumbers((a, b) => a <= b) },
  NumericGreaterThan: { matches: compareNumbers((a, b) => a > b) },
  NumericGreaterThanEquals: { matches: compareNumbers((a, b) => a >= b) },
};

/** Whether all conditions hold: operators and keys are joined by AND, the values of one key by OR. */
export function conditionsHold(conditions: Conditions, context: Context): boolean {
  return Object.entries(conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, expected]) => holds(operator, key, listOf(expected), context)),
  );
}

const compiled = new Map<string, Glob>();
/** More patterns than any set of policies has; variables could make new ones without end. */
const COMPILED_MAX = 10_000;

/** Whether text matches a pattern with `*` and `?`, as in actions, resources and StringLike. */
export function like(text: string, pattern: string): boolean {
  const known = compiled.get(pattern);
  if (known !== undefined) return known.test(text);
  const glob = compileGlob(pattern, { one: true, escapes: false });
  if (compiled.size >= COMPILED_MAX) compiled.clear();
  compiled.set(pattern, glob);
  return glob.test(text);
}

/** "Each of the six colon-delimited components of the ARN is checked separately and each can include multi-character match wildcards". */
function likeArn(text: string, pattern: string): boolean {
  const [parts, patterns] = [componentsOf(text), componentsOf(pattern)];
  return parts.length === 6 && patterns.length === 6 && parts.every((part, at) => like(part, patterns[at] ?? ''));
}

/** The sixth may contain colons. */
function componentsOf(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

/** Policy elements are a value or a list of values. */
export const listOf = (value: unknown): string[] => (Array.isArray(value) ? value : [value]).map(String);

/** Replaces `${key}`; undefined if the request has no such key: then nothing matches ("Policy variables"). */
export function resolveVariables(pattern: string, context: Context): string | undefined {
  if (!pattern.includes('${')) return pattern;
  let missing = false;
  const resolved = pattern.replace(/\$\{([^}]+)\}/g, (_, key: string) => {
    if (key === '*' || key === '?' || key === '$') return key;
    const value = context.get(key.toLowerCase())?.[0];
    if (value === undefined) missing = true;
    return value ?? '';
  });
  return missing ? undefined : resolved;
}

/** An operator's parts: "ForAllValues:StringEqualsIfExists"; undefined for an operator that the region does not evaluate. */
function operatorOf(name: string):
  | {
      readonly quantifier: string | undefined;
      readonly operator: Operator | 'Null';
      readonly ifExists: boolean;
    }
  | undefined {
  const [, quantifier, bare = '', ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(name) ?? [];
  if (bare === 'Null')
    return quantifier === undefined && ifExists === undefined
      ? { quantifier, operator: 'Null', ifExists: false }
      : undefined;
  const operator = Object.hasOwn(OPERATORS, bare) ? OPERATORS[bare] : undefined;
  return operator && { quantifier, operator, ifExists: ifExists !== undefined };
}

export const isOperator = (name: string): boolean => operatorOf(name) !== undefined;

function holds(operatorName: string, key: string, expected: readonly string[], context: Context): boolean {
  const parsed = operatorOf(operatorName);
  if (parsed === undefined) throw new Error(`iam: condition operator ${operatorName} is not emulated`);
  const { quantifier, operator, ifExists } = parsed;
  const values = context.get(key.toLowerCase());
  // A multi-value key without values is absent.
  const actual = values?.length === 0 ? undefined : values;
  if (operator === 'Null') return expected.some((value) => (value.toLowerCase() === 'true') === (actual === undefined));
  const patterns = expected.flatMap((value) => resolveVariables(value, context) ?? []);
  const passes = (value: string): boolean =>
    patterns.some((pattern) => operator.matches(value, pattern)) !== (operator.negated === true);

  if (quantifier === 'ForAllValues') return (actual ?? []).every(passes); // "returns true if there are no keys in the request"
  if (actual === undefined) return ifExists || (operator.negated === true && quantifier === undefined);
  return actual.some(passes);
}
