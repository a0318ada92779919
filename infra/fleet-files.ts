// Reads the fleet files that the stack is deployed for.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Fleet } from '../shared/fleet/model.ts';
import { parseFleetDocument } from '../shared/fleet/parse.ts';
import { resolveFleet } from '../shared/fleet/resolve.ts';
import type { FleetDocument } from '../shared/fleet/schema.ts';

export interface FleetFile {
  /** As written, which is what functions get: they fill in the defaults of their own version. */
  readonly document: FleetDocument;
  /** With every default. */
  readonly fleet: Fleet;
}

/** All `*.yaml` of a folder, by name. Throws a `FleetFileError` that names what is wrong in the first bad file. */
export function readFleetFiles(directory: string): FleetFile[] {
  const names = readdirSync(directory)
    .filter((name) => name.endsWith('.yaml'))
    .sort();
  return names.map((name) => {
    const document = parseFleetDocument(parse(readFileSync(join(directory, name), 'utf8')));
    return { document, fleet: resolveFleet(document) };
  });
}
