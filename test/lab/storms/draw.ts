// Draws from a seeded stream, in the words of a generator.
import type { Random } from '../../../local/simulator/random.ts';

export class Draw {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  chance(share: number): boolean {
    return this.#random.next() < share;
  }

  /** Both included. */
  integer(low: number, high: number): number {
    return this.#random.integer(low, high);
  }

  /** Small numbers more often: half of the draws are in the lowest eighth. Both included. */
  mostlySmall(low: number, high: number): number {
    return low + Math.floor(this.#random.next() ** 3 * (high - low + 1));
  }

  /** @throws RangeError for an empty list */
  pick<T>(from: readonly T[]): T {
    const picked = from[this.#random.integer(0, from.length - 1)];
    if (picked === undefined) throw new RangeError('pick: expected at least one');
    return picked;
  }

  /** So many different ones, in the order of the list; all of them if there are fewer. */
  some<T>(from: readonly T[], count: number): readonly T[] {
    const left = new Set(from);
    while (left.size > count) left.delete(this.pick([...left]));
    return from.filter((one) => left.has(one));
  }
}
