// Tries every place at which a clean snapshot can be cut off, in processes of their own.
import { join } from 'node:path';
import { runInProcess } from './run-in-process.ts';

export interface SnapshotPlaces {
  readonly crash:
    | 'none'
    | 'crash-before'
    | 'crash-after'
    | 'answer lost'
    | 'caller killed after'
    /** The execution ends for good when it has written so many checkpoints. */
    | 'lost for good'
    /** The answer to CreateSnapshots is lost, and its caller dies with it (1), before it had an effect (2); or only the answer is (3). */
    | 'taking'
    /** Nothing is cut off, and the nodes keep old blocks on a volume of their own. */
    | 'two volumes'
    /** Nothing is cut off, and the client takes longer to end than its grace. */
    | 'killed by its grace'
    /** Nothing is cut off, and EBS does not get done with the first snapshot of node2. */
    | 'copy fails';
  /** Numbers of checkpoints, or of mutating calls, from 1. */
  readonly places: readonly number[];
}

export interface SnapshotCrashed {
  readonly place: number;
  /** CreateSnapshots calls that took effect. */
  readonly taken: number;
  /** What came of the attempts, oldest first. */
  readonly outcomes: readonly string[];
  /** Expectations and invariants that did not hold. */
  readonly unmet: readonly string[];
  /** Role, rank and set of each snapshot that there is in the end. */
  readonly snapshots: readonly string[];
  readonly pages: readonly string[];
  /** How often the client of the donor came up since the story began. */
  readonly starts: number;
  readonly checkpoints: number;
  readonly mutatingCalls: number;
}

/** One run for each place, in the order of `places`. */
export const snapshotCrashAt = (places: SnapshotPlaces): Promise<SnapshotCrashed[]> =>
  runInProcess<SnapshotCrashed[]>(join(import.meta.dirname, 'snapshot-crash-runner.ts'), places);
