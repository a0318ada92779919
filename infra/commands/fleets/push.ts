// `npm run fleets -- push NAME`: stores the fleet files where the functions read them, without a deployment.
import { fleetParameterName, fleetParameterValue } from '../../../shared/fleet/parameter.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { type FleetFile, readFleets } from '../../fleets.ts';
import { parameterPrefix } from '../../names.ts';
import { type FleetsContext, notFoundError, tableOf, UsageError } from './context.ts';
import { changesBetween, type Leaves, leavesOf } from './field-list.ts';
import { type ParameterStore, StoreError } from './parameter-store.ts';

/**
 * Writes nothing unless every file is right and every fleet is deployed. All files count, because a fleet's selector must fit those of the others.
 * The stack must know the fleet: it makes the parameter, and its roles reach only nodes of fleets that it knows.
 * @param names of fleets; all of them where it is 'all'
 * @throws FleetFilesError, UsageError, StoreError; fleets that were reported before the error are stored
 */
export async function push({ directory, store, say }: FleetsContext, names: readonly string[] | 'all'): Promise<void> {
  const files = readFleets(directory);
  if (names !== 'all' && names.length === 0) throw new UsageError('push what? Name fleets, or say --all');
  const chosen = names === 'all' ? files : names.map((name) => fileOf(name, files));
  const parameters = store();
  const stored = new Map<FleetFile, string>();
  const missing: string[] = [];
  for (const file of chosen) {
    const value = await parameters.read(fleetParameterName(parameterPrefix, file.document.fleet));
    if (value === undefined) missing.push(file.document.fleet);
    else stored.set(file, value);
  }
  if (missing.length > 0) throw new StoreError(notDeployed(missing));
  for (const [file, before] of stored) say(await pushOne(parameters, file, before));
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

async function pushOne(parameters: ParameterStore, { document }: FleetFile, stored: string): Promise<string> {
  const { value } = fleetParameterValue(document);
  if (stored === value) return `${document.fleet}: nothing changed`;
  await parameters.write(fleetParameterName(parameterPrefix, document.fleet), value);
  const changes = changesBetween(storedLeaves(stored), leavesOf(document));
  const seeds = changes.some(([field, change]) => field === 'asg.seed' && change.startsWith('added'));
  const fenced = changes.some(([field]) => /^((nodes|volumes\.[^.]+)\.tag\.|dns\.zone$)/.test(field));
  const lines = changes.length > 0 ? tableOf(['field', 'change'], changes) : 'only the order of its fields';
  return `${document.fleet}: changed\n${lines}${fenced ? `\n${REACHABLE}` : ''}${seeds ? `\n${SEEDED}` : ''}`;
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
