// Scenario: this version of the client cannot pass a block with any data. So the data are not the cause, and no copy is bad.

import { asFound, othersUntouched, sameInstances } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import { GOOD, impatient, ladderHeals, pagedNow, SICK, smallFleet } from '../world/ladder.ts';
import { QUICK_BLOCKS } from '../world/worlds.ts';

/** Some minutes after the story begins. */
const BLOCK = 931_008;

export const clientBug: Scenario = {
  name: 'client-bug',
  sentence:
    'A node’s client cannot pass a block, with no data: a second stop at the same height ends the ladder, and no snapshot is blamed.',
  fleets: { bitcoin: impatient },
  build: (world) => {
    const sick = smallFleet(world, { clock: QUICK_BLOCKS });
    snapshotsOf(world, sick, { hoursAgo: 8, snapshotId: GOOD, stopsAtHeight: BLOCK });
    snapshotsOf(world, world.find('bitcoin', 'node3'), { hoursAgo: 32, stopsAtHeight: BLOCK });
  },
  people: (world) =>
    world.at(1, () => world.find('bitcoin', SICK).machine.disks.data.corrupt({ stopsAtHeight: BLOCK })),
  done: (world) => pagedNow(world, 'same-stop'),
  hours: 6,
  expect: [
    {
      sentence: 'people were told that it stopped again at the same height',
      holds: ({ pages }) => pages.some(({ code, node }) => code === 'same-stop' && node === SICK),
    },
    {
      sentence: 'nothing healed, and the node was left as it was found',
      holds: (report) =>
        ladderHeals(report).length > 0 && ladderHeals(report).every(({ outcome }) => outcome === 'restored'),
      undisturbed: true,
    },
    {
      sentence: 'no snapshot is quarantined',
      holds: ({ snapshots }) => snapshots.length > 0 && snapshots.every(({ quarantined }) => !quarantined),
    },
    {
      sentence: 'only one copy was made: another would have shown the same',
      holds: (_, { region }) =>
        region.ec2.volumes().filter(({ snapshotId }) => snapshotId.startsWith('snap-')).length === 1,
      undisturbed: true,
    },
    asFound,
    sameInstances,
    othersUntouched,
  ],
};
