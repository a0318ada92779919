// The private clique network: a bootnode, sealers and clients, which find each other through the bootnode. The stories next to this file play on it.
// It exists twice: only one node of a fleet is restored or replaced at a time, which takes minutes. A small one has a launch template with user data.
import { enodeOf, gethNode, heightOf, type Installed, makeNetwork, peersOf } from '../chains/geth.ts';
import type { StoryGroup, StoryLog } from '../story.ts';
import type { RealWorld } from '../world.ts';
import { madeFromTemplate } from './fleet.ts';
import { diskLow } from './geth/disk-low.ts';
import { instanceDead } from './geth/instance-dead.ts';
import { instanceTerminated } from './geth/instance-terminated.ts';
import { watchKeys } from './geth/keys.ts';
import { lateCommand } from './geth/late-command.ts';
import { manualRestore } from './geth/manual-restore.ts';
import { nodeReplaced } from './geth/node-replaced.ts';
import { OWN_USER_DATA, ownUserData, USER_DATA_FLEET } from './geth/own-user-data.ts';
import { ownUserDataFails } from './geth/own-user-data-fails.ts';
import { peersEmptied } from './geth/peers-emptied.ts';
import { sealerFrozen } from './geth/sealer-frozen.ts';
import { installedIn, UPGRADE_FLEET, upgrade } from './geth/upgrade.ts';
import { upgradeBad } from './geth/upgrade-bad.ts';

interface Members {
  readonly fleet: string;
  /** The launch template's own; undefined: the image has all that a node needs. */
  readonly userData?: string;
  /** Versions of a template unit; undefined: one version. */
  readonly installed?: Installed;
  readonly sealers: readonly string[];
  readonly clients: readonly string[];
}

async function build(world: RealWorld, members: Members, { say, becomes }: StoryLog): Promise<void> {
  const { fleet, userData, installed, sealers, clients } = members;
  const network = makeNetwork(world, sealers, installed);
  const common = { fleet, setUpByUserData: userData !== undefined, ...(installed && { installed }) };
  const bootnode = await world.node(
    gethNode(network, { ...common, name: 'bootnode1', role: 'bootnode', bootnodes: [], staticNodes: [] }),
  );
  const bootnodes = [enodeOf('bootnode1', bootnode.privateIp)];
  const begin = { ...common, bootnodes, staticNodes: bootnodes };
  await Promise.all([
    ...sealers.map((name) => world.node(gethNode(network, { name, role: 'sealer', ...begin }))),
    ...clients.map((name) => world.node(gethNode(network, { name, role: 'client', ...begin }))),
  ]);
  await madeFromTemplate(world, fleet, userData);
  watchKeys(world);
  const names = ['bootnode1', ...sealers, ...clients];
  say(fleet, `${names.join(', ')} have booted, each with systemd, a volume and an address of its own`);
  const all = () => names.map((name) => world.find(name));
  await becomes(
    'blocks are sealed, and every node follows them and has two peers or more',
    180,
    async () => {
      const heights = await Promise.all(all().map(heightOf));
      const peers = await Promise.all(all().map(peersOf));
      const tip = Math.max(...heights);
      return tip >= 5 && heights.every((height) => height >= tip - 2) && peers.every(({ length }) => length >= 2);
    },
    async () =>
      Promise.all(
        all().map(async (node) => [
          ...[node.name, await heightOf(node), (await peersOf(node)).length],
          (await node.machine.shell(`journalctl --unit 'geth*' --no-pager --output cat | tail -n 3`)).stdout,
        ]),
      ),
  );
  await world.send({ kind: 'reconcile', fleet }, 'chainmend-register-nodes');
  await becomes('chainmend has given each a name', 180, () =>
    all().every(({ name, privateIp }) =>
      world.region.route53.resolve(`${name}.${fleet}.internal`, 'A').includes(privateIp),
    ),
  );
  // A node that was never observed as healthy is refused heals that need a healthy node.
  const observed = () => world.observed(fleet);
  await becomes(
    'chainmend has seen each of them synced',
    180,
    () => observed().length === names.length && observed().every(({ health }) => health === 'synced'),
    observed,
  );
}

export const geth: StoryGroup = {
  name: 'geth',
  fleets: ['geth'],
  needs: ['go'],
  build: (world, telling) =>
    build(
      world,
      { fleet: 'geth', sealers: ['sealer1', 'sealer2', 'sealer3'], clients: ['client1', 'client2'] },
      telling,
    ),
  lanes: [[peersEmptied, manualRestore, lateCommand], [sealerFrozen], [diskLow]],
};

export const gethReplaced: StoryGroup = {
  name: 'geth-replaced',
  fleets: ['geth'],
  needs: ['go'],
  build: (world, telling) =>
    build(
      world,
      { fleet: 'geth', sealers: ['sealer1', 'sealer2'], clients: ['client1', 'client2', 'client3'] },
      telling,
    ),
  lanes: [[nodeReplaced], [instanceDead], [instanceTerminated]],
};

export const gethUserData: StoryGroup = {
  name: 'geth-user-data',
  fleets: [USER_DATA_FLEET],
  needs: ['go'],
  build: (world, telling) =>
    build(
      world,
      { fleet: USER_DATA_FLEET, userData: OWN_USER_DATA, sealers: ['sealer1'], clients: ['client1', 'client2'] },
      telling,
    ),
  // The second one changes the launch template.
  lanes: [[ownUserData, ownUserDataFails]],
};

export const gethUpgrade: StoryGroup = {
  name: 'geth-upgrade',
  fleets: [UPGRADE_FLEET],
  needs: ['go'],
  sweepsOften: true,
  build: (world, telling) =>
    build(
      world,
      { fleet: UPGRADE_FLEET, installed: installedIn(world), sealers: ['sealer1'], clients: ['client1', 'client2'] },
      telling,
    ),
  lanes: [[upgrade, upgradeBad]],
};
