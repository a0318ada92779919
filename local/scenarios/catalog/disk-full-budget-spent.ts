// Scenario: EBS allows four modifications of a volume in 24 h, and the last is kept for a person. With the budget used up, the heal waits.
import { healed, healsEnd, nobodyReplaced, pagedFor, refusedFor, sizeGiB } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { exchange, QUICK_BLOCKS } from '../world/worlds.ts';

/** An intent counts for 25 h, so the first of these expires two hours after the story began. */
const GROWN = [
  { hoursAgo: 23, fromGiB: 260, toGiB: 320 },
  { hoursAgo: 15, fromGiB: 320, toGiB: 400 },
  { hoursAgo: 8, fromGiB: 400, toGiB: 500 },
];
const RETURNS_SECONDS = 2 * 3_600;

export const diskFullBudgetSpent: Scenario = {
  name: 'disk-full-budget-spent',
  sentence: 'The volume was grown three times since yesterday: refused, paged, and healed when its budget returns.',
  build: (world) => {
    world.grownBefore(exchange(world, {}, { clock: QUICK_BLOCKS }), 'data', 'us', GROWN);
  },
  done: (world) => healed(world, 1),
  hours: 12,
  expect: [
    refusedFor('budget-spent', 'it was refused while the budget was spent'),
    pagedFor('budget-spent', 'a person was paged, for the budget and nothing else'),
    healsEnd(1),
    {
      sentence: 'the heal waited until the budget had returned',
      holds: ({ heals }) => heals.every(({ startedAtSeconds }) => startedAtSeconds >= RETURNS_SECONDS),
    },
    { sentence: 'the volume is larger than 500 GiB', holds: (report) => sizeGiB(report, 'node2') > 500 },
    nobodyReplaced,
  ],
};
