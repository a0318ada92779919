// `chainmend adopt` as a process of its own. Exit status 0 done, 1 not, 2 wrong use.
import { Command, CommanderError } from 'commander';
import pico from 'picocolors';
import { unfitWord } from '../../shared/text/command-words.ts';
import { plainText } from '../../shared/text/plain-text.ts';
import { plainLines, terminalText } from '../../shared/text/terminal-text.ts';
import { readAccount } from './adopt/account.ts';
import { adoptCommand } from './adopt/command.ts';
import type { AdoptContext } from './adopt/context.ts';
import { localTwin } from './adopt/twin.ts';
import { UsageError } from './fleets/context.ts';
import { StoreError } from './fleets/parameter-store.ts';

// Only on a terminal: picocolors would also colour a pipe in CI.
const colors = pico.createColors(process.stderr.isTTY === true && pico.isColorSupported);

/** @param words after `adopt`. @returns the exit status; any other thrown error is a defect of this program */
export async function runAdopt(words: readonly string[], context: AdoptContext): Promise<0 | 1 | 2> {
  let status: 0 | 1 = 0;
  const ended = (with_: 0 | 1): void => {
    status = with_;
  };
  try {
    const unfit = unfitWord(words);
    if (unfit !== undefined) throw new UsageError(unfit);
    const program = new Command('chainmend').exitOverride().configureOutput({
      writeOut: (text) => context.say(text.trimEnd()),
      writeErr: (text) => context.complain(text.trimEnd()),
    });
    program.addCommand(adoptCommand(context, ended).copyInheritedSettings(program));
    await program.parseAsync(['adopt', ...words], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const isFile = error instanceof Error && 'syscall' in error;
    if (!(error instanceof UsageError || error instanceof StoreError || isFile)) throw error;
    context.complain(colors.red(plainLines(error.message)));
    return error instanceof UsageError ? 2 : 1;
  }
}

if (import.meta.main) {
  const { isTTY, columns = 80 } = process.stderr;
  process.exitCode = await runAdopt(process.argv.slice(2), {
    say: (text) => void process.stdout.write(`${terminalText(text)}\n`),
    complain: (text) => void process.stderr.write(`${terminalText(text)}\n`),
    // ECMA-48: EL 2, CR.
    status: (text) =>
      void (isTTY && process.stderr.write(`\x1b[2K\r${plainText(`reading ${text}`, columns - 1)}\x1b[2K\r`)),
    read: (options) => readAccount(options),
    playTwin: localTwin,
  });
}
