// Preloaded in a function's process: its machine's clock is the region's. Usage: VIRTUAL_CLOCK=FILE node --import runtime-clock.ts …
import { openSync, readSync } from 'node:fs';

// The file holds one double, ms since the epoch. Timers stay real: the region's time stands still while a function computes.
const file = openSync(process.env['VIRTUAL_CLOCK'] ?? '', 'r');
const cell = new Float64Array(1);

function now(): number {
  readSync(file, cell, 0, cell.byteLength, 0);
  return cell[0] ?? Number.NaN;
}

globalThis.Date = new Proxy(Date, {
  construct: (real, given: unknown[], asked) => Reflect.construct(real, given.length > 0 ? given : [now()], asked),
  apply: (real) => new real(now()).toString(),
  get: (real, name, self) => (name === 'now' ? now : Reflect.get(real, name, self)),
});
