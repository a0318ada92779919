// `npm run names`: hands existing DNS records over to a fleet, and gives them back. Exit status 0 done, 1 refused, 2 wrong use.
import { Command, CommanderError } from 'commander';
import pico from 'picocolors';
import { unfitWord } from '../../shared/text/command-words.ts';
import { plainLines, terminalText } from '../../shared/text/terminal-text.ts';
import { confirmOnTerminal } from './confirmation.ts';
import { UsageError } from './fleets/context.ts';
import { StoreError } from './fleets/parameter-store.ts';
import { awsNames } from './names/account.ts';
import { adopt } from './names/adopt.ts';
import type { NamesContext, NamesOptions } from './names/context.ts';
import { release } from './names/release.ts';
import { awsBelongings } from './retire/belongings.ts';

// Only on a terminal: picocolors would also colour a pipe in CI.
const colors = pico.createColors(process.stderr.isTTY === true && pico.isColorSupported);

export interface NamesTerminal extends NamesContext {
  readonly complain: (text: string) => void;
}

/** @returns the exit status; any other thrown error is a defect of this program */
export async function runNames(words: readonly string[], terminal: NamesTerminal): Promise<0 | 1 | 2> {
  try {
    const unfit = unfitWord(words);
    if (unfit !== undefined) throw new UsageError(unfit);
    await commands(terminal).parseAsync([...words], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof UsageError || error instanceof StoreError)) throw error;
    terminal.complain(colors.red(plainLines(error.message)));
    return error instanceof StoreError ? 1 : 2;
  }
}

function commands(terminal: NamesTerminal): Command {
  const program = new Command('npm run names --')
    .description('DNS records that chainmend did not make, in the account and region of your environment')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.say(text.trimEnd()),
      writeErr: (text) => terminal.complain(text.trimEnd()),
    });
  program
    .command('adopt')
    .description('hand existing records of a fleet’s nodes over: shows them, asks, and writes a marker beside each')
    .argument('<fleet>')
    .option('--yes', 'do not ask')
    .action((fleet: string, options: NamesOptions) => adopt(terminal, fleet, options));
  program
    .command('release')
    .description('give a fleet’s records back: shows them, asks, and removes the markers; the records stay')
    .argument('<fleet>')
    .option('--yes', 'do not ask')
    .action((fleet: string, options: NamesOptions) => release(terminal, fleet, options));
  return program;
}

if (import.meta.main) {
  const say = (text: string) => console.log(terminalText(text));
  process.exitCode = await runNames(process.argv.slice(2), {
    account: () => awsNames(),
    belongings: () => awsBelongings(),
    confirm: confirmOnTerminal(),
    say,
    complain: (text) => console.error(terminalText(text)),
  });
}
