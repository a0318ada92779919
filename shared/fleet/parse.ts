// Reads a fleet file's JSON, or refuses with everything that is wrong in it: field, value, and what was expected.
import * as v from 'valibot';
import { plainText } from '../text/plain-text.ts';
import { conflictsIn } from './conflicts.ts';
import { type FleetDocument, fleetDocumentSchema } from './schema.ts';

export interface FleetProblem {
  /** wrong-key: of a map whose keys are free, such as tags. conflict: fields, each right by itself, that do not go together. */
  readonly kind: 'unknown-key' | 'wrong-key' | 'missing' | 'wrong-value' | 'conflict';
  readonly path: readonly string[];
  /** What was found; undefined where nothing was. */
  readonly value: unknown;
  /** "expected …", with an example of a right value. */
  readonly expected: string;
}

/** In the message, which is a line of the journal and a page; `problems` has all of them. */
const PROBLEMS_TOLD = 10;

export class FleetFileError extends Error {
  override readonly name = 'FleetFileError';
  readonly problems: readonly FleetProblem[];

  constructor(problems: readonly FleetProblem[], fleet: string) {
    const more = problems.length - PROBLEMS_TOLD;
    const told = problems.slice(0, PROBLEMS_TOLD).map(sentenceOf);
    super(`${fleet}: ${[...told, ...(more > 0 ? [`and ${more} more problems`] : [])].join('; ')}`);
    this.problems = problems;
  }
}

/**
 * @param source JSON text (an SSM parameter's value) or what a YAML reader made of a file
 * @throws FleetFileError with every problem
 */
export function parseFleetDocument(source: unknown): FleetDocument {
  const value = typeof source === 'string' ? parseJson(source) : source;
  const named =
    typeof value === 'object' && value !== null && 'fleet' in value ? `fleet file ${show(value.fleet)}` : 'fleet file';
  const parsed = v.safeParse(fleetDocumentSchema, value);
  const problems = parsed.issues?.flatMap(problemsOf) ?? [];
  const told = (path: readonly string[]) =>
    problems.some((problem) => problem.path.every((key, at) => key === path[at]));
  problems.push(...reservedKeys(value, [], 0).filter(({ path }) => !told(path)));
  if (!parsed.success || problems.length > 0) throw new FleetFileError(problems, named);
  const conflicts = conflictsIn(parsed.output);
  if (conflicts.length > 0) throw new FleetFileError(conflicts, named);
  return parsed.output;
}

/** The longest that the schema has, several times over. */
const FIELD_CHARACTERS = 200;

/** "disk.growAtPercent is 120; expected …" */
export function sentenceOf({ kind, path, value, expected }: FleetProblem): string {
  const field = plainText(path.join('.'), FIELD_CHARACTERS);
  if (kind === 'missing') return `${field} is missing; ${expected}`;
  if (kind === 'unknown-key') return `unknown key ${show(field)}; ${expected}`;
  if (kind === 'wrong-key') return `key ${show(field)}; ${expected}`;
  return `${field || 'the file'} is ${show(value)}; ${expected}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const expected = 'expected a JSON object, for example {"fleet":"bitcoin","chain":"bitcoin",…}';
    throw new FleetFileError([{ kind: 'wrong-value', path: [], value: text, expected }], 'fleet file');
  }
}

const reserved = ['__proto__', 'prototype', 'constructor'];

/**
 * valibot leaves such keys out of a record without a word, and a selector that lost a tag would match too much. The schema
 * is six levels deep: whatever lies deeper is under a key that it does not know, or in the body of a request, which is sent as it is.
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
    const byKey = type === 'strict_object' && last?.type === 'object' && last.origin === 'key';
    if (byKey && expected !== 'never') return { kind: 'missing', path, value: undefined, expected: message };
    const kind = byKey ? 'unknown-key' : last?.origin === 'key' ? 'wrong-key' : 'wrong-value';
    return { kind, path, value: last ? last.value : issue.input, expected: message };
  });
}

/** Of a union's alternatives, the one that fits best is the one that went deepest into the value. */
function flatten(
  issue: v.BaseIssue<unknown>,
  above: readonly v.IssuePathItem[],
): { issue: v.BaseIssue<unknown>; items: readonly v.IssuePathItem[] }[] {
  const items = [...above, ...(issue.path ?? [])];
  const deeper = issue.type === 'union' ? (issue.issues ?? []).filter((inner) => inner.path) : [];
  return deeper.length > 0 ? deeper.flatMap((inner) => flatten(inner, items)) : [{ issue, items }];
}

function show(value: unknown): string {
  return plainText(JSON.stringify(value) ?? String(value), 80);
}
