// What the kernel does not clean when a run ends, however it ended: loop devices, the directory and what is mounted on it, empty cgroups.
// Nothing is touched but what is provably the run's: by its cgroup, by its directory, or by a process's id and start.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesOf, removeCgroups } from './cgroups.ts';
import { attempt } from './commands.ts';
import { releaseLoops } from './loops.ts';
import { allRuns, enclosedFile, enclosedProcess, isOwned, ownerFile, processOf, type Run } from './runs.ts';

/** Namespaces and mounts are taken down by the kernel some time after their last process: up to seconds for an XFS that has much to write. */
const LIMIT_SECONDS = 30;
const STEP_MS = 50;

/** Runs whose owner is dead. @returns a sentence for each thing that is left */
export async function sweepDeadRuns(): Promise<readonly string[]> {
  const left: string[] = [];
  for (const run of allRuns().filter((candidate) => !isOwned(candidate))) left.push(...(await sweep(run)));
  return left;
}

/** Ends what runs of it, and removes all of it; may be done twice, or by two at once. @returns a sentence for each thing that is left */
export async function sweep(run: Run): Promise<readonly string[]> {
  const processes = await until(() => endProcesses(run));
  if (processes.length > 0) return processes.map((pid) => `process ${pid} of run ${run.id} does not end`);
  const loops = await until(() => releaseLoops(run));
  const mounts = await until(() => unmount(run));
  const cgroups = await until(() => removeCgroups(run));
  // Never into what is mounted there.
  if (mounts.length === 0) await until(() => removeDirectory(run));
  const left = [
    ...loops.map((device) => `${device} is still attached`),
    ...mounts.map((place) => `${place} is still mounted`),
    ...cgroups.map((directory) => `${directory} is still in use`),
    ...(existsSync(run.directory) ? [`${run.directory} could not be removed`] : []),
  ];
  // Known as long as anything of it is there, so that the next run tries again.
  if (left.length === 0) for (const file of [enclosedFile(run), ownerFile(run)]) rmSync(file, { force: true });
  return left;
}

/** Until nothing is left, or the limit. @returns what was left at the last look */
async function until<T>(look: () => readonly T[] | Promise<readonly T[]>): Promise<readonly T[]> {
  const deadline = performance.now() + LIMIT_SECONDS * 1_000;
  for (;;) {
    const left = await look();
    if (left.length === 0 || performance.now() > deadline) return left;
    await sleep(STEP_MS);
  }
}

/** unshare takes the first process of its namespace with it, and the kernel then all others in there. */
function endProcesses(run: Run): number[] {
  const enclosed = enclosedProcess(run);
  const ids = new Set([...(enclosed ? [enclosed.pid] : []), ...processesOf(run)]);
  return [...ids].filter((pid) => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    return processOf(pid) !== undefined;
  });
}

/** On this side of the namespaces; the deepest first. */
async function unmount(run: Run): Promise<string[]> {
  for (const place of mountsOf(run).reverse()) await attempt('umount', [place], { limitSeconds: 20 });
  return mountsOf(run);
}

function mountsOf({ directory }: Run): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => (line.split(' ')[4] ?? '').replaceAll('\\040', ' '))
    .filter((place) => place === directory || place.startsWith(`${directory}/`));
}

function removeDirectory({ directory }: Run): string[] {
  try {
    rmSync(directory, { recursive: true, force: true });
  } catch (error) {
    return [String(error)];
  }
  return [];
}
