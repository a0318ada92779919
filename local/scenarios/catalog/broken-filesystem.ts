// Scenario: the filesystem of a node's data volume is broken and does not mount any more. Its volume is swapped for a copy.

import { allHealedInTheEnd, nobodyPaged } from '../checks/expectations.ts';
import { goodSwap } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import { GOOD, impatient, incidentsEnded, SICK, smallFleet } from '../world/ladder.ts';

const BREAKS_AT_MINUTES = 3;

export const brokenFilesystem: Scenario = {
  name: 'broken-filesystem',
  sentence:
    'The filesystem of a data volume is broken and does not even tell what it was: a copy is mounted in its place.',
  fleets: { bitcoin: impatient },
  build: (world) => {
    snapshotsOf(world, smallFleet(world), { hoursAgo: 8, snapshotId: GOOD });
  },
  people: (world) => {
    const { machine } = world.find('bitcoin', SICK);
    world.at(BREAKS_AT_MINUTES, () => machine.breakFilesystem('/node-data', 'superblock'));
  },
  done: (world) => incidentsEnded(world, 'healed'),
  hours: 8,
  expect: [...goodSwap(GOOD, 'its data come from the snapshot'), allHealedInTheEnd, nobodyPaged],
};
