// The Condition element of a policy statement ("IAM JSON policy elements: Condition operators", IAM guide).
import { compileGlob, type Glob } from '../glob.ts';

/** What is known about a request: values by condition key, keys in lower case as IAM compares them without case. */
export type Context = ReadonlyMap<string, readonly string[]>;

export type Conditions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface Operator {
  matches(actual: string, expected: string): boolean;
  readonly negated?: true;
}

const compareNumbers =
  (test: (actual: number, expected: number) => boolean) =>
  (actual: string, expected: string): boolean =>
    test(Number(actual), Number(expected));

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
  ArnEquals: { matches: like },
  ArnLike: { matches: like },
  ArnNotEquals: { matches: like, negated: true },
  ArnNotLike: { matches: like, negated: true },
  Bool: { matches: equalIgnoringCase },
  NumericEquals: { matches: compareNumbers((a, b) => a === b) },
  NumericNotEquals: { matches: compareNumbers((a, b) => a === b), negated: true },
  NumericLessThan: { matches: compareNumbers((a, b) => a < b) },
  NumericLessThanEquals: { matches: compareNumbers((a, b) => a <= b) },
  NumericGreaterThan: { matches: compareNumbers((a, b) => a > b) },
  NumericGreaterThanEquals: { matches: compareNumbers((a, b) => a >= b) },
};

// Keys that the region resolves, present or rightly absent. Any other would be taken as absent without being so.
const MODELLED_KEYS = [
  /^aws:(resourcetag|requesttag)\/./,
  /^aws:(tagkeys|securetransport|principalarn|principalaccount|requestedregion|resourceaccount)$/,
  /^(aws:sourceaccount|aws:sourcearn)$/, // set by AWS services only
  /^(ec2|ssm):resourcetag\/./,
  /^ec2:(createaction|launchtemplate|islaunchtemplateresource|instancetype|subnet|vpc|metadatahttptokens|instanceprofile)$/,
  /^(autoscaling|elasticloadbalancing):resourcetag\/./,
  /^ssm:(overwrite|recursive)$/,
  /^dynamodb:leadingkeys$/,
  /^cloudwatch:(namespace|alarmactions)$/,
  /^lambda:functionarn$/,
  /^route53:changeresourcerecordsets(normalizedrecordnames|recordtypes|actions)$/,
  /^secretsmanager:(resourcetag\/.|versionstage$)/,
  /^kms:(viaservice$|grantisforawsresource$|encryptioncontext:.)/,
  /^iam:passedtoservice$/,
];

/** Whether all conditions hold: operators and keys are joined by AND, the values of one key by OR. */
export function conditionsHold(conditions: Conditions, context: Context): boolean {
  return Object.entries(conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, expected]) => holds(operator, key, listOf(expected), context)),
  );
}

const compiled = new Map<string, Glob>();
/** More patterns than any set of policies has; variables could make ever new ones. */
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

/** Policy elements are a value or a list of values. */
export const listOf = (value: unknown): string[] => (Array.isArray(value) ? value : [value]).map(String);

/** Replaces `${key}`; undefined when the request has no such key, and then nothing matches ("Policy variables"). */
export function resolveVariables(pattern: string, context: Context): string | undefined {
  let missing = false;
  const resolved = pattern.replace(/\$\{([^}]+)\}/g, (_, key: string) => {
    if (key === '*' || key === '?' || key === '$') return key;
    const value = valuesOf(key, context)?.[0];
    if (value === undefined) missing = true;
    return value ?? '';
  });
  return missing ? undefined : resolved;
}

function holds(operatorName: string, key: string, expected: readonly string[], context: Context): boolean {
  const [, quantifier, bareName = '', ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operatorName) ?? [];
  const actual = valuesOf(key, context);
  if (bareName === 'Null') return expected.some((value) => (value.toLowerCase() === 'true') === (actual === undefined));
  const operator = Object.hasOwn(OPERATORS, bareName) ? OPERATORS[bareName] : undefined;
  if (operator === undefined) throw new Error(`iam: condition operator ${operatorName} is not emulated`);
  const patterns = expected.flatMap((value) => resolveVariables(value, context) ?? []);
  const passes = (value: string): boolean =>
    patterns.some((pattern) => operator.matches(value, pattern)) !== (operator.negated === true);

  if (quantifier === 'ForAllValues') return (actual ?? []).every(passes); // "returns true if there are no keys in the request"
  if (actual === undefined) return ifExists !== undefined || (operator.negated === true && quantifier === undefined);
  return actual.some(passes);
}

function valuesOf(key: string, context: Context): readonly string[] | undefined {
  const name = key.toLowerCase();
  if (!MODELLED_KEYS.some((pattern) => pattern.test(name))) {
    throw new Error(`iam: condition key ${key} is not emulated; add it to the requests that carry it`);
  }
  return context.get(name);
}
