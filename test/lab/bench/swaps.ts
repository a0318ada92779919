// The duration of a swap, part by part, for volumes of three sizes, next to the fastest possible; and its cost in calls and outage.

import { tableOf } from '../../../infra/commands/fleets/context.ts';
import { everySeconds } from '../../../local/nodes/rhythm.ts';
import type { HealReport } from '../../../local/scenarios/report/heals.ts';
import { type Run, run } from '../../../local/scenarios/run.ts';
import type { Scenario } from '../../../local/scenarios/scenario.ts';
import { snapshotsOf } from '../../../local/scenarios/world/fixtures.ts';
import {
  corruptNow,
  dataOf,
  GOOD,
  impatient,
  incidentsEnded,
  ladderHeals,
  smallFleet,
} from '../../../local/scenarios/world/ladder.ts';
import type { World } from '../../../local/scenarios/world/world.ts';
import type { Measurement } from './measurement.ts';
import type { Input } from './part.ts';

const MIB = 2 ** 20;
/** The data in the snapshot; the volume is a quarter larger. */
export const DATA_GIB = { '100 GiB': 100, '1 TiB': 1_024, '4 TiB': 4_096 } as const;
const SEEDS = { full: 3, least: 1 };
const BREAKS_AT_MINUTES = 3;
/** The age of the newest good snapshot. The client must catch up so many hours of blocks (`smallFleet`). */
const SNAPSHOT_HOURS = 8;
const GIB_AN_HOUR = 1;

/** "Valid range: 100 - 300 MiB/s" (VolumeInitializationRate of CreateVolumeRequest, @aws-sdk/client-ec2): the fastest that AWS sells. */
const INITIALIZATION_MIBPS = 300;
/**
 * "Scheduled events … in UTC+0 … with a minimum precision of one minute" (Amazon EventBridge user guide): a scheduled watcher looks once a minute.
 */
const WATCH_SECONDS = 60;

/** The limit for a swap that proves itself, for a volume of any size. */
const OUTAGE_BEYOND_CLIENT_SECONDS = 10;
const API_CALLS = 30;

export type Size = keyof typeof DATA_GIB;
export const sizesOf = (input: Input): readonly Size[] =>
  (Object.keys(DATA_GIB) as Size[]).slice(0, input === 'full' ? undefined : 1);
const PARTS = ['detect', 'create', 'initialize', 'swap', 'catch-up'] as const;
type Part = (typeof PARTS)[number];

interface PartOfSwap {
  readonly part: Part;
  readonly seconds: number;
  /** The fastest possible; absent where no figure is published. */
  readonly atLeast?: { readonly seconds: number; readonly because: string };
}

interface SwapMeasured {
  readonly size: Size;
  /** The parts of the median seed by its outage. */
  readonly parts: readonly PartOfSwap[];
  readonly outageBeyondClientSeconds: number;
  readonly apiCalls: number;
}

/** Each size with some seeds. The parts are those of a median seed; a budgeted measure is the worst. */
export async function* measureSwaps(input: Input): AsyncGenerator<Measurement | string> {
  const measured: SwapMeasured[] = [];
  for (const size of sizesOf(input)) {
    const swaps: SwapMeasured[] = [];
    for (let seed = 1; seed <= SEEDS[input]; seed++) swaps.push(await swap(size, seed));
    const [middle] = swaps.toSorted((a, b) => total(a) - total(b)).slice(swaps.length >> 1);
    const measuredSize: SwapMeasured = {
      size,
      parts: middle?.parts ?? [],
      outageBeyondClientSeconds: Math.max(...swaps.map((one) => one.outageBeyondClientSeconds)),
      apiCalls: Math.max(...swaps.map(({ apiCalls }) => apiCalls)),
    };
    measured.push(measuredSize);
    yield* swapMeasurements(measuredSize);
  }
  const { head, rows } = swapRows(measured);
  yield tableOf(head, rows);
  // The sources of the "at least" figures, once for all sizes.
  for (const { part, atLeast } of measured[0]?.parts ?? []) if (atLeast) yield `${part}: ${atLeast.because}`;
}

const total = ({ parts }: SwapMeasured): number => parts.reduce((sum, { seconds }) => sum + seconds, 0);

const swapMeasurements = ({ size, outageBeyondClientSeconds, apiCalls }: SwapMeasured): Measurement[] => {
  const subject = `a swap of ${size}`;
  return [
    {
      subject,
      measure: "outage beyond the client's own, at worst",
      value: outageBeyondClientSeconds,
      unit: 's',
      atMost: OUTAGE_BEYOND_CLIENT_SECONDS,
    },
    { subject, measure: 'API calls, at worst', value: apiCalls, unit: '', atMost: API_CALLS },
  ];
};

/** Rows of a table: one for each size, with the measured and the fastest possible time in each cell. */
const swapRows = (swaps: readonly SwapMeasured[]): { readonly head: string[]; readonly rows: string[][] } => ({
  head: ['data', ...PARTS],
  rows: swaps.map(({ size, parts }) => [size, ...parts.map(cell)]),
});

const cell = ({ seconds, atLeast }: PartOfSwap): string =>
  atLeast ? `${duration(seconds)}, at least ${duration(atLeast.seconds)}` : duration(seconds);

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 600) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The story of `corrupt-data` with a volume of this size. Its only rung is a swap: an earlier restart would hide its parts. */
function scenarioOf(size: Size): Scenario {
  const sizeGiB = DATA_GIB[size] * 1.25;
  const usedPercent = (100 * (DATA_GIB[size] + SNAPSHOT_HOURS * GIB_AN_HOUR)) / sizeGiB;
  return {
    name: `swap of ${size}`,
    sentence: `A node's data are broken: its volume with ${size} of them is swapped.`,
    fleets: {
      bitcoin: {
        ...impatient,
        replace: { rungs: ['swap', 'replace'], initializationMiBps: INITIALIZATION_MIBPS },
      },
    },
    build: (world) => {
      const volumes = [{ role: 'data', path: '/node-data', sizeGiB, usedPercent }];
      snapshotsOf(world, smallFleet(world, { clock: everySeconds(30), more: { volumes } }), {
        hoursAgo: SNAPSHOT_HOURS,
        snapshotId: GOOD,
      });
    },
    people: (world) => world.at(BREAKS_AT_MINUTES, () => corruptNow(world)),
    done: (world) => incidentsEnded(world, 'healed'),
    hours: 6,
    expect: [
      {
        sentence: 'one heal, and its swap healed',
        holds: (report) => ladderHeals(report).length === 1 && ladderHeals(report)[0]?.rung === 'swap',
      },
    ],
  };
}

/** @throws Error where a seed does not end with exactly one heal, and that healed by a swap */
async function swap(size: Size, seed: number): Promise<SwapMeasured> {
  const { report, world, unmet }: Run = await run(scenarioOf(size), { seed, lane: 'sweep' });
  const [heal] = ladderHeals(report);
  if (!heal || unmet.length > 0)
    throw new Error(`swap of ${size}, seed ${seed}: expected one swap; ${unmet.join('; ')}`);
  return {
    size,
    parts: partsOf(heal, world),
    outageBeyondClientSeconds: heal.outageSeconds - heal.clientSeconds,
    apiCalls: heal.apiCalls,
  };
}

function partsOf(heal: HealReport, world: World): readonly PartOfSwap[] {
  const { stuckSeconds } = impatient.health;
  const creation = workOn(world, 'volume creation');
  const attachment = workOn(world, 'volume attachment');
  const initialization = workOn(world, 'volume initialization');
  return [
    {
      part: 'detect',
      seconds: heal.startedAtSeconds - BREAKS_AT_MINUTES * 60,
      atLeast: {
        seconds: stuckSeconds,
        because: `the fleet file calls nobody stuck before, and a look comes every ${WATCH_SECONDS} s`,
      },
    },
    // AWS publishes no duration for either (December 2026: none in "Initialize Amazon EBS volumes").
    { part: 'create', seconds: (attachment.to - creation.from) / 1_000 },
    {
      part: 'initialize',
      seconds: (initialization.to - initialization.from) / 1_000,
      atLeast: {
        seconds: world.region.ec2.snapshot(GOOD).fullBytes / MIB / INITIALIZATION_MIBPS,
        because: `${INITIALIZATION_MIBPS} MiB/s are the most that AWS fills a volume at`,
      },
    },
    {
      part: 'swap',
      seconds: heal.outageSeconds,
      atLeast: { seconds: heal.clientSeconds, because: 'the client itself takes as long to stop and to start' },
    },
    { part: 'catch-up', seconds: heal.caughtUpSeconds },
  ];
}

/** The time that AWS worked on the node's current volume. */
function workOn(world: World, what: string): { readonly from: number; readonly to: number } {
  const volumeId = dataOf(world);
  const work = world.region.kernel.works.find((one) => one.what === what && one.resources.includes(volumeId));
  if (!work) throw new Error(`${volumeId}: there was no ${what}`);
  return work;
}
