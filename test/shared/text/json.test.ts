// JSON that others have written: what JSON.parse makes of it, within limits of its structure; and that nobody reads it otherwise.
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { repositoryRoot } from '../../../infra/paths.ts';
import {
  JsonError,
  jsonOrUndefined,
  MAXIMUM_JSON_DEPTH,
  MAXIMUM_JSON_VALUES,
  parseJson,
} from '../../../shared/text/json.ts';

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

const nestedObjects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

describe('JSON', () => {
  it('is what JSON.parse makes of it, up to a depth', () => {
    fc.assert(fc.property(fc.json({ maxDepth: 10 }), (text) => expect(parseJson(text)).toEqual(JSON.parse(text))));
  });

  it('that is none is a JsonError, and undefined for those who ask so', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(jsonOrUndefined(text)).toEqual(parseJson(text));
        } catch (error) {
          expect(error).toBeInstanceOf(JsonError);
          expect((error as JsonError).cause).toBeInstanceOf(Error);
          expect(jsonOrUndefined(text)).toBeUndefined();
        }
      }),
    );
  });

  it.each([
    ['lists within each other', nested(MAXIMUM_JSON_DEPTH), nested(MAXIMUM_JSON_DEPTH + 1), 'nested more than 32 deep'],
    ['objects within each other', nestedObjects(32), nestedObjects(33), 'nested'],
    ['the deepest of all', nested(1), '['.repeat(4_000_000), 'nested'],
    ['elements', `[${'0,'.repeat(MAXIMUM_JSON_VALUES - 1)}0]`, `[${'0,'.repeat(MAXIMUM_JSON_VALUES)}0]`, 'more than'],
    ['members', '{"a":1}', `{${'"a":1,'.repeat(MAXIMUM_JSON_VALUES)}"a":1}`, 'more than 400000 elements and members'],
    ['empty objects', '[{}]', `[${'{},'.repeat(MAXIMUM_JSON_VALUES / 2)}{}]`, 'more than'],
  ])('has a limit of %s', (_, most, more, why) => {
    expect(parseJson(most)).toBeDefined();
    expect(() => parseJson(more)).toThrow(JsonError);
    expect(() => parseJson(more)).toThrow(why);
  });

  it('has other limits where a caller says so', () => {
    expect(() => parseJson('[1,2]', { values: 1 })).toThrow('JSON has more than 1 elements and members');
    expect(() => parseJson('[[1]]', { depth: 1 })).toThrow('JSON is nested more than 1 deep');
    expect(jsonOrUndefined('[1,2]', { values: 1 })).toBeUndefined();
  });

  it('counts nothing inside of a text', () => {
    const inside = `${nested(100)}\\"${'{,'.repeat(1_000)}`;
    expect(parseJson(`["${inside}"]`, { depth: 1, values: 1 })).toEqual([`${nested(100)}"${'{,'.repeat(1_000)}`]);
  });
});

/** Files that read JSON of their own, with the reason. */
const OWN: Readonly<Record<string, string>> = {
  'shared/text/json.ts': 'it is the reader',
  'shared/chains/http-json.ts': 'a copy of a value of ours',
  'infra/fleets.ts': 'a copy of a value of ours',
  'infra/bundle/lazy.ts': 'what esbuild has just written',
  'infra/bundle/sdk.ts': 'a file of an installed package',
  'infra/commands/heal/aws-suite.ts': 'what a function of the suite answers to a person',
  'infra/commands/heal/place-process.ts': 'what a program of ours has printed',
  'infra/commands/local-process.ts': 'what a program of ours has printed',
  'infra/commands/program-name.ts': 'our package.json',
  'infra/library/chainmend.ts': 'a file of this package',
  'infra/library/node-fleet.ts': 'a file of this package',
  'infra/library/notices.ts': 'a file of an installed package',
  'infra/library/pack.ts': 'our package.json and that of an installed package',
  'infra/release/archive.ts': 'what CDK and npm have just written',
};

it('is read by one reader, which has limits: every other file reads what is our own', () => {
  const files = globSync('{functions,shared,infra}/**/*.ts', { cwd: repositoryRoot });
  const readers = files.filter((path) => readFileSync(`${repositoryRoot}/${path}`, 'utf8').includes('JSON.parse('));
  expect(readers.sort()).toEqual(Object.keys(OWN).sort());
});
