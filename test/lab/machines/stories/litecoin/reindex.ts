// The chain state of a node is overwritten. Its owner's command has its client build it again from the blocks on disk, which a drill has tried on a copy. Where
// the drills have measured that as quicker than other data, the node keeps its own volume; on a host that is so busy that it is not, it gets other data.
import { reindexesOf } from '../../../../../local/scenarios/world/reindexes.ts';
import { cli, DATA_PATH, heightOf, UNIT } from '../../chains/litecoin.ts';
import { breakChainstate, reindexesOn, saysOfItsData } from '../../chains/reindexing.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';
import { clean, journalOf, opened, recordOf, removed } from '../drills.ts';
import { trusted } from './snapshots.ts';

export const REINDEXED = { fleet: 'litecoin-reindexed', names: ['built1', 'built2', 'built3'] } as const;
const { fleet } = REINDEXED;
const [DONOR, SICK] = REINDEXED.names;
const DRILLS = { fleet, donor: DONOR };

export const reindex: RealStory = {
  name: 'reindex',
  sentence:
    'The chain state of a node is overwritten: its owner’s reindex, where a drill has measured it as quicker than other data, builds it again from its own blocks.',
  run: async (telling, world) => {
    const { say, becomes, holds } = telling;
    const node = world.find(SICK);
    const miner = world.find('miner');
    await clean(telling, world, { ...DRILLS, what: 'before any trouble' });
    const copy = await opened(telling, world, { ...DRILLS, nth: 1 });
    let onCopy: readonly number[] = [];
    await becomes(
      'the command is run there, once the set is proved',
      900,
      async () => {
        if (copy.machine.pid !== undefined) onCopy = await reindexesOn(copy);
        return onCopy.length > 0;
      },
      () => journalOf(world, fleet),
    );
    await becomes(
      'what came of it is on the record',
      420,
      () => recordOf(world, fleet)?.reindexed !== undefined,
      () => [journalOf(world, fleet), recordOf(world, fleet)],
    );
    await removed(telling, world, { ...DRILLS, nth: 1 });
    const { reindexed, proved } = recordOf(world, fleet) ?? {};
    holds('it came through there, once', onCopy.join() === '0' && reindexed?.is === 'verified', [onCopy, reindexed]);
    const [own, swap] = [reindexed?.minutes ?? 0, proved?.minutes ?? 0];
    say(fleet, `a drill has measured: reindex ${(own * 60).toFixed(0)} s, swap ${(swap * 60).toFixed(0)} s`);
    holds('both are measured', own > 0 && swap > 0, [own, swap]);
    const isQuicker = own < swap;

    // Like the donor of the copy it knows its blocks on its disk: what a killed client has not written there, it would fetch.
    await runOnNode(node, 'systemctl restart "$1"', UNIT);
    say(SICK, 'its client is restarted, and writes down which blocks it has');
    await becomes('it is at the tip again', 60, async () => (await heightOf(node)) >= (await heightOf(miner)) - 1);
    await trusted(world, telling, DONOR);
    const sinceMs = Date.now();
    const volumeId = node.machine.mountedAt(DATA_PATH);
    const stopped = await heightOf(node);
    await breakChainstate(node);
    say(SICK, 'every file of its chain state is overwritten, and its client is killed');
    await becomes('its client comes up no more', 60, async () => (await saysOfItsData(node)) !== '');
    say(SICK, `it says: ${await saysOfItsData(node)}`);
    await becomes(
      isQuicker
        ? 'its data are built again, as the copy’s were'
        : 'other data are put in their place, which is quicker',
      900,
      async () =>
        isQuicker
          ? (await reindexesOn(node)).length > 0
          : ![undefined, volumeId].includes(node.machine.mountedAt(DATA_PATH)),
      () => journalOf(world, fleet),
    );
    const why = isQuicker ? /reindex \d+ min, swap \d+ min: reindex/ : /reindex \d+ min, swap \d+ min: swap/;
    holds('why is in the journal', hasJournalLine(world, sinceMs, { node: SICK, text: why }), journalOf(world, fleet));
    await becomes(
      'chainmend says that it is healed',
      600,
      () => hasJournalLine(world, sinceMs, { node: SICK, heal: 'replace-node', kind: 'outcome', act: 'healed' }),
      () => journalOf(world, fleet),
    );
    await becomes('it goes on with the others', 180, async () => {
      const tip = await heightOf(miner);
      return tip > stopped + 3 && (await heightOf(node)) >= tip - 1;
    });
    const height = String(stopped + 1);
    const [theirs, its] = await Promise.all([cli(miner, 'getblockhash', height), cli(node, 'getblockhash', height)]);
    holds('on the same blocks', theirs === its, [theirs, its]);
    const runs = await reindexesOn(node);
    if (isQuicker) {
      const lines = world.journal().filter(({ node: of, atMs }) => of === SICK && atMs >= sinceMs);
      const sent = lines.findLast(({ kind, sentence }) => kind === 'intent' && sentence.includes('reindex'))?.atMs ?? 0;
      // The heal hears of the end of a command up to a minute late; who sweeps the nodes sees it at the tip before.
      const back = lines.find(
        ({ by, sentence, atMs }) => by === 'watch-fleet' && sentence.includes('→ synced') && atMs > sent,
      );
      const tookSeconds = ((back?.atMs ?? Number.NaN) - sent) / 1_000;
      const predicted = own * 60;
      say(
        SICK,
        `from its command until its client was at the tip it took ${tookSeconds.toFixed(0)} s; the copy had said ${predicted.toFixed(0)} s: ${Math.round((predicted / tookSeconds - 1) * 100)} % off`,
      );
      // Alone on a host it is a few percent; where four networks share one, looks come late.
      holds(
        'that is what it took, within a factor of two',
        predicted < 2 * tookSeconds && tookSeconds < 2 * predicted,
        lines.slice(-8),
      );
    }
    holds(
      isQuicker ? 'the command ran once, and ended with 0' : 'the command did not run there',
      runs.join() === (isQuicker ? '0' : ''),
      runs,
    );
    holds(
      isQuicker ? 'it still has its own volume' : 'it has another volume',
      (node.machine.mountedAt(DATA_PATH) === volumeId) === isQuicker,
    );
    const nodes = world.nodes.map(({ instanceId }) => instanceId);
    const told = reindexesOf(world).filter((instanceId) => nodes.includes(instanceId));
    const only = isQuicker ? node.instanceId : '';
    holds('chainmend has sent it to nobody else', told.join() === only, told);
    const start = await runOnNode(node, 'pgrep -c -f "^/usr/[a-z/]*litecoind " || true');
    holds('one client runs on it', start === '1', start);
  },
};
