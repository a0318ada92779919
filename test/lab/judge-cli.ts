// `npm run judge -- WORLD…`: plays scenarios and world files before the judge, on each seed and under each fault. Exit status 0: every run ended as its
// own expectations say, and broke neither a promise nor an invariant; 1: not so; 2: wrong use.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, CommanderError } from 'commander';
import pMap from 'p-map';
import { repositoryRoot } from '../../infra/paths.ts';
import { allScenarios } from '../../local/scenarios/catalog/index.ts';
import { readWorld, WorldFileError } from '../../local/scenarios/world-file/read.ts';
import { FAULTS, type FaultName, isFaultName } from '../../local/simulator/faults.ts';
import { terminalText } from '../../shared/text/terminal-text.ts';
import type { JobAnswer, JobRequest } from '../fixtures/job-pool.ts';
import type { Trial, Tried } from './jobs/judged.ts';
import { numberOf, seedsOf, UsageError } from './option-words.ts';
import { unsentOf } from './unsent.ts';

process.env['TZ'] = 'UTC';

const JOBS_MAX = 64;
const BROKEN_SHOWN = 5;
/** Of a run. What takes longer hangs: its process is ended, and that is told as a failure. */
const PATIENCE_MS = 20 * 60_000;

interface Options {
  readonly seeds: string;
  readonly faults: string;
  readonly jobs: string;
}

const say = (line: string): void => console.log(terminalText(line));

const program = new Command('npm run judge --')
  .description('Plays scenarios and world files before the judge, on each seed, undisturbed and under each fault.')
  .argument('<world...>', 'names of scenarios, paths of world files (.yaml), or all')
  .option('--seeds <range>', 'each of them: 1..5, or one seed', '1')
  .option('--faults <which>', 'none, each, or names with commas (npm start -- --list-faults)', 'none')
  .option('--jobs <n>', 'processes side by side', String(availableParallelism()))
  .exitOverride()
  .configureOutput({ writeErr: () => {} });

/** The faults of a run; none is an undisturbed one. */
function faultsOf(word: string): readonly (FaultName | undefined)[] {
  if (word === 'none') return [undefined];
  if (word === 'each') return [undefined, ...Object.keys(FAULTS).filter(isFaultName)];
  return word.split(',').map((name) => {
    if (isFaultName(name)) return name;
    throw new UsageError(`--faults: expected none, each, or names of faults, found "${name}"`);
  });
}

function scenarioOf(word: string): readonly string[] {
  const names = allScenarios().map(({ name }) => name);
  if (word === 'all') return names;
  if (names.includes(word)) return [word];
  if (word.endsWith('.yaml') && existsSync(word)) {
    worldOf(word);
    return [resolve(word)];
  }
  throw new UsageError(`expected a scenario (npm start -- --list), the path of a world file, or all, found "${word}"`);
}

/** @throws UsageError with every problem of the file, before anything is played */
function worldOf(path: string): void {
  try {
    readWorld(path);
  } catch (error) {
    if (error instanceof WorldFileError) throw new UsageError(error.message);
    throw error;
  }
}

/** One process for each world: what V8 keeps of old regions goes with it. */
async function playInProcess(trials: readonly Trial[]): Promise<readonly Tried[]> {
  const child = fork(join(import.meta.dirname, '../fixtures/job-process.ts'), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    timeout: PATIENCE_MS * trials.length,
    killSignal: 'SIGKILL',
  });
  const ended = once(child, 'exit').then(([code, signal]) => [
    { error: `its process ended with ${signal ?? code}` } satisfies JobAnswer,
  ]);
  child.send({ file: join(import.meta.dirname, 'jobs/judged.ts'), input: trials } satisfies JobRequest);
  const [answer] = (await Promise.race([once(child, 'message'), ended])) as [JobAnswer];
  child.kill();
  if ('error' in answer) throw new Error(answer.error);
  return JSON.parse(answer.result) as readonly Tried[];
}

/** What is wrong with a run, a line each. */
const faultsIn = ({ unmet, violations, broken }: Tried): readonly string[] => [
  ...unmet.map((sentence) => `expected, and it did not hold: ${sentence}`),
  ...violations.map((violation) => `invariant: ${violation}`),
  ...broken
    .slice(0, BROKEN_SHOWN)
    .map(
      ({ promise, atMs, subject, sentence }) => `${new Date(atMs).toISOString()} ${promise} (${subject}): ${sentence}`,
    ),
];

try {
  program.parse();
  const options = program.opts<Options>();
  const seeds = seedsOf(options.seeds);
  const faults = faultsOf(options.faults);
  const scenarios = [...new Set(program.args.flatMap(scenarioOf))];
  let [passed, failed] = [0, 0];
  const sent = new Set<string>();
  await pMap(
    scenarios,
    async (scenario) => {
      const trials = faults.flatMap((fault) =>
        seeds.map((seed): Trial => ({ scenario, seed, ...(fault && { faults: [fault] }) })),
      );
      const tried = await playInProcess(trials).catch((error: unknown) => {
        failed += trials.length;
        say(`${scenario}: ${error instanceof Error ? error.message : String(error)}`);
        return [];
      });
      for (const [at, one] of tried.entries()) {
        for (const request of one.sent) sent.add(request);
        const wrong = faultsIn(one);
        if (wrong.length === 0) passed++;
        else failed++;
        const fault = trials[at]?.faults?.[0];
        const flag = scenario.endsWith('.yaml') ? '--world' : '--scenario';
        if (wrong.length > 0)
          say(`npm start -- ${flag} ${scenario} --seed ${one.seed}${fault === undefined ? '' : ` --fault ${fault}`}`);
        for (const line of wrong) say(`  ${line}`);
      }
    },
    { concurrency: numberOf('--jobs', options.jobs, JOBS_MAX) },
  );
  if (program.args.includes('all'))
    for (const line of unsentOf(readFileSync(join(repositoryRoot, 'docs/powers.csv'), 'utf8'), sent))
      say(`allowed, and sent by no run: ${line}`);
  say(`${passed} passed, ${failed} failed, 0 skipped`);
  process.exitCode = failed > 0 ? 1 : 0;
} catch (error) {
  if (!(error instanceof UsageError || error instanceof CommanderError)) throw error;
  const isHelp = error instanceof CommanderError && error.exitCode === 0;
  if (!isHelp) console.error(terminalText(error.message));
  process.exitCode = isHelp ? 0 : 2;
}
