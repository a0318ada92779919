// The real AWS CLI, of both versions, for tests that paste what a page offers. Version 1 comes from PyPI, pinned to the byte, into a virtual
// environment that is kept in ~/.cache/chainmend; version 2 is what the machine has (Debian's package `awscli`): PyPI has none.
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory } from '../../local/machines/host/cache.ts';

const run = promisify(execFile);
const REQUIREMENTS = join(import.meta.dirname, 'awscli-requirements.txt');
/** That of the requirements. */
const VERSION_1 = '1.46.2';
const INSTALL_MS = 5 * 60_000;
/** Whose service models know durable executions: they are younger than Debian's version 2. */
const LAMBDA_MODEL = 'lambda/2015-03-31/service-2.json';

export interface AwsCli {
  /** "aws-cli/2.9.19". */
  readonly version: string;
  /** The folder that `aws` lies in. */
  readonly folder: string;
  /** What it needs in its environment besides what everybody has. */
  readonly environment: Readonly<Record<string, string>>;
  /** Older than AWS_ENDPOINT_URL (2.13): a person would have an alias that says --endpoint-url. */
  readonly needsEndpoint: boolean;
}

export type Found = AwsCli | { readonly lacks: string };

/** Installs it the first time, which takes most of a minute. Never throws for what cannot be had. */
export async function ensureVersion1(): Promise<Found> {
  const directory = join(cacheDirectory(), `awscli-${VERSION_1}`);
  const folder = join(directory, 'bin');
  try {
    if (!existsSync(join(directory, COMPLETE))) await install(directory);
    return { version: await versionOf(join(folder, 'aws')), folder, environment: {}, needsEndpoint: false };
  } catch (error) {
    return { lacks: `version 1 of the AWS CLI (from PyPI, by Python's venv and pip): ${firstLine(error)}` };
  }
}

/** Scripts of a virtual environment name its path, so it is made where it stays; what was not finished is made again. */
const COMPLETE = 'complete';

async function install(directory: string): Promise<void> {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(cacheDirectory(), { recursive: true });
  await run('python3', ['-m', 'venv', directory], { timeout: INSTALL_MS });
  const hashed = ['--only-binary', ':all:', '--require-hashes', '-r', REQUIREMENTS];
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check', ...hashed];
  await run(join(directory, 'bin/python'), pip, { timeout: INSTALL_MS });
  writeFileSync(join(directory, COMPLETE), '');
}

/**
 * Version 2, where the machine has it. One that is older than durable executions is given the service model of version 1's: how it takes
 * blobs, which is what matters here, is its own.
 *
 * @param models a folder for that model
 */
export async function findVersion2(models: string): Promise<Found> {
  const folders = new Set([...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin']);
  for (const folder of folders) {
    if (!existsSync(join(folder, 'aws'))) continue;
    const version = await versionOf(join(folder, 'aws')).catch(() => '');
    const [, minor] = /^aws-cli\/2\.(\d+)\./.exec(version) ?? [];
    if (minor === undefined) continue;
    // Durable executions came in December 2025, with 2.32; AWS_ENDPOINT_URL with 2.13.
    const isOld = Number(minor) < 32;
    const environment = isOld ? await withModel(models) : {};
    if ('lacks' in environment) return { lacks: environment['lacks'] ?? '' };
    return { version, folder, environment, needsEndpoint: Number(minor) < 13 };
  }
  return { lacks: 'version 2 of the AWS CLI (Debian: apt-get install awscli)' };
}

async function withModel(models: string): Promise<Readonly<Record<string, string>>> {
  const first = await ensureVersion1();
  if ('lacks' in first) return first;
  const packages = join(first.folder, '../lib');
  const { stdout } = await run('find', [packages, '-path', `*/data/${LAMBDA_MODEL}`]);
  const [model] = stdout.split('\n');
  if (!model) return { lacks: `a service model of Lambda for version 2: none in ${packages}` };
  mkdirSync(dirname(join(models, LAMBDA_MODEL)), { recursive: true });
  copyFileSync(model, join(models, LAMBDA_MODEL));
  return { AWS_DATA_PATH: models };
}

/** "aws-cli/1.46.2 Python/3.11.7 …" on stdout. */
async function versionOf(command: string): Promise<string> {
  const { stdout } = await run(command, ['--version'], { timeout: 60_000 });
  return stdout.split(' ')[0] ?? '';
}

const firstLine = (error: unknown): string =>
  ((error as { stderr?: string }).stderr || (error as Error).message).trim().split('\n').at(-1)?.slice(0, 300) ?? '';
