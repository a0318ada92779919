// Programs of the host, run without a shell, each with a limit: what machines are made of.
import { execFile, execFileSync } from 'node:child_process';

export interface ToolOptions {
  readonly timeoutMs?: number;
  readonly input?: string;
}

/** What is printed beyond this is an error: nothing here prints more. */
const OUTPUT_BYTES_MAX = 16 * 2 ** 20;
const TIMEOUT_MS = 30_000;

/** @returns what it prints. Rejects with what it says where it fails, or takes longer than its limit. */
export function tool(program: string, operands: readonly string[], options: ToolOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const { timeoutMs = TIMEOUT_MS, input = '' } = options;
    const child = execFile(
      program,
      [...operands],
      { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: OUTPUT_BYTES_MAX },
      (error, stdout, stderr) => {
        if (error)
          reject(new Error(`${[program, ...operands].join(' ').slice(0, 300)}: ${stderr.trim() || error.message}`));
        else resolve(stdout);
      },
    );
    child.stdin?.on('error', () => {
      // It ended without reading: its exit status tells.
    });
    child.stdin?.end(input);
  });
}

/** The same for what takes milliseconds, and what the region wants to be so when the call returns. */
export function toolNow(
  program: string,
  operands: readonly string[],
  { timeoutMs = TIMEOUT_MS }: ToolOptions = {},
): string {
  return execFileSync(program, [...operands], {
    encoding: 'utf8',
    timeout: timeoutMs,
    maxBuffer: OUTPUT_BYTES_MAX,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
