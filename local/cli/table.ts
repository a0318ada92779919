// Columns without lines between them.
import Table from 'cli-table3';
import { plainText } from '../../shared/text/plain-text.ts';
import { colors } from './colors.ts';

export interface Column {
  readonly head: string;
  readonly align?: 'right';
}

/** @param rows a cell for each column; the head is dim where there is colour */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const table = new Table({
    head: columns.map(({ head }) => head),
    chars: BORDERLESS,
    style: { head: [], 'padding-left': 0, 'padding-right': 2 },
    colAligns: columns.map(({ align }): 'left' | 'right' => align ?? 'left'),
  });
  // A cell is one plain line: none can look like another row.
  for (const row of rows) table.push(row.map((cell) => plainText(cell)));
  const [head = '', ...lines] = table.toString().split('\n');
  return [colors.dim(head.trimEnd()), ...lines.map((line) => line.trimEnd())];
}

const BORDERLESS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
} as const;
