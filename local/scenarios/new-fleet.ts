// Four fresh validators know nobody: each is told of the three others, and together they begin to make blocks.
import type { World } from '../run/world.ts';
import { nobodyPaged } from './expectations.ts';
import type { Scenario } from './scenario.ts';
import { consortium } from './worlds.ts';

const MADE_AT_MINUTES = 1;
const LATE_HOUR = 14;
const CONFIG = '/data/node/irita/config/config.toml';

export const newFleet: Scenario = {
  name: 'new-fleet',
  sentence: 'Four fresh validators that know nobody become one network: each is configured with the three others.',
  build: () => {},
  people: (world) => world.at(MADE_AT_MINUTES, () => consortium(world, {}, { fresh: true })),
  done: ({ nodes, region }) => {
    const reports = nodes.map(({ machine }) => machine.report());
    const making = reports.filter(({ height }) => height > 3);
    // On bad days three make blocks, and what the fourth needs is its owner's decision.
    const late = region.clock.now() > Date.UTC(2026, 0, 1, LATE_HOUR) && making.length >= 3;
    return late || (making.length === 4 && reports.every(({ peers }) => peers === 3));
  },
  hours: 6,
  expect: [
    {
      sentence: 'every rotation healed',
      holds: ({ heals }) =>
        heals.length > 0 && heals.every(({ kind, outcome }) => kind === 'rotate-peers' && outcome === 'healed'),
      undisturbed: true,
    },
    {
      sentence: 'each knows the three others',
      holds: ({ nodes }) => nodes.every(({ peers }) => peers === 3),
      undisturbed: true,
    },
    {
      sentence: 'they make blocks',
      holds: ({ nodes }) => nodes.every(({ height, state }) => height > 3 && state === 'synced'),
      undisturbed: true,
    },
    {
      // Once three of them make blocks, the restart that the fourth needs is its owner's decision.
      sentence: 'there is a chain, and people know of whom it goes on without',
      holds: ({ nodes, pages }) => {
        const left = nodes.filter(({ height, state }) => height <= 3 || state !== 'synced');
        return left.length <= 1 && left.every(({ node }) => pages.some((page) => page.node === node));
      },
    },
    {
      sentence: 'each one’s configuration names exactly the three others, by id and private address',
      holds: (_, world) => world.nodes.every(({ name }) => configured(world, name) === expected(world, name)),
      undisturbed: true,
    },
    {
      sentence: 'no configuration names anybody else, and one that lacks somebody is known to people',
      holds: ({ pages }, world) =>
        world.nodes.every(({ name }) => {
          const named = configured(world, name)?.split(',').filter(Boolean) ?? [];
          const others = expected(world, name).split(',');
          return (
            named.every((peer) => others.includes(peer)) &&
            (named.length === others.length || pages.some((page) => page.node === name))
          );
        }),
    },
    {
      sentence: 'private addresses are booked',
      holds: (_, world) =>
        world.nodes.every(({ machine }) => /^addr_book_strict = false$/m.test(machine.readFile(CONFIG) ?? '')),
    },
    nobodyPaged,
  ],
};

const configured = (world: World, name: string): string | undefined =>
  /^persistent_peers = "(.*)"$/m.exec(world.find('irita', name).machine.readFile(CONFIG) ?? '')?.[1];

const expected = (world: World, name: string): string =>
  world.nodes
    .filter((node) => node.name !== name)
    .map(({ machine }) => `${machine.peers.peerId}@${machine.privateIp}:26656`)
    .join(',');
