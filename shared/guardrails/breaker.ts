// The breaker of a fleet: if too many of its nodes are unhealthy or unknown, the cause is not a single node; and if they share one zone, it is the
// zone. Pure.

import type { Fleet } from '../fleet/model.ts';
import type { Health } from '../fleet/observation.ts';

export interface BreakerReading {
  readonly open: boolean;
  /** "3 of 5 nodes unhealthy or unknown, limit 1" */
  readonly sentence: string;
  /** No part of the fleet was observed lately, or nobody could be asked: that is no verdict on any node. */
  readonly isBlind?: true;
  /** It is open, and more nodes are unknown than are proved to be sick: it may be our own eyes. */
  readonly isMostlyUnknown?: true;
  /** Absent where the trouble is no zone's. */
  readonly zone?: ZoneTrouble;
}

/** All or nearly all nodes in trouble are in one Availability Zone, and the others are well. */
export interface ZoneTrouble {
  readonly name: string;
  /** All nodes of the zone. */
  readonly instanceIds: readonly string[];
  /** "3 of 3 nodes in eu-west-1a in trouble, 0 of 6 elsewhere" */
  readonly sentence: string;
}

/** Of a fleet whose nodes are in another region: here is none that could be in trouble. */
export const NO_NODES_HERE: BreakerReading = { open: false, sentence: 'its nodes are in another region' };

/**
 * Unhealthy and unknown nodes against max(minimum, ⌊percent of the nodes⌋). Nodes that sync are neither well nor sick, and count on neither side. The
 * nodes of a part that was not observed lately count as unknown; no valid observation counts as all unknown.
 */
export function readBreaker(fleet: Pick<Fleet, 'breaker'>, nodes: readonly NodeNow[]): BreakerReading {
  const known = nodes.filter(({ isKnown }) => isKnown);
  if (known.length === 0)
    return {
      open: true,
      sentence: 'the fleet has not been observed for 3 min: all of it counts as unknown',
      isBlind: true,
    };
  const judged = nodes.filter(({ isSyncing }) => !isSyncing);
  const syncing = nodes.length - judged.length;
  const unwell = judged.filter((node) => !isWell(node));
  const limit = Math.max(
    fleet.breaker.unhealthyMinimum,
    Math.floor((judged.length * fleet.breaker.unhealthyPercent) / 100),
  );
  // Where several could not be asked at once, that is our trouble or AWS's, and not theirs.
  const isBlind = known.length > 1 && known.every(({ health, runs }) => health === 'unknown' && !runs);
  const open = unwell.length > limit;
  const isMostlyUnknown = open && prevails(unwell);
  const zone = zoneInTrouble(judged);
  return {
    open,
    sentence: `${unwell.length} of ${judged.length} nodes unhealthy or unknown, limit ${limit}${syncing > 0 ? `; ${syncing} more are syncing` : ''}`,
    ...(isBlind && { isBlind }),
    ...(isMostlyUnknown && { isMostlyUnknown }),
    ...(zone && { zone }),
  };
}

/** A node as it is known now. */
export interface NodeNow {
  readonly instanceId: string;
  readonly zone: string;
  readonly health: Health;
  readonly isSyncing: boolean;
  /** Its client runs, and nobody asks more. */
  readonly runs: boolean;
  /** It was observed lately. */
  readonly isKnown: boolean;
  readonly sinceMs: number;
}

/** At the tip; or its client runs, where nobody asks more: then that is all that anybody can say of a well node. */
const isWell = ({ health, runs }: NodeNow): boolean => health === 'synced' || runs;

/** Proved to be in trouble. What starts or catches up is neither sick nor unknown. */
export const isProvedSick = ({ health, isSyncing }: NodeNow): boolean =>
  !isSyncing && (health === 'stuck' || health === 'forked' || health === 'unreachable');

const isUnknown = ({ health, runs }: NodeNow): boolean => !runs && (health === 'unknown' || health === 'busy');

/** Where more than half of all nodes are unknown, fewer are proved to be sick. */
function prevails(unwell: readonly NodeNow[]): boolean {
  return unwell.filter(isUnknown).length > unwell.filter(isProvedSick).length;
}

/** So many in ten of the nodes in trouble are in the zone. */
const NEARLY_ALL = 9;

/** Nobody hears it, as where its zone is cut off or dark. A node that answers has its own trouble. */
const isSilent = ({ health, runs }: NodeNow): boolean => health === 'unreachable' || (health === 'unknown' && !runs);

/** Two silent nodes at least, most of their zone, and nearly all that are in trouble; elsewhere more nodes are well than not. */
function zoneInTrouble(judged: readonly NodeNow[]): ZoneTrouble | null {
  const inTrouble = (node: NodeNow): boolean => !isWell(node);
  const all = judged.filter(inTrouble);
  for (const name of new Set(all.map(({ zone }) => zone))) {
    const [here, elsewhere] = [judged.filter(({ zone }) => zone === name), judged.filter(({ zone }) => zone !== name)];
    const sick = here.filter(isSilent).length;
    const others = elsewhere.filter(inTrouble).length;
    if (name === '' || sick < 2 || sick * 2 <= here.length || sick * 10 < all.length * NEARLY_ALL) continue;
    if (elsewhere.length - others <= others) continue;
    return {
      name,
      instanceIds: here.map(({ instanceId }) => instanceId),
      sentence: `${sick} of ${here.length} nodes in ${name} in trouble, ${others} of ${elsewhere.length} elsewhere`,
    };
  }
  return null;
}
