// An Ethereum network after the merge: one machine that belongs to no fleet makes the blocks, and two nodes of two clients each follow. The story next to
// this file plays on it.

import { heightOf } from '../chains/geth.ts';
import { BEACON_UNIT, beaconNode, dialableOf, GETH_UNIT, makeBeaconNetwork } from '../chains/prysm.ts';
import type { StoryGroup } from '../story.ts';
import { consensusClientDown } from './beacon/consensus-client-down.ts';

const NODES = ['node1', 'node2'] as const;

export const beacon: StoryGroup = {
  name: 'beacon',
  fleets: ['beacon'],
  needs: ['go'],
  build: async (world, { say, becomes }) => {
    const network = makeBeaconNetwork(world);
    const maker = await world.node(beaconNode(network, { name: 'maker', peers: [], makesBlocks: true }));
    let peer: string | undefined;
    await becomes('its beacon node can be dialled', 60, async () => {
      peer = await dialableOf(maker);
      return peer !== undefined;
    });
    const peers = peer === undefined ? [] : [peer];
    await Promise.all(NODES.map((name) => world.node(beaconNode(network, { fleet: 'beacon', name, peers }))));
    say('beacon', 'a machine that makes blocks and two nodes have booted, each with geth and a beacon node');
    const all = () => ['maker', ...NODES].map((name) => world.find(name));
    await becomes(
      'blocks are made, and every geth has them from its beacon node',
      240,
      async () => {
        const heights = await Promise.all(all().map(heightOf));
        return Math.min(...heights) >= 5 && Math.max(...heights) - Math.min(...heights) <= 1;
      },
      async () =>
        Promise.all(
          all().map(async (node) => [
            ...[node.name, await heightOf(node)],
            (await node.machine.shell(`journalctl -u ${GETH_UNIT} -u ${BEACON_UNIT} --no-pager -o cat | tail -n 8`))
              .stdout,
          ]),
        ),
    );
    const observed = () => world.observed('beacon');
    await becomes(
      'chainmend has seen both synced',
      180,
      () => observed().length === NODES.length && observed().every(({ health }) => health === 'synced'),
      observed,
    );
  },
  lanes: [[consensusClientDown]],
};
