// Scenario: a client ends every twelve minutes, and its unit starts it again within the minute. No outage is long enough for an alarm: only their number
// tells that something is wrong.
import { nobodyElsePaged, nothingHealed, pagedOnce } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { impatient, passed, SICK, smallFleet } from '../world/ladder.ts';

const FIRST_AT_MINUTES = 4;
const EVERY_MINUTES = 12;
const TIMES = 8;
/** systemd's RestartSec; with the client's own start it serves again after a minute. */
const RESTARTED_AFTER_MINUTES = 0.75;
const OVER_AT_MINUTES = FIRST_AT_MINUTES + TIMES * EVERY_MINUTES;

export const crashLoop: Scenario = {
  name: 'crash-loop',
  sentence:
    'A client ends every twelve minutes and is started again each time: people are told once that it is a loop.',
  fleets: { bitcoin: impatient },
  build: (world) => void smallFleet(world),
  people: (world) => {
    const { machine } = world.find('bitcoin', SICK);
    for (let time = 0; time < TIMES; time++) {
      const atMinutes = FIRST_AT_MINUTES + time * EVERY_MINUTES;
      world.at(atMinutes, () => machine.client.stop('failed', 'killed'));
      world.at(atMinutes + RESTARTED_AFTER_MINUTES, () => machine.startClient());
    }
  },
  done: (world) => passed(world, OVER_AT_MINUTES),
  hours: 3,
  expect: [
    nothingHealed,
    pagedOnce('crash-loop', 'people were told once that it is a loop'),
    nobodyElsePaged('crash-loop'),
    { sentence: 'it is well at the end', holds: ({ nodes }) => nodes.every(({ state }) => state === 'synced') },
  ],
};
