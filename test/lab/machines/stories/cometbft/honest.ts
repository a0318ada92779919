// What must hold at the end of every story of the consortium's chain: no validator has signed twice, or could have.
import { SigningWatch } from '../../chains/cometbft-signing.ts';
import type { StoryLog } from '../../story.ts';
import type { RealWorld } from '../../world.ts';

const watches = new WeakMap<RealWorld, SigningWatch>();

/** Watches from now on, until the world ends. */
export const watchSigning = (world: RealWorld, names: readonly string[], home?: string): void =>
  void watches.set(world, new SigningWatch(world, names, home));

function signingOf(world: RealWorld): SigningWatch {
  const watch = watches.get(world);
  if (!watch) throw new Error('nobody watches what is signed');
  return watch;
}

/** `who`: a node that answers, and has all blocks. */
export async function nobodySignedTwice({ say, holds }: StoryLog, world: RealWorld, who: string): Promise<void> {
  const watch = signingOf(world);
  holds(
    `no client has ever had a signing state that went back (${watch.looks} looks)`,
    watch.looks > 0 && watch.wentBack.length === 0,
    watch.wentBack,
  );
  for (const moment of watch.laidBackUnused)
    say('cometbft', `an older signing state lay there while no client ran: ${moment}`);
  holds('no validator key has ever run twice at once', watch.ranTwice.length === 0, watch.ranTwice);
  const evidence = await watch.countEvidence(world.find(who));
  holds('the chain holds no evidence of a double signature', evidence === 0, evidence);
}
