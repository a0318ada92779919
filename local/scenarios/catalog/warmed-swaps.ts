// Scenarios: a node gets data of a snapshot, and EBS has its blocks still in S3. With what its client reads first read before the exchange, without, and with
// what a drill has seen it read.

import type { ChainSpec } from '../../nodes/chain.ts';
import { allHealedInTheEnd, nobodyPaged } from '../checks/expectations.ts';
import { alarmsRight, allWell, goodSwap, healedBy, namesRight, restoredFrom } from '../checks/ladder-expectations.ts';
import { incidentsOf } from '../report/records.ts';
import type { Report } from '../report/report.ts';
import type { Expectation, Scenario } from '../scenario.ts';
import {
  asksForDrills,
  DRILLS_DEPLOYED,
  drillFleet,
  drillRecord,
  nothingLeft,
  notYetDrilled,
} from '../world/drills.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import {
  corruptNow,
  GOOD,
  impatient,
  incidentsEnded,
  ladderHeals,
  requestOf,
  SICK,
  smallFleet,
} from '../world/ladder.ts';
import type { World } from '../world/world.ts';
import { QUICK_BLOCKS } from '../world/worlds.ts';

const BREAKS_AT_MINUTES = 3;
const ASKED_AT_MINUTES = 1;
const DONOR = 'node1';
/** A block index, the newest blocks, and a state of which each new block reads at random places. */
const COLD_READS: NonNullable<ChainSpec['coldReads']> = { startMiB: 1_024, stateMiB: 8_192 };
/** From its start on: 1 GiB at 6 MiB/s are 171 s, and 8 h of blocks are followed at a quarter of the speed. */
const COLD_SECONDS = 480;
const WARM_SECONDS = 180;

const caughtUpSeconds = (report: Report): number => ladderHeals(report).at(-1)?.caughtUpSeconds ?? Number.NaN;

const warmings = ({ region }: World) =>
  region.gateway.trace.calls.filter(({ operation, input }) => {
    const { DocumentName = '', Parameters = {} } = input as {
      readonly DocumentName?: string;
      readonly Parameters?: Readonly<Record<string, readonly string[]>>;
    };
    return (
      operation === 'SendCommand' && DocumentName.includes('check-volume') && (Parameters['Warm']?.[0] ?? '') !== ''
    );
  });

const storyOf = (replace: object, expect: readonly Expectation[]) =>
  ({
    fleets: { bitcoin: { ...impatient, replace } },
    build: (world: World) => {
      const sick = smallFleet(world, { clock: QUICK_BLOCKS, coldReads: COLD_READS });
      snapshotsOf(world, sick, { hoursAgo: 8, snapshotId: GOOD });
    },
    people: (world: World) => world.at(BREAKS_AT_MINUTES, () => corruptNow(world)),
    done: (world: World) => incidentsEnded(world, 'healed'),
    hours: 6,
    expect: [...goodSwap(GOOD, 'its data come from its own clean snapshot'), ...expect, allHealedInTheEnd, nobodyPaged],
  }) as const;

export const swapWarmed: Scenario = {
  name: 'swap-warmed',
  sentence:
    'A node’s data are broken: what its client reads first is read from the restored volume before the exchange, and it has caught up 2 minutes after its start.',
  ...storyOf({}, [
    {
      sentence: 'the files were read once, while the client of before was still there',
      holds: (_, world) => {
        const [read, another] = warmings(world);
        const exchange = requestOf(world, 'SendCommand', 'swap-volumes');
        return read !== undefined && another === undefined && exchange !== undefined && read.at < exchange.at;
      },
      undisturbed: true,
    },
    {
      sentence: `its client had caught up within ${WARM_SECONDS} s`,
      holds: (report) => caughtUpSeconds(report) < WARM_SECONDS,
      undisturbed: true,
    },
  ]),
};

export const swapCold: Scenario = {
  name: 'swap-cold',
  sentence:
    'The same without that (`replace.warm: no`): its client waits for S3 at its start and with each block, and has caught up 9 minutes after it.',
  ...storyOf({ warm: false }, [
    {
      sentence: `its client needed more than ${COLD_SECONDS} s`,
      holds: (report, world) => warmings(world).length === 0 && caughtUpSeconds(report) > COLD_SECONDS,
      undisturbed: true,
    },
  ]),
};

/** More than the limits by chain allow (shared/chains/start-files.ts): 18 GiB. */
const LARGE_READS: NonNullable<ChainSpec['coldReads']> = { startMiB: 1_024, stateMiB: 24_576 };

const isLearned = (world: World): boolean => {
  const record = drillRecord(world);
  return record?.startFiles !== undefined && record.current === null;
};

const linesOfWarm = (world: World): readonly string[] =>
  warmings(world).flatMap(({ input }) => {
    const { Parameters = {} } = input as { readonly Parameters?: Readonly<Record<string, readonly string[]>> };
    return Buffer.from(Parameters['Warm']?.[0] ?? '', 'base64')
      .toString()
      .split('\n');
  });

export const swapLearned: Scenario = {
  name: 'swap-learned',
  sentence:
    'A drill has seen of which folders its client reads how much: as much is read from the restored volume of a node, which is more than anybody had said of its chain.',
  deployedWith: DRILLS_DEPLOYED,
  fleets: { bitcoin: notYetDrilled },
  build: (world) => {
    drillFleet(world, { coldReads: LARGE_READS });
    snapshotsOf(world, world.find('bitcoin', DONOR), { hoursAgo: 8, snapshotId: GOOD });
  },
  people: (world) => {
    world.at(ASKED_AT_MINUTES, () => asksForDrills(world));
    world.when(
      () => isLearned(world),
      () => corruptNow(world),
    );
  },
  done: (world) => incidentsOf(world).some(({ state, node }) => state === 'healed' && node === SICK),
  hours: 8,
  expect: [
    healedBy('swap', 'one heal brought it back, by other data'),
    restoredFrom(GOOD, 'its data come from the good snapshot'),
    {
      sentence: 'the drill has noted what its client had read, and of which set',
      holds: (_, world) => {
        const { setId = '', folders = [] } = drillRecord(world)?.startFiles ?? {};
        return setId !== '' && folders.some(({ folder, mib }) => folder === 'state' && mib === LARGE_READS.stateMiB);
      },
      undisturbed: true,
    },
    {
      sentence: 'as much and a quarter more was read from the node’s new volume, beside what is known of its chain',
      holds: (_, world) => {
        const lines = linesOfWarm(world);
        return ['2048 blocks/index *', '30720 state *', '1280 index *'].every((line) => lines.includes(line));
      },
      undisturbed: true,
    },
    {
      sentence: `its client had caught up within ${WARM_SECONDS} s`,
      holds: (report) => caughtUpSeconds(report) < WARM_SECONDS,
      undisturbed: true,
    },
    nothingLeft,
    namesRight,
    alarmsRight,
    allWell,
    { ...allHealedInTheEnd, undisturbed: true },
    { ...nobodyPaged, undisturbed: true },
  ],
};
