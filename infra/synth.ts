// Bundles the functions and synthesizes the stack when their sources have changed; otherwise it returns what was made last.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fleetsDirectory } from './fleets.ts';
import { repositoryRoot } from './paths.ts';

/** All sources of the assembly. */
const SOURCES = ['functions', 'shared', 'infra', 'package-lock.json', 'tsconfig.json'].map((path) =>
  join(repositoryRoot, path),
);

const KEPT = 6;
/** A process that was given a path reads there for minutes. */
const IN_USE_MS = 60 * 60_000;
const TIMEOUT_MS = 600_000;
const LOOK_EVERY_MS = 100;
const STDERR_BYTES = 8_192;

export interface SynthOptions {
  /** Folder of fleet files; the user's own unless given. */
  readonly fleets?: string;
  /** More context, as `-c NAME=…` gives it. */
  readonly context?: Readonly<Record<string, string>>;
  /** Folder that holds the assemblies, each under the hash of its sources. */
  readonly assemblies?: string;
}

/**
 * The path of a cloud assembly (manifest.json, Chainmend.template.json, asset.<hash>/index.js) of the current sources. Takes a few seconds the first
 * time and milliseconds after it. Any number of processes may call it at the same time: an assembly appears whole, under its own name. Throws an
 * `Error` with the app's output where it cannot be synthesized.
 */
export async function ensureSynthesized(options: SynthOptions = {}): Promise<string> {
  const fleets = resolve(options.fleets ?? fleetsDirectory);
  const assemblies = resolve(options.assemblies ?? join(repositoryRoot, 'dist/assemblies'));
  const { context = {} } = options;
  return ensureMade(assemblies, await hashOf([...SOURCES, fleets], JSON.stringify(context)), async (outdir) =>
    synthesize(outdir, { ...context, fleets, bundles: await ensureBundled() }),
  );
}

/** The path of the current sources' bundles, <function>/index.js. They are the same for all fleets: an assembly takes a second without them, and several with. */
export const ensureBundled = async (): Promise<string> =>
  ensureMade(join(repositoryRoot, 'dist/bundles'), await hashOf(SOURCES, 'bundles'), (out) =>
    runProcess(['infra/bundle-app.ts', out], {}),
  );

/** @param folder holds what was made, each under the hash of its sources @param make makes it at a path of its own */
async function ensureMade(folder: string, hash: string, make: (path: string) => Promise<void>): Promise<string> {
  const made = join(folder, hash);
  if (existsSync(made)) {
    const now = new Date();
    await utimes(made, now, now);
    return made;
  }
  await mkdir(folder, { recursive: true });
  const turn = `${made}.turn`;
  while (!(await takeBuildLock(turn))) {
    await setTimeout(LOOK_EVERY_MS);
    if (existsSync(made)) return made;
  }
  const working = await mkdtemp(join(folder, 'new-'));
  try {
    await make(join(working, 'made'));
    await moveUnlessThere(join(working, 'made'), made);
  } finally {
    await rm(working, { recursive: true, force: true });
    await rm(turn, { force: true });
  }
  await forgetOldest(folder);
  return made;
}

/**
 * Test suites call this at the same time. Ten parallel synths take ten times as long, so one process does the work. A process that died, or takes too
 * long, loses its turn.
 */
async function takeBuildLock(turn: string): Promise<boolean> {
  try {
    await writeFile(turn, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (!isError(error, 'EEXIST')) throw error;
  }
  try {
    const [{ mtimeMs }, pid] = [await stat(turn), Number(await readFile(turn, 'utf8'))];
    if (isAlive(pid) && Date.now() - mtimeMs < TIMEOUT_MS) return false;
    await rm(turn, { force: true });
  } catch (error) {
    // The turn of the other process has just ended.
    if (!isError(error, 'ENOENT')) throw error;
  }
  return false;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !isError(error, 'ESRCH');
  }
}

const isError = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code;

/**
 * Runs the app in its own process: CDK is large and keeps state, and nothing of it is needed once the template exists.
 * @param validation CDK's own validation of the template takes half of the time; `cdk synth` and `cdk deploy` always have it
 */
export const synthesize = (
  outdir: string,
  context: Readonly<Record<string, string>> = {},
  { validation = false } = {},
): Promise<void> =>
  runProcess(['infra/app.ts'], {
    CDK_OUTDIR: outdir,
    CDK_CONTEXT_JSON: JSON.stringify(context),
    CDK_VALIDATION: String(validation),
  });

function runProcess([file = '', ...words]: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(repositoryRoot, file), ...words],
    {
      cwd: repositoryRoot,
      // What is made here is told by the context alone.
      env: { ...process.env, CHAINMEND_NAME: '', ...env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: TIMEOUT_MS,
    },
  );
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(0, STDERR_BYTES);
  });
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code, signal) => {
      if (code === 0) done();
      else fail(new Error(`${file} ended with ${signal ?? code}:\n${stderr}`));
    });
  });
}

async function hashOf(paths: readonly string[], context: string): Promise<string> {
  const hash = createHash('sha256').update(process.version).update(context);
  for (const path of paths) {
    for (const file of await filesOf(path)) {
      hash.update(`\0${relative(repositoryRoot, file)}\0`).update(await readFile(file));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

async function filesOf(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function moveUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    // Another process was faster. It had the same sources, so what it made is the same.
    if (!existsSync(to)) throw error;
  }
}

async function forgetOldest(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /^[0-9a-f]{16}$/.test(name));
  const ages = await Promise.all(names.map(async (name) => ({ name, atMs: (await stat(join(folder, name))).mtimeMs })));
  ages.sort((one, other) => other.atMs - one.atMs);
  await Promise.all(
    ages
      .slice(KEPT)
      .filter(({ atMs }) => atMs < Date.now() - IN_USE_MS)
      .map(({ name }) => rm(join(folder, name), { recursive: true, force: true })),
  );
}
