// moto, which plays AWS for Python programs, as a server on the loopback interface: from PyPI, in an environment of its own in the cache.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheDirectory } from '../../../local/machines/host/cache.ts';

/** Pinned: another version answers otherwise, and knows other models. */
const PACKAGES = ['moto[server]==5.2.5', 'botocore==1.44.5', 'boto3==1.44.5'];
const INSTALL_MS = 600_000;
const BOOT_MS = 60_000;

export interface MotoServer {
  readonly url: string;
  close(): Promise<void>;
}

/** The Python of an environment that has moto, made where it is not there yet; or a sentence that says why there is none. */
export function motoPython(): { readonly python: string } | { readonly lacking: string } {
  const version = spawnSync('python3', ['--version'], { encoding: 'utf8' });
  if (version.status !== 0) return { lacking: 'there is no python3' };
  const name = createHash('sha256').update(`${version.stdout}${PACKAGES.join()}`).digest('hex').slice(0, 12);
  const folder = join(cacheDirectory(), `moto-${name}`);
  const python = join(folder, 'bin/python');
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return { python };
  mkdirSync(cacheDirectory(), { recursive: true });
  const steps: [string, string[]][] = [
    ['python3', ['-m', 'venv', '--clear', folder]],
    [python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PACKAGES]],
  ];
  for (const [command, words] of steps) {
    const { status, stderr } = spawnSync(command, words, { encoding: 'utf8', timeout: INSTALL_MS });
    if (status === 0) continue;
    rmSync(folder, { recursive: true, force: true });
    return { lacking: `${command} ${words.slice(0, 3).join(' ')} failed: ${(stderr ?? '').trim().split('\n').at(-1)}` };
  }
  writeFileSync(complete, '');
  return { python };
}

/** Starts a server without state. Rejects when it does not come up. */
export async function startMoto(python: string): Promise<MotoServer> {
  const port = await freePort();
  const child: ChildProcess = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
    // It is to reach nothing, whatever it is asked.
    env: { PATH: process.env['PATH'], AWS_ACCESS_KEY_ID: 'moto', AWS_SECRET_ACCESS_KEY: 'moto' },
  });
  const url = `http://127.0.0.1:${port}`;
  for (const untilMs = performance.now() + BOOT_MS; ; await sleep(200)) {
    const answer = await fetch(`${url}/moto-api/`).catch(() => undefined);
    await answer?.text();
    if (answer?.ok) return { url, close: () => ended(child) };
    if (child.exitCode !== null || performance.now() > untilMs) throw new Error('moto did not come up');
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    if (child.exitCode !== null || !child.kill('SIGTERM')) resolve();
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
