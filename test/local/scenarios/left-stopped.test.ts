// A client that a heal has stopped and cannot start again: whoever heals the node next knows that no person did that.
import { describe, expect, it } from '@jest/globals';
import { runJob } from '../../fixtures/jobs.ts';
import { SCENARIOS } from './cases/left-stopped.ts';

const CASES = new URL('./cases/left-stopped.ts', import.meta.url).pathname;
const PATIENCE_MS = 1_800_000;

describe('a client that was stopped for a snapshot', () => {
  it.each(SCENARIOS.map(({ name, sentence }) => [sentence, name]))(
    '%s',
    async (_, scenario) => {
      const [run] = await runJob('simulation', [{ scenario, from: CASES, seed: 1, faults: [] }]);
      expect({ unmet: run?.unmet, broken: run?.report.violations }).toEqual({ unmet: [], broken: [] });
    },
    PATIENCE_MS,
  );

  it(
    'is proved by its last start, however late the ones before came',
    async () => {
      const [run] = await runJob('simulation', [{ scenario: 'daily-snapshot', seed: 10, faults: ['late-command'] }]);
      expect({ unmet: run?.unmet, broken: run?.report.violations }).toEqual({ unmet: [], broken: [] });
    },
    PATIENCE_MS,
  );
});
