// Tries the places at which a heal can be killed or an answer lost, in a process of its own.
import { join } from 'node:path';
import type { Death } from './crash-places.ts';
import { runInProcess } from './run-in-process.ts';

export interface Story {
  readonly scenario: string;
  /** The durable function that dies. */
  readonly heal: string;
  readonly places:
    | readonly Death[]
    /** All that `allDeaths` finds in an undisturbed run: share `part` of `parts`, from 0, which begins with that run itself. */
    | { readonly tableEvery: number; readonly part: number; readonly parts: number };
}

export interface Crashed {
  readonly scenario: string;
  /** "crash-before: 012-call SUCCEED". */
  readonly place: string;
  /** ModifyVolume calls that took effect. */
  readonly modifications: number;
  /** Volumes, instances and snapshots that were made and not put away. */
  readonly made: number;
  /** An incident ended healed, by whichever attempt. */
  readonly healed: boolean;
  /** Expectations and invariants that did not hold, what is still held, and intents whose end the journal does not tell. */
  readonly unmet: readonly string[];
}

/** One run for each place, story after story. */
export const crash = (stories: readonly Story[]): Promise<readonly Crashed[]> =>
  runInProcess<Crashed[]>(join(import.meta.dirname, 'crash-runner.ts'), stories);

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
