// `chainmend backtest`, as a verb of the program.
import type { Command } from 'commander';
import type { Ended, Opened } from '../program.ts';
import { whole } from '../whole-number.ts';
import type { BacktestContext, BacktestOptions } from './backtest.ts';
import { KEPT_DAYS } from './history.ts';

export function addBacktestVerb(program: Command, open: Opened<BacktestContext>, ended: Ended): void {
  program
    .command('backtest')
    .description('what would have been done in the last days, by what AWS has kept of them, beside what people did')
    .argument('[fleet...]', 'every fleet unless given')
    .option('--days <n>', `so many days back, ${KEPT_DAYS.calls} at most`, whole(1, KEPT_DAYS.calls), KEPT_DAYS.calls)
    .option('--fleets <folder>', 'the fleet files of this folder, and not those that are stored in the account')
    .action(async (names: string[], options: BacktestOptions) => {
      const { backtest } = await import('./backtest.ts');
      Object.assign(ended, await backtest(await open(), names, options));
    });
}
