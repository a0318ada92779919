// Makes one piece of a program's modules: esbuild bundles them, and V8's code of them is kept beside. kept-program.js says when it is used.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type BuildOptions, type BuildResult, build, type Plugin } from 'esbuild';
import { keepNow, shelf } from '../kept.ts';
import { repositoryRoot } from '../paths.ts';
import { isWhole, PROGRAMS, stamp } from './kept-program.js';

/** The current one of each program, and the one before it: a program has read all of itself once it runs. */
const SHELF = shelf('programs', 4, 0);

/** They decide what is bundled, and no bundle names them. npm writes the last one with each change of node_modules. */
const BESIDES = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'node_modules/.package-lock.json',
  'infra/program/start.js',
  'infra/program/make.ts',
];

/** They are loaded by few verbs, from node_modules: esbuild has a binary there, and CDK is as large as all the rest. */
const EXTERNAL = ['esbuild', 'aws-cdk-lib', 'constructs'];

/** A filesystem tells times in steps of two seconds at most (FAT): a file that was just written could be written again within the same one. */
const SETTLED_MS = 2_000;

/**
 * Makes the program, and points its next starts at it. Nothing is kept where a source changed meanwhile: the run after it tries again.
 * @param name of `PROGRAMS` @param folder where it is kept
 */
export async function makeProgram(name: string, folder = SHELF.folder): Promise<void> {
  const entry = Object.keys(PROGRAMS).find((path) => PROGRAMS[path] === name);
  if (entry === undefined) throw new TypeError(`expected one of ${Object.values(PROGRAMS).join(', ')}, found ${name}`);
  await setTimeout(SETTLED_MS);
  const startedMs = Date.now();
  const { outputFiles, metafile } = await bundle(entry);
  const sources = Object.keys(metafile.inputs).filter(
    (path) => !path.startsWith('node_modules/') && !path.includes(':'),
  );
  const files = [...sources, ...BESIDES]
    .filter((path) => existsSync(join(repositoryRoot, path)))
    .map((path) => [path, ...stamp(join(repositoryRoot, path))] as const);
  const changed = files.some(([, , mtimeMs, ctimeMs]) => Math.max(mtimeMs, ctimeMs) > startedMs - SETTLED_MS);
  const turn = join(folder, `${name}.turn`);
  if (changed) {
    rmSync(turn, { force: true });
    return;
  }
  const hash = createHash('sha256').update(repositoryRoot);
  for (const { path, hash: content } of outputFiles) hash.update(`${basename(path)} ${content}\0`);
  const directory = hash.update(readFileSync(START)).digest('hex').slice(0, 16);
  const contents = [
    ...outputFiles.map(({ path, contents }) => [basename(path), contents] as const),
    [START_FILE, readFileSync(START)] as const,
  ];
  const pieces = contents.map(([file, { length }]) => [file, length] as const);
  if (!isWhole(join(folder, directory), pieces)) rmSync(join(folder, directory), { recursive: true, force: true });
  const made = keepNow({ ...SHELF, folder }, directory, (path) => {
    mkdirSync(path);
    for (const [file, bytes] of contents) writeFileSync(join(path, file), bytes);
  });
  warm(made);
  const pointer = join(folder, `${name}.json`);
  writeFileSync(`${pointer}.${process.pid}`, JSON.stringify({ directory, pieces, files }));
  renameSync(`${pointer}.${process.pid}`, pointer);
  rmSync(turn, { force: true });
}

const START = join(import.meta.dirname, 'start.js');
const START_FILE = 'start.mjs';
const WARM_MS = 60_000;

/** How all modules of a program become few: packages too, but for those that it seldom needs. */
export const programOptions = {
  absWorkingDir: repositoryRoot,
  write: false,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  mainFields: ['module', 'main'],
  outExtension: { '.js': '.mjs' },
  charset: 'ascii',
  legalComments: 'none',
  metafile: true,
  logLevel: 'silent',
  external: EXTERNAL,
} as const satisfies BuildOptions;

/** Packages in CommonJS ask for Node.js's own modules. */
export const REQUIRE =
  "import { createRequire as createRequireOfChunk } from 'node:module'; const require = createRequireOfChunk(import.meta.url);";

const bundle = (entry: string): Promise<BuildResult<{ metafile: true; write: false }>> =>
  build({
    ...programOptions,
    entryPoints: { program: entry },
    outdir: 'dist/programs/new',
    target: 'node24',
    sourcemap: true,
    sourcesContent: false,
    plugins: [
      placesOfSources((path) => ({
        dirname: JSON.stringify(dirname(path)),
        url: JSON.stringify(pathToFileURL(path).href),
      })),
    ],
    banner: { js: REQUIRE },
  });

/**
 * A module asks where it is, for the files beside it: it gets the place of its source. Only the one that is started is the main one.
 * @param placeOf gives expressions of JavaScript
 */
export const placesOfSources = (
  placeOf: (path: string) => { readonly dirname: string; readonly url: string },
): Plugin => ({
  name: 'places of sources',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.[jt]s$/ }, ({ path }) => {
      if (path.includes('node_modules')) return undefined;
      const { dirname, url } = placeOf(path);
      const contents = readFileSync(path, 'utf8')
        .replaceAll('import.meta.dirname', dirname)
        .replaceAll('import.meta.url', url)
        .replaceAll('import.meta.main', 'false');
      return { contents, loader: path.endsWith('.ts') ? 'ts' : 'js' };
    });
  },
});

/** Has V8 compile the program, so that the next start need not: each chunk is loaded, and nothing is begun. */
function warm(made: string): void {
  const chunks = readdirSync(made).filter((file) => file.endsWith('.mjs') && file !== START_FILE);
  const loads = [START_FILE, ...chunks].map(
    (file) => `await import(${JSON.stringify(pathToFileURL(join(made, file)))});`,
  );
  spawnSync(process.execPath, [...process.execArgv, '--input-type=module', '-e', loads.join('\n')], {
    stdio: 'ignore',
    timeout: WARM_MS,
  });
}
