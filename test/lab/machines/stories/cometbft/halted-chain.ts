// A person stops two of four validators: the chain halts. People are paged; no node is restarted or replaced until the validators are started again.
import { CONTAINER, container, heightOf } from '../../chains/cometbft.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';
import { nobodySignedTwice } from './honest.ts';

const STOPPED = ['validator1', 'validator2'] as const;
const OTHERS = ['validator3', 'validator4', 'follower1'] as const;
/** Rounds that do not end, or blocks that do not come: whichever is seen first. */
const TOLD = ['chain-halted', 'own-chain-halted', 'consensus-halted'];
/** Commands that raise a node's fence and read its state, or write a list of peers for its next start. */
const HARMLESS = /^(ask the node|write \d+ peers$)/;
/** A node that is sick for four minutes is healed without an alarm: after this time no node may have been healed. */
const WATCHED_MS = 250_000;

export const haltedChain: RealStory = {
  name: 'halted-chain',
  sentence: 'Two of four validators are stopped and the chain halts: people are told, and nobody is restarted.',
  run: async (telling, world) => {
    const { say, becomes, holds } = telling;
    const sinceMs = world.region.clock.now();
    const others = OTHERS.map((name) => world.find(name));
    await Promise.all(STOPPED.map((name) => runOnNode(world.find(name), `docker stop -t 30 ${CONTAINER}`)));
    say('cometbft', 'a person stops two of four validators');
    const stopped = await Promise.all(STOPPED.map((name) => container(world.find(name))));
    holds(
      'they have ended cleanly',
      stopped.every((each) => /^exited 0 /.test(each)),
      stopped,
    );
    const running = await Promise.all(others.map(container));
    const height = await heightOf(world.find('validator3'));
    await becomes(
      'people are told that the chain stands still',
      300,
      () => TOLD.some((code) => hasJournalLine(world, sinceMs, { kind: 'page', code })),
      () =>
        world
          .journal()
          .filter(({ atMs }) => atMs >= sinceMs)
          .slice(-10),
    );
    await becomes('some minutes go by', WATCHED_MS / 1000 + 60, () => world.region.clock.now() - sinceMs > WATCHED_MS);
    holds('no block was made', (await heightOf(world.find('validator3'))) <= height + 1);
    holds(
      'no client was restarted',
      JSON.stringify(await Promise.all(others.map(container))) === JSON.stringify(running),
      running,
    );
    const now = await Promise.all(STOPPED.map((name) => container(world.find(name))));
    holds('and what a person stopped stays stopped', JSON.stringify(now) === JSON.stringify(stopped), now);
    const begun = world
      .journal()
      .filter(
        ({ atMs, kind, node, sentence }) =>
          atMs >= sinceMs && kind === 'intent' && node !== '-' && !HARMLESS.test(sentence),
      );
    holds('chainmend has begun nothing that any client would feel', begun.length === 0, begun);
    await Promise.all(STOPPED.map((name) => runOnNode(world.find(name), `docker start ${CONTAINER}`)));
    say('cometbft', 'they are started again');
    await becomes('the chain goes on', 120, async () => (await heightOf(world.find('follower1'))) > height + 5);
    await nobodySignedTwice(telling, world, 'follower1');
  },
};
