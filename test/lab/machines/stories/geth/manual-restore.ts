// A person takes a clean snapshot, restores a node from it and then cancels. The client finds the height and hash of the snapshot's ledger.
import { LEDGER_TAGS } from '../../../../../shared/model/tags.ts';
import { DATA_PATH, hashAt, heightOf, UNIT } from '../../chains/geth.ts';
import { asked, hasJournalLine, type RealStory, runOnNode } from '../../story.ts';

/** geth's first line about its chain after a start: "Loaded most recent local block  number=1,234 hash=…". */
const LOADED = `journalctl --unit ${UNIT} --output cat --no-pager --since "@$1" | sed -n 's/.*Loaded most recent local block *number=\\([0-9,]*\\).*/\\1/p' | tail -n 1`;

const NODE = { fleet: 'geth', node: 'client1' } as const;

export const manualRestore: RealStory = {
  name: 'manual-restore',
  sentence:
    'A person takes a clean snapshot, restores the node from it, and undoes that: each time the very volume, and the chain goes on.',
  run: async ({ say, becomes, holds }, world) => {
    const node = world.find('client1');
    const sibling = world.find('sealer1');
    const { ec2 } = world.region;
    const { instanceId, machine } = node;
    const first = machine.mountedAt(DATA_PATH);
    const healed = (sinceMs: number, heal: string) => () =>
      hasJournalLine(world, sinceMs, { node: 'client1', heal, kind: 'outcome', act: 'healed' });
    const follows = async () => (await heightOf(node)) >= (await heightOf(sibling)) - 3;

    await becomes(
      'chainmend sees it synced',
      180,
      () => world.observed('geth').find(({ name }) => name === 'client1')?.health === 'synced',
    );
    let sinceMs = Date.now();
    say('client1', 'a person asks for a clean snapshot');
    await becomes(
      'chainmend says that it has taken one',
      420,
      asked(world, { ...NODE, kind: 'snapshot' }, healed(sinceMs, 'snapshot-node')),
    );
    const snapshots = ec2
      .snapshots()
      .filter(({ volumeId, startedAtMs }) => volumeId === first && startedAtMs >= sinceMs);
    const [snapshot] = snapshots;
    holds('there is one snapshot of its volume', snapshots.length === 1, snapshots);
    if (!snapshot) return;
    const tags = ec2.tags(snapshot.snapshotId);
    const height = Number(tags[LEDGER_TAGS.height]);
    const hash = tags[LEDGER_TAGS.blockHash];
    holds('its ledger says that the client had ended cleanly', tags[LEDGER_TAGS.cleanStop] === 'true', tags);
    holds('its ledger’s block is the one that a sealer has at that height', (await hashAt(sibling, height)) === hash, {
      height,
      hash,
    });
    await becomes('the client runs again and follows', 120, follows);
    await becomes('the chain goes on for ten blocks', 120, async () => (await heightOf(node)) >= height + 10);

    sinceMs = Date.now();
    const before = await heightOf(node);
    say('client1', `a person restores it from ${snapshot.snapshotId}, ${before - height} blocks ago`);
    const copy = () => {
      const mounted = machine.mountedAt(DATA_PATH);
      return mounted !== undefined && mounted !== first ? mounted : undefined;
    };
    await becomes(
      'another volume is mounted in its data’s place',
      420,
      asked(world, { ...NODE, kind: 'restore', snapshotId: snapshot.snapshotId }, () => copy() !== undefined),
      () => runOnNode(node, 'findmnt --real; cat /etc/fstab'),
    );
    holds('it was made from that snapshot', ec2.volume(copy() ?? '').snapshotId === snapshot.snapshotId);
    await becomes(
      'geth has begun with the chain of the snapshot',
      60,
      async () => {
        const loaded = Number((await runOnNode(node, LOADED, String(Math.floor(sinceMs / 1_000)))).replaceAll(',', ''));
        return loaded >= height && loaded < before;
      },
      () => runOnNode(node, LOADED, String(Math.floor(sinceMs / 1_000))),
    );
    await becomes(
      'it has the ledger’s block at the ledger’s height',
      60,
      async () => (await hashAt(node, height)) === hash,
    );
    await becomes('it catches up', 180, follows);
    await becomes('chainmend says that it healed', 300, healed(sinceMs, 'replace-node'));
    const restored = copy();

    sinceMs = Date.now();
    say('client1', 'a person wants the old volume back');
    await becomes(
      'the old volume is mounted again',
      420,
      asked(world, { ...NODE, kind: 'undo' }, () => machine.mountedAt(DATA_PATH) === first),
      () => runOnNode(node, 'findmnt --real; cat /etc/fstab'),
    );
    await becomes('it catches up from there', 180, follows);
    await becomes('chainmend says that it healed once more', 300, healed(sinceMs, 'replace-node'));
    holds(
      'the other volume is kept, attached to nothing',
      restored !== undefined && ec2.volume(restored).attachment === undefined,
    );
    holds('it is the same instance all along', world.find('client1').instanceId === instanceId);
    const lines = await runOnNode(node, `grep -c " ${DATA_PATH} " /etc/fstab`);
    holds('/etc/fstab names one volume for its data', lines === '1', await runOnNode(node, 'cat /etc/fstab'));
  },
};
