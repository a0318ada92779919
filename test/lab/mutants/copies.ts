// Copies of the checkout in which one rule is broken, and processes that run there. All of them end with this process.
import { spawn } from 'node:child_process';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');
const MAX_HEARD = 100_000;

const children = new Set<number>();
const directories: string[] = [];

/** Does the work; then, or on a signal, ends its processes and removes its copies. */
export async function tidyUpOnSignals<T>(work: () => Promise<T>): Promise<T> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void tidyUp().finally(() => process.exit(130)));
  try {
    return await work();
  } finally {
    await tidyUp();
  }
}

/** Folders that .gitignore names are made again in the copy. `node_modules` is not: it stays next to the copy. */
const LEFT_OUT: ReadonlySet<string> = new Set(['.git', 'node_modules', 'dist', 'cdk.out', 'coverage']);

export async function copyCheckout(): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'chainmend-mutants-'));
  directories.push(copy);
  await cp(ROOT, copy, { recursive: true, filter: (path) => path === ROOT || !LEFT_OUT.has(basename(path)) });
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

export interface Ended {
  /** The end of it. */
  readonly stderr: string;
  /** null: the time limit ended it. */
  readonly status: number | null;
}

/** Runs Node.js in its own process group, so that its child processes end with it. */
export function runNode(
  words: readonly string[],
  cwd: string,
  patienceMs: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, {
      cwd,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...environment, NODE_COMPILE_CACHE: join(ROOT, 'dist/compile-cache') },
    });
    const { pid = 0 } = child;
    if (pid > 0) children.add(pid);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr = (stderr + chunk).slice(-MAX_HEARD);
    });
    let isOver = false;
    const timer = setTimeout(() => {
      isOver = true;
      endGroup(pid);
    }, patienceMs);
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(timer);
      children.delete(pid);
      resolve({ stderr, status: isOver ? null : (status ?? 1) });
    });
  });
}

function endGroup(pid: number): void {
  if (pid === 0) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function tidyUp(): Promise<void> {
  for (const pid of children) endGroup(pid);
  await Promise.all(directories.splice(0).map((directory) => rm(directory, { recursive: true, force: true })));
}
