// Runs scenarios in which AWS misbehaves towards a heal at named calls, in a process of its own.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Fate } from '../../local/region/request-faults.ts';
import type { JournalLine } from '../../local/run/journal.ts';
import type { Report } from '../../local/run/report.ts';

export interface Disturbance {
  readonly scenario: string;
  /** What the heal calls: "ModifyVolume". */
  readonly operation: string;
  readonly fate: Fate;
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

const RUNNER = join(import.meta.dirname, 'disturbed-runner.ts');

/** Carries out all of them one after another; results are in their order. */
export async function disturb(disturbances: readonly Disturbance[]): Promise<Disturbed[]> {
  const running = promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', RUNNER], {
    maxBuffer: 64 * 1024 * 1024,
  });
  running.child.stdin?.end(JSON.stringify(disturbances));
  return JSON.parse((await running).stdout) as Disturbed[];
}
