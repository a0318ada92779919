// A person's yes. Whatever changes something at the desk wants one, and nothing but this file makes it: by the table of verbs.
import { createInterface } from 'node:readline/promises';
import { terminalText } from '../../shared/text/terminal-text.ts';
import { NeedsYesError } from './errors.ts';
import { type AlwaysAsks, type AsksByEffect, type NeverAsks, rowOf } from './verb-table.ts';

declare const given: unique symbol;

/** Said by a person, at the terminal or by --yes; or not needed, by the table of verbs. */
export interface Yes {
  readonly [given]: true;
}

const YES = Object.freeze({}) as Yes;

/** Who can be asked. */
export interface Asker {
  /** A question; the answer is no unless the person says yes. undefined where no person can be asked. */
  readonly confirm: ((question: string) => Promise<boolean>) | undefined;
}

export interface YesOption {
  /** --yes: nothing is asked. */
  readonly yes?: boolean;
}

/** @throws NeedsYesError before anything is read: a script that forgot the yes does not wait for its plan. @param what "restore bitcoin/node2" */
export function refuseUnasked(verb: AlwaysAsks, { confirm }: Asker, { yes }: YesOption, what: string): void {
  if (!yes && !confirm) throw new NeedsYesError(what, rowOf(verb).looks);
}

/** @returns undefined where the person says no. @throws NeedsYesError where nobody can be asked */
export async function consentTo(
  verb: AlwaysAsks,
  { confirm }: Asker,
  { yes }: YesOption,
  question: string,
): Promise<Yes | undefined> {
  if (yes) return YES;
  if (!confirm) throw new NeedsYesError(question.replace(/\?$/, ''), rowOf(verb).looks);
  return (await confirm(question)) ? YES : undefined;
}

/** @param effects what of it wants a yes; without one nobody is asked. @returns undefined where the person says no. @throws NeedsYesError where nobody can be asked */
export async function consentByEffect(
  verb: AsksByEffect,
  { confirm }: Asker,
  { yes }: YesOption,
  {
    effects,
    what,
    question,
  }: { readonly effects: readonly string[]; readonly what: string; readonly question: string },
): Promise<Yes | undefined> {
  if (effects.length === 0 || yes) return YES;
  if (!confirm) throw new NeedsYesError(what, rowOf(verb).looks);
  return (await confirm(question)) ? YES : undefined;
}

/** For a verb that changes something, and by the table asks nobody. */
export const unasked = (_verb: NeverAsks): Yes => YES;

/** The answer is no unless the person says yes. undefined where no person is at the terminal. */
export function confirmOnTerminal(): Asker['confirm'] {
  if (process.stdout.isTTY !== true || process.stdin.isTTY !== true) return undefined;
  return async (question) => {
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    // Ctrl-C and Ctrl-D end the question (`AbortError`), and an answer that ends is no yes.
    try {
      return /^y(es)?$/i.test((await lines.question(terminalText(`${question} [y/N] `))).trim());
    } catch (error) {
      if (!(error instanceof Error && error.name === 'AbortError')) throw error;
      process.stdout.write('\n');
      return false;
    } finally {
      lines.close();
    }
  };
}
