// Pasts of the local region, in which chainmend was at work, as a backtest reads them afterwards: each verdict beside what chainmend did.
import { describe, expect, it } from '@jest/globals';
import { isAsked } from '../../../fixtures/asked.ts';
import type { Past } from '../../../fixtures/jobs/backtested.ts';
import { runJob } from '../../../fixtures/jobs.ts';

const storms = (storm: string, ...seeds: readonly number[]): readonly Past[] => seeds.map((seed) => ({ storm, seed }));

const FIRST: readonly Past[] = [{ scenario: 'stuck-node' }];
const MORE: readonly Past[] = [
  ...['disk-full', 'disk-full-paused', 'validator-stuck', 'asg-owned'].map((scenario) => ({ scenario })),
  ...storms('disk-fills', 1, 6, 9),
  ...storms('hangs', 2, 7),
  ...storms('checks-fail', 3, 8),
  ...storms('disk-jumps', 4, 11),
];

/** Of a past. */
const LONG_MS = 300_000;

describe('a past in which chainmend was at work', () => {
  const pasts = isAsked('backtested') ? [...FIRST, ...MORE] : FIRST;

  it(
    'has verdicts that are what it did, as far as they are knowable',
    async () => {
      const compared = await runJob('backtested', pasts);
      const known = compared.filter(({ backtest }) => backtest !== 'not knowable');
      expect(known.filter(({ backtest, suite }) => backtest !== suite)).toEqual([]);
      expect(known.length).toBeGreaterThanOrEqual(pasts.length / 2);
    },
    LONG_MS * pasts.length,
  );
});
