// The progress lines of a run.
import type { SmokeContext } from './context.ts';

/** "12:05:46  deployed  the stack, …", in UTC. */
export const progressLogger =
  ({ say, nowMs }: Pick<SmokeContext, 'say' | 'nowMs'>) =>
  (what: string, sentence: string): void =>
    say(`${new Date(nowMs()).toISOString().slice(11, 19)}  ${what.padEnd(9)} ${sentence}`);

export const errorMessage = (error: unknown): string => (error instanceof Error ? error.message : String(error));
