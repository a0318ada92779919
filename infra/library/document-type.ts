// The fleet file as a type of TypeScript, for owners who write their fleets in their CDK app: library/fleet-document.ts, made of the fleet file's
// schema, with the words that editors show. It needs no other package's types.
import { join } from 'node:path';
import type { JsonSchema } from '@valibot/to-json-schema';
import { fleetJsonSchema } from '../fleet-json-schema.ts';

export const documentTypePath = join(import.meta.dirname, 'fleet-document.ts');

/** The file's content, byte for byte. */
export function documentTypeText(): string {
  const lines = [
    '// Written by `npm run schema`, of the schema in shared/fleet/schema.ts.',
    '',
    '/** A fleet file, as an object. Texts have the patterns of the fleet file, which synthesis checks. */',
    `export interface FleetDocument ${typeOf(fleetJsonSchema(), '')}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Throws an `Error` for a keyword that no fleet file has needed so far. */
function typeOf(schema: JsonSchema, indent: string): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((word) => JSON.stringify(word)).join(' | ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map((option) => typeOf(inner(option), indent)))].join(' | ');
  switch (schema.type) {
    case 'string':
    case 'boolean':
      return schema.type;
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return `ReadonlyArray<${typeOf(inner(schema.items), indent)}>`;
    case 'object':
      return schema.properties
        ? objectOf(schema, indent)
        : `{ readonly [key: string]: ${typeOf(inner(schema.additionalProperties), indent)} }`;
    case undefined:
      // Any JSON.
      return 'unknown';
    default:
      throw new Error(`the schema of fleet files has ${JSON.stringify(schema)}, which document-type.ts cannot say yet`);
  }
}

function objectOf({ properties = {}, required = [] }: JsonSchema, indent: string): string {
  const within = `${indent}  `;
  const fields = Object.entries(properties).flatMap(([key, value]) => {
    const field = inner(value);
    const { description } = field;
    const name = /^\w+$/.test(key) ? key : JSON.stringify(key);
    return [
      ...(description === undefined ? [] : [`${within}/** ${description.replaceAll('*/', '*∕')} */`]),
      `${within}readonly ${name}${required.includes(key) ? '' : '?'}: ${typeOf(field, within)};`,
    ];
  });
  return ['{', ...fields, `${indent}}`].join('\n');
}

function inner(schema: unknown): JsonSchema {
  if (typeof schema === 'object' && schema !== null && !Array.isArray(schema)) return schema;
  throw new Error(
    `the schema of fleet files has ${JSON.stringify(schema)} for a part, which document-type.ts cannot say`,
  );
}
