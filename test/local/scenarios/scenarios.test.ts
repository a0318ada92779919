// The scenarios of local/scenarios, as a user runs them: expectations, repeatability, both lanes.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { allScenarios } from '../../../local/scenarios/catalog/index.ts';
import { isAsked, sampled } from '../../fixtures/asked.ts';
import { notUsedIn } from '../../fixtures/english.ts';
import type { Simulated } from '../../fixtures/jobs/simulation.ts';
import { runJob } from '../../fixtures/jobs.ts';

/** Two in `npm test`; the contract means `SEEDS=20 npm test -- test/local/scenarios/scenarios.test.ts`. */
const SEEDS = Number(process.env['SEEDS'] ?? 2);
/** In full it takes a quarter of an hour on two idle cores. */
const PATIENCE_MS = 90 * 60_000;

const ALL = allScenarios().map(({ name }) => name);
const ONE_OF_EACH_SORT = ['disk-full', 'dns-drift', 'new-fleet'];

/**
 * Runs one scenario of each kind; the first of these runs a second time, and once in the other lane, which must give the same result and takes twice as long. If the suite is run by name, all scenarios run, run again, and run in the other lane.
 */
const CHOSEN = [...new Set([...ONE_OF_EACH_SORT, ...sampled('scenarios', ALL, 1_000)])];
const AGAIN = isAsked('scenarios') ? ALL : ONE_OF_EACH_SORT.slice(0, 1);
const FAITHFUL = sampled('scenarios', CHOSEN, 9);

/** Another seed shows that chance has an effect: for one scenario, or for all where the suite is run by name. */
const seedsOf = (name: string): readonly number[] => (AGAIN.includes(name) ? seeds : seeds.slice(0, 1));

const seeds = Array.from({ length: SEEDS }, (_, index) => index + 1);
let sweeps: readonly Simulated[];
let again: readonly Simulated[];
let faithful: readonly Simulated[];

beforeAll(async () => {
  const runs = CHOSEN.flatMap((name) => seedsOf(name).map((seed) => ({ scenario: name, seed })));
  // Two processes, as many as a small machine has cores; no suite takes longer.
  const half = Math.ceil(runs.length / 2);
  const [first, second] = await Promise.all([
    runJob('simulation', runs.slice(0, half)),
    runJob('simulation', [
      ...runs.slice(half),
      ...AGAIN.map((name) => ({ scenario: name, seed: 1 })),
      ...FAITHFUL.map((name) => ({ scenario: name, seed: 1, lane: 'fidelity' as const })),
    ]),
  ]);
  const all = [...first, ...second];
  sweeps = all.slice(0, runs.length);
  again = all.slice(sweeps.length, sweeps.length + AGAIN.length);
  faithful = all.slice(sweeps.length + AGAIN.length);
}, PATIENCE_MS);

const of = (runs: readonly Simulated[], name: string): readonly Simulated[] =>
  runs.filter(({ report }) => report.scenario === name);

describe.each(CHOSEN)('%s', (name) => {
  it('ends as its own expectations say, whatever the seed', () => {
    const unmet = of(sweeps, name).map(({ report: { seed, violations }, unmet }) => ({ seed, unmet, violations }));
    expect(unmet).toEqual(seedsOf(name).map((seed) => ({ seed, unmet: [], violations: [] })));
  });

  it('says nothing in words that readers stumble over', () => {
    const said = of(sweeps, name).flatMap(({ report: { heals, plans, refusals, pages } }) => [
      ...[...heals, ...plans, ...refusals].map(({ reason }) => reason),
      ...pages.map(({ sentence }) => sentence),
    ]);
    expect([...new Set(said)].flatMap((text) => notUsedIn(text).map((why) => `${text}: ${why}`))).toEqual([]);
  });

  it('differs from seed to seed', () => {
    const hashes = of(sweeps, name).map(({ report }) => report.traceHash);
    expect(new Set(hashes).size).toBe(seedsOf(name).length);
  });
});

it.each(FAITHFUL)('%s does the same operations over the wire', (name) => {
  const [wire] = of(faithful, name);
  const [sweep] = of(sweeps, name);
  expect({ ...wire?.report, lane: 'sweep' }).toEqual(sweep?.report);
});

it.each(AGAIN)('%s is the same to the byte when it is run again', (name) => {
  expect(of(again, name)).toEqual(of(sweeps, name).slice(0, 1));
});

describe('a plain heal', () => {
  it('takes at most 15 s beyond what AWS takes, and at most 12 calls', () => {
    for (const { report } of of(sweeps, 'disk-full'))
      for (const { alarmToHealedSeconds, awsSeconds, apiCalls } of report.heals) {
        expect((alarmToHealedSeconds ?? Number.POSITIVE_INFINITY) - awsSeconds).toBeLessThanOrEqual(15);
        expect(apiCalls).toBeLessThanOrEqual(12);
      }
  });
});
