// "did you mean": the word of the schema that is nearest to what a person wrote.
import type { JsonSchema } from '@valibot/to-json-schema';
import didYouMean from 'didyoumean2';
import * as v from 'valibot';
import type { FleetProblem } from '../shared/fleet/problems.ts';
import { fleetDocumentSchema } from '../shared/fleet/schema.ts';
import { fleetJsonSchema } from './fleet-json-schema.ts';

const root = fleetJsonSchema();

export interface Suggestion {
  /** A key, also one of another level ("disk.maximumSizeGiB"), or a word. */
  readonly word: string;
  /** What the value of that key must be; undefined where the problem itself says it. */
  readonly expected: string | undefined;
}

export function suggestionFor({ kind, path, value }: FleetProblem): Suggestion | undefined {
  const above = path.slice(0, -1);
  const key = path.at(-1) ?? '';
  if (kind === 'unknown-key') {
    const here = nearest(key, schemasAt(above).flatMap(keysOf));
    const there = here ? undefined : placesOf(root, key, [])[0];
    const word = here ?? there?.join('.');
    return word ? { word, expected: expectationAt(there ?? [...above, word]) } : undefined;
  }
  if (kind !== 'wrong-value' || typeof value !== 'string') return undefined;
  const word = nearest(
    value,
    schemasAt(path).flatMap(({ enum: words = [] }) => words.map(String)),
  );
  return word ? { word, expected: undefined } : undefined;
}

export function nearest(word: string, known: readonly string[]): string | undefined {
  return didYouMean(word, [...known]) ?? undefined;
}

/** All schemas that are allowed at a path: one schema, or the alternatives of a union. */
function schemasAt(path: readonly string[]): JsonSchema[] {
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

function alternatives(schema: JsonSchema): JsonSchema[] {
  return (schema.anyOf ?? [schema]).filter((option) => typeof option === 'object');
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
function expectationAt(path: readonly string[]): string | undefined {
  const document = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), null);
  const { issues = [] } = v.safeParse(fleetDocumentSchema, document);
  return issues.find((issue) => v.getDotPath(issue) === path.join('.'))?.message;
}
