// A question at the terminal.
import { createInterface } from 'node:readline/promises';
import { terminalText } from '../../shared/text/terminal-text.ts';

/** @param add what the command needs then: "--yes to drill bitcoin" */
export const noTerminal = (add: string): string => `this is not a terminal, so no question can be asked: add ${add}`;

/** The answer is no unless the person says yes. undefined where no person is at the terminal. */
export function confirmOnTerminal(): ((question: string) => Promise<boolean>) | undefined {
  if (process.stdout.isTTY !== true || process.stdin.isTTY !== true) return undefined;
  return async (question) => {
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    try {
      return /^y(es)?$/i.test((await lines.question(terminalText(`${question} [y/N] `))).trim());
    } finally {
      lines.close();
    }
  };
}
