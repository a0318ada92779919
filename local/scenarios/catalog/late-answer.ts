// Scenario: questions to a node are answered late, or never. Nobody knows then how the node and the data are: both are asked again.

import { allHealedInTheEnd, nobodyPaged } from '../checks/expectations.ts';
import { goodSwap } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import { corruptNow, GOOD, impatient, incidentsEnded, requestOf, SICK, smallFleet } from '../world/ladder.ts';

const BREAKS_AT_MINUTES = 3;
/** After the start-by of a command. */
const LATE_MS = 5 * 60_000;

export const lateAnswer: Scenario = {
  name: 'late-answer',
  sentence:
    'The first question reaches a node five minutes late, and a check of its new volume is never answered: both are asked again, and nothing is blamed.',
  fleets: { bitcoin: impatient },
  build: (world) => {
    snapshotsOf(world, smallFleet(world), { hoursAgo: 8, snapshotId: GOOD });
    const { machine } = world.find('bitcoin', SICK);
    machine.delayCommands('inspect-node', LATE_MS);
    machine.delayCommands('check-volume', 'lost');
  },
  people: (world) => world.at(BREAKS_AT_MINUTES, () => corruptNow(world)),
  done: (world) => incidentsEnded(world, 'healed'),
  hours: 6,
  expect: [
    ...goodSwap(GOOD, 'its data come from the only snapshot, which was not blamed for the missing answer'),
    {
      sentence: 'no instance was stopped because of a late answer',
      holds: (_, world) => requestOf(world, 'StopInstances') === undefined,
    },
    {
      sentence: 'the restart came first: its client was started twice',
      holds: (_, world) => world.find('bitcoin', SICK).machine.report().clientStarts.length === 2,
      undisturbed: true,
    },
    allHealedInTheEnd,
    nobodyPaged,
  ],
};
