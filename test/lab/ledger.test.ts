// What is due: whatever the pieces are, each is played within the number of runs that is told.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countsIn, sumOf } from './lab-table.ts';
import {
  type Entry,
  inOrderOfNeed,
  type Ledger,
  merged,
  readLedger,
  runsForAll,
  secondsOf,
  withRun,
  writeLedger,
} from './ledger.ts';
import { allPieces } from './pieces.ts';

const entry = (more: Partial<Entry> = {}): Entry => ({
  ...{ at: '2026-11-01T00:00:00.000Z', commit: 'abc', seconds: 10, outcome: 'passed', times: 1 },
  ...more,
});
const piece = (name: string, seconds = 10) => ({ name, seconds });
const order = (names: readonly string[], ledger: Ledger): readonly string[] =>
  inOrderOfNeed(
    names.map((name) => piece(name)),
    ledger,
  ).map(({ name }) => name);

describe('the order of what is due', () => {
  it('is what found something, what was never played, and then what was played the longest ago', () => {
    const ledger = {
      late: entry({ at: '2026-11-20T00:00:00.000Z' }),
      early: entry({ at: '2026-11-02T00:00:00.000Z' }),
      broken: entry({ at: '2026-11-28T00:00:00.000Z', outcome: 'found' }),
    };
    expect(order(['late', 'early', 'new', 'broken'], ledger)).toEqual(['broken', 'new', 'early', 'late']);
  });

  it('does not count a piece as played whose time was over', () => {
    const before = { one: entry({ at: '2026-11-02T00:00:00.000Z' }), other: entry({ at: '2026-11-03T00:00:00.000Z' }) };
    const now = { at: '2026-11-29T00:00:00.000Z', commit: 'def', seconds: 60, outcome: 'cut' } as const;
    const after = withRun(withRun(before, 'one', now), 'new', now);
    expect(order(['other', 'one', 'new'], after)).toEqual(['new', 'one', 'other']);
    expect(after['one']).toMatchObject({ times: 1 });
    expect(secondsOf(piece('one'), after)).toBe(120);
  });
});

describe('the number of runs after which everything was played', () => {
  it('is never too small: pieces of any lengths, played in the order of need, in runs of one length', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 100, max: 300 }), (all, runSeconds) => {
        const pieces = all.map((seconds, at) => piece(`piece ${at}`, seconds));
        let ledger: Ledger = Object.fromEntries(pieces.map(({ name, seconds }) => [name, entry({ seconds })]));
        const promised = runsForAll(pieces, ledger, runSeconds);
        expect(promised).toBeDefined();
        for (let run = 0; run < (promised ?? 0); run++) {
          let left = runSeconds;
          for (const one of inOrderOfNeed(pieces, ledger)) {
            if (one.seconds > left) continue;
            left -= one.seconds;
            const at = new Date(Date.UTC(2026, 11, 1 + run)).toISOString();
            ledger = withRun(ledger, one.name, { at, commit: 'def', seconds: one.seconds, outcome: 'passed' });
          }
        }
        expect(Object.values(ledger).filter(({ times }) => times < 2)).toEqual([]);
      }),
    );
  });

  it('is not known where a piece is longer than a run', () => {
    expect(runsForAll([piece('long', 700)], {}, 600)).toBeUndefined();
  });
});

describe('the ledger', () => {
  it('is read as it was written, and the newest of several counts', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ledger-'));
    try {
      const path = join(folder, 'deep/ledger.json');
      expect(readLedger(path)).toEqual({});
      writeLedger(path, { one: entry(), two: entry({ outcome: 'found' }) });
      expect(readLedger(path)).toEqual({ one: entry(), two: entry({ outcome: 'found' }) });
      const later = { one: entry({ at: '2026-11-05T00:00:00.000Z', commit: 'def', times: 1 }) };
      expect(merged([readLedger(path), later])['one']).toMatchObject({ commit: 'def' });
      expect(merged([later, readLedger(path)])['one']).toMatchObject({ commit: 'def' });
      writeFileSync(path, '{"one": 1}');
      expect(() => readLedger(path)).toThrow();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the pieces', () => {
  it('have names of their own, and words for npm', () => {
    const names = allPieces().map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { words } of allPieces()) expect(words(0).length).toBeGreaterThan(1);
  });

  it('that draw storms draw other ones each time', () => {
    const [storms] = allPieces().filter(({ isNew }) => isNew);
    expect(storms?.words(0)).not.toEqual(storms?.words(1));
  });
});

describe('what a piece has counted', () => {
  it.each([
    [
      'its last plain line',
      'Tests: 1\n3 passed, 0 failed, 1 skipped\n4 passed, 0 failed, 2 skipped\n',
      'passed',
      [4, 0, 2],
    ],
    [
      'a failure, though no test has failed',
      '4 passed, 0 failed, 2 skipped (in plain namespaces: no)',
      'found',
      [4, 1, 2],
    ],
    ['itself, where it counts nothing', 'all is well', 'passed', [1, 0, 0]],
    ['itself, where it has found something', 'SURVIVED', 'found', [0, 1, 0]],
  ] as const)('is %s', (_, heard, outcome, [passed, failed, skipped]) => {
    expect(countsIn(heard, outcome)).toEqual({ passed, failed, skipped });
  });

  it('is summed over all', () => {
    const one = { passed: 1, failed: 2, skipped: 3 };
    expect(sumOf([one, one])).toEqual({ passed: 2, failed: 4, skipped: 6 });
  });
});
