// One sweep of watch-fleet over fleets of 50, 500 and 5,000 nodes: its AWS calls, duration, memory and cost.

import type { SweepMeasured } from '../jobs/fleet-sweep.ts';
import { runLabJob } from '../jobs.ts';
import type { Measurement } from './measurement.ts';
import type { Input } from './part.ts';

const FLEET_SIZES = { full: [50, 500, 5_000], least: [50] };

/** Each size runs in its own process, so that the memory of one does not count for another. */
export async function* measureFleetSweeps(input: Input): AsyncGenerator<Measurement> {
  for (const nodes of FLEET_SIZES[input]) yield* fleetSweepMeasurements(await runLabJob('fleet-sweep', { nodes }));
}

function fleetSweepMeasurements(measured: SweepMeasured): Measurement[] {
  const { nodes, calls, watchSeconds, cpuSeconds, peakMiB, monthUsd } = measured;
  const subject = `a sweep of ${nodes.toLocaleString('en')} nodes`;
  const count = Object.values(calls).reduce((sum, number) => sum + number, 0);
  return [
    { subject, measure: 'AWS calls', value: count, unit: '', atMost: mostCalls(nodes) },
    { subject, measure: 'time on the region’s clock', value: watchSeconds, unit: 's', atMost: 50 },
    { subject, measure: 'CPU, with simulator and nodes', value: cpuSeconds, unit: 's' },
    { subject, measure: 'peak memory, with simulator and nodes', value: peakMiB, unit: 'MiB' },
    { subject, measure: 'a month', value: monthUsd, unit: 'USD' },
  ];
}

/** A dozen calls for the fleet. The rest grows by pages and batches: an instance page, a probe, an observation item and a thousand metrics each. */
const mostCalls = (nodes: number): number =>
  14 + 3 * Math.ceil(nodes / 1_000) + Math.ceil(nodes / 250) + Math.ceil(nodes / 100) + Math.ceil((4 * nodes) / 1_000);
