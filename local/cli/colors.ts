// Colour only on a terminal: picocolors alone would also colour what CI reads from a pipe. It honours NO_COLOR.
import pico from 'picocolors';

const on = (stream: NodeJS.WriteStream) => pico.createColors(stream.isTTY === true && pico.isColorSupported);

/** For what goes to stdout, and for what goes to stderr. */
export const colors = on(process.stdout);
export const remarkColors = on(process.stderr);
