// Reads the fleet files and pauses as they are now: every function does this first, at each invocation.
import { paginateGetParametersByPath, type SSMClient } from '@aws-sdk/client-ssm';
import { type Deployed, deployedIn } from './membership.ts';
import type { Fleet } from './model.ts';
import { fleetOfParameter } from './parameter.ts';

/** 25 fleets have 51 parameters, 10 a page. */
const MAX_PARAMETER_PAGES = 30;

export interface Settings {
  /** Every parameter below the prefix, for the pauses. */
  readonly values: ReadonlyMap<string, string>;
  readonly fleets: readonly Fleet[];
  /** Fleets whose file does not parse: the sentence, by parameter name. */
  readonly broken: ReadonlyMap<string, string>;
}

/**
 * Reads every fleet file and every pause below a prefix: one call a page of ten.
 * @throws when there are more pages than are ever needed: an incomplete selection must not be used
 */
export async function readSettings(ssm: SSMClient, prefix: string): Promise<Settings> {
  const values = new Map<string, string>();
  let pages = 0;
  for await (const read of paginateGetParametersByPath({ client: ssm }, { Path: prefix, Recursive: true })) {
    for (const { Name = '', Value = '' } of read.Parameters ?? []) values.set(Name, Value);
    if (++pages === MAX_PARAMETER_PAGES && read.NextToken)
      throw new Error(`more than ${MAX_PARAMETER_PAGES} pages of parameters below ${prefix}`);
  }
  const fleets: Fleet[] = [];
  const broken = new Map<string, string>();
  let known: Deployed | undefined;
  const deployed = (): Deployed => {
    known ??= deployedIn(prefix, values);
    return known;
  };
  for (const [name, value] of values) {
    if (!name.startsWith(`${prefix}/fleets/`)) continue;
    try {
      fleets.push(fleetOfParameter(prefix, { name, value }, deployed()).fleet);
    } catch (error) {
      broken.set(name, error instanceof Error ? error.message : String(error));
    }
  }
  return { values, fleets, broken };
}
