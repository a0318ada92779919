// Names and alarms with the real function in the region: its bundle, its role, and the modelled Route 53 and CloudWatch.
import { describe, expect, it } from '@jest/globals';
import { sampled } from '../../fixtures/asked.ts';
import { runJob } from '../../fixtures/jobs.ts';
import { itHolds } from '../../local/scenarios/cases/matrix.ts';
import * as registering from './cases.ts';

const from = new URL('./cases.ts', import.meta.url);

describe('register-nodes in the region', () => itHolds('register-nodes', registering.SCENARIOS, from));

describe('register-nodes on a bad day', () => {
  const scenario = 'whatever fails on the way, names and alarms are right in the end';

  it('comes to the same end', async () => {
    const allDays = [
      ['throttling'],
      ['lost-answers'],
      ['killed'],
      ['stale-reads'],
      ['duplicate-events', 'delayed-events'],
      ['throttling', 'lost-answers', 'killed'],
    ] as const;
    const days = sampled('register-nodes', allDays, 12);
    const runs = days.map((faults) => ({ scenario, from: from.pathname, faults }));
    const told = (await runJob('simulation', runs)).map(({ unmet, report }) => ({
      unmet,
      violations: report.violations,
    }));
    expect(told).toEqual(days.map(() => ({ unmet: [], violations: [] })));
  });
});
