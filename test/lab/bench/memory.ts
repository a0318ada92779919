// Peak memory of each process: of the commands that are typed, and of a run of `npm test` by what the process is for.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../../../infra/paths.ts';
import type { Measurement } from './measurement.ts';
import type { Input } from './part.ts';
import { costOf, type ProcessCost, peakOf } from './process-tree.ts';

/** Two of them fit beside each other on a machine of 4 GiB. */
export const MIB_MAX = 1_536;
const TEST_WORKER_MIB_MAX = 512;
const TEST_RUN_TIMEOUT_MS = 60 * 60_000;

const isWorker = ({ command }: ProcessCost): boolean => command.includes('tinypool');
const isJob = ({ command }: ProcessCost): boolean => command.includes('job-process');

/** @throws Error where a command fails: a run that ends early needs less */
export async function* measureMemory(input: Input): AsyncGenerator<Measurement> {
  if (input === 'full') {
    yield* measure('npm start', ['npm', 'start']);
    const out = mkdtempSync(join(tmpdir(), 'chainmend-synth-'));
    try {
      yield* measure('npm run synth', ['npm', 'run', 'synth', '--', '--output', out]);
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  }
  const words = ['npm', 'test', '--silent', ...(input === 'full' ? [] : ['--', '--listTests', 'suites'])];
  const processes = await processesOf(words, TEST_RUN_TIMEOUT_MS);
  if (input === 'full') {
    yield of('a test worker', someOf(processes, isWorker), TEST_WORKER_MIB_MAX);
    yield of('a process of test jobs', someOf(processes, isJob), MIB_MAX);
  }
  yield of(
    'npm test, any other process',
    processes.filter((each) => !isWorker(each) && !isJob(each)),
    MIB_MAX,
  );
}

/** @throws Error where there is none: the files that they run have other names now */
function someOf(processes: readonly ProcessCost[], is: (one: ProcessCost) => boolean): readonly ProcessCost[] {
  const some = processes.filter(is);
  if (some.length === 0) throw new Error(`npm test: none of its ${processes.length} processes is one of these`);
  return some;
}

async function* measure(subject: string, words: readonly string[]): AsyncGenerator<Measurement> {
  yield of(subject, await processesOf(words), MIB_MAX);
}

const of = (subject: string, processes: readonly ProcessCost[], atMost: number): Measurement => ({
  ...{ subject, measure: 'memory, largest process', unit: 'MiB' },
  ...{ value: peakOf(processes).peakMiB, atMost },
});

async function processesOf(words: readonly string[], timeoutMs?: number): Promise<readonly ProcessCost[]> {
  const { status, stderr, processes } = await costOf({ words, cwd: repositoryRoot, ...(timeoutMs && { timeoutMs }) });
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}: ${stderr.slice(-500)}`);
  return processes;
}
