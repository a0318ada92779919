// Tries every place at which a heal can be killed or an answer lost, in processes of their own.
import { join } from 'node:path';
import { runInProcess } from './run-in-process.ts';

export interface Places {
  readonly scenario: string;
  /** The durable function that dies. */
  readonly heal: string;
  readonly crash:
    | 'none'
    | 'crash-before'
    | 'crash-after'
    | 'answer lost'
    | 'caller killed before'
    | 'caller killed after';
  /** Numbers of checkpoints, or of calls, from 1. */
  readonly places: readonly number[];
}

export interface Crashed {
  readonly place: number;
  /** ModifyVolume calls that took effect. */
  readonly modifications: number;
  /** Volumes and instances that were made. */
  readonly made: number;
  /** Heals that were proved, in all attempts. */
  readonly healed: number;
  /** Expectations and invariants that did not hold. */
  readonly unmet: readonly string[];
  readonly checkpoints: number;
  readonly healCalls: number;
  readonly mutatingCalls: number;
}

/** One run for each place, in the order of `places`. */
export const crashAt = (places: Places): Promise<Crashed[]> =>
  runInProcess<Crashed[]>(join(import.meta.dirname, 'crash-runner.ts'), places);

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
