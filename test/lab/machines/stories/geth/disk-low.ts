// A disk with little free space: geth ends by itself before the disk is full, as if asked to, and systemd does not restart it. The disk is the cause.
import { DATA_PATH, heightOf, LEAST_FREE_MIB, UNIT } from '../../chains/geth.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';

/** Leaves half of the free space that geth needs. */
const FILL = `free=$(($(stat -f -c '%a * %S' "$1") / 1048576)); fallocate -l "$((free - $2 / 2))M" "$1/core"`;

export const diskLow: RealStory = {
  name: 'disk-low',
  sentence:
    'A client ends itself because its disk has little left: the volume is grown, and it is started, though it had ended well.',
  run: async ({ say, becomes, holds }, world) => {
    const node = world.find('bootnode1');
    const sinceMs = Date.now();
    const volumeId = node.machine.mountedAt(DATA_PATH);
    const blocks = async () => Number(await runOnNode(node, 'stat -f -c %b "$1"', DATA_PATH));
    const before = await blocks();
    await runOnNode(node, FILL, DATA_PATH, String(LEAST_FREE_MIB));
    say('bootnode1', `something leaves ${LEAST_FREE_MIB / 2} MiB of ${DATA_PATH}`);
    await becomes(
      'geth has ended itself, and well, as systemd sees it',
      120,
      async () =>
        /ActiveState=inactive\nResult=success/.test(
          await runOnNode(node, `systemctl show --property ActiveState,Result ${UNIT} | sort`),
        ),
      () => runOnNode(node, `systemctl show --property ActiveState,Result ${UNIT}; df "$1"`, DATA_PATH),
    );
    holds(
      'it says that it was the disk',
      /Low disk space/.test(await runOnNode(node, `journalctl --unit ${UNIT} --output cat --no-pager`)),
    );
    await becomes('the filesystem is larger than it was', 480, async () => (await blocks()) > before);
    holds('it is the same volume, never unmounted', node.machine.mountedAt(DATA_PATH) === volumeId);
    await becomes(
      'geth runs again and follows',
      180,
      async () => (await heightOf(node)) >= (await heightOf(world.find('sealer1'))) - 3,
    );
    await becomes('chainmend says that it healed', 180, () =>
      hasJournalLine(world, sinceMs, { node: 'bootnode1', heal: 'resize-volume', kind: 'outcome', act: 'healed' }),
    );
    holds(
      'nobody was told that a person had stopped it',
      !hasJournalLine(world, sinceMs, { node: 'bootnode1', code: 'client-stopped' }),
    );
    await runOnNode(node, 'rm -f -- "$1/core"', DATA_PATH);
  },
};
