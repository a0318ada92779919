// How a sweep processes many items in little time: a few in parallel, until its time is up, with a different first item in each minute.
import pMap from 'p-map';

const MINUTE_MS = 60_000;
/** AWS's slowest of the rates that a sweep meets is 20 reads a second (DescribeInstances; "API throttling", Amazon EC2 API Reference). */
const AT_ONCE = 8;
/** Each sweep begins this many items after the start of the last one. Every sweep processes at least as many, so every item gets its turn. */
const LEAST_A_SWEEP = 20;

/**
 * Works through `items`. What is left when the time is up waits for the next minutes.
 *
 * @param work does not reject
 * @returns how many were left
 */
export async function processInTurn<T>(
  items: readonly T[],
  { nowMs, untilMs }: { readonly nowMs: number; readonly untilMs: number },
  work: (item: T) => Promise<void>,
): Promise<number> {
  const first = (Math.floor(nowMs / MINUTE_MS) * LEAST_A_SWEEP) % Math.max(1, items.length);
  const order = [...items.slice(first), ...items.slice(0, first)];
  let left = 0;
  const take = async (item: T, place: number): Promise<void> => {
    if (mayBegin(place, untilMs)) await work(item);
    else left++;
  };
  await pMap(order, take, { concurrency: AT_ONCE });
  return left;
}

/** The first few are always processed, even if it is late: otherwise a slow sweep would process nothing. */
const mayBegin = (place: number, untilMs: number): boolean => place < LEAST_A_SWEEP || Date.now() < untilMs;
