// Attacks a region in a process of its own.
import { join } from 'node:path';
import { runInProcess } from './run-in-process.ts';

export interface Attack {
  /** Every nth of all places and words. */
  readonly every: number;
}

export interface Attacked {
  readonly asked: number;
  /** How often each code, or "ok", was the answer. */
  readonly answered: Readonly<Record<string, number>>;
  /** Operations that refused even what was plausible, with the code. */
  readonly refused: readonly string[];
  /** What went wrong in the region itself, with the request that it was. */
  readonly defects: readonly string[];
}

export const attackRegion = (attack: Attack): Promise<Attacked> =>
  runInProcess<Attacked>(join(import.meta.dirname, 'hostile-runner.ts'), attack);
