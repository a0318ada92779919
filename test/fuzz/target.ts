// What a fuzzed parser is: which inputs it gets, in which errors it may end, and whether a person reads what it makes of them.
import type fc from 'fast-check';

/** A class of errors that a parser says it throws; never one of the language's own. */
export type NamedError = abstract new (...given: never[]) => Error;

export interface Target<Input = unknown> {
  readonly name: string;
  readonly input: fc.Arbitrary<Input>;
  /** Tried before anything else: the nastiest that is known. */
  readonly samples: readonly Input[];
  readonly parse: (input: Input) => unknown;
  readonly errors: readonly NamedError[];
  /** What of the result a person reads, and so is one plain line for each text; nothing where it is bytes, or read by a machine alone. */
  readonly read?: (result: never) => unknown;
}

/** Gives a target its type, and takes it away: a list has targets of any input. */
export function target<Input, Result>(
  told: Omit<Target<Input>, 'parse' | 'read'> & {
    readonly parse: (input: Input) => Result;
    readonly read?: (result: Awaited<Result>) => unknown;
  },
): Target {
  return told as unknown as Target;
}

export const everything = (result: unknown): unknown => result;
