// The verb `report`.
import type { Command } from 'commander';
import type { Ended, Opened } from '../program.ts';
import type { ReportContext, ReportOptions } from './report.ts';

export function addReportVerb(program: Command, open: Opened<ReportContext>, ended: Ended): void {
  program
    .command('report')
    .description('write what happened as one HTML page: heals, nodes, refusals, pages')
    .argument('[fleet...]', 'every fleet unless given')
    .option('--since <time>', 'minutes, hours or days back: 90m, 36h, 7d; 30d at most', '7d')
    .option('--out <file>', 'where the page is written', 'chainmend-report.html')
    .action(async (fleets: string[], options: ReportOptions) => {
      const { report } = await import('./report.ts');
      Object.assign(ended, await report(await open(), fleets, options));
    });
}
