// `names adopt` and `names release`: hand existing DNS records over to a fleet, and give them back.
import type { Command } from 'commander';
import type { YesOption } from '../consent.ts';
import type { Ended, Opened } from '../program.ts';
import type { NamesContext } from './context.ts';

export function addNamesVerbs(program: Command, open: Opened<NamesContext>, ended: Ended): void {
  const names = program.command('names').description('DNS records that chainmend did not make');
  names
    .command('adopt')
    .description('hand existing records of a fleet’s nodes to chainmend, by a marker beside each')
    .argument('<fleet>')
    .action(async (fleet: string, options: YesOption) => {
      const { adopt } = await import('./adopt.ts');
      ended.status = await adopt(await open(), fleet, options);
    });
  names
    .command('release')
    .description('give a fleet’s records back: the markers go, the records stay')
    .argument('<fleet>')
    .action(async (fleet: string, options: YesOption) => {
      const { release } = await import('./release.ts');
      ended.status = await release(await open(), fleet, options);
    });
}
