// The definition of a fuzzed parser: its inputs, the errors that it may throw, and whether a person reads its result.
import type fc from 'fast-check';
import type { Structures } from '../../fixtures/structures.ts';

/** A class of errors that a parser declares; never one of the language's own. */
export type NamedError = abstract new (...given: never[]) => Error;

export interface Target<Input = unknown> {
  readonly name: string;
  readonly input: fc.Arbitrary<Input>;
  /** Tried before anything else: the worst known inputs. */
  readonly samples: readonly Input[];
  readonly parse: (input: Input) => unknown;
  readonly errors: readonly NamedError[];
  readonly structures: Structures<Input>;
  /** Characters of the largest input of a structure; the parser's own limit, where it has one. */
  readonly largest: number;
  /** The texts of the result that a person reads, each of them one plain line; none where the result is bytes, or only a machine reads it. */
  readonly read?: (result: never) => unknown;
}

/** Above this size, a reading of a few characters costs enough to be measured. */
const LARGEST = 64 * 1024;

/** Checks a target's type and then removes it: a list has targets of any input. A parser of texts names the worst of them. */
export function target<Input, Result>(
  told: Omit<Target<Input>, 'parse' | 'read' | 'structures' | 'largest'> & {
    readonly largest?: number;
    readonly parse: (input: Input) => Result;
    readonly read?: (result: Awaited<Result>) => unknown;
  } & (Input extends string ? { readonly structures: Structures<Input> } : { readonly structures?: Structures<Input> }),
): Target {
  return { largest: LARGEST, structures: {}, ...told } as unknown as Target;
}

export const everything = (result: unknown): unknown => result;
