// The size of each function's bundle and its import time in a cold sandbox. The yardstick is one SDK client that is bundled the ordinary way.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundleOptions } from '../../../infra/bundle.ts';
import { repositoryRoot } from '../../../infra/paths.ts';
import { ensureBundled } from '../../../infra/synth.ts';
import type { Measurement } from './measurement.ts';
import type { Input } from './part.ts';

interface Budget {
  readonly sizeKiB?: number;
  /** Of the yardstick's. */
  readonly sizeRatio: number;
  readonly coldRatio: number;
}

interface Measured {
  /** "resize-volume", or the yardstick. */
  readonly name: string;
  readonly sizeKiB: number;
  /** CPU time in which a fresh process imports it, less that of an empty file. */
  readonly coldMs: number;
}

const YARDSTICK = 'client-ec2, 2 commands';
const ROUNDS = { full: 30, least: 1 };

/**
 * Budgets as shares of the yardstick: a heal imports in half of its time, a small function in two fifths. The size of replace-node is that of both of its
 * files; only the first one is imported, and a restart needs no other.
 */
const budgets: Readonly<Record<string, Budget>> = {
  'resize-volume': { sizeKiB: 700, sizeRatio: 0.75, coldRatio: 0.5 },
  'replace-node': { sizeKiB: 750, sizeRatio: 0.9, coldRatio: 0.45 },
  'dispatch-heal': { sizeRatio: 0.45, coldRatio: 0.4 },
};

/**
 * Starts some processes of each bundle, in turns, so that other load on the machine affects all equally. The yardstick has the same options (minified, ES
 * modules first) and nothing of the SDK left out. It is imported only, while a function also makes its clients. Throws an `Error` with the process's output
 * where a bundle cannot be imported.
 */
export async function* measureBundles(input: Input): AsyncGenerator<Measurement> {
  // Outside of the repository: its package.json would make ES modules of the files.
  const directory = mkdtempSync(join(tmpdir(), 'chainmend-bench-'));
  try {
    cpSync(await ensureBundled(), join(directory, 'functions'), { recursive: true });
    const names = readdirSync(join(directory, 'functions')).filter((name) => name !== 'maps');
    const files = [
      { name: YARDSTICK, ...(await yardstick(join(directory, 'yardstick.js'))) },
      ...(input === 'full' ? names : names.filter((name) => name in budgets)).map((name) =>
        bundleIn(join(directory, 'functions'), name),
      ),
    ];
    const coldMs = importTimesMs(
      files.map(({ path }) => path),
      join(directory, 'empty.js'),
      ROUNDS[input],
    );
    const measured = files.map(({ name, bytes, path }) => ({
      name,
      sizeKiB: bytes / 1024,
      coldMs: coldMs.get(path) ?? 0,
    }));
    const [base] = measured;
    if (base !== undefined) for (const each of measured) yield* measurementsOf(base, each);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The size is that of all its code. */
function bundleIn(functions: string, name: string): { name: string; path: string; bytes: number } {
  const directory = join(functions, name);
  const code = readdirSync(directory).filter((file) => file.endsWith('.js'));
  const bytes = code.reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);
  return { name, path: join(directory, 'index.js'), bytes };
}

function measurementsOf(base: Measured, { name, sizeKiB, coldMs }: Measured): Measurement[] {
  const budget = budgets[name];
  const size: Measurement = {
    subject: name,
    measure: 'bundle',
    value: sizeKiB,
    unit: 'KiB',
    ...(budget?.sizeKiB !== undefined && { atMost: budget.sizeKiB }),
  };
  const cold: Measurement = { subject: name, measure: 'cold import', value: coldMs, unit: 'ms' };
  if (!budget) return [size, cold];
  const ratio = { subject: name, unit: '' };
  return [
    size,
    { ...ratio, measure: 'bundle, of the yardstick', value: sizeKiB / base.sizeKiB, atMost: budget.sizeRatio },
    cold,
    {
      ...{ ...ratio, measure: 'cold import, of the yardstick', byCpu: true },
      ...{ value: coldMs / base.coldMs, atMost: budget.coldRatio },
    },
  ];
}

async function yardstick(path: string): Promise<{ path: string; bytes: number }> {
  const { outputFiles } = await build({
    ...bundleOptions,
    sourcemap: false,
    write: false,
    outfile: path,
    stdin: {
      contents: "export { EC2Client, DescribeVolumesCommand, ModifyVolumeCommand } from '@aws-sdk/client-ec2';",
      resolveDir: repositoryRoot,
    },
  });
  const [code] = outputFiles;
  if (code === undefined) throw new Error('esbuild wrote no yardstick');
  writeFileSync(path, code.contents);
  return { path, bytes: code.contents.byteLength };
}

/** Import times by path: of the fastest quarter the mean. One round runs first and does not count: it fills the page cache. */
function importTimesMs(paths: readonly string[], empty: string, rounds: number): Map<string, number> {
  writeFileSync(empty, '');
  const samples = new Map([empty, ...paths].map((path) => [path, [] as number[]]));
  for (let round = -1; round < rounds; round++) {
    for (const [path, times] of samples) {
      const ms = importMs(path);
      if (round >= 0) times.push(ms);
    }
  }
  const emptyMs = fastest(samples.get(empty) ?? []);
  return new Map(paths.map((path) => [path, fastest(samples.get(path) ?? []) - emptyMs]));
}

/** A minimum is one lucky process. */
function fastest(times: readonly number[]): number {
  const quarter = [...times].sort((one, other) => one - other).slice(0, Math.ceil(times.length / 4));
  return quarter.reduce((sum, ms) => sum + ms, 0) / quarter.length;
}

/** CPU time of one process from before it imports the file until it has: other work on the machine does not count. */
function importMs(path: string): number {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--eval', IMPORT, path], {
    env: lambdaLikeEnvironment,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${path} cannot be imported: ${stderr.slice(-500)}`);
  return Number(stdout) / 1_000;
}

/** Prints microseconds. */
const IMPORT = `
const before = process.cpuUsage();
require(process.argv[1]);
const { user, system } = process.cpuUsage(before);
process.stdout.write(String(user + system));`;

/** What a sandbox has when it loads a handler. */
const lambdaLikeEnvironment = {
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  TABLE_NAME: 'chainmend',
  TOPIC_ARN: 'arn:aws:sns:eu-west-1:111122223333:chainmend-pages',
  PARAMETER_PREFIX: '/chainmend',
  RESIZE_VOLUME_ARN: 'arn:aws:lambda:eu-west-1:111122223333:function:chainmend-resize-volume:live',
  OBSERVE_NODE_DOCUMENT: 'chainmend-observe-node-00000000',
  GROW_FILESYSTEM_DOCUMENT: 'chainmend-grow-filesystem-00000000',
};
