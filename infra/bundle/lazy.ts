// The second file of a bundle: modules that a function's lazy.ts names. They are loaded when one of their exports is first used.
//
// esbuild's own `import()` does not work here. In one file it wraps every module below the import. With several files, code that two ES modules share
// goes into a third file. A bare node:vm context takes neither. So esbuild first splits the function into ES modules (`split`). Then index.js gets
// the shared code, and lazy.js is a function of it (`link`). Each module exists once, and index.js loads lazy.js by a synchronous `require`.
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type BuildOptions, build, type OutputFile, type Plugin } from 'esbuild';
import { withoutDynamicImports } from './sdk.ts';

/** The file next to a handler: `export * as NAME from 'MODULE';` for each module, and nothing else. */
export const LAZY_SOURCE = 'lazy.ts';
export const LAZY_FILE = 'lazy.js';

export interface BundleText {
  readonly code: string;
  readonly sourceMap: string;
}

const SHARED = 'shared';
const PREFIX = 'lazy:';

/** @throws an `Error` where lazy.ts contains anything except the list of lazy modules */
export async function bundleInTwo(
  entryPoint: string,
  options: BuildOptions & { readonly absWorkingDir: string; readonly plugins: Plugin[] },
): Promise<{ readonly index: BundleText; readonly lazy: BundleText }> {
  const source = join(dirname(entryPoint), LAZY_SOURCE);
  const modules = readLazySource(source);
  const first = await build({
    ...options,
    entryPoints: [entryPoint],
    plugins: [lazyImports(source, modules), ...options.plugins],
    outfile: 'index.js',
    format: 'esm',
    sourcemap: false,
    write: false,
    metafile: true,
  });
  const atOnce = new Set(
    Object.values(first.metafile.outputs)
      .flatMap(({ inputs }) => Object.entries(inputs))
      .flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [resolve(options.absWorkingDir, path)] : [])),
  );
  const parts = await split(entryPoint, source, {
    ...options,
    plugins: [noDynamicImports(), ownSchemas(atOnce), lazyImports(source, modules), ...options.plugins],
  });
  return link(parts, options);
}

/** The lazy modules by path, with the name of each one's export from lazy.js. */
function readLazySource(source: string): ReadonlyMap<string, string> {
  const modules = new Map<string, string>();
  const statements = readFileSync(source, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('//'));
  for (const line of statements) {
    const [, name, from] = /^export \* as (\w+) from '(\.{1,2}\/[^']+\.ts)';$/.exec(line) ?? [];
    if (name === undefined || from === undefined)
      throw new Error(`${source}: expected export * as NAME from 'MODULE', found ${line}`);
    const path = resolve(dirname(source), from);
    if (!existsSync(path)) throw new Error(`${source}: there is no ${path}`);
    modules.set(path, name);
  }
  return modules;
}

/** An import of a lazy module by another module stays an import, under its name. It points to lazy.js, not to the module. */
function lazyImports(source: string, modules: ReadonlyMap<string, string>): Plugin {
  return {
    name: 'lazy-imports',
    setup: (build) =>
      build.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, importer, resolveDir }) => {
        const name = modules.get(resolve(resolveDir, path));
        if (name === undefined || importer === source || modules.has(importer)) return undefined;
        // An import of types leaves no code.
        return { path: PREFIX + name, external: true, sideEffects: false };
      }),
  };
}

/** Code that no function runs may contain an import. esbuild makes a separate part of that import and of what it shares. Both are left out. */
const noDynamicImports = (): Plugin => ({
  name: 'no-dynamic-imports',
  setup: (build) =>
    build.onResolve({ filter: /^[^.]/ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    ),
});

/**
 * The schemas of one client are one module, so all of them would go to index.js. The schemas that only lazy.js uses get a copy of their own, which
 * keeps the shapes of its calls.
 */
function ownSchemas(atOnce: ReadonlySet<string>): Plugin {
  return {
    name: 'own-schemas',
    setup: (build) =>
      build.onResolve(
        { filter: /\/schemas\/schemas_\d+$/ },
        async ({ path, importer, resolveDir, kind, pluginData }) => {
          if (pluginData === RESOLVED || atOnce.has(importer)) return undefined;
          const found = await build.resolve(path, { importer, resolveDir, kind, pluginData: RESOLVED });
          return { ...found, suffix: '?lazy' };
        },
      ),
  };
}

const RESOLVED = Symbol('resolved');

interface Parts {
  /** The files by name. */
  readonly texts: ReadonlyMap<string, OutputFile>;
  readonly directory: string;
}

async function split(
  entryPoint: string,
  source: string,
  options: BuildOptions & { readonly absWorkingDir: string },
): Promise<Parts> {
  const directory = join(options.absWorkingDir, 'dist/split', basename(dirname(entryPoint)));
  const { outputFiles } = await build({
    ...options,
    entryPoints: { index: entryPoint, lazy: source },
    outdir: directory,
    format: 'esm',
    splitting: true,
    chunkNames: SHARED,
    minify: false,
    sourcemap: 'inline',
    write: false,
  });
  const texts = new Map(outputFiles.map((file) => [basename(file.path), file]));
  const names = [...texts.keys()].sort().join(', ');
  if (names !== `index.js, ${LAZY_FILE}, ${SHARED}.js`)
    throw new Error(`${source}: expected index.js, ${LAZY_FILE} and what they share, found ${names}`);
  return { texts, directory };
}

async function link({ texts, directory }: Parts, options: BuildOptions) {
  const write = (contents: string, external: string[], name: string) =>
    build({
      ...options,
      stdin: { contents, resolveDir: directory, sourcefile: 'entry.js' },
      plugins: [inMemory(directory, texts), withoutDynamicImports()],
      external: [`${PREFIX}*`, ...external],
      outfile: join(directory, 'out', name),
      write: false,
    });
  const names = namesFromShared(texts.get(LAZY_FILE)?.text ?? '').join(', ');
  const [index, lazy] = await Promise.all([
    write(
      `import { ${names} } from './${SHARED}.js'; export * from './index.js'; lazyFile.share(() => ({ ${names} }));`,
      [],
      'index.js',
    ),
    write(`export * from './${LAZY_FILE}';`, [`./${SHARED}.js`], LAZY_FILE),
  ]);
  return {
    index: behind(LOADER, textOf(index.outputFiles), ''),
    lazy: behind(
      '"use strict";module.exports=(shared,lazyFile)=>{const module={exports:{}};',
      textOf(lazy.outputFiles),
      'return module.exports};',
    ),
  };
}

/** The names that lazy.js imports from index.js. */
const namesFromShared = (lazy: string): readonly string[] =>
  [...lazy.matchAll(/^import \{([^}]*)\} from "\.\/shared\.js";$/gm)].flatMap(([, names = '']) =>
    names.split(',').map((name) => name.trim().replace(/ as .*/, '')),
  );

/** Adds a line in front of the code and takes the names that it requires from the other file. No column moves: the source map stays true. */
function behind(line: string, { code, sourceMap }: BundleText, end: string): BundleText {
  const map = JSON.parse(sourceMap) as { readonly mappings: string };
  const linked = code
    .replaceAll(/\brequire\("lazy:(\w+)"\)/g, (call, name: string) => `lazyFile.of("${name}")`.padEnd(call.length))
    .replaceAll(`require("./${SHARED}.js")`, (call) => 'shared'.padEnd(call.length));
  return {
    code: `${line}\n${linked.trimEnd()}\n${end}`,
    sourceMap: JSON.stringify({ ...map, mappings: `;${map.mappings}` }),
  };
}

/**
 * The code in front of index.js. An asset without lazy.js fails while the function starts, before it does anything. A lazy.js that cannot be loaded
 * fails at the first use of any of its exports, which is always before the AWS call. Strict, as ES modules are.
 */
const LOADER = `"use strict";const lazyFile=(()=>{const file="./${LAZY_FILE}";class LazyFileError extends Error{name="LazyFileError"}let share,exported;try{require.resolve(file)}catch(cause){throw new LazyFileError("the function's asset has no ${LAZY_FILE}: deploy it whole",{cause})}const load=()=>{try{return exported??=require(file)(share(),lazyFile)}catch(cause){throw new LazyFileError("${LAZY_FILE} of the function's asset cannot be loaded: "+cause.message,{cause})}};return{share:(made)=>{share=made},of:(name)=>new Proxy({},{get:(_,member)=>load()[name][member]})}})();`;

/** Gives the parts to esbuild as files, with their own source maps. */
function inMemory(directory: string, texts: ReadonlyMap<string, OutputFile>): Plugin {
  return {
    name: 'in-memory',
    setup: (build) => {
      build.onResolve({ filter: /^\.\// }, ({ path }) => {
        const name = basename(path);
        return texts.has(name) && !build.initialOptions.external?.includes(path)
          ? { path: join(directory, name), namespace: 'file' }
          : undefined;
      });
      build.onLoad({ filter: /\.js$/ }, ({ path }) => {
        const file = texts.get(basename(path));
        return file && dirname(path) === directory ? { contents: file.text, loader: 'js' } : undefined;
      });
    },
  };
}

/** @throws an `Error` where there is no code, or no map */
export function textOf(files: readonly OutputFile[]): BundleText {
  const code = files.find(({ path }) => path.endsWith('.js'));
  const map = files.find(({ path }) => path.endsWith('.js.map'));
  if (code === undefined || map === undefined) throw new Error('esbuild wrote no code or no map');
  return { code: code.text, sourceMap: map.text };
}
