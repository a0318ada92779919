// Scenario: a node without peers gets no blocks. It gets its siblings as peers again, immediately and for its next start.

import { nobodyPaged, nobodyReplaced } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import type { World } from '../world/world.ts';
import { bitcoinChain, followers, QUICK_BLOCKS } from '../world/worlds.ts';

const LOST_MINUTES = 4;

export const peersLost: Scenario = {
  name: 'peers-lost',
  sentence: 'A node loses every peer and its configuration names none; it gets good ones, without a restart.',
  build: (world) => {
    bitcoinChain(world, 1, { needsPeers: true, clock: QUICK_BLOCKS });
    followers(world, 5);
  },
  people: (world) =>
    world.at(LOST_MINUTES, () => {
      // A rollout has removed them from the configuration, and its neighbours on the internet have banned it.
      const { machine } = world.find('bitcoin', 'node2');
      machine.peers.lose();
      for (const { machine: other } of world.nodes) {
        other.peers.remove(machine.peers.address, { keep: false });
        machine.peers.remove(other.peers.address, { keep: false });
      }
      const { configPath = '' } = machine.setup;
      machine.writeFile(configPath, machine.readFile(configPath)?.replace(/^addnode=.*\n/gm, '') ?? '');
    }),
  done: (world) =>
    world.region.clock.now() > Date.UTC(2026, 0, 1, 12, 12) &&
    world.nodes.every(({ machine }) => machine.report().peers >= 3) &&
    namedForItsNextStart(world) >= 3,
  hours: 6,
  expect: [
    {
      sentence: 'one rotation, and it healed',
      holds: ({ heals }) =>
        heals.length === 1 && heals.every(({ kind, outcome }) => kind === 'rotate-peers' && outcome === 'healed'),
      undisturbed: true,
    },
    {
      sentence: 'the node has three peers at least and follows the chain',
      holds: ({ nodes }) => nodes.every(({ peers, state }) => peers >= 3 && state === 'synced'),
    },
    {
      sentence: 'its configuration names them for its next start',
      holds: (_, world) => namedForItsNextStart(world) >= 3,
    },
    {
      sentence: 'no client was restarted',
      holds: (_, world) => world.nodes.every(({ machine }) => machine.report().clientStarts.length === 0),
    },
    nobodyPaged,
    { ...nobodyReplaced, holds: ({ heals }) => heals.every(({ kind }) => kind === 'rotate-peers') },
  ],
};

function namedForItsNextStart(world: World): number {
  const { machine } = world.find('bitcoin', 'node2');
  return (machine.readFile(machine.setup.configPath ?? '')?.match(/^addnode=10\.0\./gm) ?? []).length;
}
