// Generated mutants that no test has to notice, each with its reason. `npm run mutants:generated` fails where another one survives, and where one of
// these is noticed or no longer there.

export interface Survivor {
  /** The line that is changed, without the blanks around it. */
  readonly line: string;
  /** As the command prints it. */
  readonly change: string;
  readonly why: string;
}

export const SURVIVORS: Readonly<Record<string, readonly Survivor[]>> = {};
