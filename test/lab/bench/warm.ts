// How close "restored" and "caught up" lie for a node that got data of a snapshot, whose blocks EBS still has in S3: with what its client reads first read
// before the exchange, and without. EBS is not paid to initialize the volume.

import { everySeconds } from '../../../local/nodes/rhythm.ts';
import { run } from '../../../local/scenarios/run.ts';
import type { Scenario } from '../../../local/scenarios/scenario.ts';
import { snapshotsOf } from '../../../local/scenarios/world/fixtures.ts';
import {
  corruptNow,
  dataOf,
  GOOD,
  impatient,
  incidentsEnded,
  ladderHeals,
  requestOf,
  smallFleet,
} from '../../../local/scenarios/world/ladder.ts';
import type { Measurement } from './measurement.ts';
import type { Input } from './part.ts';
import { DATA_GIB, type Size, sizesOf } from './swaps.ts';

/**
 * A block index and the newest blocks, which a start reads; and a state, of which each new block reads at random places: bitcoind's is some 2 % of its data.
 * Of a large one the limits of what is read (start-files.ts) leave a part in S3.
 */
const coldReads = (size: Size) => ({ startMiB: 1_024, stateMiB: 0.02 * DATA_GIB[size] * 1_024 });
const BREAKS_AT_MINUTES = 3;
const SNAPSHOT_HOURS = 8;
const GIB_AN_HOUR = 1;
const SEED = 1;
/** Of the time without: from the start of the client; and from the attached volume, the reading itself among it. */
const SHARE = { fromStart: 0.7, fromVolume: 1.2 };

interface Restored {
  /** From the client's start on the restored data until it has caught up. */
  readonly startedSeconds: number;
  /** From the attached volume on, the time that the exchange itself takes left out. */
  readonly attachedSeconds: number;
}

export async function* measureWarming(input: Input): AsyncGenerator<Measurement> {
  for (const size of sizesOf(input)) {
    const cold = await restored(size, false);
    const warmed = await restored(size, true);
    const subject = `a restore of ${size}`;
    const share = (part: keyof Restored): number => warmed[part] / cold[part];
    yield* [
      { subject, measure: 'restored → caught up, as blocks come', value: cold.startedSeconds, unit: 's' },
      { subject, measure: 'restored → caught up, warmed', value: warmed.startedSeconds, unit: 's' },
      { subject, measure: 'the same, ratio', value: share('startedSeconds'), unit: '', atMost: SHARE.fromStart },
      {
        ...{ subject, measure: 'volume attached → caught up, warmed ÷ not', unit: '' },
        ...{ value: share('attachedSeconds'), atMost: SHARE.fromVolume },
      },
    ];
  }
}

/** @throws Error where the story does not end with one heal, and that by a swap */
async function restored(size: Size, warm: boolean): Promise<Restored> {
  const { report, world } = await run(scenarioOf(size, warm), { seed: SEED, lane: 'sweep' });
  const [heal, another] = ladderHeals(report);
  if (heal?.rung !== 'swap' || another) throw new Error(`a restore of ${size}: expected one swap, ${heal?.reason}`);
  const exchange = requestOf(world, 'SendCommand', 'swap-volumes');
  const attachment = world.region.kernel.works.find(
    ({ what, resources }) => what === 'volume attachment' && resources.includes(dataOf(world)),
  );
  if (!exchange || !attachment) throw new Error(`a restore of ${size}: no exchange after an attachment`);
  return {
    startedSeconds: heal.caughtUpSeconds,
    attachedSeconds: (exchange.at - attachment.to) / 1_000 + heal.caughtUpSeconds,
  };
}

function scenarioOf(size: Size, warm: boolean): Scenario {
  const sizeGiB = DATA_GIB[size] * 1.25;
  const usedPercent = (100 * (DATA_GIB[size] + SNAPSHOT_HOURS * GIB_AN_HOUR)) / sizeGiB;
  return {
    name: `restore of ${size}`,
    sentence: `A node’s data are broken: it gets ${size} of a snapshot, as blocks come.`,
    fleets: { bitcoin: { ...impatient, replace: { rungs: ['swap', 'replace'], warm } } },
    build: (world) => {
      const more = { volumes: [{ role: 'data', path: '/node-data', sizeGiB, usedPercent }] };
      snapshotsOf(world, smallFleet(world, { clock: everySeconds(30), coldReads: coldReads(size), more }), {
        hoursAgo: SNAPSHOT_HOURS,
        snapshotId: GOOD,
      });
    },
    people: (world) => world.at(BREAKS_AT_MINUTES, () => corruptNow(world)),
    done: (world) => incidentsEnded(world, 'healed'),
    hours: 6,
    expect: [],
  };
}
