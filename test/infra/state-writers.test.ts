// Only its own writers write a record: tested with the real roles in the region, with and without the condition that stops the others.
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Simulated } from '../fixtures/jobs/simulation.ts';
import { runJob } from '../fixtures/jobs.ts';
import { SCENARIOS } from './state-writers-cases.ts';

const from = new URL('./state-writers-cases.ts', import.meta.url).pathname;

describe('the records of the table', () => {
  const told = new Map<string, Simulated>();
  beforeAll(async () => {
    for (const run of await runJob(
      'simulation',
      SCENARIOS.map(({ name }) => ({ scenario: name, from })),
    ))
      told.set(run.report.scenario, run);
  });

  it.each(SCENARIOS.map(({ name }) => name))('%s', (name) => {
    expect(told.get(name)?.unmet).toEqual([]);
  });
});
