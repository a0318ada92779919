// A sealer hangs while the two others continue. It is restarted in place, which its owner allows; nothing else is done to it.
import { ask, DATA_PATH, heightOf, UNIT } from '../../chains/geth.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';

/** In so many blocks each of three sealers has made at least one. */
const BLOCKS_LOOKED_AT = 12;

export const sealerFrozen: RealStory = {
  name: 'sealer-frozen',
  sentence: 'A sealer hangs: the others go on sealing, it is restarted where it is, and seals again.',
  run: async ({ say, becomes, holds }, world) => {
    const node = world.find('sealer3');
    const sibling = world.find('sealer1');
    const sinceMs = Date.now();
    const volumeId = node.machine.mountedAt(DATA_PATH);
    const [account] = await ask<readonly string[]>(node, 'eth_accounts');
    const started = () => runOnNode(node, `systemctl show --property ExecMainStartTimestampMonotonic ${UNIT}`);
    const before = await started();
    const instances = world.region.ec2
      .instances()
      .filter(({ tags }) => tags.some(({ Value }) => Value === 'sealer3')).length;
    await runOnNode(node, `kill -STOP "$(systemctl show --property MainPID --value ${UNIT})"`);
    say('sealer3', 'its process is frozen');
    const height = await heightOf(sibling);
    await becomes('the two others go on sealing', 60, async () => (await heightOf(sibling)) >= height + 5);
    await becomes('it is restarted', 480, async () => (await started()) !== before);
    await becomes('it follows the chain', 120, async () => (await heightOf(node)) >= (await heightOf(sibling)) - 3);
    await becomes('it seals again', 120, async () => (await sealers()).includes(account ?? ''), sealers);
    await becomes('chainmend says that it healed it', 300, () =>
      hasJournalLine(world, sinceMs, { node: 'sealer3', heal: 'replace-node', kind: 'outcome', act: 'healed' }),
    );
    holds(
      'it ended cleanly: what it had in memory is on its disk',
      /Blockchain stopped/.test(await runOnNode(node, `journalctl --unit ${UNIT} --output cat --no-pager`)),
    );
    holds('it has the same volume', node.machine.mountedAt(DATA_PATH) === volumeId);
    holds(
      'it has the same instance',
      world.find('sealer3').instanceId === node.instanceId &&
        world.region.ec2.instances().filter(({ tags }) => tags.some(({ Value }) => Value === 'sealer3')).length ===
          instances,
    );

    /** The sealers of the last blocks, as another sealer recovers them from the signatures. */
    async function sealers(): Promise<readonly string[]> {
      const tip = await heightOf(sibling);
      const heights = Array.from({ length: Math.min(BLOCKS_LOOKED_AT, tip) }, (_, back) => tip - back);
      return Promise.all(heights.map((at) => ask<string>(sibling, 'clique_getSigner', `0x${at.toString(16)}`)));
    }
  },
};
