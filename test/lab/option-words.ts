// Words of the laboratory's commands: a range of seeds, a number of processes.

/** What a person typed cannot be done as they wrote it. */
export class UsageError extends Error {}

const SEEDS_MAX = 1_000_000;

/** @param words "1..200", or one seed @throws UsageError */
export function seedsOf(words: string): readonly number[] {
  const [, first = '', last = first] = /^(\d{1,12})(?:\.\.(\d{1,12}))?$/.exec(words) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === '' || to < from || to - from >= SEEDS_MAX)
    throw new UsageError(`--seeds: expected two numbers such as 1..200, found "${words}"`);
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

/** A whole number from 1 to `most`. @throws UsageError */
export function numberOf(flag: string, word: string, most: number): number {
  const number = Number(word);
  if (/^\d{1,4}$/.test(word) && number >= 1 && number <= most) return number;
  throw new UsageError(`${flag}: expected a whole number from 1 to ${most}, found "${word}"`);
}
