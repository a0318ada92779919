// The instance of a client is lost: another one boots from the same launch template, behind the mask, and gets its volume and with it its key.
import { hashAt, heightOf } from '../../chains/geth.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';
import { movedBetween, ranTwice } from '../geth/keys.ts';
import { anotherInstance, dies, isStoppedForGood } from '../lost.ts';
import { HOME, idOf, peersOf, UNIT } from './node.ts';

const NAME = 'client1';

export const clientDead: RealStory = {
  name: 'deployed-client-dead',
  sentence:
    'The instance of a deployed client dies for good: the first boot sets up another one, which gets its volume and no new keys.',
  run: async (telling, world) => {
    const { becomes, holds } = telling;
    const old = world.find(NAME);
    const sinceMs = world.region.clock.now();
    const id = await idOf(old);
    const lost = dies(telling, world, old, HOME);
    const young = await anotherInstance(telling, world, lost);
    const sibling = world.find('sealer1');
    await becomes('it follows the chain', 240, async () => (await heightOf(young)) >= (await heightOf(sibling)) - 3);
    const height = await heightOf(sibling);
    await becomes(
      'it has the same blocks as they',
      60,
      async () => (await hashAt(young, height)) === (await hashAt(sibling, height)),
    );
    await becomes('chainmend says that it healed', 300, () =>
      hasJournalLine(world, sinceMs, { node: NAME, heal: 'replace-node', kind: 'outcome', act: 'healed' }),
    );
    holds('it is the same to its peers as before', (await idOf(young)) === id);
    await becomes('a sealer is connected to it', 120, async () => (await peersOf(sibling)).includes(id));
    const unit = await runOnNode(young, 'systemctl is-enabled "$1"', UNIT);
    holds('its unit is enabled, for the next boot', unit === 'enabled', unit);
    await isStoppedForGood(telling, world, lost, young);
    holds('its key was seen to run on the old one, then on the new one', movedBetween(world, old, young));
    holds('no key ever ran twice at once', ranTwice(world).length === 0, ranTwice(world));
  },
};
