// Peers with the real function in the region: its bundle, its role, the modelled SSM, and nodes that dial and restart.
import { describe, expect, it } from '@jest/globals';
import { sampled } from '../../fixtures/asked.ts';
import { runJob } from '../../fixtures/jobs.ts';
import { itHolds } from '../../local/scenarios/cases/matrix.ts';
import * as rotating from './cases.ts';

describe('rotate-peers in the region', () =>
  itHolds('rotate-peers', rotating.SCENARIOS, new URL('./cases.ts', import.meta.url)));

describe('rotate-peers on a bad day', () => {
  const days = [
    ['throttling'],
    ['lost-answers'],
    ['killed'],
    ['doubled-command', 'node-amnesia'],
    ['duplicate-events', 'delayed-events'],
  ] as const;
  // Where commands are late, a fresh chain may begin before its last validator was restarted: that one is then not restarted.
  const scenarios = { 'peers-lost': [...days, ['late-command']], 'new-fleet': days } as const;

  it.each(Object.entries(scenarios))('%s comes to the same end', async (scenario, allDays) => {
    const faulty = sampled('rotate-peers', allDays, 6);
    const told = (
      await runJob(
        'simulation',
        faulty.map((faults) => ({ scenario, faults })),
      )
    ).map(({ unmet, report }) => ({
      unmet,
      violations: report.violations,
    }));
    expect(told).toEqual(faulty.map(() => ({ unmet: [], violations: [] })));
  });
});
