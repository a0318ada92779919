// One Jest test for each target of a module. 2,000 inputs each by `npm test -- fuzz`, an eighth of them by `npm test`: always the same ones, and some new
// ones each time. `FUZZ=100000` takes more, all of them new.
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { beforeAll, expect, it } from '@jest/globals';
import { isAsked } from '../../fixtures/asked.ts';
import type { Target } from './target.ts';
import type { Came, Work } from './worker.ts';

const RUNS = isAsked('fuzz') ? 2_000 : 250;
/** A tenth of the inputs, new each time. Their findings are reported, and fail no test until they become samples. */
const NEW_RUNS = RUNS / 10;
/** A sample of the structures, unless they are asked for. */
const ONE_IN = isAsked('fuzz') ? 1 : 4;
const SEED = 20_261_120;

/** "each under … 64 MiB": in addition to what the modules themselves and the strings of a property need. */
const INPUT_MIB = 64;
const BASE_MIB = 96;
/** The stack of a main thread, in Lambda and at a terminal: a worker's default would be four times as large. */
const STACK_MIB = 1;
/** No input takes this long, even on a busy machine: it hangs. */
const SILENT_MS = 60_000 * Math.max(1, 4 / availableParallelism());

const asked = Number(process.env['FUZZ'] ?? 0);
const many = Number.isSafeInteger(asked) && asked > 0;

/** @param module that exports `TARGETS` */
export function fuzz(module: URL, targets: readonly Target[]): void {
  const came = new Map<string, Came>();
  const newSeed = randomInt(2 ** 31);
  const seed = many ? Number(process.env['FUZZ_SEED'] ?? newSeed) : SEED;

  beforeAll(
    async () => {
      const wanted = many
        ? { runs: asked, seed, more: 0, newSeed, oneIn: 1 }
        : { runs: RUNS, seed, more: NEW_RUNS, newSeed, oneIn: ONE_IN };
      for (const one of await work({ module: module.href, ...wanted })) came.set(one.target, one);
    },
    many ? 24 * 60 * 60_000 : 5 * 60_000,
  );

  it.each(targets.map(({ name }) => name))('%s', (name) => {
    const { failure, news, slowestMs } = came.get(name) ?? {
      failure: 'it was not tried',
      news: undefined,
      slowestMs: 0,
    };
    if (many) console.info(`${name}: ${asked} inputs of seed ${seed}, the slowest took ${slowestMs.toFixed(1)} ms`);
    if (news !== undefined) console.warn(`${name}, an input that is new: ${news}`);
    expect(failure).toBeUndefined();
  });
}

/** The result of each target. A target that exhausts the memory of a thread, or hangs, ends the others of its module as well. */
export function work(wanted: Omit<Work, 'progress'>): Promise<readonly Came[]> {
  const progress = new SharedArrayBuffer(8);
  const counter = new Int32Array(progress);
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: { ...wanted, progress } satisfies Work,
    resourceLimits: {
      maxOldGenerationSizeMb: BASE_MIB + INPUT_MIB,
      maxYoungGenerationSizeMb: 32,
      stackSizeMb: STACK_MIB,
    },
    stdout: true,
    stderr: true,
  });
  const came: Came[] = [];
  return new Promise((resolve, reject) => {
    const where = (): string =>
      `target ${counter[0]}, input ${counter[1]} of seeds ${wanted.seed} and ${wanted.newSeed}`;
    const end = (error?: Error): void => {
      clearInterval(watch);
      worker.terminate();
      if (error) reject(error);
      else resolve(came);
    };
    let seen = '';
    const watch = setInterval(() => {
      if (where() === seen) end(new Error(`it hangs: ${where()}`));
      seen = where();
    }, SILENT_MS);
    worker.on('message', (message: Came | 'over') => (message === 'over' ? end() : came.push(message)));
    worker.on('error', (error) => end(new Error(`${where()}: ${error.message}`, { cause: error })));
  });
}
