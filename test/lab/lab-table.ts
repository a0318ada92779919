// The table at the end of `npm run lab`, and what a piece has counted. Pure.
import { stripVTControlCharacters } from 'node:util';
import { columnsOf } from '../../infra/commands/columns.ts';
import type { Outcome } from './ledger.ts';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const NOTHING: Counts = { passed: 0, failed: 0, skipped: 0 };

/** The last plain line of what a piece has said: "12 passed, 0 failed, 3 skipped". Without one the piece itself is counted. */
export function countsIn(heard: string, outcome: Exclude<Outcome, 'cut'>): Counts {
  const lines = stripVTControlCharacters(heard).matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped(?: \(.*\))?$/gm);
  const [, passed, failed, skipped] = [...lines].at(-1) ?? [];
  const own = { passed: outcome === 'passed' ? 1 : 0, failed: outcome === 'found' ? 1 : 0, skipped: 0 };
  if (passed === undefined) return own;
  // What failed outside of a test has failed all the same.
  return { passed: Number(passed), failed: Math.max(Number(failed), own.failed), skipped: Number(skipped) };
}

export const sumOf = (all: readonly Counts[]): Counts =>
  all.reduce(
    (sum, { passed, failed, skipped }) => ({
      passed: sum.passed + passed,
      failed: sum.failed + failed,
      skipped: sum.skipped + skipped,
    }),
    NOTHING,
  );

export interface Row {
  readonly piece: { readonly name: string };
  readonly outcome: Outcome;
  readonly seconds: number;
  readonly counts: Counts;
}

/** A line for each run of a piece, in the order in which they were played. */
export const labTable = (played: readonly Row[]): readonly string[] =>
  columnsOf(
    [
      ['piece', 'outcome', 'seconds', 'passed', 'failed', 'skipped'],
      ...played.map(({ piece, outcome, seconds, counts: { passed, failed, skipped } }) => [
        ...[piece.name, outcome, String(seconds)],
        ...[String(passed), String(failed), String(skipped)],
      ]),
    ],
    2,
    ['left', 'left', 'right', 'right', 'right', 'right'],
  );
