// Scenario: many nodes of a fleet need other data, and one at a time gets them. The others wait at the door: without an execution, oldest first.
import { allHealedInTheEnd } from '../checks/expectations.ts';
import { sameInstances } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import { corruptNow, executionsOf, impatient, incidentsEnded, ladderHeals, smallFleet } from '../world/ladder.ts';

const COUNT = 20;
const BREAKS_AT_MINUTES = 3;
const SICK = ['node2', 'node5', 'node9', 'node14', 'node20'];
/** Up to the door, where it finds that it has to wait, and from there to its end. */
const ATTEMPTS_MAX = 2;

export const fairQueue: Scenario = {
  name: 'fair-queue',
  sentence: 'The data of five of twenty nodes break: one after the other is restored, the others wait at the door.',
  fleets: {
    bitcoin: {
      ...impatient,
      breaker: { unhealthyPercent: 30 },
      replace: { replacementsPerHour: 8, replacementsPerDay: 16 },
    },
  },
  build: (world) => {
    smallFleet(world, { count: COUNT });
    snapshotsOf(world, world.find('bitcoin', 'node1'), { hoursAgo: 8 });
  },
  people: (world) =>
    world.at(BREAKS_AT_MINUTES, () => {
      for (const name of SICK) corruptNow(world, name);
    }),
  done: (world) => incidentsEnded(world, 'healed', SICK.length),
  hours: 8,
  expect: [
    {
      sentence: 'every one of them was given other data',
      holds: ({ heals }) =>
        heals.filter(({ rung, outcome }) => rung === 'swap' && outcome === 'healed').length === SICK.length,
      undisturbed: true,
    },
    {
      sentence: 'nothing was started that could only have waited: two attempts a node at most',
      holds: (report, world) =>
        executionsOf(world).length <= ATTEMPTS_MAX * SICK.length &&
        ladderHeals(report).every(({ attempt }) => attempt <= ATTEMPTS_MAX),
      undisturbed: true,
    },
    {
      sentence: 'nobody was paged for a node that only waited for its turn',
      holds: ({ pages }) => pages.length === 0,
      undisturbed: true,
    },
    sameInstances,
    allHealedInTheEnd,
  ],
};
