// Scenario: the first day of a fleet that chainmend did not set up. It has only snapshots of running nodes, and which of them open is unknown.

import { allHealedInTheEnd, nobodyPaged } from '../checks/expectations.ts';
import { goodSwap } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { lifecyclePolicy } from '../world/fixtures.ts';
import { BAD, corruptNow, GOOD, impatient, incidentsEnded, SICK, smallFleet } from '../world/ladder.ts';
import { QUICK_BLOCKS } from '../world/worlds.ts';

const BREAKS_AT_MINUTES = 3;

export const firstDay: Scenario = {
  name: 'first-day',
  sentence:
    'An adopted fleet has nothing but snapshots of running nodes: the newest does not open, the one before it does.',
  fleets: { bitcoin: impatient },
  build: (world) => {
    smallFleet(world, { clock: QUICK_BLOCKS });
    lifecyclePolicy(world, 'bitcoin', [
      { node: SICK, hoursAgo: 9, opening: 'refuses', snapshotId: BAD },
      { node: SICK, hoursAgo: 33, opening: 'opens', snapshotId: GOOD },
    ]);
  },
  people: (world) => world.at(BREAKS_AT_MINUTES, () => corruptNow(world)),
  done: (world) => incidentsEnded(world, 'healed'),
  hours: 8,
  expect: [
    // Each of the two swaps needs its own calls.
    ...goodSwap(GOOD, 'its data come from the older snapshot').filter(({ sentence }) => !sentence.includes('40 calls')),
    {
      sentence: 'the one that did not open is not tried again, and says why',
      holds: ({ snapshots }) => snapshots.every(({ snapshotId, quarantined }) => quarantined === (snapshotId === BAD)),
      undisturbed: true,
    },
    allHealedInTheEnd,
    nobodyPaged,
  ],
};
