// Scenario: the whole chain halts, so no node is the cause. People are paged once, and nothing is changed.
import { everySeconds } from '../../nodes/rhythm.ts';
import { everSeen, nothingDone, pagedFor } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { passed } from '../world/ladder.ts';
import { bitcoinChain, followers, references } from '../world/worlds.ts';

const HALTS_AT_MINUTES = 5;
const RESUMES_AT_MINUTES = 30;

export const chainHalt: Scenario = {
  name: 'chain-halt',
  sentence: 'The whole chain stands still for half an hour: people are told, and no node is blamed.',
  fleets: {
    bitcoin: { health: { references: ['https://bitcoin-a.example/', 'https://bitcoin-b.example/'], haltSeconds: 600 } },
  },
  build: (world) => {
    // By chance, bitcoin makes no block for half an hour once in twenty blocks: that is a halt where blocks come as clockwork.
    references(world, bitcoinChain(world, 1, { clock: everySeconds(30) }));
    followers(world, 4);
  },
  people: (world) => {
    const [chain] = world.chains;
    world.at(HALTS_AT_MINUTES, () => chain?.halt());
    world.at(RESUMES_AT_MINUTES, () => chain?.resume());
  },
  done: (world) => passed(world, RESUMES_AT_MINUTES + 5),
  hours: 6,
  expect: [
    nothingDone,
    pagedFor('chain-halted', 'people were told that the chain stands still'),
    {
      sentence: 'they were told once',
      holds: ({ pages }) => pages.filter(({ code }) => code === 'chain-halted').length === 1,
      undisturbed: true,
    },
    { sentence: 'no node was ever called stuck', holds: (_, world) => !everSeen(world, 'stuck') },
    {
      sentence: 'the chain goes on, and everybody follows',
      holds: ({ nodes }) => nodes.every(({ state }) => state === 'synced'),
    },
  ],
};
