// The fleet file's schema for editors: infra/fleet.schema.json. The first line of a fleet file names it.
import { join } from 'node:path';
import { type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import { fleetDocumentSchema } from '../shared/fleet/schema-whole.ts';

export const fleetJsonSchemaPath = join(import.meta.dirname, 'fleet.schema.json');

/** Without defaults: a chain's own defaults go before the schema's, so an editor that fills one in would overrule the chain. */
export function fleetJsonSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'chainmend fleet file',
    ...toJsonSchema(fleetDocumentSchema, {
      ...{ target: 'draft-07', errorMode: 'throw' },
      overrideSchema: ({ jsonSchema: { default: _, from: __, ...rest } }: { readonly jsonSchema: DescribedSchema }) =>
        rest,
    }),
  };
}

/** A key's default, or a text that says where its default comes from. */
export interface DescribedSchema extends JsonSchema {
  readonly from?: string;
}

/** With the defaults that `usually` and `derived` describe, for the reference page. */
export const describedSchema = (): DescribedSchema =>
  toJsonSchema(fleetDocumentSchema, { target: 'draft-07', errorMode: 'throw' });

/** The file's content, byte for byte. */
export function fleetJsonSchemaText(): string {
  return `${JSON.stringify(fleetJsonSchema(), undefined, 2)}\n`;
}
