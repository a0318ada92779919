// Small schemas, each of which says what it expects, and the conversion of a schema's issue to an `EventError`.
import * as v from 'valibot';
import { EventError } from './errors.ts';

/** The parsed event. Throws an `EventError` for the first field that does not fit the schema. */
export function checked<Output>(schema: v.GenericSchema<unknown, Output>, event: unknown): Output {
  const parsed = v.safeParse(schema, event, { message: expectationOf });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const last = issue.path?.at(-1);
  throw new EventError(v.getDotPath(issue) ?? 'event', last ? last.value : issue.input, issue.message);
}

/** For schemas that do not say what they expect: a type, a key that is missing, or a key that should not be there ("never"). */
function expectationOf({ message, expected, received }: v.BaseIssue<unknown>): string {
  if (expected === 'never') return 'no such field';
  return received === 'undefined' ? `a field ${expected}` : (expected ?? message);
}

export function text(pattern: RegExp, expectation: string) {
  return v.pipe(v.string(expectation), v.regex(pattern, expectation));
}

export const fleetName = text(/^[a-z][a-z0-9-]{0,31}$/, "a fleet's name of lower-case letters, digits and -");

/** "2019-10-02T17:04:40.989+0000", as CloudWatch writes it (or "Z"), to milliseconds since 1970. */
export const timestampMs = v.pipe(
  text(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)$/, 'a time such as 2019-10-02T17:04:40.989+0000'),
  v.transform((time) => Date.parse(time.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))),
  v.number('a time that exists'),
);
