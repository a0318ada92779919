// The words of `chainmend adopt`.
import { Command } from 'commander';
import { type AdoptOptions, adopt } from './adopt.ts';
import type { AdoptContext } from './context.ts';

/** @param ended gets the exit status */
export const adoptCommand = (context: AdoptContext, ended: (status: 0 | 1) => void): Command =>
  new Command('adopt')
    .description('read an account, change nothing, and propose fleet files for the nodes that run there')
    .option('--out <dir>', 'write the files there, never over one that exists')
    .option('--plan', 'only print what would be written')
    .option('--tag <key=value>', 'read only instances with this tag')
    .option('--read-out <file>', 'write what was read to a file, and propose nothing')
    .option('--from <file>', 'use such a file in place of the account; needs no credentials')
    .option('--no-mask', 'keep names, addresses, ids and the account in the read-out')
    .option('--json', 'one JSON object')
    .action(async (options: AdoptOptions) => ended(await adopt(context, [], options)));
