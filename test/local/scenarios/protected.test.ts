// Instances that somebody has protected against a stop or their end.
import { describe, expect, it } from '@jest/globals';
import { runJob } from '../../fixtures/jobs.ts';
import { long } from '../../fixtures/long.ts';
import { TAGGED } from './cases/membership.ts';

const PATIENCE_MS = 1_800_000;
const isKept = async (scenario: string, from?: string): Promise<void> => {
  const [run] = await runJob('simulation', [{ scenario, seed: 1, faults: [], ...(from !== undefined && { from }) }]);
  expect({ unmet: run?.unmet, broken: run?.report.violations }).toEqual({ unmet: [], broken: [] });
};

describe('the throw-away instance of a drill', () => {
  it('is removed, whatever its launch template protects', () => isKept('drill-protected'), PATIENCE_MS);
  long('protected')(
    'is told where it cannot be removed, until somebody lets it go',
    () => isKept('drill-left'),
    PATIENCE_MS,
  );
});

it(
  'a drill removes nothing else: its tag alone is no evidence',
  () => isKept(TAGGED, new URL('./cases/membership.ts', import.meta.url).pathname),
  PATIENCE_MS,
);
