// `chainmend diff`, as a verb of the program.
import type { Command } from 'commander';
import { KEPT_DAYS } from '../backtest/history.ts';
import type { Ended, Opened } from '../program.ts';
import { whole } from '../whole-number.ts';
import type { DiffContext, DiffOptions } from './diff.ts';

const names = (words: string): readonly string[] => words.split(',').map((word) => word.trim());

export function addDiffVerb(program: Command, open: Opened<DiffContext>, ended: Ended): void {
  program
    .command('diff')
    .description('compare two versions of a fleet file, or of chainmend, in the same stories')
    .argument('[before]', 'a fleet file')
    .argument('[after]', 'another version of it; with --code there is one file, or none')
    .option('--code <version>', 'another version of chainmend: a folder, or a git commit')
    .option('--storms <n>', 'so many storms of four hours; 3 unless given, none beside --scenarios', whole(0, 500))
    .option('--only <types>', 'storms of these faults alone, with commas: one after the other', names)
    .option('--scenarios <names>', 'with --code: these scenarios as well, with commas; all: every one', names)
    .option('--nodes <n>', 'nodes of the fleet that is played; 5 unless given', whole(1, 20))
    .option('--seed <n>', 'another seed is another run', whole(0, Number.MAX_SAFE_INTEGER))
    .option(
      '--days <n>',
      'so many days of the account, too: which incidents would be decided otherwise',
      whole(1, KEPT_DAYS.calls),
    )
    .option('--journal', 'which decisions of the journal would be others')
    .option('--since <time>', 'with --journal: minutes, hours or days back, 30d unless given, and at most')
    .option('--markdown', 'as a comment for a pull request')
    .action(async (before: string | undefined, after: string | undefined, options: DiffOptions) => {
      const { diff } = await import('./diff.ts');
      Object.assign(ended, await diff(await open(), [before, after], options));
    });
}
