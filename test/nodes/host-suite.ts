// The jest suite of this directory, run as a process of its own; its summary is read from what it writes for programs.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Where it did not come to its end. */
  readonly why?: string;
}

const summary = v.object({
  numPassedTests: v.number(),
  numFailedTests: v.number(),
  numPendingTests: v.number(),
  numTodoTests: v.number(),
  /** Files that broke before their tests ran. */
  numRuntimeErrorTestSuites: v.number(),
});

const WORDS = [
  ...['--disable-warning=ExperimentalWarning', '--experimental-vm-modules'],
  ...['node_modules/jest/bin/jest.js', '--config', 'test/nodes/jest.config.js', '--maxWorkers=2'],
];

/** What it prints goes to standard error. A suite that does not end in time, or says nothing, counts as one failure. */
export async function hostSuite(limitSeconds: number): Promise<Counts> {
  const directory = mkdtempSync(join(tmpdir(), 'chainmend-host-suite-'));
  const file = join(directory, 'summary.json');
  try {
    // It ends with this process, even if that is killed; and so do its machines.
    const child = spawn(
      'setpriv',
      ['--pdeathsig', 'KILL', 'nice', process.execPath, ...WORDS, '--json', `--outputFile=${file}`],
      {
        cwd: join(import.meta.dirname, '../..'),
        // Its JSON would also come on standard output.
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    let isOver = false;
    const limit = setTimeout(() => {
      isOver = true;
      child.kill('SIGTERM');
    }, limitSeconds * 1_000);
    const status = await new Promise<number | null>((resolve) => {
      child.once('error', () => resolve(null));
      child.once('close', resolve);
    });
    clearTimeout(limit);
    if (isOver) return { ...NONE, why: `it did not end within ${limitSeconds} s, and was ended` };
    return countsOf(file, status);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const NONE: Counts = { passed: 0, failed: 1, skipped: 0 };

function countsOf(file: string, status: number | null): Counts {
  try {
    const found = v.parse(summary, JSON.parse(readFileSync(file, 'utf8')));
    const failed = found.numFailedTests + found.numRuntimeErrorTestSuites;
    return {
      passed: found.numPassedTests,
      // What failed besides its tests, a teardown for one, is in its status only.
      failed: failed === 0 && status !== 0 ? 1 : failed,
      skipped: found.numPendingTests + found.numTodoTests,
    };
  } catch {
    return { ...NONE, why: `it said nothing, and its exit status was ${status}` };
  }
}
