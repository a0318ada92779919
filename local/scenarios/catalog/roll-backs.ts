// Scenarios: a follower stands at a block which a restart does not pass, and its owner has a command that takes its data back by some blocks.

import type { OwnRollBack } from '../../nodes/spec.ts';
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
import { corruptNow, GOOD, ladderHeals, pagedNow, SICK } from '../world/ladder.ts';
import { asksForRollBack, rollBackFleet, rollBacksOf } from '../world/roll-backs.ts';
import type { World } from '../world/world.ts';

const ASKED_AT_MINUTES = 1;
const DONOR = 'node1';

/** Its owner's command was tried on a copy, and nothing is left of that. */
export const isTried = (world: World): boolean => {
  const record = drillRecord(world);
  return record?.rolledBack !== undefined && record.current === null;
};

/** Incidents of the sick node that ended healed. */
const healedOf = (world: World) =>
  incidentsOf(world).filter(
    ({ trigger, state, node }) => trigger === 'node:health' && state === 'healed' && node === SICK,
  );

const story = (effect: OwnRollBack['effect']) =>
  ({
    deployedWith: DRILLS_DEPLOYED,
    fleets: { bitcoin: notYetDrilled },
    build: (world: World) => {
      rollBackFleet(world, effect);
      snapshotsOf(world, world.find('bitcoin', DONOR), { hoursAgo: 6, snapshotId: GOOD });
    },
    people: (world: World) => {
      world.at(ASKED_AT_MINUTES, () => asksForRollBack(world));
      world.when(
        () => isTried(world),
        () => corruptNow(world),
      );
    },
    done: (world: World) => healedOf(world).length > 0,
    hours: 12,
  }) as const;

const triedFirst: Expectation = {
  sentence: 'it was done to a copy first, and what came of it is known',
  holds: (_, world) => {
    const { is, setId, minutes } = drillRecord(world)?.rolledBack ?? {};
    return is === 'verified' && setId !== undefined && (minutes ?? 0) > 0;
  },
};

/** Whatever is lost or dies: a second one would take the data back further. A copy may be told again where the first time came too late. */
const neverTwice: Expectation = {
  sentence: 'no node was told to run it twice',
  holds: (_, world) => {
    const nodes = new Set(world.nodes.map(({ instanceId }) => instanceId));
    const told = rollBacksOf(world).filter((instanceId) => nodes.has(instanceId));
    return new Set(told).size === told.length;
  },
};

/** @param count how often the node was told to run the command */
const onlyOn = (node: string, count: number): Expectation => ({
  sentence:
    count === 0
      ? 'it was run on no node'
      : `it was run on ${node} ${count === 1 ? 'once' : `${count} times`}, and on no other node`,
  holds: (_, world) => {
    const nodes = new Map(world.nodes.map(({ instanceId, name }) => [instanceId, name]));
    const told = rollBacksOf(world).flatMap((instanceId) => nodes.get(instanceId) ?? []);
    return told.length === count && told.every((name) => name === node);
  },
});

const verifiedAll: Expectation = {
  sentence: 'the set that it was tried on is verified all the same',
  holds: ({ snapshots }) => snapshots.find(({ snapshotId }) => snapshotId === GOOD)?.rank === 'verified',
  undisturbed: true,
};

const swapped: readonly Expectation[] = [
  healedBy('swap', 'one heal brought it back, by other data'),
  restoredFrom(GOOD, 'its data come from the good snapshot'),
  oldKept,
  namesRight,
  alarmsRight,
  allWell,
];

export const rollbackRung: Scenario = {
  ...story('passes'),
  name: 'rollback-rung',
  sentence:
    'A follower stands at a block that a restart does not pass: its owner’s own roll-back, which a drill has tried on a copy, brings it back without other data.',
  expect: [
    healedBy('roll-back', 'one heal brought it back, by the roll-back'),
    triedFirst,
    { ...onlyOn(SICK, 1), undisturbed: true },
    verifiedAll,
    { ...asFound, undisturbed: true },
    { ...nothingReplacedBut(0), undisturbed: true },
    neverTwice,
    nothingLeft,
    namesRight,
    alarmsRight,
    allWell,
    { ...allHealedInTheEnd, undisturbed: true },
    { ...nobodyPaged, undisturbed: true },
  ],
};

export const rollbackNoHelp: Scenario = {
  ...story('nothing'),
  name: 'rollback-no-help',
  sentence:
    'The roll-back does not help: the node stops at the same block again, and gets the data of a good snapshot.',
  expect: [
    ...swapped,
    triedFirst,
    { ...onlyOn(SICK, 1), undisturbed: true },
    neverTwice,
    nothingLeft,
    { ...allHealedInTheEnd, undisturbed: true },
    { ...nobodyPaged, undisturbed: true },
  ],
};

export const rollbackUnfit: Scenario = {
  ...story('spoils'),
  name: 'rollback-unfit',
  sentence: 'On the copy the client cannot open what the command has left: people are told, and no node gets it.',
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

/** Later than the same trouble would be the same incident. */
const AGAIN_AFTER_MS = 45 * 60_000;
export const rollbackOnceADay: Scenario = {
  ...story('passes'),
  name: 'rollback-once-a-day',
  sentence:
    'Within the same day the node stands at a block again: its data are not taken back again, it gets those of a good snapshot.',
  people: (world) => {
    world.at(ASKED_AT_MINUTES, () => asksForRollBack(world));
    world.when(
      () => isTried(world),
      () => corruptNow(world),
    );
    world.when(
      () => healedOf(world).length === 1,
      () => void world.region.clock.after(AGAIN_AFTER_MS, () => corruptNow(world)),
    );
  },
  done: (world) => healedOf(world).length === 2,
  expect: [
    {
      sentence: 'the first heal was by the roll-back, the second by other data',
      holds: (report) =>
        ladderHeals(report)
          .map(({ rung }) => rung)
          .join() === 'roll-back,swap',
      undisturbed: true,
    },
    { ...onlyOn(SICK, 1), undisturbed: true },
    neverTwice,
    {
      sentence: 'why it was left out is in the journal',
      holds: (_, { region, tableName }) =>
        readJournal(region, tableName).some(({ sentence }) =>
          /its data were taken back \d+ h ago, and once a day is all/.test(sentence),
        ),
      undisturbed: true,
    },
    nothingLeft,
    namesRight,
    alarmsRight,
    allWell,
    { ...nobodyPaged, undisturbed: true },
  ],
};
