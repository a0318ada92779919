// A snapshot that is made with a clean stop opens at the height and the hash that its ledger tells; one of a running client does not.
import { readLedger } from '../../../../shared/snapshots/ledger.ts';
import type { StoredContent } from '../../../nodes/content.ts';
import { hashAt, heightOf, openedAt } from '../../chains/litecoin.ts';
import { on, type RealStory } from '../../story.ts';
import type { RealNode, RealWorld } from '../../world.ts';

/** Snapshots of a node's own that a heal of ours has made, oldest first. */
export const cleanSnapshots = ({ region }: RealWorld, name: string) =>
  region.ec2
    .snapshots()
    .map((snapshot) => ({ ...snapshot, ledger: readLedger(region.ec2.tags(snapshot.snapshotId)) }))
    .filter(({ ledger }) => ledger.node === name && ledger.cleanStop)
    .toSorted((a, b) => a.startedAtMs - b.startedAtMs);

/** Where the client of another machine begins with a copy of it; what it says where it does not open it. */
export async function begunWith(world: RealWorld, on: RealNode, content: StoredContent | undefined) {
  return openedAt(on, world.attachCopy(on, content));
}

export const snapshots: RealStory = {
  name: 'clean-snapshot',
  sentence: 'A node gives a snapshot with a clean stop, and it opens at the height and the hash that its ledger tells.',
  run: async ({ say, becomes, holds }, world) => {
    const [donor, miner] = [world.find('node3'), world.find('miner')];
    for (const count of [1, 2]) {
      const before = cleanSnapshots(world, 'node3').length;
      const began = await on(donor, 'date +%s');
      say('node3', `a person asks for a clean snapshot, the ${count === 1 ? 'first' : 'second'}`);
      await becomes(`the snapshot is there, with its ledger (${count})`, 240, async () => {
        if (cleanSnapshots(world, 'node3').length > before) return true;
        await world.send({ kind: 'snapshot', fleet: 'litecoin', node: 'node3' });
        await new Promise((resolve) => setTimeout(resolve, 15_000));
        return cleanSnapshots(world, 'node3').length > before;
      });
      const log = await on(donor, 'journalctl -u "node@*" --since "@$1" -o cat', began);
      holds('its client ended by itself, and said so', log.includes('Shutdown: done'), log.slice(-400));
      await becomes('the donor runs again and follows the chain', 120, async () => {
        const tip = await heightOf(miner);
        return tip > 0 && (await heightOf(donor)) >= tip - 1;
      });
    }
    const taken = cleanSnapshots(world, 'node3').at(-1);
    const { height, blockHash } = taken?.ledger ?? { height: null, blockHash: null };
    const opened = await begunWith(world, miner, taken?.content);
    holds(
      `a client begins with it at height ${height} and hash ${blockHash?.slice(0, 12)}…, as its ledger says`,
      opened.height === height && opened.hash === blockHash,
      opened,
    );
    holds('that is the hash of the chain at this height', blockHash === (await hashAt(miner, height ?? 0)));

    const running = await heightOf(donor);
    const volumeId = donor.machine.mountedAt('/node-data') ?? '';
    const [snapshotId = ''] = world.region.ec2.takeSnapshots([volumeId], { description: 'by hand, of a running node' });
    const found = await begunWith(world, miner, world.region.ec2.snapshot(snapshotId).content);
    holds(
      `a snapshot of the running client at height ${running} does not hold what it had: it begins at ${found.height ?? 'no height'}`,
      found.height === null || found.height < running,
      found,
    );
    say(
      'node3',
      `of a running client a copy begins ${running - (found.height ?? 0)} blocks behind: its state was in memory`,
    );
  },
};
