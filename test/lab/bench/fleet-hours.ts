// How many hours of a healthy fleet one core simulates in a second, in each lane.

import { everySeconds } from '../../../local/nodes/rhythm.ts';
import { createRegion, type Region, START_MS } from '../../../local/region.ts';
import { prepare } from '../../../local/scenarios/run.ts';
import type { World } from '../../../local/scenarios/world/world.ts';
import { bitcoinChain } from '../../../local/scenarios/world/worlds.ts';
import type { Lane } from '../../../local/simulator/lambda-runtime/sandbox.ts';
import { cpuSeconds, type Measurement, median } from './measurement.ts';
import type { Input } from './part.ts';

const HOUR_MS = 60 * 60_000;
/** A region has finished its deployment and the engine's own compilation after the warm hours. */
const INPUTS: Readonly<Record<Input, FleetHours>> = {
  full: { nodes: 20, samples: 9, hoursPerSample: 2, warmHours: 2 },
  least: { nodes: 2, samples: 1, hoursPerSample: 0.05, warmHours: 0.1 },
};

interface FleetHours {
  readonly nodes: number;
  readonly samples: number;
  readonly hoursPerSample: number;
  readonly warmHours: number;
}
const GOALS: Readonly<Record<Lane, number>> = { fidelity: 3.8, sweep: 22 };

/**
 * Simulates so many fleet-hours a sample in both lanes, in turns. A fleet-hour: 20 nodes with their metrics and alarms each minute, watch-fleet's
 * sweep and the dispatcher's each minute, records, alarms and peers every five.
 */
export async function* measureFleetHours(input: Input): AsyncGenerator<Measurement> {
  const { nodes, samples, hoursPerSample, warmHours } = INPUTS[input];
  const lanes: { lane: Lane; region: Region; rates: number[] }[] = [];
  // One after the other: while one region's clock runs, no other code may run.
  for (const lane of ['fidelity', 'sweep'] as const)
    lanes.push({ lane, region: await healthy(lane, nodes, warmHours), rates: [] });
  for (let sample = 0; sample < samples; sample++) {
    for (const { region, rates } of lanes)
      rates.push(hoursPerSample / (await cpuSeconds(() => passHours(region, hoursPerSample))));
  }
  yield* lanes.map(({ lane, rates }) => ({
    subject: `a fleet of ${nodes}, ${lane} lane`,
    measure: 'fleet-hours',
    value: median(rates),
    unit: '/s and core',
    goal: GOALS[lane],
  }));
}

async function healthy(lane: Lane, nodes: number, warmHours: number): Promise<Region> {
  const region = await createRegion({ seed: 1, lane });
  await prepare(region, { build: (world) => fleetOf(world, nodes) });
  await region.clock.run({ untilMs: START_MS });
  await passHours(region, warmHours);
  return region;
}

/** @throws Error where the fleet was not healthy, or a sweep failed: the measurement would mean something else */
async function passHours(region: Region, hours: number): Promise<void> {
  await region.clock.run({ untilMs: region.clock.now() + hours * HOUR_MS });
  const heals = region.lambda.executions().length;
  if (heals > 0) throw new Error(`a healthy fleet was healed ${heals} times`);
  // A normal run logs only at level info.
  const complaint = region.log.find((line) => !line.includes('"level":"info"'));
  if (complaint !== undefined) throw new Error(`a function of a healthy fleet had something to say: ${complaint}`);
}

function fleetOf(world: World, nodes: number): void {
  bitcoinChain(world, 0.5, { clock: everySeconds(30) });
  for (let number = 1; number <= nodes; number++) {
    world.node({
      fleet: 'bitcoin',
      name: `node${number}`,
      chain: 'bitcoin',
      volumes: [{ role: 'data', path: '/node-data', sizeGiB: 1_000, usedPercent: 40 }],
    });
  }
}
