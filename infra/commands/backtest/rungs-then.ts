// The rungs that would have come after the first, as far as AWS keeps what they depend on: the snapshots that stood then. Which rung would have helped
// nobody can know. Pure.

import { type Past, planThen, wouldLookForSets } from '../../../functions/replace-node/hindsight.ts';
import type { Rung } from '../../../shared/model/rungs.ts';
import { type RankedSets, rankSets } from '../../../shared/snapshots/ranking.ts';
import { setsOf } from '../../../shared/snapshots/sets.ts';
import type { History } from './history.ts';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
/** For a line of a terminal: more sets add nothing. */
const REFUSED_TOLD = 2;

/**
 * @param past as it was before the first rung
 * @returns a phrase for each later rung: "swap from snap-… of 6 h before", "no replace: …". Empty where the fleet file has no later rung.
 */
export function rungsAfter(history: History, past: Past, first: Rung): readonly string[] {
  const stood = history.stored === null || !wouldLookForSets(past) ? null : setsThen(history, past);
  const plan = planThen(past, stood);
  if (!('rungs' in plan)) return [];
  return plan.verdicts.flatMap(({ rung, verdict }) => {
    if (rung === first) return [];
    if (!plan.rungs.includes(rung)) return [`no ${rung}: ${verdict}`];
    return [rung === 'swap' ? swapOf(history, past, stood) : rung];
  });
}

/** Those that stood then, by their tags of today. */
function setsThen({ fleet, nodes, stored }: History, past: Past): RankedSets {
  const { snapshots = [], owners = new Map() } = stored ?? {};
  const sets = setsOf(
    snapshots.filter(({ startedAtMs }) => startedAtMs <= past.nowMs),
    { fleet, volumes: owners, nodeNames: new Set(nodes.map(({ node }) => node.name)) },
  );
  return rankSets({
    ...{ fleet, sets, node: past.node, role: past.role },
    siblings: new Map(
      nodes.filter(({ node }) => node.name !== past.node).map(({ node }) => [node.name, node.role] as const),
    ),
    // Heights, versions and how fast the fleet catches up are not kept by AWS: a set is not refused for them.
    ...{ head: null, rate: null, client: null, chainId: fleet.health.chainId ?? null, dataMode: fleet.dataMode },
    ...{ accounts: [], unusableKeys: new Map(), hashes: new Map(), tried: [] },
    ...{ faultSinceMs: past.onsetMs, stoodSinceMs: null },
  });
}

function swapOf(history: History, past: Past, stood: RankedSets | null): string {
  if (stood === null) return 'swap, if there was a good source: the snapshots could not be read';
  const deleted = deletedSince(history, past.nowMs);
  const [best] = stood.good;
  if (best !== undefined) {
    const age = ageOf(past.onsetMs - best.takenAtMs);
    return `swap from ${best.setId} of ${age} before${deleted === null ? '' : `, or from ${deleted}`}`;
  }
  if (deleted !== null) return `swap, if ${deleted} was good`;
  const why = stood.refused.slice(0, REFUSED_TOLD).map(({ setId, why: reason }) => `${setId}: ${reason}`);
  return `no swap: no good snapshot stood then${why.length > 0 ? ` (${why.join('; ')})` : ''}`;
}

/** What stood there then and is gone: whose it was, and what it held, is not kept. */
function deletedSince({ acts }: History, nowMs: number): string | null {
  if (acts === null) return 'one that was deleted since, of which the calls could not be read';
  const gone = acts.filter(({ what, atMs, hasFailed }) => what === 'DeleteSnapshot' && atMs > nowMs && !hasFailed);
  const ids = [...new Set(gone.flatMap(({ ids: named }) => named))];
  if (ids.length === 0) return null;
  return ids.length === 1 ? `${ids[0]}, which was deleted since` : `one of ${ids.length} that were deleted since`;
}

const ageOf = (ms: number): string =>
  ms < 2 * DAY_MS ? `${Math.round(ms / HOUR_MS)} h` : `${Math.round(ms / DAY_MS)} days`;
