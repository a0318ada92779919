// The disk of a sealer has little left, so its client ends itself: its volume is grown, and it seals again.
import { heightOf, LEAST_FREE_MIB } from '../../chains/geth.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';
import { accountOn, HOME, sealed, UNIT } from './node.ts';

const NAME = 'sealer2';
/** Leaves half of the free space that geth needs, as the fleet file's lines say it. */
const FILL = `free=$(($(stat -f -c '%a * %S' "$1") / 1048576)); fallocate -l "$((free - $2 / 2))M" "$1/core"`;

export const sealerFull: RealStory = {
  name: 'deployed-sealer-full',
  sentence:
    'The disk of a deployed sealer is full, and its client ends itself: it is grown online, and the sealer seals again.',
  run: async ({ say, becomes, holds }, world) => {
    const node = world.find(NAME);
    const sinceMs = world.region.clock.now();
    const volumeId = node.machine.mountedAt(HOME);
    const blocks = async () => Number(await runOnNode(node, 'stat -f -c %b "$1"', HOME));
    const mount = () => runOnNode(node, 'findmnt --noheadings --output ID,SOURCE "$1"', HOME);
    const [had, was, account] = [await blocks(), await mount(), await accountOn(node)];
    await runOnNode(node, FILL, HOME, String(LEAST_FREE_MIB));
    say(NAME, `something leaves ${LEAST_FREE_MIB / 2} MiB of its data disk`);
    const state = () => runOnNode(node, 'systemctl show --property ActiveState,Result "$1" | sort', UNIT);
    await becomes('its client has ended itself', 180, async () => /ActiveState=inactive/.test(await state()), state);
    const stood = await heightOf(world.find('sealer1'));
    await becomes('the two others seal on', 60, async () => (await heightOf(world.find('sealer1'))) > stood + 2);
    await becomes('the filesystem is larger than it was', 480, async () => (await blocks()) > had);
    holds(
      'it is the same volume, never unmounted',
      node.machine.mountedAt(HOME) === volumeId && (await mount()) === was,
    );
    await becomes(
      'it follows again',
      240,
      async () => (await heightOf(node)) >= (await heightOf(world.find('sealer1'))) - 3,
    );
    await becomes(
      'it seals again',
      120,
      async () => {
        const tip = await heightOf(node);
        const seals = await sealed(node);
        return tip > stood + 20 && (seals[account] ?? 0) > 3;
      },
      () => sealed(node),
    );
    await becomes('chainmend says that it healed', 180, () =>
      hasJournalLine(world, sinceMs, { node: NAME, heal: 'resize-volume', kind: 'outcome', act: 'healed' }),
    );
    await runOnNode(node, 'rm -f -- "$1/core"', HOME);
  },
};
