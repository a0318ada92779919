// 500 nodes of which many are sick at once, and an hour without one of AWS's services: what healing them takes.
import type { LargeFleetMeasured, LargeFleetStory } from '../jobs/large-fleet.ts';
import { runLabJob } from '../jobs.ts';
import type { Measurement } from './measurement.ts';
import type { Input } from './part.ts';

const NODES = 500;
const OUTAGE_MINUTES = 60;
const PAGES_MAX = 2;
/** As their requests are signed: CloudWatch is "monitoring". */
const SERVICES = ['dynamodb', 'ssm', 'lambda', 'ec2', 'monitoring'] as const;

interface Told {
  readonly subject: string;
  readonly story: LargeFleetStory;
}

const LEAST: Told = { subject: 'a full disk', story: { nodes: 5, full: 1, dead: 0 } };
const STORIES: readonly Told[] = [
  { subject: '200 full disks', story: { nodes: NODES, full: 200, dead: 0 } },
  { subject: '20 dead instances', story: { nodes: NODES, full: 0, dead: 20 } },
  ...SERVICES.map((service) => ({
    subject: `5 full disks, an hour without ${service}`,
    story: { nodes: NODES, full: 5, dead: 0, outage: { service, minutes: OUTAGE_MINUTES } },
  })),
];

/** One story after the other, each in its own process. */
export async function* measureLargeFleets(input: Input): AsyncGenerator<Measurement> {
  for (const { subject, story } of input === 'full' ? STORIES : [LEAST])
    yield* measurementsOf(subject, story, await runLabJob('large-fleet', story));
}

/** @throws Error where a sick node was not healed, or an invariant is broken: the figures would mean something else */
function measurementsOf(
  subject: string,
  { nodes, full, dead }: LargeFleetStory,
  measured: LargeFleetMeasured,
): Measurement[] {
  const { healed, minutesToHealed, executionsPerHeal, throttles, failedSweeps, pages, unmet } = measured;
  const sick = full + dead;
  if (healed < sick || unmet.length > 0)
    throw new Error(`${subject}: ${healed} of ${sick} healed; ${unmet.join('; ')}; pages: ${pages.join(', ')}`);
  const of = { subject: `${nodes} nodes, ${subject}`, unit: '' };
  return [
    { ...of, measure: 'all healed after', value: minutesToHealed, unit: 'min' },
    { ...of, measure: 'executions per heal', value: executionsPerHeal, atMost: 1.2 },
    { ...of, measure: 'throttled calls', value: throttles },
    { ...of, measure: 'sweeps failed while AWS did not', value: failedSweeps, atMost: 0 },
    { ...of, measure: 'pages', value: pages.length, atMost: PAGES_MAX },
  ];
}
