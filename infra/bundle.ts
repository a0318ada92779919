// Bundles every functions/*/handler.ts into CommonJS files. The same files are deployed and run in the local region. A function has one file, and a
// second one where its lazy.ts names modules that it seldom needs.
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { type BundleText, bundleInTwo, LAZY_FILE, LAZY_SOURCE, textOf } from './bundle/lazy.ts';
import { sdkDiet } from './bundle/plugins.ts';
import { repositoryRoot } from './paths.ts';

/** What every bundle exports. `createHandler` takes other clients; `handler` uses `awsClients()`. */
const REQUIRED_EXPORTS = ['handler', 'createHandler', 'awsClients'] as const;

export interface Bundle {
  /** The function's folder name: "resize-volume". */
  readonly name: string;
  /**
   * The asset folder: `index.js`, `lazy.js` where the function has one, and a package.json. The package.json says that the files are CommonJS, so the
   * folder works in any place.
   */
  readonly directory: string;
  /** The size of both files. */
  readonly bytes: number;
}

/**
 * How a handler becomes a bundle. The same input gives the same bytes.
 * - CommonJS: such a file also runs in a bare `node:vm` context. An ES module needs `SourceTextModule`.
 * - `module` before `main`: esbuild can tree-shake only ES modules.
 * - The SDK is bundled: the SDK in Lambda's runtime changes without notice.
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
  // Pure ASCII: V8 then reads one byte a character. Parsing is a third of a cold start.
  charset: 'ascii',
  metafile: true,
  logLevel: 'silent',
} as const satisfies BuildOptions;

/**
 * Bundles each folder of `functions` that has a handler.ts into `<out>/<name>/index.js`, with its source map in `<out>/maps/<name>.js.map`. Modules
 * that the function seldom needs go into `lazy.js` next to it, with `<name>-lazy.js.map`. Maps are not part of the asset: a cold start must not load
 * them. Returns the bundles by name, in alphabetical order. Throws esbuild's `BuildFailure` on a syntax error or an unknown import, an `Error` where
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
  const texts = await bundleTexts(entryPoint);
  const exported = exportedNames(texts['index.js']?.code ?? '');
  const missing = REQUIRED_EXPORTS.filter((required) => !exported.includes(required));
  if (missing.length > 0) throw new Error(`${entryPoint}: it must export ${missing.join(', ')}`);

  await mkdir(directory, { recursive: true });
  await mkdir(join(out, 'maps'), { recursive: true });
  await writeFile(join(directory, 'package.json'), '{"type":"commonjs"}\n');
  for (const [file, { code, sourceMap }] of Object.entries(texts)) {
    await writeFile(join(directory, file), code);
    await writeFile(join(out, 'maps', `${file === 'index.js' ? name : `${name}-lazy`}.js.map`), sourceMap);
  }
  const bytes = Object.values(texts).reduce((sum, { code }) => sum + Buffer.byteLength(code), 0);
  return { name, directory, bytes };
}

/** The texts by file name. */
async function bundleTexts(entryPoint: string): Promise<Readonly<Record<string, BundleText>>> {
  const options = { ...bundleOptions, absWorkingDir: repositoryRoot };
  if (existsSync(join(dirname(entryPoint), LAZY_SOURCE))) {
    const { index, lazy } = await bundleInTwo(entryPoint, options, sdkDiet);
    return { 'index.js': index, [LAZY_FILE]: lazy };
  }
  const { outputFiles } = await build({
    ...options,
    entryPoints: [entryPoint],
    outfile: 'index.js',
    write: false,
    plugins: sdkDiet(),
  });
  return { 'index.js': textOf(outputFiles) };
}

/** esbuild ends a CommonJS file with `0&&(module.exports={…})`, which tells Node's own loader the names of the exports. */
const exportedNames = (code: string) => /0&&\(module\.exports=\{([\w,]*)\}\)/.exec(code)?.[1]?.split(',') ?? [];
