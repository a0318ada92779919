// Runs of this host: a directory each, and next to it a file that names the owner. A process is known by its id, its start and the boot, since ids
// are used again.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from '../../../fixtures/cache.ts';

export interface Process {
  readonly pid: number;
  /** Clock ticks after the boot: field 22 of /proc/PID/stat, proc(5). */
  readonly startTicks: string;
}

export interface Run {
  readonly id: string;
  /** Short: podman limits its own directories in it to 50 characters, and sockets to 108. */
  readonly directory: string;
}

const runsDirectory = (): string => join(cacheDirectory(), 'runs');

export const runOf = (id: string): Run => ({ id, directory: join(runsDirectory(), id) });

/** Written before the directory is made and removed after it: a directory without this file is not ours. */
export const ownerFile = ({ directory }: Run): string => `${directory}.owner`;

/** A copy of /proc/PID/stat, written by the process that then became unshare. */
export const enclosedFile = ({ directory }: Run): string => `${directory}.enclosed`;

/** @throws if the cache cannot be written */
export function beginRun(): Run {
  mkdirSync(runsDirectory(), { recursive: true });
  const run = runOf(randomBytes(3).toString('hex'));
  const owner = thisProcess();
  // Exclusively: the same name twice is refused.
  writeFileSync(ownerFile(run), `${bootId()} ${owner.pid} ${owner.startTicks}\n`, { flag: 'wx', mode: 0o600 });
  mkdirSync(run.directory, { mode: 0o700 });
  return run;
}

export function allRuns(): Run[] {
  if (!existsSync(runsDirectory())) return [];
  return readdirSync(runsDirectory()).flatMap((name) => {
    const [, id] = /^([0-9a-f]{6})\.owner$/.exec(name) ?? [];
    return id === undefined ? [] : [runOf(id)];
  });
}

export const liveRuns = (): Run[] => allRuns().filter(isOwned);

/** A file that is just being written is still empty; after this time it stays empty. */
const WRITING_MS = 60_000;

/** Whether the process that began the run still exists. */
export function isOwned(run: Run): boolean {
  try {
    const [boot, pid, startTicks] = readFileSync(ownerFile(run), 'utf8').trim().split(' ');
    if (boot === undefined || pid === undefined || startTicks === undefined)
      return Date.now() - statSync(ownerFile(run)).mtimeMs < WRITING_MS;
    return boot === bootId() && isAlive({ pid: Number(pid), startTicks });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** The process that holds a run's namespaces; undefined if it never existed or has ended. */
export function enclosedProcess(run: Run): Process | undefined {
  const [boot = '', stat = ''] = (textOf(enclosedFile(run)) ?? '').split('\n');
  const found = parseStat(stat);
  return found && boot === bootId() && isAlive(found) ? found : undefined;
}

function isAlive({ pid, startTicks }: Process): boolean {
  return processOf(pid)?.startTicks === startTicks;
}

const thisProcess = (): Process => {
  const found = processOf(process.pid);
  if (!found) throw new Error('/proc does not show this process');
  return found;
};

/** Undefined without such a process, and for a zombie. */
export function processOf(pid: number): Process | undefined {
  const text = textOf(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

/** "PID (name) STATE …": the name may have spaces and brackets, so fields are counted from the last bracket. */
function parseStat(text: string): Process | undefined {
  const pid = Number.parseInt(text, 10);
  const [state, ...fields] = text
    .slice(text.lastIndexOf(')') + 2)
    .trim()
    .split(' ');
  const startTicks = fields[18];
  if (!Number.isSafeInteger(pid) || startTicks === undefined || state === 'Z' || state === 'X') return undefined;
  return { pid, startTicks };
}

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
