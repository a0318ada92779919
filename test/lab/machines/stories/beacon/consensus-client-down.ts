// A beacon node hangs, and its geth gets no blocks: the client that is at fault is restarted, and no other.
import { heightOf } from '../../chains/geth.ts';
import { BEACON_UNIT, GETH_UNIT } from '../../chains/prysm.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';

export const consensusClientDown: RealStory = {
  name: 'consensus-client-down',
  sentence: 'Geth stands still because its beacon node hangs: the beacon node is restarted, and geth is left alone.',
  run: async ({ say, becomes, holds }, world) => {
    const [node, sibling] = [world.find('node2'), world.find('node1')];
    const sinceMs = Date.now();
    const mainPid = (unit: string) => runOnNode(node, 'systemctl show -p MainPID --value "$1"', unit);
    const [geth, beacon] = [await mainPid(GETH_UNIT), await mainPid(BEACON_UNIT)];
    await runOnNode(node, 'kill -STOP "$1"', beacon);
    say('node2', 'its beacon node is frozen: SIGSTOP');
    await becomes('its geth falls behind', 120, async () => (await heightOf(sibling)) > (await heightOf(node)) + 3);
    await becomes('chainmend says that its consensus client is the cause', 300, () =>
      hasJournalLine(world, sinceMs, { node: 'node2', heal: 'watch-fleet', text: /consensus client is the cause/ }),
    );
    await becomes('another process of the beacon node runs', 600, async () => {
      const now = await mainPid(BEACON_UNIT);
      return now !== '0' && now !== beacon;
    });
    await becomes('its geth has caught up', 180, async () => (await heightOf(node)) >= (await heightOf(sibling)) - 1);
    await becomes('chainmend says that it healed', 300, () =>
      hasJournalLine(world, sinceMs, { node: 'node2', heal: 'replace-node', kind: 'outcome', act: 'healed' }),
    );
    holds('geth is the process that it was', (await mainPid(GETH_UNIT)) === geth);
    holds(
      'nothing was done to the other node',
      !hasJournalLine(world, sinceMs, { node: 'node1', heal: 'replace-node' }),
    );
    holds('nobody was paged', !hasJournalLine(world, sinceMs, { kind: 'page' }));
  },
};
