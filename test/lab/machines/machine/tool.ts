// Runs the host's programs that machines are made with, without a shell, each with a time limit.
import { execFile, execFileSync } from 'node:child_process';

export interface ToolOptions {
  readonly timeoutMs?: number;
  readonly input?: string;
}

/** More output than this is an error: no program here prints more. */
const OUTPUT_BYTES_MAX = 16 * 2 ** 20;
const TIMEOUT_MS = 30_000;

/** @returns its standard output. Rejects with its error message if it fails or takes longer than its limit. */
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
      // It ended without reading its input: its exit status says why.
    });
    child.stdin?.end(input);
  });
}

/** The same for programs that take milliseconds, whose effect the region needs before the call returns. */
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
