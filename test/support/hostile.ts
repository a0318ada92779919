// Attacks a region in a process of its own.
import { join } from 'node:path';
import { runInProcess } from './run-in-process.ts';

export interface Attack {
  /** Every nth of all places and words. */
  readonly every: number;
  /** How many requests are changed in their bytes, headers and paths. */
  readonly mutations: number;
}

export interface Attacked {
  readonly asked: number;
  /** How often each code, or "ok", was the answer. */
  readonly answered: Readonly<Record<string, number>>;
  /** Requests of the differential run that the region accepted, each of which was then made worse. */
  readonly accepted: number;
  /** What went wrong in the region itself, with the request that it was. */
  readonly defects: readonly string[];
}

export const attackRegion = (attack: Attack): Promise<Attacked> =>
  runInProcess<Attacked>(join(import.meta.dirname, 'hostile-runner.ts'), attack);
