// The world file's schema for editors (local/scenarios/world.schema.json), and the tables of docs/rehearse.md: both are made of the one schema.
import { join } from 'node:path';
import { type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import { repositoryRoot } from '../../../infra/paths.ts';
import { expectation } from './expect.ts';
import { worldDocumentSchema } from './schema.ts';
import { WORDS } from './timeline.ts';

export const worldJsonSchemaPath = join(import.meta.dirname, '../world.schema.json');
export const rehearsePath = join(repositoryRoot, 'docs/rehearse.md');

const jsonSchemaOf = (schema: Parameters<typeof toJsonSchema>[0]): JsonSchema =>
  toJsonSchema(schema, { target: 'draft-07', errorMode: 'throw' });

/** The file's content, byte for byte. */
export function worldJsonSchemaText(): string {
  const schema = { title: 'chainmend world file', ...jsonSchemaOf(worldDocumentSchema) };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

const BEGIN = '<!-- words: UPDATE=1 npm test -- world-files writes these tables -->';
const END = '<!-- /words -->';

/**
 * The page with its tables as they must be.
 * @throws Error where they have no place in it
 */
export function withWords(page: string): string {
  const [before, rest = ''] = page.split(BEGIN);
  const [, after] = rest.split(END);
  if (after === undefined) throw new Error(`expected ${BEGIN} and ${END} in the page`);
  return `${before}${BEGIN}\n\n${words().join('\n')}\n\n${END}${after}`;
}

function words(): readonly string[] {
  const root = jsonSchemaOf(worldDocumentSchema);
  return [
    ...['### The file', '', ...table(rowsOf(root, [])), ''],
    ...[
      '### Words of the timeline',
      '',
      'Each entry has `at` and `do`; with `every` it happens `times` times (12).',
      '',
    ],
    ...table(
      Object.entries(WORDS).map(([name, { meaning, takes }]) => [
        code(name),
        Object.keys(takes).map(code).join(', ') || '–',
        meaning,
      ]),
      ['do', 'takes', 'meaning'],
    ),
    ...['', '### Words of `expect`', ''],
    ...['A text may be `{ has: a part of it }`, a number `{ least: 1, most: 9 }`, a word a list of words.', ''],
    ...table(rowsOf(jsonSchemaOf(expectation), [])),
  ];
}

/** Of these only the key: the fleet file and the other two tables have their own. */
const APART = new Set(['fleets', 'timeline', 'expect']);
const DEPTH = 3;
/** Explained once for all. */
const LIMITS = new Set(['least', 'most', 'has']);

/** Every key: `nodes.volumes.sizeGiB`. */
function rowsOf(schema: JsonSchema, above: readonly string[]): (readonly string[])[] {
  if (above.length === DEPTH || APART.has(above[0] ?? '')) return [];
  return objectsIn(schema).flatMap(({ properties = {} }) =>
    Object.entries(properties).flatMap(([name, inner]) => {
      if (typeof inner !== 'object' || LIMITS.has(name)) return [];
      const path = [...above, name];
      const { description = '', default: usual } = inner;
      const otherwise = usual === undefined || typeof usual === 'object' ? '' : ` Default: ${code(String(usual))}.`;
      return [[code(path.join('.')), allowedBy(inner), `${description}${otherwise}`], ...rowsOf(inner, path)];
    }),
  );
}

/** The objects below a schema, of lists and maps as well. */
function objectsIn(schema: JsonSchema): readonly JsonSchema[] {
  const { items, additionalProperties, properties } = schema;
  if (properties) return [schema];
  const next = [items, additionalProperties, ...alternativesOf(schema)].filter(
    (one) => isSchema(one) && one !== schema,
  );
  return (next as readonly JsonSchema[]).flatMap(objectsIn).slice(0, 1);
}

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const alternativesOf = (schema: JsonSchema): readonly JsonSchema[] =>
  (schema.anyOf ?? schema.oneOf ?? [schema]).filter((one) => typeof one === 'object');

function allowedBy(schema: JsonSchema): string {
  const ways = alternativesOf(schema).map(
    ({ type, enum: choices, const: word, minimum, maximum, examples, maxItems }) => {
      if (word !== undefined) return code(String(word));
      if (choices) return choices.map((one) => code(String(one))).join(', ');
      if (type === 'boolean') return '`true`, `false`';
      if (type === 'integer' || type === 'number')
        return minimum === undefined ? 'a number' : `${minimum} to ${maximum}`;
      if (type === 'array') return `a list of up to ${maxItems}`;
      if (type === 'object') return 'keys';
      return Array.isArray(examples)
        ? `as ${code(String(examples[0]))}`
        : (type ?? 'text') === 'string'
          ? 'text'
          : String(type);
    },
  );
  return [...new Set(ways)].join(', or ');
}

const code = (text: string): string => `\`${text}\``;

const table = (
  rows: readonly (readonly string[])[],
  head: readonly string[] = ['key', 'value', 'meaning'],
): readonly string[] =>
  [head, head.map(() => '---'), ...rows].map(
    (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`,
  );
