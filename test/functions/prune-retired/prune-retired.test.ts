// Pruning with the real function in the region: its bundle, its role, and the modelled EC2 and table.
import { describe, expect, it } from '@jest/globals';
import { sampled } from '../../fixtures/asked.ts';
import { runJob } from '../../fixtures/jobs.ts';
import { itHolds } from '../../local/scenarios/cases/matrix.ts';
import * as pruning from './cases.ts';

/** One day takes seconds. All days together, on a busy machine, take longer than Jest's default time limit. */
const PATIENCE_MS = 30 * 60_000;
const from = new URL('./cases.ts', import.meta.url);

describe('prune-retired in the region', () => itHolds('prune-retired', pruning.SCENARIOS, from));

describe('prune-retired on a bad day', () => {
  const scenario = 'whatever fails on the way, what is past its date is gone in the end, and nothing else is';

  it(
    'comes to the same end',
    async () => {
      const days = sampled(
        'prune-retired',
        [
          ['throttling'],
          ['lost-answers'],
          ['killed'],
          ['stale-reads'],
          ['throttling', 'lost-answers', 'killed'],
        ] as const,
        5,
      );
      const runs = days.map((faults) => ({ scenario, from: from.pathname, faults }));
      const told = (await runJob('simulation', runs)).map(({ unmet, report }) => ({
        unmet,
        violations: report.violations,
      }));
      expect(told).toEqual(days.map(() => ({ unmet: [], violations: [] })));
    },
    PATIENCE_MS,
  );
});
