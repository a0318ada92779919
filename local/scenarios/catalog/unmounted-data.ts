// Scenario: a node's data volume is not mounted any more, and its client cannot start. A copy is mounted where the volume should be.

import { allHealedInTheEnd, nobodyPaged } from '../checks/expectations.ts';
import { goodSwap } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import { GOOD, impatient, incidentsEnded, SICK, smallFleet } from '../world/ladder.ts';

const BREAKS_AT_MINUTES = 3;

export const unmountedData: Scenario = {
  name: 'unmounted-data',
  sentence: 'A data volume is not mounted any more, and its client cannot start: a copy is mounted where it should be.',
  fleets: { bitcoin: impatient },
  build: (world) => {
    snapshotsOf(world, smallFleet(world), { hoursAgo: 8, snapshotId: GOOD });
  },
  people: (world) => {
    const { machine } = world.find('bitcoin', SICK);
    world.at(BREAKS_AT_MINUTES, () => {
      machine.client.stop('failed', 'volume-gone');
      machine.unmount('/node-data');
    });
  },
  done: (world) => incidentsEnded(world, 'healed'),
  hours: 6,
  expect: [...goodSwap(GOOD, 'its data come from the snapshot'), allHealedInTheEnd, nobodyPaged],
};
