// Scenario: if half of a fleet is sick at once, the nodes are not the cause. A healer that continued would take down the rest.

import { nothingDone, refusedFor } from '../checks/expectations.ts';
import { nothingReplaced, sameInstances } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import { impatient, passed, smallFleet } from '../world/ladder.ts';

const HANG_AT_MINUTES = 3;
const COUNT = 6;

export const halfFleetStuck: Scenario = {
  name: 'half-fleet-stuck',
  sentence: 'Three of six nodes hang at once: the breaker opens, nothing is touched, and people are told.',
  fleets: { bitcoin: impatient },
  build: (world) => {
    snapshotsOf(world, smallFleet(world, { count: COUNT }), { hoursAgo: 8 });
  },
  people: (world) =>
    world.at(HANG_AT_MINUTES, () => {
      for (const { machine } of world.nodes.slice(0, COUNT / 2)) machine.client.freeze({ untilRestart: true });
    }),
  done: (world) => passed(world, 20),
  hours: 4,
  expect: [
    nothingDone,
    nothingReplaced,
    sameInstances,
    refusedFor('breaker-open', 'it was refused because of the breaker'),
    {
      sentence: 'people were told',
      holds: ({ pages }) => pages.some(({ code }) => code === 'breaker-open'),
    },
  ],
};
