// Scenario: the only verified snapshot is three months old, and a clean one is from this morning. The newer one is used.

import { allHealedInTheEnd, nobodyPaged } from '../checks/expectations.ts';
import { goodSwap } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import { corruptNow, GOOD, impatient, incidentsEnded, smallFleet } from '../world/ladder.ts';

const BREAKS_AT_MINUTES = 3;
const VERIFIED = 'snap-0000000000000ce51';

export const oldVerifiedSnapshot: Scenario = {
  name: 'old-verified-snapshot',
  sentence:
    'A snapshot of this morning is used, and not the one of three months ago from which a node was once restored.',
  fleets: { bitcoin: impatient },
  build: (world) => {
    const sick = smallFleet(world);
    snapshotsOf(world, sick, { hoursAgo: 90 * 24, snapshotId: VERIFIED, verified: true });
    snapshotsOf(world, sick, { hoursAgo: 6, snapshotId: GOOD });
  },
  people: (world) => world.at(BREAKS_AT_MINUTES, () => corruptNow(world)),
  done: (world) => incidentsEnded(world, 'healed'),
  hours: 6,
  expect: [
    ...goodSwap(GOOD, 'its data are of this morning'),
    {
      sentence: 'nothing was made of the old one',
      holds: (_, { region }) => region.ec2.volumes().every(({ snapshotId }) => snapshotId !== VERIFIED),
    },
    allHealedInTheEnd,
    nobodyPaged,
  ],
};
