// How functions of the suite invoke each other, and how such a call is told from a person's: by a separate alias, which is all that their roles may
// invoke. Lambda itself writes the alias into the ARN that a function was invoked by, so that no caller can hide it.
import { EventError } from './errors.ts';

/** Alias of the functions that others may send a hint: "look at this fleet now". */
export const HINTS = 'hints';

/**
 * A hint never counts as a person's word: functions that read nodes' answers must not approve a plan.
 *
 * @param word the field that carries a person's word, and its value; undefined where there is none
 * @throws EventError where a function has sent it
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
