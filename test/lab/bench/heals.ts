// The cost of a plain heal: requests, seconds in addition to AWS's own, and CPU time to simulate.

import { diskFull } from '../../../local/scenarios/catalog/disk-full.ts';
import { run } from '../../../local/scenarios/run.ts';
import { cpuSeconds, type Measurement, median } from './measurement.ts';
import type { Input } from './part.ts';

const SUBJECT = 'a plain heal';
const SEEDS = { full: 50, least: 1 };
const API_CALLS = 12;
const BEYOND_AWS_SECONDS = 15;

/** Runs `disk-full` with many seeds in the sweep lane. Budgeted measures show the worst seed, the others the median. */
export async function* measureHeals(input: Input): AsyncGenerator<Measurement> {
  const heals: Awaited<ReturnType<typeof plainHeal>>[] = [];
  const costs: number[] = [];
  for (let seed = 1; seed <= SEEDS[input]; seed++)
    costs.push(await cpuSeconds(async () => heals.push(await plainHeal(seed))));
  const worst = (of: (heal: (typeof heals)[number]) => number): number => Math.max(...heals.map(of));
  const middle = (of: (heal: (typeof heals)[number]) => number): number => median(heals.map(of));
  const calls = { subject: SUBJECT, unit: '' };
  yield* [
    { ...calls, measure: 'API calls, at worst', value: worst(({ apiCalls }) => apiCalls), atMost: API_CALLS },
    { ...calls, measure: 'guard calls', value: middle(({ guardCalls }) => guardCalls) },
    { ...calls, measure: 'poll calls', value: middle(({ pollCalls }) => pollCalls) },
    { ...calls, measure: 'state calls', value: middle(({ stateCalls }) => stateCalls) },
    {
      subject: SUBJECT,
      measure: "alarm to grown, beyond AWS's own, at worst",
      value: worst(({ beyondAwsSeconds }) => beyondAwsSeconds),
      unit: 's',
      atMost: BEYOND_AWS_SECONDS,
    },
    { subject: SUBJECT, measure: 'seeds, sweep lane', value: 1 / median(costs), unit: '/s and core' },
  ];
}

/** @throws Error where a seed does not end with exactly one heal, with outcome healed */
async function plainHeal(seed: number) {
  const { report, unmet } = await run(diskFull, { seed, lane: 'sweep' });
  const [heal, ...others] = report.heals;
  if (!heal || others.length > 0 || heal.alarmToHealedSeconds === null || unmet.length > 0)
    throw new Error(`${diskFull.name}, seed ${seed}: expected one heal and it healed; ${unmet.join('; ')}`);
  return { ...heal, beyondAwsSeconds: heal.alarmToHealedSeconds - heal.awsSeconds };
}
