// Formats for a terminal: colour, and tables without lines between the columns.
import pico from 'picocolors';
import { type Align, columnsOf } from '../../infra/commands/columns.ts';

/** Colour only on a terminal: picocolors alone would also colour CI's pipes. It honours NO_COLOR. */
const on = (stream: NodeJS.WriteStream) => pico.createColors(stream.isTTY === true && pico.isColorSupported);

/** Colours for stdout, and colours for stderr. */
export const colors = on(process.stdout);
export const remarkColors = on(process.stderr);

export interface Column {
  readonly head: string;
  readonly align?: Align;
}

/** @param rows a cell for each column; the head is dim if there is colour */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const aligns = columns.map(({ align = 'left' }): Align => align);
  const [head = '', ...lines] = columnsOf([columns.map((column) => column.head), ...rows], 2, aligns);
  return [colors.dim(head), ...lines];
}
