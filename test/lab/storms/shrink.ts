// Shrinks a storm that breaks a promise: leaves out faults, nodes and fleets one by one, as long as the same promise is broken.
import type { Ending } from './play.ts';
import { type Storm, type StormFault, withNodes } from './storm.ts';

export interface Shrunk {
  readonly storm: Storm;
  readonly ending: Ending;
  /** How many storms were played for it. */
  readonly played: number;
}

/** Each try plays a whole storm. */
const PLAYS_MAX = 60;

/**
 * @param ending of the storm, with at least one broken promise: the first one is kept
 * @param play the same storm must end the same way
 */
export async function shrink(storm: Storm, ending: Ending, play: (storm: Storm) => Promise<Ending>): Promise<Shrunk> {
  const promise = ending.broken[0]?.promise;
  if (promise === undefined) throw new RangeError('shrink: expected a storm that breaks a promise');
  let best: Shrunk = { storm, ending, played: 0 };
  for (let wasSmaller = true; wasSmaller; ) {
    wasSmaller = false;
    for (const candidate of smallerThan(best.storm)) {
      if (best.played >= PLAYS_MAX) return best;
      const tried = await play(candidate);
      best = { ...best, played: best.played + 1 };
      if (!tried.broken.some((broken) => broken.promise === promise)) continue;
      best = { ...best, storm: candidate, ending: tried };
      wasSmaller = true;
      break;
    }
  }
  return best;
}

/** Storms with less, the boldest first: without half of the faults, a fleet, a fault, a node, a fault's repetition, a snapshot. */
function* smallerThan(storm: Storm): Generator<Storm> {
  const { faults, fleets, nodes, snapshots } = storm;
  const half = Math.ceil(faults.length / 2);
  if (faults.length > 2) {
    yield { ...storm, faults: faults.slice(0, half) };
    yield { ...storm, faults: faults.slice(half) };
  }
  if (fleets.length > 1)
    for (const { name } of fleets)
      yield withNodes(
        storm,
        nodes.filter(({ fleet }) => fleet !== name),
      );
  for (const fault of faults) yield { ...storm, faults: without(faults, fault) };
  if (nodes.length > 1) for (const node of nodes) yield withNodes(storm, without(nodes, node));
  if (snapshots.length > 0) yield { ...storm, snapshots: [] };
  for (const snapshot of snapshots.length > 1 ? snapshots : [])
    yield { ...storm, snapshots: without(snapshots, snapshot) };
  for (const fault of faults)
    if (repeats(fault)) yield { ...storm, faults: faults.map((one) => (one === fault ? once(one) : one)) };
}

const without = <T>(all: readonly T[], one: T): readonly T[] => all.filter((other) => other !== one);
const repeats = ({ entries }: StormFault): boolean => entries.some((entry) => entry['every'] !== undefined);
const once = ({ type, entries }: StormFault): StormFault => ({
  type,
  entries: entries.map(({ every: _, times: __, ...entry }) => entry),
});
