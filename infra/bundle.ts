// Bundles every functions/*/handler.ts into the one CommonJS file that is deployed, and that the local region runs as
// it is.
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { sdkDiet } from './bundle/plugins.ts';
import { repositoryRoot } from './paths.ts';

/** What every bundle exports. `createHandler` takes other clients; `handler` is made with `awsClients()`. */
const REQUIRED_EXPORTS = ['handler', 'createHandler', 'awsClients'] as const;

export interface Bundle {
  /** The function's folder name: "resize-volume". */
  readonly name: string;
  /** The asset folder: `index.js`, and a package.json that says that it is CommonJS, wherever the folder stands. */
  readonly directory: string;
  readonly bytes: number;
}

/**
 * How a handler becomes a bundle. The same input gives the same bytes.
 * CommonJS, because such a file runs in a bare `node:vm` context too (an ES module needs `SourceTextModule`); `module`
 * before `main`, because only ES modules can be shaken; the SDK is bundled, because the one in Lambda's runtime changes
 * without notice.
 */
export const bundleOptions = {
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: true,
  treeShaking: true,
  sourcemap: 'external',
  sourcesContent: false,
  legalComments: 'none',
  // Pure ASCII: V8 reads one byte a character, and parsing is a third of a cold start.
  charset: 'ascii',
  metafile: true,
  logLevel: 'silent',
} as const satisfies BuildOptions;

/**
 * Bundles each folder of `functions` that has a handler.ts into `<out>/<name>/index.js`, with its source map in
 * `<out>/maps/<name>.js.map` (it is no part of the asset: a cold start should not load it). Returns the bundles by
 * name, in alphabetical order. Throws esbuild's `BuildFailure` on a syntax error or an unknown import, an `Error` where
 * an export is missing.
 */
export async function bundleFunctions(
  functions = join(repositoryRoot, 'functions'),
  out = join(repositoryRoot, 'dist/functions'),
): Promise<Bundle[]> {
  const names = (await readdir(functions)).filter((name) => existsSync(join(functions, name, 'handler.ts'))).sort();
  await rm(out, { recursive: true, force: true });
  return Promise.all(names.map((name) => bundleFunction(name, join(functions, name, 'handler.ts'), out)));
}

async function bundleFunction(name: string, entryPoint: string, out: string): Promise<Bundle> {
  const directory = join(out, name);
  const { outputFiles } = await build({
    ...bundleOptions,
    absWorkingDir: repositoryRoot,
    entryPoints: [entryPoint],
    outfile: join(directory, 'index.js'),
    write: false,
    plugins: sdkDiet(),
  });
  const code = outputFiles.find(({ path }) => path.endsWith('.js'));
  const sourceMap = outputFiles.find(({ path }) => path.endsWith('.js.map'));
  if (code === undefined || sourceMap === undefined) throw new Error(`${entryPoint}: esbuild wrote no code or no map`);

  const exported = exportedNames(code.text);
  const missing = REQUIRED_EXPORTS.filter((required) => !exported.includes(required));
  if (missing.length > 0) throw new Error(`${entryPoint}: it must export ${missing.join(', ')}`);

  await mkdir(directory, { recursive: true });
  await mkdir(join(out, 'maps'), { recursive: true });
  await writeFile(code.path, code.contents);
  await writeFile(join(directory, 'package.json'), '{"type":"commonjs"}\n');
  await writeFile(join(out, 'maps', `${name}.js.map`), sourceMap.contents);
  return { name, directory, bytes: code.contents.byteLength };
}

/** For Node's own loader esbuild ends a CommonJS file with `0&&(module.exports={…})`, which names what it exports. */
const exportedNames = (code: string) => /0&&\(module\.exports=\{([\w,]*)\}\)/.exec(code)?.[1]?.split(',') ?? [];
