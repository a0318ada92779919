// Bundles the functions and synthesizes the stack when their sources have changed; otherwise it returns what was made last.
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { fleetsDirectory } from './fleets-directory.ts';
import { hashOf, hashOfMany, keep, shelf } from './kept.ts';
import { repositoryRoot } from './paths.ts';

/** All sources of the assembly. */
const SOURCES = ['functions', 'shared', 'infra', 'package-lock.json', 'tsconfig.json'].map((path) =>
  join(repositoryRoot, path),
);

const BUNDLES = shelf('bundles', 6);
const ASSEMBLIES = shelf('assemblies', 6);
const TIMEOUT_MS = 600_000;
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
  const { context = {}, assemblies } = options;
  const place = assemblies === undefined ? ASSEMBLIES : { ...ASSEMBLIES, folder: resolve(assemblies) };
  const hash = hashOf([fleets], `${sourcesHash()} ${JSON.stringify(context)}`);
  return keep(place, hash, async (outdir) =>
    synthesize(outdir, { ...context, fleets, bundles: await ensureBundled() }),
  );
}

/** The path of the current sources' bundles, <function>/index.js. They are the same for all fleets: an assembly takes a second without them, and several with. */
export const ensureBundled = (): Promise<string> =>
  keep(BUNDLES, hashOf([], `${sourcesHash()} bundles`), (out) => runProcess(['infra/bundle-app.ts', out], {}));

let read: string | undefined;

/** Read once a process: its own code is as old. */
function sourcesHash(): string {
  read ??= hashOfMany(SOURCES, '');
  return read;
}

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
