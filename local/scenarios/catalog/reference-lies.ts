// Scenario: a public endpoint is far ahead of all others. It is not believed alone, and no node counts as behind because of it.
import { everSeen, nothingDone, pagedFor } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { passed } from '../world/ladder.ts';
import { bitcoinChain, followers, references } from '../world/worlds.ts';

const LIES_AT_MINUTES = 5;

export const referenceLies: Scenario = {
  name: 'reference-lies',
  sentence: 'A public endpoint claims blocks that nobody else has: it is found out, and no node is called behind.',
  build: (world) => {
    const [liar] = references(world, bitcoinChain(world, 1));
    world.at(LIES_AT_MINUTES, () => liar?.lie({ ahead: 400 }));
    followers(world, 4);
  },
  done: (world) => passed(world, 22),
  hours: 6,
  expect: [
    nothingDone,
    pagedFor('reference-disagrees', 'people were told which endpoint lies'),
    {
      sentence: 'no node was called anything but synced',
      holds: (_, world) => !everSeen(world, 'behind') && !everSeen(world, 'stuck') && !everSeen(world, 'forked'),
      undisturbed: true,
    },
  ],
};
