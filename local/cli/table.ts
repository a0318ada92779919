// Columns without lines between them.
import { type Align, columnsOf } from '../../infra/columns.ts';
import { colors } from './colors.ts';

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
