// Runs the deployed asset in processes of its own, from a process without Jest.
import { join } from 'node:path';
import type { JournalLine } from '../../local/scenarios/report/journal.ts';
import type { Report } from '../../local/scenarios/report/report.ts';
import { runInProcess } from './run-in-process.ts';

export interface AssetRun {
  /** The heal's process is killed while the checkpoint that follows this operation ("ModifyVolume") is on its way. */
  readonly killAfter?: string;
}

export interface AssetRan {
  readonly journal: readonly JournalLine[];
  /** Expectations of the scenario that did not hold. */
  readonly unmet: readonly string[];
  readonly violations: Report['violations'];
  readonly outcomes: readonly string[];
  /** ModifyVolume calls that took effect. */
  readonly modifications: number;
  /** Processes that the heal ran in, one after another. */
  readonly healProcesses: number;
}

/** disk-full, one run after another; results are in the order of `runs`. */
export const runAsset = (runs: readonly AssetRun[]): Promise<AssetRan[]> =>
  runInProcess<AssetRan[]>(join(import.meta.dirname, 'asset-runner.ts'), runs);
