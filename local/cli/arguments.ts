// Parses the command line of `npm start --`: a request, or a sentence about what is wrong and the nearest valid word.
import { Command, CommanderError, Option } from 'commander';
import didYouMean from 'didyoumean2';
import { refuseRepeated } from '../../infra/commands/given-once.ts';
import { VERSION } from '../../infra/commands/program-name.ts';
import { unfitWord } from '../../shared/text/command-words.ts';
import { scenarioEntries } from '../scenarios/catalog/entries.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { FAULTS, type FaultName, isFaultName } from '../simulator/faults.ts';
import type { Lane } from '../simulator/lambda-runtime/sandbox.ts';

export type ListName = 'scenarios' | (typeof LISTED)[number] | 'faults' | 'codes';

export interface RunRequest {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly faults: readonly FaultName[];
  readonly lane: Lane;
  /** The words that choose the same scenario again: "--scenario disk-full", "--world mine.yaml". */
  readonly chosenBy: string;
}

export type Request =
  | { readonly do: 'help'; readonly text: string }
  | { readonly do: 'list'; readonly what: ListName }
  | { readonly do: 'json'; readonly run: RunRequest }
  | { readonly do: 'story'; readonly run: RunRequest; readonly explain: boolean }
  | { readonly do: 'report'; readonly run: RunRequest; readonly file: string }
  | {
      readonly do: 'serve';
      readonly run: RunRequest;
      readonly speed: number;
      readonly after: number | 'end';
      readonly port: number;
    }
  /** The words for the program of the stories (test/lab/machines/show-cli.ts), which knows their names. */
  | { readonly do: 'real'; readonly words: readonly string[] };

/** The command line is wrong. It is printed as a sentence; the exit status is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const LANES: readonly Lane[] = ['fidelity', 'sweep'];
const DEFAULT_SPEED = 60;
/** A person cannot follow more than a day of virtual time a second. */
const SPEED_MAX = 86_400;

/** Two weeks. */
const MINUTES_MAX = 14 * 24 * 60;
const MINUTES = `minutes from 0 to ${MINUTES_MAX}, or end`;

const LISTED = ['museum', 'systems'] as const;
const A_SEED = `an integer from 0 to ${Number.MAX_SAFE_INTEGER}`;
const A_PORT = 'a port from 1 to 65535';
const A_SPEED = `a number above 0 and up to ${SPEED_MAX}`;
/** The flags whose values are names, with all valid names. They are read where a word is wrong, or a list is asked for. */
const NAMES = {
  '--scenario': async () => (await scenarioEntries()).all.map(({ name }) => name),
  '--fault': async () => Object.keys(FAULTS),
  '--lane': async () => LANES,
} as const satisfies Record<string, () => Promise<readonly string[]>>;

const DEFAULT_SCENARIO = 'disk-full';

interface Options {
  readonly scenario: string;
  readonly world?: string;
  readonly seed: string;
  readonly fault: readonly string[];
  readonly lane: string;
  readonly json?: true;
  readonly explain?: true;
  readonly report?: string;
  readonly serve?: true;
  readonly speed?: string;
  readonly port?: string;
  readonly after?: string;
  readonly real?: true;
  readonly story?: string;
  /** One of LISTED, or true where nothing follows it. */
  readonly list?: true | string;
  readonly listFaults?: true;
  readonly listCodes?: true;
}

/** @param words the arguments after the script's name. @throws UsageError */
export async function parseArguments(words: readonly string[]): Promise<Request> {
  const unfit = unfitWord(words);
  if (unfit !== undefined) throw new UsageError(unfit);
  let help = '';
  const program = command((text) => {
    help += text;
  });
  try {
    program.parse([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { do: 'help', text: help.trimEnd() };
    throw new UsageError(await wrongOption(error, program));
  }
  const [stray] = program.args;
  if (stray !== undefined) throw new UsageError(await strayWord(stray));
  const options = program.opts<Options>();
  if (typeof options.list === 'string' && (listedIn(options) === undefined || options.real))
    throw new UsageError(`--list: expected ${['nothing', ...LISTED].join(' or ')} after it, found "${options.list}"`);
  if (options.story !== undefined && !options.real) throw new UsageError('--story: only with --real');
  if (options.world !== undefined && program.getOptionValueSource('scenario') === 'cli')
    throw new UsageError('--scenario and --world do not go together');
  return options.real ? realOf(options, otherGivenOptions(program)) : requestOf(options);
}

function command(write: (text: string) => void): Command {
  const program = new Command('npm start --')
    .description('Runs chainmend in a local region: nothing leaves this machine, and no AWS account is needed.')
    .option('--scenario <name>', 'what happens; --list names them', DEFAULT_SCENARIO)
    .option('--world <file>', 'a situation of your own, in a file (docs/rehearse.md)')
    .option('--seed <n>', 'another seed is another run; the same one is the same run to the byte', '1')
    .addOption(
      new Option('--fault <name>', 'what else goes wrong, repeatable; --list-faults names them')
        .default([], 'none')
        .argParser((name: string, before: readonly string[]) => [...before, name]),
    )
    .option('--json', 'one JSON object on stdout in place of the story')
    .option('--explain', 'the story with its evidence, and every request that AWS served')
    .option('--report <file>', 'the run as one HTML page, in place of the story')
    .option('--lane <lane>', 'fidelity: over the AWS wire protocols; sweep: the same without them, faster', 'fidelity')
    .option('--serve', 'keep the region open on 127.0.0.1 for any AWS SDK or CLI, until Ctrl-C')
    .option('--speed <n>', `with --serve: virtual seconds a second (default: ${DEFAULT_SPEED})`)
    .option('--port <n>', 'with --serve: this port of 127.0.0.1 (default: a free one)')
    .option('--after <minutes>', 'with --serve: begin after so many minutes of the story; end: after all of it', '0')
    .option('--real', 'stories on real machines of this host instead: systemd, XFS, real clients; needs root on Debian')
    .option('--story <name>', 'with --real: only this one; --real --list names them')
    .option('--list [what]', 'the scenarios; --list museum: those of public incidents; --list systems: owners’ systems')
    .option('--list-faults', 'the faults')
    .option('--list-codes', 'every code of guardrails, failures, conditions, pages and invariants')
    .version(VERSION, '--version', 'the version of chainmend')
    .argument('[words...]')
    .usage('[options]')
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({ writeOut: write, writeErr: () => {} })
    .configureHelp({ visibleArguments: () => [] });
  refuseRepeated(program, (sentence) => {
    throw new UsageError(sentence);
  });
  return program;
}

async function requestOf(options: Options): Promise<Request> {
  const lists = (
    [
      ['--list', listedIn(options) ?? 'scenarios', options.list],
      ['--list-faults', 'faults', options.listFaults],
      ['--list-codes', 'codes', options.listCodes],
    ] as const
  ).filter(([, , given]) => given);
  const ways = [
    ...lists.map(([flag]) => flag),
    ...(['json', 'explain', 'report', 'serve'] as const).filter((name) => options[name]).map((name) => `--${name}`),
  ];
  if (ways.length > 1) throw new UsageError(`${ways.join(' and ')} do not go together`);
  if (options.speed !== undefined && !options.serve) throw new UsageError('--speed: only with --serve');
  if (options.port !== undefined && !options.serve) throw new UsageError('--port: only with --serve');
  if (options.after !== undefined && options.after !== '0' && !options.serve)
    throw new UsageError('--after: only with --serve');
  const [list] = lists;
  // A list needs no scenario; words that are wrong are wrong beside it, too.
  const isNamed = options.world !== undefined || options.scenario !== DEFAULT_SCENARIO;
  if (list) {
    if (isNamed) await runOf(options);
    else await conditionsOf(options);
    return { do: 'list', what: list[1] };
  }
  const run = await runOf(options);
  if (options.report !== undefined) return { do: 'report', run, file: options.report };
  if (options.serve)
    return {
      do: 'serve',
      run,
      speed: speedOf(options.speed ?? String(DEFAULT_SPEED)),
      after: afterOf(options.after ?? '0'),
      port: portOf(options.port),
    };
  return options.json ? { do: 'json', run } : { do: 'story', run, explain: options.explain === true };
}

const listedIn = ({ list }: Options) => LISTED.find((what) => what === list);

function realOf({ story, list }: Options, besides: readonly string[]): Request {
  const others = besides.filter((flag) => flag !== '--list' && flag !== '--story');
  const [other] = list && story !== undefined ? ['--list and --story'] : others.map((flag) => `--real and ${flag}`);
  if (other !== undefined) throw new UsageError(`${other} do not go together`);
  return { do: 'real', words: [...(list ? ['--list'] : []), ...(story === undefined ? [] : ['--story', story])] };
}

/** Options that the user gave, without those that have their default value. */
const otherGivenOptions = (program: Command): string[] =>
  program.options
    .filter((option) => option.long !== '--real' && program.getOptionValueSource(option.attributeName()) === 'cli')
    .flatMap(({ long }) => long ?? []);

async function runOf(options: Options): Promise<RunRequest> {
  const { scenario: name, world } = options;
  const scenario = world === undefined ? await scenarioOf(name) : await worldOf(world);
  if (!scenario) throw await unknownWord('--scenario', name);
  const chosenBy = world === undefined ? `--scenario ${name}` : `--world ${world}`;
  return { scenario, ...(await conditionsOf(options)), chosenBy };
}

async function scenarioOf(name: string): Promise<Scenario | undefined> {
  const { findScenario } = await import('../scenarios/catalog/index.ts');
  return findScenario(name);
}

async function conditionsOf({ seed, fault, lane }: Options): Promise<Pick<RunRequest, 'seed' | 'faults' | 'lane'>> {
  const faults = [...new Set(fault)];
  const unknown = faults.find((word) => !isFaultName(word));
  if (unknown !== undefined) throw await unknownWord('--fault', unknown);
  const known = LANES.find((candidate) => candidate === lane);
  if (!known) throw await unknownWord('--lane', lane);
  return { seed: seedOf(seed), faults: faults.filter(isFaultName), lane: known };
}

async function worldOf(path: string): Promise<Scenario> {
  const { readWorld, WorldFileError } = await import('../scenarios/world-file/read.ts');
  try {
    return readWorld(path);
  } catch (error) {
    if (error instanceof WorldFileError) throw new UsageError(error.message);
    throw error;
  }
}

function seedOf(word: string): number {
  const seed = Number(word);
  if (/^\d+$/.test(word) && Number.isSafeInteger(seed)) return seed;
  throw new UsageError(`--seed: expected ${A_SEED}, found "${word}"`);
}

function speedOf(word: string): number {
  const speed = Number(word);
  if (/^\d+(\.\d+)?$/.test(word) && speed > 0 && speed <= SPEED_MAX) return speed;
  throw new UsageError(`--speed: expected ${A_SPEED}, found "${word}"`);
}

function afterOf(word: string): number | 'end' {
  const minutes = Number(word);
  if (word === 'end') return word;
  if (/^\d{1,5}$/.test(word) && minutes <= MINUTES_MAX) return minutes;
  throw new UsageError(`--after: expected ${MINUTES}, found "${word}"`);
}

/** 0 lets the system choose a free port. */
function portOf(word: string | undefined): number {
  if (word === undefined) return 0;
  const port = Number(word);
  if (/^\d{1,5}$/.test(word) && port > 0 && port <= 65_535) return port;
  throw new UsageError(`--port: expected ${A_PORT}, found "${word}"`);
}

async function unknownWord(flag: keyof typeof NAMES, word: string): Promise<UsageError> {
  const names = await NAMES[flag]();
  const near = nearest(word, names);
  return new UsageError(
    `${flag}: expected a known name, found "${word}"; ${near ? `did you mean ${near}?` : choicesText(names)}`,
  );
}

/** Commander's own message, without its "error:", with the option or the value that was probably meant. */
async function wrongOption({ code, message }: CommanderError, program: Command): Promise<string> {
  const said = message.replace(/^error: /, '');
  const word = /'(--?[^'=\s]*)/.exec(said)?.[1] ?? '';
  if (code === 'commander.optionMissingArgument') return `${word}: ${await optionError(word)}, found nothing after it`;
  if (code !== 'commander.unknownOption') return said;
  const options = program.options.flatMap(({ long }) => long ?? []);
  // All options have the dashes: they do not make two options more alike.
  const bare = (option: string): string => option.replace(/^-+/, '');
  const near = nearest(bare(word), options.map(bare));
  return `${said}; ${near ? `did you mean --${near}?` : choicesText(options)}`;
}

async function optionError(flag: string): Promise<string> {
  if (flag === '--seed') return `expected ${A_SEED}`;
  if (flag === '--speed') return `expected ${A_SPEED}`;
  if (flag === '--port') return `expected ${A_PORT}`;
  if (flag === '--report') return 'expected the path of an HTML file to write';
  if (flag === '--after') return `expected ${MINUTES}`;
  if (flag === '--world') return 'expected the path of a world file';
  if (flag === '--story') return 'expected a name of --real --list';
  const names = Object.entries(NAMES).find(([name]) => name === flag)?.[1];
  return `expected one of ${(await names?.())?.join(', ')}`;
}

const choicesText = (words: readonly string[]): string => `there are ${words.join(', ')}`;

async function strayWord(word: string): Promise<string> {
  const name = nearest(word, await NAMES['--scenario']());
  return `unexpected word "${word}"${name ? `; did you mean --scenario ${name}?` : '; options begin with --'}`;
}

const nearest = (word: string, known: readonly string[]): string | undefined =>
  didYouMean(word, [...known], { threshold: LIKENESS }) ?? undefined;

/** Half of the letters must be in their places. With less it is a guess, and a wrong guess is worse than none. */
const LIKENESS = 0.5;
