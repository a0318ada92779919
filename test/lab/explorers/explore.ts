// npm run explore: tries every order of events in which a heal can fail, within the bounds. Then it switches off each rule and shows the failure.
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { check, type Report } from './check.ts';
import { healingModel, WORLDS, type WorldName } from './healing.ts';
import type { LadderWorldName } from './ladder-rules.ts';
import {
  exploreWorldOfLadder,
  LADDER_NEVER,
  LADDER_RULES,
  LADDER_WORLDS,
  type Part,
  settingsOf,
  WHOLE,
  withoutRule,
} from './ladder-worlds.ts';
import { CONVERGES, FULL, NEVER, type Protocol } from './protocol.ts';
import { LATER_RULES, RULES, type Rule } from './rules.ts';
import { SMALL_RULES, SMALL_WORLDS } from './small-worlds.ts';
import type { Supply } from './world.ts';

const ALL_WORLDS = [...Object.keys(WORLDS), ...Object.keys(LADDER_WORLDS), ...Object.keys(SMALL_WORLDS)];
const ALL_RULES = [...Object.keys(RULES), ...Object.keys(LADDER_RULES), ...Object.keys(SMALL_RULES)];

const USAGE = `npm run explore -- [--world NAME [--part K/N]] [--faults N] [--acts N] [--max STATES] [--rule NAME | --rules]

  no options     every world at its large bound, then every rule's counterexample: two processes, half an hour on two quiet cores
  --world NAME   only this world: ${ALL_WORLDS.join(', ')}
  --part K/N     of swap, validator, upgrade, shrink or beside: only each N-th node, from the K-th on (npm run lab plays all parts)
  --faults N     crashes, lost answers, late and doubled deliveries in one story (instead of the large bounds)
  --acts N       pauses, refills, other heals, silences in one story (1 if only --faults is given)
  --max STATES   states per exploration, default 15000000
  --rule NAME    only this rule's counterexample, the whole trace: ${ALL_RULES.join(', ')}
  --rules        only every rule's counterexample`;

interface Options {
  /** Every world and every rule: in several processes. */
  readonly isWhole: boolean;
  readonly worlds: readonly WorldName[];
  readonly ladders: readonly LadderWorldName[];
  /** Used instead of each world's large bounds. */
  readonly supply: Supply | undefined;
  readonly part: Part;
  readonly maxStates: number;
  readonly rules: readonly (readonly [string, Rule])[];
  readonly ladderRules: readonly string[];
  readonly small: readonly string[];
  readonly smallRules: readonly string[];
  readonly wholeTraces: boolean;
}

/** So many explore at once when everything is played; each keeps a world of its own. */
const AT_ONCE = 2;

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (typeof options === 'string') {
    console.error(options);
    return options === USAGE ? 0 : 2;
  }
  if (options.isWhole) return playWhole(process.argv.slice(2));
  let holds = true;
  for (const name of options.worlds) holds = exploreWorld(name, options) && holds;
  for (const name of options.ladders) holds = exploreLadderWorld(name, options) && holds;
  for (const name of options.small) holds = exploreSmallWorld(name, options) && holds;
  if (options.rules.length + options.ladderRules.length + options.smallRules.length > 0)
    holds = exploreRules(options) && holds;
  return holds ? 0 : 1;
}

/** Each world, a long one in parts, and the rules: printed in their order, whichever ends first. */
async function playWhole(given: readonly string[]): Promise<number> {
  const parts = Object.entries(LADDER_WORLDS).flatMap(([world, { parts: of }]) =>
    Array.from({ length: of }, (_, at) => ['--world', world, '--part', `${at + 1}/${of}`]),
  );
  const whole = [...Object.keys(WORLDS), ...Object.keys(SMALL_WORLDS)].map((world) => ['--world', world]);
  const open = [...whole, ...parts, ['--rules']].map((words) => [...words, ...given]).entries();
  const told: string[] = [];
  let printed = 0;
  let worst = 0;
  const crew = Array.from({ length: AT_ONCE }, async () => {
    for (const [at, words] of open) {
      const { text, code } = await explored(words);
      told[at] = text;
      worst = Math.max(worst, code);
      for (; told[printed] !== undefined; printed++) process.stdout.write(told[printed] ?? '');
    }
  });
  await Promise.all(crew);
  return worst;
}

/** One piece in a process of its own. @returns what it printed; code 1 where it ended without one */
function explored(words: readonly string[]): Promise<{ readonly text: string; readonly code: number }> {
  const child = spawn(process.execPath, [...process.execArgv, import.meta.filename, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const cut = code === null ? `${words.join(' ')}: ended by ${signal}\n` : '';
      resolve({ text: Buffer.concat(pieces).toString() + cut, code: code ?? 1 });
    });
  });
}

/** The options, or a sentence about the wrong one. */
function readOptions(args: readonly string[]): Options | string {
  const parsed = parse(args);
  if (typeof parsed === 'string') return parsed;
  const { world, rule, rules = false, help } = parsed;
  if (help) return USAGE;
  if (rules && (world !== undefined || rule !== undefined)) return '--rules: expected without --world and --rule';
  if (world !== undefined && !ALL_WORLDS.includes(world))
    return `--world: ${world} is none of ${ALL_WORLDS.join(', ')}`;
  const known = Object.entries(RULES);
  if (rule !== undefined && !ALL_RULES.includes(rule)) {
    const later = LATER_RULES[rule];
    return later
      ? `--rule: ${rule} needs a later world: ${later}`
      : `--rule: ${rule} is none of ${ALL_RULES.join(', ')}`;
  }
  const numbers = { faults: parsed.faults, acts: parsed.acts, max: parsed.max };
  for (const [name, value] of Object.entries(numbers)) {
    if (value !== undefined && !/^\d{1,9}$/.test(value)) return `--${name}: ${value} given, expected a whole number`;
  }
  const part = partOf(parsed.part);
  if (part === null || (parsed.part !== undefined && !Object.keys(LADDER_WORLDS).includes(world ?? '')))
    return `--part: ${parsed.part} given, expected K/N with 1 ≤ K ≤ N, and --world: ${Object.keys(LADDER_WORLDS).join(', ')}`;
  const { faults, acts, max } = numbers;
  const given = faults !== undefined || acts !== undefined;
  return {
    isWhole: world === undefined && rule === undefined && !rules,
    worlds: (Object.keys(WORLDS) as WorldName[]).filter(
      (name) => !rules && rule === undefined && (world ?? name) === name,
    ),
    ladders: (Object.keys(LADDER_WORLDS) as LadderWorldName[]).filter(
      (name) => !rules && rule === undefined && (world ?? name) === name,
    ),
    supply: given ? { faults: Number(faults ?? 1), acts: Number(acts ?? 1) } : undefined,
    part,
    maxStates: Number(max ?? 15_000_000),
    rules: rule !== undefined ? known.filter(([name]) => name === rule) : world !== undefined ? [] : known,
    ladderRules: Object.keys(LADDER_RULES).filter((name) => world === undefined && (rule ?? name) === name),
    small: Object.keys(SMALL_WORLDS).filter((name) => !rules && rule === undefined && (world ?? name) === name),
    smallRules: Object.keys(SMALL_RULES).filter((name) => world === undefined && (rule ?? name) === name),
    wholeTraces: rule !== undefined,
  };
}

function partOf(text: string | undefined): Part | null {
  if (text === undefined) return WHOLE;
  const [, at = 0, of = 0] = (/^(\d{1,3})\/(\d{1,3})$/.exec(text) ?? []).map(Number);
  return at >= 1 && at <= of ? { at, of } : null;
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    world: text,
    part: text,
    rule: text,
    rules: flag,
    faults: text,
    acts: text,
    max: text,
    help: flag,
  } as const;
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`;
  }
}

function exploreWorld(name: WorldName, { supply: given, maxStates }: Options): boolean {
  console.log(`${name}: ${WORLDS[name].sentence}`);
  const reports = (given ? [given] : WORLDS[name].large).map((supply) => {
    const { report, seconds } = explore(name, supply, FULL, maxStates, false);
    const cut = report.complete ? '' : ', CUT OFF by --max';
    console.log(
      `  ${boundOf(supply)}: ${count(report.states)} states, ${count(report.transitions)} transitions, ${seconds.toFixed(1)} s${cut}`,
    );
    return report;
  });
  const complete = reports.every((report) => report.complete);
  const verdicts = [...Object.values(NEVER), CONVERGES].map((property) => {
    const trace = shortest(reports.flatMap((report) => brokenBy(report).get(property) ?? []));
    console.log(`  ${trace ? '✗' : complete ? '✓' : '?'} ${property}`);
    if (trace) print(trace);
    return trace === undefined;
  });
  console.log('');
  return verdicts.every((verdict) => verdict) && complete;
}

/** Explores stories, not states: each placement of faults is played to its end. */
function exploreLadderWorld(name: LadderWorldName, { supply, part }: Options): boolean {
  const { sentence, large } = LADDER_WORLDS[name];
  const faults = supply?.faults ?? large;
  console.log(`${name}: ${sentence}`);
  const beganMs = performance.now();
  const { stories, turns, broken } = exploreWorldOfLadder(name, faults, { part });
  const seconds = (performance.now() - beganMs) / 1000;
  const nodes = Object.keys(settingsOf(name, part)).length;
  console.log(
    `  ${nodes} nodes, ${faults} fault${faults === 1 ? '' : 's'}: ${count(stories)} stories, ${count(turns)} turns, ${seconds.toFixed(1)} s`,
  );
  for (const property of Object.values(LADDER_NEVER)) {
    const trace = broken.get(property);
    console.log(`  ${trace ? '✗' : '✓'} ${property}`);
    if (trace) print(trace);
  }
  console.log('');
  return broken.size === 0;
}

function exploreSmallWorld(name: string, { supply }: Options): boolean {
  const world = SMALL_WORLDS[name];
  if (!world) throw new RangeError(`there is no world ${name}`);
  console.log(`${name}: ${world.sentence}`);
  const reports = world.explore(supply?.faults);
  for (const [setting, { states, transitions, complete }] of reports)
    console.log(
      `  ${setting}: ${count(states)} states, ${count(transitions)} transitions${complete ? '' : ', CUT OFF by the bound on states'}`,
    );
  const all = [...reports.values()];
  const verdicts = [...Object.values(world.never), CONVERGES].map((property) => {
    const trace = shortest(all.flatMap((report) => brokenBy(report).get(property) ?? []));
    console.log(`  ${trace ? '✗' : '✓'} ${property}`);
    if (trace) print(trace);
    return trace === undefined;
  });
  console.log('');
  return verdicts.every((verdict) => verdict) && all.every(({ complete }) => complete);
}

function exploreSmallRule(name: string, wholeTraces: boolean): boolean {
  const rule = SMALL_RULES[name];
  if (!rule) throw new RangeError(`there is no rule ${name}`);
  const [broken] = brokenBy(rule.without());
  console.log(`  ${broken ? '✓' : '✗ NOTHING BREAKS:'} ${name.padEnd(12)} ${rule.naive}`);
  if (wholeTraces) console.log(`    instead of: ${rule.sentence}`);
  if (!broken) return false;
  const [property, [trace]] = broken;
  console.log(`    breaks “${property}” in ${trace.length} steps (${rule.world})`);
  if (wholeTraces) print(trace);
  return true;
}

function exploreRules({ rules, ladderRules, smallRules, maxStates, wholeTraces }: Options): boolean {
  console.log('Without a rule: the naive version, and the shortest way in which it fails');
  const found = rules.map(([name, { naive, sentence, without, world, supply }]) => {
    const { report, seconds } = explore(world, supply, without, maxStates, true);
    const [broken] = brokenBy(report);
    const where = `${world}, ${boundOf(supply)}, ${count(report.states)} states, ${seconds.toFixed(1)} s`;
    console.log(`  ${broken ? '✓' : '✗ NOTHING BREAKS:'} ${name.padEnd(12)} ${naive}`);
    if (wholeTraces) console.log(`    instead of: ${sentence}`);
    if (!broken) return false;
    const [property, [trace]] = broken;
    console.log(`    breaks “${property}” in ${trace.length} steps (${where})`);
    if (wholeTraces) print(trace);
    return true;
  });
  for (const name of ladderRules) found.push(exploreLadderRule(name, wholeTraces));
  for (const name of smallRules) found.push(exploreSmallRule(name, wholeTraces));
  if (!wholeTraces) {
    console.log('Rules that need a later world:');
    for (const [name, why] of Object.entries(LATER_RULES)) console.log(`    ${name.padEnd(12)} ${why}`);
  }
  return found.every((one) => one);
}

function exploreLadderRule(name: string, wholeTraces: boolean): boolean {
  const rule = LADDER_RULES[name];
  if (!rule) throw new RangeError(`there is no rule ${name}`);
  const broken = withoutRule(rule);
  console.log(`  ${broken ? '✓' : '✗ NOTHING BREAKS:'} ${name.padEnd(12)} ${rule.naive}`);
  if (wholeTraces) console.log(`    instead of: ${rule.sentence}`);
  if (!broken) return false;
  const [property, trace] = broken;
  console.log(
    `    breaks “${property}” in ${trace.length} steps (${rule.world}, ${rule.faults} fault${rule.faults === 1 ? '' : 's'})`,
  );
  if (wholeTraces) print(trace);
  return true;
}

function explore(world: WorldName, supply: Supply, protocol: Protocol, maxStates: number, untilFirst: boolean) {
  const beganMs = performance.now();
  const report = check(healingModel(WORLDS[world], supply, protocol), { maxStates, untilFirst });
  return { report, seconds: (performance.now() - beganMs) / 1000 };
}

type Trace = readonly string[];

const brokenBy = ({ broken, stuck }: Report): ReadonlyMap<string, readonly [Trace]> => {
  const found = new Map<string, readonly [Trace]>([...broken].map(([property, trace]) => [property, [trace]]));
  return stuck ? found.set(CONVERGES, [stuck]) : found;
};

const shortest = (traces: readonly Trace[]): Trace | undefined => traces.toSorted((a, b) => a.length - b.length)[0];

const print = (trace: Trace): void => {
  for (const [i, words] of trace.entries()) console.log(`      ${String(i + 1).padStart(2)}. ${words}`);
};

const boundOf = ({ faults, acts }: Supply): string =>
  `${faults} fault${faults === 1 ? '' : 's'}, ${acts} act${acts === 1 ? '' : 's'}`;
const count = (n: number): string => n.toLocaleString('en-US');

process.exitCode = await main();
