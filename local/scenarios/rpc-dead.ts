// A node whose RPC is dead is not at lag 0, and not sick either: it leaves the pool, people are told, and its client is left alone.
import { addressesOf, nothingDone, pagedFor, pagedOnce, seenNow } from './expectations.ts';
import type { Scenario } from './scenario.ts';
import { bitcoinChain, followers, references } from './worlds.ts';

const DIES_AT_MINUTES = 5;
const LIVES_AT_MINUTES = 25;
const ZONE = 'bitcoin.internal';

export const rpcDead: Scenario = {
  name: 'rpc-dead',
  sentence:
    'A node’s RPC stops answering while its client goes on: it leaves the pool, people are told, nothing is restarted.',
  build: (world) => {
    references(world, bitcoinChain(world, 1));
    followers(world, 4);
  },
  people: (world) => {
    const { machine } = world.find('bitcoin', 'node2');
    world.at(DIES_AT_MINUTES, () => machine.rpc.misbehave('dead'));
    world.at(LIVES_AT_MINUTES, () => machine.rpc.behave());
  },
  meanwhile: [
    {
      atMinutes: LIVES_AT_MINUTES - 1,
      sentence: 'while it was dead it was seen to be unreachable',
      holds: (world) => seenNow(world, world.find('bitcoin', 'node2').instanceId) === 'unreachable',
      undisturbed: true,
    },
    {
      atMinutes: LIVES_AT_MINUTES - 1,
      sentence: 'while it was dead it was not in the pool, and the others were',
      holds: (world) => {
        const pool = addressesOf(world, ZONE, 'pool');
        return pool?.length === 3 && !pool.includes(world.find('bitcoin', 'node2').machine.privateIp);
      },
      undisturbed: true,
    },
    {
      atMinutes: LIVES_AT_MINUTES - 1,
      sentence: 'while it was dead it had no lag, not even 0',
      holds: ({ region }) => {
        const series = { namespace: 'chainmend', name: 'HeightLag', dimensions: { Fleet: 'bitcoin', Node: 'node2' } };
        const since = region.clock.now() - (LIVES_AT_MINUTES - DIES_AT_MINUTES - 5) * 60_000;
        return region.cloudwatch.seriesOf(series).every(({ atMs }) => atMs < since);
      },
    },
  ],
  done: ({ region }) => region.clock.now() > Date.UTC(2026, 0, 1, 12, LIVES_AT_MINUTES + 8),
  hours: 6,
  expect: [
    nothingDone,
    pagedFor('node-unreachable', 'people were told that it does not answer'),
    pagedOnce('node-unreachable', 'they were told once'),
    {
      sentence: 'it is back in the pool',
      holds: (_, world) => addressesOf(world, ZONE, 'pool')?.length === 4,
    },
  ],
};
