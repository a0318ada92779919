// Clients without a Debian package: built once from pinned sources by this host's Go, then kept in the cache.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { cacheDirectory, type ReportProgress } from '../../../fixtures/cache.ts';
import type { Software } from '../run-events.ts';
import { type CommandOptions, MORTAL, missingCommands, run } from './commands.ts';
import { withLock } from './lock.ts';

interface Build {
  readonly software: keyof Software;
  readonly name: 'geth' | 'cometbft' | 'prysm' | 'upgrading-app';
  readonly version: string;
  /** Modules and their versions, as `go.mod` has them, with what the programs' own module replaces: that counts only in a main module. */
  readonly requires: readonly string[];
  readonly replaces?: readonly string[];
  /** Packages of the programs; of none the program is `source`. */
  readonly programs: readonly string[];
  /** A program of our own in one file, beside this repository's other files. It is named like the build. */
  readonly source?: string;
  readonly flags: readonly string[];
  /** Compilers besides Go, where parts are C or C++. */
  readonly compilers?: readonly string[];
}

/** Clients use internals of the Go runtime, which linkers refuse since Go 1.23: https://go.dev/doc/go1.23#linker */
const OLD_LINKS = '-checklinkname=0';

const PRYSM = 'github.com/prysmaticlabs/prysm/v4';

function gethOf(software: keyof Software, version: string): Build {
  return {
    ...{ software, version, name: 'geth' },
    requires: [`github.com/ethereum/go-ethereum ${version}`],
    programs: ['github.com/ethereum/go-ethereum/cmd/geth'],
    flags: [`-ldflags=${OLD_LINKS}`],
  };
}

const COMETBFT = 'github.com/cometbft/cometbft v0.38.17';

/** A node with an application that stops for an upgrade: the version before, or the next one. */
const appOf = (software: keyof Software, version: 'v1' | 'v2'): Build => ({
  ...{ software, version, name: 'upgrading-app', requires: [COMETBFT], programs: [] },
  source: join(import.meta.dirname, '../chains/upgrading-app/main.go'),
  flags: version === 'v1' ? [] : [`-ldflags=-X main.upgrade=${version}`],
});

const BUILDS: readonly Build[] = [
  appOf('appBefore', 'v1'),
  appOf('appNext', 'v2'),
  {
    software: 'cometbft',
    name: 'cometbft',
    version: 'v0.38.17',
    requires: [COMETBFT],
    programs: ['github.com/cometbft/cometbft/cmd/cometbft'],
    flags: [],
  },
  // The last release line with clique, which makes blocks without a beacon node.
  gethOf('geth', 'v1.13.15'),
  // What is upgraded to that one, and a later one that refuses such a chain when it has opened its database.
  gethOf('gethBefore', 'v1.13.14'),
  gethOf('gethRefusing', 'v1.14.13'),
  {
    // A consensus client of that geth's time.
    software: 'prysm',
    name: 'prysm',
    version: 'v4.2.1',
    // Go 1.24 changed what its own versions of these two rely on: methods of C types, and the inside of a mutex.
    requires: [
      `${PRYSM} v4.2.1`,
      'github.com/supranational/blst v0.3.16',
      'github.com/trailofbits/go-mutexasserts v0.0.0-20250514102930-c1f3d2e37561',
    ],
    replaces: [
      'github.com/json-iterator/go => github.com/prestonvanloon/go v1.1.7-0.20190722034630-4f2e55fcf87b',
      'github.com/grpc-ecosystem/grpc-gateway/v2 => github.com/prysmaticlabs/grpc-gateway/v2 v2.3.1-0.20230315201114-09284ba20446',
    ],
    programs: ['beacon-chain', 'validator', 'prysmctl'].map((program) => `${PRYSM}/cmd/${program}`),
    flags: ['-tags=netgo,osusergo', `-ldflags=${OLD_LINKS} -s -w -linkmode=external -extldflags=-static`],
    compilers: ['gcc', 'g++'],
  },
];

/** Each build took 70 to 90 s on two cores with an empty Go cache. */
const BUILD_LIMIT_SECONDS = 900;

/** Used without Go: an EVM that answers, without peers. */
const ANVIL = { name: 'anvil', version: '1.7.1', package: '@foundry-rs/anvil' } as const;

export interface FoundSoftware {
  readonly software: Software;
  /** A sentence for each program that is not available. */
  readonly lacks: readonly string[];
}

/**
 * The available software; never throws for a missing one.
 * @param wanted what is built; all of it unless given
 */
export async function ensureSoftware(
  say: ReportProgress,
  wanted: readonly (keyof Software)[] = BUILDS.map(({ software }) => software),
): Promise<FoundSoftware> {
  const software: { -readonly [name in keyof Software]: Software[name] } = {};
  const lacks: string[] = [];
  const take = async (name: keyof Software, ensure: () => Promise<string>): Promise<void> => {
    try {
      software[name] = await ensure();
    } catch (error) {
      lacks.push(`${name}: ${(error as Error).message}`);
    }
  };
  for (const build of BUILDS.filter(({ software: name }) => wanted.includes(name)))
    await take(build.software, () => ensureBuilt(build, say));
  if (wanted.includes('geth') && software.geth === undefined) await take('anvil', () => ensureAnvil(say));
  return { software, lacks };
}

const softwareDirectory = (): string => join(cacheDirectory(), 'software');

/** @returns the path of the program; of several, that of their directory */
async function ensureBuilt(build: Build, say: ReportProgress): Promise<string> {
  const { name, version, requires, replaces = [], programs, source, flags, compilers = [] } = build;
  const text = source === undefined ? undefined : readFileSync(source, 'utf8');
  // A program of our own changes without its version.
  const own = text === undefined ? '' : `-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
  const directory = join(softwareDirectory(), `${name}-${version}${own}`);
  await ensureDirectory(directory, async (making) => {
    const missing = await missingCommands(['go', ...compilers]);
    if (missing.length > 0) throw new Error(`there is no ${missing.join(' and no ')} on this host to build it with`);
    say(`building ${name} ${version} once`);
    const lines = (word: string, all: readonly string[]): string => all.map((one) => `${word} ${one}\n`).join('');
    const sources = join(making, 'sources');
    mkdirSync(sources);
    writeFileSync(
      join(sources, 'go.mod'),
      `module build\n\ngo 1.21\n\n${lines('require', requires)}${lines('replace', replaces)}`,
    );
    if (text !== undefined) writeFileSync(join(sources, 'main.go'), text);
    const built = text === undefined ? ['-o', `${making}/`, ...programs] : ['-o', join(making, name), '.'];
    await runMortal('go', ['build', '-mod=mod', ...flags, ...built], {
      limitSeconds: BUILD_LIMIT_SECONDS,
      directory: sources,
      // Static: the binary must run in the base system as well.
      environment: { CGO_ENABLED: compilers.length > 0 ? '1' : '0' },
    });
    rmSync(sources, { recursive: true });
    for (const program of text === undefined ? programs : [name])
      await run(join(making, basename(program)), ['help'], { limitSeconds: 30 });
  });
  return programs.length > 1 ? directory : join(directory, name);
}

async function ensureAnvil(say: ReportProgress): Promise<string> {
  const directory = join(softwareDirectory(), `${ANVIL.name}-${ANVIL.version}`);
  await ensureDirectory(directory, async (making) => {
    say(`installing ${ANVIL.name} ${ANVIL.version} once`);
    const options = ['--prefix', making, '--no-save', '--no-audit', '--no-fund'];
    // npm's project is its own folder, not the working directory.
    await runMortal('npm', ['install', ...options, `${ANVIL.package}@${ANVIL.version}`], {
      limitSeconds: 300,
      directory: making,
      // npm needs its own Node: the Node that runs this process comes from a package, without npm.
      environment: { PATH: withoutOurs(process.env['PATH'] ?? '') },
    });
    await run(binaryIn(making), ['--version'], { limitSeconds: 30 });
  });
  return binaryIn(directory);
}

function runMortal(command: string, words: readonly string[], options: CommandOptions): Promise<string> {
  const [mortal, ...before] = MORTAL;
  return run(mortal, [...before, command, ...words], options);
}

/** The package of this platform has the binary itself, which needs no Node. */
function binaryIn(directory: string): string {
  const packages = join(directory, 'node_modules', '@foundry-rs');
  const platform = existsSync(packages) ? readdirSync(packages).find((name) => name.startsWith('anvil-')) : undefined;
  if (platform === undefined) throw new Error(`npm brought no anvil for ${process.platform} on ${process.arch}`);
  return join(packages, platform, 'bin', 'anvil');
}

const withoutOurs = (path: string): string =>
  path
    .split(delimiter)
    .filter((directory) => !directory.includes('node_modules'))
    .join(delimiter);

/** Makes it in a directory next to the target and renames it, so a found directory is complete. */
async function ensureDirectory(directory: string, make: (making: string) => Promise<void>): Promise<void> {
  if (existsSync(directory)) return;
  mkdirSync(dirname(directory), { recursive: true });
  await withLock(`${directory}.lock`, BUILD_LIMIT_SECONDS, async () => {
    if (existsSync(directory)) return;
    for (const name of readdirSync(dirname(directory)))
      if (join(dirname(directory), name).startsWith(`${directory}.building-`))
        rmSync(join(dirname(directory), name), { recursive: true, force: true });
    const making = mkdtempSync(`${directory}.building-`);
    try {
      await make(making);
      renameSync(making, directory);
    } finally {
      rmSync(making, { recursive: true, force: true });
    }
  });
}
