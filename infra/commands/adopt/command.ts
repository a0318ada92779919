// The words of `chainmend adopt`.
import { Command, InvalidArgumentError } from 'commander';
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
    .option('--twin', 'play each fleet in the local region: a full disk, a stuck client, broken data, a lost instance')
    .option('--storms <n>', 'with --twin: so many storms of each fleet, too', whole(1, STORMS_MAX))
    .option('--seed <n>', 'with --twin: another seed is another run', whole(0, Number.MAX_SAFE_INTEGER))
    .option('--json', 'one JSON object')
    .action(async (options: AdoptOptions) => ended(await adopt(context, [], options)));

/** A storm takes a minute. */
const STORMS_MAX = 100;

const whole =
  (least: number, most: number) =>
  (written: string): number => {
    const value = Number(written);
    if (/^\d+$/.test(written) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
