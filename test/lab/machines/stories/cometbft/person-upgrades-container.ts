// A person stops and removes a container to upgrade it, and takes longer than chainmend waits before it heals a sick node. What a person has stopped
// stays stopped.
import { CONTAINER, container, heightOf, runContainer } from '../../chains/cometbft.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';

/** Longer than the four minutes after which a sick node gets a heal. */
const UPGRADE_SECONDS = 320;
/** It takes four minutes on an idle machine; the stories of two other networks may run beside this one. */
const SEEN_WITHIN_SECONDS = 600;
const LINES_SHOWN = 20;

export const personUpgradesContainer: RealStory = {
  name: 'person-upgrades-container',
  sentence: 'A person stops and removes a container, and runs a new one minutes later: nobody interferes.',
  run: async ({ say, becomes, holds }, world) => {
    const node = world.find('follower2');
    const sinceMs = Date.now();
    const volumeId = node.machine.mountedAt('/data');
    await runOnNode(node, `docker stop --time 30 ${CONTAINER} && docker rm ${CONTAINER}`);
    say('follower2', 'a person has stopped its container and removed it');
    await becomes(
      'chainmend sees that somebody may be at it',
      SEEN_WITHIN_SECONDS,
      () => hasJournalLine(world, sinceMs, { node: 'follower2', heal: 'replace-node', kind: 'refusal' }),
      () =>
        world
          .journal()
          .filter(({ atMs }) => atMs >= sinceMs)
          .map(({ node: of, heal, kind, sentence }) => `${of} ${heal} ${kind} ${sentence}`)
          .slice(-LINES_SHOWN),
    );
    await becomes(
      'the person takes their time',
      UPGRADE_SECONDS + 30,
      () => Date.now() - sinceMs > UPGRADE_SECONDS * 1_000,
    );
    holds(
      'nothing was changed meanwhile',
      !hasJournalLine(world, sinceMs, {
        node: 'follower2',
        heal: 'replace-node',
        kind: 'intent',
        text: /restart|stop|start|launch|attach|detach|make/,
      }),
    );
    holds(
      'the node still has no container',
      (await runOnNode(node, `docker ps -a --filter name=^${CONTAINER}$ --format x`)) === '',
    );
    await runContainer(node);
    say('follower2', 'the person runs the new one');
    await becomes('it follows the chain again', 240, async () => {
      const tip = await heightOf(world.find('validator1'));
      return tip > 0 && (await heightOf(node)) >= tip - 1;
    });
    const upgraded = await container(node);
    const upgradedMs = Date.now();
    await becomes('two more minutes go by', 150, () => Date.now() - upgradedMs > 120_000);
    holds('the new container is as the person made it', (await container(node)) === upgraded);
    holds('it is on the same volume', node.machine.mountedAt('/data') === volumeId);
  },
};
