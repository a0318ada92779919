// Whether a client has just come up: within its grace it may be silent, replay or be behind, and must not be killed again.
import type { Fleet } from '../../shared/fleet/model.ts';
import type { FleetNode } from '../../shared/fleet/nodes.ts';
import type { NodeMemory, ObservedNode } from '../../shared/fleet/observation.ts';

/** So often its grace begins anew before it was well; a client that comes up more often than that does not come up. */
const MAXIMUM_STARTS = 3;

export interface Start {
  readonly startedAtMs: number | null;
  readonly starts: number;
}

/**
 * @param heard what came of asking it just now; undefined where it could not be asked
 * @param watched whether its fleet was watched before: of one that is watched for the first time nobody has just come up
 */
export function startOf(
  heard: NonNullable<NodeMemory['heard']> | undefined,
  before: ObservedNode | undefined,
  watched: boolean,
  nowMs: number,
): Start {
  const known = { startedAtMs: before?.startedAtMs ?? null, starts: before?.memory?.starts ?? 0 };
  if (heard === undefined || heard === 'nothing') return known;
  const heardBefore =
    before === undefined ? firstHeard(heard, watched) : (before.memory?.heard ?? firstHeard(heard, false));
  if (heardBefore === heard) return known;
  // It answers at last: the same start, and what it has missed meanwhile takes its time.
  const isAnother = !(heardBefore === 'starting' && heard === 'facts');
  const starts = known.starts + (isAnother ? 1 : 0);
  // One beyond the limit says enough; the number does not grow for ever.
  if (starts > MAXIMUM_STARTS) return { ...known, starts: MAXIMUM_STARTS + 1 };
  return { startedAtMs: nowMs, starts };
}

/** What is taken for heard before there was anything: a client that says that it starts is believed. */
const firstHeard = (heard: NodeMemory['heard'], watched: boolean): NodeMemory['heard'] =>
  watched || heard === 'starting' ? 'nothing' : heard;

/** When the grace ends, ms since the epoch: of its client's start or of its instance's, whichever was later. */
export function graceEndsMs({ health }: Fleet, { launchedAtMs }: FleetNode, { startedAtMs }: Start): number {
  return Math.max(launchedAtMs, startedAtMs ?? 0) + health.startGraceSeconds * 1000;
}
