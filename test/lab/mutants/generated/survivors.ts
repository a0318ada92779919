// Generated mutants that no test has to notice, each with its reason. `npm run mutants:generated` fails where another one survives, and where one of
// these is noticed or no longer there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Survivor {
  /** The line that is changed, without the blanks around it. */
  readonly line: string;
  /** As the command prints it. */
  readonly change: string;
  readonly why: string;
}

/** By file, from the root of the checkout. */
export const SURVIVORS = JSON.parse(readFileSync(join(import.meta.dirname, 'survivors.json'), 'utf8')) as Readonly<
  Record<string, readonly Survivor[]>
>;
