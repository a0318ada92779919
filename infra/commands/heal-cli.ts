// `npm run heal`: restore, replace, undo and snapshot a node by hand, answer the questions of heals, and show what is going on. Exit status 0 done, 1
// not, 2 wrong use.
import { createInterface } from 'node:readline/promises';
import { setTimeout } from 'node:timers/promises';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import pico from 'picocolors';
import { unfitWord } from '../../shared/text/command-words.ts';
import { plainText } from '../../shared/text/plain-text.ts';
import { terminalText } from '../../shared/text/terminal-text.ts';
import { UsageError } from './fleets/context.ts';
import { type AnswerOptions, answerQuestion } from './heal/approve.ts';
import { awsSuite } from './heal/aws-suite.ts';
import { type HealCommandContext, RequestError, type Suite, SuiteError } from './heal/context.ts';
import { type JournalOptions, journal } from './heal/journal.ts';
import { carryOut, type HealRequest, type HealRequestOptions } from './heal/request.ts';
import { status } from './heal/status.ts';
import { nodeOf, targetOf } from './heal/target.ts';

// Only on a terminal: picocolors would also colour a pipe in CI.
const colors = pico.createColors(process.stderr.isTTY === true && pico.isColorSupported);

/** @returns the exit status; any other thrown error is a defect of this program */
export async function runHeal(words: readonly string[], context: HealCommandContext): Promise<0 | 1 | 2> {
  const ended: { status: 0 | 1 } = { status: 0 };
  try {
    const unfit = unfitWord(words);
    if (unfit !== undefined) throw new UsageError(unfit);
    await commands(context, ended).parseAsync([...words], { from: 'user' });
    return ended.status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof UsageError || error instanceof RequestError || error instanceof SuiteError)) throw error;
    context.complain(colors.red(plainText(error.message)));
    return error instanceof SuiteError ? 1 : 2;
  }
}

function commands(context: HealCommandContext, ended: { status: 0 | 1 }): Command {
  const program = new Command('npm run heal --')
    .description('Heals by hand, in the account and region of your environment. Nodes are FLEET/NODE: bitcoin/node2')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.say(text.trimEnd()),
      writeErr: (text) => context.complain(text.trimEnd()),
    });
  const requestCommand = (name: string, argument: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .argument(argument, 'a node by its name or its instance id')
      .option('--plan', 'only say what would be done')
      .option('--wait', 'stay until it is over; its outcome is the exit status')
      .option('--for <minutes>', 'wait no longer than this', minutes)
      .option('--yes', 'do it without showing the plan and asking');
  const carry = async (made: HealRequest, options: HealRequestOptions): Promise<void> => {
    ended.status = await carryOut(context, made, options);
  };
  requestCommand('restore', '<node>', 'make new volumes for a node from its best snapshot, or from one that you name')
    .option('--snapshot <id>', 'this one, or the set that it belongs to', snapshotId)
    .option('--acknowledge-validator', 'it is a validator, and you know that no other copy of its key runs')
    .action((written: string, options: HealRequestOptions & { snapshot?: string; acknowledgeValidator?: true }) => {
      const { fleet, node, shown } = nodeOf(written);
      const { snapshot, acknowledgeValidator } = options;
      const more = {
        ...(snapshot !== undefined && { snapshotId: snapshot }),
        ...(acknowledgeValidator && { acknowledgesValidator: true }),
      };
      return carry({ event: { kind: 'restore', fleet, ...node, ...more }, words: `restore ${shown}` }, options);
    });
  requestCommand('replace', '<node>', 'put a node on a new instance; the old one is kept for days').action(
    (written: string, options: HealRequestOptions) => {
      const { fleet, node, shown } = nodeOf(written);
      return carry({ event: { kind: 'replace-instance', fleet, ...node }, words: `replace ${shown}` }, options);
    },
  );
  requestCommand('undo', '<node>', 'put back the volumes that a heal has kept').action(
    (written: string, options: HealRequestOptions) => {
      const { fleet, node, shown } = nodeOf(written);
      return carry({ event: { kind: 'undo', fleet, ...node }, words: `undo ${shown}` }, options);
    },
  );
  requestCommand(
    'snapshot',
    '<fleet[/node]>',
    'stop a donor cleanly, take a snapshot of its volumes, and start it again',
  )
    .option('--acknowledge-validator', 'it is a validator, and may sign nothing for some minutes')
    .action((written: string, options: HealRequestOptions & { acknowledgeValidator?: true }) => {
      const { acknowledgeValidator } = options;
      // No validator is chosen by itself.
      const { fleet, node, shown } = acknowledgeValidator ? nodeOf(written) : targetOf(written);
      const more = acknowledgeValidator && { acknowledgesValidator: true };
      return carry({ event: { kind: 'snapshot', fleet, ...node, ...more }, words: `snapshot ${shown}` }, options);
    });
  const decide = (name: 'approve' | 'reject', description: string): Command =>
    program
      .command(name)
      .description(description)
      .argument('<incident>', 'its digits from the page, or the first 4 of them; or the 12 of a plan of names or peers')
      .option('--plan <hash>', 'only if this is still the plan that waits')
      .option('--yes', 'answer without asking')
      .action(async (written: string, options: AnswerOptions) => {
        ended.status = await answerQuestion(context, name, written, options);
      });
  decide('approve', 'say yes to what a heal in mode ask waits for; shows the plan first');
  decide('reject', 'say no to it');
  program
    .command('journal')
    .description('what all functions have written of a fleet or a node lately')
    .argument('<fleet[/node]>')
    .option('--incident <digits>', 'only of this incident')
    .option('--lines <number>', 'so many; 40 unless given', lineCount)
    .action(async (written: string, options: JournalOptions) => {
      ended.status = await journal(context, targetOf(written), options);
    });
  program
    .command('status')
    .description('what is open in a fleet or on a node, and how far it is')
    .argument('<fleet[/node]>')
    .action(async (written: string) => {
      ended.status = await status(context, targetOf(written));
    });
  return program;
}

function minutes(written: string): number {
  const value = Number(written);
  if (Number.isInteger(value) && value >= 1 && value <= 48 * 60) return value;
  throw new InvalidArgumentError('Expected minutes, 1 to 2880, for example 90.');
}

function lineCount(written: string): number {
  const value = Number(written);
  if (Number.isInteger(value) && value >= 1 && value <= 1_000) return value;
  throw new InvalidArgumentError('Expected a number of lines, 1 to 1000.');
}

function snapshotId(written: string): string {
  if (/^snap-[0-9a-f]{8,17}$/.test(written)) return written;
  throw new InvalidArgumentError('Expected snap- and 8 to 17 hex digits.');
}

/** Erases the line, and goes back to its beginning (ECMA-48: EL 2, CR). */
const ERASE = '\x1b[2K\r';

function terminalDesk(): HealCommandContext {
  const isTerminal = process.stdout.isTTY === true;
  let suite: Suite | undefined;
  const write = (text: string): void => void process.stdout.write(`${isTerminal ? ERASE : ''}${terminalText(text)}\n`);
  return {
    suite: () => {
      suite ??= awsSuite();
      return suite;
    },
    say: write,
    complain: (text) => void process.stderr.write(`${isTerminal ? ERASE : ''}${terminalText(text)}\n`),
    status: (text) => {
      const room = Math.max(1, (process.stdout.columns ?? 80) - 1);
      if (isTerminal) process.stdout.write(`${ERASE}${plainText(text, room)}`);
    },
    confirm: isTerminal && process.stdin.isTTY === true ? confirm : undefined,
    sleep: (ms) => setTimeout(ms),
  };
}

async function confirm(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await lines.question(`${plainText(question)} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}

if (import.meta.main) {
  process.once('SIGINT', () => {
    process.stderr.write(
      `\nNobody is waiting any more; what was begun goes on. See: npm run heal -- status FLEET/NODE\n`,
    );
    process.exit(130);
  });
  process.exitCode = await runHeal(process.argv.slice(2), terminalDesk());
}
