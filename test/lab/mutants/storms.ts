// `npm run mutants:storms [-- PARTS OF NAMES]`: breaks one rule at a time in a copy of the checkout and plays storms there, until one breaks a promise.
// Storms of the first generator, then of the second, from seed 1 on, of the faults that can put the rule to the test. It says how many it took. What no
// storm has caught is listed at the end.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { copyCheckout, runNode, tidyUpOnSignals } from './copies.ts';
import { MUTANTS, type Mutant, mutated } from './mutants.ts';
import { type FoundBy, SEEN_BY_STORMS, type StormRule } from './storm-rules.ts';

/** A rule may ask for more. */
const HOURS = 3;
/** Seeds of each generator for a rule: each of its types in turn. */
const SEEDS = 120;
/** Larger worlds are left out: ten small storms show more than a large one of the same length. */
const NODES_MAX = 6;
/** Of each generator for a rule. */
const MINUTES_MAX = 30;
/** For one storm. */
const PATIENCE_MS = 10 * 60_000;
type GeneratorName = 'a' | 'b';

/** The part of a line of `npm run storm -- --log` that this file reads. */
interface Played {
  readonly seed: number;
  readonly ending: { readonly broken: readonly { readonly promise: string; readonly sentence: string }[] };
}

/** A line of `--log`. */
interface Verdict {
  readonly name: string;
  readonly caughtBy?: {
    readonly generator: string;
    readonly type: string;
    readonly seed: number;
    readonly promise: string;
    readonly sentence: string;
  };
  /** Storms that were played, the one that caught it included. */
  readonly storms: number;
  /** Storms that break a promise without the broken rule, too. */
  readonly alsoWithout?: readonly string[];
  readonly fault?: string;
}

interface Options {
  readonly parts: readonly string[];
  readonly log: string | undefined;
  readonly jobs: string;
  readonly limits: Limits;
}

interface Limits {
  readonly seeds: string;
  readonly nodes: string;
  readonly minutes: string;
}

async function tryAll({ parts, log, jobs, limits }: Options): Promise<number> {
  const known = log === undefined ? [] : verdictsIn(log);
  const isAsked = (name: string): boolean => parts.length === 0 || parts.some((part) => name.includes(part));
  const chosen = SEEN_BY_STORMS.flatMap((rule) => {
    const mutant = MUTANTS.find(({ name }) => name === rule.name && isAsked(name));
    return mutant ? [{ rule, mutant }] : [];
  });
  const left = chosen.filter(({ rule }) => !known.some((verdict) => verdict.name === rule.name));
  const verdicts = known.filter(({ name }) => chosen.some(({ rule }) => rule.name === name));
  const whole = await copyCheckout();
  const work = async (): Promise<void> => {
    const copy = await copyCheckout();
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      const verdict = await tryOne({ broken: copy, whole }, one, limits);
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

async function tryOne(
  { broken: copy, whole }: { readonly broken: string; readonly whole: string },
  { rule, mutant }: { readonly rule: StormRule; readonly mutant: Mutant },
  limits: Limits,
): Promise<Verdict> {
  const { name } = rule;
  const originals = new Map<string, string>();
  const putBack = async (): Promise<void> => {
    for (const [file, text] of originals) await writeFile(join(copy, file), text);
  };
  let count = 0;
  const alsoWithout: string[] = [];
  const known = () => (alsoWithout.length > 0 ? { alsoWithout } : {});
  try {
    for (const one of [mutant, ...othersOf(rule)]) {
      const path = join(copy, one.file);
      const text = await readFile(path, 'utf8');
      if (!originals.has(one.file)) originals.set(one.file, text);
      const broken = mutated(one, text);
      if ('fault' in broken) return { name, storms: 0, fault: broken.fault };
      await writeFile(path, broken.text);
    }
    for (const set of setsOf(rule, limits)) {
      const untilMs = Date.now() + Number(limits.minutes) * 60_000;
      for (let from = set.from; from <= set.to; ) {
        const played = await playStorms(copy, { ...set, from }, untilMs - Date.now());
        if ('fault' in played) return { name, storms: count, fault: played.fault };
        count += played.length;
        const found = played.find(({ ending }) => ending.broken.length > 0);
        if (!found) break;
        const { seed } = found;
        // What breaks a promise without any broken rule says nothing of one.
        const again = await playStorms(whole, { ...set, from: seed, to: seed }, PATIENCE_MS);
        if ('fault' in again) return { name, storms: count, fault: again.fault };
        const without = again.flatMap(({ ending }) => ending.broken.map(({ promise }) => promise));
        const first = found.ending.broken.find(({ promise }) => !without.includes(promise));
        const { generator } = set;
        const type = set.types[seed % set.types.length] ?? 'as it is drawn';
        if (first) return { name, storms: count, caughtBy: { generator, type, seed, ...first }, ...known() };
        alsoWithout.push(`${generator} ${type}, seed ${seed}: ${without.join(', ')}`);
        from = seed + 1;
      }
    }
    return count === 0 ? { name, storms: 0, fault: 'no storm was played' } : { name, storms: count, ...known() };
  } finally {
    await putBack();
  }
}

const othersOf = (rule: StormRule): readonly Mutant[] =>
  (rule.with ?? []).map((name) => {
    const other = MUTANTS.find((one) => one.name === name);
    if (other === undefined) throw new Error(`storm-rules.ts: no mutant has the name "${name}"`);
    return other;
  });

/** Storms of one generator, of these types in turn. */
interface StormSet {
  readonly generator: GeneratorName;
  readonly types: readonly string[];
  /** Alone, or with what a seed draws besides; of no types: what it draws. */
  readonly with: '--only' | '--first' | null;
  readonly from: number;
  readonly to: number;
  readonly hours: number;
  /** Absent: of any size. */
  readonly nodes?: number;
}

function setsOf({ found, a, b, alone, hours = HOURS, nodes = NODES_MAX }: StormRule, limits: Limits): StormSet[] {
  const drawn = { from: 1, to: Number(limits.seeds), hours, nodes: Math.min(Number(limits.nodes), nodes) };
  const sets: StormSet[] = [
    // Generator a draws faults one by one: the rest of a seed's is what a rule is broken in. The stories of b have it all.
    { generator: 'a', types: a, with: alone === true ? '--only' : '--first', ...drawn },
    { generator: 'b', types: b, with: '--only', ...drawn },
  ];
  return [...(found === undefined ? [] : [setOf(found)]), ...sets.filter(({ types }) => types.length > 0)];
}

const setOf = ({ generator, seed, hours, only, first }: FoundBy): StormSet => ({
  ...{ generator, from: seed, to: seed, hours, types: [only ?? first ?? []].flat() },
  with: only !== undefined ? '--only' : first !== undefined ? '--first' : null,
});

async function playStorms(
  copy: string,
  { generator, types, with: how, from, to, hours, nodes }: StormSet,
  patienceMs: number,
): Promise<readonly Played[] | { readonly fault: string }> {
  const file = join(copy, 'storms.jsonl');
  await rm(file, { force: true });
  const words = [
    ...['--disable-warning=ExperimentalWarning', '--import', './infra/engine.js', 'test/lab/storms/storm-cli.ts'],
    ...['--generator', generator, ...(how === null ? [] : [how, types.join()])],
    ...['--seeds', `${from}..${to}`, '--hours', String(hours)],
    ...(nodes === undefined ? [] : ['--nodes', String(nodes)]),
    ...['--jobs', '1', '--until-broken', '--log', file],
  ];
  const { status, stderr } = await runNode(words, copy, Math.max(1, patienceMs));
  // What was played when its time was over counts.
  if (existsSync(file)) return linesOf<Played>(file);
  return status === 0 || status === null ? [] : { fault: `no storm was played: ${stderr.trim().slice(0, 300)}` };
}

const verdictsIn = (file: string): readonly Verdict[] => (existsSync(file) ? linesOf<Verdict>(file) : []);

const linesOf = <Line>(file: string): readonly Line[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

function lineOf({ name, caughtBy, storms, fault, alsoWithout = [] }: Verdict): string {
  if (fault !== undefined) return `NOT TRIED ${name}: ${fault}`;
  const also = alsoWithout.map((one) => `\n          without the broken rule, too: ${one}`).join('');
  if (caughtBy === undefined) return `SURVIVED  ${name}: ${storms} storms${also}`;
  const { generator, type, seed, promise } = caughtBy;
  return `caught    ${name}: storm ${storms}, ${generator} ${type}, seed ${seed}: ${promise}${also}`;
}

const command = new Command('npm run mutants:storms --')
  .argument('[parts...]', 'of names: only these rules', [])
  .option('--log <file>', 'adds a line for each rule; those that it has are not tried again')
  .option('--seeds <n>', 'seeds of each generator for a rule', String(SEEDS))
  .option('--nodes <n>', 'plays only the storms of at most so many nodes', String(NODES_MAX))
  .option('--minutes <n>', 'of each generator for a rule: what was played by then counts', String(MINUTES_MAX))
  .option('--jobs <n>', 'rules that are tried side by side', String(availableParallelism()))
  .parse();
const { log, jobs, ...limits } = command.opts<Pick<Options, 'log' | 'jobs'> & Limits>();
process.exitCode = await tidyUpOnSignals(() => tryAll({ parts: command.args, log, jobs, limits }));
