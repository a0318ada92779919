// Runs workloads in a process of its own, without Jest, whose timers the clock's guard would rightly refuse.
// Usage: node workload-runner.ts BUNDLE RUNS (a JSON list of `WorkloadRun`); prints a JSON list of results.
import { readFileSync } from 'node:fs';
import { compileBundle } from '../../local/region/sandbox.ts';
import { runWorkload, type WorkloadResult, type WorkloadRun } from './workload-region.ts';

const [, , bundle = '', runs = '[]'] = process.argv;
const script = compileBundle(readFileSync(bundle, 'utf8'), 'workload.cjs');
const results: WorkloadResult[] = [];
for (const run of JSON.parse(runs) as WorkloadRun[]) results.push(await runWorkload(script, run));
process.stdout.write(JSON.stringify(results));
