// A person has a clean snapshot taken of a validator while the others go on without it. Later its data cannot be opened any more: the person has it
// restored from that snapshot, and its signing state stays the one of the broken disk, which is newer.
import { LEDGER_TAGS } from '../../../../../shared/model/tags.ts';
import { readLedger } from '../../../../../shared/snapshots/ledger.ts';
import { blockAt, CONTAINER, container, DATA_PATH, HOME, heightOf } from '../../chains/cometbft.ts';
import { keyOn, signedOn } from '../../chains/cometbft-signing.ts';
import { asked, hasJournalLine, type RealStory, runOnNode } from '../../story.ts';
import { nobodySignedTwice } from './honest.ts';

const NAME = 'validator3';
const OTHERS = ['validator1', 'validator2'] as const;
const SUBJECT = { fleet: 'cometbft', node: NAME } as const;
const BLOCKS = 15;

/** What a power cut can do to LevelDB: the lists of its files are not readable. */
const BREAK = `docker stop -t 30 ${CONTAINER} >/dev/null
for list in "$1"/data/blockstore.db/MANIFEST-* "$1"/data/state.db/MANIFEST-*; do head -c 4096 /dev/urandom >"$list"; done
docker start ${CONTAINER} >/dev/null`;

export const validatorWayBack: RealStory = {
  name: 'validator-way-back',
  sentence:
    'A validator gives a clean snapshot while the others go on, its data break, and it is restored: what it has signed is not forgotten.',
  run: async (telling, world) => {
    const { say, becomes, holds } = telling;
    const node = world.find(NAME);
    const witness = world.find('validator1');
    const { ec2, clock } = world.region;
    const beganMs = clock.now();
    const volumeId = node.machine.mountedAt(DATA_PATH);
    const address = keyOn(node);
    const since = () => world.journal().filter((line) => line.atMs >= beganMs && line.node === NAME);
    const containers = () => Promise.all(OTHERS.map((name) => container(world.find(name))));
    const before = await containers();
    const snapshot = () =>
      ec2.snapshots().find(({ snapshotId, volumeId: of, startedAtMs }) => {
        return of === volumeId && startedAtMs >= beganMs && readLedger(ec2.tags(snapshotId)).cleanStop;
      });
    const signs = (sentence: string) =>
      becomes(sentence, 240, async () => {
        const { block } = await blockAt(witness, await heightOf(witness));
        return block.last_commit.signatures.some(({ validator_address }) => validator_address === address);
      });

    say(NAME, 'a person asks for a clean snapshot, and knows that it is a validator');
    await becomes(
      'the snapshot is there, with its ledger',
      480,
      asked(world, { ...SUBJECT, kind: 'snapshot', acknowledgesValidator: true }, () => snapshot() !== undefined),
      since,
    );
    const { snapshotId = '' } = snapshot() ?? {};
    const tags = ec2.tags(snapshotId);
    const ledger = readLedger(tags);
    holds('it is marked as a validator’s: no other node gets it', tags[LEDGER_TAGS.ofValidator] !== undefined, tags);
    const hash = (await blockAt(witness, ledger.height ?? 0)).block_id.hash.toLowerCase();
    holds('its ledger’s block is the chain’s', ledger.blockHash?.toLowerCase() === hash, { ledger, hash });
    await signs('the validator runs again and signs');
    await becomes(
      'chainmend says that it is done',
      240,
      () => hasJournalLine(world, beganMs, { node: NAME, heal: 'snapshot-node', kind: 'outcome', act: 'healed' }),
      since,
    );
    const known = signedOn(node)?.height ?? 0;
    await becomes('it signs on', 120, () => (signedOn(node)?.height ?? 0) >= known + BLOCKS);

    await runOnNode(node, BREAK, HOME);
    const signed = signedOn(node)?.height ?? 0;
    say(NAME, `its data break; it has signed up to height ${signed}`);
    await becomes('its client ends: it cannot open them', 60, async () => /^exited 1 /.test(await container(node)));
    const healedFromMs = clock.now();
    say(NAME, `a person has it restored from ${snapshotId}, and says that no other copy of its key runs`);
    const restore = { ...SUBJECT, kind: 'restore', snapshotId, acknowledgesValidator: true };
    await becomes(
      'another disk is mounted in the place of its own',
      480,
      asked(world, restore, () => ![undefined, volumeId].includes(node.machine.mountedAt(DATA_PATH))),
      since,
    );
    const copy = node.machine.mountedAt(DATA_PATH) ?? '';
    holds('it was made from that snapshot', ec2.volume(copy).snapshotId === snapshotId);
    await becomes('its client runs again', 180, async () => /^running/.test(await container(node)));
    const kept = signedOn(node)?.height ?? 0;
    holds(`it has kept what it signed up to height ${signed}`, kept >= signed, kept);
    await becomes('it follows the chain', 180, async () => {
      const tip = await heightOf(witness);
      return tip > 0 && (await heightOf(node)) >= tip - 1;
    });
    await signs('it signs again');
    await becomes(
      'chainmend says that it healed',
      300,
      () => hasJournalLine(world, healedFromMs, { node: NAME, heal: 'replace-node', kind: 'outcome', act: 'healed' }),
      since,
    );
    holds(
      'its old disk is mounted on no machine',
      !world.nodes.some(({ machine }) => machine.isMounted(volumeId ?? '')),
    );
    holds('no other validator was stopped', JSON.stringify(await containers()) === JSON.stringify(before), before);
    holds(
      'the chain never stood still',
      !['chain-halted', 'own-chain-halted'].some((code) => hasJournalLine(world, beganMs, { code })),
    );
    await nobodySignedTwice(telling, world, 'validator1');
  },
};
