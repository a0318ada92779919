// Measures one sweep of watch-fleet over a healthy fleet.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { everySeconds } from '../../../local/nodes/rhythm.ts';
import { createRegion, type Region } from '../../../local/region.ts';
import { healthNow } from '../../../local/scenarios/checks/expectations.ts';
import { prepare } from '../../../local/scenarios/run.ts';
import type { World } from '../../../local/scenarios/world/world.ts';
import { bitcoinChain, references } from '../../../local/scenarios/world/worlds.ts';
import type { InvocationSpan } from '../../../local/simulator/lambda-runtime/sandboxes.ts';
import { sumUsd, watchingUsd } from '../../fixtures/cost.ts';
import { cpuSeconds } from '../bench/measurement.ts';

const MINUTE_MS = 60_000;
const MIB = 2 ** 20;
/** Sweeps before the measured one: cold starts and the engine's compilation have finished by then. */
const WARM_MINUTES = 3;

export interface SweepMeasured {
  readonly nodes: number;
  /** Calls to AWS by watch-fleet and probe-nodes in one sweep, by "service.Operation". */
  readonly calls: Readonly<Record<string, number>>;
  /** From watch-fleet's start to its end, and of all probes together, on the region's clock: 50 ms a call, and the nodes' own answers. */
  readonly watchSeconds: number;
  readonly probeSeconds: number;
  /** CPU time of this machine, including simulator and nodes. */
  readonly cpuSeconds: number;
  /** The largest growth of the heap during the sweep, including simulator and nodes: an upper bound for the functions. */
  readonly peakMiB: number;
  /** The cost of watching the fleet for a month: metrics, alarms, records, and the functions' time as measured. */
  readonly monthUsd: number;
}

export async function job({ nodes }: { readonly nodes: number }): Promise<SweepMeasured> {
  let peakBytes = 0;
  const look = (): void => {
    peakBytes = Math.max(peakBytes, process.memoryUsage().heapUsed);
  };
  const region = await createRegion({ seed: 1, lane: 'sweep', onCall: look });
  const world = await prepare(region, { build: (made) => fleetOf(made, nodes, 0) });
  await region.clock.run({ untilMs: region.clock.now() + WARM_MINUTES * MINUTE_MS });
  // Right after a sweep's end, the next minute contains exactly one sweep.
  const before = region.spans.length;
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const beforeBytes = process.memoryUsage().heapUsed;
  peakBytes = beforeBytes;
  const cpu = await cpuSeconds(() => region.clock.run({ untilMs: region.clock.now() + MINUTE_MS }));
  const health = healthNow(world);
  const seen = world.nodes.filter(({ instanceId }) => health.get(instanceId) === 'synced').length;
  if (seen !== nodes)
    throw new Error(`${seen} of ${nodes} nodes were seen to be synced: that was no sweep of a healthy fleet`);
  return { ...measured(nodes, region, before), cpuSeconds: cpu, peakMiB: (peakBytes - beforeBytes) / MIB };
}

function measured(
  nodes: number,
  { spans, gateway }: Region,
  from: number,
): Omit<SweepMeasured, 'cpuSeconds' | 'peakMiB'> {
  const own = spans.slice(from).filter(({ functionName }) => /watch-fleet|probe-nodes/.test(functionName));
  const watches = own.filter(({ functionName }) => functionName.endsWith('watch-fleet'));
  if (watches.length !== 1) throw new Error(`${watches.length} sweeps in a minute, expected one`);
  const calls: Record<string, number> = {};
  for (const { fromCall, toCall = gateway.trace.calls.length, actor } of own) {
    for (const call of gateway.trace.calls.slice(fromCall, toCall)) {
      if (call.actor !== actor) continue;
      const name = `${call.service}.${call.operation}`;
      calls[name] = (calls[name] ?? 0) + 1;
    }
  }
  const watchSeconds = secondsOf(watches);
  const probeSeconds = secondsOf(own.filter(({ functionName }) => functionName.includes('probe-nodes')));
  return {
    nodes,
    calls,
    watchSeconds,
    probeSeconds,
    monthUsd: sumUsd(watchingUsd(nodes, watchSeconds + probeSeconds)),
  };
}

/** The total of all spans, as Lambda bills them. */
const secondsOf = (spans: readonly InvocationSpan[]): number =>
  spans.reduce((sum, { startedAtMs, endedAtMs = Number.NaN }) => sum + (endedAtMs - startedAtMs) / 1_000, 0);

/** Well nodes that have so many hours of metrics behind them. */
export function fleetOf(world: World, count: number, pastHours: number): void {
  references(world, bitcoinChain(world, 0.5, { clock: everySeconds(30) }));
  for (let number = 1; number <= count; number++) {
    world.node({
      fleet: 'bitcoin',
      name: `node${number}`,
      chain: 'bitcoin',
      past: { hours: pastHours },
      volumes: [{ role: 'data', path: '/node-data', sizeGiB: 1_000, usedPercent: 40 }],
    });
  }
}
