// Runs a job of jobs/ in a plain Node.js process. Jest keeps timers of its own, which the guard of a region refuses; so only the types
// of a job come into Jest's process, and never a region.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Each job, by the name of its file. */
interface Jobs {
  readonly asset: typeof import('./jobs/asset.ts');
  readonly crash: typeof import('./jobs/crash.ts');
  readonly disturbance: typeof import('./jobs/disturbance.ts');
  readonly 'fleet-sweep': typeof import('./jobs/fleet-sweep.ts');
  readonly hostile: typeof import('./jobs/hostile.ts');
  readonly network: typeof import('./jobs/network.ts');
  readonly pasted: typeof import('./jobs/pasted.ts');
  readonly simulation: typeof import('./jobs/simulation.ts');
  readonly 'snapshot-crash': typeof import('./jobs/snapshot-crash.ts');
  readonly workload: typeof import('./jobs/workload.ts');
}
type Job<Name extends keyof Jobs> = Jobs[Name]['job'];

/** A run of a full day writes a few MB of journal at most. */
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;

/** Input and result are JSON. Rejects with what the process said on stderr when it fails. */
export async function runJob<Name extends keyof Jobs>(
  name: Name,
  input: Parameters<Job<Name>>[0],
): Promise<Awaited<ReturnType<Job<Name>>>> {
  const words = ['job-process.ts', `jobs/${name}.ts`].map((file) => join(import.meta.dirname, file));
  const running = promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', ...words], {
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  running.child.stdin?.end(JSON.stringify(input));
  const { stdout } = await running;
  return JSON.parse(stdout);
}
