// The frame of every verb of `chainmend`: the flags that all of them share, their result as text or as one JSON object, what errors become, and the
// exit status. 0: done, 1: not done or problems found, 2: wrong use.
import { Command, CommanderError, Option } from 'commander';
import pico from 'picocolors';
import { unfitWord } from '../../shared/text/command-words.ts';
import { plainLines } from '../../shared/text/terminal-text.ts';
import { FleetFilesError } from '../fleet-files-error.ts';
import { ReportFileError } from '../report/file-error.ts';
import { NeedsYesError, RequestError, SmokeError, StoreError, SuiteError, UsageError } from './errors.ts';
import { refuseRepeated } from './given-once.ts';
import { PROGRAM, VERSION } from './program-name.ts';
import { effectText, rowOf } from './verb-table.ts';

/** Only on a terminal: picocolors would also colour a pipe in CI. */
const colors = pico.createColors(process.stderr.isTTY === true && pico.isColorSupported);

/** Flags of every verb. */
export interface SharedOptions {
  readonly json?: true;
  readonly region?: string;
  readonly profile?: string;
  readonly local?: string;
  /** Of the suite. */
  readonly name?: string;
}

/** Where a program writes. */
export interface Output {
  readonly say: (text: string) => void;
  readonly complain: (text: string) => void;
  /** Called with the flags of the verb that was chosen, before its work. */
  readonly prepare?: (options: SharedOptions) => Promise<void>;
  /** Writes the one object of `--json`. */
  readonly write?: (result: JsonResult) => void;
}

export interface JsonResult {
  readonly status: 0 | 1 | 2;
  /** undefined: the verb has only text. */
  readonly facts: object | undefined;
}

/** What a verb leaves behind. */
export interface Ended {
  status: 0 | 1;
  /** Its result for machines; without it `--json` has only the status and what went wrong. */
  facts: object | undefined;
}

/** What a group of verbs works with. It is made, and its code is read, when one of its verbs is chosen. */
export type Opened<Context> = () => Promise<Context>;

export type AddVerbs = (program: Command, ended: Ended) => void;

/** @returns the exit status; any other thrown error is a defect of this program */
export async function runProgram(words: readonly string[], output: Output, add: AddVerbs): Promise<0 | 1 | 2> {
  const ended: Ended = { status: 0, facts: undefined };
  const { write, complain } = output;
  // Before the words are read: a program that asked for JSON gets it for wrong words, too.
  let isJson = words.includes('--json');
  const end = (status: 0 | 1 | 2): 0 | 1 | 2 => {
    if (isJson) write?.({ status, facts: ended.facts });
    return status;
  };
  try {
    const unfit = unfitWord(words);
    if (unfit !== undefined) throw new UsageError(unfit);
    const program = programOf(output, (options) => {
      isJson = options.json === true;
    });
    add(program, ended);
    for (const verb of leavesOf(program)) {
      addSharedOptions(verb);
      verb.addHelpText('after', `\n${effectText(rowOf(fullName(verb)))}`);
      refuseRepeated(verb, (sentence) => {
        throw new UsageError(sentence);
      });
    }
    await program.parseAsync([...words], { from: 'user' });
    return end(ended.status);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : end(2);
    if (error instanceof FleetFilesError) {
      for (const line of error.lines) complain(line.replace(/^\S+/, (place) => colors.bold(place)));
      complain(colors.red(`${errorsText(error.lines.length)}; nothing was changed`));
      return end(1);
    }
    if (error instanceof NeedsYesError) {
      complain(colors.red(plainLines(needsYesText(error, words))));
      return end(1);
    }
    const status = statusOf(error);
    if (status === undefined) throw error;
    complain(colors.red(plainLines((error as Error).message)));
    return end(status);
  }
}

/** With the line that a person pastes. */
const needsYesText = ({ message, looks }: NeedsYesError, words: readonly string[]): string => {
  const see = looks === undefined ? '' : `; ${looks} in its place only says what would be done`;
  return `${message}: this is not a terminal, so no question can be asked. Nothing was changed. With a yes${see}:\n  ${PROGRAM} ${[...withoutName(words), '--yes'].map(shellWord).join(' ')}`;
};

/** What a person reads names the suite already (`forSuite`). */
const withoutName = (words: readonly string[]): readonly string[] =>
  words.filter((word, at) => !/^--name(=|$)/.test(word) && words[at - 1] !== '--name');

/** As a shell takes it for one word. */
const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

const errorsText = (count: number): string => (count === 1 ? '1 error' : `${count} errors`);

function statusOf(error: unknown): 1 | 2 | undefined {
  if (error instanceof UsageError || error instanceof RequestError) return 2;
  const isOurs =
    error instanceof SuiteError ||
    error instanceof StoreError ||
    error instanceof SmokeError ||
    error instanceof ReportFileError;
  // Errors of the file system name the file.
  return isOurs || (error instanceof Error && 'syscall' in error) ? 1 : undefined;
}

function programOf(output: Output, chosen: (options: SharedOptions) => void): Command {
  const program = new Command(PROGRAM)
    .description('Keeps fleets of blockchain nodes on AWS healthy. Nodes are FLEET/NODE: bitcoin/node2')
    .version(VERSION, '--version', 'the version of chainmend')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.say(text.trimEnd()),
      writeErr: (text) => output.complain(text.trimEnd()),
    })
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: false })
    // Before the verb, too: what a page offers to paste has it there.
    .addOption(new Option(...NAME).hideHelp());
  refuseRepeated(program, (sentence) => {
    throw new UsageError(sentence);
  });
  program.hook('preAction', async (_, verb) => {
    const options = verb.optsWithGlobals<SharedOptions>();
    chosen(options);
    await output.prepare?.(options);
  });
  return program;
}

/** Verbs, and verbs of verbs (`names adopt`), without those that only hold others. */
export function leavesOf(program: Command): readonly Command[] {
  return program.commands.flatMap((verb) => (verb.commands.length > 0 ? leavesOf(verb) : [verb]));
}

/** `names adopt`. */
export const fullName = (verb: Command): string =>
  `${verb.parent?.parent ? `${verb.parent.name()} ` : ''}${verb.name()}`;

const NAME = ['--name <name>', 'of the suite, where several live in the region; else CHAINMEND_NAME'] as const;

const SHARED: readonly (readonly [flags: string, description: string])[] = [
  ['--json', 'one JSON object on stdout in place of text'],
  ['--region <name>', 'of AWS; else that of your environment'],
  ['--profile <name>', 'of your AWS configuration; else that of your environment'],
  NAME,
  ['--local <scenario>', 'in the local region after this scenario has ended; NAME@30: after 30 minutes of it'],
  ['--yes', 'do not ask'],
];

function addSharedOptions(verb: Command): void {
  for (const [flags, description] of SHARED) {
    const option = new Option(flags, description).helpGroup('Flags of every verb:');
    if (!verb.options.some(({ long }) => long === option.long)) verb.addOption(option);
  }
}
