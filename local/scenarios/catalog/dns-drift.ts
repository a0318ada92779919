// Scenario: DNS names follow the nodes, although people and other tools change the zone. Records that are not ours are left alone.

import { addressesOf } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { passed } from '../world/ladder.ts';
import type { World } from '../world/world.ts';
import { bitcoinChain, follower, followers } from '../world/worlds.ts';

const ZONE = 'bitcoin.internal';
const EDITED_AT_MINUTES = 5;
const NEW_AT_MINUTES = 12;
const STRANGER = '10.0.200.8';

export const dnsDrift: Scenario = {
  name: 'dns-drift',
  sentence:
    'Records are edited by hand, a node goes, two come: the names are right again, strangers’ records untouched.',
  build: (world) => {
    bitcoinChain(world, 1);
    followers(world, 4);
  },
  people: (world) => {
    world.at(EDITED_AT_MINUTES, () =>
      world.editZone(ZONE, [
        { do: 'DELETE', name: 'node2', addresses: addressesOf(world, ZONE, 'node2') ?? [] },
        { do: 'CREATE', name: 'node2', addresses: ['10.9.9.9'] },
        { do: 'CREATE', name: 'grafana', addresses: ['10.0.200.7'] },
        // A name that a later node will need.
        { do: 'CREATE', name: 'node5', addresses: [STRANGER] },
      ]),
    );
    world.at(EDITED_AT_MINUTES + 1, () => world.terminate(world.find('bitcoin', 'node3')));
    world.at(NEW_AT_MINUTES, () => {
      world.launch(follower('node5'));
      world.launch(follower('node6'));
    });
  },
  done: (world) => passed(world, NEW_AT_MINUTES + 10),
  hours: 6,
  expect: [
    { sentence: 'the edited record is right again', holds: (_, world) => isRight(world, 'node2') },
    {
      sentence: 'the node that went has no record any more, of whatever type',
      holds: ({ dns }) => dns.every(({ name, values }) => !`${name} ${values}`.includes('node3')),
    },
    { sentence: 'the node that came has its record', holds: (_, world) => isRight(world, 'node6') },
    {
      sentence: 'a name that somebody else holds stays theirs, and a person is told',
      holds: ({ refusals }, world) =>
        addressesOf(world, ZONE, 'node5')?.join() === STRANGER &&
        refusals.some(({ guardrail }) => guardrail === 'record-foreign'),
    },
    {
      sentence: 'people were told of that name and of the node that went, each once, and of nothing else',
      holds: ({ pages }) =>
        pages
          .map(({ code }) => code)
          .toSorted()
          .join() === 'node-missing,record-foreign',
      undisturbed: true,
    },
    {
      sentence: 'grafana’s record was not touched',
      holds: (_, world) => addressesOf(world, ZONE, 'grafana')?.join() === '10.0.200.7',
    },
    {
      sentence: 'the pool holds all nodes that there are, and nobody else',
      holds: ({ nodes }, world) =>
        addressesOf(world, ZONE, 'pool')?.join() ===
        nodes
          .map(({ privateIp }) => privateIp)
          .sort()
          .join(),
    },
    {
      sentence: 'nothing was healed, but for the new nodes’ empty lists of peers',
      holds: ({ heals }) =>
        heals.every(({ kind, node }) => kind === 'rotate-peers' && /^node[56](, node[56])*$/.test(node)),
      // If a routine run is late, the new nodes already exist and the other nodes can name them.
      undisturbed: true,
    },
  ],
};

const isRight = (world: World, name: string): boolean =>
  addressesOf(world, ZONE, name)?.join() === world.find('bitcoin', name).machine.privateIp;
