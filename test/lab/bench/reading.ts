// What a person's verbs cost, by the requests that they send about a fleet of 50 and of 500 nodes: one call of each, and a month of `status` each minute.
import { MINUTES_A_MONTH } from '../../fixtures/cost.ts';
import type { ReadingAsked, ReadingMeasured } from '../jobs/reading.ts';
import { runLabJob } from '../jobs.ts';
import type { Measurement } from './measurement.ts';
import type { Input } from './part.ts';

const FLEETS: Readonly<Record<Input, readonly ReadingAsked[]>> = {
  full: [50, 500].flatMap((nodes) => [
    { nodes, metrics: 'classic' as const },
    { nodes, metrics: 'otlp' as const },
  ]),
  least: [
    { nodes: 3, metrics: 'classic' },
    { nodes: 3, metrics: 'otlp' },
  ],
};

export async function* measureReading(input: Input): AsyncGenerator<Measurement> {
  for (const asked of FLEETS[input])
    for (const measured of await runLabJob('reading', asked)) yield* measurementsOf(asked, measured);
}

function measurementsOf({ nodes, metrics }: ReadingAsked, { verb, requests, usd }: ReadingMeasured): Measurement[] {
  const of = { subject: `${verb}, ${nodes} nodes, ${metrics}`, unit: 'USD' };
  const count = Object.values(requests).reduce((sum, number) => sum + number, 0);
  return [
    { ...of, measure: 'requests', value: count, unit: '' },
    { ...of, measure: 'one call, at least', value: usd.least },
    { ...of, measure: 'one call, at most', value: usd.most },
    ...(verb.startsWith('status')
      ? [{ ...of, measure: 'each minute, a month', value: usd.most * MINUTES_A_MONTH }]
      : []),
  ];
}
