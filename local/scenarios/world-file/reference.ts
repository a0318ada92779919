// The world file's schema for editors (local/scenarios/world.schema.json), and the list of docs/rehearse.md.
import { join } from 'node:path';
import { type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import { repositoryRoot } from '../../../infra/paths.ts';
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

const BEGIN = '<!-- words: UPDATE=1 npm test -- world-files writes this list -->';
const END = '<!-- /words -->';

/**
 * The page with its list as it must be.
 * @throws Error where it has no place in it
 */
export function withWords(page: string): string {
  const [before, rest = ''] = page.split(BEGIN);
  const [, after] = rest.split(END);
  if (after === undefined) throw new Error(`expected ${BEGIN} and ${END} in the page`);
  return `${before}${BEGIN}\n\n${words().join('\n')}\n\n${END}${after}`;
}

/** Words that take the same keys share a line. */
function words(): readonly string[] {
  const rows = new Map<string, string[]>();
  for (const [name, { takes }] of Object.entries(WORDS)) {
    const keys = Object.keys(takes).map(code).join(', ') || '–';
    rows.set(keys, [...(rows.get(keys) ?? []), code(name)]);
  }
  return [...rows].map(([keys, names]) => `- ${names.join(', ')}: ${keys}`);
}

const code = (text: string): string => `\`${text}\``;
