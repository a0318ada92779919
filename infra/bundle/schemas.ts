// Rewrites the SDK's schema modules, so that tree shaking keeps only what a bundle uses.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const SCHEMAS = /[\\/]node_modules[\\/](?:@aws-sdk|@smithy)[\\/].*[\\/]schemas[\\/]schemas_\d+\.js$/;
const AWS_CLIENT = /(?:^|[\\/])node_modules[\\/]@aws-sdk[\\/]client-[\w-]+[\\/].*$/;

/**
 * Rewrites each schema module of the SDK; a module that two builds have is rewritten once. It stops the build where a module has changed its shape, and
 * where a client's schemas are elsewhere: nobody reviews a bundle that has only grown.
 *
 * @param words of the functions' own sources: an error that is named there is kept
 */
export function leanSchemas(words: ReadonlySet<string>): Plugin {
  const rewritten = new Map<string, Promise<string>>();
  return {
    name: 'lean-schemas',
    setup(build) {
      build.onLoad({ filter: SCHEMAS }, async ({ path }) => {
        const contents = rewritten.get(path) ?? rewrite(path, words);
        rewritten.set(path, contents);
        return { contents: await contents, loader: 'js' };
      });
      build.onEnd(({ metafile, errors }) => {
        if (errors.length > 0 || metafile === undefined) return undefined;
        const inputs = Object.keys(metafile.inputs);
        const client = inputs.find((path) => AWS_CLIENT.test(path));
        if (client === undefined || inputs.some((path) => SCHEMAS.test(`/${path}`))) return undefined;
        return { errors: [{ text: `lean-schemas: ${shortPath(client)} is bundled, but no file matches ${SCHEMAS}` }] };
      });
    },
  };
}

/** @throws Error where the module is not as expected */
async function rewrite(path: string, words: ReadonlySet<string>): Promise<string> {
  const kept = new Set([...words, ...(await retriedErrors(path))]);
  const source = await readFile(path, 'utf8');
  try {
    return withLiterals(withFewErrors(source, kept));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`lean-schemas: ${shortPath(path)} has changed its shape: ${why}`, { cause });
  }
}

const shortPath = (path: string): string => `/${path}`.split(/[\\/]node_modules[\\/]/).at(-1) ?? path;

/**
 * Writes the module's string constants where they are used, except the namespace, which is in every shape. `{ [_eN]: 1 }` may run code (ToPropertyKey), so
 * esbuild keeps every schema that holds one: 539 of the 547 KiB that two commands of client-ec2 cost. `{ ["eN"]: 1 }` cannot run code, so esbuild drops
 * the schemas that no command uses. Throws an `Error` that names the key where it is no string constant of the module.
 */
export function withLiterals(source: string): string {
  const constants = stringConstants(source);
  const written = source
    .split('\n')
    .map((line) =>
      CONSTANT.test(line) ? line : line.replace(USE_OF_CONSTANT, (name: string) => constants.get(name) ?? name),
    )
    .join('\n');
  const [, name] = /\[([A-Za-z_$][\w$]*)\]:/.exec(written) ?? [];
  if (name !== undefined) throw new Error(`the key [${name}] is not a string constant of its module`);
  return written;
}

const CONSTANT = /^const \w+ = "/;
/** Matches a whole name only: no part of another name, of a member or of a text. */
const USE_OF_CONSTANT = /(?<![\w$."'`])_\w+(?![\w$])/g;

/**
 * Registers only the errors whose class is in `kept`. Any other error then arrives as the service's base exception, with its message, fault and
 * fields. Its code is the one on the wire (SNS calls its NotFoundException "NotFound"). Code that never names the error loses nothing. Code that
 * names an error, by class or in a string, keeps it. SSM alone has 141 of them. Throws an `Error` where an error is registered in an unknown way.
 */
export function withFewErrors(source: string, kept: ReadonlySet<string>): string {
  const few = source.replace(/^n0_registry\.registerError\((\w+)\$, \1\);$/gm, (line, name: string) =>
    kept.has(name) ? line : '',
  );
  const unknown = [...few.matchAll(/^n0_registry\.registerError.*$/gm)].find(
    ([line]) => !/\((\w+)\$, \1\);$/.test(line),
  );
  if (unknown) throw new Error(`an error is registered otherwise than expected: ${unknown[0]}`);
  return few;
}

function stringConstants(source: string): Map<string, string> {
  const pairs = source.matchAll(/^const (\w+) = ("(?:[^"\\]|\\.)*");$/gm);
  return new Map([...pairs].map(([, name = '', text = '']) => [name, text]));
}

/** The errors of a client that the SDK retries, by class or by name. */
async function retriedErrors(schemas: string): Promise<Set<string>> {
  const errors = join(dirname(schemas), '../models/errors.js');
  if (!existsSync(errors)) return new Set();
  const classes = (await readFile(errors, 'utf8')).split(/^export class /m).slice(1);
  return new Set(
    classes
      .map((text) => /^\w+/.exec(text)?.[0] ?? '')
      .filter((name, index) => {
        return /Throttl/.test(name) || classes[index]?.includes('$retryable');
      }),
  );
}

/** Every word of the functions' own sources after tree shaking. esbuild gives them, with all packages left out. */
export async function wordsOf(entryPoints: readonly string[], options: BuildOptions): Promise<ReadonlySet<string>> {
  const { outputFiles } = await build({
    ...options,
    entryPoints: Object.fromEntries(entryPoints.map((path, index) => [String(index), path])),
    outdir: 'words',
    packages: 'external',
    format: 'esm',
    minify: false,
    sourcemap: false,
    write: false,
  });
  return new Set(outputFiles.flatMap(({ text }) => text.split(/\W+/)));
}
