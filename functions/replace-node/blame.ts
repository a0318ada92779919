// At whose door the failure of a source of data is laid. Pure.
import type { Blame, LadderState } from '../../shared/heal/memory.ts';
import { namesItsData } from '../../shared/node-commands/client-end.ts';
import type { Facts, Watched } from './facts.ts';
import type { Verdict } from './judge.ts';

/** Whether the client on these data has gained a block since it came up on them: then it can read them. */
function hasGained({ restoredVolumes, upSinceMs, cameUp }: LadderState, watched: Watched | null): boolean {
  const seen = cameUp && cameUp.upSinceMs === upSinceMs ? [cameUp.height] : [];
  const told = restoredVolumes?.height ?? null;
  const from = [...seen, ...(told === null ? [] : [told])];
  return watched?.height != null && from.length > 0 && watched.height > Math.min(...from);
}

/**
 * At whose door a copy's failure to prove itself is laid. Only where it gained blocks first, or its client named its data, the data are to blame: what
 * keeps a node from following may lie outside.
 */
export function blameOf(
  reason: string,
  at: Extract<Verdict, { readonly is: 'failed' }>['at'],
  { watched }: Pick<Facts, 'watched'>,
  state: LadderState,
): Blame {
  const isShown = hasGained(state, watched) || namesItsData(reason);
  switch (at) {
    case 'same-stop':
      return { door: 'node', fault: at, reason };
    case 'other':
      return { door: 'nobody-knows', fault: at, reason };
    case 'lower-stop':
    case 'forked':
    case 'open':
    case 'unopened':
      return { door: isShown ? 'data' : 'nobody-knows', fault: at, reason };
  }
}
