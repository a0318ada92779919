// `chainmend adopt`, as a verb of the program.
import type { Command } from 'commander';
import type { Ended, Opened } from '../program.ts';
import { needClone } from '../program-name.ts';
import { whole } from '../whole-number.ts';
import type { AdoptOptions } from './adopt.ts';
import type { AdoptContext } from './context.ts';

export function addAdoptVerb(program: Command, open: Opened<AdoptContext>, ended: Ended): void {
  program
    .command('adopt')
    .description('read an account, and propose fleet files for its nodes')
    .option('--out <dir>', 'write the files there, never over one that exists')
    .option('--plan', 'only print what would be written')
    .option('--tag <key=value>', 'read only instances with this tag')
    .option('--read-out <file>', 'only write what was read to a file')
    .option('--from <file>', 'use such a file in place of the account; needs no credentials')
    .option('--no-mask', 'keep names, addresses, ids and the account in the read-out')
    .option('--twin', 'play each fleet in the local region, with four faults')
    .option('--storms <n>', 'with --twin: so many storms of each fleet, too', whole(1, STORMS_MAX))
    .option('--seed <n>', 'with --twin: another seed is another run', whole(0, Number.MAX_SAFE_INTEGER))
    .action(async (options: AdoptOptions) => {
      if (options.twin) needClone('adopt --twin');
      const { adopt } = await import('./adopt.ts');
      const { status, facts } = await adopt(await open(), options);
      ended.status = status;
      ended.facts = facts;
    });
}

/** A storm takes a minute. */
const STORMS_MAX = 100;
