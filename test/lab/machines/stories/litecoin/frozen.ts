// A frozen client does not answer and does not react to a stop: it is restarted in place.
import { heightOf, UNIT } from '../../chains/litecoin.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';

export const frozen: RealStory = {
  name: 'node-frozen',
  sentence: 'A frozen client (SIGSTOP) is restarted, on the data that it has.',
  run: async ({ say, becomes, holds }, world) => {
    const node = world.find('node1');
    const sinceMs = Date.now();
    const volumeId = node.machine.mountedAt('/node-data');
    const mainPid = () => runOnNode(node, `systemctl show -p MainPID --value ${UNIT}`);
    const before = await mainPid();
    await runOnNode(node, 'kill -STOP "$1"', before);
    say('node1', 'its client is frozen: SIGSTOP');
    await becomes('chainmend says that it is unreachable', 180, () =>
      hasJournalLine(world, sinceMs, { node: 'node1', text: /unreachable/ }),
    );
    await becomes('another process of the client runs', 1_200, async () => {
      const now = await mainPid();
      return now !== '0' && now !== before;
    });
    await becomes('the node has caught up with the miner', 120, async () => {
      const tip = await heightOf(world.find('miner'));
      return tip > 0 && (await heightOf(node)) >= tip - 1;
    });
    holds('it is on the data that it had', node.machine.mountedAt('/node-data') === volumeId);
    await becomes('chainmend says that it healed', 240, () =>
      hasJournalLine(world, sinceMs, { node: 'node1', heal: 'replace-node', kind: 'outcome', act: 'healed' }),
    );
  },
};
