// What a command costs with everything that it starts: CPU time, and the peak memory of each process. Linux only, since it reads /proc.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

export interface ProcessCost {
  /** Its arguments. */
  readonly command: string;
  readonly peakMiB: number;
}

export interface TreeCost {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly cpuSeconds: number;
  readonly processes: readonly ProcessCost[];
}

export interface CommandToMeasure {
  readonly words: readonly string[];
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

const LOOK_EVERY_MS = 20;
const TIMEOUT_MS = 600_000;
/** `man 5 proc`: utime and stime are in ticks, of which Linux shows a hundred a second to programs. */
const TICKS_A_SECOND = 100;
const KIB_A_MIB = 1024;

interface Seen extends ProcessCost {
  readonly cpuSeconds: number;
}

/**
 * The shell's sum is exact for every process that another one waited for. esbuild's service is one for which nobody waits: the looks at /proc have all, less
 * their last 20 ms. The greater one counts. Rejects where the command cannot be started.
 */
export async function costOf({
  words,
  cwd,
  env = process.env,
  timeoutMs = TIMEOUT_MS,
}: CommandToMeasure): Promise<TreeCost> {
  const child = spawn('bash', ['-c', '"$@"; status=$?; times >&3; exit $status', 'bash', ...words], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    timeout: timeoutMs,
  });
  const looks = look(child);
  const [status, stdout, stderr, times] = await Promise.all([
    ended(child),
    text(child.stdout as Readable),
    text(child.stderr as Readable),
    text(child.stdio[3] as Readable),
  ]).finally(looks.stop);
  const seen = looks.seen();
  const seenSeconds = seen.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  return { status, stdout, stderr, cpuSeconds: Math.max(secondsOf(times), seenSeconds), processes: seen };
}

export const peakOf = (processes: readonly ProcessCost[]): ProcessCost =>
  processes.reduce((largest, one) => (one.peakMiB > largest.peakMiB ? one : largest), { command: '', peakMiB: 0 });

/** 128 and more: a signal has ended it. */
const ended = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 128));
  });

/** `times` of bash prints "0m0.120s 0m0.030s" of the shell itself, then of its children. */
const secondsOf = (times: string): number =>
  [...times.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );

function look({ pid = 0 }: ChildProcess) {
  const seen = new Map<string, Seen>();
  const known = new Set([pid]);
  const once = (): void => {
    for (const each of known) for (const child of childrenOf(each)) known.add(child);
    for (const each of known) {
      const found = read(each);
      if (found === undefined) known.delete(each);
      else if (each !== pid) seen.set(found.key, found);
    }
  };
  const timer = setInterval(once, LOOK_EVERY_MS);
  return {
    stop: () => clearInterval(timer),
    seen: () => [...seen.values()],
  };
}

function childrenOf(pid: number): number[] {
  const words = readOrNothing(`/proc/${pid}/task/${pid}/children`) ?? '';
  return words.split(' ').flatMap((word) => (word === '' ? [] : [Number(word)]));
}

/** undefined: it has ended. A number that another process got later has another start. */
function read(pid: number): (Seen & { readonly key: string }) | undefined {
  const stat = readOrNothing(`/proc/${pid}/stat`);
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readOrNothing(`/proc/${pid}/status`) ?? '')?.[1];
  if (stat === undefined || peak === undefined) return undefined;
  // The name, in parentheses, may contain blanks.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [utime = 0, stime = 0, start = 0] = [fields[11], fields[12], fields[19]];
  return {
    key: `${pid} ${start}`,
    command: (readOrNothing(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim(),
    peakMiB: Number(peak) / KIB_A_MIB,
    cpuSeconds: (utime + stime) / TICKS_A_SECOND,
  };
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ESRCH: it ended between open and read.
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}
