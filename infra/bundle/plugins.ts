// esbuild plugins that let tree shaking work on the AWS SDK; each stops the build when the SDK no longer has the shape it expects.
import { readFile } from 'node:fs/promises';
import { basename, dirname, sep } from 'node:path';
import type { Metafile, OnLoadResult, Plugin } from 'esbuild';

const inPackage = (names: string, rest: string) =>
  new RegExp(`[\\\\/]node_modules[\\\\/](?:${names})[\\\\/]${rest.replaceAll('/', '[\\\\/]')}$`);

const AWS_CLIENT = inPackage('@aws-sdk[\\\\/]client-[\\w-]+', '.*');
const DURABLE_SDK = inPackage('@aws[\\\\/]durable-execution-sdk-js', '.*');

/** All of them, for every bundle; a plugin whose package is not imported does nothing. */
export function sdkDiet(): Plugin[] {
  return [literalSchemaKeys(), environmentCredentials(), trimmedPackageJson(), staticLambdaClient()];
}

/**
 * Writes the string constants of the SDK's schema modules in place of their computed keys.
 * `{ [_eN]: 1 }` may run code (ToPropertyKey), so esbuild keeps every schema that holds one: 539 of the 547 KiB that
 * two commands of client-ec2 cost. `{ "eN": 1 }` cannot, and what no command uses is dropped.
 */
export function literalSchemaKeys(): Plugin {
  return rewriting('literal-schema-keys', {
    filter: inPackage('@aws-sdk|@smithy', '.*/schemas/schemas_\\d+\\.js'),
    expectedWith: AWS_CLIENT,
    rewrite: (source) => ({ contents: withLiteralKeys(source), loader: 'js' }),
  });
}

/** Throws an `Error` that names the key where a computed key is left that is no string constant of the module. */
export function withLiteralKeys(source: string): string {
  const constants = new Map<string, string>();
  for (const [, name = '', text = ''] of source.matchAll(/^const (\w+) = ("(?:[^"\\]|\\.)*");$/gm)) {
    constants.set(name, text);
  }
  return source.replace(/\[([A-Za-z_$][\w$]*)\]:/g, (_, name: string) => {
    const text = constants.get(name);
    if (text === undefined) throw new Error(`the key [${name}] is not a string constant of its module`);
    return `${text}:`;
  });
}

/**
 * Reads credentials from the environment and nowhere else. On Lambda that is where they are: the service puts the
 * role's keys into AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN of each sandbox ("Defined runtime
 * environment variables", Lambda guide) and replaces the sandbox before they expire, and the default chain too ends at
 * its first link there. The rest of the chain (profiles, SSO, web identity, instance metadata) is dead weight, and it
 * reads files: a function that lost its variables would look for somebody else's credentials instead of failing.
 */
export function environmentCredentials(): Plugin {
  return rewriting('environment-credentials', {
    filter: inPackage('@aws-sdk[\\\\/]credential-provider-node', 'dist-es/index\\.js'),
    expectedWith: AWS_CLIENT,
    rewrite: (source, path) => {
      if (!/export\s*\{[^}]*\bdefaultProvider\b/.test(source)) throw new Error('it does not export defaultProvider');
      return {
        contents:
          "import { fromEnv } from '@aws-sdk/credential-provider-env'; export const defaultProvider = (init) => fromEnv(init);",
        loader: 'js',
        resolveDir: dirname(path),
      };
    },
  });
}

/** Keeps what a client reads of its package.json: the version, for the User-Agent header. */
export function trimmedPackageJson(): Plugin {
  return rewriting('trimmed-package-json', {
    filter: inPackage('@aws-sdk[\\\\/][\\w-]+|@smithy[\\\\/][\\w-]+', 'package\\.json'),
    expectedWith: AWS_CLIENT,
    rewrite: (source) => {
      const { name, version } = JSON.parse(source) as { name?: unknown; version?: unknown };
      if (typeof name !== 'string' || typeof version !== 'string') throw new Error('it has no name and version');
      return { contents: JSON.stringify({ name, version }), loader: 'json' };
    },
  });
}

const DYNAMIC_IMPORT = /\bimport\(\s*['"]@aws-sdk\/client-lambda['"]\s*\)/g;

/**
 * Makes the durable SDK's `import('@aws-sdk/client-lambda')` a static import of the names that it reads.
 * A dynamic import takes the whole namespace, and in a bundle of one file esbuild wraps all that is below it as a unit
 * that runs later: nothing in there is shaken any more, @smithy/core included.
 */
export function staticLambdaClient(): Plugin {
  return rewriting('static-lambda-client', {
    filter: inPackage('@aws[\\\\/]durable-execution-sdk-js', 'dist/index\\.mjs'),
    expectedWith: DURABLE_SDK,
    rewrite: (source) => ({ contents: withStaticLambdaClient(source), loader: 'js' }),
  });
}

/** Throws an `Error` unless there is exactly one dynamic import of the client and every use of its module is plain. */
export function withStaticLambdaClient(source: string): string {
  const imports = source.match(DYNAMIC_IMPORT)?.length ?? 0;
  if (imports !== 1) throw new Error(`expected one import('@aws-sdk/client-lambda'), found ${imports}`);
  const names = [...new Set([...source.matchAll(/\bnew module\.(\w+)/g)].map(([, name = '']) => name))].sort();
  if (!names.includes('LambdaClient') || names.some((name) => !/(Client|Command)$/.test(name))) {
    throw new Error(
      `expected "new module.LambdaClient" and commands beside it, found ${names.join(', ') || 'nothing'}`,
    );
  }
  const list = names.join(', ');
  return `import { ${list} } from '@aws-sdk/client-lambda';\n${source.replace(DYNAMIC_IMPORT, `Promise.resolve({ ${list} })`)}`;
}

interface Rewriting {
  /** The files to rewrite. */
  readonly filter: RegExp;
  /** A bundle that holds such a file must also have had one that `filter` matches. */
  readonly expectedWith: RegExp;
  /** Throws when the file is not as expected. */
  readonly rewrite: (source: string, path: string) => OnLoadResult;
}

/** A plugin over one kind of file. A file that moved away is an error too: nobody reads a bundle that only got bigger. */
function rewriting(name: string, { filter, expectedWith, rewrite }: Rewriting): Plugin {
  return {
    name,
    setup(build) {
      let rewritten = 0;
      build.onStart(() => {
        rewritten = 0;
      });
      build.onLoad({ filter }, async ({ path }) => {
        try {
          const result = rewrite(await readFile(path, 'utf8'), path);
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
