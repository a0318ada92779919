// Who asks whose something is, and which test shows what comes of it. The table is made of what the code imports: a new caller without a row fails.
// `npm run mutants:membership` takes each check out of its one place, and shows that every row fails then.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { ROWS } from '../../local/scenarios/cases/membership-callers.ts';
import { CLAIMS, type Claim, READERS } from './callers.ts';
import { toldAtDesk } from './desk.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** What asks, by the name under which it is imported: of membership.ts itself, and of what asks it for others. */
const DOORS: Readonly<Record<Claim, readonly string[]>> = {
  instance: [
    ...['discoverNodes', 'discoverByClaim', 'fleetOf', 'readGuards', 'sendToNode', 'readFleet'],
    ...['isMember', 'membersOf', 'targetFor', 'targetToPutBack', 'judgeMembership', 'claimants'],
  ],
  volume: ['ownVolumes', 'judgeVolumes', 'claimantsOfVolume', 'decideResize'],
  snapshot: ['readSnapshots', 'readOwnSnapshots', 'ownSnapshots'],
  resource: ['isResourceOf', 'claimantsOfResource', 'strangeResource', 'withoutFleetTags', 'launchNeeds'],
  // A file that names a neighbour's is no file: who launches from what one names shows it.
  named: ['templateOf'],
  alarm: ['fleetNames'],
  record: ['fleetNames'],
};

const IMPORT =
  /^import (?!type )\{([^}]*)\} from '[^']*\/shared\/(?:fleet|heal|snapshots|aws|growth|readiness)\/[^']*';$/gm;

function doorsOf(folder: string): ReadonlySet<string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const imported = files.flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(IMPORT)].flatMap(([, names = '']) => names.split(',')),
  );
  const all = new Set(Object.values(DOORS).flat());
  // At the desk it judges what was, and nothing comes of it.
  if (folder.includes('infra/commands')) all.delete('decideResize');
  return new Set(imported.map((name) => name.trim()).filter((name) => all.has(name)));
}

const callers = ['functions', 'infra/commands'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name: caller }) => ({ caller, doors: doorsOf(join(ROOT, folder, caller)) })),
);

/** It is told whom to ask, and asks nobody whose they are: what it is told is read in a story. */
const TOLD = ['probe-nodes: instance'];
const asked = callers.flatMap(({ caller, doors }) =>
  CLAIMS.flatMap((claim) => (DOORS[claim].some((door) => doors.has(door)) ? [`${caller}: ${claim}`] : [])),
);

it('has a row for each caller and each kind of thing that it asks about, and for no other', () => {
  const rows = [...ROWS, ...READERS].map(({ caller, claim }) => `${caller}: ${claim}`);
  expect([...new Set(rows)].sort()).toEqual([...asked, ...TOLD].sort());
});

it('is this table', () => {
  const table = callers
    .map(({ caller }) => ({ caller, claims: CLAIMS.filter((claim) => asked.includes(`${caller}: ${claim}`)) }))
    .filter(({ claims }) => claims.length > 0)
    .map(({ caller, claims }) => `${caller}: ${claims.join(', ')}`);
  expect(table.sort()).toEqual([
    'audit-snapshots: instance, snapshot, resource, named',
    'backtest: instance, snapshot',
    'check-readiness: instance',
    'dispatch-heal: instance',
    'doctor: instance',
    'fleets: instance',
    'mark-root: instance',
    'plan-snapshots: instance, snapshot',
    'preflight: instance',
    'prune-retired: instance, volume, snapshot',
    'register-nodes: instance, alarm, record',
    'replace-node: instance, volume, snapshot, resource, named',
    'report: instance, snapshot',
    'resize-volume: instance, volume',
    'rotate-peers: instance',
    'seed-groups: instance, volume, snapshot, resource',
    'snapshot-node: instance, volume',
    'watch-fleet: instance',
  ]);
});

it.each(READERS.map(({ caller, claim, ...rest }) => ({ caller, claim, ...rest })))(
  '$caller finds no $claim that a neighbour claims, too',
  async ({ caller, claim, reads, finds }) => {
    expect(await finds()).toEqual([]);
    const { doors } = callers.find((one) => one.caller === caller) ?? { doors: new Set<string>() };
    expect(DOORS[claim].filter((door) => doors.has(door))).toEqual(reads);
  },
);

it('adopt, which knows no fleet and looks at the whole account, changes nothing beside them', async () => {
  expect((await toldAtDesk()).changed).toEqual([]);
});
