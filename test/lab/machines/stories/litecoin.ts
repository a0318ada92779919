// The litecoin network: three nodes of a fleet, two fleets of one node each, and one that belongs to no fleet and mines. The stories next to this file play
// on it.
import { endpointOf, heightOf, litecoinNode, Mining, mine, peersOf } from '../chains/litecoin.ts';
import type { StoryGroup } from '../story.ts';
import { madeFromTemplate } from './fleet.ts';
import { busyRpc } from './litecoin/busy-rpc.ts';
import { corruptData } from './litecoin/corrupt-data.ts';
import { deadUnwatched, UNWATCHED } from './litecoin/dead-unwatched.ts';
import { diskFull } from './litecoin/disk-full.ts';
import { DRILLED, drill } from './litecoin/drill.ts';
import { frozen } from './litecoin/frozen.ts';
import { LONE, loneNodeFrozen } from './litecoin/lone-node-frozen.ts';
import { mining, snapshots } from './litecoin/snapshots.ts';
import { unmountedData } from './litecoin/unmounted-data.ts';

/** Regtest mines only on request: one block in so many milliseconds. */
const BLOCK_MS = 4_000;
const NODES = ['node1', 'node2', 'node3'] as const;
const ALONE = [LONE, UNWATCHED];
const FOLLOWERS = [...NODES, ...ALONE.map(({ name }) => name)];

export const litecoin: StoryGroup = {
  name: 'litecoin',
  fleets: ['litecoin', ...ALONE.map(({ fleet }) => fleet)],
  build: async (world, { say, becomes }) => {
    const miner = await world.node(litecoinNode({ name: 'miner', peers: [] }));
    const peersOfOne = (name: string) => [
      `${miner.privateIp}:19444`,
      ...NODES.filter((other) => other !== name).map((other) => `${other}.litecoin.internal:19444`),
    ];
    await Promise.all([
      ...NODES.map((name) => world.node(litecoinNode({ fleet: 'litecoin', name, peers: peersOfOne(name) }))),
      ...ALONE.map(({ fleet, name }) => world.node(litecoinNode({ fleet, name, peers: peersOfOne('') }))),
    ]);
    world.region.network.attach(LONE.reference, 'internet', endpointOf(miner));
    say('litecoin', 'five nodes and a miner have booted, each with systemd, a volume and an address of its own');
    await becomes('the miner answers', 60, async () => (await heightOf(miner)) >= 0);
    await mine(miner, 60);
    mining.set(world, new Mining(miner, BLOCK_MS));
    await becomes(
      'all nodes follow the chain and know two peers or more',
      180,
      async () => {
        const tip = await heightOf(miner);
        for (const name of FOLLOWERS) {
          const node = world.find(name);
          if ((await heightOf(node)) < tip - 1 || new Set(await peersOf(node)).size < 2) return false;
        }
        return true;
      },
      async () =>
        Promise.all(
          FOLLOWERS.map(async (name) => [name, await heightOf(world.find(name)), await peersOf(world.find(name))]),
        ),
    );
  },
  first: [snapshots],
  // Two of the three at once: while all of them were sick, the breaker would leave them alone. One restore after the other: they take turns. The node
  // that is unmounted had a full disk before: by then the snapshots have to be older than that, since it may count as the same trouble.
  lanes: [[frozen, diskFull, busyRpc], [corruptData, unmountedData], [loneNodeFrozen], [deadUnwatched]],
};

/** Drills give way to the heals of other fleets: theirs is a network without any other story. */
export const litecoinDrills: StoryGroup = {
  name: 'litecoin-drills',
  fleets: [DRILLED.fleet],
  sweepsOften: true,
  build: async (world, { say, becomes }) => {
    const miner = await world.node(litecoinNode({ name: 'miner', peers: [] }));
    const peers = [`${miner.privateIp}:19444`];
    await Promise.all(DRILLED.names.map((name) => world.node(litecoinNode({ fleet: DRILLED.fleet, name, peers }))));
    await madeFromTemplate(world, DRILLED.fleet);
    world.region.network.attach(LONE.reference, 'internet', endpointOf(miner));
    say(DRILLED.fleet, 'two nodes and a miner have booted, each with systemd, a volume and an address of its own');
    await becomes('the miner answers', 60, async () => (await heightOf(miner)) >= 0);
    await mine(miner, 60);
    mining.set(world, new Mining(miner, BLOCK_MS));
    const heights = () => Promise.all([miner, ...DRILLED.names.map((name) => world.find(name))].map(heightOf));
    await becomes(
      'both follow the chain',
      180,
      async () => {
        const [tip = 0, ...own] = await heights();
        return tip >= 60 && own.every((height) => height >= tip - 1);
      },
      heights,
    );
  },
  lanes: [[drill]],
};
