// A person asks to restore a validator from an older snapshot of its disk. It is refused, unless the person confirms that no other copy of its key
// runs. Then its data go back, but its signing state does not.
import { FLEET_TAG, LEDGER_TAGS, NODE_TAG } from '../../../../../shared/model/tags.ts';
import { blockAt, CONTAINER, container, DATA_PATH, heightOf } from '../../chains/cometbft.ts';
import { keyOn, signedOn } from '../../chains/cometbft-signing.ts';
import { asked, hasJournalLine, type RealStory, runOnNode } from '../../story.ts';
import type { RealWorld } from '../../world.ts';
import { nobodySignedTwice } from './honest.ts';

const NAME = 'validator4';
const WISH = { kind: 'restore', fleet: 'cometbft', node: NAME };
const BLOCKS = 15;

export const signingState: RealStory = {
  name: 'signing-state',
  sentence: 'A validator is restored from an older snapshot: what it has signed since then is not forgotten.',
  run: async (telling, world) => {
    const { say, becomes, holds } = telling;
    const node = world.find(NAME);
    const volumeId = node.machine.mountedAt(DATA_PATH) ?? '';
    const address = keyOn(node);
    const snapshot = async (ledger: Readonly<Record<string, string>>) => {
      const { SnapshotId } = (await world.region.call('ec2', 'CreateSnapshot', {
        VolumeId: volumeId,
        TagSpecifications: [{ ResourceType: 'snapshot', Tags: tagsOf({ Project: 'cometbft', ...ledger }) }],
      })) as { readonly SnapshotId: string };
      return SnapshotId;
    };
    const running = await container(node);
    const ofRunning = await snapshot({});
    say(NAME, 'a person takes a snapshot of its disk while it runs, and wants it back');
    // What no waiting changes is told to whoever asks; before the fleet has been observed, that comes first.
    let answer = '';
    const isTold = async () => {
      answer = await world.ask({ ...WISH, snapshotId: ofRunning });
      return /is a validator.*no other copy of its key runs/.test(answer);
    };
    await becomes(
      'chainmend refuses: it is a validator, and another copy of its key may run',
      300,
      isTold,
      () => answer,
    );
    const askedMs = world.region.clock.now();
    await becomes(
      'and refuses that snapshot when the person says that no other copy runs',
      300,
      asked(world, { ...WISH, snapshotId: ofRunning, acknowledgesValidator: true }, () =>
        hasJournalLine(world, askedMs, { node: NAME, kind: 'refusal', text: /taken while its client ran/ }),
      ),
      () => linesSince(world, askedMs),
    );
    holds('its client was left alone', (await container(node)) === running);
    holds('and so was its disk', node.machine.mountedAt(DATA_PATH) === volumeId);

    await runOnNode(node, `docker stop -t 30 ${CONTAINER}`);
    const stopped = await container(node);
    holds('it ends cleanly when it is given time', stopped.startsWith('exited 0 '), stopped);
    const inSnapshot = signedOn(node)?.height ?? 0;
    const ofStopped = await snapshot({
      [FLEET_TAG]: 'cometbft',
      [NODE_TAG]: NAME,
      [LEDGER_TAGS.role]: 'data',
      [LEDGER_TAGS.cleanStop]: 'true',
    });
    await runOnNode(node, `docker start ${CONTAINER}`);
    say(NAME, `a person stops it, takes a snapshot at height ${inSnapshot}, says so in its tags, and starts it`);
    await becomes(
      'it signs on',
      180,
      () => (signedOn(node)?.height ?? 0) >= inSnapshot + BLOCKS,
      () => signedOn(node),
    );

    const sinceMs = world.region.clock.now();
    const since = () => linesSince(world, sinceMs);
    const wish = { ...WISH, snapshotId: ofStopped, acknowledgesValidator: true };
    await becomes(
      'asked for that one, chainmend exchanges its disk for one that is made from it',
      400,
      asked(world, wish, () => node.machine.mountedAt(DATA_PATH) !== volumeId),
      since,
    );
    await becomes('its client runs again', 180, async () => /^running/.test(await container(node)));
    const kept = signedOn(node)?.height ?? 0;
    holds(`it has kept what it signed up to height ${kept}`, kept >= inSnapshot + BLOCKS, kept);
    await becomes('it follows the chain', 180, async () => {
      const tip = await heightOf(world.find('validator1'));
      return tip > 0 && (await heightOf(node)) >= tip - 1;
    });
    await becomes('it signs again', 120, async () => {
      const { block } = await blockAt(world.find('validator1'), await heightOf(world.find('validator1')));
      return block.last_commit.signatures.some(({ validator_address }) => validator_address === address);
    });
    // The old data do not have its latest votes. With a signing state as old as the data, the validator would vote again, and differently.
    const forbidden = await runOnNode(
      node,
      `docker logs ${CONTAINER} 2>&1 | grep -c "height regression\\|conflicting data" || true`,
    );
    say(NAME, `its client has wanted to sign ${forbidden} times at heights that it had signed, and was forbidden`);
    await becomes(
      'chainmend says that it healed',
      300,
      () => hasJournalLine(world, sinceMs, { node: NAME, kind: 'outcome' }),
      since,
    );
    holds('its old disk is mounted on no machine', !world.nodes.some(({ machine }) => machine.isMounted(volumeId)));
    await nobodySignedTwice(telling, world, 'validator1');
  },
};

const tagsOf = (tags: Readonly<Record<string, string>>) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

const linesSince = (world: RealWorld, sinceMs: number) =>
  world.journal().filter(({ atMs, node }) => atMs >= sinceMs && node === NAME);
