// Verbs about fleet files, pauses, and fleets that are given up.
import { statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { quoted } from '../../../shared/text/command-words.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { UsageError } from '../errors.ts';
import type { Target } from '../heal/target.ts';
import type { Ended, Opened } from '../program.ts';
import type { RetireContext } from '../retire/retire.ts';
import type { CheckContext } from './check.ts';
import { checkFleetName } from './context.ts';
import type { PauseContext } from './pause.ts';
import type { PushContext } from './push.ts';

export interface FleetsDesk extends CheckContext, RetireContext, PauseContext, PushContext {}

interface FolderOption {
  readonly fleets?: string;
}

/** The same desk at another folder of fleet files. @throws UsageError where there is none */
const at = async (open: Opened<FleetsDesk>, { fleets }: FolderOption): Promise<FleetsDesk> => {
  const directory = fleets === undefined ? undefined : folderOf(fleets);
  const desk = await open();
  return directory === undefined ? desk : { ...desk, directory };
};

/** @throws UsageError where there is no such folder */
export function folderOf(fleets: string): string {
  if (statSync(fleets, { throwIfNoEntry: false })?.isDirectory()) return resolve(fleets);
  throw new UsageError(`--fleets: expected a folder with fleet files, and there is none at ${quoted(fleets)}`);
}

export function addFleetVerbs(program: Command, open: Opened<FleetsDesk>, ended: Ended): void {
  const verb = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .option('--fleets <folder>', 'of fleet files; infra/fleets unless given');
  verb('check', 'tell what is wrong in fleet files, with line and column')
    .argument('[file...]', 'all of the folder unless given')
    .option('--account', 'also what a deployment would meet in the account')
    .action(async (files: string[], options: FolderOption & { account?: true }) => {
      const { check } = await import('./check.ts');
      ended.facts = await check(await at(open, options), files, options);
    });
  verb('show', 'print a fleet with every default, and where each came from')
    .argument('<name>')
    .option('--agent', 'instead, the configuration of the CloudWatch agent on its nodes')
    .action(async (name: string, options: FolderOption & { agent?: true }) => {
      const { show } = await import('./show.ts');
      ended.facts = show(await at(open, options), name, options);
    });
  verb('push', 'store fleet files in SSM, where the functions read them')
    .argument('[name...]')
    .option('--all', 'every fleet of the folder')
    .action(async (names: string[], options: FolderOption & { all?: true; yes?: true }) => {
      const { push } = await import('./push.ts');
      ended.status = await push(await at(open, options), options.all ? 'all' : names, options);
    });
  verb('pause', 'touch nothing from now on: one node, one fleet, or anything')
    .argument('[fleet[/node]]', 'everything unless given')
    .option('--why <text>', 'the reason; who and when unless given')
    .action(async (written: string | undefined, options: FolderOption & { why?: string }) => {
      const { pause, pauseNode } = await import('./pause.ts');
      const why = options.why ?? whoAndWhen();
      const node = await oneNode(written);
      const desk = await at(open, options);
      await (node ? pauseNode(desk, node, why) : pause(desk, written, why));
    });
  verb('resume', 'take a pause back')
    .argument('[fleet[/node]]', 'the pause of everything unless given')
    .action(async (written: string | undefined, options: FolderOption) => {
      const { resume, resumeNode } = await import('./pause.ts');
      const node = await oneNode(written);
      const desk = await at(open, options);
      await (node ? resumeNode(desk, node) : resume(desk, written));
    });
  program
    .command('retire')
    .description('remove the alarms and DNS records of a fleet, and say what else of it costs')
    .argument('<name>')
    .action(async (name: string, options: { yes?: true }) => {
      const { retire } = await import('../retire/retire.ts');
      ended.status = await retire(await open(), name, options);
    });
  verb('left', 'say what stays in the account when the stack is destroyed')
    .argument('[name...]', 'all of the folder unless given')
    .action(async (names: string[], options: FolderOption) => {
      for (const name of names) checkFleetName(name);
      const chosen = await at(open, options);
      const { listLeftovers } = await import('../retire/leftovers.ts');
      await listLeftovers(chosen, names.length > 0 ? names : await namesOf(chosen.directory));
    });
}

/** undefined: a fleet, or nothing, is named. */
async function oneNode(written: string | undefined): Promise<Target | undefined> {
  if (!written?.includes('/')) return undefined;
  const { nodeOf } = await import('../heal/target.ts');
  return nodeOf(written);
}

async function namesOf(directory: string): Promise<readonly string[]> {
  const { fleetPathsIn } = await import('../../fleets.ts');
  return fleetPathsIn(directory).map((path) => basename(path).replace(/\.ya?ml$/, ''));
}

/** Nobody in a hurry has to find words. */
function whoAndWhen(): string {
  const at = `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  try {
    return `${plainText(userInfo().username, 64).replaceAll('{', '')} at ${at}`;
  } catch {
    // The user of a container need not have a name.
    return `somebody at ${at}`;
  }
}
