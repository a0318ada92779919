// Runs a job of the laboratory in a plain Node.js process of the pool (test/fixtures/jobs.ts).
import { join } from 'node:path';
import { jobsIn } from '../fixtures/jobs.ts';

/** Each job, by the name of its file. */
interface Jobs {
  readonly backtested: typeof import('./jobs/backtested.ts');
  readonly 'fleet-sweep': typeof import('./jobs/fleet-sweep.ts');
  readonly judged: typeof import('./jobs/judged.ts');
  readonly 'large-fleet': typeof import('./jobs/large-fleet.ts');
  readonly policies: typeof import('./jobs/policies.ts');
  readonly 'quiet-storms': typeof import('./jobs/quiet-storms.ts');
  readonly reading: typeof import('./jobs/reading.ts');
  readonly storms: typeof import('./jobs/storms.ts');
}

export const runLabJob = jobsIn<Jobs>(join(import.meta.dirname, 'jobs'));
