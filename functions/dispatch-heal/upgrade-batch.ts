// How many nodes of an upgrade go over at once after the first one: so much of one Availability Zone as the fleet file says, and never more than the fleet
// can spare. Pure.
import type { Fleet } from '../../shared/fleet/model.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import { TOGETHER_MOST } from '../../shared/model/payload.ts';
import { isInPool } from '../../shared/snapshots/donor.ts';

const shareOf = (count: number, percent: number): number => Math.floor((count * percent) / 100);

/**
 * The nodes that may be away at once, the next one first.
 *
 * @param next the node whose turn it is
 * @param others that are still to be upgraded, in their order
 * @param nodes of the fleet, as they were observed
 */
export function batchOf(
  { client, breaker, cleanSnapshots }: Fleet,
  next: ObservedNode,
  others: readonly ObservedNode[],
  nodes: readonly ObservedNode[],
): readonly ObservedNode[] {
  if (client?.zonePercent === undefined || next.role !== 'follower') return [next];
  const zone = nodes.filter((one) => one.role === 'follower' && one.availabilityZone === next.availabilityZone);
  const most = Math.min(
    shareOf(zone.length, client.zonePercent),
    shareOf(nodes.length, breaker.restartPercent),
    Math.max(breaker.unhealthyMinimum, shareOf(nodes.length, breaker.unhealthyPercent)),
    nodes.filter(isInPool).length - (cleanSnapshots?.poolFloor ?? POOL_FLOOR),
    TOGETHER_MOST,
  );
  const beside = others.filter((one) => zone.includes(one) && one !== next);
  return [next, ...beside.slice(0, Math.max(0, most - 1))];
}

/** Where the fleet file says nothing of clean snapshots: `snapshots.clean.poolFloor` unless given. */
const POOL_FLOOR = 2;
