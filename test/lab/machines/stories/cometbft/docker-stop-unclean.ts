// "docker stop" without a time, or with too short a grace period, kills a client that needs longer. Such a stop is not clean, and no snapshot is kept
// of it.
import { setTimeout } from 'node:timers/promises';
import { readLedger } from '../../../../../shared/snapshots/ledger.ts';
import { blockAt, CONTAINER, container, freeze, heightOf } from '../../chains/cometbft.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';
import { nobodySignedTwice } from './honest.ts';

export const dockerStopUnclean: RealStory = {
  name: 'docker-stop-unclean',
  sentence: 'A client is killed by a hasty stop: no snapshot of it counts as clean until it has ended by itself.',
  run: async (telling, world) => {
    const { say, becomes, holds } = telling;
    const node = world.find('follower1');
    const snapshots = () =>
      world.region.ec2
        .snapshots()
        .map((snapshot) => ({ ...snapshot, ledger: readLedger(world.region.ec2.tags(snapshot.snapshotId)) }))
        .filter(({ ledger }) => ledger.node === 'follower1');
    const since = (atMs: number) => () =>
      world.journal().filter((line) => line.atMs >= atMs && line.node === 'follower1');
    const follows = (sentence: string) =>
      becomes(sentence, 120, async () => {
        const tip = await heightOf(world.find('validator1'));
        return tip > 0 && (await heightOf(node)) >= tip - 1;
      });

    const ended = (atMs: number) =>
      hasJournalLine(world, atMs, { node: 'follower1', kind: 'outcome', heal: 'snapshot-node' });

    await freeze(node);
    say('follower1', 'its client hangs, and a person stops it with "docker stop", which gives it ten seconds');
    await runOnNode(node, `docker stop ${CONTAINER}`);
    const killed = await container(node);
    holds('it was killed: exit status 137', killed.startsWith('exited 137 '), killed);
    await runOnNode(node, `docker start ${CONTAINER}`);
    await follows('it is started again, and catches up with the validators');

    // A person asks again until the node has been observed as healthy, and no other heal has the fleet's turn.
    let sinceMs = world.region.clock.now();
    await becomes(
      'chainmend stops the client for a snapshot, which a person asked for, and which hangs at that moment',
      600,
      async () => {
        const fromMs = world.region.clock.now();
        const written = (line: { readonly kind: 'decision' | 'intent'; readonly text: RegExp }) =>
          within(LOOKS, () => {
            if (hasJournalLine(world, fromMs, { node: 'follower1', kind: 'refusal', heal: 'snapshot-node' }))
              return false;
            return hasJournalLine(world, fromMs, { node: 'follower1', heal: 'snapshot-node', ...line }) || undefined;
          });
        await world.send({ kind: 'snapshot', fleet: 'cometbft', node: 'follower1' });
        if (await written({ kind: 'decision', text: /^stop the client of/ })) {
          // Frozen for longer, the node is seen to be unreachable, and refused.
          await setTimeout(LEAVES_POOL_MS - FROZEN_BEFORE_MS);
          await freeze(node);
          if (await written({ kind: 'intent', text: /^stop the client with its grace/ })) return true;
          await thaw(node);
        }
        await setTimeout(15_000);
        sinceMs = world.region.clock.now();
        return false;
      },
      since(sinceMs),
    );
    await becomes(
      'chainmend says that it did not end cleanly',
      240,
      () =>
        hasJournalLine(world, sinceMs, {
          node: 'follower1',
          heal: 'snapshot-node',
          text: /did not end cleanly.*137|unclean/,
        }),
      since(sinceMs),
    );
    holds('there is no snapshot of it', snapshots().length === 0, snapshots());
    await follows('chainmend has started it again, and it follows');
    await becomes('and says how that ended', 180, () => ended(sinceMs), since(sinceMs));

    sinceMs = world.region.clock.now();
    await becomes(
      'asked when its client is well, chainmend takes a snapshot with a ledger',
      420,
      async () => {
        if (snapshots().length > 0) return true;
        await world.send({ kind: 'snapshot', fleet: 'cometbft', node: 'follower1' });
        await setTimeout(20_000);
        return snapshots().length > 0;
      },
      since(sinceMs),
    );
    const { height, blockHash, cleanStop } = snapshots().at(-1)?.ledger ?? {};
    holds(`its ledger tells of a clean stop at height ${height}`, cleanStop === true && (height ?? 0) > 0, snapshots());
    const chain = (await blockAt(world.find('validator1'), height ?? 0)).block_id.hash.toLowerCase();
    holds('and of the hash that the chain has there', blockHash?.toLowerCase() === chain, { blockHash, chain });
    await follows('the donor runs again, and follows');
    await becomes('chainmend says that it is done', 180, () => ended(sinceMs), since(sinceMs));
    await nobodySignedTwice(telling, world, 'validator1');
  },
};

/** Between its decision and the stop, chainmend waits until no name leads to the node any more. */
const LEAVES_POOL_MS = 20_000;
const FROZEN_BEFORE_MS = 4_000;
const LOOKS = 60;
const LOOK_MS = 500;

/** What the first look that knows says; false where none of them does. */
async function within(looks: number, look: () => boolean | undefined): Promise<boolean> {
  for (let at = 0; at < looks; at++) {
    const seen = look();
    if (seen !== undefined) return seen;
    await setTimeout(LOOK_MS);
  }
  return false;
}

const thaw = (node: Parameters<typeof runOnNode>[0]): Promise<string> => runOnNode(node, 'pkill -CONT -x cometbft');
