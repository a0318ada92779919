// A full node's list of peers is emptied, and its address book is lost. It gets a list of peers, is restarted as its fleet allows, and connects.
import { CONFIG, CONTAINER, container, HOME, heightOf, peersOf } from '../../chains/cometbft.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';
import { nobodySignedTwice } from './honest.ts';

const listOf = 'sed -n \'s/^persistent_peers = "\\(.*\\)"/\\1/p\' "$1"';

const ASKED_EVERY_MS = 90_000;

export const peerListEmptied: RealStory = {
  name: 'peer-list-emptied',
  sentence: 'A full node is left without peers and without a list: it is given one, and follows the chain again.',
  run: async (telling, world) => {
    const { say, becomes, holds } = telling;
    const node = world.find('follower1');
    const sinceMs = world.region.clock.now();
    let askedMs = sinceMs;
    // rotate-peers runs every five minutes, or when a person asks. A request counts only after the client has started.
    const insist = async (): Promise<void> => {
      if (Date.now() - askedMs < ASKED_EVERY_MS) return;
      askedMs = Date.now();
      await world.send({ kind: 'rotate', fleet: 'cometbft' }, 'chainmend-rotate-peers');
    };
    const comments = () => runOnNode(node, 'grep -c "^#" "$1"', CONFIG);
    const commentsBefore = await comments();
    // The client writes its address book once more when it ends.
    await runOnNode(
      node,
      `docker stop -t 30 ${CONTAINER} && sed -i 's/^persistent_peers = .*/persistent_peers = ""/' ${CONFIG} &&
       rm -f ${HOME}/config/addrbook.json && docker start ${CONTAINER}`,
    );
    say('follower1', 'somebody rolls out a configuration without peers and restarts it');
    await becomes(
      'it answers and has no peer',
      60,
      async () => (await heightOf(node)) > 0 && (await peersOf(node)).length === 0,
      () => peersOf(node),
    );
    const startedBefore = await container(node);
    await becomes('chainmend sees that it has none, and names some', 420, async () => {
      await insist();
      return hasJournalLine(world, sinceMs, { node: 'follower1', heal: 'rotate-peers', kind: 'intent', text: /write/ });
    });
    await becomes(
      'its own configuration names three or more',
      120,
      async () => (await runOnNode(node, listOf, CONFIG)).split(',').length >= 3,
      () => runOnNode(node, listOf, CONFIG),
    );
    holds('and every comment in it is where it was', (await comments()) === commentsBefore);
    await becomes('its client was restarted to take the list', 420, async () => {
      await insist();
      return (await container(node)) !== startedBefore;
    });
    await becomes(
      'it is connected to three peers or more',
      120,
      async () => (await peersOf(node)).length >= 3,
      () => peersOf(node),
    );
    await becomes('it has caught up with the validators', 120, async () => {
      const tip = await heightOf(world.find('validator1'));
      return tip > 0 && (await heightOf(node)) >= tip - 1;
    });
    await becomes('chainmend says that it has its peers', 180, () =>
      hasJournalLine(world, sinceMs, {
        node: 'follower1',
        heal: 'rotate-peers',
        kind: 'outcome',
        // A run that waits for its client's start has an outcome, too, but has no result yet.
        text: /^\d+ peers, .*restarted/,
      }),
    );
    await nobodySignedTwice(telling, world, 'validator1');
  },
};
