// Runs commands of this host: each with a time limit, a limit of kept output, and a sentence if it fails.
import { spawn } from 'node:child_process';

export interface CommandOptions {
  readonly limitSeconds: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly directory?: string;
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/**
 * Put before a command that runs for minutes: it ends with this process, even after a SIGKILL. Its child processes, its mounts and its background
 * processes end, too. Root only.
 */
export const MORTAL = [
  ...['setpriv', '--pdeathsig', 'KILL'],
  ...['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
] as const;

/** More than any listing that is read here. Of longer output the end is kept: errors are there. */
const KEPT_CHARACTERS = 1_000_000;
/** Characters of a failure's output that are shown to a person. */
const TOLD_CHARACTERS = 600;

/** Runs to its end or its limit. Never throws for what the command did, not even if the command does not exist. */
export function attempt(command: string, words: readonly string[], options: CommandOptions): Promise<Outcome> {
  const { limitSeconds, environment = {}, input, directory } = options;
  return new Promise((resolve) => {
    // A session of its own: the command's child processes are ended with it.
    const child = spawn(command, words, {
      detached: true,
      env: { ...process.env, ...environment },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      ...(directory !== undefined && { cwd: directory }),
    });
    let [stdout, stderr, timedOut] = ['', '', false];
    child.stdout?.on('data', (data) => {
      stdout = (stdout + data).slice(-KEPT_CHARACTERS);
    });
    child.stderr?.on('data', (data) => {
      stderr = (stderr + data).slice(-KEPT_CHARACTERS);
    });
    const limit = setTimeout(() => {
      timedOut = true;
      endGroup(child.pid);
      // A process that left the group may keep the pipes open for ever.
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, limitSeconds * 1_000);
    const done = (status: number | null): void => {
      clearTimeout(limit);
      resolve({ status, stdout, stderr, timedOut });
    };
    child.once('error', ({ message }) => {
      stderr += message;
      done(null);
    });
    child.once('close', done);
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** @returns what it wrote to standard output. @throws with a sentence unless it ends with status 0 */
export async function run(command: string, words: readonly string[], options: CommandOptions): Promise<string> {
  const outcome = await attempt(command, words, options);
  if (outcome.status === 0) return outcome.stdout;
  const said = [command, ...words].join(' ').replace(`${MORTAL.join(' ')} `, '');
  throw new Error(`${said.slice(0, 120)}: ${whyFailed(outcome, options.limitSeconds)}`);
}

export function whyFailed({ status, stdout, stderr, timedOut }: Outcome, limitSeconds: number): string {
  if (timedOut) return `did not end within ${limitSeconds} s`;
  const said = (stderr.trim() || stdout.trim()).slice(-TOLD_CHARACTERS);
  return `ended with ${status ?? 'a signal'}${said === '' ? '' : `: ${said}`}`;
}

/** The names among these that the shell does not find. */
export async function missingCommands(names: readonly string[]): Promise<readonly string[]> {
  const look = 'for name; do command -v "$name" >/dev/null || echo "$name"; done';
  const absent = await run('sh', ['-c', look, 'sh', ...names], { limitSeconds: 10 });
  return absent.split('\n').filter((name) => name !== '');
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The process ended at the same moment.
  }
}
