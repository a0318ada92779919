// Cgroups of a run: one directory of its own in each hierarchy of this host, for all cgroups of its machines. So a run's processes, and the
// directories that the kernel leaves after them, can be told from everything else.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from './runs.ts';

interface Hierarchy {
  readonly mountPoint: string;
  /** cgroup v2, which allows processes in leaves only. */
  readonly unified: boolean;
}

export interface OwnCgroup {
  readonly mountPoint: string;
  readonly directory: string;
  /** The directory below it for processes; v2 gives controllers only to children of a cgroup without processes. */
  readonly leaf: '' | 'inside';
}

/** The cgroups that this process may make; none on a host with read-only hierarchies. */
export function makeCgroups(run: Run): OwnCgroup[] {
  return hierarchies().flatMap(({ mountPoint, unified }): OwnCgroup[] => {
    const directory = ownIn(mountPoint, run);
    try {
      mkdirSync(directory);
      if (!unified) {
        inheritCpus(mountPoint, directory);
        return [{ mountPoint, directory, leaf: '' }];
      }
      mkdirSync(join(directory, 'inside'));
      handDownControllers(mountPoint);
      return [{ mountPoint, directory, leaf: 'inside' }];
    } catch (error) {
      if (['EROFS', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
      throw error;
    }
  });
}

/** Ids of all processes in a run's cgroups, as this process sees them. */
export function processesOf(run: Run): number[] {
  const ids = ownDirectories(run)
    .flatMap(withDescendants)
    .flatMap((directory) => (textOf(join(directory, 'cgroup.procs')) ?? '').split('\n'))
    .map(Number)
    // 0: a process outside our pid namespace and its descendants.
    .filter((pid) => pid > 0);
  return [...new Set(ids)];
}

/** @returns the cgroups that are still in use */
export function removeCgroups(run: Run): string[] {
  return ownDirectories(run)
    .flatMap(withDescendants)
    .filter((directory) => {
      try {
        rmdirSync(directory);
        return false;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code !== 'ENOENT';
      }
    });
}

const ownIn = (mountPoint: string, { id }: Run): string => join(mountPoint, `chainmend-${id}`);

const ownDirectories = (run: Run): string[] =>
  hierarchies()
    .map(({ mountPoint }) => ownIn(mountPoint, run))
    .filter((directory) => existsSync(directory));

/** The deepest first. The files of a cgroup belong to the kernel and disappear with it. */
function withDescendants(directory: string): string[] {
  let names: string[] = [];
  try {
    names = readdirSync(directory, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []));
  } catch {
    // It was removed at this moment.
  }
  return [...names.flatMap((name) => withDescendants(join(directory, name))), directory];
}

/** proc_pid_mountinfo(5): "id parent device root mountpoint options … - type source …". */
function hierarchies(): Hierarchy[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [fields = '', rest = ''] = line.split(' - ');
      const mountPoint = fields.split(' ')[4];
      const type = rest.split(' ')[0];
      return mountPoint !== undefined && (type === 'cgroup' || type === 'cgroup2')
        ? [{ mountPoint, unified: type === 'cgroup2' }]
        : [];
    });
}

/** A cpuset without CPUs accepts no process. */
function inheritCpus(from: string, to: string): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const value = textOf(join(from, file));
    if (value !== undefined) writeFileSync(join(to, file), value);
  }
}

/** Without them containers have no limits, but still run. */
function handDownControllers(mountPoint: string): void {
  const controllers = (textOf(join(mountPoint, 'cgroup.controllers')) ?? '').trim().split(' ').filter(Boolean);
  for (const controller of controllers)
    try {
      writeFileSync(join(mountPoint, 'cgroup.subtree_control'), `+${controller}`);
    } catch {
      // Another manager of this host's cgroups keeps the controller for itself.
    }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
