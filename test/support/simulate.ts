// Runs scenarios in a process of their own, without Jest.
import { join } from 'node:path';
import type { JournalLine } from '../../local/scenarios/report/journal.ts';
import type { Report } from '../../local/scenarios/report/report.ts';
import type { FaultName } from '../../local/simulator/faults.ts';
import type { Lane } from '../../local/simulator/lambda-runtime/sandbox.ts';
import { runInProcess } from './run-in-process.ts';

export interface Simulation {
  readonly scenario: string;
  /** File name of a module that exports `SCENARIOS` with scenarios of a test's own; those of local/scenarios unless given. */
  readonly from?: string;
  /** 1 unless given. */
  readonly seed?: number;
  /** The sweep lane unless given: it does the same, faster. */
  readonly lane?: Lane;
  readonly faults?: readonly FaultName[];
}

export interface Simulated {
  readonly report: Report;
  /** Expectations of the scenario that did not hold. */
  readonly unmet: readonly string[];
  readonly journal: readonly JournalLine[];
  /** The story that a person is told, a line each: time, label, text, without colour. */
  readonly story: readonly string[];
}

/** Carries out all runs one after another in one forked process; results are in the order of `runs`. */
export const simulate = (runs: readonly Simulation[]): Promise<Simulated[]> =>
  runInProcess<Simulated[]>(join(import.meta.dirname, 'simulate-runner.ts'), runs);

/** One run. */
export async function simulateOne(run: Simulation): Promise<Simulated> {
  const [only] = await simulate([run]);
  if (!only) throw new Error('the runner answered with nothing');
  return only;
}
