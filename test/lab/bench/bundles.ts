// The size of each function's bundle and its import time in a cold sandbox. The yardstick is one SDK client that is bundled the ordinary way.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundleFunctions, bundleOptions } from '../../../infra/bundle.ts';
import { repositoryRoot } from '../../../infra/paths.ts';
import type { Measurement } from './measurement.ts';

export interface BundleRow {
  /** "resize-volume", or the yardstick: "client-ec2, 2 commands". */
  readonly name: string;
  readonly sizeKiB: number;
  /** Least CPU time in which a fresh process imports it, less that of an empty file. */
  readonly coldMs: number;
  /** Its share of the yardstick, measured in the same run; 1 for the yardstick itself. */
  readonly sizeRatio: number;
  readonly coldRatio: number;
  readonly budget?: BundleBudget;
  readonly withinBudget: boolean;
}

export interface BundleBudget {
  readonly sizeKiB?: number;
  readonly sizeRatio: number;
  readonly coldRatio: number;
}

const YARDSTICK = 'client-ec2, 2 commands';

/**
 * Budgets as shares of the yardstick: a heal imports in half of its time, a small function in two fifths. The size of replace-node is that of both of its
 * files; only the first one is imported, and a restart needs no other.
 */
const budgets: Readonly<Record<string, BundleBudget>> = {
  'resize-volume': { sizeKiB: 700, sizeRatio: 0.75, coldRatio: 0.5 },
  'replace-node': { sizeKiB: 750, sizeRatio: 0.9, coldRatio: 0.45 },
  'dispatch-heal': { sizeRatio: 0.45, coldRatio: 0.4 },
};

/**
 * Bundles everything and starts `rounds` processes of each, in turns, so that other load on the machine affects all equally. The yardstick has the
 * same options (minified, ES modules first) and none of the plugins. It is imported only, while a function also makes its clients. Throws an `Error`
 * with the process's output where a bundle cannot be imported.
 */
export async function measureBundles(rounds = 15): Promise<BundleRow[]> {
  // Outside of the repository: its package.json would make ES modules of the files.
  const directory = mkdtempSync(join(tmpdir(), 'chainmend-bench-'));
  try {
    const bundles = await bundleFunctions(join(repositoryRoot, 'functions'), join(directory, 'functions'));
    const files = [
      { name: YARDSTICK, ...(await yardstick(join(directory, 'yardstick.js'))) },
      ...bundles.map(({ name, bytes, directory }) => ({ name, bytes, path: join(directory, 'index.js') })),
    ];
    const coldMs = importTimesMs(
      files.map(({ path }) => path),
      join(directory, 'empty.js'),
      rounds,
    );
    const measured = files.map(({ name, bytes, path }) => ({
      name,
      sizeKiB: bytes / 1024,
      coldMs: coldMs.get(path) ?? 0,
    }));
    const [base] = measured;
    return base === undefined ? [] : measured.map((row) => besides(base, row));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The rows of the bench's table: each size and time, next to its ratio to the yardstick's. */
export const bundleMeasurements = (rows: readonly BundleRow[]): Measurement[] =>
  rows.flatMap(({ name, sizeKiB, coldMs, sizeRatio, coldRatio, budget }) => {
    const size: Measurement = {
      subject: name,
      measure: 'bundle',
      value: sizeKiB,
      unit: 'KiB',
      ...(budget?.sizeKiB !== undefined && { atMost: budget.sizeKiB }),
    };
    const cold: Measurement = { subject: name, measure: 'cold import', value: coldMs, unit: 'ms' };
    if (!budget) return [size, cold];
    return [
      size,
      { ...size, measure: 'bundle, of the yardstick', value: sizeRatio, unit: '', atMost: budget.sizeRatio },
      cold,
      { ...cold, measure: 'cold import, of the yardstick', value: coldRatio, unit: '', atMost: budget.coldRatio },
    ];
  });

type Measured = Pick<BundleRow, 'name' | 'sizeKiB' | 'coldMs'>;

function besides(base: Measured, row: Measured): BundleRow {
  const sizeRatio = row.sizeKiB / base.sizeKiB;
  const coldRatio = row.coldMs / base.coldMs;
  const budget = budgets[row.name];
  const withinBudget =
    budget === undefined ||
    (row.sizeKiB <= (budget.sizeKiB ?? Number.POSITIVE_INFINITY) &&
      sizeRatio <= budget.sizeRatio &&
      coldRatio <= budget.coldRatio);
  return { ...row, sizeRatio, coldRatio, ...(budget && { budget }), withinBudget };
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

/** Import times by path. One round runs first and does not count: it fills the page cache. */
function importTimesMs(paths: readonly string[], empty: string, rounds: number): Map<string, number> {
  writeFileSync(empty, '');
  const samples = new Map([empty, ...paths].map((path) => [path, [] as number[]]));
  for (let round = -1; round < rounds; round++) {
    for (const [path, times] of samples) {
      const ms = importMs(path);
      if (round >= 0) times.push(ms);
    }
  }
  const emptyMs = Math.min(...(samples.get(empty) ?? []));
  return new Map(paths.map((path) => [path, Math.min(...(samples.get(path) ?? [])) - emptyMs]));
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
