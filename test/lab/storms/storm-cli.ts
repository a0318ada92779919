// `npm run storm -- --seeds A..B`: plays generated storms, and has them judged. Exit status 0: no promise was broken and every type of fault that was to
// be seen had an effect; 1: not so; 2: wrong use.

import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { Command, CommanderError } from 'commander';
import { writeReportFile } from '../../../infra/report/file.ts';
import { ReportFileError } from '../../../infra/report/file-error.ts';
import { ensureSynthesized } from '../../../infra/synth.ts';
import { reportFactsOf } from '../../../local/scenarios/report/report-facts.ts';
import type { World } from '../../../local/scenarios/world/world.ts';
import { terminalText } from '../../../shared/text/terminal-text.ts';
import { numberOf, seedsOf, UsageError } from '../option-words.ts';
import { compare, contendersOf } from '../policies/compare.ts';
import { playAll } from './crew.ts';
import { stormOf } from './draw-storm.ts';
import { GENERATORS, type GeneratorName, isGeneratorName } from './generators.ts';
import { type Ending, playStorm } from './play.ts';
import { shrink } from './shrink.ts';
import { nameOf, type Storm, worldFileOf } from './storm.ts';
import { endingLines, Tally } from './tally.ts';
import type { JudgeTask } from './worker.ts';

process.env['TZ'] = 'UTC';

interface Options {
  readonly seeds: string;
  readonly jobs: string;
  readonly hours: string;
  readonly generator: string;
  readonly sweeps: string;
  readonly nodes?: string;
  readonly only?: string;
  readonly first?: string;
  readonly log?: string;
  readonly untilBroken?: true;
  readonly types?: true;
  readonly shrink?: true;
  readonly compare?: true;
  readonly policy?: string;
  readonly out?: string;
  readonly report?: string;
}

const HOURS_MAX = 168;
const JOBS_MAX = 64;
const NODES_MAX = 1_000;

const say = (line: string): void => console.log(terminalText(line));

const program = new Command('npm run storm --')
  .description('Plays generated worlds with generated faults in local regions, and has them judged.')
  .option('--seeds <range>', 'which storms: 1..200, or one seed', '1..20')
  .option('--jobs <n>', 'processes side by side', String(availableParallelism()))
  .option('--hours <n>', 'how long each storm is; faults come in its first three tenths', '8')
  .option('--generator <name>', `who draws them: ${Object.keys(GENERATORS).join(', ')}`, 'a')
  .option('--sweeps <which>', 'needed: those that would find nothing new are left out; or all', 'needed')
  .option('--nodes <n>', 'plays only the storms of at most so many nodes')
  .option(
    '--only <types>',
    'in place of what a seed draws these faults alone, with commas: one after the other, a seed each; joined by + in one world (generator a)',
  )
  .option('--first <types>', 'the same, of generator a, and with them what the seed draws')
  .option('--log <file>', 'adds a line for each storm that ended; storms that it has are not played again')
  .option('--until-broken', 'begins no storm after one has broken a promise')
  .option('--types', 'names the types of faults of the generator, and plays nothing')
  .option(
    '--shrink',
    'of one seed: leaves out what is not needed to break the same promise, and prints the rest as a world file',
  )
  .option('--compare', 'plays each storm with each policy, and chainmend, and prints how they were scored')
  .option('--policy <command>', 'the same with a program of yours: docs/policies.md')
  .option('--out <file>', 'with --shrink: writes the world file there; with --compare: the picture (SVG)')
  .option('--report <file>', 'of one seed: writes what happened as one HTML page')
  .exitOverride()
  .configureOutput({ writeErr: () => {} });

try {
  program.parse();
  const options = program.opts<Options>();
  const { generator } = options;
  if (!isGeneratorName(generator))
    throw new UsageError(`--generator: expected ${Object.keys(GENERATORS).join(' or ')}, found "${generator}"`);
  const hours = numberOf('--hours', options.hours, HOURS_MAX);
  const only = options.only === undefined ? undefined : typesOf('--only', options.only, generator);
  const first = options.first === undefined ? undefined : typesOf('--first', options.first, generator);
  if (first && (only || generator !== 'a')) throw new UsageError('--first: expected generator a, and no --only');
  const asked = { ...(only && { only }), ...(first && { first }) };
  const drawn = seedsOf(options.seeds);
  const seeds = options.nodes === undefined ? drawn : smallOnes(drawn, options.nodes, { hours, generator, ...asked });
  const { sweeps } = options;
  if (sweeps !== 'needed' && sweeps !== 'all')
    throw new UsageError(`--sweeps: expected needed or all, found "${sweeps}"`);
  if (options.report !== undefined && (options.shrink || options.compare || options.policy !== undefined))
    throw new UsageError('--report: expected without --shrink, --compare and --policy');
  if (options.types) listTypes(generator);
  else if (options.compare || options.policy !== undefined) {
    if (options.shrink) throw new UsageError('--shrink: expected without --compare and --policy');
    if (only || first) throw new UsageError('--only, --first: expected without --compare and --policy');
    const contenders = contendersOf(options.policy);
    if (contenders === undefined)
      throw new UsageError('--policy: expected a command, such as "python3 policy.py"; quotes must end');
    const jobs = numberOf('--jobs', options.jobs, JOBS_MAX);
    await ensureSynthesized({ fleets: GENERATORS[generator].fleets });
    process.exitCode = await compare(
      seeds,
      { do: 'compare', hours, generator, contenders },
      { jobs, out: options.out, say },
    );
  } else {
    const how: How = { hours, generator, sweeps, ...asked };
    await ensureSynthesized({ fleets: GENERATORS[generator].fleets });
    if (options.report !== undefined)
      process.exitCode = await reportOne(onlySeed(seeds, '--report'), { ...how, file: options.report });
    else
      process.exitCode = options.shrink
        ? await shrinkOne(onlySeed(seeds, '--shrink'), { ...how, out: options.out })
        : await playMany(seeds, {
            ...{ ...how, log: options.log, untilBroken: options.untilBroken ?? false },
            jobs: numberOf('--jobs', options.jobs, JOBS_MAX),
          });
  }
} catch (error) {
  if (!(error instanceof UsageError || error instanceof ReportFileError || error instanceof CommanderError))
    throw error;
  const isHelp = error instanceof CommanderError && error.exitCode === 0;
  if (!isHelp) console.error(terminalText(error.message));
  process.exitCode = isHelp ? 0 : 2;
}

type How = Pick<JudgeTask, 'hours' | 'generator' | 'sweeps' | 'only' | 'first'>;

function listTypes(generator: GeneratorName): void {
  for (const [type, { hand, says }] of Object.entries(GENERATORS[generator].types)) say(`${type}  ${hand}: ${says}`);
}

function typesOf(flag: string, words: string, generator: GeneratorName): readonly string[] {
  const known = Object.keys(GENERATORS[generator].types);
  return words.split(',').map((word) => {
    const together = generator === 'a' ? word.split('+') : [word];
    const wrong = together.find((type) => !known.includes(type));
    if (wrong === undefined) return word;
    throw new UsageError(`${flag}: expected a type of generator ${generator}, found "${wrong}"; --types names them`);
  });
}

interface Many extends How {
  readonly jobs: number;
  readonly log: string | undefined;
  readonly untilBroken: boolean;
}

async function playMany(seeds: readonly number[], { jobs, log, untilBroken, ...how }: Many): Promise<0 | 1> {
  const tally = new Tally(GENERATORS[how.generator]);
  const beganMs = Date.now();
  const asked = new Set(seeds);
  const before = log === undefined ? [] : playedBefore(log, how).filter(({ seed }) => asked.has(seed));
  for (const { ending, cpuSeconds } of before) {
    tally.add({ ending, cpuSeconds });
    for (const line of endingLines(ending, how)) say(line);
  }
  const done = new Set(before.map(({ seed }) => seed));
  const left = seeds.filter((seed) => !done.has(seed));
  await playAll(left, { do: 'judge', ...how } satisfies JudgeTask, jobs, ({ seed, result: ending, cpuSeconds }) => {
    tally.add({ ending, cpuSeconds });
    if (log !== undefined)
      appendFileSync(log, `${JSON.stringify({ ...how, seed, cpuSeconds, ending } satisfies Logged)}\n`);
    for (const line of endingLines(ending, how)) say(line);
    return untilBroken && ending.broken.length > 0 ? 'enough' : 'more';
  });
  for (const line of tally.lines({ wallSeconds: (Date.now() - beganMs) / 1_000, jobs })) say(line);
  return tally.isClean ? 0 : 1;
}

/** A line of a log. */
interface Logged extends How {
  readonly seed: number;
  readonly cpuSeconds: number;
  readonly ending: Ending;
}

/** The storms of a log that were played in the same way. A line that was cut off is a storm that is played again. */
function playedBefore(log: string, { hours, generator, sweeps, only, first }: How): readonly Logged[] {
  if (!existsSync(log)) return [];
  const text = readFileSync(log, 'utf8');
  // The next line does not go on a line that was cut off.
  if (text !== '' && !text.endsWith('\n')) appendFileSync(log, '\n');
  return text
    .split('\n')
    .flatMap((line): readonly Logged[] => {
      try {
        return [JSON.parse(line) as Logged];
      } catch {
        return [];
      }
    })
    .filter((line) => line.hours === hours && line.generator === generator && line.sweeps === sweeps)
    .filter((line) => line.only?.join() === only?.join() && line.first?.join() === first?.join());
}

function smallOnes(
  seeds: readonly number[],
  words: string,
  how: Pick<How, 'hours' | 'generator' | 'only' | 'first'>,
): readonly number[] {
  const most = numberOf('--nodes', words, NODES_MAX);
  return seeds.filter((seed) => stormOf(seed, how).nodes.length <= most);
}

async function shrinkOne(seed: number, { out, ...how }: How & { readonly out: string | undefined }): Promise<0 | 1> {
  const generator = GENERATORS[how.generator];
  const play = (one: Storm) => playStorm(one, generator, { sweeps: how.sweeps });
  const storm = stormOf(seed, how);
  const ending = await play(storm);
  if (ending.broken.length === 0) {
    say(`storm ${seed}: no promise was broken, nothing to shrink`);
    return 0;
  }
  const shrunk = await shrink(storm, ending, play);
  const file = out ?? `${nameOf(storm, generator)}.yaml`;
  const path = resolve(file);
  const text = worldFileOf(shrunk.storm, generator, dirname(path));
  for (const line of endingLines(shrunk.ending, how)) say(line);
  say(
    `shrunk to ${shrunk.storm.nodes.length} nodes and ${shrunk.storm.faults.length} faults by ${shrunk.played} storms; around the break:`,
  );
  for (const line of shrunk.ending.around) say(`  ${line}`);
  if (out === undefined) for (const line of text.trimEnd().split('\n')) say(line);
  else writeFileSync(path, text);
  say(`repeat: npm start -- --world ${file} --seed ${seed} --lane sweep`);
  return 1;
}

/** @throws ReportFileError */
async function reportOne(seed: number, { file, ...how }: How & { readonly file: string }): Promise<0 | 1> {
  const generator = GENERATORS[how.generator];
  const storm = stormOf(seed, how);
  let world: World | undefined;
  const ending = await playStorm(storm, generator, {
    sweeps: how.sweeps,
    witness: (played) => {
      world = played;
    },
  });
  for (const line of endingLines(ending, how)) say(line);
  // A storm whose world was never made has nothing to report; its ending says why.
  if (world === undefined) return 1;
  const only = how.only === undefined ? '' : ` --only ${how.only.join(',')}`;
  const first = how.first === undefined ? '' : ` --first ${how.first.join(',')}`;
  const command = `npm run storm -- --seeds ${seed} --generator ${how.generator} --hours ${how.hours}${only}${first} --report ${file}`;
  const facts = reportFactsOf(world, {
    source: 'storm',
    title: `Storm ${seed} of generator ${how.generator}, ${how.hours} h`,
    sentence: `Faults of ${storm.faults.map(({ type }) => type).join(', ')}.`,
    command,
    broken: ending.broken.map(({ promise, atMs, subject, sentence }) => ({
      ...{ what: `${promise} (${subject})`, atMs, sentence },
    })),
  });
  say(writeReportFile(file, facts));
  return ending.broken.length > 0 ? 1 : 0;
}

function onlySeed(seeds: readonly number[], flag: string): number {
  const [seed, another] = seeds;
  if (seed === undefined || another !== undefined)
    throw new UsageError(`${flag}: expected one seed, such as --seeds 17`);
  return seed;
}
