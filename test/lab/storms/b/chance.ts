// The chance of the second generator: xoshiro128**, whose state comes from the seed by splitmix32. Both are Vigna's, in the public domain
// (https://prng.di.unimi.it, and the 32-bit mixer of MurmurHash3 by Appleby).

const UINT32 = 2 ** 32;

export class Chance {
  readonly #state: Uint32Array;

  /** The same seed and name give the same draws. */
  constructor(seed: number, name: string) {
    let mixed = (seed ^ Math.trunc(seed / UINT32)) >>> 0;
    for (const character of name) mixed = mix(mixed + (character.codePointAt(0) ?? 0));
    this.#state = Uint32Array.from({ length: 4 }, () => {
      mixed = (mixed + 0x9e37_79b9) >>> 0;
      return mix(mixed);
    });
  }

  #next(): number {
    const state = this.#state;
    const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = state;
    const result = Math.imul(turn(Math.imul(s1, 5), 7), 9) >>> 0;
    const [t2, t3] = [s2 ^ s0, s3 ^ s1];
    state.set([s0 ^ t3, s1 ^ t2, t2 ^ (s1 << 9), turn(t3, 11)]);
    return result;
  }

  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor((this.#next() / UINT32) * (most - least + 1));
  }

  /** A number from `least` to `most` with one decimal: minutes that are not whole fall between the rounds of a schedule. */
  tenth(least: number, most: number): number {
    return this.whole(Math.ceil(least * 10), Math.floor(most * 10)) / 10;
  }

  /** True in so many of a hundred. */
  percent(share: number): boolean {
    return this.whole(1, 100) <= share;
  }

  /** @throws RangeError where there is nothing to choose from */
  one<Item>(all: readonly Item[]): Item {
    const item = all[this.whole(0, all.length - 1)];
    if (item === undefined) throw new RangeError('one: expected at least one thing to choose from');
    return item;
  }

  /** Some of them, in another order; all where there are no more. */
  some<Item>(all: readonly Item[], count: number): readonly Item[] {
    const left = [...all];
    return Array.from({ length: Math.min(count, left.length) }, () =>
      left.splice(this.whole(0, left.length - 1), 1),
    ).flat();
  }

  /** One step before, at, or one step behind a threshold. */
  about(threshold: number, step: number): number {
    return Math.round((threshold + this.one([-step, 0, step])) * 1_000) / 1_000;
  }
}

const turn = (word: number, by: number): number => ((word << by) | (word >>> (32 - by))) >>> 0;

function mix(word: number): number {
  let mixed = word >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
