// The base of plugins that rewrite one kind of file. The plugin stops the build when the file is missing or not as expected.
import { readFile } from 'node:fs/promises';
import { basename, sep } from 'node:path';
import type { BuildOptions, Metafile, OnLoadResult, Plugin } from 'esbuild';

/**
 * Matches files of installed packages: `inPackage('@aws-sdk/client-[\\w-]+', '.*')`; `/` stands for the machine's
 * separator.
 */
export const inPackage = (names: string, rest: string) =>
  new RegExp(
    `[\\\\/]node_modules[\\\\/](?:${names.replaceAll('/', '[\\\\/]')})[\\\\/]${rest.replaceAll('/', '[\\\\/]')}$`,
  );

export const AWS_CLIENT = inPackage('@aws-sdk/client-[\\w-]+', '.*');

export interface Rewriting<Prepared> {
  /** The files to rewrite. */
  readonly filter: RegExp;
  /** The plugin fails if a bundle holds such a file but none that `filter` matches. */
  readonly expectedWith: RegExp;
  /** Runs before each build; `rewrite` gets its result. */
  readonly prepare?: (options: BuildOptions) => Promise<Prepared>;
  /** Throws when the file is not as expected. */
  readonly rewrite: (source: string, path: string, prepared: Prepared) => OnLoadResult | Promise<OnLoadResult>;
}

/** A plugin for one kind of file. A file that has moved is an error too: nobody reviews a bundle that has only grown. */
export function rewriting<Prepared>(
  name: string,
  { filter, expectedWith, prepare, rewrite }: Rewriting<Prepared>,
): Plugin {
  return {
    name,
    setup(build) {
      let rewritten = 0;
      let prepared: Promise<Prepared> | undefined;
      build.onStart(() => {
        rewritten = 0;
        prepared = undefined;
      });
      build.onLoad({ filter }, async ({ path }) => {
        try {
          prepared ??= prepare?.(build.initialOptions);
          const result = await rewrite(await readFile(path, 'utf8'), path, (await prepared) as Prepared);
          rewritten += 1;
          return result;
        } catch (cause) {
          const why = cause instanceof Error ? cause.message : String(cause);
          throw new Error(`${name}: ${shortPath(path)} has changed its shape: ${why}`, { cause });
        }
      });
      build.onEnd(({ metafile, errors }) => {
        if (errors.length > 0 || rewritten > 0 || !metafile) return undefined;
        const input = inputs(metafile).find((path) => expectedWith.test(path));
        if (input === undefined) return undefined;
        return { errors: [{ text: `${name}: ${shortPath(input)} is bundled, but no file matches ${filter}` }] };
      });
    },
  };
}

const inputs = (metafile: Metafile) => Object.keys(metafile.inputs).map((path) => `${sep}${path}`);

const shortPath = (path: string) => path.split(/[\\/]node_modules[\\/]/).at(-1) ?? basename(path);
