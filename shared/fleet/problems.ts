// What is wrong with a fleet file, as a person reads it: field, value, and what was expected.
import { plainText } from '../text/plain-text.ts';

export interface FleetProblem {
  /** wrong-key: of a map whose keys are free, such as tags. conflict: fields, each right by itself, that do not go together. */
  readonly kind: 'unknown-key' | 'wrong-key' | 'missing' | 'wrong-value' | 'conflict';
  readonly path: readonly string[];
  /** What was found; undefined where nothing was. */
  readonly value: unknown;
  /** "expected …", with an example of a right value. */
  readonly expected: string;
}

/** In the message, which is a line of the journal and a page; `problems` has all of them. */
const PROBLEMS_TOLD = 10;

export class FleetFileError extends Error {
  override readonly name = 'FleetFileError';
  readonly problems: readonly FleetProblem[];

  constructor(problems: readonly FleetProblem[], fleet: string) {
    const more = problems.length - PROBLEMS_TOLD;
    const told = problems.slice(0, PROBLEMS_TOLD).map(sentenceOf);
    super(`${fleet}: ${[...told, ...(more > 0 ? [`and ${more} more problems`] : [])].join('; ')}`);
    this.problems = problems;
  }
}

/** The longest that the schema has, several times over. */
const FIELD_CHARACTERS = 200;

/** "disk.growAtPercent is 120; expected …" */
export function sentenceOf({ kind, path, value, expected }: FleetProblem): string {
  const field = plainText(path.join('.'), FIELD_CHARACTERS);
  if (kind === 'missing') return `${field} is missing; ${expected}`;
  if (kind === 'unknown-key') return `unknown key ${showValue(field)}; ${expected}`;
  if (kind === 'wrong-key') return `key ${showValue(field)}; ${expected}`;
  return `${field || 'the file'} is ${showValue(value)}; ${expected}`;
}

export const showValue = (value: unknown): string => plainText(JSON.stringify(value) ?? String(value), 80);

/** Adds a problem: two fields that do not go together, or one that is needed and not there. */
export interface Complaints {
  readonly conflict: (path: readonly string[], value: unknown, expected: string) => void;
  readonly missing: (path: readonly string[], expected: string) => void;
}

/** What `check` complains about. */
export function complaintsOf(check: (complaints: Complaints) => void): FleetProblem[] {
  const problems: FleetProblem[] = [];
  check({
    conflict: (path, value, expected) => void problems.push({ kind: 'conflict', path, value, expected }),
    missing: (path, expected) => void problems.push({ kind: 'missing', path, value: undefined, expected }),
  });
  return problems;
}
