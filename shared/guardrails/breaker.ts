// The breaker of a fleet: if too many of its nodes are unhealthy or unknown, the cause is not a single node; and if they share one zone, it is the
// zone. Pure.

import type { Fleet } from '../fleet/model.ts';
import type { Health } from '../fleet/observation.ts';
import type { HeldCondition } from './conditions.ts';

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
  /** What watch-fleet sees of the fleet as a whole; absent where it sees nothing, and where nobody knows. */
  readonly conditions?: readonly HeldCondition[];
}

/** All or nearly all nodes in trouble are in one Availability Zone, and the others are well. */
export interface ZoneTrouble {
  readonly name: string;
  /** All nodes of the zone. */
  readonly instanceIds: readonly string[];
  /** "3 of 3 nodes in eu-west-1a in trouble, 0 of 6 elsewhere" */
  readonly sentence: string;
  /** The last look has not seen it any more: it still holds what it forbids, and nobody is told that it is so. */
  readonly isEnding?: true;
}

/** The line with which a person passes the breaker for one node: what they ask for is not held by it. */
export const passLine = (fleet: string, node: string): string =>
  `Then, to heal this one node: npm run chainmend -- replace ${fleet}/${node} (another instance), or restore (other data)`;

/** Of a fleet whose nodes are in another region: here is none that could be in trouble. */
export const NO_NODES_HERE: BreakerReading = { open: false, sentence: 'its nodes are in another region' };

/** Of a fleet that is watched, and of which nobody is left: who makes its nodes again counts how many went (`judgeTerminated`). */
export const NOBODY_LEFT: BreakerReading = { open: false, sentence: 'none of its nodes is left' };

/**
 * Unhealthy and unknown nodes, whose trouble may have one cause, against max(minimum, ⌊percent of the nodes⌋). Nodes that sync are neither well nor sick, and count on neither side. The
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
  const proved = judged.filter((node) => !isWell(node) && isOwnTrouble(node, judged));
  const unwell = judged.filter((node) => !isWell(node) && !proved.includes(node));
  const limit = Math.max(
    fleet.breaker.unhealthyMinimum,
    Math.floor((judged.length * fleet.breaker.unhealthyPercent) / 100),
  );
  // Where several could not be asked at once, that is our trouble or AWS's, and not theirs.
  const isBlind =
    known.length > 1 && known.every(({ health, runs, downBy }) => health === 'unknown' && !runs && downBy === null);
  const open = unwell.length > limit;
  const isMostlyUnknown = open && prevails(unwell);
  const zone = zoneInTrouble(judged);
  return {
    open,
    sentence: [
      `${unwell.length} of ${judged.length} nodes unhealthy or unknown, limit ${limit}`,
      ...countOf(proved, 'dead', 'more are dead, as EC2 says itself'),
      ...countOf(proved, 'stopped', 'more were stopped by a person'),
      ...(syncing > 0 ? [`${syncing} more are syncing`] : []),
    ].join('; '),
    ...(isBlind && { isBlind }),
    ...(isMostlyUnknown && { isMostlyUnknown }),
    ...(zone && { zone }),
  };
}

/**
 * What is proved to be one node's own trouble says nothing of its siblings: a person has stopped its client, or EC2 itself finds its machine dead. Where
 * more than half of the fleet are dead, that is no chance, and they count.
 */
function isOwnTrouble({ downBy }: NodeNow, judged: readonly NodeNow[]): boolean {
  const dead = judged.filter((one) => one.downBy === 'dead').length;
  return downBy === 'stopped' || (downBy === 'dead' && dead * 2 <= judged.length);
}

const countOf = (nodes: readonly NodeNow[], by: NodeNow['downBy'], what: string): readonly string[] => {
  const count = nodes.filter(({ downBy }) => downBy === by).length;
  return count === 0 ? [] : [`${count} ${what}`];
};

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
  /** Why it serves nobody, where others than its silence prove that; null otherwise. */
  readonly downBy: 'dead' | 'stopped' | null;
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

/**
 * Two silent nodes at least, most of their zone; elsewhere more nodes are well than not. Nearly all that are in trouble are there, or the whole zone is
 * silent: then one that hangs elsewhere is a second trouble. A node that only lags, as many do while a zone is away, is no sign against the zone.
 */
function zoneInTrouble(judged: readonly NodeNow[]): ZoneTrouble | null {
  for (const name of new Set(judged.filter(isSilent).map(({ zone }) => zone))) {
    const { here, elsewhere, silent } = sidesOf(name, judged);
    const others = elsewhere.filter((node) => !isWell(node)).length;
    const sick = elsewhere.filter((node) => isProvedSick(node) || isSilent(node)).length;
    if (name === '' || silent < 2 || silent * 2 <= here.length) continue;
    if (silent < here.length && silent * 10 < (silent + sick) * NEARLY_ALL) continue;
    if (elsewhere.length - others <= others) continue;
    return zoneOf(name, judged);
  }
  return null;
}

/** A zone that was in trouble is so for as long as most of its own nodes are silent, however the others are. */
export const zoneStays = (name: string, nodes: readonly NodeNow[]): ZoneTrouble | null => {
  const { here, silent } = sidesOf(name, nodes);
  return silent * 2 > here.length ? zoneOf(name, nodes) : null;
};

/** A zone in which another fleet's nodes are silent together, where most of this one's are silent there, too: one node alone could not show it. */
export const zoneAsIn = (
  { name, sentence }: Pick<ZoneTrouble, 'name' | 'sentence'>,
  fleet: string,
  nodes: readonly NodeNow[],
): ZoneTrouble | null => {
  const { here, silent } = sidesOf(name, nodes);
  if (silent * 2 <= here.length) return null;
  const zone = zoneOf(name, nodes);
  return { ...zone, sentence: `${zone.sentence}, and of ${fleet} ${sentence}` };
};

const sidesOf = (name: string, nodes: readonly NodeNow[]) => {
  const here = nodes.filter(({ zone }) => zone === name);
  return { here, elsewhere: nodes.filter(({ zone }) => zone !== name), silent: here.filter(isSilent).length };
};

function zoneOf(name: string, nodes: readonly NodeNow[]): ZoneTrouble {
  const { here, elsewhere, silent } = sidesOf(name, nodes);
  const others = elsewhere.filter((node) => !isWell(node)).length;
  return {
    name,
    instanceIds: here.map(({ instanceId }) => instanceId),
    sentence: `${silent} of ${here.length} nodes in ${name} in trouble, ${others} of ${elsewhere.length} elsewhere`,
  };
}
