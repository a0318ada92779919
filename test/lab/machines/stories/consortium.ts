// The consortium's chain that is deployed from one file: keys, genesis, machines and disks are made by the stack of its nodes, and each node sets itself up.
// The stories next to this file play on it.
import { ask, heightOf, peersOf } from '../chains/cometbft.ts';
import { runOnNode, type StoryGroup, type StoryLog } from '../story.ts';
import type { RealWorld } from '../world.ts';
import { watchSigning } from './cometbft/honest.ts';
import { HOME, idOf } from './consortium/node.ts';
import { sentryDead } from './consortium/sentry-dead.ts';
import { validatorFull } from './consortium/validator-full.ts';
import { wrongVolumes } from './consortium/wrong-volumes.ts';
import { deployed } from './deployed.ts';

const CONSORTIUM = 'consortium';
const VALIDATORS = ['validator1', 'validator2', 'validator3', 'validator4'];
const NODES = [...VALIDATORS, 'sentry1', 'sentry2'];

async function build(world: RealWorld, telling: StoryLog): Promise<void> {
  const { becomes, holds } = telling;
  await deployed(telling, world, CONSORTIUM);
  watchSigning(world, VALIDATORS, HOME);
  const all = () => NODES.map((name) => world.find(name));
  const seen = () =>
    Promise.all(all().map(async (node) => [node.name, await heightOf(node), (await peersOf(node)).length] as const));
  await becomes(
    'the chain comes to blocks, all follow it, and each has three peers or more',
    180,
    async () => (await seen()).every(([, height, peers]) => height >= 5 && peers >= 3),
    seen,
  );
  const genesis = new Set(
    await Promise.all(all().map((node) => runOnNode(node, 'cat "$1/config/genesis.json"', HOME))),
  );
  holds('all have the same genesis', genesis.size === 1, genesis.size);
  const ids = new Set(await Promise.all(all().map(idOf)));
  holds('each is somebody else to its peers', ids.size === NODES.length, [...ids]);
  const { validators } = await ask<{ readonly validators: readonly unknown[] }>(world.find('sentry1'), '/validators');
  holds('the chain has the four validators of the file', validators.length === VALIDATORS.length, validators);
  await becomes('chainmend has given each a name', 180, () =>
    all().every(({ name, privateIp }) =>
      world.region.route53.resolve(`${name}.consortium.internal`, 'A').includes(privateIp),
    ),
  );
  const observed = () => world.observed(CONSORTIUM);
  // A node that was never observed as healthy is refused heals that need a healthy node.
  await becomes(
    'chainmend has seen each of them synced',
    180,
    () => observed().length === NODES.length && observed().every(({ health }) => health === 'synced'),
    observed,
  );
}

export const consortium: StoryGroup = {
  name: 'consortium',
  fleets: [CONSORTIUM],
  releases: { [CONSORTIUM]: { program: 'cometbft', path: 'cometbft' } },
  needs: ['go'],
  build,
  lanes: [[validatorFull, wrongVolumes], [sentryDead]],
};
