// A restored volume is read before the exchange on a bad day: whatever AWS and its functions do meanwhile, the swap ends well, with the reading and without.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { FAULTS, type FaultName } from '../../../local/simulator/faults.ts';
import { isAsked } from '../../fixtures/asked.ts';
import type { Simulated, Simulation } from '../../fixtures/jobs/simulation.ts';
import { runJob } from '../../fixtures/jobs.ts';

const PATIENCE_MS = 60 * 60_000;
/** Where the suite is run by name, also under each fault. */
const SEEDS = isAsked('swap-warmed') ? 3 : 1;
const seeds = Array.from({ length: SEEDS }, (_, at) => at + 1);

const runs: readonly Simulation[] = [
  ...seeds.flatMap((seed) =>
    ['swap-warmed', 'swap-cold', ...(isAsked('swap-warmed') ? ['swap-learned'] : [])].map((scenario) => ({
      ...{ scenario, seed },
    })),
  ),
  ...seeds.flatMap((seed) =>
    ['swap-warmed', 'swap-learned'].flatMap((scenario) =>
      (isAsked('swap-warmed') ? (Object.keys(FAULTS) as FaultName[]) : []).map((fault) => ({
        ...{ scenario, seed, faults: [fault] },
      })),
    ),
  ),
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

describe('the two stories side by side', () => {
  it.each(seeds)(
    'seed %i: with the reading the node is down for less, and has caught up sooner after its start',
    (seed) => {
      const [warmed, cold] = ['swap-warmed', 'swap-cold'].map((name) =>
        played[
          runs.findIndex(({ scenario, seed: is, faults }) => scenario === name && is === seed && !faults)
        ]?.report.heals.find(({ kind }) => kind === 'replace-node'),
      );
      expect(warmed?.outageSeconds).toBeLessThan((cold?.outageSeconds ?? 0) / 2);
      expect(warmed?.caughtUpSeconds).toBeLessThan((cold?.caughtUpSeconds ?? 0) / 3);
    },
  );

  it('say in the journal how much was read', () => {
    const { journal = [] } = played[runs.findIndex(({ scenario }) => scenario === 'swap-warmed')] ?? {};
    expect(journal.map(({ sentence }) => sentence).join('\n')).toMatch(/done; \d+ files read, 9\.0 GiB/);
  });
});
