// `npm run mutants:generated [-- PART-OF-A-PATH]`: changes every expression of the decisions, one at a time, and expects that a test of the suites that
// mirror them fails. What survives is to be in survivors.ts, with its reason.
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AREAS, type Area } from './areas.ts';
import { type GeneratedMutant, type Instrumented, instrument } from './instrument.ts';
import { SURVIVORS } from './survivors.ts';
import type { FromWorker, LeftOut, ToWorker, Verdict, WorkerInput } from './worker.ts';

const ROOT = join(import.meta.dirname, '../../../..');
/** One mutant. A test of these suites takes milliseconds; one that survives runs all that reach it, and the machine may be busy. */
const MUTANT_LIMIT_MS = 90_000;
const LOAD_LIMIT_MS = 180_000;
const AREA_LIMIT_MS = 30 * 60_000;
/** What a thread has loaded stays in its memory. */
const ROUNDS_MAX = 40;
const MAX_SHOWN = 90;

interface Tried {
  readonly mutant: GeneratedMutant;
  readonly verdict: Verdict;
}

function chosenBy(part: string): readonly Area[] {
  if (part === '') return AREAS.filter(({ isLong }) => !isLong);
  return AREAS.filter(({ name, sources }) => filesOf(sources).some((file) => `${name} ${file}`.includes(part)));
}

async function main(chosen: readonly Area[], part: string): Promise<number> {
  if (chosen.length === 0) {
    console.error(`no file with "${part}" in its path has generated mutants, expected a part of a path in areas.ts`);
    return 2;
  }
  const results: boolean[] = [];
  const sums = { mutants: 0, noticed: 0 };
  for (const area of chosen) {
    const tried = await tryArea(area, part, Date.now() + AREA_LIMIT_MS);
    if (tried === null) return 1;
    results.push(report(tried));
    sums.mutants += tried.length;
    sums.noticed += tried.filter(isNoticed).length;
  }
  console.log(`${sums.noticed} of ${sums.mutants} mutants noticed: ${percent(sums.noticed, sums.mutants)}`);
  return results.every(Boolean) ? 0 : 1;
}

const filesOf = (globs: readonly string[]): readonly string[] => globSync([...globs], { cwd: ROOT }).sort();

/** null: no verdict can be had, and why has been printed. */
async function tryArea(area: Area, part: string, endMs: number): Promise<readonly Tried[] | null> {
  const all = filesOf(area.sources);
  const named = all.filter((file) => file.includes(part));
  const made = await instrument(ROOT, named.length > 0 ? named : all);
  const thread = new Thread({ root: ROOT, code: made.code, suites: filesOf(area.suites) });
  try {
    const { tests, left } = await thread.begin();
    console.log(`\n${area.name}: ${made.mutants.length} mutants, ${tests} tests`);
    for (const [suite, ofSuite = []] of Object.entries(Object.groupBy(left, ({ suite }) => suite)))
      console.log(`  without ${ofSuite.length} tests of ${suite}: ${ofSuite[0]?.test ?? 'it'}: ${ofSuite[0]?.why}`);
    return await tryMutants(made, thread, endMs);
  } finally {
    await thread.end();
  }
}

async function tryMutants(made: Instrumented, thread: Thread, endMs: number): Promise<readonly Tried[] | null> {
  const tried: Tried[] = [];
  for (const [at, mutant] of made.mutants.entries()) {
    if (Date.now() > endMs) {
      console.error(`the time of ${AREA_LIMIT_MS / 60_000} min is over after ${at} of ${made.mutants.length} mutants`);
      return null;
    }
    tried.push({ mutant, verdict: await thread.try(mutant.id) });
    if (made.mutants[at + 1]?.file === mutant.file) continue;
    const verdict = await thread.try(null);
    if (verdict.kind === 'leaked' || verdict.kind === 'timeout') {
      console.error(`after the mutants of ${mutant.file} a test fails without any: ${JSON.stringify(verdict)}`);
      return null;
    }
  }
  return tried;
}

/** One thread at a time, and another one where it hangs or has loaded enough. */
class Thread {
  readonly #input: WorkerInput;
  #worker: Worker | null = null;

  constructor(input: WorkerInput) {
    this.#input = input;
  }

  async begin(): Promise<{ readonly tests: number; readonly left: readonly LeftOut[] }> {
    this.#worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: this.#input });
    const answer = await this.#answer(this.#worker, LOAD_LIMIT_MS);
    if (answer?.kind !== 'ready') throw new Error(`the suites were not loaded within ${LOAD_LIMIT_MS / 1000} s`);
    return answer;
  }

  async try(id: ToWorker): Promise<Verdict> {
    if (this.#worker === null) await this.begin();
    const worker = this.#worker as unknown as Worker;
    worker.postMessage(id);
    // Without a mutant all tests run, as when they were loaded.
    const answer = await this.#answer(worker, id === null ? LOAD_LIMIT_MS : MUTANT_LIMIT_MS);
    if (answer?.kind !== 'tried' || answer.rounds > ROUNDS_MAX) await this.end();
    return answer?.kind === 'tried' ? answer.verdict : { kind: 'timeout' };
  }

  async end(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = null;
  }

  /** null: it came too late. */
  #answer(worker: Worker, limitMs: number): Promise<FromWorker | null> {
    return new Promise((resolve, reject) => {
      const settle = (then: () => void): void => {
        clearTimeout(timer);
        worker.off('message', heard).off('error', failed).off('exit', ended);
        then();
      };
      const heard = (answer: FromWorker): void => settle(() => resolve(answer));
      const failed = (error: Error): void => settle(() => reject(error));
      const ended = (code: number): void => settle(() => reject(new Error(`the thread ended with ${code}`)));
      const timer = setTimeout(() => settle(() => resolve(null)), limitMs);
      worker.on('message', heard).on('error', failed).on('exit', ended);
    });
  }
}

/** Prints the files of one area. false: the list of survivors does not fit. */
function report(tried: readonly Tried[]): boolean {
  let fits = true;
  for (const [file, ofFile = []] of Object.entries(Object.groupBy(tried, ({ mutant }) => mutant.file))) {
    const survived = ofFile.filter((one) => !isNoticed(one));
    const timeouts = ofFile.filter(({ verdict }) => verdict.kind === 'timeout').length;
    const noticed = ofFile.length - survived.length;
    console.log(
      `  ${file}: ${ofFile.length} mutants, ${noticed - timeouts} killed, ${timeouts} timeouts, ${survived.length} survived, ${percent(noticed, ofFile.length)}`,
    );
    const listed = [...(SURVIVORS[file] ?? [])];
    for (const { mutant, verdict } of survived) {
      const at = listed.findIndex(({ line, change }) => line === mutant.lineText && change === changeOf(mutant));
      if (at >= 0) listed.splice(at, 1);
      else {
        fits = false;
        const reached = verdict.kind === 'survived' && verdict.reachedBy > 0 ? '' : ' (no test reaches it)';
        console.log(
          `    SURVIVED ${file}:${mutant.line} ${mutant.mutator}${reached}\n      ${mutant.lineText}\n      ${changeOf(mutant)}`,
        );
      }
    }
    for (const { line, change } of listed) {
      fits = false;
      console.log(`    noticed or gone, although survivors.ts has it: ${line}\n      ${change}`);
    }
  }
  return fits;
}

const isNoticed = ({ verdict }: Tried): boolean => verdict.kind === 'killed' || verdict.kind === 'timeout';
const percent = (some: number, all: number): string => `${all === 0 ? 100 : Math.floor((some / all) * 1000) / 10} %`;

const changeOf = ({ original, replacement }: GeneratedMutant): string => `${short(original)} → ${short(replacement)}`;
const short = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length <= MAX_SHOWN ? line : `${line.slice(0, MAX_SHOWN)}…`;
};

const [part = ''] = process.argv.slice(2);
process.exitCode = await main(chosenBy(part), part);
