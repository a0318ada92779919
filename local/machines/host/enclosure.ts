// Runs a Node program in namespaces of its own, with a directory and cgroups of its own: what it mounts, starts and connects ends with it.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseRunEvent, type RunEvent } from '../run-events.ts';
import { makeCgroups } from './cgroups.ts';
import { run as runCommand } from './commands.ts';
import { beginRun, enclosedFile, type Run } from './runs.ts';
import { sweep } from './sweep.ts';

export interface EnclosureOptions {
  /** A file that Node runs. */
  readonly entry: string;
  /** What follows it on the command line, once the run's directory is known. */
  readonly words: (runDirectory: string) => readonly string[];
  readonly onEvent: (told: RunEvent) => void;
  readonly limitSeconds: number;
  /** The directory is in memory, and takes up to this; without it on the cache's disk. */
  readonly memoryMiB?: number;
}

export interface EnclosureResult {
  readonly status: number | null;
  /** Its limit came, or somebody wanted it to end. */
  readonly endedBy: 'itself' | 'limit' | 'request';
  /** The end of what it wrote to standard error. */
  readonly remarks: string;
  /** A sentence for each line that was no event. */
  readonly malformed: readonly string[];
  /** A sentence for each thing of it that could not be removed from this host. */
  readonly left: readonly string[];
}

export interface Enclosure {
  readonly runDirectory: string;
  /** Never rejects: nothing of it is running any more, and all that could be was removed. */
  readonly ended: Promise<EnclosureResult>;
  /** Asks it to end, which it may do in peace for some seconds. */
  readonly end: () => Promise<EnclosureResult>;
}

/** After its standard input has ended. */
const GRACE_SECONDS = 10;
const REMARKS_CHARACTERS = 65_536;
const MALFORMED_MOST = 10;

/**
 * Outside: notes which process this is, enters the run's cgroups, and becomes an unshare that makes these the roots of what it sees.
 * A line of CGROUPS is "<own directory> <mount point> <leaf>".
 */
const OUTSIDE = `
set -eu
{ cat /proc/sys/kernel/random/boot_id; cat "/proc/$$/stat"; } >"$ENCLOSED.new"
mv "$ENCLOSED.new" "$ENCLOSED"
while read -r own _; do [ -z "$own" ] || echo "$$" >"$own/cgroup.procs"; done <<<"$CGROUPS"
exec unshare --cgroup bash -c "$BETWEEN" enclosed "$@"
`;

/**
 * Still the same process: goes where processes may stay, and becomes the unshare of all else. The kernel ends its child with it
 * (--kill-child), and with that one, being the first of its pid namespace, all others in there.
 */
const BETWEEN = `
set -eu
while read -r own _ leaf; do [ -z "$leaf" ] || echo "$$" >"$own/$leaf/cgroup.procs"; done <<<"$CGROUPS"
exec unshare --net --mount --propagation private --pid --fork --kill-child --mount-proc bash -c "$INSIDE" enclosed "$@"
`;

/**
 * Inside: its own cgroups in the place of the host's, and its own places for what podman, runc and ip keep about what runs. A shell
 * stays the first process, since it takes up orphans and Node does not: a conmon that ended would seem to live.
 */
const INSIDE = `
set -eu
while read -r own place leaf; do
  [ -n "$own" ] || continue
  mount --bind "$own" "$place"
  [ -z "$leaf" ] || for controller in $(cat "$place/cgroup.controllers"); do
    echo "+$controller" 2>/dev/null >"$place/cgroup.subtree_control" || :
  done
done <<<"$CGROUPS"
mount -t tmpfs -o mode=755 run /run
mkdir -p /run/lock /run/netns
mount -t tmpfs -o mode=1777 shm /dev/shm
ip link set lo up
unset CGROUPS BETWEEN INSIDE ENCLOSED
set +e
"$@"
exit "$?"
`;

/** Waits for the end of its standard input, which without the word means that the owner is dead. */
const JANITOR = `read -r word || :; [ "$word" = done ] || exec "$@"`;

const NODE = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;

/** @throws where the directory cannot be made */
export async function enclose(options: EnclosureOptions): Promise<Enclosure> {
  const run = beginRun();
  const janitor = employJanitor(run);
  try {
    if (options.memoryMiB !== undefined) await inMemory(run, options.memoryMiB);
    const temporary = join(run.directory, 'tmp');
    mkdirSync(temporary);
    const child = start(run, temporary, options);
    return attend(run, child, janitor, options);
  } catch (error) {
    await sweep(run);
    janitor.stdin?.end('done\n');
    throw error;
  }
}

async function inMemory({ id, directory }: Run, mebibytes: number): Promise<void> {
  const mount = ['-t', 'tmpfs', '-o', `mode=700,size=${mebibytes}m`, `chainmend-${id}`, directory];
  await runCommand('mount', mount, { limitSeconds: 10 });
}

function start(run: Run, temporary: string, { entry, words }: EnclosureOptions): ChildProcess {
  const cgroups = makeCgroups(run).map(({ directory, mountPoint, leaf }) => `${directory} ${mountPoint} ${leaf}`);
  return spawn('bash', ['-c', OUTSIDE, 'enclosure', ...NODE, entry, ...words(run.directory)], {
    // Not of the terminal's foreground: Ctrl-C is for the owner, who ends this in order.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...process.env,
      TMPDIR: temporary,
      ENCLOSED: enclosedFile(run),
      BETWEEN,
      INSIDE,
      CGROUPS: cgroups.join('\n'),
    },
  });
}

function employJanitor({ id }: Run): ChildProcess {
  const program = fileURLToPath(new URL('janitor.ts', import.meta.url));
  const janitor = spawn('sh', ['-c', JANITOR, 'janitor', ...NODE, program, id], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  janitor.stdin.on('error', () => {});
  janitor.once('error', () => {});
  return janitor;
}

function attend(run: Run, child: ChildProcess, janitor: ChildProcess, options: EnclosureOptions): Enclosure {
  const malformed: string[] = [];
  let remarks = '';
  let endedBy: EnclosureResult['endedBy'] = 'itself';
  let grace: NodeJS.Timeout | undefined;
  child.stderr?.on('data', (data) => {
    remarks = (remarks + data).slice(-REMARKS_CHARACTERS);
  });
  child.stdin?.on('error', () => {});
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      try {
        options.onEvent(parseRunEvent(line));
      } catch (error) {
        if (malformed.length < MALFORMED_MOST) malformed.push((error as Error).message);
      }
    });
  const stop = (by: EnclosureResult['endedBy']): void => {
    if (grace) return;
    endedBy = by;
    child.stdin?.end();
    // unshare ignores nothing, but it may be waiting for a child that does.
    grace = setTimeout(() => child.kill('SIGKILL'), GRACE_SECONDS * 1_000);
  };
  const limit = setTimeout(() => stop('limit'), options.limitSeconds * 1_000);
  const closed = new Promise<number | null>((resolve) => {
    child.once('error', ({ message }) => {
      remarks += message;
      resolve(null);
    });
    child.once('close', resolve);
  });
  const ended = closed.then(async (status): Promise<EnclosureResult> => {
    clearTimeout(limit);
    clearTimeout(grace);
    const left = await sweep(run).catch((error: Error) => [error.message]);
    janitor.stdin?.end('done\n');
    janitor.unref();
    return { status, endedBy, remarks, malformed, left };
  });
  const end = (): Promise<EnclosureResult> => {
    stop('request');
    return ended;
  };
  endWithThisProcess(end, ended);
  return { runDirectory: run.directory, ended, end };
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const open = new Set<() => Promise<EnclosureResult>>();

/** A signal ends all that is open, and then this process as it would have without us. */
function endWithThisProcess(end: () => Promise<EnclosureResult>, ended: Promise<EnclosureResult>): void {
  if (open.size === 0) for (const signal of SIGNALS) process.on(signal, endAll);
  open.add(end);
  void ended.then(() => {
    open.delete(end);
    if (open.size === 0) for (const signal of SIGNALS) process.removeListener(signal, endAll);
  });
}

async function endAll(signal: NodeJS.Signals): Promise<void> {
  await Promise.all([...open].map((end) => end()));
  for (const each of SIGNALS) process.removeListener(each, endAll);
  process.kill(process.pid, signal);
}
