// `npm run schema` and `npm run reference`: write what is made of the fleet file's schema, after a change of it. A test compares.
import { writeFileSync } from 'node:fs';
import { fleetJsonSchemaPath, fleetJsonSchemaText } from './fleet-json-schema.ts';
import { reference } from './fleet-reference.ts';
import { shortPath } from './fleets.ts';
import { documentTypePath, documentTypeText } from './library/document-type.ts';

const say = (text: string): void => console.log(text);

switch (process.argv[2]) {
  case 'schema':
    writeFileSync(fleetJsonSchemaPath, fleetJsonSchemaText());
    writeFileSync(documentTypePath, documentTypeText());
    for (const path of [fleetJsonSchemaPath, documentTypePath]) say(`${shortPath(path)} is written.`);
    break;
  case 'reference':
    reference(say);
    break;
  default:
    console.error('expected schema or reference');
    process.exitCode = 2;
}
