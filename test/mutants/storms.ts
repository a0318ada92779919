// `npm run mutants:storms [-- PART-OF-A-NAME]`: breaks one rule at a time in a copy of the checkout and plays storms there, until one breaks a promise.
// Small storms of the first generator, then of the second, from seed 1 on. It says how many it took. What no storm has caught is listed at the end.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { copyCheckout, runNode, tidyUpOnSignals } from './copies.ts';
import { MUTANTS, type Mutant, mutated } from './mutants.ts';
import { SEEN_BY_STORMS } from './storm-rules.ts';

/** Of so many nodes at most: a rule that breaks in a large fleet breaks in a small one. */
const NODES_MAX = 4;
const HOURS = 2;
/** The seeds from which the small storms are taken, of each generator. */
const SEEDS = 100;
const PATIENCE_MS = 30 * 60_000;
const GENERATORS = ['a', 'b'] as const;

/** The part of a line of `npm run storm -- --log` that this file reads. */
interface Played {
  readonly seed: number;
  readonly ending: { readonly broken: readonly { readonly promise: string; readonly subject: string }[] };
}

/** A line of `--log`. */
interface Verdict {
  readonly name: string;
  readonly caughtBy?: { readonly generator: string; readonly seed: number; readonly promise: string };
  /** Storms that were played, the one that caught it included. */
  readonly storms: number;
  readonly fault?: string;
}

interface Options {
  readonly part: string;
  readonly log: string | undefined;
  readonly seeds: string;
  readonly jobs: string;
}

async function tryAll({ part, log, seeds, jobs }: Options): Promise<number> {
  const known = log === undefined ? [] : verdictsIn(log);
  const chosen = MUTANTS.filter(({ name }) => SEEN_BY_STORMS.includes(name) && name.includes(part));
  const left = chosen.filter(({ name }) => !known.some((verdict) => verdict.name === name));
  const verdicts = known.filter(({ name }) => chosen.some((mutant) => mutant.name === name));
  const whole = await copyCheckout();
  for (const generator of GENERATORS) {
    const played = left.length === 0 ? [] : await playStorms(whole, generator, seeds);
    const broken = 'fault' in played ? [] : played.filter(({ ending }) => ending.broken.length > 0);
    if (!('fault' in played) && broken.length === 0) continue;
    const why = 'fault' in played ? played.fault : `seed ${broken[0]?.seed} of generator ${generator} breaks a promise`;
    console.error(`the storms do not hold without any broken rule: ${why}`);
    return 1;
  }
  const work = async (): Promise<void> => {
    const copy = await copyCheckout();
    for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
      const verdict = await tryOne(copy, mutant, seeds);
      verdicts.push(verdict);
      if (log !== undefined) appendFileSync(log, `${JSON.stringify(verdict)}\n`);
      console.log(lineOf(verdict));
    }
  };
  await Promise.all(Array.from({ length: Math.min(Number(jobs), left.length) }, work));
  const caught = verdicts.filter(({ caughtBy }) => caughtBy !== undefined);
  console.log(`${caught.length} of ${verdicts.length} broken rules were caught by a storm`);
  for (const verdict of verdicts) if (verdict.caughtBy === undefined) console.log(lineOf(verdict));
  return caught.length === verdicts.length ? 0 : 1;
}

async function tryOne(copy: string, mutant: Mutant, seeds: string): Promise<Verdict> {
  const path = join(copy, mutant.file);
  const original = await readFile(path, 'utf8');
  const broken = mutated(mutant, original);
  if ('fault' in broken) return { name: mutant.name, storms: 0, fault: broken.fault };
  await writeFile(path, broken.text);
  let storms = 0;
  try {
    for (const generator of GENERATORS) {
      const played = await playStorms(copy, generator, seeds);
      if ('fault' in played) return { name: mutant.name, storms, fault: played.fault };
      storms += played.length;
      const found = played.find(({ ending }) => ending.broken.length > 0);
      const [promise] = found?.ending.broken ?? [];
      if (found && promise)
        return { name: mutant.name, storms, caughtBy: { generator, seed: found.seed, promise: promise.promise } };
    }
    return { name: mutant.name, storms };
  } finally {
    await writeFile(path, original);
  }
}

async function playStorms(
  copy: string,
  generator: string,
  seeds: string,
): Promise<readonly Played[] | { readonly fault: string }> {
  const file = join(copy, 'storms.jsonl');
  await rm(file, { force: true });
  const words = [
    ...['--disable-warning=ExperimentalWarning', '--import', './infra/engine.js', 'local/storms/storm-cli.ts'],
    ...['--generator', generator, '--seeds', `1..${seeds}`, '--nodes', String(NODES_MAX), '--hours', String(HOURS)],
    ...['--jobs', '1', '--until-broken', '--log', file],
  ];
  const { status, stderr } = await runNode(words, copy, PATIENCE_MS);
  if (status === null) return { fault: `its storms did not end within ${PATIENCE_MS / 60_000} minutes` };
  if (!existsSync(file)) return status === 0 ? [] : { fault: `no storm was played: ${stderr.trim().slice(0, 300)}` };
  return linesOf<Played>(file);
}

const verdictsIn = (file: string): readonly Verdict[] => (existsSync(file) ? linesOf<Verdict>(file) : []);

const linesOf = <Line>(file: string): readonly Line[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

function lineOf({ name, caughtBy, storms, fault }: Verdict): string {
  if (fault !== undefined) return `NOT TRIED ${name}: ${fault}`;
  if (caughtBy === undefined) return `SURVIVED  ${name}: ${storms} storms`;
  const { generator, seed, promise } = caughtBy;
  return `caught    ${name}: storm ${storms}, seed ${seed} of generator ${generator}: ${promise}`;
}

const command = new Command('npm run mutants:storms --')
  .argument('[part]', 'of a name: only these rules', '')
  .option('--log <file>', 'adds a line for each rule; those that it has are not tried again')
  .option('--seeds <n>', 'the seeds from which the small storms of each generator are taken', String(SEEDS))
  .option('--jobs <n>', 'rules that are tried side by side', String(availableParallelism()))
  .parse();
const [part = ''] = command.args;
const { log, seeds, jobs } = command.opts<{ readonly log?: string; readonly seeds: string; readonly jobs: string }>();
process.exitCode = await tidyUpOnSignals(() => tryAll({ part, log, seeds, jobs }));
