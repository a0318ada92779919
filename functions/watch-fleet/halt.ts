// Whether the chain itself stands still: then nobody is stuck, however old the newest block is.
import type { Fleet } from '../../shared/fleet/model.ts';
import type { FleetWatch } from '../../shared/fleet/observation.ts';
import type { Source } from './sources.ts';
import { claimOf, type Tip } from './tip.ts';

/**
 * Since when the chain stands still, or null. A node alone that goes on above the tip, or towards an end that it knows to be above
 * it, is enough to say that it does not: not enough to call others stuck, though. A reference alone is not. With a tip that nobody
 * confirms now nothing new is said.
 *
 * @param sources those that are on the canonical branch, as far as anybody knows
 */
export function haltedSince(
  fleet: Fleet,
  tip: Tip,
  sources: readonly Source[],
  before: FleetWatch | undefined,
  nowMs: number,
): number | null {
  if (!tip.confirmed || tip.height === null || tip.sinceMs === null) return before?.haltedSinceMs ?? null;
  const haltMs = fleet.health.haltSeconds * 1000;
  const { height, sinceMs } = tip;
  if (nowMs - sinceMs < haltMs) return null;
  const goesOn = sources.some(
    ({ kind, status, track }) =>
      kind === 'node' &&
      Math.max(status.height, claimOf(status)) > height &&
      track.advancedAtMs !== null &&
      nowMs - track.advancedAtMs < haltMs,
  );
  return goesOn ? null : sinceMs;
}
