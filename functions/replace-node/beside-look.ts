// Where a client stands that runs beside its node, on an instance that is not in the fleet yet: its own answer, judged by the blocks of the fleet and
// its references. Pure.
import { isSameChain } from '../../shared/chains/chain-id.ts';
import type { NodeStatus } from '../../shared/chains/client.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { FleetWatch } from '../../shared/fleet/observation.ts';
import { follow, standsSince, standstillOf, UNTRACKED } from '../../shared/fleet/progress.ts';
import { type CommonBlock, type Heard, tellsOneOf } from '../../shared/heal/apart-client.ts';
import type { Beside, BesideLook } from '../../shared/heal/memory.ts';
import type { Watched } from './facts.ts';

export type ChainView = Pick<FleetWatch, 'tip' | 'canonical' | 'chainId' | 'haltedSinceMs'>;

interface LookInput {
  readonly nowMs: number;
  readonly health: Pick<Fleet['health'], 'behindBlocks' | 'patienceSeconds'>;
  /** The block that it was asked for. */
  readonly asked: CommonBlock | null;
  readonly heard: Heard;
  /** The fleet's view of the chain; null where it is older than three minutes. */
  readonly chain: ChainView | null;
  readonly before: BesideLook | null;
}

/** A client that has blocks to fetch and fetches none for so long stands. */
const STANDS_MS = 30 * 60_000;

export function lookAt({ nowMs, health, asked, heard, chain, before }: LookInput): BesideLook {
  const seen = (is: BesideLook['health'], reason: string, more: Partial<BesideLook> = {}): BesideLook => ({
    ...{ atMs: nowMs, health: is, reason, height: null, lagBlocks: null, track: before?.track ?? UNTRACKED },
    ...more,
  });
  if (heard.is !== 'facts') {
    const health = { starting: 'starting', silent: 'unreachable', unasked: 'unknown' } as const;
    return seen(health[heard.is], heard.reason);
  }
  const { status } = heard;
  const { height } = status;
  // It is asked seldom: nobody has watched it less for that.
  const track = follow(before?.track ?? UNTRACKED, status, nowMs, Number.POSITIVE_INFINITY);
  const told = { height, track };
  const foreign = foreignBlocks(status, chain);
  if (foreign !== null) return seen('forked', foreign, told);
  if (chain === null || chain.tip === null || chain.canonical === null)
    return seen('unknown', 'nobody knows the blocks of the fleet now', told);
  const { tip, canonical, haltedSinceMs } = chain;
  const lagBlocks = Math.max(0, tip - height);
  const hasCommon = tellsOneOf(status, [canonical, asked]);
  const where = `it is at ${height}, ${lagBlocks} behind`;
  if (lagBlocks <= health.behindBlocks)
    return hasCommon
      ? seen('synced', `${where}, on the blocks of the fleet`, { ...told, lagBlocks })
      : seen('unknown', `${where}, and does not tell its block at ${canonical.height}`, { ...told, lagBlocks });
  const stands = standstillOf(track, status, { afterMs: Math.max(health.patienceSeconds * 1_000, STANDS_MS), nowMs });
  if (stands === null || haltedSinceMs !== null) return seen('behind', where, { ...told, lagBlocks });
  const since = `${where}, for ${Math.round(stands.forMs / 60_000)} min`;
  if (stands.works === undefined) return seen('stuck', since, { ...told, lagBlocks });
  return seen('behind', `${since}; it says that it works (${stands.works})`, { ...told, lagBlocks });
}

/** A hash commits to all blocks below it. */
function foreignBlocks({ chainId, hashes }: NodeStatus, chain: ChainView | null): string | null {
  if (chainId !== undefined && chain?.chainId != null && !isSameChain(chainId, chain.chainId))
    return `it is on chain ${chainId}, the fleet on ${chain.chainId}`;
  const theirs = chain?.canonical ?? null;
  const own = hashes.find((one) => one.height === theirs?.height);
  if (theirs === null || own === undefined || own.hash === theirs.hash) return null;
  return `its block at ${own.height} is ${own.hash}, the fleet and its references have ${theirs.hash}`;
}

/** What is remembered of a look. */
export function withLook(beside: Beside, look: BesideLook): Beside {
  const { lagBlocks, height, atMs } = look;
  const isNearer = lagBlocks !== null && lagBlocks < (beside.nearest?.lagBlocks ?? Number.POSITIVE_INFINITY);
  return {
    ...beside,
    look,
    knownAtMs: look.health === 'unknown' ? beside.knownAtMs : atMs,
    firstHeight: beside.firstHeight ?? height,
    nearest: isNearer ? { lagBlocks, atMs } : beside.nearest,
  };
}

/** As an observation of a node of the fleet. */
export const watchedIn = (
  { health, reason, track, atMs, height, lagBlocks }: BesideLook,
  instanceId: string,
): Watched => ({
  ...{ instanceId, health, reason, height, lagBlocks },
  ...{ sinceMs: standsSince(track) ?? atMs, observedAtMs: atMs, stoodSinceMs: null },
  ...(track.movedAtMs !== undefined && { movedAtMs: track.movedAtMs }),
});
