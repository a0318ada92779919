// The verb doctor: would a heal work now?
import type { Command } from 'commander';
import type { Ended, Opened } from '../program.ts';
import type { DoctorContext, DoctorOptions } from './doctor.ts';

export function addDoctorVerb(program: Command, open: Opened<DoctorContext>, ended: Ended): void {
  program
    .command('doctor')
    .description('would a heal work now? Reads, asks AWS for dry runs, and changes nothing')
    .argument('[fleet...]', 'these fleets; all of them unless given')
    .option('--files', 'the fleet files of this checkout, not the stored ones')
    .option('--fleets <folder>', 'of fleet files, in place of the stored ones')
    .option('--command', 'send each node a command that only looks')
    .action(async (fleets: readonly string[], options: DoctorOptions) => {
      const { doctor } = await import('./doctor.ts');
      Object.assign(ended, await doctor(await open(), fleets, options));
    });
}
