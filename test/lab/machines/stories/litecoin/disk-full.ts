// A disk runs full and kills its client. The volume and the filesystem are grown; the client starts again and catches up.
import { cli, DATA_PATH, heightOf, UNIT } from '../../chains/litecoin.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';
import { FILL } from '../fill.ts';

export const diskFull: RealStory = {
  name: 'disk-full',
  sentence: 'A full disk kills a client: the volume is grown online, and the node comes back and catches up.',
  run: async ({ say, becomes, holds }, world) => {
    const node = world.find('node2');
    const sinceMs = Date.now();
    const volumeId = node.machine.mountedAt(DATA_PATH);
    const blocks = async () => Number(await runOnNode(node, 'stat -f -c %b "$1"', DATA_PATH));
    const before = await blocks();
    await runOnNode(node, FILL, DATA_PATH);
    say('node2', `something fills ${DATA_PATH} to the last block`);
    // The client writes like this without a request each hour, and at each new block file.
    cli(node, 'gettxoutsetinfo').catch(() => {
      // The client dies of it, as it should.
    });
    await becomes('the client dies of it', 120, async () =>
      /failed|auto-restart/.test(await runOnNode(node, `systemctl show -p ActiveState -p SubState ${UNIT}`)),
    );
    await becomes('chainmend decides to grow the volume', 400, () =>
      hasJournalLine(world, sinceMs, { node: 'node2', heal: 'resize-volume' }),
    );
    await becomes('the filesystem is larger than it was', 180, async () => (await blocks()) > before);
    holds('it is the same volume, never unmounted', node.machine.mountedAt(DATA_PATH) === volumeId);
    await becomes('the client runs again', 120, async () =>
      /^active$/m.test(await runOnNode(node, `systemctl is-active ${UNIT} || true`)),
    );
    await becomes('the node has caught up with the miner', 180, async () => {
      const tip = await heightOf(world.find('miner'));
      return tip > 0 && (await heightOf(node)) >= tip - 1;
    });
    await becomes('chainmend says that it healed', 120, () =>
      hasJournalLine(world, sinceMs, { node: 'node2', heal: 'resize-volume', kind: 'outcome', act: 'healed' }),
    );
    await runOnNode(node, 'rm -f -- "$1"/core*', DATA_PATH);
  },
};
