// Processes many fleets (or nodes, or incidents) in one invocation: in a fair order, a few in parallel, until the time is up. A failure stops no
// other item. All failures are thrown together at the end, so that they reach Lambda's retries and the alarms.
import pMap from 'p-map';

/**
 * A different item comes first in each round: an item that takes a whole round does not stop the others for ever.
 *
 * @param everyMs the time between two rounds
 * @param step by how many items the start moves in each round
 */
export function inFairOrder<T>(items: readonly T[], nowMs: number, everyMs: number, step = 1): readonly T[] {
  const first = (Math.floor(nowMs / everyMs) * step) % Math.max(1, items.length);
  return [...items.slice(first), ...items.slice(0, first)];
}

/**
 * Works through items until time is up, ms since the epoch; `work` does not reject.
 *
 * @returns the items that were not begun in time
 */
export type ProcessItems = <T>(
  items: readonly T[],
  untilMs: number,
  work: (item: T) => Promise<void>,
) => Promise<readonly T[]>;

export const inSequence: ProcessItems = async (items, untilMs, work) => {
  for (const [place, item] of items.entries()) {
    if (Date.now() >= untilMs) return items.slice(place);
    await work(item);
  }
  return [];
};

/**
 * @param most items under way at any moment
 * @param atLeast number of items that are begun even if it is late: otherwise a slow round would begin none
 */
export const inParallel =
  (most: number, atLeast = 0): ProcessItems =>
  async (items, untilMs, work) => {
    const left: (typeof items)[number][] = [];
    const begin = async (item: (typeof items)[number], place: number): Promise<void> => {
      if (place < atLeast || Date.now() < untilMs) await work(item);
      else left.push(item);
    };
    await pMap(items, begin, { concurrency: most });
    return left;
  };

/** @throws AggregateError with all failures, each with its message; does nothing where there are none */
export function throwTogether(failures: readonly unknown[], introduction: string): void {
  if (failures.length === 0) return;
  throw new AggregateError(failures, `${introduction}: ${failures.map(messageOf).join('; ')}`);
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
