// Tries mutants on its thread: loads the suites over the code with the switches, notes which test reaches which mutant, and runs for each mutant the
// tests that reach it until one fails. `run.ts` ends the thread where a mutant hangs.
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import fc from 'fast-check';
import { type LoadedTest, load } from './suites.ts';

export interface WorkerInput {
  readonly root: string;
  /** File from the root → its code with the switches. */
  readonly code: Readonly<Record<string, string>>;
  readonly suites: readonly string[];
}

export type FromWorker =
  | { readonly kind: 'ready'; readonly tests: number; readonly left: readonly LeftOut[] }
  /** `rounds`: how often all modules were loaded on this thread. They are never unloaded. */
  | { readonly kind: 'tried'; readonly verdict: Verdict; readonly rounds: number };

/** A test that fails without a mutant, or a suite that cannot be loaded. */
export interface LeftOut {
  readonly suite: string;
  readonly test: string | null;
  readonly why: string;
}

export type Verdict =
  | { readonly kind: 'killed'; readonly by: string }
  | { readonly kind: 'survived'; readonly reachedBy: number }
  | { readonly kind: 'timeout' }
  /** Without a mutant a test failed that had passed: a mutant has left something behind, and verdicts cannot be trusted. */
  | { readonly kind: 'leaked'; readonly test: string };

/** A mutant's number; null asks whether all tests still pass without one. */
export type ToWorker = string | null;

interface Known extends LoadedTest {
  readonly suite: string;
  readonly key: string;
  ms: number;
}

/** Stryker's own switchboard, a global variable of this name. */
interface Board {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: { static: Hits; perTest: Record<string, Hits> };
}
type Hits = Record<string, number>;

/** As in Stryker: a mutant that is reached a hundred times as often hangs. */
const HITS_FACTOR = 100;
const HITS_LEAST = 10_000;

const { root, code, suites } = workerData as WorkerInput;
const port = parentPort;
if (!port) throw new Error('worker.ts runs as a thread of run.ts');
const board: Board = {};
(globalThis as { __stryker__?: Board }).__stryker__ = board;

// One seed, as in `npm test`. A failure ends a property: nobody reads the smallest one.
fc.configureGlobal({ seed: 20_260_101, endOnFailure: true });

/** Modules of the checkout are loaded once more for each round, so that constants of a module are made while the mutant is on. */
let round = 0;
const codeByUrl = new Map(Object.entries(code).map(([file, text]) => [pathToFileURL(join(root, file)).href, text]));
const OWN = pathToFileURL(join(root, 'test/lab/mutants') + sep).href;
const ROOT_URL = pathToFileURL(root + sep).href;
registerHooks({
  resolve(specifier, context, next) {
    if (specifier === '@jest/globals') return { url: new URL('suites.ts', import.meta.url).href, shortCircuit: true };
    const resolved = next(specifier, context);
    const isProject =
      resolved.url.startsWith(ROOT_URL) && !resolved.url.includes('/node_modules/') && !resolved.url.startsWith(OWN);
    return isProject && round > 0 ? { ...resolved, url: `${resolved.url}?round=${round}` } : resolved;
  },
  load(url, context, next) {
    const text = codeByUrl.get(url.split('?')[0] ?? '');
    if (text === undefined) return next(url, context);
    return { format: 'module', source: stripTypeScriptTypes(text), shortCircuit: true };
  },
});

const tests: Known[] = [];
const left: LeftOut[] = [];
const loadable: string[] = [];
await learn();
/** Stryker's counters go on while mutants are tried. */
const { static: early = {}, perTest = {} } = structuredClone(board.mutantCoverage ?? { static: {}, perTest: {} });
port.postMessage({ kind: 'ready', tests: tests.length, left } satisfies FromWorker);
port.on('message', (id: ToWorker) => {
  void (id === null ? tryNone() : tryMutant(id)).then((verdict) =>
    port.postMessage({ kind: 'tried', verdict, rounds: round } satisfies FromWorker),
  );
});

/** Loads all suites and runs each test once without a mutant. */
async function learn(): Promise<void> {
  for (const suite of suites) {
    const loaded = await loadSuite(suite);
    if ('why' in loaded) {
      left.push({ suite, test: null, why: loaded.why });
      continue;
    }
    loadable.push(suite);
    for (const [at, test] of loaded.tests.entries()) {
      const key = `${suite}#${at}`;
      board.currentTestId = key;
      const beganMs = performance.now();
      const why = await failure(test);
      board.currentTestId = undefined;
      if (why === null) tests.push({ ...test, suite, key, ms: performance.now() - beganMs });
      else left.push({ suite, test: test.name, why });
    }
  }
  tests.sort((a, b) => a.ms - b.ms);
}

async function loadSuite(suite: string): Promise<{ readonly tests: readonly LoadedTest[] } | { readonly why: string }> {
  try {
    return { tests: await load(() => import(pathToFileURL(join(root, suite)).href)) };
  } catch (error) {
    return { why: firstLine(error) };
  }
}

async function tryNone(): Promise<Verdict> {
  const failed = await firstFailing(tests);
  return failed === null ? { kind: 'survived', reachedBy: tests.length } : { kind: 'leaked', test: failed };
}

async function tryMutant(id: string): Promise<Verdict> {
  const reaching = tests.filter(({ key }) => perTest[key]?.[id] !== undefined);
  const isEarly = early[id] !== undefined;
  const hits = reaching.reduce((sum, { key }) => sum + (perTest[key]?.[id] ?? 0), early[id] ?? 0);
  const hitLimit = Math.max(HITS_LEAST, hits * HITS_FACTOR);
  Object.assign(board, { activeMutant: id, hitCount: 0, hitLimit });
  try {
    const by = (await firstFailing(reaching)) ?? (isEarly ? await firstFailingAnew() : null);
    if (by === null) return { kind: 'survived', reachedBy: isEarly ? tests.length : reaching.length };
    return (board.hitCount ?? 0) > hitLimit ? { kind: 'timeout' } : { kind: 'killed', by };
  } finally {
    Object.assign(board, { activeMutant: undefined, hitCount: undefined });
  }
}

async function firstFailing(some: readonly Known[]): Promise<string | null> {
  for (const test of some) if ((await failure(test)) !== null) return `${test.suite}: ${test.name}`;
  return null;
}

/** With all modules loaded while the mutant is on. A suite that no longer loads, or has other tests, has noticed it. */
async function firstFailingAnew(): Promise<string | null> {
  round++;
  for (const suite of loadable) {
    const loaded = await loadSuite(suite);
    if ('why' in loaded) return `${suite}: ${loaded.why}`;
    const known = new Set(tests.filter((test) => test.suite === suite).map(({ key }) => key));
    for (const [at, test] of loaded.tests.entries())
      if (known.has(`${suite}#${at}`) && (await failure(test)) !== null) return `${suite}: ${test.name}`;
  }
  return null;
}

async function failure(test: LoadedTest): Promise<string | null> {
  try {
    await test.run();
    return null;
  } catch (error) {
    return firstLine(error);
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? '';
}
