// `npm run fleets -- push NAME`: what the files say becomes what the functions read, without a deployment.
import { fleetParameterName, fleetParameterValue } from '../../shared/fleet/parameter.ts';
import { plainText } from '../../shared/text/plain-text.ts';
import { type FleetFile, readFleets } from '../fleets.ts';
import { parameterPrefix } from '../names.ts';
import { changesBetween, type Leaves, leavesOf } from './leaves.ts';
import type { ParameterStore } from './parameter-store.ts';
import { type Desk, notThere, tableOf, UsageError } from './tell.ts';

/**
 * Nothing is written unless every file is right: a fleet's selector is right only beside those of the others.
 * @param names of fleets; all of them where it is 'all'
 * @throws FleetFilesError, UsageError, or AWS's own error; fleets that were told of before it are stored
 */
export async function push({ directory, store, say }: Desk, names: readonly string[] | 'all'): Promise<void> {
  const files = readFleets(directory);
  if (names !== 'all' && names.length === 0) throw new UsageError('push what? Name fleets, or say --all');
  const parameters = store();
  for (const file of names === 'all' ? files : names.map((name) => fileOf(name, files))) {
    say(await pushOne(parameters, file));
  }
}

function fileOf(name: string, files: readonly FleetFile[]): FleetFile {
  const file = files.find(({ document }) => document.fleet === name);
  if (!file)
    throw notThere(
      'fleet',
      name,
      files.map(({ document }) => document.fleet),
    );
  return file;
}

async function pushOne(parameters: ParameterStore, { document }: FleetFile): Promise<string> {
  const name = fleetParameterName(parameterPrefix, document.fleet);
  const { value } = fleetParameterValue(document);
  const stored = await parameters.read(name);
  if (stored === value) return `${document.fleet}: nothing changed`;
  await parameters.write(name, value);
  const reachable =
    "The roles of the functions are fenced by the fleets' tags: npm run deploy lets them reach this one.";
  if (stored === undefined) return `${document.fleet}: new, in mode ${document.mode}. ${reachable}`;
  const changes = changesBetween(storedLeaves(stored), leavesOf(document));
  const tagged = changes.some(([field]) => /^(nodes|volumes\.[^.]+)\.tag\./.test(field));
  const lines = changes.length > 0 ? tableOf(['field', 'change'], changes) : 'only the order of its fields';
  return `${document.fleet}: changed\n${lines}${tagged ? `\n${reachable}` : ''}`;
}

/** What is stored may be anything: somebody may have edited the parameter by hand. */
function storedLeaves(stored: string): Leaves {
  try {
    return leavesOf(JSON.parse(stored));
  } catch {
    return new Map([['(no JSON)', plainText(stored, 200)]]);
  }
}
