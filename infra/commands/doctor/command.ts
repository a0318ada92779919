// The words of `chainmend doctor`.
import { Command } from 'commander';
import { type DoctorContext, type DoctorOptions, doctor } from './doctor.ts';

/** @param end takes the exit status */
export const doctorCommand = (context: DoctorContext, end: (status: 0 | 1) => void): Command =>
  new Command('doctor')
    .description('would a heal work now? Reads, asks AWS for dry runs, and changes nothing')
    .argument('[fleet...]', 'these fleets; all of them unless given')
    .option('--files', 'the fleet files of this checkout, and not those that are stored in the account')
    .option('--command', 'send each node a command that only looks; off unless asked, since it touches the nodes')
    .option('--json', 'one JSON object')
    .action(async (fleets: readonly string[], options: DoctorOptions) => {
      end(await doctor(context, fleets, options));
    });
