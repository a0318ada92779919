// The root filesystem that all machines are copies of: Debian with systemd, litecoind and podman. Built once, then kept in the cache.
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheDirectory, type ReportProgress } from '../../../fixtures/cache.ts';
import { BUILD, CHECK, FILES, FIRST_PACKAGES, LINKS, NEEDED_COMMANDS, SECOND_PACKAGES } from './base-recipe.ts';
import { attempt, MORTAL, run, whyFailed } from './commands.ts';
import { withLock } from './lock.ts';
import { type DebianSource, debianSource } from './mirror.ts';
import { liveRuns } from './runs.ts';

/** debootstrap took 35 s and podman 25 s on the author's machine; with a slow mirror it takes minutes. */
const BUILD_LIMIT_SECONDS = 900;

/**
 * The directory of the base root filesystem. Nothing writes to it: each machine mounts an overlay over it.
 * @throws with a sentence if it cannot be built
 */
export async function ensureBaseSystem(say: ReportProgress): Promise<string> {
  const source = sourceOfThisHost();
  const directory = join(cacheDirectory(), `base-${baseHash(source)}`);
  if (existsSync(directory)) return directory;
  return await withLock(join(cacheDirectory(), 'base.lock'), BUILD_LIMIT_SECONDS, async () => {
    // Another run may have built it while this one waited.
    if (!existsSync(directory)) {
      // Only the holder of the lock builds, so these builds were interrupted.
      removeWhere((name) => /^base-[0-9a-f]{12}\.building-[0-9a-f]{8}$/.test(name));
      await build(directory, source, say);
    }
    // Only if no run is alive: its machines may use one of the base systems.
    if (liveRuns().length === 0)
      removeWhere((name) => /^base-[0-9a-f]{12}$/.test(name) && join(cacheDirectory(), name) !== directory);
    return directory;
  });
}

/** The mirror is not part of the hash: it does not change the content of a package. */
function baseHash({ suite }: DebianSource): string {
  const decides = [suite, process.arch, FIRST_PACKAGES, SECOND_PACKAGES, FILES, LINKS, BUILD, NEEDED_COMMANDS];
  return createHash('sha256').update(JSON.stringify(decides)).digest('hex').slice(0, 12);
}

async function build(directory: string, { suite, mirror }: DebianSource, say: ReportProgress): Promise<void> {
  const root = `${directory}.building-${randomBytes(4).toString('hex')}`;
  mkdirSync(root, { recursive: true });
  try {
    say(`building the base system once: Debian ${suite} from ${mirror}`);
    const [mortal, ...words] = MORTAL;
    const built = await attempt(mortal, [...words, 'sh', '-c', BUILD], {
      limitSeconds: BUILD_LIMIT_SECONDS,
      environment: {
        ROOT: root,
        SUITE: suite,
        MIRROR: mirror,
        FIRST: FIRST_PACKAGES.join(','),
        SECOND: SECOND_PACKAGES.join(' '),
        APT: await proxiesOfApt(),
        PATH: `/usr/sbin:/sbin:${process.env['PATH'] ?? '/usr/bin:/bin'}`,
      },
    });
    if (built.status !== 0)
      throw new Error(`the base system could not be built: ${whyFailed(built, BUILD_LIMIT_SECONDS)}`);
    writeFiles(root);
    await check(root);
    renameSync(root, directory);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function writeFiles(root: string): void {
  for (const [path, text] of Object.entries(FILES)) {
    const place = join(root, path);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, text);
  }
  for (const [path, target] of Object.entries(LINKS)) {
    const place = join(root, path);
    mkdirSync(dirname(place), { recursive: true });
    rmSync(place, { force: true });
    symlinkSync(target, place);
  }
}

async function check(root: string): Promise<void> {
  const look = [
    '/usr/bin/env',
    '-i',
    'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
    'sh',
    '-c',
    CHECK,
    'sh',
    ...NEEDED_COMMANDS,
  ];
  const missing = (await run('chroot', [root, ...look], { limitSeconds: 30 })).trim();
  if (missing !== '') throw new Error(`the base system lacks ${missing.split('\n').join(', ')}`);
}

function removeWhere(isUnwanted: (name: string) => boolean): void {
  for (const name of readdirSync(cacheDirectory()))
    if (isUnwanted(name)) rmSync(join(cacheDirectory(), name), { recursive: true, force: true });
}

function sourceOfThisHost(): DebianSource {
  const lists = '/etc/apt/sources.list.d';
  const names = existsSync(lists) ? readdirSync(lists).sort() : [];
  const files = [
    '/etc/apt/sources.list',
    ...names.filter((name) => /\.(list|sources)$/.test(name)).map((name) => join(lists, name)),
  ];
  return debianSource(textOf('/etc/os-release'), files.map(textOf));
}

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** The proxies of this host's apt are used for the base system's apt, too. */
async function proxiesOfApt(): Promise<string> {
  const { status, stdout } = await attempt('apt-config', ['dump'], { limitSeconds: 10 });
  const lines = status === 0 ? stdout.split('\n') : [];
  return lines.filter((line) => /^Acquire::https?::(Proxy|\S+::Proxy|Verify\S*)\b.*;$/.test(line)).join('\n');
}
