// Scenarios: a follower's client cannot open its data any more, and its owner has a command by which it builds them again from the blocks on its disk.

import type { Damage, OwnReindex } from '../../nodes/spec.ts';
import { allHealedInTheEnd, nobodyPaged } from '../checks/expectations.ts';
import {
  alarmsRight,
  allWell,
  asFound,
  healedBy,
  namesRight,
  nothingReplacedBut,
  oldKept,
  restoredFrom,
} from '../checks/ladder-expectations.ts';
import { readJournal } from '../report/journal.ts';
import { incidentsOf } from '../report/records.ts';
import type { Expectation, Scenario } from '../scenario.ts';
import { DRILLS_DEPLOYED, drillRecord, nothingLeft, notYetDrilled } from '../world/drills.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import { GOOD, pagedNow, SICK } from '../world/ladder.ts';
import { asksForReindex, breakData, reindexesOf, reindexFleet } from '../world/reindexes.ts';
import type { World } from '../world/world.ts';

const ASKED_AT_MINUTES = 1;
const DONOR = 'node1';

const isTried = (world: World): boolean => {
  const record = drillRecord(world);
  return record?.reindexed !== undefined && record.current === null;
};

const isHealed = (world: World): boolean =>
  incidentsOf(world).some(({ state, node }) => state === 'healed' && node === SICK);

/** @param damage what breaks on the node, once the command was tried on a copy */
const story = (
  has: Pick<OwnReindex, 'buildsSeconds' | 'effect'>,
  { damage = 'chainstate', hoursAgo = 6 }: { readonly damage?: Damage; readonly hoursAgo?: number } = {},
) =>
  ({
    deployedWith: DRILLS_DEPLOYED,
    fleets: { bitcoin: notYetDrilled },
    build: (world: World) => {
      reindexFleet(world, has);
      snapshotsOf(world, world.find('bitcoin', DONOR), { hoursAgo, snapshotId: GOOD });
    },
    people: (world: World) => {
      world.at(ASKED_AT_MINUTES, () => asksForReindex(world));
      world.when(
        () => isTried(world),
        () => breakData(world, damage),
      );
    },
    done: isHealed,
    hours: 12,
  }) as const;

const triedFirst: Expectation = {
  sentence: 'it was done to a copy first, and its minutes and its disk are known',
  holds: (_, world) => {
    const { is, setId, minutes, addedGiB } = drillRecord(world)?.reindexed ?? {};
    return is === 'verified' && setId !== undefined && (minutes ?? 0) > 0 && addedGiB !== undefined;
  },
  undisturbed: true,
};

/** Whatever is lost or dies: a second one would begin anew. */
const neverTwice: Expectation = {
  sentence: 'no node was told to run it twice',
  holds: (_, world) => {
    const nodes = new Set(world.nodes.map(({ instanceId }) => instanceId));
    const told = reindexesOf(world).filter((instanceId) => nodes.has(instanceId));
    return new Set(told).size === told.length;
  },
};

/** @param count how often the node was told to run the command */
const onlyOn = (node: string, count: number): Expectation => ({
  sentence: count === 0 ? 'it was run on no node' : `it was run on ${node} once, and on no other node`,
  holds: (_, world) => {
    const nodes = new Map(world.nodes.map(({ instanceId, name }) => [instanceId, name]));
    const told = reindexesOf(world).flatMap((instanceId) => nodes.get(instanceId) ?? []);
    return told.length === count && told.every((name) => name === node);
  },
});

const verifiedAll: Expectation = {
  sentence: 'the set that it was tried on is verified all the same',
  holds: ({ snapshots }) => snapshots.find(({ snapshotId }) => snapshotId === GOOD)?.rank === 'verified',
  undisturbed: true,
};

const says = (pattern: RegExp, sentence: string): Expectation => ({
  sentence,
  holds: (_, { region, tableName }) =>
    readJournal(region, tableName).some((entry) => pattern.test(entry.sentence) && entry.node === SICK),
  undisturbed: true,
});

const swapped: readonly Expectation[] = [
  healedBy('swap', 'one heal brought it back, by other data'),
  restoredFrom(GOOD, 'its data come from the good snapshot'),
  oldKept,
  namesRight,
  alarmsRight,
  allWell,
];

const quiet: readonly Expectation[] = [
  { ...allHealedInTheEnd, undisturbed: true },
  { ...nobodyPaged, undisturbed: true },
];

/** Shorter than a drill takes from its launch until its client has caught up. */
const QUICK_SECONDS = 60;
/** Longer than these clients have to start, and shorter than it takes to fetch the blocks of so many hours. */
const SILENT_SECONDS = 12 * 60;
const OLD_HOURS = 80;
/** Longer than that, and than any client of these fleets has to start. */
const SLOW_SECONDS = 25 * 60;

export const reindexRung: Scenario = {
  ...story({ buildsSeconds: SILENT_SECONDS, effect: 'mends' }, { hoursAgo: OLD_HOURS }),
  name: 'reindex-rung',
  sentence:
    'A follower’s client cannot open its chainstate: its owner’s own reindex, which a drill has tried on a copy and measured as quicker than a swap, brings it back without other data.',
  expect: [
    healedBy('reindex', 'one heal brought it back, by the reindex'),
    triedFirst,
    { ...onlyOn(SICK, 1), undisturbed: true },
    says(/reindex \d+ min, swap \d+ min: reindex/, 'why it was chosen is in the journal'),
    verifiedAll,
    { ...asFound, undisturbed: true },
    { ...nothingReplacedBut(0), undisturbed: true },
    neverTwice,
    nothingLeft,
    namesRight,
    alarmsRight,
    allWell,
    ...quiet,
  ],
};

export const reindexSlower: Scenario = {
  ...story({ buildsSeconds: SLOW_SECONDS, effect: 'mends' }),
  name: 'reindex-slower',
  sentence: 'The reindex takes longer on a copy than a drill’s set took to come back: the node gets other data.',
  expect: [
    ...swapped,
    triedFirst,
    onlyOn(SICK, 0),
    says(/reindex \d+ min, swap \d+ min: swap/, 'why it was left out is in the journal'),
    verifiedAll,
    nothingLeft,
    ...quiet,
  ],
};

export const reindexFails: Scenario = {
  ...story({ buildsSeconds: QUICK_SECONDS, effect: 'spoils' }),
  name: 'reindex-fails',
  sentence: 'On the copy the client cannot open what the reindex has left: people are told, and no node gets it.',
  pagesAtMost: 1,
  expect: [
    ...swapped,
    { sentence: 'people are told of it', holds: (_, world) => pagedNow(world, 'drill-unproved') },
    onlyOn(SICK, 0),
    verifiedAll,
    neverTwice,
    nothingLeft,
  ],
};

export const reindexNoHelp: Scenario = {
  ...story({ buildsSeconds: QUICK_SECONDS, effect: 'mends' }, { damage: 'blocks' }),
  name: 'reindex-no-help',
  sentence:
    'The blocks themselves are broken: the reindex does not help, and the node gets the data of a good snapshot.',
  expect: [...swapped, triedFirst, { ...onlyOn(SICK, 1), undisturbed: true }, neverTwice, nothingLeft, ...quiet],
};
