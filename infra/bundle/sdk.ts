// How esbuild is told to leave out what no function uses of the AWS SDK and of the durable SDK: by options, without a change of their sources.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { repositoryRoot } from '../paths.ts';

const standIn = (file: string): string => join(repositoryRoot, 'infra/bundle/stand-ins', file);

/** Modules of ours in the place of the SDK's (esbuild's `alias`). */
export const sdkAliases: Readonly<Record<string, string>> = {
  '@aws-sdk/credential-provider-node': standIn('credentials.ts'),
  '@smithy/core/event-streams': standIn('event-streams.ts'),
  'mnemonist/lru-cache': standIn('lru-cache.ts'),
};

/**
 * Dynamic imports that never run: of a protocol, for event streams; of the durable SDK, for a client of its own where it is given none
 * (`shared/heal/durable-transport.ts`).
 */
export const NEVER_RUN = ['@aws-sdk/client-lambda', '@smithy/core/event-streams'];

/** They stay in the code: esbuild would wrap everything below such an import as a unit that runs later, and tree shaking stops there. */
export const withoutDynamicImports = (): Plugin => ({
  name: 'without-dynamic-imports',
  setup: (build) =>
    build.onResolve({ filter: /^@/ }, ({ kind, path }) =>
      kind === 'dynamic-import' && NEVER_RUN.includes(path) ? { path, external: true } : undefined,
    ),
});

/** The import of a function that heals is a twelfth shorter with it (resize-volume). */
export const withoutWholeUtil = (): Plugin => ({
  name: 'without-whole-util',
  setup: (build) =>
    build.onResolve({ filter: /^node:util$/ }, ({ importer }) =>
      /[\\/]@aws[\\/]durable-execution-sdk-js[\\/]/.test(importer) ? { path: standIn('node-util.ts') } : undefined,
    ),
});

/** Of a client's package.json, the one field that is read: the version, for the User-Agent header. Three hundredths of a bundle. */
export const versionsAlone = (): Plugin => ({
  name: 'versions-alone',
  setup: (build) =>
    build.onLoad({ filter: /[\\/]node_modules[\\/]@aws-sdk[\\/][\w-]+[\\/]package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8')) as { readonly version?: unknown };
      if (typeof version !== 'string') throw new Error(`${path} has no version`);
      return { contents: JSON.stringify({ version }), loader: 'json' };
    }),
});

/** `about('…', schema)` and similar calls in the fleet file's schema. */
const DESCRIBED = /\b(about|optional|usually)\(\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*,/g;
const DERIVED =
  /\bderived\(\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*,\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*,/g;

/** Removes the descriptions of the fleet file's fields from our own sources: 17 KB of each bundle. Editors read them; functions never do. */
export const withoutDescriptions = (): Plugin => ({
  name: 'without-descriptions',
  setup: (build) =>
    build.onLoad({ filter: /[\\/]shared[\\/]fleet[\\/]schema[\w-]*\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(DESCRIBED, "$1('',").replace(DERIVED, "derived('','',"),
      loader: 'ts',
    })),
});
