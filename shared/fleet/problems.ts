// The problems of a fleet file, as a person reads them: field, value, and what was expected.
import { plainText } from '../text/plain-text.ts';

export interface FleetProblem {
  /** wrong-key: in a map with free keys, such as tags. conflict: fields that are valid alone, but not together. */
  readonly kind: 'unknown-key' | 'wrong-key' | 'missing' | 'wrong-value' | 'conflict';
  readonly path: readonly string[];
  /** The value that was found; undefined where there was none. */
  readonly value: unknown;
  /** "expected …", with an example of a right value. */
  readonly expected: string;
}

/** Limit in the message, which is a line of the journal and a page; `problems` has all of them. */
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

/** Several times the longest field of the schema. */
const FIELD_CHARACTERS = 200;

/** "disk.growAtPercent is 120; expected …" */
export function sentenceOf({ kind, path, value, expected }: FleetProblem): string {
  const field = plainText(path.join('.'), FIELD_CHARACTERS);
  if (kind === 'missing') return `${field} is missing; ${expected}`;
  if (kind === 'unknown-key') return `unknown key ${showValue(field)}; ${expected}`;
  if (kind === 'wrong-key') return `key ${showValue(field)}; ${expected}`;
  if (field === '' && value === null) return `the file is empty; ${expected}`;
  if (field === '' && value === null) return `the file is empty; ${expected}`;
  return `${field || 'the file'} is ${showValue(value)}; ${expected}`;
}

export const showValue = (value: unknown): string => plainText(JSON.stringify(value) ?? String(value), 80);

/** Adds a problem: two fields that contradict each other, or a required one that is missing. */
export interface Complaints {
  readonly conflict: (path: readonly string[], value: unknown, expected: string) => void;
  readonly missing: (path: readonly string[], expected: string) => void;
}

/** The problems that `check` reports. */
export function complaintsOf(check: (complaints: Complaints) => void): FleetProblem[] {
  const problems: FleetProblem[] = [];
  check({
    conflict: (path, value, expected) => void problems.push({ kind: 'conflict', path, value, expected }),
    missing: (path, expected) => void problems.push({ kind: 'missing', path, value: undefined, expected }),
  });
  return problems;
}
