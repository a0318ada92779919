// Scenario: a client is at the tip and answers every request with 429, then 503, then 301, in an order by the seed. An answer that shows life is no
// silence: a person is told once, and nothing is done.
import type { Misbehaviour } from '../../nodes/rpc/misbehaviour.ts';
import { everSeen, nothingDone, pagedFor, pagedOnce, seenNow } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { impatient, passed, SICK, smallFleet } from '../world/ladder.ts';

const BUSY_AT_MINUTES = 3;
const EACH_FOR_MINUTES = 15;
const ANSWERS: readonly Misbehaviour[] = ['limited', 'unavailable', 'elsewhere'];
const OVER_AT_MINUTES = BUSY_AT_MINUTES + ANSWERS.length * EACH_FOR_MINUTES;

export const busyRpc: Scenario = {
  name: 'busy-rpc',
  sentence: 'A client answers for 45 minutes, and only that it is busy: it is left alone, and a person is told once.',
  fleets: { bitcoin: impatient },
  build: (world) => void smallFleet(world),
  people: (world) => {
    const { rpc } = world.find('bitcoin', SICK).machine;
    const first = world.region.kernel.random('busy-rpc').integer(0, ANSWERS.length - 1);
    for (const at of ANSWERS.keys()) {
      const how = ANSWERS[(first + at) % ANSWERS.length] ?? 'limited';
      world.at(BUSY_AT_MINUTES + at * EACH_FOR_MINUTES, () => rpc.misbehave(how));
    }
    world.at(OVER_AT_MINUTES, () => rpc.behave());
  },
  meanwhile: [
    {
      atMinutes: OVER_AT_MINUTES - 5,
      sentence: 'it was seen to be busy',
      holds: (world) => seenNow(world, world.find('bitcoin', SICK).instanceId) === 'busy',
      undisturbed: true,
    },
  ],
  done: (world) => passed(world, OVER_AT_MINUTES + 10),
  hours: 2,
  expect: [
    nothingDone,
    pagedFor('node-busy', 'people were told that it does not say where it stands'),
    pagedOnce('node-busy', 'they were told once'),
    { sentence: 'no node was ever called unreachable', holds: (_, world) => !everSeen(world, 'unreachable') },
    { sentence: 'it is well at the end', holds: ({ nodes }) => nodes.every(({ state }) => state === 'synced') },
  ],
};
