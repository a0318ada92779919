// Scenario: a node's volume has become slow, so that it advances more slowly than its chain. It is never stuck, and its lag grows for hours.
import { everSeen, nobodyElsePaged, nothingHealed, pagedOnce } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { impatient, passed, SICK, smallFleet } from '../world/ladder.ts';

const SLOW_AT_MINUTES = 3;
/** Of ten blocks a second: two blocks in a hundred seconds, where its chain makes three. */
const SPEED = 0.002;
const OVER_AT_MINUTES = 130;

export const fallingBehind: Scenario = {
  name: 'falling-behind',
  sentence: 'A node advances more slowly than its chain: nothing is stuck, and people are told that its lag grows.',
  fleets: { bitcoin: impatient },
  build: (world) => void smallFleet(world),
  people: (world) => world.at(SLOW_AT_MINUTES, () => world.find('bitcoin', SICK).machine.client.slowDown(SPEED)),
  done: (world) => passed(world, OVER_AT_MINUTES),
  hours: 3,
  expect: [
    nothingHealed,
    pagedOnce('falling-behind', 'people were told once that its lag grows'),
    nobodyElsePaged('falling-behind'),
    { sentence: 'no node was ever called stuck', holds: (_, world) => !everSeen(world, 'stuck') },
  ],
};
