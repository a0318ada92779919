// A snapshot with a clean stop opens at the height and the hash of its ledger; one of a running client does not.

import type { StoredContent } from '../../../../../local/nodes/content.ts';
import { readLedger } from '../../../../../shared/snapshots/ledger.ts';
import { heightOf, type Mining, mine, openedAt } from '../../chains/litecoin.ts';
import { type RealStory, runOnNode, type StoryLog } from '../../story.ts';
import type { RealNode, RealWorld } from '../../world.ts';

/** A snapshot that was taken so shortly before the trouble may already contain it: chainmend does not trust it. */
const TRUSTED_AFTER_MS = 200_000;

/** A node's snapshots that a heal has made, oldest first. */
export const cleanSnapshots = ({ region }: RealWorld, name: string) =>
  region.ec2
    .snapshots()
    .map((snapshot) => ({ ...snapshot, ledger: readLedger(region.ec2.tags(snapshot.snapshotId)) }))
    .filter(({ ledger }) => ledger.node === name && ledger.cleanStop)
    .toSorted((a, b) => a.startedAtMs - b.startedAtMs);

/** The miner of each world. */
export const mining = new WeakMap<RealWorld, Mining>();

/** The height at which another machine's client starts with a copy of the snapshot, and its hash at a height. */
const begunWith = (world: RealWorld, on: RealNode, content: StoredContent | undefined, height: number) =>
  openedAt(on, world.attachCopy(on, content), height);

/** "The maximum per volume CreateSnapshot request rate": one in 15 s, by the region’s clock, which a busy host holds back. */
const SNAPSHOTS_APART_MS = 20_000;
/** More than one block's worth: they are in the memory of the client and of the kernel, and not on the disk yet. */
const BURST_BLOCKS = 30;

/** A person asks again until the fleet is observed and its turn is free. */
const ASKED_EVERY_MS = 20_000;

/** A person asks for a clean snapshot of node3, and gets it. */
export async function taken(world: RealWorld, { say, becomes, holds }: StoryLog, which: string): Promise<void> {
  const [donor, miner] = [world.find('node3'), world.find('miner')];
  const before = cleanSnapshots(world, 'node3').length;
  const began = await runOnNode(donor, 'date +%s');
  let askedMs = 0;
  say('node3', `a person asks for a clean snapshot, ${which}`);
  await becomes(`the snapshot is there, with its ledger (${which})`, 240, async () => {
    const there = cleanSnapshots(world, 'node3').length > before;
    if (!there && Date.now() - askedMs > ASKED_EVERY_MS) {
      askedMs = Date.now();
      await world.send({ kind: 'snapshot', fleet: 'litecoin', node: 'node3' });
    }
    return there;
  });
  const log = await runOnNode(donor, 'journalctl -u "node@*" --since "@$1" -o cat', began);
  holds(`its client ended by itself, and said so (${which})`, log.includes('Shutdown: done'), log.slice(-400));
  await becomes(`the donor runs again (${which})`, 120, async () => {
    const tip = await heightOf(miner);
    return tip > 0 && (await heightOf(donor)) >= tip - 1;
  });
}

/** Until a heal trusts the newest clean snapshot of node3. */
export const trusted = (world: RealWorld, { becomes }: Pick<StoryLog, 'becomes'>, donor = 'node3'): Promise<unknown> =>
  becomes(
    'the snapshots are older than any trouble to come',
    300,
    () => Date.now() - (cleanSnapshots(world, donor).at(-1)?.startedAtMs ?? Date.now()) > TRUSTED_AFTER_MS,
  );

export const snapshots: RealStory = {
  name: 'clean-snapshot',
  sentence: 'A node gives a snapshot with a clean stop, and it opens at the height and the hash that its ledger tells.',
  run: async (telling, world) => {
    const { say, becomes, holds } = telling;
    const [donor, miner, rest] = [world.find('node3'), world.find('miner'), mining.get(world)];
    if (!rest) throw new Error('nobody mines');
    await rest.rest();
    const tip = await heightOf(miner);
    say('litecoin', `no block comes after ${tip}, so that its height can be known exactly`);
    await becomes('chainmend has seen the node at this height', 150, () =>
      world.observed('litecoin').some(({ name, height }) => name === 'node3' && height === tip),
    );
    await taken(world, telling, 'while the chain rests');
    rest.goOn();
    const first = cleanSnapshots(world, 'node3').at(-1);
    const opened = await begunWith(world, miner, first?.content, tip);
    holds(
      `a client begins with it at height ${tip} and with hash ${first?.ledger.blockHash?.slice(0, 12)}…: its ledger's`,
      first?.ledger.height === tip && opened.height === tip && opened.hash === first.ledger.blockHash,
      { ...first?.ledger, opened },
    );
    await taken(world, telling, 'while blocks come');
    const second = cleanSnapshots(world, 'node3').at(-1);
    const { height, blockHash } = second?.ledger ?? { height: null, blockHash: null };
    const more = await begunWith(world, miner, second?.content, height ?? 0);
    holds(
      `of blocks that came meanwhile, one more or less is in the other: it has its ledger's ${height}, and begins there or above`,
      height !== null && more.height !== null && more.height >= height && more.hash === blockHash,
      { height, blockHash, more },
    );

    const volumeId = donor.machine.mountedAt('/node-data') ?? '';
    await becomes(
      'EC2 takes one more snapshot of the volume',
      60,
      () => world.region.clock.now() - (second?.startedAtMs ?? 0) > SNAPSHOTS_APART_MS,
    );
    await mine(miner, BURST_BLOCKS);
    const high = await heightOf(miner);
    await becomes(
      'the donor has all of many blocks that came at once',
      30,
      async () => (await heightOf(donor)) >= high,
    );
    const running = await heightOf(donor);
    const [byHand] = world.region.ec2.takeSnapshots([volumeId], { description: 'by hand, of a running node' });
    say('node3', `a person takes a snapshot of it at height ${running}, while its client runs`);
    const found = await begunWith(world, miner, world.region.ec2.snapshot(byHand ?? '').content, running);
    holds(
      `a snapshot of the running client, taken at height ${running}, does not hold that: a client begins at ${found.height ?? 'no height'}`,
      found.height === null || found.height < running,
      found,
    );
  },
};
