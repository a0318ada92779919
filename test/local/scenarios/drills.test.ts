// Drills on a bad day: whatever AWS and its functions do meanwhile, a set that is good is verified, one that is bad is not, and nothing is left.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { FAULTS, type FaultName } from '../../../local/simulator/faults.ts';
import { isAsked, sampled } from '../../fixtures/asked.ts';
import type { Simulated, Simulation } from '../../fixtures/jobs/simulation.ts';
import { runJob } from '../../fixtures/jobs.ts';

const PATIENCE_MS = 60 * 60_000;
const SCENARIOS = sampled('drills', ['drill-daily', 'drill-bad-set', 'drill-budget'], 3);
/** Where the suite is run by name. */
const SEEDS = isAsked('drills') ? 20 : 1;

/** Each scenario under each fault, and on each seed; in `npm test` the first on one seed, undisturbed. */
const runs: readonly Simulation[] = [
  ...SCENARIOS.flatMap((scenario) =>
    (isAsked('drills') ? (Object.keys(FAULTS) as FaultName[]) : []).map((fault) => ({
      scenario,
      seed: 1,
      faults: [fault],
    })),
  ),
  ...SCENARIOS.flatMap((scenario) => Array.from({ length: SEEDS }, (_, at) => ({ scenario, seed: at + 1 }))),
];
const nameOf = ({ scenario, seed, faults = [] }: Simulation): string => `${scenario}, seed ${seed} ${faults.join()}`;

let played: readonly Simulated[] = [];

beforeAll(async () => {
  const half = Math.ceil(runs.length / 2);
  const parts = await Promise.all([runJob('simulation', runs.slice(0, half)), runJob('simulation', runs.slice(half))]);
  played = parts.flat();
}, PATIENCE_MS);

describe.each(runs.map((run, at) => [nameOf(run), at] as const))('%s', (_, at) => {
  it('ends as its own expectations say, and no invariant is broken', () => {
    const { unmet, report } = played[at] ?? {};
    expect({ unmet, violations: report?.violations }).toEqual({ unmet: [], violations: [] });
  });
});

describe('the story of a drill', () => {
  it('says what was opened, how long it took and what it cost', () => {
    const { story = [] } =
      played[runs.findIndex(({ scenario, faults }) => scenario === 'drill-daily' && !faults)] ?? {};
    const text = story.join('\n');
    expect(text).toMatch(/on a throw-away m6i\.large, at about \$0\.\d\d an hour, and remove it again/);
    expect(text).toMatch(
      /is verified: it has caught up to \d+, on the blocks of the fleet, \d+ min after the launch, \$0\.\d\d/,
    );
  });
});
