// The switches that people hold: pauses at three levels and the fleet file. They are read together, and again right before each mutation.
import { GetParametersCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { keptFleets, type ReadFileVersion } from '../fleet/kept-file.ts';
import { deployedIn, deployedParameterNames } from '../fleet/membership.ts';
import type { Fleet } from '../fleet/model.ts';
import { fleetOfParameter, fleetParameterName, pauseParameterName } from '../fleet/parameter.ts';
import { brokenFile, type Settings } from '../fleet/settings.ts';
import type { Refusal } from '../model/guardrail-codes.ts';
import { plainText } from '../text/plain-text.ts';

export const PAUSE_TAG = 'chainmend:pause';
const OFF = 'off';
const RETRY_AFTER_MS = 60_000;

export interface Switches {
  /** Where the file as stored is none: as its last readable version says. */
  readonly fleet: Fleet;
  /** Identifies the fleet file that was read. */
  readonly fleetHash: string;
  /** Why nothing may be begun, or null: a pause, or a broken file. */
  readonly refusal: Refusal | null;
}

/** What the switches are read with. */
export interface SwitchReader {
  readonly clients: { readonly ssm: SSMClient };
  readonly environment: { readonly PARAMETER_PREFIX: string };
  readonly store: { readonly readFileVersion: ReadFileVersion };
}

/**
 * Reads both pauses, the fleet file and what the deployment knows in one call. A broken file begins nothing and blinds nobody: what was begun goes by its
 * last readable version. A refusal alone where there is none.
 */
export async function readSwitches(
  { clients: { ssm }, environment: { PARAMETER_PREFIX: prefix }, store }: SwitchReader,
  fleetName: string,
): Promise<Switches | Refusal> {
  const names = [
    pauseParameterName(prefix),
    pauseParameterName(prefix, fleetName),
    fleetParameterName(prefix, fleetName),
    ...deployedParameterNames(prefix),
  ];
  const { Parameters = [] } = await ssm.send(new GetParametersCommand({ Names: names }));
  const values = new Map(Parameters.map(({ Name = '', Value = '' }) => [Name, Value]));
  const now = judgeSwitches(prefix, fleetName, values);
  if (!('refuse' in now)) return now;
  const readKept = keptFleets(ssm, prefix, store.readFileVersion);
  const kept = await readKept(fleetName, () => deployedIn(prefix, values));
  if (typeof kept === 'string') return now;
  return {
    fleet: kept.fleet,
    fleetHash: kept.hash,
    refusal: judgePauses(prefix, fleetName, values) ?? { ...now, page: WATCH_TELLS },
  };
}

/** watch-fleet, which sees the same, pages for a broken file: nobody else does. */
const WATCH_TELLS = false;

/** Why nothing may be begun in a fleet: a pause, or a broken file; null where neither is so. */
export function judgeFleetSwitches(
  prefix: string,
  fleetName: string,
  settings: Pick<Settings, 'values' | 'broken'>,
): Refusal | null {
  const broken = brokenFile(prefix, settings, fleetName);
  const paused = judgePauses(prefix, fleetName, settings.values);
  return paused ?? (broken === undefined ? null : refuse('fleet-file-invalid', broken, WATCH_TELLS));
}

/** Pure part of `readSwitches`: a missing global pause or an unreadable fleet file is a refusal, because uncertain counts as paused. */
export function judgeSwitches(
  prefix: string,
  fleetName: string,
  values: ReadonlyMap<string, string>,
): Switches | Refusal {
  const name = fleetParameterName(prefix, fleetName);
  const value = values.get(name);
  if (value === undefined) return refuse('fleet-file-invalid', `there is no fleet file in ${name}`, true);
  let read: { fleet: Fleet; hash: string };
  try {
    read = fleetOfParameter(prefix, { name, value }, deployedIn(prefix, values));
  } catch (error) {
    return refuse('fleet-file-invalid', error instanceof Error ? error.message : String(error), true);
  }
  return { fleet: read.fleet, fleetHash: read.hash, refusal: judgePauses(prefix, fleetName, values) };
}

/** The global pause must exist and say `off`; a fleet's may be absent. Any other value is a pause, with its reason. */
export function judgePauses(prefix: string, fleetName: string, values: ReadonlyMap<string, string>): Refusal | null {
  const everywhere = judgePauseOfAll(prefix, values);
  if (everywhere) return everywhere;
  const fleet = values.get(pauseParameterName(prefix, fleetName)) ?? OFF;
  return fleet === OFF ? null : refuse('paused', `fleet ${fleetName} is paused: ${why(fleet)}`);
}

/** For what belongs to no fleet. */
export function judgePauseOfAll(prefix: string, values: ReadonlyMap<string, string>): Refusal | null {
  const everywhere = values.get(pauseParameterName(prefix));
  if (everywhere === undefined) return refuse('pause-unreadable', `${pauseParameterName(prefix)} cannot be read`, true);
  return everywhere === OFF ? null : refuse('paused', `everything is paused: ${why(everywhere)}`);
}

/** The pause of one node is a tag on its instance. */
export function judgePauseTag(tags: Readonly<Record<string, string>>): Refusal | null {
  const value = tags[PAUSE_TAG] ?? OFF;
  return value === OFF ? null : refuse('paused', `the node is paused by its tag ${PAUSE_TAG}: ${why(value)}`);
}

/** The text of the parameter or the tag. */
const why = (written: string): string => plainText(written, 500) || '(no reason given)';

const refuse = (code: 'paused' | 'pause-unreadable' | 'fleet-file-invalid', reason: string, page = false): Refusal => ({
  refuse: code,
  reason,
  page,
  retryAfterMs: RETRY_AFTER_MS,
});
