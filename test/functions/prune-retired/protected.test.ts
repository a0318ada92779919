// A retired instance that somebody has protected against its end: played each time, whatever the sample of the other cases is.
import { expect, it } from '@jest/globals';
import { runJob } from '../../fixtures/jobs.ts';

const PATIENCE_MS = 30 * 60_000;
const scenario =
  'an instance that somebody has protected stays, people are told once how to let it go, and then it goes';

it(
  scenario,
  async () => {
    const from = new URL('./cases.ts', import.meta.url).pathname;
    const [run] = await runJob('simulation', [{ scenario, from, faults: [] }]);
    expect({ unmet: run?.unmet, broken: run?.report.violations }).toEqual({ unmet: [], broken: [] });
  },
  PATIENCE_MS,
);
