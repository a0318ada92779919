// Rewrites the SDK's schema modules, so that tree shaking keeps only what a bundle uses.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { AWS_CLIENT, inPackage, rewriting } from './rewriting.ts';

/**
 * Two properties of the SDK's schema modules keep all schemas in every bundle: computed keys (see `withLiteralKeys`), and the registration of every
 * error of a service (see `withFewErrors`). Two more make a cold start slow: names that are read from variables (see `withLiterals`), and shapes that
 * are made although no call needs them (see `withLateShapes`).
 */
export function leanSchemas(): Plugin {
  return rewriting('lean-schemas', {
    filter: inPackage('@aws-sdk|@smithy', '.*/schemas/schemas_\\d+\\.js'),
    expectedWith: AWS_CLIENT,
    prepare: wordsOf,
    rewrite: async (source, path, words) => {
      const kept = new Set([...words, ...(await retriedErrors(path))]);
      return { contents: withLateShapes(withLiterals(withFewErrors(withLiteralKeys(source), kept))), loader: 'js' };
    },
  });
}

/**
 * Writes the module's string constants in place of computed keys. `{ [_eN]: 1 }` may run code (ToPropertyKey), so esbuild keeps every schema that
 * holds one: 539 of the 547 KiB that two commands of client-ec2 cost. `{ "eN": 1 }` cannot run code, so esbuild drops the schemas that no command
 * uses. Throws an `Error` that names the key where it is no string constant of the module.
 */
export function withLiteralKeys(source: string): string {
  const constants = stringConstants(source);
  return source.replace(/\[([A-Za-z_$][\w$]*)\]:/g, (_, name: string) => {
    const text = constants.get(name);
    if (text === undefined) throw new Error(`the key [${name}] is not a string constant of its module`);
    return `${text}:`;
  });
}

/**
 * Writes the module's string constants where they are used, except the namespace, which is in every shape. V8 copies an array of literals. V8 must
 * compile and run an array of variables at each cold start.
 */
export function withLiterals(source: string): string {
  const constants = stringConstants(source);
  return source
    .split('\n')
    .map((line) =>
      CONSTANT.test(line) ? line : line.replace(USE_OF_CONSTANT, (name: string) => constants.get(name) ?? name),
    )
    .join('\n');
}

const CONSTANT = /^const \w+ = "/;
/** Matches a whole name only: no part of another name, of a member or of a text. */
const USE_OF_CONSTANT = /(?<![\w$."'`])_\w+(?![\w$])/g;

/**
 * Makes a structure, union, list or map when it is first needed, and keeps it. A cold start then makes only the shapes of its calls. The SDK accepts
 * a function in place of a shape (`deref` of @smithy/core), and already refers to shapes by functions. Throws an `Error` where a shape is declared or
 * used otherwise than expected.
 */
export function withLateShapes(source: string): string {
  const late = new Set([...source.matchAll(SHAPE)].map(([, , name = '']) => name));
  const declared = source.match(/^(export )?var \w+\$? = \[[1-4],/gm)?.length ?? 0;
  if (late.size !== declared) throw new Error(`expected ${declared} shapes that end with "];", found ${late.size}`);
  const plain = source
    .replace(/"(?:[^"\\]|\\.)*"|`[^`]*`/g, '')
    .replace(/^(export )?var \w+\$? =|\(\) => \w+\$?/gm, '');
  const used = [...plain.matchAll(/[\w$]+/g)].find(([name]) => late.has(name));
  if (used) throw new Error(`the shape ${used[0]} is used otherwise than by a function`);
  return source
    .replace(/\(\) => (\w+\$?)/g, (thunk, name: string) => (late.has(name) ? name : thunk))
    .replace(
      SHAPE,
      (_, exported = '', name, shape) => `${exported}function ${name}() { return ${name}.s ??= ${shape}; }`,
    );
}

/** 1: a list, 2: a map, 3: a structure, 4: a union (@smithy/types, `StaticSchemaId…`). */
const SHAPE = /^(export )?var (\w+\$?) = (\[[1-4], [\s\S]*?\]);$/gm;

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

/** Every word of the bundle's own sources after tree shaking. esbuild gives them, with all packages left out. */
async function wordsOf(options: BuildOptions): Promise<Set<string>> {
  const { outputFiles } = await build({
    ...options,
    plugins: [],
    packages: 'external',
    format: 'esm',
    minify: false,
    sourcemap: false,
    write: false,
  });
  return new Set(outputFiles.flatMap(({ text }) => text.split(/\W+/)));
}
