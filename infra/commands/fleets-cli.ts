// `npm run fleets`: check, show and push fleet files; pause and resume. Exit status 0 done, 1 refused, 2 wrong use.
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Command, CommanderError } from 'commander';
import pico from 'picocolors';
import { unfitWord } from '../../shared/text/command-words.ts';
import { plainLines, terminalText } from '../../shared/text/terminal-text.ts';
import { fleetJsonSchemaPath, fleetJsonSchemaText } from '../fleet-json-schema.ts';
import { FleetFilesError, fleetPathsIn, fleetsDirectory, shortPath } from '../fleets.ts';
import { confirmOnTerminal } from './confirmation.ts';
import { type CheckContext, check } from './fleets/check.ts';
import { UsageError } from './fleets/context.ts';
import { StoreError, ssmParameterStore } from './fleets/parameter-store.ts';
import { pause, resume } from './fleets/pause.ts';
import { push } from './fleets/push.ts';
import { reference } from './fleets/reference.ts';
import { show } from './fleets/show.ts';
import { readAccount } from './preflight/account.ts';
import { awsBelongings } from './retire/belongings.ts';
import { listLeftovers } from './retire/leftovers.ts';
import { type RetireContext, retire } from './retire/retire.ts';

// Only on a terminal: picocolors would also colour a pipe in CI.
const colors = pico.createColors(process.stderr.isTTY === true && pico.isColorSupported);

export interface Terminal extends CheckContext, RetireContext {
  readonly complain: (text: string) => void;
}

/** @returns the exit status; any other thrown error is a defect of this program */
export async function runFleets(words: readonly string[], terminal: Terminal): Promise<0 | 1 | 2> {
  try {
    const unfit = unfitWord(words);
    if (unfit !== undefined) throw new UsageError(unfit);
    await commands(terminal).parseAsync([...words], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof UsageError) {
      terminal.complain(colors.red(plainLines(error.message)));
      return 2;
    }
    if (error instanceof FleetFilesError) {
      for (const line of error.lines) terminal.complain(line.replace(/^\S+/, (place) => colors.bold(place)));
      terminal.complain(colors.red(`${error.lines.length} to put right; nothing was changed`));
      return 1;
    }
    if (error instanceof StoreError || (error instanceof Error && 'syscall' in error)) {
      terminal.complain(colors.red(plainLines(error.message)));
      return 1;
    }
    throw error;
  }
}

function commands(terminal: Terminal): Command {
  const program = new Command('npm run fleets --')
    .description('Fleet files: infra/fleets/NAME.yaml')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.say(text.trimEnd()),
      writeErr: (text) => terminal.complain(text.trimEnd()),
    });
  program
    .command('check')
    .description('tell what is wrong in fleet files, with line and column')
    .argument('[file...]', 'all of infra/fleets unless given')
    .option('--account', 'ask the account, too, what a deployment would meet there')
    .action((files: string[], options: { account?: true }) => check(terminal, files, options));
  program
    .command('show')
    .description('print a fleet with every default, and where each came from')
    .argument('<name>')
    .action((name: string) => show(terminal, name));
  program
    .command('push')
    .description('store fleet files in SSM, where the functions read them at their next invocation')
    .argument('[name...]')
    .option('--all', 'every fleet')
    .action((names: string[], { all }: { all?: true }) => push(terminal, all ? 'all' : names));
  program
    .command('pause')
    .description('touch nothing from now on, in one fleet or anywhere')
    .argument('[fleet]', 'everything unless given')
    .requiredOption('--why <text>', 'the reason that a refusal will quote')
    .action((fleet: string | undefined, { why }: { why: string }) => pause(terminal, fleet, why));
  program
    .command('resume')
    .description('take a pause back')
    .argument('[fleet]', 'the pause of everything unless given')
    .action((fleet: string | undefined) => resume(terminal, fleet));
  program
    .command('retire')
    .description('remove the alarms and DNS records of a fleet that is given up, and say what else of it costs')
    .argument('<name>')
    .option('--yes', 'do not ask')
    .action((name: string, options: { yes?: true }) => retire(terminal, name, options));
  program
    .command('left')
    .description('say what stays in the account when the stack is destroyed')
    .argument('[name...]', 'all of infra/fleets unless given')
    .action((names: string[]) => listLeftovers(terminal, names.length > 0 ? names : namesOf(terminal.directory)));
  program
    .command('schema')
    .description(
      'write infra/fleet.schema.json, which editors complete and check fleet files by, after a change of the schema',
    )
    .action(() => {
      writeFileSync(fleetJsonSchemaPath, fleetJsonSchemaText());
      terminal.say(`${shortPath(fleetJsonSchemaPath)} is written.`);
    });
  program
    .command('reference')
    .description('write the tables of docs/fleet-files.md after a change of the schema')
    .action(() => reference(terminal));
  return program;
}

const namesOf = (directory: string): readonly string[] =>
  fleetPathsIn(directory).map((path) => basename(path).replace(/\.ya?ml$/, ''));

if (import.meta.main) {
  process.exitCode = await runFleets(process.argv.slice(2), {
    directory: fleetsDirectory,
    store: () => ssmParameterStore(),
    belongings: () => awsBelongings(),
    account: (fleets) => readAccount(fleets),
    confirm: confirmOnTerminal(),
    say: (text) => console.log(terminalText(text)),
    complain: (text) => console.error(terminalText(text)),
  });
}
