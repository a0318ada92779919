// What holds at the end of every story of the consortium's chain, whatever happened in it: nobody has signed twice, nor could have.
import { SigningWatch } from '../../chains/cometbft-signing.ts';
import type { Telling } from '../../story.ts';
import type { RealWorld } from '../../world.ts';

const watches = new WeakMap<RealWorld, SigningWatch>();

/** From now on, until the world ends. */
export const watchSigning = (world: RealWorld, names: readonly string[]): void =>
  void watches.set(world, new SigningWatch(world, names));

export function signingOf(world: RealWorld): SigningWatch {
  const watch = watches.get(world);
  if (!watch) throw new Error('nobody watches what is signed');
  return watch;
}

/** `who`: a node that answers, and has all blocks. */
export async function nobodySignedTwice({ holds }: Telling, world: RealWorld, who: string): Promise<void> {
  const watch = signingOf(world);
  holds(
    `no validator's signing state has ever gone back (${watch.looks} looks)`,
    watch.looks > 0 && watch.wentBack.length === 0,
    watch.wentBack,
  );
  holds('no validator key has ever run twice at once', watch.ranTwice.length === 0, watch.ranTwice);
  const evidence = await watch.countEvidence(world.find(who));
  holds('the chain holds no evidence of a double signature', evidence === 0, evidence);
}
