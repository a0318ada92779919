// `npm run chainmend -- push NAME`: stores the fleet files where the functions read them, without a deployment.

import { fleetParameterName, fleetParameterValue } from '../../../shared/fleet/parameter.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { type FleetFile, readFleets } from '../../fleets.ts';
import { commandNames } from '../../names.ts';
import { noTerminal } from '../confirmation.ts';
import { StoreError, UsageError } from '../errors.ts';
import { type FleetsContext, notFoundError, tableOf } from './context.ts';
import { changesBetween, type Leaves, leavesOf } from './field-list.ts';

export interface PushContext extends FleetsContext {
  /** A question; the answer is no unless the person says yes. undefined where no person can be asked. */
  readonly confirm: ((question: string) => Promise<boolean>) | undefined;
}

/**
 * Says the difference first, and asks where a fleet would heal by itself from now on. Writes nothing unless every file is right and every fleet is deployed. All files count, because a fleet's selector must fit those of the others.
 * The stack must know the fleet: it makes the parameter, and its roles reach only nodes of fleets that it knows.
 * @param names of fleets; all of them where it is 'all'
 * @throws FleetFilesError, UsageError, StoreError; fleets that were reported before the error are stored
 */
export async function push(
  { directory, store, say, confirm }: PushContext,
  names: readonly string[] | 'all',
  { yes = false }: { readonly yes?: boolean } = {},
): Promise<void> {
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
  const changed = [...stored].filter(([{ document }, before]) => fleetParameterValue(document).value !== before);
  for (const [{ document }] of stored)
    if (!changed.some(([file]) => file.document === document)) say(`${document.fleet}: nothing changed`);
  for (const [file, before] of changed) say(differenceText(file, before));
  const acting = changed.filter(([{ document }, before]) => document.mode === 'act' && modeIn(before) !== 'act');
  if (acting.length > 0 && !yes) {
    const fleets = acting.map(([{ document }]) => document.fleet).join(', ');
    if (!confirm)
      throw new UsageError(
        `${fleets} would heal by ${acting.length === 1 ? 'itself' : 'themselves'} from now on; ${noTerminal('--yes')}`,
      );
    if (
      !(await confirm(
        `From now on ${fleets} ${acting.length === 1 ? 'heals' : 'heal'} without a person (mode: act). Push?`,
      ))
    ) {
      say('Nothing was pushed.');
      return;
    }
  }
  for (const [{ document }] of changed) {
    await parameters.write(
      fleetParameterName(commandNames().parameterPrefix, document.fleet),
      fleetParameterValue(document).value,
    );
    say(`${document.fleet}: pushed`);
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
  const fenced = changes.some(([field]) => /^((nodes|volumes\.[^.]+)\.tag\.|dns\.zone$)/.test(field));
  const lines = changes.length > 0 ? tableOf(['field', 'change'], changes) : 'only the order of its fields';
  return `${document.fleet}: changes\n${lines}${fenced ? `\n${REACHABLE}` : ''}${seeds ? `\n${SEEDED}` : ''}`;
}

const REACHABLE =
  "The roles of the functions are fenced by the fleets' tags and zones: npm run deploy lets them reach this one.";

const SEEDED =
  'asg.seed is looked after by seed-groups, which npm run deploy adds to the stack where a fleet asks for it.';

/** The stored value may be anything: somebody may have edited the parameter by hand. */
function storedLeaves(stored: string): Leaves {
  try {
    return leavesOf(JSON.parse(stored));
  } catch {
    return new Map([['(no JSON)', plainText(stored, 200)]]);
  }
}
