// Runs a Node program in namespaces of its own, with its own directory and cgroups. Its mounts, processes and connections end with it.
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
  /** The file that Node runs. */
  readonly entry: string;
  /** The arguments after it, once the run's directory is known. */
  readonly words: (runDirectory: string) => readonly string[];
  readonly onEvent: (told: RunEvent) => void;
  readonly limitSeconds: number;
  /** The directory is in memory, up to this size; without a value it is on the cache's disk. */
  readonly memoryMiB?: number;
}

export interface EnclosureResult {
  readonly status: number | null;
  /** `limit`: its time limit passed. `request`: its owner asked it to end. */
  readonly endedBy: 'itself' | 'limit' | 'request';
  /** The end of its standard error. */
  readonly remarks: string;
  /** A sentence for each line that was not an event. */
  readonly malformed: readonly string[];
  /** A sentence for each leftover that could not be removed from this host. */
  readonly left: readonly string[];
}

export interface Enclosure {
  readonly runDirectory: string;
  /** Never rejects. After it no process of the run is running, and everything that could be removed is removed. */
  readonly ended: Promise<EnclosureResult>;
  /** Asks the program to end; it has some seconds to do so in order. */
  readonly end: () => Promise<EnclosureResult>;
}

/** Seconds after the end of its standard input. */
const GRACE_SECONDS = 10;
const REMARKS_CHARACTERS = 65_536;
const MALFORMED_MOST = 10;

/**
 * Outside: records its own process, enters the run's cgroups, and execs an unshare that makes these the visible roots. A line of CGROUPS is "<own
 * directory> <mount point> <leaf>".
 */
const OUTSIDE = `
set -eu
{ cat /proc/sys/kernel/random/boot_id; cat "/proc/$$/stat"; } >"$ENCLOSED.new"
mv "$ENCLOSED.new" "$ENCLOSED"
while read -r own _; do [ -z "$own" ] || echo "$$" >"$own/cgroup.procs"; done <<<"$CGROUPS"
exec unshare --cgroup bash -c "$BETWEEN" enclosed "$@"
`;

/**
 * Still the same process: enters the leaf cgroups, and execs the unshare of all other namespaces. With --kill-child the kernel ends its child when it
 * ends. That child is the first process of its pid namespace, so all others end, too.
 */
const BETWEEN = `
set -eu
while read -r own _ leaf; do [ -z "$leaf" ] || echo "$$" >"$own/$leaf/cgroup.procs"; done <<<"$CGROUPS"
exec unshare --net --mount --propagation private --pid --fork --kill-child --mount-proc bash -c "$INSIDE" enclosed "$@"
`;

/**
 * Inside: mounts its own cgroups over the host's, and its own directories for the state of podman, runc and ip. A shell stays the first process
 * because it reaps orphans and Node does not. Otherwise a conmon that ended would seem to live.
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

/** Waits for the end of its standard input. If the word did not come before, the owner is dead. */
const JANITOR = `read -r word || :; [ "$word" = done ] || exec "$@"`;

const NODE = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;

/** @throws if the directory cannot be made */
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
    // Not in the terminal's foreground group: Ctrl-C reaches the owner, which ends this in order.
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
    // unshare ignores no signal, but it may wait for a child that does.
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

/** A signal ends all open enclosures, and then this process with the signal's default effect. */
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
