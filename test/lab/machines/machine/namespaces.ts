// Runs work inside a machine's system from outside, through its namespaces: as an agent there would, without a shell of the host in between.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { CommandOutcome } from '../../../../local/nodes/machine.ts';
import { toolNow } from './tool.ts';

/** An SSM agent keeps at least this much output; Systems Manager cuts what it shows. */
const OUTPUT_CHARACTERS_MAX = 1_000_000;
/** The PATH of systemd's services (systemd.exec(5), "Environment Variables in Spawned Processes"). */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const entering = (pid: number): readonly string[] => [
  '--target',
  String(pid),
  ...['--mount', '--uts', '--ipc', '--net', '--pid', '--'],
];

export interface Run {
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeoutMs: number;
}

/** Runs a command to its end, or kills it at its limit with exit code 137. Never rejects. */
export function runInside(
  pid: number,
  { command, environment = {}, input = '', timeoutMs }: Run,
): Promise<CommandOutcome> {
  return new Promise((resolve) => {
    const child = spawn('nsenter', [...entering(pid), ...command], {
      env: { PATH, LANG: 'C.UTF-8', ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
      // A process group of its own: at the limit its child processes end with it.
      detached: true,
    });
    const heard = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        heard[name] = (heard[name] + text).slice(0, OUTPUT_CHARACTERS_MAX);
      });
    }
    child.stdin.on('error', () => {
      // The command ended without reading its input.
    });
    child.stdin.end(input);
    const limit = setTimeout(() => {
      if (child.pid !== undefined) killGroup(child.pid);
    }, timeoutMs);
    let settled = false;
    const settle = (exitCode: number, more = ''): void => {
      if (settled) return;
      settled = true;
      clearTimeout(limit);
      resolve({ exitCode, stdout: heard.stdout, stderr: heard.stderr + more });
    };
    child.once('error', (error) => settle(127, error.message));
    child.once('close', (code) => settle(code ?? 137));
    // A background process may keep its output open; the command's own end counts.
    child.once('exit', (code) => setTimeout(() => settle(code ?? 137), OUTPUT_GRACE_MS));
  });
}

const OUTPUT_GRACE_MS = 500;

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** For commands that take milliseconds. Throws if the command fails. */
export const runInsideNow = (pid: number, command: readonly string[]): string =>
  toolNow('nsenter', [...entering(pid), ...command]);

/** Device numbers, "7:12", that are mounted inside, each with its mount points. */
export function mountsInside(pid: number): ReadonlyMap<string, readonly string[]> {
  const mounts = new Map<string, string[]>();
  for (const line of readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n')) {
    const [, , device, , path] = line.split(' ');
    if (device === undefined || path === undefined) continue;
    mounts.set(device, [...(mounts.get(device) ?? []), path]);
  }
  return mounts;
}
