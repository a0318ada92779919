// Pastes what a page's mail offers into a real shell with the real AWS CLI, in a process of its own that serves a region.
import { join } from 'node:path';
import type { AwsCli } from './aws-cli.ts';
import { runInProcess } from './run-in-process.ts';

/**
 * approve, reject: the AWS CLI's line. wrong: that line, with another plan. late: that line, five hours later. heal-approve and heal-reject:
 * the line of `npm run heal`, with --yes where nobody is at a terminal.
 */
export type Way = 'approve' | 'reject' | 'wrong' | 'late' | 'heal-approve' | 'heal-reject';

export interface Pasting {
  readonly way: Way;
  readonly shell: 'bash' | 'zsh' | 'fish';
  readonly cli: AwsCli;
}

export interface Pasted {
  /** The mail of the first question. */
  readonly mail: string;
  /** What was pasted, and what the shell said of it. */
  readonly line: string;
  readonly status: number;
  readonly output: string;
  /** Of the same line once more. */
  readonly again: { readonly status: number; readonly output: string };
  /** The journal of the heal after that: "decision plan … is approved", in order. */
  readonly journal: readonly string[];
  /** How many questions were put to people in all. */
  readonly questions: number;
  readonly modifications: number;
  readonly sizeGiB: number;
}

export const paste = (pastings: readonly Pasting[]): Promise<Pasted[]> =>
  runInProcess<Pasted[]>(join(import.meta.dirname, 'pasted-runner.ts'), pastings);
