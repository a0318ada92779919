// How functions of the suite invoke each other, and how that is told from a person: by an alias of its own, which is all that their roles let
// them invoke. Lambda itself writes the alias into the ARN that a function was invoked by, so that nobody can claim to have come otherwise.
import { EventError } from './errors.ts';

/** Alias of the functions that others may give a hint: "look at this fleet now". */
export const HINTS = 'hints';

/**
 * A hint never stands for a person's word: functions that read what nodes say must not approve a plan.
 *
 * @param word the field that a person says something by, and what it says; undefined where nobody says anything
 * @throws EventError where a function has said it
 */
export function refuseWordInHint(
  { invokedFunctionArn = '' }: { readonly invokedFunctionArn?: string },
  word: { readonly field: string; readonly value: unknown } | undefined,
): void {
  if (word === undefined || !invokedFunctionArn.endsWith(`:${HINTS}`)) return;
  throw new EventError(
    word.field,
    word.value,
    `nothing that only a person may say, where a function invokes (alias ${HINTS})`,
  );
}
