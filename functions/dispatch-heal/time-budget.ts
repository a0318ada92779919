// How a sweep gets through much in little time: a few at a time, until its time is up, and another one first in each minute.
import pMap from 'p-map';

const MINUTE_MS = 60_000;
/** AWS's slowest of the rates that a sweep meets is 20 reads a second (DescribeInstances; "API throttling", Amazon EC2 API Reference). */
const AT_ONCE = 8;
/** Each sweep begins so much further on than the last: as many have their turn in any sweep, so that nobody's never comes. */
const LEAST_A_SWEEP = 20;

/**
 * Works through `items`. What is left when the time is up has its turn in the next minutes.
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

/** The first few are looked at however late it is: a sweep that never comes to anybody would be none. */
const mayBegin = (place: number, untilMs: number): boolean => place < LEAST_A_SWEEP || Date.now() < untilMs;
