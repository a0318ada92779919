// Scenario: if half of a fleet is sick at once, the nodes may not be the cause. One client is restarted, and has to be proved before others follow.

import { pagedOnce, refusedFor } from '../checks/expectations.ts';
import { allWell, nothingReplacedBut, sameInstances } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import { impatient, incidentsEnded, ladderHeals, smallFleet } from '../world/ladder.ts';

const HANG_AT_MINUTES = 3;
const COUNT = 6;
const SICK_COUNT = COUNT / 2;

export const halfFleetStuck: Scenario = {
  name: 'half-fleet-stuck',
  sentence:
    'Three of six nodes hang at once: one is restarted and proved, then the others follow; nothing is replaced, and people are told.',
  fleets: { bitcoin: impatient },
  build: (world) => {
    snapshotsOf(world, smallFleet(world, { count: COUNT }), { hoursAgo: 8 });
  },
  people: (world) =>
    world.at(HANG_AT_MINUTES, () => {
      for (const { machine } of world.nodes.slice(0, SICK_COUNT)) machine.client.freeze({ untilRestart: true });
    }),
  done: (world) => incidentsEnded(world, 'healed', SICK_COUNT),
  hours: 12,
  expect: [
    nothingReplacedBut(0),
    sameInstances,
    {
      sentence: 'each was healed by its restart',
      holds: (report) => {
        const own = ladderHeals(report);
        return (
          own.length === SICK_COUNT && own.every(({ rung, outcome }) => rung === 'restart' && outcome === 'healed')
        );
      },
      undisturbed: true,
    },
    {
      sentence: 'each began when the one before it served again',
      holds: ({ heals }) => {
        const inOrder = heals.toSorted((a, b) => a.startedAtSeconds - b.startedAtSeconds);
        return inOrder.every(({ startedAtSeconds }, at) => {
          const before = inOrder[at - 1];
          return !before || startedAtSeconds > before.startedAtSeconds + before.outageSeconds;
        });
      },
      undisturbed: true,
    },
    { ...refusedFor('restarts-paced', 'the others waited for it'), undisturbed: true },
    { ...pagedOnce('restarts-paced', 'people were told once'), undisturbed: true },
    allWell,
  ],
};
