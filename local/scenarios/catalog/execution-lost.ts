// Scenario: a heal dies half-way and does not come back. Its work is continued, and nothing is made twice.

import { allHealedInTheEnd } from '../checks/expectations.ts';
import {
  alarmsRight,
  allWell,
  namesRight,
  oldKept,
  othersUntouched,
  restoredFrom,
  sameInstances,
} from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import {
  corruptNow,
  dataVolumes,
  executionsOf,
  GOOD,
  impatient,
  incidentsEnded,
  ladderHeals,
  requestOf,
  smallFleet,
} from '../world/ladder.ts';
import { QUICK_BLOCKS } from '../world/worlds.ts';

const BREAKS_AT_MINUTES = 3;

export const executionLost: Scenario = {
  name: 'execution-lost',
  sentence: 'A heal times out for good with the new volume attached already: the next attempt goes on from there.',
  fleets: { bitcoin: impatient },
  build: (world) => {
    snapshotsOf(world, smallFleet(world, { clock: QUICK_BLOCKS }), { hoursAgo: 8, snapshotId: GOOD });
  },
  people: (world) => {
    world.at(BREAKS_AT_MINUTES, () => corruptNow(world));
    world.when(
      () => requestOf(world, 'AttachVolume') !== undefined,
      () => world.region.lambda.timeOut(executionsOf(world)[0]?.arn ?? ''),
    );
  },
  done: (world) => incidentsEnded(world, 'healed'),
  hours: 6,
  expect: [
    {
      sentence: 'the first attempt was cut off, and the next one healed by a swap',
      holds: (report) =>
        ladderHeals(report)
          .map(({ outcome, rung }) => rung ?? outcome)
          .join() === 'unfinished,swap',
      undisturbed: true,
    },
    {
      sentence: 'one volume was made, not two',
      holds: (_, world) => dataVolumes(world).length === 2,
      undisturbed: true,
    },
    restoredFrom(GOOD, 'its data come from the snapshot'),
    oldKept,
    sameInstances,
    othersUntouched,
    namesRight,
    alarmsRight,
    allWell,
    allHealedInTheEnd,
  ],
};
