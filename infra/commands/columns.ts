// Lays text out in columns of a terminal: rows of cells that are aligned, and lines that are broken at blanks, for names in any script.
import stringWidth from 'string-width';
import { plainText } from '../../shared/text/plain-text.ts';

/** One line of any content, or the lines of a cell with several. */
export type Cell = string | readonly string[];

export type Align = 'left' | 'right';

/**
 * A line for each row, and more lines for a row that has cells of several lines. Each cell is made plain text and cannot look like another row. The
 * time is linear in the length of all cells: nodes write them.
 *
 * @param gap blanks between two columns
 * @param aligns one for each column; left where there is none
 */
export function columnsOf(rows: readonly (readonly Cell[])[], gap: number, aligns: readonly Align[] = []): string[] {
  const cells = rows.map((row) => row.map(measuredLines));
  const widths: number[] = [];
  for (const row of cells)
    for (const [at, lines] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, ...lines.map(({ width }) => width));
  return cells.flatMap((row) => {
    const height = Math.max(1, ...row.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) =>
      widths
        .map((width, at) => padded(row[at]?.[line] ?? NOTHING, width, aligns[at] ?? 'left'))
        .join(' '.repeat(gap))
        .trimEnd(),
    );
  });
}

interface MeasuredLine {
  readonly text: string;
  /** Columns of a terminal. */
  readonly width: number;
}

const NOTHING: MeasuredLine = { text: '', width: 0 };

const measuredLines = (cell: Cell): readonly MeasuredLine[] =>
  [cell].flat().map((line) => {
    const text = plainText(line);
    return { text, width: stringWidth(text) };
  });

function padded({ text, width }: MeasuredLine, room: number, align: Align): string {
  const blanks = ' '.repeat(room - width);
  return align === 'right' ? blanks + text : text + blanks;
}

/** Broken at blanks into lines of so many columns of a terminal; a word that is longer has a line of its own. */
export function wrapped(text: string, columns: number, indent = 0): readonly string[] {
  const margin = ' '.repeat(indent);
  const lines: string[] = [];
  let line = margin;
  for (const word of text.split(' ')) {
    const next = line === margin ? margin + word : `${line} ${word}`;
    if (stringWidth(next) > columns && line !== margin) {
      lines.push(line.trimEnd());
      line = margin + word;
    } else line = next;
  }
  return [...lines, line.trimEnd()];
}
