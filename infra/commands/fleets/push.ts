// `npm run chainmend -- push NAME`: stores the fleet files where the functions read them, without a deployment.

import { type Deployed, widenedIn } from '../../../shared/fleet/membership.ts';
import { fleetParameterName, fleetParameterValue } from '../../../shared/fleet/parameter.ts';
import { sentenceOf } from '../../../shared/fleet/problems.ts';
import { jsonOrUndefined } from '../../../shared/text/json.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { type FleetFile, readFleets } from '../../fleets.ts';
import { commandNames } from '../../names.ts';
import { type Asker, consentByEffect, type YesOption } from '../consent.ts';
import { StoreError, UsageError } from '../errors.ts';
import type { Opened } from '../program.ts';
import { type FleetsContext, notFoundError, tableOf } from './context.ts';
import { effectsOf, type Matched, matchesOtherwise, matchText } from './effects.ts';
import { changesBetween, type Leaves, leavesOf } from './field-list.ts';
import type { FleetInstances } from './instances.ts';
import type { ParameterStore } from './parameter-store.ts';
import { deployedNow, fleetIn } from './stored-fleet.ts';

export interface PushContext extends FleetsContext, Asker {
  readonly instances: Opened<FleetInstances>;
}

/**
 * Says the difference first, and asks by its effect: where anything is let loose, taken away, or changed in a way that is not known to narrow, and where the
 * file would match other nodes than the stored one, or none, or nobody can tell. Writes
 * nothing unless every file is right, every fleet is deployed, and none asks for more than the deployment knows. All files count, because a fleet's selector
 * must fit those of the others.
 * @param names of fleets; all of them where it is 'all'
 * @returns 1: a person said no
 * @throws FleetFilesError, UsageError, NeedsYesError, StoreError; fleets that were reported before the error are stored
 */
export async function push(
  context: PushContext,
  names: readonly string[] | 'all',
  options: YesOption = {},
): Promise<0 | 1> {
  const { directory, store, say } = context;
  const files = readFleets(directory);
  if (names !== 'all' && names.length === 0) throw new UsageError('push what? Name fleets, or say --all');
  const chosen = names === 'all' ? files : names.map((name) => fileOf(name, files));
  const parameters = await store();
  const stored = new Map<FleetFile, string>();
  const missing: string[] = [];
  for (const file of chosen) {
    const value = await parameters.read(fleetParameterName(commandNames().parameterPrefix, file.document.fleet));
    if (value === undefined) missing.push(file.document.fleet);
    else stored.set(file, value);
  }
  if (missing.length > 0) throw new StoreError(notDeployed(missing));
  const deployed = await deployedNow(parameters);
  const widened = chosen.flatMap(({ document }) =>
    widenedIn(document, deployed).map((problem) => `${document.fleet}: ${sentenceOf(problem)}`),
  );
  if (widened.length > 0) throw new StoreError(`${widened.join('; ')}. Nothing was changed`);
  const changed = [...stored].filter(([{ document }, before]) => fleetParameterValue(document).value !== before);
  for (const [{ document }] of stored)
    if (!changed.some(([file]) => file.document === document)) say(`${document.fleet}: nothing changed`);
  const effects: string[] = [];
  for (const [file, before] of changed) {
    const { fleet } = file.document;
    say(differenceText(file, before));
    const now = await matched(context, fleet, before, deployed);
    const then = await matched(context, fleet, fleetParameterValue(file.document).value, deployed);
    const match = matchText(now, then);
    say(`${fleet}: ${match}`);
    const isOther = matchesOtherwise(now, then);
    effects.push(
      ...[...effectsOf(before, file.document), ...(isOther ? [match] : [])].map((one) => `${fleet}: ${one}`),
    );
  }
  if (effects.length > 0)
    say(
      `Lets chainmend do more or something else, or takes something away:\n${effects.map((line) => `  ${line}`).join('\n')}`,
    );
  const heals = changed.filter(([{ document }, before]) => document.mode === 'act' && modeIn(before) !== 'act');
  const fleets = heals.map(([{ document }]) => document.fleet).join(', ');
  const first = fleets === '' ? '' : `${fleets} would heal without a person from now on (mode: act); `;
  const what = `${first}${effects.length} ${effects.length === 1 ? 'change needs' : 'changes need'} a yes`;
  const yes = await consentByEffect('push', context, options, { effects, what, question: `${first}Push?` });
  if (yes === undefined) {
    say('Nothing was pushed.');
    return 1;
  }
  await refuseOvertaken(parameters, changed);
  for (const [{ document }] of changed) {
    await parameters.write(
      fleetParameterName(commandNames().parameterPrefix, document.fleet),
      fleetParameterValue(document).value,
      yes,
    );
    say(`${document.fleet}: pushed`);
  }
  return 0;
}

/** A yes is for the change that was shown, and for no other. @throws StoreError where somebody has stored another file since it was read */
async function refuseOvertaken(
  parameters: ParameterStore,
  changed: readonly (readonly [FleetFile, string])[],
): Promise<void> {
  const overtaken: string[] = [];
  for (const [{ document }, before] of changed) {
    const now = await parameters.read(fleetParameterName(commandNames().parameterPrefix, document.fleet));
    if (now !== before) overtaken.push(document.fleet);
  }
  if (overtaken.length > 0)
    throw new StoreError(
      `${overtaken.join(', ')}: somebody has stored another file since the difference was shown. Nothing was changed; push again to see what it would change now`,
    );
}

/** By this version of the file, which functions would read in the same way. */
async function matched({ instances }: PushContext, fleet: string, value: string, deployed: Deployed): Promise<Matched> {
  try {
    const { nodes } = await (await instances()).of(fleetIn(fleet, value, deployed));
    return { nodes };
  } catch (error) {
    return { unknown: error instanceof Error ? error.message : String(error) };
  }
}

/** The mode of a stored file; undefined where it cannot be told. */
function modeIn(stored: string): string | undefined {
  return storedLeaves(stored).get('mode');
}

/** If `push` made this parameter, the next deployment would fail on it: CloudFormation imports no parameter that it would delete again. */
const notDeployed = (fleets: readonly string[]): string =>
  `${fleets.join(', ')}: not deployed in this account and region, and no function may touch ${fleets.length === 1 ? 'its' : 'their'} nodes. ` +
  'npm run deploy makes a new fleet; push changes one that is there. Nothing was changed';

function fileOf(name: string, files: readonly FleetFile[]): FleetFile {
  const file = files.find(({ document }) => document.fleet === name);
  if (!file)
    throw notFoundError(
      'fleet',
      name,
      files.map(({ document }) => document.fleet),
    );
  return file;
}

function differenceText({ document }: FleetFile, stored: string): string {
  const changes = changesBetween(storedLeaves(stored), leavesOf(document));
  const seeds = changes.some(([field, change]) => field === 'asg.seed' && change.startsWith('added'));
  const lines = changes.length > 0 ? tableOf(['field', 'change'], changes) : 'only the order of its fields';
  return `${document.fleet}: changes\n${lines}${seeds ? `\n${SEEDED}` : ''}`;
}

const SEEDED =
  'asg.seed is looked after by seed-groups, which npm run deploy adds to the stack where a fleet asks for it.';

/** The stored value may be anything: somebody may have edited the parameter by hand. */
function storedLeaves(stored: string): Leaves {
  const value = jsonOrUndefined(stored);
  return value === undefined ? new Map([['(no JSON)', plainText(stored, 200)]]) : leavesOf(value);
}
