// What a terminal shows: colour, and columns without lines between them.
import pico from 'picocolors';
import { type Align, columnsOf } from '../../infra/commands/columns.ts';

/** Colour only on a terminal: picocolors alone would also colour what CI reads from a pipe. It honours NO_COLOR. */
const on = (stream: NodeJS.WriteStream) => pico.createColors(stream.isTTY === true && pico.isColorSupported);

/** For what goes to stdout, and for what goes to stderr. */
export const colors = on(process.stdout);
export const remarkColors = on(process.stderr);

export interface Column {
  readonly head: string;
  readonly align?: Align;
}

/** @param rows a cell for each column; the head is dim where there is colour */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const aligns = columns.map(({ align = 'left' }): Align => align);
  const [head = '', ...lines] = columnsOf([columns.map((column) => column.head), ...rows], 2, aligns);
  return [colors.dim(head), ...lines];
}
