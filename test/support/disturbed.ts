// Runs scenarios in which AWS misbehaves towards a function at named calls, in a process of its own.
import { join } from 'node:path';
import type { JournalLine } from '../../local/scenarios/report/journal.ts';
import type { Report } from '../../local/scenarios/report/report.ts';
import type { FaultEffect } from '../../local/simulator/request-faults.ts';
import { runInProcess } from './run-in-process.ts';

export interface Disturbance {
  readonly scenario: string;
  /** Whom; a heal unless given. */
  readonly caller?: 'resize-volume' | 'rotate-peers';
  /** What it calls: "ModifyVolume". */
  readonly operation: string;
  /** Only calls whose input has these words in it. */
  readonly input?: string;
  readonly fate: FaultEffect;
  /** The first such call that is disturbed, from 1, retries of the SDK counted; 1 unless given. */
  readonly from?: number;
  /** How many from there on; all of them unless given. */
  readonly calls?: number;
}

export interface Disturbed {
  readonly report: Report;
  readonly journal: readonly JournalLine[];
  readonly unmet: readonly string[];
  /** Status of each execution, oldest first. */
  readonly executions: readonly string[];
  /** ModifyVolume calls that took effect. */
  readonly modifications: number;
}

/** Carries out all of them one after another; results are in their order. */
export const disturb = (disturbances: readonly Disturbance[]): Promise<Disturbed[]> =>
  runInProcess<Disturbed[]>(join(import.meta.dirname, 'disturbed-runner.ts'), disturbances);
