// `chainmend backtest`, as a verb of the program.
import type { Command } from 'commander';
import type { Ended, Opened } from '../program.ts';
import { whole } from '../whole-number.ts';
import type { BacktestContext, BacktestOptions } from './backtest.ts';
import { KEPT_DAYS } from './history.ts';

export function addBacktestVerb(program: Command, open: Opened<BacktestContext>, ended: Ended): void {
  program
    .command('backtest')
    .description('what chainmend would have done in the last days, beside what people did')
    .argument('[fleet...]', 'every fleet unless given')
    .option('--days <n>', `days back, ${KEPT_DAYS.calls} at most`, whole(1, KEPT_DAYS.calls), KEPT_DAYS.calls)
    .option('--fleets <folder>', 'of fleet files, in place of the stored ones')
    .action(async (names: string[], options: BacktestOptions) => {
      const { backtest } = await import('./backtest.ts');
      Object.assign(ended, await backtest(await open(), names, options));
    });
}
