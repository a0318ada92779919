// A litecoin network of three nodes with a command of their owner's that builds the chain state again in minutes, and a miner. The story next to this file plays on it.
import { endpointOf, heightOf, litecoinNode, Mining, mine } from '../chains/litecoin.ts';
import { reindexingNode } from '../chains/reindexing.ts';
import type { StoryGroup } from '../story.ts';
import { madeFromTemplate } from './fleet.ts';
import { LONE } from './litecoin/lone-node-frozen.ts';
import { REINDEXED, reindex } from './litecoin/reindex.ts';
import { mining } from './litecoin/snapshots.ts';

/**
 * So many that those of the story do not count for much in what building them again takes. Its regtest network has room for half an hour of it: at height
 * 432 litecoin's own rules change, and no block without a transaction is valid.
 */
const BLOCKS = 240;
const BLOCK_MS = 10_000;

/** Its owner's set-up of a new instance, which a node that gets other data would wait for in a drill: so a reindex of two minutes is the quicker one. */
const SET_UP = '#!/bin/sh\nsleep 150\n';

/** Drills give way to the heals of other fleets: theirs is a network without any other story. */
export const litecoinReindex: StoryGroup = {
  name: 'litecoin-reindex',
  fleets: [REINDEXED.fleet],
  sweepsOften: true,
  build: async (world, { say, becomes }) => {
    const miner = await world.node(litecoinNode({ name: 'miner', peers: [] }));
    const peers = [`${miner.privateIp}:19444`];
    const { fleet, names } = REINDEXED;
    await Promise.all(names.map((name) => world.node(reindexingNode({ fleet, name, peers }))));
    await madeFromTemplate(world, fleet, SET_UP);
    world.region.network.attach(LONE.reference, 'internet', endpointOf(miner));
    say(fleet, 'three nodes and a miner have booted, each with systemd, a volume and an address of its own');
    await becomes('the miner answers', 60, async () => (await heightOf(miner)) >= 0);
    for (let made = 0; made < BLOCKS; made += 60) await mine(miner, 60);
    mining.set(world, new Mining(miner, BLOCK_MS));
    const heights = () => Promise.all([miner, ...names.map((name) => world.find(name))].map(heightOf));
    await becomes(
      'all follow the chain',
      180,
      async () => {
        const [tip = 0, ...own] = await heights();
        return tip >= BLOCKS && own.every((height) => height >= tip - 1);
      },
      heights,
    );
    const observed = () => world.observed(fleet);
    await becomes(
      'chainmend has seen each node synced',
      240,
      () => observed().length === names.length && observed().every(({ health }) => health === 'synced'),
      observed,
    );
  },
  lanes: [[reindex]],
};
