// Verbs about fleet files, pauses, and fleets that are given up.
import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { quoted } from '../../../shared/text/command-words.ts';
import { fleetPathsIn } from '../../fleets.ts';
import type { Ended } from '../program.ts';
import { listLeftovers } from '../retire/leftovers.ts';
import { type RetireContext, retire } from '../retire/retire.ts';
import { type CheckContext, check } from './check.ts';
import { checkFleetName, UsageError } from './context.ts';
import { pause, resume } from './pause.ts';
import { push } from './push.ts';
import { show } from './show.ts';

export interface FleetsDesk extends CheckContext, RetireContext {}

interface FolderOption {
  readonly fleets?: string;
}

/** The same desk at another folder of fleet files. @throws UsageError where there is none */
const at = (desk: FleetsDesk, { fleets }: FolderOption): FleetsDesk =>
  fleets === undefined ? desk : { ...desk, directory: folderOf(fleets) };

/** @throws UsageError where there is no such folder */
export function folderOf(fleets: string): string {
  if (statSync(fleets, { throwIfNoEntry: false })?.isDirectory()) return resolve(fleets);
  throw new UsageError(`--fleets: expected a folder with fleet files, and there is none at ${quoted(fleets)}`);
}

export function addFleetVerbs(program: Command, desk: FleetsDesk, ended: Ended): void {
  const verb = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .option('--fleets <folder>', 'of fleet files; infra/fleets unless given');
  verb('check', 'tell what is wrong in fleet files, with line and column')
    .argument('[file...]', 'all of the folder unless given')
    .option('--account', 'ask the account, too, what a deployment would meet there')
    .action(async (files: string[], options: FolderOption & { account?: true }) => {
      ended.facts = await check(at(desk, options), files, options);
    });
  verb('show', 'print a fleet with every default, and where each came from')
    .argument('<name>')
    .action((name: string, options: FolderOption) => {
      ended.facts = show(at(desk, options), name);
    });
  verb('push', 'store fleet files in SSM, where the functions read them at their next invocation')
    .argument('[name...]')
    .option('--all', 'every fleet of the folder')
    .action((names: string[], options: FolderOption & { all?: true; yes?: true }) =>
      push(at(desk, options), options.all ? 'all' : names, options),
    );
  verb('pause', 'touch nothing from now on, in one fleet or anywhere')
    .argument('[fleet]', 'everything unless given')
    .requiredOption('--why <text>', 'the reason that a refusal will quote')
    .action((fleet: string | undefined, options: FolderOption & { why: string }) =>
      pause(at(desk, options), fleet, options.why),
    );
  verb('resume', 'take a pause back')
    .argument('[fleet]', 'the pause of everything unless given')
    .action((fleet: string | undefined, options: FolderOption) => resume(at(desk, options), fleet));
  program
    .command('retire')
    .description('remove the alarms and DNS records of a fleet that is given up, and say what else of it costs')
    .argument('<name>')
    .action((name: string, options: { yes?: true }) => retire(desk, name, options));
  verb('left', 'say what stays in the account when the stack is destroyed')
    .argument('[name...]', 'all of the folder unless given')
    .action((names: string[], options: FolderOption) => {
      for (const name of names) checkFleetName(name);
      const chosen = at(desk, options);
      return listLeftovers(chosen, names.length > 0 ? names : namesOf(chosen.directory));
    });
}

const namesOf = (directory: string): readonly string[] =>
  fleetPathsIn(directory).map((path) => basename(path).replace(/\.ya?ml$/, ''));
