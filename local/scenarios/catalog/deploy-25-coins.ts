// Scenario: an exchange deploys the nodes of 25 coins from one file each. All set themselves up and sync; then a disk of one coin fills, and an instance of
// another one dies.
import type { KnownChain } from '../../../shared/chains/defaults.ts';
import { clockOf } from '../../nodes/rhythm.ts';
import { referenceHost } from '../../nodes/rpc/reference.ts';
import { addressesOf, allHealedInTheEnd, healed, nobodyPaged } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { killed, ladderHeals } from '../world/ladder.ts';
import type { World } from '../world/world.ts';

const COINS = 25;
/** Three of each coin that has trouble, one of each other. */
const NODES = 29;
const FULL = { fleet: 'bitcoin', name: 'node3' };
const DEAD = { fleet: 'litecoin', name: 'node2' };
const PATH = '/node-data';
const GIB = 2 ** 30;
const HEIGHT = 3_000;

export const deploy25Coins: Scenario = {
  name: 'deploy-25-coins',
  sentence:
    'An exchange deploys the nodes of 25 coins from a file each; all sync. The disk of a bitcoin node fills, and a litecoin node’s instance dies.',
  deployedWith: new URL('../fleets-deploy-25', import.meta.url).pathname,
  build: (world) => {
    for (const [name, fleet] of world.fleets) {
      const protocol = fleet.chain as Exclude<KnownChain, 'solana'>;
      const chain = world.chain({
        ...{ name, protocol, consensus: 'elsewhere', heightAtStart: HEIGHT },
        ...{ ...clockOf(protocol), rhythm: 'regular' },
        ...{ bytesPerBlock: 2 ** 16, inodesPerBlock: 0.02 },
        ...(fleet.health.chainId !== undefined && { chainId: fleet.health.chainId }),
      });
      for (const reference of fleet.health.references) {
        const { host } = referenceHost(chain);
        world.region.network.attach(new URL(reference).hostname, 'internet', host);
      }
    }
  },
  people: (world) => {
    for (const name of world.fleets.keys()) world.at(1, () => world.deployNodes(name));
    world.when(
      () => allSynced(world),
      () => {
        const { machine } = world.find(FULL.fleet, FULL.name);
        const usedBytes = machine.volumes.find(({ path }) => path === PATH)?.usedBytes ?? 0;
        machine.write(PATH, 91 * GIB - usedBytes);
        const dead = world.find(DEAD.fleet, DEAD.name);
        // What a copied identity would be: another instance opens what this client was writing.
        dead.machine.disks.data.copiesOpen = 'opens';
        killed(world, dead);
      },
    );
  },
  done: (world) => healed(world, 2) && allSynced(world),
  hours: 6,
  expect: [
    {
      sentence: 'each of 25 coins has its nodes, and each formatted its own volume',
      holds: (_, { current }) =>
        new Set(current.map(({ fleet }) => fleet.name)).size === COINS &&
        current.length === NODES &&
        current.every(({ machine }) => machine.volumes.some(({ path, mounted }) => path === PATH && mounted)),
    },
    {
      sentence: 'no first boot refused anything',
      holds: (_, { nodes }) => nodes.every(({ machine }) => machine.bootRefusal === undefined),
    },
    {
      sentence: 'the full volume grew',
      holds: ({ nodes }) =>
        nodes.some(
          ({ fleet, node, volumes }) => fleet === FULL.fleet && node === FULL.name && (volumes[0]?.sizeGiB ?? 0) > 100,
        ),
    },
    {
      sentence: 'the dead node has another instance, and its own volume',
      holds: (report) =>
        ladderHeals(report).some(
          ({ fleet, node, outcome }) => fleet === DEAD.fleet && node === DEAD.name && outcome === 'healed',
        ),
      undisturbed: true,
    },
    {
      sentence: 'nothing was done to the nodes of the other coins',
      holds: ({ heals }) =>
        heals.every(({ fleet, kind }) => fleet === FULL.fleet || fleet === DEAD.fleet || kind === 'rotate-peers'),
      undisturbed: true,
    },
    {
      sentence: 'each node has its own name in the zone of its coin',
      holds: (_, world) =>
        world.current.every(
          ({ fleet: { dns }, name, machine }) =>
            addressesOf(world, dns?.zone ?? '', name)?.join() === machine.privateIp,
        ),
      undisturbed: true,
    },
    { sentence: 'all are synced in the end', holds: (_, world) => allSynced(world) },
    allHealedInTheEnd,
    nobodyPaged,
  ],
};

const allSynced = ({ current }: World): boolean =>
  current.length === NODES && current.every(({ machine }) => machine.report().state === 'synced');
