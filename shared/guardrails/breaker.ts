// The breaker of a fleet: if too many of its nodes are unhealthy or unknown, the cause is not a single node. Pure.
import type { Fleet } from '../fleet/model.ts';
import type { HealthReading } from './records.ts';

/** An older observation does not count: every node is then unknown. */
export const OBSERVATION_VALID_MS = 3 * 60_000;

export interface BreakerReading {
  readonly open: boolean;
  /** "3 of 5 nodes unhealthy or unknown, limit 1" */
  readonly sentence: string;
  /** No part of the fleet was observed lately, or nobody could be asked: that is no verdict on any node. */
  readonly isBlind?: true;
}

/**
 * Unhealthy and unknown nodes against max(minimum, ⌊percent of the nodes⌋). Nodes that sync are neither well nor sick, and count on neither side. The
 * nodes of a part that was not observed lately count as unknown; no valid observation counts as all unknown.
 */
export function readBreaker(fleet: Fleet, observations: readonly HealthReading[], nowMs: number): BreakerReading {
  const valid = observations.filter(({ observedAtMs }) => nowMs - observedAtMs <= OBSERVATION_VALID_MS);
  const nodes = observations.flatMap((observation) => observation.nodes);
  const known = valid.flatMap((observation) => observation.nodes);
  if (known.length === 0)
    return {
      open: true,
      sentence: 'the fleet has not been observed for 3 min: all of it counts as unknown',
      isBlind: true,
    };
  const well = known.filter(({ health }) => health === 'synced').length;
  const syncing = known.filter((node) => node.syncing === true).length;
  const judged = nodes.length - syncing;
  const unwell = judged - well;
  const limit = Math.max(fleet.breaker.unhealthyMinimum, Math.floor((judged * fleet.breaker.unhealthyPercent) / 100));
  // Where several could not be asked at once, that is our trouble or AWS's, and not theirs.
  const isBlind = known.length > 1 && known.every(({ health }) => health === 'unknown');
  return {
    open: unwell > limit,
    sentence: `${unwell} of ${judged} nodes unhealthy or unknown, limit ${limit}${syncing > 0 ? `; ${syncing} more are syncing` : ''}`,
    ...(isBlind && { isBlind }),
  };
}
