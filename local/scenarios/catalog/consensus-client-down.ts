// Scenario: geth gets no blocks, because its beacon node has crashed or hangs, by the seed. The client that is at fault is restarted, and no other.
import { join } from 'node:path';
import { allHealedInTheEnd, nobodyPaged } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { incidentsEnded } from '../world/ladder.ts';
import type { World } from '../world/world.ts';

const FAILS_AT_MINUTES = 3;
const SICK = 'node2';
const NODES = ['node1', SICK, 'node3', 'node4'];

const sick = (world: World) => world.find('ethereum', SICK).machine;

export const consensusClientDown: Scenario = {
  name: 'consensus-client-down',
  sentence: 'Geth stands still because its beacon node is down: the beacon node is restarted, and geth is left alone.',
  deployedWith: join(import.meta.dirname, '../fleets-ethereum'),
  build: (world) => {
    world.chain({
      ...{ name: 'ethereum', heightAtStart: 21_000_000, blockIntervalMs: 12_000 },
      ...{ bytesPerBlock: 100_000, inodesPerBlock: 0.02, consensus: 'elsewhere' },
    });
    for (const name of NODES)
      world.node({
        ...{ fleet: 'ethereum', chain: 'ethereum', name },
        volumes: [{ role: 'data', path: '/data', sizeGiB: 100, usedPercent: 46 }],
        machine: { beacon: true, startSeconds: 15 },
      });
  },
  people: (world) => {
    const crashes = world.region.kernel.random('consensus-client-down').integer(0, 1) === 0;
    world.at(FAILS_AT_MINUTES, () => (crashes ? sick(world).beacon?.crash() : sick(world).beacon?.freeze()));
  },
  done: (world) => incidentsEnded(world, 'healed'),
  hours: 4,
  expect: [
    {
      sentence: 'one heal, and the restart healed',
      holds: ({ heals }) =>
        heals.filter(({ outcome, rung }) => outcome === 'healed' && rung === 'restart').length === 1,
      undisturbed: true,
    },
    { sentence: 'its beacon node was started', holds: (_, world) => (sick(world).beacon?.starts ?? 0) > 0 },
    {
      sentence: 'no execution client was stopped or started',
      holds: (_, { nodes }) => nodes.every(({ machine }) => machine.report().clientStarts.length === 0),
    },
    {
      sentence: 'no volume and no instance is new',
      holds: (_, { region, nodes }) =>
        region.ec2.instances().length === nodes.length && region.ec2.volumes().length === 2 * nodes.length,
    },
    { sentence: 'every node is synced', holds: ({ nodes }) => nodes.every(({ state }) => state === 'synced') },
    allHealedInTheEnd,
    nobodyPaged,
  ],
};
