// Removes what the kernel keeps after the end of a run: loop devices, the directory and its mounts, empty cgroups. It touches only what is provably
// the run's: by its cgroup, by its directory, or by a process's id and start.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesOf, removeCgroups } from './cgroups.ts';
import { attempt } from './commands.ts';
import { releaseLoops } from './loops.ts';
import { allRuns, enclosedFile, enclosedProcess, isOwned, ownerFile, processOf, type Run } from './runs.ts';

/** The kernel removes namespaces and mounts some time after their last process: up to seconds for an XFS with much to write. */
const LIMIT_SECONDS = 30;
const STEP_MS = 50;

/** Sweeps runs whose owner is dead. @returns a sentence for each thing that is left */
export async function sweepDeadRuns(): Promise<readonly string[]> {
  const left: string[] = [];
  for (const run of allRuns().filter((candidate) => !isOwned(candidate))) left.push(...(await sweep(run)));
  return left;
}

/** Ends a run's processes, and removes all that it left. May run twice, or two at the same time. @returns a sentence for each thing that is left */
export async function sweep(run: Run): Promise<readonly string[]> {
  const processes = await until(() => endProcesses(run));
  if (processes.length > 0) return processes.map((pid) => `process ${pid} of run ${run.id} does not end`);
  const loops = await until(() => releaseLoops(run));
  const mounts = await until(() => unmount(run));
  const cgroups = await until(() => removeCgroups(run));
  // Never while something is mounted in it.
  if (mounts.length === 0) await until(() => removeDirectory(run));
  const left = [
    ...loops.map((device) => `${device} is still attached`),
    ...mounts.map((place) => `${place} is still mounted`),
    ...cgroups.map((directory) => `${directory} is still in use`),
    ...(existsSync(run.directory) ? [`${run.directory} could not be removed`] : []),
  ];
  // The run's files stay while anything of it is left, so that the next sweep tries again.
  if (left.length === 0) for (const file of [enclosedFile(run), ownerFile(run)]) rmSync(file, { force: true });
  return left;
}

/** Repeats until nothing is left, or until the limit. @returns what was left at the last look */
async function until<T>(look: () => readonly T[] | Promise<readonly T[]>): Promise<readonly T[]> {
  const deadline = performance.now() + LIMIT_SECONDS * 1_000;
  for (;;) {
    const left = await look();
    if (left.length === 0 || performance.now() > deadline) return left;
    await sleep(STEP_MS);
  }
}

/** unshare ends the first process of its namespace with it, and the kernel then ends all others in there. */
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

/** Outside of the namespaces; the deepest mount first. */
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
