// Scenario: a snapshot that was taken after the fault began contains the fault. The newest snapshot is not the best.
import { START_MS } from '../../region.ts';
import { allHealedInTheEnd, nobodyPaged } from '../checks/expectations.ts';
import { goodSwap } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { lifecyclePolicy } from '../world/fixtures.ts';
import { BAD, corruptNow, dataOf, GOOD, impatient, incidentsEnded, SICK, smallFleet } from '../world/ladder.ts';

const BREAKS_AT_MINUTES = 3;
const TAKEN_AT_MINUTES = 5;

export const badLatestSnapshot: Scenario = {
  name: 'bad-latest-snapshot',
  sentence: 'The newest snapshot was taken after the fault began: it is left alone, and the one before it helps.',
  fleets: { bitcoin: impatient },
  build: (world) => {
    smallFleet(world);
    lifecyclePolicy(world, 'bitcoin', [{ node: SICK, hoursAgo: 8, opening: 'opens', snapshotId: GOOD }]);
  },
  people: (world) => {
    const { region } = world;
    world.at(BREAKS_AT_MINUTES, () => corruptNow(world));
    // The policy's next run, with the volume's content at that time.
    world.at(TAKEN_AT_MINUTES + 1, () => {
      const startedAtMs = START_MS + TAKEN_AT_MINUTES * 60_000;
      const tags = region.ec2.tags(GOOD);
      world.theirs.add(BAD);
      region.ec2.addSnapshot({
        snapshotId: BAD,
        volumeId: dataOf(world),
        startedAtMs,
        completedAtMs: startedAtMs + 1,
        tags,
      });
    });
  },
  done: (world) => incidentsEnded(world, 'healed'),
  hours: 8,
  expect: [
    ...goodSwap(GOOD, 'its data come from the last snapshot before the fault'),
    {
      sentence: 'nothing was made of the newest one',
      holds: (_, { region }) => region.ec2.volumes().every(({ snapshotId }) => snapshotId !== BAD),
    },
    allHealedInTheEnd,
    nobodyPaged,
  ],
};
