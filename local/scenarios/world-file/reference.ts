// The world file's schema for editors (local/scenarios/world.schema.json), and the table of docs/rehearse.md.
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

const BEGIN = '<!-- words: UPDATE=1 npm test -- world-files writes this table -->';
const END = '<!-- /words -->';

/**
 * The page with its table as it must be.
 * @throws Error where it has no place in it
 */
export function withWords(page: string): string {
  const [before, rest = ''] = page.split(BEGIN);
  const [, after] = rest.split(END);
  if (after === undefined) throw new Error(`expected ${BEGIN} and ${END} in the page`);
  return `${before}${BEGIN}\n\n${words().join('\n')}\n\n${END}${after}`;
}

function words(): readonly string[] {
  const rows = Object.entries(WORDS).map(([name, { takes }]) => [
    code(name),
    Object.keys(takes).map(code).join(', ') || '–',
  ]);
  return [['do', 'takes'], ['---', '---'], ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

const code = (text: string): string => `\`${text}\``;
