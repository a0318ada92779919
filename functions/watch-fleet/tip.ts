// How far the chain is: the highest height that is not one voice's word alone, so that a single liar far ahead moves nothing.
import { MAXIMUM_HEIGHTS } from '../../shared/chains/client.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { FleetWatch, ObservedNode } from '../../shared/fleet/observation.ts';
import { notAReferenceAlone, type Source } from './sources.ts';

export interface Tip {
  readonly height: number | null;
  /** Since when it is that, ms since the epoch. */
  readonly sinceMs: number | null;
  /** When it was last confirmed by who was heard. */
  readonly seenAtMs: number | null;
  /** Whether it is confirmed now. */
  readonly confirmed: boolean;
}

/**
 * When those who confirmed a tip fall silent together, whoever is left behind must not look synced. For so long the old tip counts;
 * then it is given up, since a network may also have been rolled back.
 */
const KEPT_MS = 30 * 60_000;

/** @param sources those that are on the canonical branch, as far as anybody knows */
export function tipOf(sources: readonly Source[], before: FleetWatch | undefined, nowMs: number): Tip {
  const height = highestConfirmed(sources);
  const { tip: known = null, tipSinceMs = null, tipSeenAtMs = null } = before ?? {};
  const kept = known !== null && tipSeenAtMs !== null && nowMs - tipSeenAtMs <= KEPT_MS;
  if (kept && (height === null || height < known)) {
    return { height: known, sinceMs: tipSinceMs, seenAtMs: tipSeenAtMs, confirmed: false };
  }
  if (height === null) return { height: null, sinceMs: null, seenAtMs: null, confirmed: false };
  return { height, sinceMs: height === known ? tipSinceMs : nowMs, seenAtMs: nowMs, confirmed: true };
}

/** Two voices, or one where there are no more than two; who says that it is behind also says how far the chain is. */
function highestConfirmed(sources: readonly Source[]): number | null {
  const needed = sources.length > 2 ? 2 : 1;
  const heights = sources.map(({ status }) => status.height).sort((a, b) => b - a);
  for (const height of heights) {
    const voices = sources.filter(({ status }) => Math.max(status.height, claimOf(status)) >= height);
    if (voices.length >= needed && notAReferenceAlone(voices)) return height;
  }
  return null;
}

/** Where a node believes that the chain ends, if it admits that it is not there. Its claim to be there proves nothing. */
export function claimOf({ syncing, claimedTip }: Source['status']): number {
  return syncing === true ? (claimedTip ?? 0) : 0;
}

/**
 * The heights whose hashes are asked for in the next sweep: one that all who are well have passed, and as deep below those who
 * are not, so that who stopped on another branch is known by it.
 */
export function heightsToAsk(fleet: Fleet, watch: FleetWatch | undefined, nodes: readonly ObservedNode[]): number[] {
  if (watch?.tip == null) return [];
  const { confirmations } = fleet.health;
  const main = Math.max(0, watch.tip - confirmations);
  const counts = new Map<number, number>();
  for (const { height, health } of nodes) {
    const depth = height === null || health === 'synced' ? undefined : Math.max(0, height - confirmations);
    if (depth !== undefined && depth < main) counts.set(depth, (counts.get(depth) ?? 0) + 1);
  }
  const others = [...counts].sort(([a, many], [b, more]) => more - many || b - a).map(([height]) => height);
  return [main, ...others].slice(0, MAXIMUM_HEIGHTS);
}
