// `chainmend diff`, as a verb of the program.
import type { Command } from 'commander';
import type { Ended } from '../program.ts';
import { whole } from '../whole-number.ts';
import { type DiffContext, type DiffOptions, diff } from './diff.ts';

export function addDiffVerb(program: Command, context: DiffContext, ended: Ended): void {
  program
    .command('diff')
    .description('what a change of a fleet file would change: both versions, played in the same drills and storms')
    .argument('<before>', 'a fleet file')
    .argument('<after>', 'another version of it')
    .option('--storms <n>', 'so many storms of four hours, besides the drills; 3 unless given', whole(0, 500))
    .option('--nodes <n>', 'nodes of the fleet that is played; 5 unless given', whole(1, 20))
    .option('--seed <n>', 'another seed is another run', whole(0, Number.MAX_SAFE_INTEGER))
    .option('--markdown', 'as a comment for a pull request')
    .action(async (before: string, after: string, options: DiffOptions) => {
      Object.assign(ended, await diff(context, [before, after], options));
    });
}
