// Scenario: four new validators have no peers. Each gets the three others, and together they begin to make blocks.

import { nobodyPaged } from '../checks/expectations.ts';
import type { Report } from '../report/report.ts';
import type { Scenario } from '../scenario.ts';
import type { World } from '../world/world.ts';
import { consortium } from '../world/worlds.ts';

const MADE_AT_MINUTES = 1;
const CONFIG = '/data/node/irita/config/config.toml';

export const newFleet: Scenario = {
  name: 'new-fleet',
  sentence: 'Four fresh validators that know nobody become one network: each is configured with the three others.',
  build: () => {},
  people: (world) => world.at(MADE_AT_MINUTES, () => consortium(world, {}, { fresh: true })),
  done: ({ nodes }) =>
    nodes.length === 4 && nodes.every(({ machine }) => machine.report().peers === 3 && machine.report().height > 3),
  hours: 2,
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
      // If it is not certain that there is no chain yet, a restart is the owner's decision.
      sentence: 'people know of everybody who has no part in a chain',
      holds: ({ nodes, pages }) =>
        nodes
          .filter(({ height, state }) => height <= 3 || state !== 'synced')
          .every(({ node }) => isKnown(pages, node)),
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
            named.every((peer) => others.includes(peer)) && (named.length === others.length || isKnown(pages, name))
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

/** If all commands are late, one page is about all nodes. */
const isKnown = (pages: Report['pages'], name: string): boolean =>
  pages.some(({ node, sentence }) => node === name || sentence.includes(name));

const configured = (world: World, name: string): string | undefined =>
  /^persistent_peers = "(.*)"$/m.exec(world.find('irita', name).machine.readFile(CONFIG) ?? '')?.[1];

const expected = (world: World, name: string): string =>
  world.nodes
    .filter((node) => node.name !== name)
    .map(({ machine }) => `${machine.peers.peerId}@${machine.privateIp}:26656`)
    .join(',');
