// Used if geth cannot be built: a real EVM behind the product's Ethereum client, for what a single node can show.
import { anvilNode } from '../chains/anvil.ts';
import { ask, hashAt, heightOf } from '../chains/geth.ts';
import { type RealStory, runOnNode, type StoryGroup } from '../story.ts';

const seen: RealStory = {
  name: 'anvil-seen',
  sentence: 'The node is seen at the height that it has and with its own block, and as silent when it ends.',
  run: async ({ say, becomes, holds }, world) => {
    const node = world.find('anvil1');
    const look = () => world.observed('anvil').find(({ name }) => name === 'anvil1');
    await becomes('chainmend sees it synced, at a height', 240, () => look()?.health === 'synced', look);
    const { height = null, block, clientVersion = '' } = look() ?? {};
    const now = await heightOf(node);
    holds('it was no higher than it is now', height !== null && height > 0 && height <= now, { height, now });
    holds(
      'it has the block that was seen',
      block !== undefined && (await hashAt(node, block.height)) === block.hash,
      block,
    );
    const itself = await ask<string>(node, 'web3_clientVersion');
    holds('it is called what it calls itself', clientVersion === itself, { clientVersion, itself });
    await becomes('chainmend sees it go on', 180, () => (look()?.height ?? 0) > (height ?? 0));
    await runOnNode(node, 'systemctl stop anvil.service');
    say('anvil1', 'a person stops it');
    await becomes('chainmend sees that nothing listens there', 180, () => look()?.health === 'unreachable', look);
    holds('no height of it is published any more', look()?.height === null, look());
    await runOnNode(node, 'systemctl start anvil.service');
    await becomes('and sees it again when it is started', 240, () => look()?.health === 'synced', look);
  },
};

export const anvil: StoryGroup = {
  name: 'anvil',
  fleets: ['anvil'],
  needs: ['anvil'],
  build: async (world, { becomes }) => {
    const node = await world.node(anvilNode(world, 'anvil1'));
    await becomes('anvil makes blocks', 60, async () => (await heightOf(node)) >= 2);
  },
  lanes: [[seen]],
};
