// The verb `report`.
import type { Command } from 'commander';
import type { Ended } from '../program.ts';
import { type ReportContext, type ReportOptions, report } from './report.ts';

export function addReportVerb(program: Command, context: ReportContext, ended: Ended): void {
  program
    .command('report')
    .description('writes what happened as one HTML page: heals step by step, how every node was, refusals, pages')
    .argument('[fleet...]', 'every fleet unless given')
    .option('--since <time>', 'minutes, hours or days back: 90m, 36h, 7d; 30d at most', '7d')
    .option('--out <file>', 'where the page is written', 'chainmend-report.html')
    .action(async (fleets: string[], options: ReportOptions) => {
      Object.assign(ended, await report(context, fleets, options));
    });
}
