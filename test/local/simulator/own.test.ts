// A look-up by a caller's word never finds an inherited property: "constructor" and "__proto__" are no volume types, columns or functions.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ownValue, setOwnValue } from '../../../local/simulator/own-properties.ts';

const WORDS = ['constructor', '__proto__', 'toString', 'valueOf', 'hasOwnProperty'];

describe('own', () => {
  it.each(WORDS)('finds %s only where somebody has put it', (word) => {
    const record: Record<string, string> = {};
    expect(ownValue(record, word)).toBeUndefined();
    setOwnValue(record, word, 'here');
    expect(ownValue(record, word)).toBe('here');
    expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
    expect(Object.keys(record)).toEqual([word]);
  });
});

// The index comes from the code itself or from a schema of AWS, never from a caller.
const TRUSTED: ReadonlySet<string> = new Set([
  'local/services/cloudwatch/payloads.ts: REGION_NAMES[kernel.regionName]',
  // The type of a value that has been read: one of DynamoDB's ten.
  'local/services/dynamodb/update.ts: TYPE_NAMES[type]',
  // A kind of Node.js's asynchronous resources.
  'local/simulator/quiescence.ts: MEANINGS[type]',
  // Attributes that the queue reads by their name.
  'local/services/sqs/sqs.ts: DEFAULTS[name]',
  // A header that the schema names.
  'local/simulator/gateway/rest.ts: headers[httpHeader.toLowerCase()]',
]);

const sources = ['local/services', 'local/simulator'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`),
);

/** Reads of a record whose keys are any string, by a variable, without a check that the property is its own. */
function lookUps(source: string): string[] {
  const records = new Set(
    [...source.matchAll(/\b(\w+)\??: (?:Readonly<|Partial<)*Record<string,/g)].map((found) => found[1]),
  );
  return source
    .split('\n')
    .filter((line) => !/^\s*(\/\/|\/?\*)/.test(line) && !line.includes('Object.hasOwn('))
    .flatMap((line) => {
      const indexed = [...line.matchAll(/(\w+)!?\[([^\]'"`]+)\](?! = )/g)].filter(([, name]) => records.has(name));
      const asked = [...line.matchAll(/(?<!const )\b\w+ in (\w+)\b/g)].filter(([, name]) => records.has(name));
      return [...indexed, ...asked].map(([text]) => text);
    });
}

describe('the sources of the region', () => {
  it('are looked through for what this is about', () => {
    const source =
      "const TYPES: Readonly<Record<string, number>> = { gp3: 1 };\nconst at = TYPES[type] ?? ('a' in TYPES);";
    expect(lookUps(source)).toEqual(['TYPES[type]']);
    expect(lookUps('function f(table: Record<string, 1>, word: string) {\n  return word in table;\n}')).toEqual([
      'word in table',
    ]);
    expect(sources.length).toBeGreaterThan(150);
  });

  it('read a record by a word with ownValue(), and by no index', () => {
    const found = sources.flatMap((file) => lookUps(readFileSync(file, 'utf8')).map((text) => `${file}: ${text}`));
    // own() itself uses the index after its check.
    const unexplained = found.filter(
      (text) => !TRUSTED.has(text) && !text.startsWith('local/simulator/own-properties.ts'),
    );
    expect(unexplained).toEqual([]);
    expect([...TRUSTED].filter((text) => !found.includes(text))).toEqual([]);
  });
});
