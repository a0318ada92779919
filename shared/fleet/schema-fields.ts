// Declares a field of a fleet file: errors, the editor's help and the reference page use the same words, because all come from here.
import * as v from 'valibot';

type Schema = v.GenericSchema<unknown, unknown>;

export function text(pattern: RegExp, expected: string, example: string) {
  const message = `expected ${expected}, for example ${example}`;
  return v.pipe(v.string(message), v.regex(pattern, message), v.examples([example]));
}

export const whole = (minimum: number, maximum: number, unit: string, example: number) =>
  between(
    minimum,
    maximum,
    example,
    `a whole number of ${unit} from ${minimum} to ${maximum}, no unit after it, for example ${example}`,
  );

export const port = (example: number) => between(1, 65_535, example, `a port from 1 to 65535, for example ${example}`);

function between(minimum: number, maximum: number, example: number, expected: string) {
  const message = `expected ${expected}`;
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(minimum, message),
    v.maxValue(maximum, message),
    v.examples([example]),
  );
}

export const yesOrNo = () => v.boolean('expected true or false');

export const choice = <const Words extends readonly (string | number)[]>(words: Words, what: string) =>
  v.picklist(words, `expected ${what}: ${words.join(', ')}`);

export function list<Item extends Schema>(item: Item, maximum: number, minimum = 0) {
  const message = `expected a list of ${minimum > 0 ? `${minimum} to` : 'at most'} ${maximum}`;
  return v.pipe(v.array(item, message), v.minLength(minimum, message), v.maxLength(maximum, message));
}

export function map<Key extends v.GenericSchema<string, string>, Value extends Schema>(
  what: string,
  example: string,
  maximum: number,
  key: Key,
  value: Value,
) {
  const message = `expected 1 to ${maximum} ${what}, for example ${example}`;
  return v.pipe(v.record(key, value, message), v.minEntries(1, message), v.maxEntries(maximum, message));
}

export const object = <const Entries extends v.ObjectEntries>(example: string, entries: Entries) =>
  v.strictObject(entries, messageOf(example, entries));

/** Of an object, the keys that are read: it may have others, which are dropped. */
export const readOf = <const Entries extends v.ObjectEntries>(example: string, entries: Entries) =>
  v.object(entries, messageOf(example, entries));

function messageOf(example: string, entries: v.ObjectEntries) {
  return (issue: v.BaseIssue<unknown>): string => {
    if (issue.expected === 'never') return `expected one of ${Object.keys(entries).join(', ')}`;
    // The message of a missing key says what its value must be.
    const missing = entries[issue.expected?.slice(1, -1) ?? ''];
    return (missing && v.safeParse(missing, undefined).issues?.[0].message) ?? `expected for example ${example}`;
  };
}

/** A required key. */
export const about = <Of extends Schema>(description: string, schema: Of) => v.pipe(schema, v.description(description));

/** An optional key without a default. */
export const optional = <Of extends Schema>(description: string, schema: Of) =>
  v.exactOptional(about(description, schema));

/** A key with a default for a fleet of any chain; the chain's own default goes first (`fleet-defaults.ts`). */
export const usually = <Of extends Schema, const Default extends v.InferInput<Of>>(
  description: string,
  schema: Of,
  value: Default,
) => v.exactOptional(about(description, schema), value);

/** A key whose default comes from elsewhere (`fleet-defaults.ts`). @param from its source in words, for the reference page */
export const derived = <Of extends Schema>(description: string, from: string, schema: Of) =>
  v.exactOptional(v.pipe(schema, v.description(description), v.metadata({ from })));

export const path = text(
  /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9_.+@-]{1,64}){1,16}$/,
  'an absolute path of letters, digits and _.+@-, not / itself and without . or .. parts',
  '/node-data',
);

export const subnetId = text(/^subnet-([0-9a-f]{8}|[0-9a-f]{17})$/, 'the id of a subnet', 'subnet-0123456789abcdef0');

/** Records are kept by such names. Of those that JavaScript keeps for itself (`reserved` of parse.ts), two are of these letters. */
export const shortName = (example: string) =>
  text(
    /^(?!(constructor|prototype)$)[a-z][a-z0-9-]{0,31}$/,
    'a name of at most 32 lower-case letters, digits and -, a letter first, and neither constructor nor prototype',
    example,
  );
export const fleetName = shortName('bitcoin');
export const partName = shortName('data');

// Tag values may contain spaces on AWS. We refuse those, and `*` and `?`, which are wildcards in a filter of DescribeInstances.
export const tagKey = text(
  /^[A-Za-z_][A-Za-z0-9_.:/=+@-]{0,127}$/,
  'a tag key of at most 128 letters, digits and _.:/=+@-, a letter first',
  'Component',
);
export const tagValue = text(
  /^[A-Za-z0-9_.:/=+@-]{1,256}$/,
  'a tag value (text: quote a number) of 1 to 256 letters, digits and _.:/=+@-',
  'nodes/bitcoin',
);
export const tags = map('tags', '{ Component: nodes/bitcoin }', 10, tagKey, tagValue);
