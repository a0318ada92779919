// Bundles every functions/*/handler.ts into CommonJS files. The same files are deployed and run in the local region. A function has one file, and a
// second one where its lazy.ts names modules that it seldom needs.
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { type BundleText, bundleInTwo, LAZY_FILE, LAZY_SOURCE, textOf } from './bundle/lazy.ts';
import { leanSchemas, wordsOf } from './bundle/schemas.ts';
import {
  sdkAliases,
  versionsAlone,
  withoutDescriptions,
  withoutDynamicImports,
  withoutWholeUtil,
} from './bundle/sdk.ts';
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
 * So many functions in one call of esbuild, which reads a module once for all of them: all at once need 1.3 GB, one after the other four times the CPU
 * time.
 */
const TOGETHER = 8;

type Texts = Readonly<Record<string, BundleText>>;
type Options = BuildOptions & { readonly absWorkingDir: string; readonly plugins: Plugin[] };

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
  const entryPoints = names.map((name) => join(functions, name, 'handler.ts'));
  const options = { ...bundleOptions, absWorkingDir: repositoryRoot };
  const plugins = [
    leanSchemas(await wordsOf(entryPoints, options)),
    withoutDynamicImports(),
    withoutWholeUtil(),
    versionsAlone(),
    withoutDescriptions(),
  ];
  const bundles: Bundle[] = [];
  for await (const [entryPoint, texts] of allTexts(entryPoints, { ...options, alias: { ...sdkAliases }, plugins }))
    bundles.push(await write(entryPoint, texts, out));
  return bundles.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Of each function the texts by file name, in no order. */
async function* allTexts(entryPoints: readonly string[], options: Options): AsyncGenerator<[string, Texts]> {
  const { inTwo = [], inOne = [] } = Object.groupBy(entryPoints, (entryPoint) =>
    existsSync(join(dirname(entryPoint), LAZY_SOURCE)) ? 'inTwo' : 'inOne',
  );
  for (let at = 0; at < inOne.length; at += TOGETHER)
    yield* await textsTogether(inOne.slice(at, at + TOGETHER), options);
  for (const entryPoint of inTwo) {
    const { index, lazy } = await bundleInTwo(entryPoint, options);
    yield [entryPoint, { 'index.js': index, [LAZY_FILE]: lazy }];
  }
}

async function textsTogether(entryPoints: readonly string[], options: Options): Promise<[string, Texts][]> {
  const { outputFiles } = await build({
    ...options,
    entryPoints: Object.fromEntries(entryPoints.map((entryPoint) => [nameOf(entryPoint), entryPoint])),
    outdir: options.absWorkingDir,
    write: false,
  });
  return entryPoints.map((entryPoint) => {
    const path = join(options.absWorkingDir, `${nameOf(entryPoint)}.js`);
    return [entryPoint, { 'index.js': textOf(outputFiles.filter((file) => file.path.startsWith(path))) }];
  });
}

async function write(entryPoint: string, texts: Texts, out: string): Promise<Bundle> {
  const name = nameOf(entryPoint);
  const directory = join(out, name);
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

/** The name of the function's folder. */
const nameOf = (entryPoint: string): string => basename(dirname(entryPoint));

/** esbuild ends a CommonJS file with `0&&(module.exports={…})`, which tells Node's own loader the names of the exports. */
const exportedNames = (code: string) => /0&&\(module\.exports=\{([\w,]*)\}\)/.exec(code)?.[1]?.split(',') ?? [];
