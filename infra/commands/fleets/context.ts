// What the commands of `npm run chainmend` share: where they write, what they read, and the layout of a table.

import { quoted } from '../../../shared/text/command-words.ts';
import { nearest } from '../../nearest.ts';
import { type Cell, columnsOf } from '../columns.ts';
import { UsageError } from '../errors.ts';
import type { Opened } from '../program.ts';
import type { ParameterStore } from './parameter-store.ts';

export interface FleetsContext {
  /** Folder of the fleet files. */
  readonly directory: string;
  /** Only the commands that talk to AWS open it; the others need no credentials. */
  readonly store: Opened<ParameterStore>;
  readonly say: (text: string) => void;
}

const FLEET = /^[a-z][a-z0-9-]{0,31}$/;

/** @throws UsageError where no fleet can have the name, whether there is one or was */
export function checkFleetName(name: string): void {
  if (!FLEET.test(name)) throw new UsageError(`${quoted(name)} is no fleet's name: expected one such as bitcoin`);
}

export function notFoundError(what: string, name: string, known: readonly string[]): UsageError {
  const near = nearest(name, known);
  const rest = near ? `did you mean ${near}?` : known.length > 0 ? `there are ${known.join(', ')}` : 'there is none';
  return new UsageError(`no ${what} "${name}"; ${rest}`);
}

/** Columns without lines: a person can read them, and `awk` too. */
export const tableOf = (head: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  columnsOf([head.map((title) => title.toUpperCase()), ...rows], 2).join('\n');
