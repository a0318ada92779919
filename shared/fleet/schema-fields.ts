// How a field of a fleet file is declared: an error and the editor's help say the same words, since both come from here.
import * as v from 'valibot';

type Schema = v.GenericSchema<unknown, unknown>;

export function text(pattern: RegExp, expected: string, example: string) {
  const message = `expected ${expected}, for example ${example}`;
  return v.pipe(v.string(message), v.regex(pattern, message), v.examples([example]));
}

export function whole(minimum: number, maximum: number, unit: string, example: number) {
  const message = `expected a whole number of ${unit} from ${minimum} to ${maximum}, no unit after it, for example ${example}`;
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(minimum, message),
    v.maxValue(maximum, message),
    v.examples([example]),
  );
}

export function port(example: number) {
  const message = `expected a port from 1 to 65535, for example ${example}`;
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(1, message),
    v.maxValue(65_535, message),
    v.examples([example]),
  );
}

export function yesOrNo() {
  return v.boolean('expected true or false');
}

export function choice<const Words extends readonly (string | number)[]>(words: Words, what: string) {
  return v.picklist(words, `expected ${what}: ${words.join(', ')}`);
}

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

export function object<const Entries extends v.ObjectEntries>(example: string, entries: Entries) {
  return v.strictObject(entries, (issue) => {
    if (issue.expected === 'never') return `expected one of ${Object.keys(entries).join(', ')}`;
    // A key that is missing is told of with what its value would have to be.
    const missing = entries[issue.expected?.slice(1, -1) ?? ''];
    return (missing && v.safeParse(missing, undefined).issues?.[0].message) ?? `expected for example ${example}`;
  });
}

export function about<Of extends Schema>(description: string, schema: Of) {
  return v.pipe(schema, v.description(description));
}

export function optional<Of extends Schema>(description: string, schema: Of) {
  return v.exactOptional(about(description, schema));
}

export const path = text(
  /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9_.+@-]{1,64}){1,16}$/,
  'an absolute path of letters, digits and _.+@-, not / itself and without . or .. parts',
  '/node-data',
);

export const subnetId = text(/^subnet-([0-9a-f]{8}|[0-9a-f]{17})$/, 'the id of a subnet', 'subnet-0123456789abcdef0');
