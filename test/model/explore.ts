// npm run explore: every order of events in which a heal can go wrong, as far as the bounds reach; then each rule without which it does.
import { parseArgs } from 'node:util';
import { check, type Report } from './check.ts';
import { healingModel, WORLDS, type WorldName } from './healing.ts';
import { CONVERGES, FULL, NEVER, type Protocol } from './protocol.ts';
import { LATER_RULES, RULES, type Rule } from './rules.ts';
import type { Supply } from './world.ts';

const USAGE = `npm run explore -- [--world NAME] [--faults N] [--acts N] [--max STATES] [--rule NAME]

  no options     every world at its large bound, then every rule's counterexample; five to eight minutes and 2 GB on one core
  --world NAME   only this world: ${Object.keys(WORLDS).join(', ')}
  --faults N     crashes, lost answers, late and doubled deliveries in one story (instead of the large bounds)
  --acts N       pauses, refills, other heals, silences in one story (1 if only --faults is given)
  --max STATES   states per exploration, default 15000000
  --rule NAME    only this rule's counterexample, the whole trace: ${Object.keys(RULES).join(', ')}`;

interface Options {
  readonly worlds: readonly WorldName[];
  /** Instead of each world's large bounds. */
  readonly supply: Supply | undefined;
  readonly maxStates: number;
  readonly rules: readonly (readonly [string, Rule])[];
  readonly wholeTraces: boolean;
}

function main(): number {
  const options = readOptions(process.argv.slice(2));
  if (typeof options === 'string') {
    console.error(options);
    return options === USAGE ? 0 : 2;
  }
  let holds = true;
  for (const name of options.worlds) holds = exploreWorld(name, options) && holds;
  if (options.rules.length > 0) holds = exploreRules(options) && holds;
  return holds ? 0 : 1;
}

/** The options, or what is wrong with them. */
function readOptions(args: readonly string[]): Options | string {
  const parsed = parse(args);
  if (typeof parsed === 'string') return parsed;
  const { world, rule, help } = parsed;
  if (help) return USAGE;
  if (world !== undefined && !isWorld(world)) return `--world: ${world} is none of ${Object.keys(WORLDS).join(', ')}`;
  const known = Object.entries(RULES);
  if (rule !== undefined && !known.some(([name]) => name === rule)) {
    const later = LATER_RULES[rule];
    return later
      ? `--rule: ${rule} needs a later world: ${later}`
      : `--rule: ${rule} is none of ${Object.keys(RULES).join(', ')}`;
  }
  const numbers = { faults: parsed.faults, acts: parsed.acts, max: parsed.max };
  for (const [name, value] of Object.entries(numbers)) {
    if (value !== undefined && !/^\d{1,9}$/.test(value)) return `--${name}: ${value} given, expected a whole number`;
  }
  const { faults, acts, max } = numbers;
  const given = faults !== undefined || acts !== undefined;
  return {
    worlds: rule !== undefined ? [] : world !== undefined ? [world] : (Object.keys(WORLDS) as WorldName[]),
    supply: given ? { faults: Number(faults ?? 1), acts: Number(acts ?? 1) } : undefined,
    maxStates: Number(max ?? 15_000_000),
    rules: rule !== undefined ? known.filter(([name]) => name === rule) : world !== undefined ? [] : known,
    wholeTraces: rule !== undefined,
  };
}

const isWorld = (name: string): name is WorldName => Object.hasOwn(WORLDS, name);

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = { world: text, rule: text, faults: text, acts: text, max: text, help: { type: 'boolean' } } as const;
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

function exploreRules({ rules, maxStates, wholeTraces }: Options): boolean {
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
  if (!wholeTraces) {
    console.log('Rules that need a later world:');
    for (const [name, why] of Object.entries(LATER_RULES)) console.log(`    ${name.padEnd(12)} ${why}`);
  }
  return found.every((one) => one);
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

process.exitCode = main();
