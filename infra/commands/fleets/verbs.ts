// Verbs about fleet files, pauses, and fleets that are given up.
import { basename } from 'node:path';
import type { Command } from 'commander';
import { fleetPathsIn } from '../../fleets.ts';
import type { Ended } from '../program.ts';
import { listLeftovers } from '../retire/leftovers.ts';
import { type RetireContext, retire } from '../retire/retire.ts';
import { type CheckContext, check } from './check.ts';
import { pause, resume } from './pause.ts';
import { push } from './push.ts';
import { show } from './show.ts';

export interface FleetsDesk extends CheckContext, RetireContext {}

export function addFleetVerbs(program: Command, desk: FleetsDesk, ended: Ended): void {
  program
    .command('check')
    .description('tell what is wrong in fleet files, with line and column')
    .argument('[file...]', 'all of infra/fleets unless given')
    .option('--account', 'ask the account, too, what a deployment would meet there')
    .action(async (files: string[], options: { account?: true }) => {
      ended.facts = await check(desk, files, options);
    });
  program
    .command('show')
    .description('print a fleet with every default, and where each came from')
    .argument('<name>')
    .action((name: string) => {
      ended.facts = show(desk, name);
    });
  program
    .command('push')
    .description('store fleet files in SSM, where the functions read them at their next invocation')
    .argument('[name...]')
    .option('--all', 'every fleet')
    .action((names: string[], options: { all?: true; yes?: true }) => push(desk, options.all ? 'all' : names, options));
  program
    .command('pause')
    .description('touch nothing from now on, in one fleet or anywhere')
    .argument('[fleet]', 'everything unless given')
    .requiredOption('--why <text>', 'the reason that a refusal will quote')
    .action((fleet: string | undefined, { why }: { why: string }) => pause(desk, fleet, why));
  program
    .command('resume')
    .description('take a pause back')
    .argument('[fleet]', 'the pause of everything unless given')
    .action((fleet: string | undefined) => resume(desk, fleet));
  program
    .command('retire')
    .description('remove the alarms and DNS records of a fleet that is given up, and say what else of it costs')
    .argument('<name>')
    .action((name: string, options: { yes?: true }) => retire(desk, name, options));
  program
    .command('left')
    .description('say what stays in the account when the stack is destroyed')
    .argument('[name...]', 'all of infra/fleets unless given')
    .action((names: string[]) => listLeftovers(desk, names.length > 0 ? names : namesOf(desk.directory)));
}

const namesOf = (directory: string): readonly string[] =>
  fleetPathsIn(directory).map((path) => basename(path).replace(/\.ya?ml$/, ''));
