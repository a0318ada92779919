// Scenario: a node that is ahead of all others is on another branch. By its height it would look best.
import { addressesOf, nothingDone, pagedFor, pagedOnce, seenNow } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { passed } from '../world/ladder.ts';
import { bitcoinChain, followers, references } from '../world/worlds.ts';

const FORKS_AT_MINUTES = 5;
/** Four times as fast: by chance, half as fast again would take a day to be ahead for certain. */
const TIMES_AS_FAST = 4;
/** Nine blocks of the others, so that the minority has three dozen; that it has fewer than they is one chance in ten thousand. */
const AHEAD_AT_MINUTES = 95;

export const minorityFork: Scenario = {
  name: 'minority-fork',
  sentence: 'A node follows a minority that makes blocks faster: it is called forked, not ahead, and serves nobody.',
  build: (world) => {
    references(world, bitcoinChain(world, 1));
    followers(world, 4);
  },
  people: (world) => {
    const [chain] = world.chains;
    const { machine } = world.find('bitcoin', 'node2');
    world.at(FORKS_AT_MINUTES, () => {
      if (!chain) throw new Error('the world has no chain');
      machine.client.follow(
        chain.fork(chain.height(), { blockIntervalMs: chain.spec.blockIntervalMs / TIMES_AS_FAST }),
      );
    });
  },
  meanwhile: [
    {
      atMinutes: AHEAD_AT_MINUTES,
      sentence: 'it was higher than everybody else by then',
      holds: (world) => {
        const [chain] = world.chains;
        return world.find('bitcoin', 'node2').machine.report().height > (chain?.height() ?? 0);
      },
    },
    {
      atMinutes: AHEAD_AT_MINUTES,
      sentence: 'the other nodes were synced in the eyes of the suite',
      holds: (world) =>
        world.nodes
          .filter(({ name }) => name !== 'node2')
          .every(({ instanceId }) => seenNow(world, instanceId) === 'synced'),
      undisturbed: true,
    },
  ],
  done: (world) => passed(world, AHEAD_AT_MINUTES + 2),
  hours: 6,
  expect: [
    nothingDone,
    pagedFor('node-forked', 'people were told that it is on other blocks'),
    pagedOnce('node-forked', 'they were told once'),
    {
      sentence: 'it was seen to be forked',
      holds: (_, world) => seenNow(world, world.find('bitcoin', 'node2').instanceId) === 'forked',
    },
    {
      sentence: 'it is not in the pool, and the others are',
      holds: (_, world) => {
        const pool = addressesOf(world, 'bitcoin.internal', 'pool');
        return pool?.length === 3 && !pool.includes(world.find('bitcoin', 'node2').machine.privateIp);
      },
    },
  ],
};
