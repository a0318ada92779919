// Scenario: a block that cannot be passed with a node's data. A restart stops at the same block; a good snapshot continues.

import { allHealedInTheEnd, nobodyPaged } from '../checks/expectations.ts';
import { goodSwap } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import { corruptNow, dataOf, dataVolumes, GOOD, impatient, incidentsEnded, smallFleet } from '../world/ladder.ts';
import type { World } from '../world/world.ts';
import { QUICK_BLOCKS } from '../world/worlds.ts';

const BREAKS_AT_MINUTES = 3;

export const corruptData: Scenario = {
  name: 'corrupt-data',
  sentence: 'A node’s data are broken and a restart does not help: its volume is swapped for one of a good snapshot.',
  fleets: { bitcoin: impatient },
  build: (world) => {
    const sick = smallFleet(world, { clock: QUICK_BLOCKS });
    snapshotsOf(world, sick, { hoursAgo: 8, snapshotId: GOOD });
    snapshotsOf(world, world.find('bitcoin', 'node3'), { hoursAgo: 32 });
  },
  people: (world) => world.at(BREAKS_AT_MINUTES, () => corruptNow(world)),
  done: (world) => incidentsEnded(world, 'healed'),
  hours: 6,
  expect: [
    ...goodSwap(GOOD, 'its data come from its own clean snapshot, the newest that fits'),
    {
      sentence: 'the restart that came first is in the story of the client: it was started twice',
      holds: (_, world) => world.find('bitcoin', 'node2').machine.report().clientStarts.length === 2,
      undisturbed: true,
    },
    {
      sentence: 'the snapshot is known to be good from now on',
      holds: ({ snapshots }) => snapshots.find(({ snapshotId }) => snapshotId === GOOD)?.rank === 'verified',
      undisturbed: true,
    },
    {
      sentence: 'the new volume is like the old one, its owner’s tags among it',
      holds: (_, world) => isLikeTheOld(world),
      undisturbed: true,
    },
    allHealedInTheEnd,
    nobodyPaged,
  ],
};

function isLikeTheOld(world: World): boolean {
  const [old] = dataVolumes(world);
  const { performance, encrypted, tags } = world.region.ec2.volume(dataOf(world));
  return (
    JSON.stringify(performance) === JSON.stringify(old?.performance) &&
    encrypted === old?.encrypted &&
    tags.some(({ Key, Value }) => Key === 'Component' && Value === 'nodes/bitcoin')
  );
}
