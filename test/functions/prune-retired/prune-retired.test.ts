// Pruning with the real function in the region: its bundle, its role, EC2 and the table as they are modelled.
import { describe, expect, it } from '@jest/globals';
import { sampled } from '../../fixtures/asked.ts';
import { runJob } from '../../fixtures/jobs.ts';
import { itHolds } from '../../local/scenarios/cases/matrix.ts';
import * as pruning from './cases.ts';

/** One day takes seconds; all of them at once, on a machine that does other things besides, take longer than Jest waits by itself. */
const PATIENCE_MS = 5 * 60_000;
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
