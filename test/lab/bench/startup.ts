// What a person waits for: CPU time of the commands that are typed, as shares of what one SDK client costs, with all processes that they start.

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { serveLocally } from '../../../infra/commands/local-region.ts';
import { repositoryRoot } from '../../../infra/paths.ts';
import type { Measurement } from './measurement.ts';
import { MIB_MAX } from './memory.ts';
import type { Input } from './part.ts';
import { type CommandToMeasure, costOf, peakOf, type TreeCost } from './process-tree.ts';

const YARDSTICK = {
  subject: 'node -e \'import("@aws-sdk/client-ec2")\'',
  words: ['node', '-e', 'import("@aws-sdk/client-ec2")'],
};
/** Where the yardstick takes so many seconds of CPU the budgets are seconds: 4.8 for `npm start`. Nobody has to be quicker where it takes less. */
const YARDSTICK_SECONDS = 0.7;
const SAMPLES = { full: 5, least: 1 };
/** `npm start` after an install: it bundles, synthesizes and plays a story. 30 s. */
const FIRST_START = 43;

interface Typed {
  readonly words: readonly string[];
  /** CPU time, in yardsticks. */
  readonly atMost: number;
  readonly status?: number;
}

const STARTS: readonly Typed[] = [{ words: ['npm', 'start'], atMost: 6.7 }];
const QUICK: readonly Typed[] = [
  { words: ['npm', 'start', '--', '--list'], atMost: 0.9 },
  { words: ['npm', 'run', 'chainmend', '--', '--version'], atMost: 0.86 },
  { words: ['npm', 'run', 'chainmend', '--', '--help'], atMost: 1.07 },
  { words: ['npm', 'run', 'chainmend', '--', 'helo'], atMost: 1.07, status: 2 },
];
const OF_REGION: readonly Typed[] = [
  { words: ['npm', 'run', 'chainmend', '--', 'status'], atMost: 1.8 },
  { words: ['npm', 'run', 'chainmend', '--', 'pause', 'bitcoin', '--why', 'bench'], atMost: 1.8 },
  { words: ['npm', 'run', 'chainmend', '--', 'explain', 'bitcoin/node2'], atMost: 1.8 },
];
/** Its story has ended: bitcoin/node2 has an incident. */
const SERVED = 'disk-full';

/** @throws Error where a command does not end with its status */
export async function* measureStartup(input: Input): AsyncGenerator<Measurement> {
  const cwd = repositoryRoot;
  if (input === 'least') return yield* measureTyped(QUICK.slice(0, 1), { cwd }, input);
  const copy = copyOfCheckout();
  try {
    yield* measureFirstStart(copy);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  yield* measureTyped([...STARTS, ...QUICK], { cwd }, input);
  const region = await serveLocally(SERVED);
  try {
    yield* measureTyped(OF_REGION, { cwd, env: { ...process.env, ...region.environment } }, input);
  } finally {
    await region.end();
  }
}

async function* measureFirstStart(cwd: string): AsyncGenerator<Measurement> {
  const yardsticks: number[] = [];
  for (let sample = 0; sample < SAMPLES.full; sample++)
    yardsticks.push((await played(YARDSTICK, { cwd: repositoryRoot })).cpuSeconds);
  const { cpuSeconds, processes } = await played({ words: ['npm', 'start'] }, { cwd });
  const subject = 'the first npm start';
  yield { subject, measure: 'CPU', value: cpuSeconds, unit: 's' };
  yield {
    ...{ subject, measure: 'CPU, of the yardstick', unit: '', byCpu: true },
    ...{ value: cpuSeconds / inSeconds(yardsticks), atMost: FIRST_START },
  };
  yield { subject, measure: 'memory, largest process', value: peakOf(processes).peakMiB, unit: 'MiB', atMost: MIB_MAX };
}

/** The commands and the yardstick in turns, so that other work on the machine affects all equally. */
async function* measureTyped(
  all: readonly Typed[],
  where: Omit<CommandToMeasure, 'words'>,
  input: Input,
): AsyncGenerator<Measurement> {
  const samples = all.map((): number[] => []);
  const yardsticks: number[] = [];
  for (let sample = 0; sample < SAMPLES[input]; sample++) {
    yardsticks.push((await played(YARDSTICK, where)).cpuSeconds);
    for (const [index, typed] of all.entries()) samples[index]?.push((await played(typed, where)).cpuSeconds);
  }
  yield { subject: YARDSTICK.subject, measure: 'CPU', value: Math.min(...yardsticks), unit: 's' };
  for (const [index, { words, atMost }] of all.entries()) {
    const seconds = Math.min(...(samples[index] ?? []));
    const value = seconds / inSeconds(yardsticks);
    yield { subject: words.join(' '), measure: 'CPU', value: seconds, unit: 's' };
    yield { subject: words.join(' '), measure: 'CPU, of the yardstick', value, unit: '', byCpu: true, atMost };
  }
}

const inSeconds = (yardsticks: readonly number[]): number => Math.max(YARDSTICK_SECONDS, Math.min(...yardsticks));

async function played(
  { words, status = 0 }: Pick<Typed, 'words' | 'status'>,
  where: Omit<CommandToMeasure, 'words'>,
): Promise<TreeCost> {
  const cost = await costOf({ words, ...where });
  if (cost.status !== status)
    throw new Error(`${words.join(' ')} ended with ${cost.status}, expected ${status}: ${cost.stderr.slice(-500)}`);
  return cost;
}

/** What Git has and what is new, without anything that was made before. */
function copyOfCheckout(): string {
  const copy = mkdtempSync(join(tmpdir(), 'chainmend-first-'));
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: repositoryRoot,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  for (const file of listed.split('\0').filter((name) => name !== '' && !name.startsWith('node_modules'))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    copyFileSync(join(repositoryRoot, file), join(copy, file));
  }
  symlinkSync(join(repositoryRoot, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}
