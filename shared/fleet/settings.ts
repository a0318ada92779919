// Reads the fleet files and pauses as they are now: every function does this first, at each invocation.
import { paginateGetParametersByPath, type SSMClient } from '@aws-sdk/client-ssm';
import type { ReadKeptFleet } from './kept-file.ts';
import { type Deployed, deployedIn } from './membership.ts';
import type { Fleet } from './model.ts';
import { fleetOfParameter, fleetParameterName } from './parameter.ts';

/** 10 a page: 300 fleets with a pause each, more than a deployment has room for, are 61. */
const MAX_PARAMETER_PAGES = 80;

export interface Settings {
  /** Every parameter below the prefix, for the pauses. */
  readonly values: ReadonlyMap<string, string>;
  /** Of a broken file: as its last readable version says, where the reader goes on with that. */
  readonly fleets: readonly Fleet[];
  /** Fleets whose file does not parse: the sentence, by parameter name. Nothing is begun for them. */
  readonly broken: ReadonlyMap<string, string>;
  /** By the fleet's name: the version of its parameter, where that could be read. */
  readonly versions: ReadonlyMap<string, number>;
}

/** Why a fleet's file, as it is stored, is none; undefined where it is one. */
export const brokenFile = (prefix: string, { broken }: Pick<Settings, 'broken'>, fleet: string): string | undefined =>
  broken.get(fleetParameterName(prefix, fleet));

/**
 * Reads every fleet file and every pause below a prefix: one call a page of ten.
 *
 * @param readKept for a reader that goes on with the last readable version of a broken file; without it there is no such fleet
 * @throws when there are more pages than are ever needed: an incomplete selection must not be used
 */
export async function readSettings(ssm: SSMClient, prefix: string, readKept?: ReadKeptFleet): Promise<Settings> {
  const values = new Map<string, string>();
  const stored = new Map<string, number>();
  let pages = 0;
  for await (const read of paginateGetParametersByPath({ client: ssm }, { Path: prefix, Recursive: true })) {
    for (const { Name = '', Value = '', Version = 0 } of read.Parameters ?? []) {
      values.set(Name, Value);
      stored.set(Name, Version);
    }
    if (++pages === MAX_PARAMETER_PAGES && read.NextToken)
      throw new Error(`more than ${MAX_PARAMETER_PAGES} pages of parameters below ${prefix}`);
  }
  const fleets: Fleet[] = [];
  const broken = new Map<string, string>();
  const versions = new Map<string, number>();
  let known: Deployed | undefined;
  const deployed = (): Deployed => {
    known ??= deployedIn(prefix, values);
    return known;
  };
  for (const [name, value] of values) {
    if (!name.startsWith(`${prefix}/fleets/`)) continue;
    try {
      const { fleet } = fleetOfParameter(prefix, { name, value }, deployed());
      fleets.push(fleet);
      versions.set(fleet.name, stored.get(name) ?? 0);
    } catch (error) {
      broken.set(name, error instanceof Error ? error.message : String(error));
    }
  }
  if (readKept === undefined) return { values, fleets, broken, versions };
  for (const [name, why] of broken) {
    // One fleet whose last version cannot be had keeps no other one back.
    const kept = await readKept(name.slice(`${prefix}/fleets/`.length), deployed).catch(String);
    if (typeof kept === 'string') broken.set(name, `${why}; ${kept}`);
    else fleets.push(kept.fleet);
  }
  return { values, fleets, broken, versions };
}
