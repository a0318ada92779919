// Scenarios: a set of snapshots is opened on a throw-away instance, before anybody needs it.

import { nobodyPaged } from '../checks/expectations.ts';
import { alarmsRight, allWell, namesRight } from '../checks/ladder-expectations.ts';
import type { Expectation, Scenario } from '../scenario.ts';
import {
  alone,
  asksForDrills,
  DRILLS_DEPLOYED,
  drillFleet,
  drillRecord,
  leftOfDrills,
  markOf,
  nobodyTouched,
  nothingLeft,
  notYetDrilled,
  protectThrowAways,
  spentBefore,
} from '../world/drills.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import { GOOD, pagedNow, SICK } from '../world/ladder.ts';
import type { World } from '../world/world.ts';

const DONOR = 'node1';
const ASKED_AT_MINUTES = 1;

const people = (world: World): void => world.at(ASKED_AT_MINUTES, () => asksForDrills(world));

const isProved = (world: World): boolean => {
  const record = drillRecord(world);
  return record?.proved != null && record.current === null && leftOfDrills(world).length === 0;
};

const goodIsVerified: Expectation = {
  sentence: 'the good set is verified',
  holds: (_, world) => markOf(world, GOOD) === 'verified',
};

const toldAsNumber: Expectation = {
  sentence: 'recoverability is a number: minutes to a height at the tip, and a few cents',
  holds: ({ nodes }, world) => {
    const { proved } = drillRecord(world) ?? {};
    const tip = Math.max(...nodes.map(({ height }) => height));
    return proved != null && proved.minutes > 0 && proved.minutes < 60 && tip - proved.height < 100 && proved.usd < 0.5;
  },
};

export const drillDaily: Scenario = {
  name: 'drill-daily',
  sentence:
    'The newest set opens on a throw-away instance, catches up on the fleet’s own blocks, and everything is removed again.',
  deployedWith: DRILLS_DEPLOYED,
  fleets: { bitcoin: notYetDrilled },
  build: (world) => {
    drillFleet(world);
    snapshotsOf(world, world.find('bitcoin', DONOR), { hoursAgo: 6, snapshotId: GOOD });
  },
  people,
  done: isProved,
  hours: 4,
  expect: [
    goodIsVerified,
    toldAsNumber,
    {
      sentence: 'one instance was launched for it',
      holds: (_, { drills }) => drills.length === 1,
      undisturbed: true,
    },
    nothingLeft,
    nobodyTouched,
    alone,
    namesRight,
    alarmsRight,
    allWell,
    nobodyPaged,
  ],
};

export const drillProtected: Scenario = {
  ...drillDaily,
  name: 'drill-protected',
  sentence:
    'The fleet’s launch template protects its instances against a stop and their end: what a drill launches from it is removed all the same.',
  build: (world) => {
    drillFleet(world, {}, { DisableApiStop: true, DisableApiTermination: true });
    snapshotsOf(world, world.find('bitcoin', DONOR), { hoursAgo: 6, snapshotId: GOOD });
  },
};

const LET_GO_AT_MINUTES = 120;

export const drillLeft: Scenario = {
  ...drillDaily,
  name: 'drill-left',
  sentence:
    'An automation of the account protects the throw-away instance of a drill against its end: people are told that it is left, and once it is let go nothing is.',
  people: (world) => {
    people(world);
    world.when(
      () => world.drills.some(({ machine }) => machine.client.state === 'running'),
      () => protectThrowAways(world, true),
    );
    world.at(LET_GO_AT_MINUTES, () => protectThrowAways(world, false));
  },
  meanwhile: [
    {
      atMinutes: LET_GO_AT_MINUTES - 1,
      sentence: 'people were told what is left',
      holds: (world) => pagedNow(world, 'drill-left') && leftOfDrills(world).length > 0,
    },
  ],
  pagesAtMost: 2,
  expect: drillDaily.expect.filter((one) => one !== nobodyPaged && one !== toldAsNumber),
};

/** Of each kind, the newest first. */
const PLANTED = {
  corrupt: 'snap-000000000000bad01',
  stale: 'snap-000000000000bad02',
  'wrong chain': 'snap-000000000000bad03',
  'wrong binary': 'snap-000000000000bad04',
  'of a running node': 'snap-000000000000bad05',
} as const;
const STALE_BLOCKS = 5_000;

export const drillBadSet: Scenario = {
  name: 'drill-bad-set',
  sentence:
    'Five sets are bad, each in its own way, and nobody needs them yet: drills find all of them, and prove the one before.',
  deployedWith: DRILLS_DEPLOYED,
  fleets: { bitcoin: notYetDrilled },
  build: (world) => {
    drillFleet(world);
    const donor = world.find('bitcoin', DONOR);
    snapshotsOf(world, donor, { hoursAgo: 1, snapshotId: PLANTED.corrupt, opening: 'refuses' });
    snapshotsOf(world, donor, {
      ...{ hoursAgo: 2, snapshotId: PLANTED.stale },
      inTruth: (data) => ({ ...data, height: data.height - STALE_BLOCKS }),
    });
    snapshotsOf(world, donor, {
      ...{ hoursAgo: 3, snapshotId: PLANTED['wrong chain'] },
      inTruth: (data) => ({ ...data, chain: 'litecoin' }),
    });
    snapshotsOf(world, donor, {
      ...{ hoursAgo: 4, snapshotId: PLANTED['wrong binary'] },
      inTruth: (data) => ({ ...data, format: 7 }),
    });
    snapshotsOf(world, donor, {
      hoursAgo: 5,
      snapshotId: PLANTED['of a running node'],
      by: 'person',
      opening: 'refuses',
    });
    snapshotsOf(world, donor, { hoursAgo: 8, snapshotId: GOOD });
  },
  people,
  done: isProved,
  hours: 8,
  pagesAtMost: 5,
  expect: [
    ...Object.entries(PLANTED).map(
      ([kind, snapshotId]): Expectation => ({
        sentence: `the set that is ${kind} is quarantined`,
        holds: (_, world) => markOf(world, snapshotId) === 'quarantined',
      }),
    ),
    goodIsVerified,
    { sentence: 'people are told of what was found', holds: (_, world) => pagedNow(world, 'set-unfit') },
    nothingLeft,
    nobodyTouched,
    alone,
    namesRight,
    alarmsRight,
    allWell,
  ],
};

const RAISED_AT_MINUTES = 8;
/** So old that its client is still at it when a node fails. */
const OLD_HOURS = 48;

export const drillBudget: Scenario = {
  name: 'drill-budget',
  sentence:
    'The month’s dollars are spent, so nothing is launched until a person gives more; then a node fails, and the drill gives way to its heal.',
  deployedWith: DRILLS_DEPLOYED,
  fleets: { bitcoin: notYetDrilled },
  build: (world) => {
    drillFleet(world);
    snapshotsOf(world, world.find('bitcoin', DONOR), { hoursAgo: OLD_HOURS, snapshotId: GOOD });
    spentBefore(world, 4.99);
  },
  people: (world) => {
    world.at(ASKED_AT_MINUTES, () => asksForDrills(world, { dollarsPerMonth: 5 }));
    world.at(RAISED_AT_MINUTES, () => asksForDrills(world));
    world.when(
      () => world.drills.some(({ machine }) => machine.client.state === 'running'),
      () => world.find('bitcoin', SICK).machine.killClient(),
    );
  },
  meanwhile: [
    {
      atMinutes: RAISED_AT_MINUTES - 1,
      sentence: 'nothing is launched while the dollars are spent',
      holds: ({ drills }) => drills.length === 0,
    },
  ],
  done: isProved,
  hours: 8,
  expect: [
    goodIsVerified,
    {
      sentence: 'the drill gave way to the heal, and was made again later',
      holds: (_, { drills }) => drills.length >= 2,
      undisturbed: true,
    },
    {
      sentence: 'the node was healed',
      holds: ({ heals }) =>
        heals.some(({ node, outcome, kind }) => node === SICK && kind === 'replace-node' && outcome === 'healed'),
      undisturbed: true,
    },
    nothingLeft,
    alone,
    namesRight,
    alarmsRight,
    allWell,
    nobodyPaged,
  ],
};
