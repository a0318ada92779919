// `npm run mutants [-- PART-OF-A-NAME | K/N]`: breaks one rule at a time in a copy of the checkout, and expects that a test fails. The suites run as in
// `npm test`. A rule that only a suite run by name would catch counts as not caught. K/N: the K-th of N shares of one length.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { copyCheckout, runNode, tidyUpOnSignals } from './copies.ts';
import { MUTANTS, type Mutant, mutated, suiteFile } from './mutants.ts';

/** No suite is run by name: each runs the part that `npm test` runs. */
const BESIDE = { CHAINMEND_ASKED: 'nothing' };
/** Copies of the checkout; each tries one mutant at a time. */
const SIDE_BY_SIDE = 2;
/** A suite takes seconds. A mutant that hangs gives no verdict of a test. */
const PATIENCE_MS = 120_000;
/** All suites of all mutants, once. */
const BASELINE_PATIENCE_MS = 1_200_000;
const MAX_SHOWN = 600;

/** The part of Jest's `--json` that this file reads. */
interface JestReport {
  readonly testResults: readonly {
    readonly name: string;
    /** Why the suite could not run; empty where it did, or the text of its failures. */
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

type Ran = { readonly report: JestReport } | { readonly none: string };

function usage(): number {
  console.error(
    'usage: npm run mutants [-- PART-OF-A-NAME | K/N]: one part of a name is expected, or a share such as 2/8',
  );
  return 2;
}

async function main(part: string): Promise<number> {
  const share = /^(\d{1,3})\/(\d{1,3})$/.exec(part);
  const chosen = share
    ? shareOf(Number(share[1]), Number(share[2]))
    : MUTANTS.filter(({ name }) => name.includes(part));
  if (chosen.length === 0) {
    console.error(
      share
        ? `"${part}" is no share of ${MUTANTS.length} mutants, expected K/N with 1 <= K <= N`
        : `no mutant has "${part}" in its name, expected a part of one of ${MUTANTS.length} names`,
    );
    return 2;
  }
  return tidyUpOnSignals(() => tryAll(chosen));
}

/** Neighbours in the list: they share their suites, which the baseline runs first. */
const shareOf = (which: number, of: number): readonly Mutant[] =>
  MUTANTS.filter((_, at) => Math.floor((at * of) / MUTANTS.length) === which - 1);

async function tryAll(chosen: readonly Mutant[]): Promise<number> {
  const beganMs = Date.now();
  const copies = await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE, chosen.length) }, copyCheckout));
  const [first = ''] = copies;
  const suites = [...new Set(chosen.flatMap(({ caughtBy }) => caughtBy))];
  const unbroken = faultOfBaseline(await runSuites(first, suites, BASELINE_PATIENCE_MS), suites);
  if (unbroken !== null) {
    console.error(`the suites fail without any mutant: ${unbroken}`);
    return 1;
  }
  let survived = 0;
  let next = 0;
  const worker = async (copy: string): Promise<void> => {
    for (let mutant = chosen[next++]; mutant !== undefined; mutant = chosen[next++]) {
      const verdict = await tryOne(copy, mutant);
      if (!('caughtBy' in verdict)) survived++;
      console.log(
        'caughtBy' in verdict
          ? `caught    ${mutant.name}: ${verdict.caughtBy}`
          : `SURVIVED  ${mutant.name} (${mutant.file}): ${verdict.why}`,
      );
    }
  };
  await Promise.all(copies.map(worker));
  const seconds = Math.round((Date.now() - beganMs) / 1000);
  console.log(`${chosen.length - survived} of ${chosen.length} broken rules caught, in ${seconds} s`);
  return survived === 0 ? 0 : 1;
}

type Verdict = { readonly caughtBy: string } | { readonly why: string };

async function tryOne(copy: string, mutant: Mutant): Promise<Verdict> {
  const path = join(copy, mutant.file);
  const original = await readFile(path, 'utf8').catch(() => '');
  const broken = mutated(mutant, original);
  if ('fault' in broken) return { why: broken.fault };
  await writeFile(path, broken.text);
  try {
    return judge(await runSuites(copy, mutant.caughtBy, PATIENCE_MS), mutant.caughtBy);
  } finally {
    await writeFile(path, original);
  }
}

/** Each suite must fail by an assertion: a suite that cannot run, or throws something else, proves nothing about the rule. */
function judge(ran: Ran, suites: readonly string[]): Verdict {
  if ('none' in ran) return { why: ran.none };
  const names: string[] = [];
  for (const suite of suites) {
    const result = resultOf(ran.report, suite);
    if (!result || result.assertionResults.length === 0)
      return { why: `${suite} did not run: ${shown(result?.message ?? 'Jest tells nothing of it')}` };
    const failed = result.assertionResults.filter(({ status }) => status === 'failed');
    if (failed.length === 0) return { why: `no test of ${suite} fails` };
    const asserted = failed.find(({ failureMessages }) => failureMessages?.some(isAssertion));
    if (!asserted) return { why: `${suite} fails by no assertion: ${shown(failed[0]?.failureMessages?.[0] ?? '')}` };
    names.push(`${suite}: ${asserted.fullName}`);
  }
  return { caughtBy: names.join(' · ') };
}

const isAssertion = (message: string): boolean => /\bexpect\(/.test(stripVTControlCharacters(message));

function faultOfBaseline(ran: Ran, suites: readonly string[]): string | null {
  if ('none' in ran) return ran.none;
  for (const suite of suites) {
    const result = resultOf(ran.report, suite);
    const passed = result?.assertionResults.filter(({ status }) => status === 'passed') ?? [];
    const failed = result?.assertionResults.find(({ status }) => status === 'failed');
    if (failed) return `${suite}: ${failed.fullName}: ${shown(failed.failureMessages?.[0] ?? '')}`;
    if (passed.length === 0) return `${suite} did not run: ${shown(result?.message ?? 'Jest tells nothing of it')}`;
  }
  return null;
}

const resultOf = ({ testResults }: JestReport, suite: string): JestReport['testResults'][number] | undefined =>
  testResults.find(({ name }) => name.endsWith(`/${suiteFile(suite)}`));

const shown = (text: string): string => stripVTControlCharacters(text).trim().slice(0, MAX_SHOWN);

/** Runs in several processes where there are many suites. */
async function runSuites(copy: string, suites: readonly string[], patienceMs: number): Promise<Ran> {
  const output = join(copy, 'mutants-report.json');
  await rm(output, { force: true });
  const words = [
    ...['--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js', '--json'],
    ...['--outputFile', output, `--maxWorkers=${suites.length > SIDE_BY_SIDE ? SIDE_BY_SIDE : 1}`],
    ...['--runTestsByPath', ...suites.map(suiteFile)],
  ];
  const { stderr, status } = await runNode(words, copy, patienceMs, BESIDE);
  if (status === null) return { none: `its suites did not end within ${patienceMs / 1000} s` };
  try {
    return { report: JSON.parse(await readFile(output, 'utf8')) as JestReport };
  } catch {
    return { none: `Jest ended with ${status} and left no report: ${shown(stderr)}` };
  }
}

const [part = '', ...others] = process.argv.slice(2);
process.exitCode = others.length > 0 ? usage() : await main(part);
