// What a machine's system runs in: a container with systemd as its first process, or plain namespaces if containers cannot start.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Machines } from '../run-events.ts';
import { tool } from './tool.ts';

export interface ContainerSpec {
  readonly name: string;
  /** Its root filesystem, mounted. */
  readonly root: string;
  /** The network namespace that it joins. */
  readonly network: string;
  readonly hostName: string;
}

export interface Container {
  /** Starts its system. @returns the host's process id of its first process */
  start(): Promise<number>;
  /** Shuts it down, and takes its power after the grace period. */
  stop(graceSeconds: number): Promise<void>;
  kill(): Promise<void>;
}

/** systemd's signal to shut down (systemd(1), "Signals": SIGRTMIN+3 is halt); podman sends the same with --systemd. */
const HALT_SIGNAL = 37;

export type Containers = (spec: ContainerSpec) => Container;

/** Each systemd holds six inotify instances, and one user has 128 by default (inotify(7)): three networks need more. */
const INOTIFY_INSTANCES = '/proc/sys/fs/inotify/max_user_instances';
const INOTIFY_INSTANCES_NEEDED = 1_024;

export function containers(kind: Machines, runDirectory: string): Containers {
  makeRoomForSystemd();
  return kind === 'containers' ? (spec) => podman(spec, runDirectory) : namespaces;
}

function makeRoomForSystemd(): void {
  try {
    if (Number(readFileSync(INOTIFY_INSTANCES, 'utf8')) < INOTIFY_INSTANCES_NEEDED)
      writeFileSync(INOTIFY_INSTANCES, String(INOTIFY_INSTANCES_NEEDED));
  } catch (error) {
    // A few machines work without it. A machine without inotify instances reports that its system ended immediately.
    console.error(`${INOTIFY_INSTANCES} could not be raised: ${(error as Error).message}`);
  }
}

/**
 * `runc`, since crun cannot start on hybrid cgroups. The limits, since runc may not raise them in a sandbox. State in the run's own directory, so
 * that other users of podman do not see these containers.
 */
function podman({ name, root, network, hostName }: ContainerSpec, runDirectory: string): Container {
  const state = join(runDirectory, 'podman');
  mkdirSync(state, { recursive: true });
  const call = (operands: readonly string[], timeoutMs?: number) =>
    tool(
      'podman',
      [
        ...['--runtime', 'runc', '--cgroup-manager', 'cgroupfs', '--storage-driver', 'vfs', '--events-backend', 'none'],
        ...['--root', join(state, 'root'), '--runroot', join(state, 'run'), '--tmpdir', join(state, 'tmp')],
        ...operands,
      ],
      timeoutMs === undefined ? {} : { timeoutMs },
    );
  const gone = () => call(['rm', '--force', '--time', '0', '--ignore', name], 60_000);
  return {
    start: async () => {
      await gone();
      await call([
        ...['run', '--detach', '--name', name, '--hostname', hostName, '--systemd', 'always', '--privileged'],
        ...[`--network=ns:${network}`, '--no-hosts', '--log-driver', 'none'],
        ...['--ulimit', 'nproc=4096:4096', '--ulimit', 'nofile=4096:4096', '--rootfs', root, '/sbin/init'],
      ]);
      const pid = Number((await call(['inspect', '--format', '{{.State.Pid}}', name])).trim());
      if (pid === 0) throw new Error(`${name}: its system ended at once; is there room for one more systemd?`);
      return pid;
    },
    stop: async (graceSeconds) => {
      await call(['stop', '--ignore', '--time', String(graceSeconds), name], (graceSeconds + 30) * 1_000);
      await gone();
    },
    kill: async () => {
      await gone();
    },
  };
}

/** The same system without podman: unshare(1) does what `podman run --privileged --systemd` sets up. */
const BOOT = `
set -eu
mount --rbind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount --rbind /sys sys
mount -t tmpfs -o mode=755 dev dev
for node in null zero full random urandom tty; do mknod -m 666 "dev/$node" c $(stat -c '0x%t 0x%T' "/dev/$node"); done
mkdir dev/shm dev/pts; mount -t tmpfs shm dev/shm; mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx; ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=755 run run
mount -t tmpfs tmp tmp
hostname "$2"
mkdir -p .old
pivot_root . .old
umount -l /.old
container=other exec /sbin/init
`;

const BOOT_LOOK_MS = 50;
const BOOT_LOOKS_MAX = 200;

/** Until systemd runs, its first process still prepares the host's namespaces. */
function isSystemd(pid: number): boolean {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`)) === 'systemd';
  } catch {
    // It has ended, or has not begun.
    return false;
  }
}

function namespaces({ root, network, hostName }: ContainerSpec): Container {
  let child: ChildProcess | undefined;
  const ended = (process: ChildProcess): Promise<void> =>
    process.exitCode !== null || process.signalCode !== null
      ? Promise.resolve()
      : new Promise((resolve) => process.once('exit', () => resolve()));
  const kill = async (): Promise<void> => {
    if (!child) return;
    child.kill('SIGKILL');
    await ended(child);
  };
  const firstProcess = async (parent: number): Promise<number> =>
    Number((await tool('pgrep', ['--parent', String(parent)])).split('\n')[0]);
  return {
    start: async () => {
      child = spawn(
        'nsenter',
        [
          ...[`--net=${network}`, '--', 'unshare', '--mount', '--pid', '--uts', '--ipc', '--cgroup', '--fork'],
          ...['--kill-child', 'sh', '-c', BOOT, 'sh', root, hostName],
        ],
        { stdio: 'ignore' },
      );
      const { pid } = child;
      if (pid === undefined) throw new Error(`${root}: unshare could not be started`);
      for (let tries = 0; tries < BOOT_LOOKS_MAX; tries++) {
        await sleep(BOOT_LOOK_MS);
        const first = await firstProcess(pid).catch(() => 0);
        if (first > 0 && isSystemd(first)) return first;
      }
      throw new Error(`${root}: its system has not begun to boot`);
    },
    stop: async (graceSeconds) => {
      if (child?.pid === undefined) return;
      const first = await firstProcess(child.pid).catch(() => 0);
      if (first > 0) process.kill(first, HALT_SIGNAL);
      const late = setTimeout(() => void kill(), graceSeconds * 1_000);
      await ended(child);
      clearTimeout(late);
    },
    kill,
  };
}
