// "did you mean": the word of the schema that is nearest to what a person wrote.
import type { JsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { type FleetProblem, sentenceOf } from '../shared/fleet/problems.ts';
import { fleetDocumentSchema } from '../shared/fleet/schema-whole.ts';
import { elsewhere } from './chains-elsewhere.ts';
import { chainsIn } from './commands/adopt/words.ts';
import { fleetJsonSchema } from './fleet-json-schema.ts';
import { nearest } from './nearest.ts';

export interface Suggestion {
  /** A key, also one of another level ("disk.maximumSizeGiB"), or a word. */
  readonly word: string;
  /** What the value of that key must be; undefined where the problem itself says it. */
  readonly expected: string | undefined;
}

/** A schema of a file that people write, in both of its forms. */
export interface FileSchema {
  readonly root: JsonSchema;
  readonly schema: v.GenericSchema;
}

/** More places of one key are not named. */
const MOST_PLACES = 3;

const FLEET_FILE: FileSchema = { root: fleetJsonSchema(), schema: fleetDocumentSchema };

const suggestionFor = (problem: FleetProblem, { root, schema }: FileSchema = FLEET_FILE): Suggestion | undefined => {
  const { kind, path, value } = problem;
  const above = path.slice(0, -1);
  const key = path.at(-1) ?? '';
  if (kind === 'unknown-key') {
    const here = nearest(key, schemasAt(root, above).flatMap(keysOf));
    const isInflected = here !== undefined && (key.startsWith(here) || here.startsWith(key));
    // A key that is right elsewhere says more than one that looks alike, unless that is the same word: nodes and node.
    const places = placesOf(root, key, []).toSorted((one, other) => one.length - other.length);
    const [first] = places;
    if (first !== undefined && !isInflected) {
      const words = places.slice(0, MOST_PLACES).map((place) => place.join('.'));
      return { word: words.join('" or "'), expected: expectationAt(schema, first) };
    }
    return here ? { word: here, expected: expectationAt(schema, [...above, here]) } : undefined;
  }
  if (kind !== 'wrong-value' || typeof value !== 'string') return undefined;
  const words = schemasAt(root, path).flatMap(wordsOf);
  const chain = chainsIn(value)[0]?.chain;
  const word = chain !== undefined && words.includes(chain) ? chain : nearest(value, words);
  return word ? { word, expected: undefined } : undefined;
};

/** "unknown key "voulmes"; did you mean "volumes"? Expected …" */
export function explainedProblem(problem: FleetProblem, file?: FileSchema): string {
  const { path, value } = problem;
  const instead = path.join('.') === 'chain' && typeof value === 'string' ? elsewhere(value) : undefined;
  if (instead !== undefined) return sentenceOf({ ...problem, expected: instead });
  const suggestion = suggestionFor(problem, file);
  if (!suggestion) return sentenceOf(problem);
  const expected = suggestion.expected ?? problem.expected;
  return sentenceOf({ ...problem, expected: `did you mean "${suggestion.word}"? ${expected.replace(/^e/, 'E')}` });
}

/** All schemas that are allowed at a path: one schema, or the alternatives of a union. */
function schemasAt(root: JsonSchema, path: readonly string[]): JsonSchema[] {
  return path.reduce((schemas, key) => schemas.flatMap((schema) => step(schema, key)).flatMap(alternatives), [root]);
}

function step({ properties, additionalProperties, items }: JsonSchema, key: string): JsonSchema[] {
  const next = properties
    ? Object.hasOwn(properties, key)
      ? properties[key]
      : undefined
    : (additionalProperties ?? items);
  return typeof next === 'object' && !Array.isArray(next) ? [next] : [];
}

/** The words that are allowed: of a list, or the one word that an alternative begins with. */
const wordsOf = ({ enum: words = [], const: word }: JsonSchema): string[] =>
  [...words, ...(word === undefined ? [] : [word])].map(String);

function alternatives(schema: JsonSchema): JsonSchema[] {
  return (schema.anyOf ?? schema.oneOf ?? [schema]).filter((option) => typeof option === 'object');
}

function keysOf({ properties = {} }: JsonSchema): string[] {
  return Object.keys(properties);
}

/** The right place of a key that was written at the wrong level: `disk.maximumSizeGiB`. */
function placesOf(schema: JsonSchema, key: string, above: readonly string[]): string[][] {
  return alternatives(schema).flatMap(({ properties = {} }) =>
    Object.entries(properties).flatMap(([name, inner]) => {
      if (name === key) return [[...above, name]];
      return typeof inner === 'object' ? placesOf(inner, key, [...above, name]) : [];
    }),
  );
}

/** The schema's own message for a value that is never right. */
function expectationAt(schema: v.GenericSchema, path: readonly string[]): string | undefined {
  const document = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), null);
  const { issues = [] } = v.safeParse(schema, document);
  return issues.find((issue) => v.getDotPath(issue) === path.join('.'))?.message;
}
