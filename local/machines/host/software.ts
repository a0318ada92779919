// Clients without a Debian package: built once from pinned sources by this host's Go, then kept in the cache.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { Software } from '../run-events.ts';
import { cacheDirectory, type ReportProgress } from './cache.ts';
import { type CommandOptions, MORTAL, missingCommands, run } from './commands.ts';
import { withLock } from './lock.ts';

interface Build {
  readonly name: 'geth' | 'cometbft';
  readonly version: string;
  readonly package: string;
  readonly flags: readonly string[];
}

const BUILDS: readonly Build[] = [
  { name: 'cometbft', version: 'v0.38.17', package: 'github.com/cometbft/cometbft/cmd/cometbft', flags: [] },
  {
    // The last release line with clique, which makes blocks without a beacon node.
    name: 'geth',
    version: 'v1.13.15',
    package: 'github.com/ethereum/go-ethereum/cmd/geth',
    // It uses internals of the Go runtime, which linkers refuse since Go 1.23: https://go.dev/doc/go1.23#linker
    flags: ['-ldflags=-checklinkname=0'],
  },
];

/** Each build took 70 s on two cores with an empty Go cache. */
const BUILD_LIMIT_SECONDS = 900;

/** Used without Go: an EVM that answers, without peers. */
const ANVIL = { name: 'anvil', version: '1.7.1', package: '@foundry-rs/anvil' } as const;

export interface FoundSoftware {
  readonly software: Software;
  /** A sentence for each program that is not available. */
  readonly lacks: readonly string[];
}

/** The available software; never throws for a missing one. */
export async function ensureSoftware(say: ReportProgress): Promise<FoundSoftware> {
  const software: { geth?: string; cometbft?: string; anvil?: string } = {};
  const lacks: string[] = [];
  const take = async (name: keyof Software, ensure: () => Promise<string>): Promise<void> => {
    try {
      software[name] = await ensure();
    } catch (error) {
      lacks.push(`${name}: ${(error as Error).message}`);
    }
  };
  for (const build of BUILDS) await take(build.name, () => ensureBuilt(build, say));
  if (software.geth === undefined) await take('anvil', () => ensureAnvil(say));
  return { software, lacks };
}

const softwareDirectory = (): string => join(cacheDirectory(), 'software');

async function ensureBuilt({ name, version, package: path, flags }: Build, say: ReportProgress): Promise<string> {
  const directory = join(softwareDirectory(), `${name}-${version}`);
  await ensureDirectory(directory, async (making) => {
    if ((await missingCommands(['go'])).length > 0) throw new Error('there is no Go on this host to build it with');
    say(`building ${name} ${version} once`);
    await runMortal('go', ['install', ...flags, `${path}@${version}`], {
      limitSeconds: BUILD_LIMIT_SECONDS,
      // Static: the binary must run in the base system as well.
      environment: { GOBIN: making, GOFLAGS: '-mod=mod', CGO_ENABLED: '0' },
    });
    await run(join(making, name), ['version'], { limitSeconds: 30 });
  });
  return join(directory, name);
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
