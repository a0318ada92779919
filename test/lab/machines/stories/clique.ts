// The private geth chain that is deployed from one file: keys, accounts, genesis, machines and disks are made by the stack of its nodes, and each node sets
// itself up. The stories next to this file play on it.
import { heightOf } from '../chains/geth.ts';
import { runOnNode, type StoryGroup, type StoryLog } from '../story.ts';
import type { RealWorld } from '../world.ts';
import { clientDead } from './clique/client-dead.ts';
import { accountOn, HOME, idOf, peersOf, sealed } from './clique/node.ts';
import { sealerFull } from './clique/sealer-full.ts';
import { deployed } from './deployed.ts';
import { watchKeys } from './geth/keys.ts';

const FLEET = 'clique';
const SEALERS = ['sealer1', 'sealer2', 'sealer3'];
const NODES = ['bootnode1', ...SEALERS, 'client1', 'client2'];

async function build(world: RealWorld, telling: StoryLog): Promise<void> {
  const { becomes, holds } = telling;
  await deployed(telling, world, FLEET);
  watchKeys(world, HOME);
  const all = () => NODES.map((name) => world.find(name));
  const seen = () =>
    Promise.all(all().map(async (node) => [node.name, await heightOf(node), (await peersOf(node)).length] as const));
  await becomes(
    'blocks are sealed, and every node follows them and has two peers or more',
    240,
    async () => {
      const now = await seen();
      const tip = Math.max(...now.map(([, height]) => height));
      return tip >= 8 && now.every(([, height, peers]) => height >= tip - 2 && peers >= 2);
    },
    seen,
  );
  const genesis = new Set(await Promise.all(all().map((node) => runOnNode(node, 'cat "$1/genesis.json"', HOME))));
  holds('all have the same genesis', genesis.size === 1, genesis.size);
  const ids = new Set(await Promise.all(all().map(idOf)));
  holds('each is somebody else to its peers', ids.size === NODES.length, [...ids]);
  const accounts = await Promise.all(SEALERS.map((name) => accountOn(world.find(name))));
  await becomes(
    'the three sealers of the file seal in turn, each with its own account',
    60,
    async () => {
      const activity = await sealed(world.find('client2'));
      return (
        Object.keys(activity).length === SEALERS.length && accounts.every((account) => (activity[account] ?? 0) > 0)
      );
    },
    async () => [accounts, await sealed(world.find('client2'))],
  );
  for (const name of NODES.filter((other) => !SEALERS.includes(other))) {
    const keystore = await runOnNode(world.find(name), 'ls -A "$1/keystore"', HOME);
    holds(`${name} has no account`, keystore === '', keystore);
  }
  await becomes('chainmend has given each a name', 180, () =>
    all().every(({ name, privateIp }) =>
      world.region.route53.resolve(`${name}.clique.internal`, 'A').includes(privateIp),
    ),
  );
  const observed = () => world.observed(FLEET);
  // A node that was never observed as healthy is refused heals that need a healthy node.
  await becomes(
    'chainmend has seen each of them synced',
    180,
    () => observed().length === NODES.length && observed().every(({ health }) => health === 'synced'),
    observed,
  );
}

export const clique: StoryGroup = {
  name: 'clique',
  fleets: [FLEET],
  releases: { [FLEET]: { program: 'geth', path: 'geth-linux-amd64-1.13.15-c5ba367e/geth' } },
  needs: ['go'],
  build,
  lanes: [[sealerFull], [clientDead]],
};
