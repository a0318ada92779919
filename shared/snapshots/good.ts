// Which sets of snapshots are good for a node, best first, and why the others are not. Pure: over what EC2 and the ledger say.
import type { HealthPolicy } from '../fleet/model.ts';
import type { Rank, SnapshotSet } from './model.ts';
import { clientFault, type Demand, originFault, reachFault, shapeFault } from './unfit.ts';

export interface GoodInput extends Demand {
  readonly sets: readonly SnapshotSet[];
  /** When the trouble was first seen, ms since the epoch; null where nothing is wrong with the node (a person restores it). */
  readonly faultSinceMs: number | null;
  /** Sets and snapshots that this incident has tried: by `source`, a set's id or a snapshot's. */
  readonly tried: readonly { readonly source: string; readonly rank: Rank }[];
}

export interface Ranked {
  /** Best first. */
  readonly good: readonly SnapshotSet[];
  readonly refused: readonly RefusedSet[];
}

export interface RefusedSet {
  readonly setId: string;
  /** For the journal: what was read, and what was expected. */
  readonly why: string;
}

/** A running node's snapshot may not open. The swap proves itself and puts back, which costs the node's time: two are enough to know. */
const CRASH_CONSISTENT_TRIES = 2;
/** How often a fleet is looked at. */
const SWEEP_MS = 60_000;
/** Lifecycle policies start within an hour of their time: sets of one run are as new as each other. */
const AS_NEW_MS = 60 * 60_000;
const ORDER: readonly Rank[] = ['verified', 'clean', 'crash-consistent'];

/**
 * A node is called stuck when it has stood still for `stuckSeconds`, and is looked at once a minute: the last moment at which it was known
 * to be well lies so long before the onset. What was taken in between may hold the fault, and is not taken for good.
 *
 * @returns ms since the epoch: only what was taken before is from before the fault
 */
export const faultMayBeginMs = (faultSinceMs: number, { stuckSeconds }: Pick<HealthPolicy, 'stuckSeconds'>): number =>
  faultSinceMs - stuckSeconds * 1_000 - 2 * SWEEP_MS;

/**
 * Within a rank the newest comes first, whoever's it is: every block that is not in it has to be fetched again. Of sets that are as new as
 * each other (one run of a policy takes all nodes' within the hour), the node's own comes first: its size, its key and its client's
 * settings are the node's, and nothing of another node's identity has to be taken out of it. What nobody knows the node of comes last in
 * its rank: it may be an old root volume, whose tags are the same.
 */
export function rankGood(input: GoodInput): Ranked {
  const refused: RefusedSet[] = [];
  // Only these may a person make good with one command: they come first, since a journal tells a few.
  const beyondReach: RefusedSet[] = [];
  const fit: SnapshotSet[] = [];
  for (const set of input.sets) {
    const why = triedFault(set, input) ?? unfit(set, input);
    if (why === null) fit.push(set);
    else (why === reachFault(set, input) ? beyondReach : refused).push({ setId: set.setId, why });
  }
  const isKnown = ({ node }: SnapshotSet): boolean => node === input.node || input.siblings.has(node);
  const ranked = ORDER.flatMap((rank) => {
    const ofRank = fit.filter((set) => set.rank === rank);
    return [true, false].flatMap((known) =>
      newestFirst(
        ofRank.filter((set) => isKnown(set) === known),
        input.node,
      ),
    );
  });
  const triesLeft = CRASH_CONSISTENT_TRIES - input.tried.filter(({ rank }) => rank === 'crash-consistent').length;
  const doubtful = ranked.filter(({ rank }) => rank === 'crash-consistent');
  const beyond = new Set(doubtful.slice(Math.max(0, triesLeft)));
  for (const { setId } of beyond) {
    const why =
      `it was taken while its client ran, and of such sets at most ${CRASH_CONSISTENT_TRIES} are tried in an incident: ` +
      (triesLeft > 0 ? 'better ones come first' : 'so many were');
    refused.push({ setId, why });
  }
  return { good: ranked.filter((set) => !beyond.has(set)), refused: [...beyondReach, ...refused] };
}

/** Why a set is not good for this node, whatever was tried; null where it is. */
export function unfit(set: SnapshotSet, input: Omit<GoodInput, 'sets' | 'tried'>): string | null {
  return (
    shapeFault(set, input) ??
    originFault(set, input) ??
    reachFault(set, input) ??
    clientFault(set, input) ??
    newnessFault(set, input)
  );
}

function newnessFault(
  set: SnapshotSet,
  { faultSinceMs, fleet, node }: Pick<GoodInput, 'faultSinceMs' | 'fleet' | 'node'>,
): string | null {
  if (faultSinceMs === null) return null;
  const beforeMs = faultMayBeginMs(faultSinceMs, fleet.health);
  if (set.untilMs < beforeMs) return null;
  const taken = new Date(set.untilMs).toISOString();
  return set.untilMs >= faultSinceMs
    ? `it was taken ${taken}, after the trouble of ${node} began (${new Date(faultSinceMs).toISOString()})`
    : `it was taken ${taken}, and the trouble of ${node} may have begun at ${new Date(beforeMs).toISOString()}, before it was seen`;
}

function triedFault(set: SnapshotSet, { tried }: GoodInput): string | null {
  const ids = new Set([set.setId, ...Object.values(set.parts).map(({ snapshotId }) => snapshotId)]);
  return tried.some(({ source }) => ids.has(source)) ? 'it was tried in this incident' : null;
}

/** Runs of sets that are as new as their first have the node's own at their head. */
function newestFirst(sets: readonly SnapshotSet[], node: string): readonly SnapshotSet[] {
  const sorted = sets.toSorted((a, b) => b.takenAtMs - a.takenAtMs || (a.setId < b.setId ? -1 : 1));
  const result: SnapshotSet[] = [];
  for (let from = 0; from < sorted.length; ) {
    const newest = sorted[from]?.takenAtMs ?? 0;
    const beyond = sorted.findIndex(({ takenAtMs }, index) => index > from && newest - takenAtMs > AS_NEW_MS);
    const to = beyond === -1 ? sorted.length : beyond;
    const run = sorted.slice(from, to);
    result.push(...run.filter((set) => set.node === node), ...run.filter((set) => set.node !== node));
    from = to;
  }
  return result;
}
