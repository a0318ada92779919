// A flag that is given twice: commander takes the last one, and the person may have meant the first.
import type { Command } from 'commander';

/** Calls `refuse` at the second time that a command line has a flag of one value. Flags whose default is a list are meant to be repeated. */
export function refuseRepeated(command: Command, refuse: (sentence: string) => never): void {
  for (const option of command.options) {
    if (Array.isArray(option.defaultValue) || option.isBoolean()) continue;
    let times = 0;
    command.on(`option:${option.name()}`, () => {
      times++;
      if (times > 1) refuse(`--${option.name()} is given twice; expected it once`);
    });
  }
}
