// A full node's process is frozen: it does not follow or answer, but docker reports it as running. Chainmend restarts it.
import { container, freeze, heightOf } from '../../chains/cometbft.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';
import { nobodySignedTwice } from './honest.ts';

export const stuckNode: RealStory = {
  name: 'stuck-node',
  sentence: 'A full node hangs: its process is there and does nothing. It is restarted, and follows the chain again.',
  run: async (telling, world) => {
    const { say, becomes, holds } = telling;
    const node = world.find('follower2');
    const sinceMs = world.region.clock.now();
    const before = await container(node);
    await freeze(node);
    say('follower2', 'its process is frozen (SIGSTOP)');
    await becomes('it answers nobody', 30, async () => (await heightOf(node)) === -1);
    holds('docker calls it running', /^running/.test(await container(node)));
    await becomes('chainmend restarts it', 480, () =>
      hasJournalLine(world, sinceMs, { node: 'follower2', heal: 'replace-node', kind: 'intent', text: /restart/ }),
    );
    await becomes(
      'its container was started again',
      120,
      async () => {
        const now = await container(node);
        return /^running/.test(now) && now !== before;
      },
      () => container(node),
    );
    holds(
      'it is another process',
      /^\d+$/.test(await runOnNode(node, `pgrep -x cometbft`)),
      await runOnNode(node, 'pgrep -ax cometbft || true'),
    );
    await becomes('it has caught up with the validators', 120, async () => {
      const tip = await heightOf(world.find('validator1'));
      return tip > 0 && (await heightOf(node)) >= tip - 1;
    });
    await becomes('chainmend says that it healed', 240, () =>
      hasJournalLine(world, sinceMs, { node: 'follower2', heal: 'replace-node', kind: 'outcome' }),
    );
    await nobodySignedTwice(telling, world, 'validator1');
  },
};
