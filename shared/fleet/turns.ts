// In which order a schedule's run takes the fleets.

/**
 * Another fleet is first in each run, so that one that takes a run's whole time does not keep the others from theirs.
 * @param everyMs how far two runs are apart
 */
export function fleetsInTurn<T>(fleets: readonly T[], nowMs: number, everyMs: number): readonly T[] {
  const first = Math.floor(nowMs / everyMs) % Math.max(1, fleets.length);
  return [...fleets.slice(first), ...fleets.slice(0, first)];
}
