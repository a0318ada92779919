// A second look within one sweep. The first one sees that a node lacks a block which others have: the block may be on its way. Some seconds later it
// is not any more, and a node that stands leaves the pool before the next sweep.
import type { FleetNode } from '../../shared/fleet/nodes.ts';
import type { FleetFacts } from './context.ts';
import { type FleetHealth, judgeFleet } from './fleet-health.ts';
import { isAsked } from './node-health.ts';
import type { ProbeResult } from './probes/probe.ts';

/** With more nodes late at once it is no matter of a single node. */
const MOST_LATE = 20;

/**
 * Nodes that were at the tip and lack a block that others have, and have not moved since the sweep before; or lack several. Of a chain that makes many blocks a
 * minute some are missing somewhere at any moment.
 */
export function lateNodes(facts: FleetFacts, { nodes }: FleetHealth): readonly FleetNode[] {
  if (!isAsked(facts.fleet)) return [];
  const many = Math.max(2, Math.floor(facts.fleet.health.behindBlocks / 2));
  const late = new Set(
    nodes.flatMap(({ node: { instanceId, health, lagBlocks, heightSinceMs, memory } }) => {
      const isLate = health === 'synced' && memory?.overtakenAtMs === facts.nowMs;
      return isLate && (heightSinceMs !== facts.nowMs || (lagBlocks ?? 0) >= many) ? [instanceId] : [];
    }),
  );
  return late.size > MOST_LATE ? [] : facts.nodes.filter(({ instanceId }) => late.has(instanceId));
}

/**
 * What the second look adds: a node that still lacks the block is `behind` now. Whatever else it says stays what the first look saw, since the others were not asked
 * again. Pure.
 *
 * @param nowMs the moment of the second look, ms since the epoch
 */
export function withSecondLook(
  facts: FleetFacts,
  first: FleetHealth,
  { readings }: ProbeResult,
  nowMs: number,
): FleetHealth {
  const again = judgeFleet({
    ...facts,
    readings: new Map([...facts.readings, ...readings]),
    before: { nodes: new Map(first.nodes.map(({ node }) => [node.instanceId, node])), watch: first.watch },
    nowMs,
  });
  const stands = new Map(
    again.nodes.flatMap((judged) => {
      const { instanceId, health } = judged.node;
      return readings.has(instanceId) && health === 'behind' ? [[instanceId, judged]] : [];
    }),
  );
  return {
    ...first,
    nodes: first.nodes.map((judged) => stands.get(judged.node.instanceId) ?? judged),
  };
}
