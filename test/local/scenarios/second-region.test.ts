// A second region, or a second account, on a bad day: whatever AWS and its functions do meanwhile, a copy that opens is proved, one whose key cannot be used
// is told, and so is the end of all copies.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { FAULTS, type FaultName } from '../../../local/simulator/faults.ts';
import { isAsked, sampled } from '../../fixtures/asked.ts';
import type { Simulated, Simulation } from '../../fixtures/jobs/simulation.ts';
import { runJob } from '../../fixtures/jobs.ts';
import { long } from '../../fixtures/long.ts';

const PATIENCE_MS = 60 * 60_000;
/** Each scenario, and what its story says: where a copy came from, when, and in how many minutes a node would be back; or what has to be changed. */
const STORIES: readonly (readonly [scenario: string, says: readonly RegExp[]])[] = [
  [
    'second-region',
    [
      /the chain is at \d+, copied from eu-west-1 \d+ min ago\) on a throw-away m6i\.large/,
      /is verified: it has caught up to \d+, on the blocks of its references, \d+ min after the launch/,
    ],
  ],
  [
    'second-region-key',
    [
      /the drill of snap-[0-9a-f]+ proved nothing: .* its policy does not let audit-snapshots give EBS a grant \(kms:CreateGrant\)/,
    ],
  ],
  [
    'second-region-stopped',
    [
      /copies-old: the newest copy from eu-west-1 came \d+ h ago, and the fleet file allows 4 h: look whether its policy is enabled there/,
    ],
  ],
  ['second-account', [/the chain is at \d+, taken in account 444455556666 \d+ min ago\) on a/]],
  ['second-account-key', [/\(kms:CreateGrant\), or it is another account’s and the suite/]],
  ['second-account-stopped', [/copies-old: the newest copy from account 444455556666 came \d+ h ago/]],
];
/** The first one, unless the suite is run by name. */
const TOLD = sampled('second-region', STORIES, 6);
/** Where the suite is run by name, also under each fault. */
const SEEDS = isAsked('second-region') ? 5 : 1;

const runs: readonly Simulation[] = TOLD.flatMap(([scenario]) => [
  ...(isAsked('second-region') ? (Object.keys(FAULTS) as FaultName[]) : []).map((fault) => ({
    ...{ scenario, seed: 1, faults: [fault] },
  })),
  ...Array.from({ length: SEEDS }, (_, at) => ({ scenario, seed: at + 1 })),
]);
const nameOf = ({ scenario, seed, faults = [] }: Simulation): string => `${scenario}, seed ${seed} ${faults.join()}`;
const storyOf = (name: string): string =>
  (played[runs.findIndex(({ scenario, faults }) => scenario === name && !faults)]?.story ?? []).join('\n');

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

describe.each(TOLD)('the story of %s', (scenario, says) => {
  it('says what a person has to know', () => {
    for (const words of says) expect(storyOf(scenario)).toMatch(words);
  });
});

long('second-region')('a region and its second one have one clock, and are the same each time', async () => {
  const once = played[runs.findIndex(({ scenario, faults }) => scenario === 'second-region' && !faults)];
  const [again] = await runJob('simulation', [{ scenario: 'second-region', seed: 1 }]);
  expect(again?.report.traceHash).toBe(once?.report.traceHash);
});
