// Runs workloads in a process of its own, without Jest, whose timers the clock's guard would rightly refuse.
// Reads a JSON list of `WorkloadRun` on stdin, prints a JSON list of results.
import { text } from 'node:stream/consumers';
import { buildSync } from 'esbuild';
import { compileBundle } from '../../local/simulator/lambda-runtime/sandbox.ts';
import { runWorkload, type WorkloadResult, type WorkloadRun } from './workload-region.ts';

const { outputFiles } = buildSync({
  entryPoints: [new URL('./guest-workload.ts', import.meta.url).pathname],
  bundle: true,
  write: false,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  mainFields: ['module', 'main'],
  minify: true,
});
const script = compileBundle(outputFiles[0]?.text ?? '', 'workload.cjs');
const results: WorkloadResult[] = [];
for (const run of JSON.parse(await text(process.stdin)) as WorkloadRun[]) results.push(await runWorkload(script, run));
process.stdout.write(JSON.stringify(results));
