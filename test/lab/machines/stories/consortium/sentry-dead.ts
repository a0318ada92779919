// The instance of a sentry is lost: another one boots from the same launch template, behind the mask, and gets its volume and with it its key.
import { heightOf, peersOf } from '../../chains/cometbft.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';
import { nobodySignedTwice } from '../cometbft/honest.ts';
import { anotherInstance, dies, isStoppedForGood } from '../lost.ts';
import { HOME, idOf } from './node.ts';

const NAME = 'sentry1';

export const sentryDead: RealStory = {
  name: 'deployed-sentry-dead',
  sentence:
    'The instance of a deployed sentry dies for good: the first boot sets up another one, which gets its volume and no new keys.',
  run: async (telling, world) => {
    const { becomes, holds } = telling;
    const old = world.find(NAME);
    const sinceMs = world.region.clock.now();
    const id = await idOf(old);
    const lost = dies(telling, world, old, HOME);
    const young = await anotherInstance(telling, world, lost);
    await becomes('it follows the chain', 240, async () => {
      const tip = await heightOf(world.find('validator1'));
      return tip > 0 && (await heightOf(young)) >= tip - 1;
    });
    await becomes('chainmend says that it healed', 300, () =>
      hasJournalLine(world, sinceMs, { node: NAME, heal: 'replace-node', kind: 'outcome', act: 'healed' }),
    );
    holds('it is the same to its peers as before', (await idOf(young)) === id);
    await becomes('a validator is connected to it', 120, async () =>
      (await peersOf(world.find('validator1'))).includes(id),
    );
    const unit = await runOnNode(young, 'systemctl is-enabled cometbft.service');
    holds('its unit is enabled, for the next boot', unit === 'enabled', unit);
    await isStoppedForGood(telling, world, lost, young);
    await nobodySignedTwice(telling, world, 'sentry2');
  },
};
