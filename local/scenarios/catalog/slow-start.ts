// Scenario: a client that replays its blocks for minutes does not answer, but is not sick. A restart would only start the replay again.
import { everSeen, nobodyPaged, seenNow } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { passed } from '../world/ladder.ts';
import { bitcoinChain, followers, references } from '../world/worlds.ts';

const RESTARTED_AT_MINUTES = 5;
const START_SECONDS = 12 * 60;

export const slowStart: Scenario = {
  name: 'slow-start',
  sentence:
    'A person restarts a node, which then replays its blocks for twelve minutes: it is starting, and left in peace.',
  fleets: {
    bitcoin: {
      health: { references: ['https://bitcoin-a.example/', 'https://bitcoin-b.example/'], startGraceSeconds: 1_800 },
    },
  },
  build: (world) => {
    references(world, bitcoinChain(world, 1));
    followers(world, 4, (at) => (at === 1 ? { machine: { startSeconds: START_SECONDS } } : {}));
  },
  people: (world) => world.at(RESTARTED_AT_MINUTES, () => world.find('bitcoin', 'node2').machine.restartClient()),
  meanwhile: [
    {
      atMinutes: RESTARTED_AT_MINUTES + 8,
      sentence: 'while it replayed it was seen to be starting',
      holds: (world) => seenNow(world, world.find('bitcoin', 'node2').instanceId) === 'starting',
      undisturbed: true,
    },
  ],
  done: (world) => passed(world, 24),
  hours: 6,
  expect: [
    { sentence: 'nothing was healed', holds: ({ heals }) => heals.length === 0 },
    {
      sentence: 'nobody started it again',
      holds: (_, world) => world.find('bitcoin', 'node2').machine.report().clientStarts.length === 1,
    },
    { sentence: 'it was never called stuck', holds: (_, world) => !everSeen(world, 'stuck') },
    {
      sentence: 'it follows the chain in the end',
      holds: ({ nodes }) => nodes.every(({ state }) => state === 'synced'),
    },
    nobodyPaged,
  ],
};
