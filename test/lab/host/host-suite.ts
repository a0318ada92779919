// Runs the jest suite of this directory in separate processes, and reads their machine-readable summaries.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why it did not finish. */
  readonly why?: string;
}

const summary = v.object({
  numPassedTests: v.number(),
  numFailedTests: v.number(),
  numPendingTests: v.number(),
  numTodoTests: v.number(),
  /** Files that failed before their tests ran. */
  numRuntimeErrorTestSuites: v.number(),
});

const WORDS = [
  ...['--disable-warning=ExperimentalWarning'],
  ...['node_modules/jest/bin/jest.js', '--config', 'test/lab/host/jest.config.js', '--maxWorkers=1'],
];

/**
 * The two halves of the files run in parallel, without Jest's workers: a worker would outlive the process that started it, and so would its machines.
 */
const SHARDS = ['1/2', '2/2'] as const;

/** Its output goes to standard error. A half that does not end in time, or writes no summary, counts as one failure. */
export async function hostSuite(limitSeconds: number): Promise<Counts> {
  const halves = await Promise.all(SHARDS.map((shard) => runShard(shard, limitSeconds)));
  const sum = (of: (counts: Counts) => number): number => halves.reduce((all, counts) => all + of(counts), 0);
  const why = halves.flatMap(({ why }) => why ?? []).join('; ');
  return {
    passed: sum(({ passed }) => passed),
    failed: sum(({ failed }) => failed),
    skipped: sum(({ skipped }) => skipped),
    ...(why !== '' && { why }),
  };
}

async function runShard(shard: string, limitSeconds: number): Promise<Counts> {
  const directory = mkdtempSync(join(tmpdir(), 'chainmend-host-suite-'));
  const file = join(directory, 'summary.json');
  try {
    // It ends with this process, even if that is killed; and so do its machines.
    const child = spawn(
      'setpriv',
      ['--pdeathsig', 'KILL', 'nice', process.execPath, ...WORDS, `--shard=${shard}`, '--json', `--outputFile=${file}`],
      {
        cwd: join(import.meta.dirname, '../../..'),
        // Its JSON would also appear on standard output.
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
    if (isOver) return { ...NONE, why: `its part ${shard} did not end within ${limitSeconds} s, and was ended` };
    return countsOf(file, shard, status);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const NONE: Counts = { passed: 0, failed: 1, skipped: 0 };

function countsOf(file: string, shard: string, status: number | null): Counts {
  try {
    const found = v.parse(summary, JSON.parse(readFileSync(file, 'utf8')));
    const failed = found.numFailedTests + found.numRuntimeErrorTestSuites;
    return {
      passed: found.numPassedTests,
      // A failure outside of its tests, for example in a teardown, shows only in its status.
      failed: failed === 0 && status !== 0 ? 1 : failed,
      skipped: found.numPendingTests + found.numTodoTests,
    };
  } catch {
    return { ...NONE, why: `its part ${shard} said nothing, and its exit status was ${status}` };
  }
}
