// Tries every place at which a heal can be killed or an answer lost, in processes of their own.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface Places {
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
  readonly sizeGiB: number;
  /** Expectations and invariants that did not hold. */
  readonly unmet: readonly string[];
  readonly checkpoints: number;
  readonly healCalls: number;
  readonly mutatingCalls: number;
}

const RUNNER = join(import.meta.dirname, 'crash-runner.ts');
const FLAGS = ['--disable-warning=ExperimentalWarning'];

/** One run for each place, in the order of `places`. */
export function crashAt(places: Places): Promise<Crashed[]> {
  const runner = spawn(process.execPath, [...FLAGS, RUNNER], { stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  runner.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  runner.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  runner.stdin.end(JSON.stringify(places));
  return new Promise((resolve, reject) => {
    runner.on('error', reject);
    runner.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(stdout) as Crashed[]);
      else reject(new Error(`the runner ended with ${code}: ${stderr.slice(-2_000)}`));
    });
  });
}

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
