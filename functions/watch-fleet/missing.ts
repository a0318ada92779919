// Nodes that were there and are not any more: a terminated instance has no alarm, no health and no heal. Pure.
import type { SeenInstance } from '../../shared/fleet/nodes.ts';
import { type GoneNode, missedOf, type ObservedNode } from '../../shared/fleet/observation.ts';
import { names } from '../../shared/text/names.ts';
import type { FleetFacts } from './context.ts';

/** As long as a person is told of other troubles once. */
const KEPT_MS = 24 * 60 * 60_000;
/** Enough for a sentence; whoever loses more has one cause. */
const KEPT = 50;

type Seen = readonly Pick<SeenInstance, 'name' | 'instanceId'>[];

/**
 * A node whose name another instance has taken is not gone: it was replaced, once that one was seen synced. What an Auto Scaling group has made, it makes
 * again or has taken away on purpose.
 */
export function followGone(
  before: { readonly nodes: Iterable<ObservedNode>; readonly gone: readonly GoneNode[] },
  nodes: Seen,
  nowMs: number,
): readonly GoneNode[] {
  const seen = [...before.nodes];
  const ids = new Set(nodes.map(({ instanceId }) => instanceId));
  const synced = new Set(seen.flatMap(({ instanceId, health }) => (health === 'synced' ? [instanceId] : [])));
  const followerOf = new Map(nodes.map(({ name, instanceId }) => [name, instanceId]));
  const known = new Set(before.gone.flatMap(({ instanceId, followedBy = instanceId }) => [instanceId, followedBy]));
  const lost = seen
    .filter(({ inGroup, instanceId }) => !inGroup && !known.has(instanceId))
    .map(({ instanceId, name, role }): GoneNode => ({ instanceId, name, role, sinceMs: nowMs }));
  return [...before.gone, ...lost]
    .flatMap(({ followedBy: _, ...gone }): readonly GoneNode[] => {
      if (ids.has(gone.instanceId) || nowMs - gone.sinceMs >= KEPT_MS) return [];
      const followedBy = followerOf.get(gone.name);
      if (followedBy === undefined) return [gone];
      return synced.has(followedBy) ? [] : [{ ...gone, followedBy }];
    })
    .slice(-KEPT);
}

/** The first nodes of a stack are there some minutes before its last. */
const MADE_WITHIN_MS = 10 * 60_000;

/** The sentence of a fleet that lacks nodes; null where none is missing, or where all that are there are as young as a fleet that is just being made. */
export function missingNodes(
  { fleet, nodes, contested = [], nowMs }: Pick<FleetFacts, 'fleet' | 'nodes' | 'contested' | 'nowMs'>,
  all: readonly GoneNode[],
): string | null {
  const gone = missedOf(all);
  const { expected } = fleet.nodes;
  const isShort = expected !== undefined && nodes.length + contested.length < expected;
  // Where the file knows how many there should be, one that is gone on purpose is no trouble.
  if (!isShort && (expected !== undefined || gone.length === 0)) return null;
  const isBeingMade = nodes.length > 0 && nodes.every(({ launchedAtMs }) => nowMs - launchedAtMs < MADE_WITHIN_MS);
  if (isBeingMade && gone.length === 0) return null;
  const count = `${nodes.length} ${nodes.length === 1 ? 'node is' : 'nodes are'} there${isShort ? `, ${expected} expected` : ''}`;
  if (gone.length === 0) return count;
  const ids = names(gone.map(({ instanceId }) => instanceId));
  return `${names(gone.map(({ name }) => name))}: gone: terminated, or without the fleet’s tags (${ids}); ${count}`;
}
