// A Debian system with systemd as its first process, in a container of podman: for what fakes of systemctl and docker cannot show.
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { script, shipped } from '../../../shared/node-commands/index.ts';
import type { Operation } from '../../../shared/node-commands/parameters.ts';
import { ensureBaseSystem } from '../machines/host/base-system.ts';
import { lacking, loudly } from './lacking.ts';

const run = promisify(execFile);
/** A container that its test has left ends by itself. */
const LIMIT_SECONDS = 900;
const BOOT_LOOKS_MAX = 120;

/** The root filesystem of such systems, which nothing writes to; or why this host can have none. */
async function baseOf(): Promise<{ readonly base: string } | { readonly why: string }> {
  if (lacking !== undefined) return { why: lacking };
  const missing = ['podman', 'runc', 'debootstrap'].filter((name) => spawnSync('which', [name]).status !== 0);
  if (missing.length > 0) return { why: `needs ${missing.join(', ')} (npm run lab -- real installs them)` };
  try {
    return { base: await ensureBaseSystem(() => {}) };
  } catch (error) {
    return { why: (error as Error).message };
  }
}

const found = await baseOf();
export const lackingForSystems = loudly('what real systemd does', 'why' in found ? found.why : undefined);

export class System {
  readonly #directory: string;
  readonly #name: string;

  private constructor(directory: string) {
    this.#directory = directory;
    this.#name = basename(directory);
  }

  /** @param files texts by their absolute paths */
  static async start(operations: readonly Operation[], files: Readonly<Record<string, string>>): Promise<System> {
    if ('why' in found) throw new Error(found.why);
    // podman takes no place with a longer name than 50 characters.
    const directory = mkdtempSync('/tmp/cm-');
    const system = new System(directory);
    for (const name of ['upper', 'work', 'root']) mkdirSync(system.#at(name));
    const options = `lowerdir=${found.base},upperdir=${system.#at('upper')},workdir=${system.#at('work')}`;
    await run('mount', ['-t', 'overlay', 'overlay', '-o', options, system.#at('root')]);
    try {
      for (const [path, text] of Object.entries(files)) writeFileSync(join(system.#at('root'), path), text);
      for (const operation of operations)
        writeFileSync(join(system.#at('root'), 'root', operation), shipped(script(operation)), { mode: 0o755 });
      await system.#podman([
        ...['run', '--detach', '--name', system.#name, '--timeout', String(LIMIT_SECONDS), '--systemd', 'always'],
        ...['--privileged', '--network=none', '--no-hosts', '--log-driver', 'none'],
        ...[
          '--ulimit',
          'nproc=4096:4096',
          '--ulimit',
          'nofile=4096:4096',
          '--rootfs',
          system.#at('root'),
          '/sbin/init',
        ],
      ]);
      for (let look = 0; (await system.shell('systemctl is-system-running || :')).trim() !== 'running'; look++) {
        if (look === BOOT_LOOKS_MAX) throw new Error('its system has not come up');
        await sleep(250);
      }
      return system;
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  /** Runs lines of bash on it. @returns its standard output, whatever its status */
  async shell(lines: string): Promise<string> {
    const { stdout } = await this.#podman(['exec', this.#name, 'timeout', '120', 'bash', '-c', `${lines}\n:`]);
    return stdout;
  }

  async stop(): Promise<void> {
    await this.#podman(['rm', '--force', '--time', '0', '--ignore', this.#name]);
    await run('umount', [this.#at('root')]);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #at(name: string): string {
    return join(this.#directory, name);
  }

  #podman(words: readonly string[]): Promise<{ readonly stdout: string }> {
    const how = ['--runtime', 'runc', '--cgroup-manager', 'cgroupfs', '--storage-driver', 'vfs'];
    const where = ['--root', this.#at('p/root'), '--runroot', this.#at('p/run'), '--tmpdir', this.#at('p/tmp')];
    const running = run('podman', [...how, '--events-backend', 'none', ...where, ...words], { timeout: 180_000 });
    running.child.stdin?.end();
    return running;
  }
}
