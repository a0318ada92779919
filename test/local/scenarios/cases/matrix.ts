// Runs the cases of one table in one process, and reports each to Jest by its name.
import { beforeAll, it } from '@jest/globals';
import type { Scenario } from '../../../../local/scenarios/scenario.ts';
import { sampled } from '../../../fixtures/asked.ts';
import type { Simulated } from '../../../fixtures/jobs/simulation.ts';
import { runJob } from '../../../fixtures/jobs.ts';

const PATIENCE_MS = 30 * 60_000;
/** A case without hours ends when its story does, within the first hour as a rule. */
const lasts = ({ hours = 1 }: Scenario): number => hours;

const EVERY = 40;

/**
 * One test for each case: all its expectations hold, and every invariant. Every fortieth case, beginning with the shortest, unless the suite is run by name.
 * @param from URL of the module that exports `all` as SCENARIOS
 */
export function itHolds(suite: string, all: readonly Scenario[], from: URL): void {
  const shortestFirst = all.toSorted((one, other) => lasts(one) - lasts(other));
  const scenarios = sampled(suite, shortestFirst, EVERY);
  const results = new Map<string, Simulated>();
  beforeAll(async () => {
    const runs = await runJob(
      'simulation',
      scenarios.map(({ name }) => ({ scenario: name, from: from.pathname })),
    );
    for (const run of runs) results.set(run.report.scenario, run);
  }, PATIENCE_MS);

  it.each(scenarios.map(({ name }) => name))('%s', (name) => {
    const { unmet, report, journal } = results.get(name) ?? {};
    if (unmet?.length === 0) return;
    const story = journal?.map(({ atMs, kind, sentence }) => `${new Date(atMs).toISOString()} ${kind} ${sentence}`);
    throw new Error(JSON.stringify({ unmet, violations: report?.violations, story: story?.slice(0, 40) }, null, 2));
  });
}
