// `chainmend adopt`: reads an account, changes nothing, and writes commented fleet files for what runs there.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import * as v from 'valibot';
import { stringify } from 'yaml';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { tagKey, tagValue } from '../../../shared/fleet/schema-fields.ts';
import { hasTags } from '../../../shared/model/tags.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { fleetJsonSchemaPath } from '../../fleet-json-schema.ts';
import { fleetPathsIn, parseSource, shortPath } from '../../fleets.ts';
import { InputError } from '../../input-error.ts';
import { UsageError } from '../errors.ts';
import type { StoredFleet } from '../fleets/stored-fleet.ts';
import { type Adoption, adoptionJson, adoptionLines, adoptionOf } from './adoption.ts';
import type { AdoptContext } from './context.ts';
import { masked, NOT_MASKED } from './mask.ts';
import { parseReadOut, READ_OUT_BYTES, type ReadOut, readOutText } from './read-out.ts';
import type { TwinAnswer } from './twin-form.ts';
import { twinText } from './twin-text.ts';

export interface AdoptOptions {
  /** Folder of the files; without it nothing is written. */
  readonly out?: string;
  /** Only print, even where `out` is said. */
  readonly plan?: true;
  /** KEY=VALUE. */
  readonly tag?: string;
  /** File that gets the read-out; then nothing is proposed. */
  readonly readOut?: string;
  /** A read-out in place of the account. */
  readonly from?: string;
  /** false: the read-out has real names. */
  readonly mask?: boolean;
  /** Plays each fleet in the local region. */
  readonly twin?: true;
  /** So many storms of each fleet, after its drills. */
  readonly storms?: number;
  readonly seed?: number;
}

interface Adopted {
  readonly status: 0 | 1;
  /** For machines. */
  readonly facts: object;
}

/**
 * @returns 0: a fleet was found, or the read-out written; 1: none was, a file was there already, or nodes could not be told apart
 * @throws UsageError for words that do not go together, or a file that is no read-out; StoreError where the account cannot be read
 */
export async function adopt(context: AdoptContext, options: AdoptOptions): Promise<Adopted> {
  refuseContradictions(options);
  const readOut = await readOutOf(context, options);
  if (options.readOut !== undefined) return writeReadOut(context, readOut, options.readOut, options);
  const folder = options.out === undefined ? undefined : resolve(options.out);
  const adoption = adoptionOf(readOut, schemaFrom(folder));
  const stored = options.from === undefined ? await context.stored() : [];
  const deployed = deployedAlready(adoption, stored);
  const files = folder === undefined || options.plan ? [] : writeFleets(adoption, deployed, folder);
  const kept = files.filter(({ written }) => !written);
  for (const line of adoptionLines(adoption)) context.say(line);
  for (const [name, one] of deployed) context.say(deployedText(name, one));
  for (const { fleet, document } of stored)
    if (document === undefined)
      context.say(`not read: the nodes of ${fleet}, which is deployed: its stored file is broken`);
  for (const { path, written } of files)
    context.say(written ? `written: ${path}` : `kept as it is: ${path} was there before`);
  if (files.length === 0 && adoption.fleets.length > 0) context.say('Nothing is written. --out DIR writes the files.');
  const twin = options.twin ? await playTwin(context, { readOut, adoption, folder, options }) : undefined;
  const isBroken = twin?.lines.some((line) => line.kind !== 'remark' && line.broken.length > 0) === true;
  const isAll = adoption.fleets.length > 0 && adoption.ambiguous.length === 0 && kept.length === 0;
  return {
    status: isAll && !isBroken ? 0 : 1,
    facts: { ...adoptionJson(adoption), files, ...(twin && { twin: twin.lines }) },
  };
}

/** Each verdict is told as it comes: a fleet takes a minute or two. */
async function playTwin(
  { say, playTwin: play }: AdoptContext,
  {
    readOut,
    adoption,
    folder,
    options: { seed = 1, storms = 0 },
  }: {
    readonly readOut: ReadOut;
    readonly adoption: Adoption;
    readonly folder: string | undefined;
    readonly options: AdoptOptions;
  },
): Promise<TwinAnswer> {
  const fleets = adoption.fleets.map(({ name, text }) => fleetToPlay(name, text, folder));
  say('\nIn the local region, in mode act:');
  return play({ readOut, fleets, seed, storms }, (line) => {
    for (const text of twinText(line)) say(text);
  });
}

/** As a person has completed it, where it is in the folder. @throws UsageError where that file is not right */
function fleetToPlay(name: string, proposed: string, folder: string | undefined): FleetDocument {
  const path = folder === undefined ? undefined : join(folder, `${name}.yaml`);
  const text = path !== undefined && existsSync(path) ? readFileSync(path, 'utf8') : proposed;
  const { document, lines } = parseSource(path === undefined ? `${name}.yaml` : shortPath(path), text);
  if (document === undefined || lines.length > 0) throw new UsageError(lines.join('\n'));
  return document;
}

function refuseContradictions({ from, tag, readOut, out, plan, twin, storms, seed }: AdoptOptions): void {
  if (readOut !== undefined && twin)
    throw new UsageError('--read-out writes a read-out and nothing else: --twin comes with --from, or without both');
  if (!twin && (storms !== undefined || seed !== undefined))
    throw new UsageError('--storms and --seed: only with --twin');
  if (from !== undefined && tag !== undefined)
    throw new UsageError('--tag narrows what is read in an account, and --from reads none: they do not go together');
  if (from !== undefined && readOut !== undefined) throw new UsageError('--from and --read-out do not go together');
  if (readOut !== undefined && (out !== undefined || plan))
    throw new UsageError(
      '--read-out writes a read-out and nothing else: --out and --plan come with --from, or without both',
    );
}

async function readOutOf({ read, status }: AdoptContext, { from, tag }: AdoptOptions): Promise<ReadOut> {
  if (from === undefined) return read({ status, ...(tag !== undefined && { tag: tagOf(tag) }) });
  if (!statSync(from, { throwIfNoEntry: false })?.isFile())
    throw new UsageError(`no file ${from}; expected one that chainmend adopt --read-out wrote`);
  if (statSync(from).size > READ_OUT_BYTES)
    throw new UsageError(`${from} has more than ${READ_OUT_BYTES / 2 ** 20} MB; expected a read-out`);
  try {
    return parseReadOut(from, readFileSync(from, 'utf8'));
  } catch (error) {
    if (error instanceof InputError) throw new UsageError(error.message);
    throw error;
  }
}

function tagOf(written: string): { readonly key: string; readonly value: string } {
  const at = written.indexOf('=');
  const [key, value] = [written.slice(0, at), written.slice(at + 1)];
  if (at > 0 && v.is(tagKey, key) && v.is(tagValue, value)) return { key, value };
  throw new UsageError(
    `--tag: ${JSON.stringify(plainText(written, 80))} given; expected KEY=VALUE of letters, digits and _.:/=+@-, for example Component=nodes/bitcoin`,
  );
}

function writeReadOut({ say }: AdoptContext, readOut: ReadOut, path: string, { mask = true }: AdoptOptions): Adopted {
  if (existsSync(path)) throw new UsageError(`${path} is there already; expected the name of a new file`);
  const written = mask ? masked(readOut) : readOut;
  mkdirSync(dirname(resolve(path)), { recursive: true });
  // Only the person who reads the account may read what was read. `wx`: a file that came in the meantime is kept.
  writeFileSync(path, readOutText(written), { flag: 'wx', mode: 0o600 });
  const counts = {
    instances: written.instances.length,
    volumes: written.volumes.length,
    snapshots: written.snapshots.length,
    alarms: written.alarms.length,
  };
  const told = Object.entries(counts).map(([what, count]) => `${count} ${what}`);
  say(`${shortPath(path)} is written: ${told.join(', ')}.`);
  say(mask ? NOT_MASKED : 'Nothing is masked (--no-mask).');
  for (const { what, why } of written.unread) say(plainText(`not read: ${what} (${why})`));
  return { status: 0, facts: { readOut: path, masked: written.masked, ...counts, unread: written.unread } };
}

/** The path of the schema that an editor finds from a file of the folder. */
const schemaFrom = (folder: string | undefined): string =>
  folder === undefined ? '../fleet.schema.json' : relative(folder, fleetJsonSchemaPath).replace(/\s/g, '%20');

/** By the names of proposals: the fleet that has these nodes where the suite is deployed. */
function deployedAlready({ fleets }: Adoption, stored: readonly StoredFleet[]): ReadonlyMap<string, FleetDocument> {
  const documents = stored.flatMap(({ document }) => document ?? []);
  return new Map(
    fleets.flatMap(({ name, group: { selector } }) => {
      const same = documents.find(({ nodes: { tag } }) => hasTags(tag, selector) || hasTags(selector, tag));
      return same === undefined ? [] : [[name, same] as const];
    }),
  );
}

const deployedText = (proposed: string, { fleet, mode }: FleetDocument): string =>
  `${proposed} is deployed already${fleet === proposed ? '' : `, as ${fleet}`}, in mode ${mode}: its file is the one that is stored, and not this proposal.`;

/** The next deployment from this folder is to change nothing of it. */
const storedText = (stored: FleetDocument, schema: string): string =>
  `# yaml-language-server: $schema=${schema}\n# As it is stored where chainmend is deployed.\n${stringify(stored, { lineWidth: 0 })}`;

/** A file that is there is a person's, and so are the nodes of one with another name. */
function writeFleets(
  { fleets }: Adoption,
  deployed: ReadonlyMap<string, FleetDocument>,
  folder: string,
): readonly { readonly path: string; readonly written: boolean }[] {
  mkdirSync(folder, { recursive: true });
  const known = fleetPathsIn(folder).flatMap((path) => {
    const { document } = parseSource(shortPath(path), readFileSync(path, 'utf8'));
    return document === undefined ? [] : [{ path, tags: document.nodes.tag }];
  });
  return fleets.map(({ name: proposed, text: proposal, group: { selector } }) => {
    const stored = deployed.get(proposed);
    const name = stored?.fleet ?? proposed;
    const text = stored === undefined ? proposal : storedText(stored, schemaFrom(folder));
    const same = known.find(({ tags }) => hasTags(tags, selector) || hasTags(selector, tags));
    if (same !== undefined) return { path: shortPath(same.path), written: false };
    const path = join(folder, `${name}.yaml`);
    try {
      writeFileSync(path, text, { flag: 'wx' });
      return { path: shortPath(path), written: true };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return { path: shortPath(path), written: false };
    }
  });
}
