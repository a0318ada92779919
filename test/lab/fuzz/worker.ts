// Runs the targets of one module in a thread with the memory limit of one input, and reports the result of each.
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import fc from 'fast-check';
import { hostileIn } from '../../fixtures/hostile-text.ts';
import type { Target } from './target.ts';

export interface Work {
  /** File name of a module that exports `TARGETS`. */
  readonly module: string;
  readonly runs: number;
  readonly seed: number;
  /** The number of new inputs, and their seed. */
  readonly more: number;
  readonly newSeed: number;
  /** Of the structures, one in so many is built. */
  readonly oneIn: number;
  /** The current target and run, for the thread that waits. */
  readonly progress: SharedArrayBuffer;
}

export interface Came {
  readonly target: string;
  /** The longest of all inputs, in ms of this thread's own time. */
  readonly slowestMs: number;
  /** undefined: each input ended as it should. */
  readonly failure: string | undefined;
  /** The same for the new inputs. */
  readonly news: string | undefined;
}

/** The slowest takes 80 alone on a host; where others use its cores, half as much again. */
const LIMIT_MS = 200;
/** Inputs between two turns of the event loop. */
const TURN = 50;
/** Twice the size takes twice the work, or four times where it grows with the square. */
const GROWTH_MAX = 2 * Math.SQRT2;
/** Less than this for the smallest of three sizes, in ms, is no work that could hold up anybody, and is not told from none. */
const LEAST_MS = 1;
/** The quickest of so many runs is one that nobody has interrupted. */
const RUNS_OF_A_SIZE = 5;
/** What looks too slow is measured again, by this much of the thread's own time: a kernel counts it in steps of some ms. */
const CONFIRMED_MS = 60;
const ROUNDS_CONFIRMED = 7;

/** A message that a person reads. */
const MESSAGE_CHARACTERS = 20_000;

const { module, runs, seed, more, newSeed, oneIn, progress } = workerData as Work;
const counter = new Int32Array(progress);
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const { TARGETS } = (await import(module)) as { readonly TARGETS: readonly Target[] };
for (const [at, target] of TARGETS.entries()) {
  Atomics.store(counter, 0, at);
  Atomics.store(counter, 1, 0);
  collectGarbage();
  parentPort?.postMessage(await cameOf(target));
}
parentPort?.postMessage('over');

async function cameOf({ name, input, samples, parse, errors, read, structures, largest }: Target): Promise<Came> {
  let slowestMs = 0;
  const tried = async (one: unknown): Promise<void> => {
    // zlib frees its memory only between two turns of the event loop.
    if (Atomics.add(counter, 1, 1) % TURN === 0) await setImmediate();
    const { ms, ended } = await timed(parse, one);
    // The first run compiles the code, and may collect others' garbage: a really slow input is slow each time.
    let least = ms;
    for (let again = 0; again < 4 && least > LIMIT_MS; again++) {
      collectGarbage();
      least = Math.min(least, (await timed(parse, one)).ms);
    }
    slowestMs = Math.max(slowestMs, least);
    if (least > LIMIT_MS) throw new Error(`it took ${Math.round(least)} ms, limit ${LIMIT_MS}`);
    if ('error' in ended) judgeError(ended.error, errors);
    else if (read) {
      const hostile = hostileIn(read(ended.value as never));
      if (hostile.length > 0)
        throw new Error(`what a person reads of it is not plain: ${hostile.slice(0, 5).join('; ')}`);
    }
  };
  const failureOf = async (numRuns: number, from: number, first: readonly unknown[]) => {
    const details = await fc.check(fc.asyncProperty(input, tried), {
      numRuns: numRuns + first.length,
      seed: from,
      examples: first.map((one): [unknown] => [one]),
      endOnFailure: numRuns > 10_000,
    });
    if (!details.failed) return undefined;
    const { errorInstance, counterexamplePath, counterexample } = details;
    const words = errorInstance instanceof Error ? errorInstance.stack : String(errorInstance);
    return `${words?.slice(0, 2_000)}\nseed ${from}, path ${counterexamplePath}, input ${shown(counterexample)}`;
  };
  const grown = async (): Promise<string | undefined> => {
    const worst: string[] = [];
    for (const [at, [structure, make]] of Object.entries(structures).entries()) {
      if (at % oneIn !== 0) continue;
      try {
        await tried(make(largest));
        await judgeGrowth(parse, [largest / 4, largest / 2, largest].map(make));
      } catch (error) {
        const words = error instanceof Error ? error.stack : String(error);
        worst.push(`${structure}, of ${largest} characters: ${words?.slice(0, 500)}`);
      }
    }
    return worst.length > 0 ? worst.slice(0, 10).join('\n') : undefined;
  };
  const failure = (await failureOf(runs, seed, samples)) ?? (await grown());
  const news = more > 0 ? await failureOf(more, newSeed, []) : undefined;
  return { target: name, slowestMs, failure, news };
}

/** @param inputs of a size, of twice and of four times as much */
async function judgeGrowth(parse: Target['parse'], inputs: readonly unknown[]): Promise<void> {
  const small = inputs[0];
  let smallMs = await leastMsOf(parse, small);
  for (let again = 0; ; again++) {
    const { wallMs } = await timed(parse, inputs.at(-1));
    // Once more: the first runs may have been slow since their code was compiled meanwhile, and would hide how fast the largest grows.
    smallMs = Math.min(smallMs, await leastMsOf(parse, small));
    if (wallMs <= GROWTH_MAX ** 2 * Math.max(smallMs, LEAST_MS)) return;
    if (again === RUNS_OF_A_SIZE) break;
  }
  let times = 1;
  while ((await timed(parse, small, times)).ms < CONFIRMED_MS) times *= 2;
  // What slows a core slows all three sizes of a round, which are measured one after the other: their ratios stay.
  const rounds: (readonly number[])[] = [];
  for (let round = 0; round < ROUNDS_CONFIRMED; round++) {
    Atomics.add(counter, 1, 1);
    const ofRound: number[] = [];
    for (const [at, input] of inputs.entries()) {
      const runs = Math.max(1, Math.round(times / 4 ** at));
      ofRound.push((await timed(parse, input, runs)).ms / runs);
    }
    rounds.push(ofRound);
  }
  const growth = inputs.slice(1).map((_, at) => median(rounds.map((ms) => (ms[at + 1] ?? 0) / (ms[at] ?? 1))));
  // Garbage and tables that are made anew cost a step at some size; a square grows from each size to the next.
  if (growth.some((times) => times <= GROWTH_MAX)) return;
  const told = (rounds.at(-1) ?? []).map((ms) => ms.toFixed(3)).join(', ');
  throw new Error(`its work grows faster than its input: ${told} ms for a size, twice and four times as much`);
}

async function leastMsOf(parse: Target['parse'], input: unknown): Promise<number> {
  let leastMs = Number.POSITIVE_INFINITY;
  for (let again = 0; again < RUNS_OF_A_SIZE; again++) leastMs = Math.min(leastMs, (await timed(parse, input)).wallMs);
  return leastMs;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0;
}

type Ended = { readonly value: unknown } | { readonly error: unknown };

async function timed(
  parse: Target['parse'],
  input: unknown,
  times = 1,
): Promise<{ readonly ms: number; readonly wallMs: number; readonly ended: Ended }> {
  const before = process.threadCpuUsage();
  const beganMs = performance.now();
  let ended: Ended = { value: undefined };
  for (let again = 0; again < times; again++) {
    try {
      ended = { value: await parse(input) };
    } catch (error) {
      ended = { error };
    }
  }
  const wallMs = performance.now() - beganMs;
  const { user, system } = process.threadCpuUsage(before);
  return { ms: (user + system) / 1000, wallMs, ended };
}

function judgeError(error: unknown, errors: Target['errors']): void {
  if (!(error instanceof Error) || !errors.some((named) => error instanceof named)) throw error;
  if (error.message.length > MESSAGE_CHARACTERS) throw new Error(`its message has ${error.message.length} characters`);
  const hostile = hostileIn(error.message.replaceAll('\n', ' '));
  if (hostile.length > 0)
    throw new Error(`its message is not plain: ${hostile.join('; ')}: ${JSON.stringify(error.message.slice(0, 200))}`);
}

function shown(counterexample: unknown): string {
  const text = fc.stringify(counterexample);
  return text.length > 1_500 ? `${text.slice(0, 1_500)}… (${text.length} characters)` : text;
}
