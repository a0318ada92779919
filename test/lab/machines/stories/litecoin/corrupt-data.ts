// No client opens the data any more. The newest clean snapshot is bad, too, which is not known yet. The next one is good, and the node catches up.

import { heightOf, UNIT } from '../../chains/litecoin.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';
import { cleanSnapshots, trusted } from './snapshots.ts';
import { SPOIL, spoilSnapshot } from './spoil.ts';

export const corruptData: RealStory = {
  name: 'corrupt-data',
  sentence:
    'Chain data are overwritten and the newest snapshot is bad: the next one is restored, and the node catches up.',
  run: async (telling, world) => {
    const { say, becomes, holds } = telling;
    const node = world.find('node3');
    const [good, bad] = cleanSnapshots(world, 'node3').slice(-2);
    if (!good || !bad) throw new Error('node3 has given no two clean snapshots');
    await spoilSnapshot(world, bad.snapshotId);
    say('node3', `its newest snapshot ${bad.snapshotId} is bad, and nobody knows`);
    await trusted(world, telling);
    const sinceMs = Date.now();
    const found = node.machine.mountedAt('/node-data') ?? '';
    const height = await heightOf(node);
    await runOnNode(node, SPOIL, '/node-data');
    await runOnNode(node, 'kill -KILL "$(systemctl show -p MainPID --value "$1")"', UNIT);
    say('node3', 'its block index and chain state are overwritten, and its client is killed');
    await becomes('its client comes up no more', 60, async () =>
      /auto-restart|failed/.test(await runOnNode(node, `systemctl show -p ActiveState -p SubState ${UNIT}`)),
    );
    const source = (): string => {
      const volumeId = world.find('node3').machine.mountedAt('/node-data') ?? '';
      return world.region.ec2.volumes().find((volume) => volume.volumeId === volumeId)?.snapshotId ?? '';
    };
    await becomes('the bad snapshot is tried', 1_200, () => source() === bad.snapshotId);
    await becomes('and given up for the next one', 240, () => source() === good.snapshotId);
    await becomes('the node has caught up with the miner', 180, async () => {
      const tip = await heightOf(world.find('miner'));
      return tip > 0 && (await heightOf(node)) >= tip - 1;
    });
    const log = await runOnNode(node, 'grep -h "Loaded best chain" /node-data/regtest/debug.log | tail -n 1');
    holds(
      `it began at the ledger's height ${good.ledger.height}, below ${height}`,
      log.includes(`height=${good.ledger.height} `) && log.includes(String(good.ledger.blockHash)),
      log,
    );
    await becomes('chainmend says that it healed', 300, () =>
      hasJournalLine(world, sinceMs, { node: 'node3', heal: 'replace-node', kind: 'outcome', act: 'healed' }),
    );
    const kept = world.region.ec2.volumes().find(({ volumeId }) => volumeId === found);
    holds(
      'the volume that was found is kept, off the node',
      kept !== undefined && node.machine.contentOf(found) === undefined,
    );
  },
};
