// `names adopt` and `names release`: hand existing DNS records over to a fleet, and give them back.
import type { Command } from 'commander';
import { adopt } from './adopt.ts';
import type { NamesContext, NamesOptions } from './context.ts';
import { release } from './release.ts';

export function addNamesVerbs(program: Command, context: NamesContext): void {
  const names = program.command('names').description('DNS records that chainmend did not make');
  names
    .command('adopt')
    .description('hand existing records of a fleet’s nodes over: shows them, asks, and writes a marker beside each')
    .argument('<fleet>')
    .action((fleet: string, options: NamesOptions) => adopt(context, fleet, options));
  names
    .command('release')
    .description('give a fleet’s records back: shows them, asks, and removes the markers; the records stay')
    .argument('<fleet>')
    .action((fleet: string, options: NamesOptions) => release(context, fleet, options));
}
