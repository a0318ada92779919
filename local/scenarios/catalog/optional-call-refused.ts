// Scenario: a client refuses a call that its height does not need. It is at the tip all the while: nothing is wrong with it.
import { everSeen, nobodyPaged, nothingDone, seenNow } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { impatient, passed, SICK, smallFleet } from '../world/ladder.ts';

const REFUSES_AT_MINUTES = 3;
const LOOK_AT_MINUTES = 10;

export const optionalCallRefused: Scenario = {
  name: 'optional-call-refused',
  sentence: 'A client refuses to tell its peers and its version: it is judged by its height and hash, and left alone.',
  fleets: { bitcoin: impatient },
  build: (world) => void smallFleet(world),
  people: (world) =>
    world.at(REFUSES_AT_MINUTES, () => world.find('bitcoin', SICK).machine.rpc.misbehave('withholding')),
  meanwhile: [
    {
      atMinutes: LOOK_AT_MINUTES,
      sentence: 'it was seen to be synced',
      holds: (world) => seenNow(world, world.find('bitcoin', SICK).instanceId) === 'synced',
      undisturbed: true,
    },
  ],
  done: (world) => passed(world, 40),
  hours: 2,
  expect: [
    nothingDone,
    nobodyPaged,
    { sentence: 'no node was ever called unreachable', holds: (_, world) => !everSeen(world, 'unreachable') },
  ],
};
