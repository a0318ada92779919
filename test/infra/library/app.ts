// A clean folder outside the repository with the packed library in it, and what is run there.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from '../../../infra/paths.ts';

const run = promisify(execFile);
const TIMEOUT_MS = 300_000;

export const temporary = (): string => mkdtempSync(join(tmpdir(), 'chainmend-'));

/** A copy of examples/app with what it needs: from npm, or, without a network, the same versions of this checkout beside the unpacked tarball. */
export async function installedApp(tarball: string, from: 'npm' | 'checkout'): Promise<string> {
  const folder = join(temporary(), 'app');
  cpSync(join(repositoryRoot, 'examples/app'), folder, {
    recursive: true,
    filter: (path) => !/\/(node_modules|dist|cdk\.out)$/.test(path),
  });
  const manifestPath = join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));
  manifest.dependencies.chainmend = `file:${tarball}`;
  // The rule packs that check our own stack: an owner may have them, too.
  const { devDependencies } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'));
  manifest.devDependencies['cdk-nag'] = devDependencies['cdk-nag'];
  writeFileSync(manifestPath, JSON.stringify(manifest));
  // npm alone keeps the environment: it may name a proxy and its certificates.
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund'];
  const env = { ...process.env, NODE_OPTIONS: '' };
  if (from === 'npm') await run('npm', install, { cwd: folder, env, timeout: TIMEOUT_MS });
  else await linked(folder, tarball, Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }));
  return folder;
}

async function linked(folder: string, tarball: string, names: readonly string[]): Promise<void> {
  for (const name of names.filter((name) => name !== 'chainmend')) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(repositoryRoot, 'node_modules', name), link);
  }
  const unpacked = join(folder, 'node_modules/chainmend');
  mkdirSync(unpacked, { recursive: true });
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', unpacked]);
}

/** What Node.js 20.11, on which the package runs, has not: the name of a global, and what it got later. */
const LATER: readonly (readonly [object: string, names: readonly string[]])[] = [
  ['Map', ['groupBy']],
  ['Object', ['groupBy']],
  ['URL', ['parse']],
  ['Promise', ['withResolvers', 'try']],
  ['Array', ['fromAsync']],
  ['RegExp', ['escape']],
  ['Error', ['isError']],
  ['Set.prototype', ['union', 'intersection', 'difference', 'isSubsetOf', 'isSupersetOf', 'isDisjointFrom']],
  ['Iterator.prototype', ['map', 'filter', 'take', 'drop', 'flatMap', 'reduce', 'toArray', 'some', 'every', 'find']],
];

/** For `node --import`: takes it away. */
export const OLDER_NODE = `data:text/javascript,${encodeURIComponent(
  LATER.map(([object, names]) => names.map((name) => `delete ${object}.${name};`).join('')).join(''),
)}`;

export interface Ended {
  readonly ok: boolean;
  readonly output: string;
}

/** Runs a program in the folder, as its owner would: with nothing of this checkout's environment. */
export async function inFolder(folder: string, program: string, words: readonly string[]): Promise<string> {
  const { ok, output } = await tried(folder, program, words);
  if (!ok) throw new Error(`${basename(program)} ${words.join(' ')}:\n${output}`);
  return output;
}

export async function tried(
  folder: string,
  program: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, CDK_VALIDATION: 'false', ...environment };
  try {
    const { stdout, stderr } = await run(program, [...words], { cwd: folder, env, timeout: TIMEOUT_MS });
    return { ok: true, output: stdout + stderr };
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    return { ok: false, output: stdout + stderr || message };
  }
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, unknown>>;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>;
}

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, string>>;
}

export const templateIn = (assembly: string, stack: string): Template =>
  JSON.parse(readFileSync(join(assembly, `${stack}.template.json`), 'utf8'));

/** The resources by their paths below `above`, each with paths instead of logical ids, and what mappings say instead of their names. CDK makes ids and names of whole paths, in which the stack is. */
export function byPath({ Resources, Mappings }: Template, above: string): ReadonlyMap<string, unknown> {
  const paths = new Map(
    Object.entries(Resources).map(([id, { Metadata }]) => {
      const path = (Metadata?.['aws:cdk:path'] ?? id).replace(above, '');
      return [id, path.replace(/(AllowEventRule)\w+$/, '$1')];
    }),
  );
  const told = (value: unknown): unknown => {
    if (typeof value === 'string') return paths.get(value) ?? value.replace(/(AllowEventRule)\w+$/, '$1');
    if (Array.isArray(value)) return value.map(told);
    if (typeof value !== 'object' || value === null) return value;
    const { 'Fn::FindInMap': found } = value as { readonly 'Fn::FindInMap'?: readonly [string, string, string] };
    if (found) return Mappings?.[found[0]]?.[found[1]]?.[found[2]];
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, told(inner)]));
  };
  return new Map(
    Object.entries(Resources).map(([id, { Metadata: _, ...resource }]) => [paths.get(id) ?? id, told(resource)]),
  );
}
