// A data volume is not mounted any more, and the client finds an empty folder. A copy of a good snapshot is mounted where the volume should be.
import { DATA_PATH, heightOf, UNIT } from '../../chains/litecoin.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';
import { cleanSnapshots, taken, trusted } from './snapshots.ts';

/** Lazily, as `umount` of a busy filesystem has to be; the client that still has it open is killed. */
const UNMOUNT = `
umount --lazy "$1" && kill -KILL "$(systemctl show -p MainPID --value "$2")"`;

export const unmountedData: RealStory = {
  name: 'unmounted-data',
  sentence:
    'A data volume is not mounted any more and the client cannot start: a copy of the newest good snapshot is mounted there.',
  run: async (telling, world) => {
    const { say, becomes, holds } = telling;
    const node = world.find('node2');
    // The stories before it have left some, unless it is played alone.
    if (cleanSnapshots(world, 'node3').length === 0) await taken(world, telling, 'before the trouble');
    await trusted(world, telling);
    const sinceMs = Date.now();
    const found = node.machine.mountedAt(DATA_PATH) ?? '';
    await runOnNode(node, UNMOUNT, DATA_PATH, UNIT);
    say('node2', `${DATA_PATH} is unmounted under its client, which is killed`);
    // Without its configuration the client begins a mainnet of its own in the empty folder, or ends at once.
    await becomes('its client answers no more', 60, async () => (await heightOf(node)) < 0);
    holds('nothing is mounted there', node.machine.mountedAt(DATA_PATH) === undefined);
    const mounted = () => {
      const volumeId = node.machine.mountedAt(DATA_PATH);
      return world.region.ec2.volumes().find((volume) => volume.volumeId === volumeId);
    };
    // Its fleet gives one node other data at a time, and the newest snapshot may be a bad one.
    await becomes('another volume is mounted there', 1_200, () => {
      const volume = mounted();
      return volume !== undefined && volume.volumeId !== found;
    });
    const sources = cleanSnapshots(world, 'node3').map(({ snapshotId }) => snapshotId);
    holds('it was made from a clean snapshot', sources.includes(mounted()?.snapshotId ?? ''), mounted()?.snapshotId);
    await becomes('the node has caught up with the miner', 400, async () => {
      const tip = await heightOf(world.find('miner'));
      return tip > 0 && (await heightOf(node)) >= tip - 1;
    });
    await becomes('chainmend says that it healed', 300, () =>
      hasJournalLine(world, sinceMs, { node: 'node2', heal: 'replace-node', kind: 'outcome', act: 'healed' }),
    );
    const kept = world.region.ec2.volumes().some(({ volumeId }) => volumeId === found);
    holds('the volume that was found is kept, off the node', kept && node.machine.contentOf(found) === undefined);
  },
};
