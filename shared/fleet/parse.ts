// Parses a fleet file's JSON, or refuses it with every problem: field, value, and what was expected.
import * as v from 'valibot';
import { JsonError, parseJson } from '../text/json.ts';
import { type CompleteStored, completeStored } from './fleet-defaults.ts';
import { type Complaints, complaintsOf, FleetFileError, type FleetProblem, showValue } from './problems.ts';
import { type StoredDocument, storedDocumentSchema } from './schema.ts';
import { checkClient } from './schema-client.ts';
import { checkCopiesFrom } from './schema-copies.ts';
import { checkDrills } from './schema-drills.ts';
import { checkHeals } from './schema-heal.ts';
import { checkNodes } from './schema-nodes.ts';
import { checkWatch } from './schema-watch.ts';

/**
 * What functions read of a fleet file. Of `deploy` only what they read is checked: the file was checked as a whole before it was stored (whole.ts).
 * @param source JSON text (an SSM parameter's value), or the object in it
 * @throws FleetFileError with every problem
 */
export const parseStored = (source: unknown): StoredDocument => documentBy(storedDocumentSchema, source);

/** @throws FleetFileError with every problem */
export function documentBy<Document extends StoredDocument>(
  schema: v.GenericSchema<Document>,
  source: unknown,
  checkMore: (document: Document, complete: CompleteStored, complaints: Complaints) => void = () => {},
): Document {
  const value = typeof source === 'string' ? jsonOf(source) : source;
  const named =
    typeof value === 'object' && value !== null && 'fleet' in value
      ? `fleet file ${showValue(value.fleet)}`
      : 'fleet file';
  const { problems, output } = checkedBy(schema, value);
  if (problems.length > 0) throw new FleetFileError(problems, named);
  const document = writtenOf(output, value) as Document;
  const complete = completeStored(document);
  const conflicts = complaintsOf((complaints) => {
    checkNodes(document, complete.volumes, complaints);
    checkClient(document, complete, complaints);
    checkWatch(document, complete, complaints);
    checkHeals(document, complete, complaints);
    checkDrills(document, complete, complaints);
    checkCopiesFrom(document, complete, complaints);
    checkMore(document, complete, complaints);
  });
  if (conflicts.length > 0) throw new FleetFileError(conflicts, named);
  return document;
}

/** What a schema makes of a value, and every problem: the output is to be used only where there is none. */
export function checkedBy<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
): { readonly problems: readonly FleetProblem[]; readonly output: v.InferOutput<Schema> } {
  const { issues, output } = v.safeParse(schema, value);
  const problems = issues?.flatMap(problemsOf) ?? [];
  const reserved = reservedKeys(value, [], 0);
  const above = (one: FleetProblem, other: FleetProblem): boolean =>
    one.path.every((key, at) => key === other.path[at]);
  // A map that has nothing else is empty to valibot; what is under an unknown key is not read.
  const told = problems.filter((one) => one.kind !== 'wrong-value' || !reserved.some((other) => above(one, other)));
  const more = reserved.filter((one) => !told.some((other) => above(other, one)));
  return { problems: [...told, ...more], output: output as v.InferOutput<Schema> };
}

/** The schema's output without its defaults: only what was written, in the schema's order. */
function writtenOf(read: unknown, written: unknown): unknown {
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return read;
  const from = Object(written);
  return Object.fromEntries(
    Object.entries(read).flatMap(([key, value]) =>
      Object.hasOwn(from, key) ? [[key, writtenOf(value, from[key])]] : [],
    ),
  );
}

function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    const wanted = 'expected a JSON object, for example {"fleet":"bitcoin","chain":"bitcoin",…}';
    const expected = error.cause ? wanted : `${error.message}; ${wanted}`;
    throw new FleetFileError([{ kind: 'wrong-value', path: [], value: text, expected }], 'fleet file');
  }
}

const reserved = ['__proto__', 'prototype', 'constructor'];

/**
 * valibot drops such keys from a record without an error, and a selector that lost a tag would match too much. The schema is six levels deep: a
 * deeper value is under an unknown key, or in the body of a request, which is sent unchanged.
 */
function reservedKeys(value: unknown, path: readonly string[], depth: number): FleetProblem[] {
  if (typeof value !== 'object' || value === null || depth > 8) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    reserved.includes(key)
      ? [{ kind: 'wrong-key', path: [...path, key], value: inner, expected: 'expected another name' }]
      : reservedKeys(inner, [...path, key], depth + 1),
  );
}

function problemsOf(issue: v.BaseIssue<unknown>): FleetProblem[] {
  return flatten(issue, []).map(({ issue: { type, expected, message }, items }) => {
    const last = items.at(-1);
    const path = items.map((item) => String(item.key));
    const byKey = (type === 'strict_object' || type === 'object') && last?.type === 'object' && last.origin === 'key';
    if (byKey && expected !== 'never') return { kind: 'missing', path, value: undefined, expected: message };
    const kind = byKey ? 'unknown-key' : last?.origin === 'key' ? 'wrong-key' : 'wrong-value';
    return { kind, path, value: last ? last.value : issue.input, expected: message };
  });
}

/** Of a union's alternatives, the issue of the one that matched most deeply. */
function flatten(
  issue: v.BaseIssue<unknown>,
  above: readonly v.IssuePathItem[],
): { issue: v.BaseIssue<unknown>; items: readonly v.IssuePathItem[] }[] {
  const items = [...above, ...(issue.path ?? [])];
  const deeper = issue.type === 'union' ? (issue.issues ?? []).filter((inner) => inner.path) : [];
  return deeper.length > 0 ? deeper.flatMap((inner) => flatten(inner, items)) : [{ issue, items }];
}
