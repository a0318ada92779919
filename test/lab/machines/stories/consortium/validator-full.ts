// The disk of a validator is full to the last block: its volume is grown, and its client goes on with what it has signed.
import { blockAt, heightOf } from '../../chains/cometbft.ts';
import { keyOn, signedOn } from '../../chains/cometbft-signing.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';
import { nobodySignedTwice } from '../cometbft/honest.ts';
import { FILL } from '../fill.ts';
import { HOME } from './node.ts';

const NAME = 'validator2';

export const validatorFull: RealStory = {
  name: 'deployed-validator-full',
  sentence:
    'The disk of a deployed validator is full: it is grown online, and the validator signs again, nothing twice.',
  run: async (telling, world) => {
    const { say, becomes, holds } = telling;
    const node = world.find(NAME);
    const sinceMs = world.region.clock.now();
    const volumeId = node.machine.mountedAt(HOME);
    const blocks = async () => Number(await runOnNode(node, 'stat -f -c %b "$1"', HOME));
    const mount = () => runOnNode(node, 'findmnt --noheadings --output ID,SOURCE "$1"', HOME);
    const [had, was, address] = [await blocks(), await mount(), keyOn(node, HOME)];
    await runOnNode(node, FILL, HOME);
    const full = await heightOf(world.find('validator1'));
    say(NAME, `its data disk fills up, to the last block, at height ${full}`);
    await becomes('the filesystem is larger than it was', 480, async () => (await blocks()) > had);
    holds(
      'it is the same volume, never unmounted',
      node.machine.mountedAt(HOME) === volumeId && (await mount()) === was,
    );
    await becomes(
      'it signs again, above what it had signed',
      300,
      async () => {
        const follower = world.find('sentry2');
        const { block } = await blockAt(follower, await heightOf(follower));
        return (
          (signedOn(node, HOME)?.height ?? 0) > full + 2 &&
          block.last_commit.signatures.some(({ validator_address }) => validator_address === address)
        );
      },
      () => [signedOn(node, HOME), full],
    );
    await becomes('chainmend says that it healed', 180, () =>
      hasJournalLine(world, sinceMs, { node: NAME, heal: 'resize-volume', kind: 'outcome', act: 'healed' }),
    );
    await runOnNode(node, 'rm -f -- "$1"/core*', HOME);
    await nobodySignedTwice(telling, world, 'sentry2');
  },
};
