// What the commands of `npm run fleets` share: where they write, what they read, and how a table looks.
import Table from 'cli-table3';
import { plainText } from '../../shared/text/plain-text.ts';
import { nearest } from '../fleet-suggestions.ts';
import type { ParameterStore } from './parameter-store.ts';

export interface Desk {
  /** Folder of the fleet files. */
  readonly directory: string;
  /** Opened by the commands that talk to AWS; the others need no credentials. */
  readonly store: () => ParameterStore;
  readonly say: (text: string) => void;
}

/** Wrong use: a file or a fleet that is not there, a reason that cannot be stored. Exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export function notThere(what: string, name: string, known: readonly string[]): UsageError {
  const near = nearest(name, known);
  const rest = near ? `did you mean ${near}?` : known.length > 0 ? `there are ${known.join(', ')}` : 'there is none';
  return new UsageError(`no ${what} "${name}"; ${rest}`);
}

const blank = ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'];
const inner = ['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'];
const chars = { ...Object.fromEntries([...blank, ...inner].map((name) => [name, ''])), middle: '  ' };

/** One line, whatever stands in it; or the lines that a cell of several has. */
export type Cell = string | readonly string[];

/** Columns without lines, so that a terminal shows it and `awk` can read it. No cell can look like another row. */
export function tableOf(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const style = { head: [], border: [], 'padding-left': 0, 'padding-right': 0 };
  const table = new Table({ chars, style });
  table.push(
    head.map((title) => title.toUpperCase()),
    ...rows.map((row) => row.map(cellText)),
  );
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

const cellText = (cell: Cell): string =>
  [cell]
    .flat()
    .map((line) => plainText(line))
    .join('\n');
