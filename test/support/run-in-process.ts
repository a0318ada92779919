// Runs a script of test/support in a plain Node.js process: JSON in on stdin, JSON out on stdout. Jest keeps timers of its own,
// which the guard of a region refuses.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A run of a full day writes a few MB of journal at most. */
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;

/** Rejects with what the script said on stderr when it fails. */
export async function runInProcess<T>(script: string, input: unknown): Promise<T> {
  const running = promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  running.child.stdin?.end(JSON.stringify(input));
  const { stdout } = await running;
  return JSON.parse(stdout) as T;
}
