// A lock for one process at a time on this host. The kernel holds it and releases it when its holder ends for any reason.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Acts while no other process holds the lock of this path.
 * @throws if the lock was not free within the limit
 */
export async function withLock<T>(path: string, limitSeconds: number, act: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  // The holder lives as long as its standard input, which closes with this process.
  const hold = ['--exclusive', '--timeout', String(limitSeconds), path, 'sh', '-c', 'echo held; exec cat >/dev/null'];
  const holder = spawn('flock', hold, { detached: true, stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = new Promise<void>((resolve) => {
    holder.once('close', () => resolve());
  });
  holder.stdin.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    holder.once('error', reject);
    holder.stdout.once('data', () => resolve());
    void ended.then(() => reject(new Error(`${path} is held by another run for more than ${limitSeconds} s`)));
  });
  try {
    return await act();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
