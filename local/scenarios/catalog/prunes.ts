// Scenarios: a follower's disk is full and its ceiling near, and its owner has a command that has the client drop what it need not keep.

import type { OwnPrune } from '../../nodes/spec.ts';
import { allHealedInTheEnd, nobodyPaged, sizeGiB } from '../checks/expectations.ts';
import { alarmsRight, allWell, namesRight, nothingReplacedBut } from '../checks/ladder-expectations.ts';
import { readJournal } from '../report/journal.ts';
import { incidentsOf } from '../report/records.ts';
import type { Expectation, Scenario } from '../scenario.ts';
import { DRILLS_DEPLOYED, drillRecord, nothingLeft, notYetDrilled } from '../world/drills.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import { GOOD, SICK } from '../world/ladder.ts';
import { asksForPrune, CEILING_GIB, fillNow, pruneFleet, prunesOf, SIZE_GIB } from '../world/prunes.ts';
import type { World } from '../world/world.ts';

const GIB = 2 ** 30;
const ASKED_AT_MINUTES = 1;
const DONOR = 'node1';

/** Its owner's command was tried on a copy, and nothing is left of that. */
const isTried = (world: World): boolean => {
  const record = drillRecord(world);
  return record?.pruned !== undefined && record.current === null;
};

/** Incidents of the full disk that ended healed. */
const isHealed = (world: World): boolean =>
  incidentsOf(world).some(({ trigger, state, node }) => trigger === 'disk:data' && state === 'healed' && node === SICK);

const story = (own: Omit<OwnPrune, 'command'>) =>
  ({
    deployedWith: DRILLS_DEPLOYED,
    fleets: { bitcoin: notYetDrilled },
    build: (world: World) => {
      pruneFleet(world, own);
      snapshotsOf(world, world.find('bitcoin', DONOR), { hoursAgo: 6, snapshotId: GOOD });
    },
    people: (world: World) => {
      world.at(ASKED_AT_MINUTES, () => asksForPrune(world));
      world.when(
        () => isTried(world),
        () => fillNow(world),
      );
    },
    done: isHealed,
    hours: 12,
  }) as const;

const triedFirst: Expectation = {
  sentence: 'it was done to a copy first, and how much it freed there is known',
  holds: (_, world) => {
    const { is, freedGiB } = drillRecord(world)?.pruned ?? {};
    return is === 'verified' && (freedGiB ?? 0) > 1;
  },
};

/** Whatever is lost or dies. A copy may be told again where the first time came too late. */
const neverTwice: Expectation = {
  sentence: 'no node was told to run it twice',
  holds: (_, world) => {
    const nodes = new Set(world.nodes.map(({ instanceId }) => instanceId));
    const told = prunesOf(world).filter((instanceId) => nodes.has(instanceId));
    return new Set(told).size === told.length;
  },
};

const onlyOnSick: Expectation = {
  sentence: `it was run on ${SICK} once, and on no other node`,
  holds: (_, world) => {
    const nodes = new Map(world.nodes.map(({ instanceId, name }) => [instanceId, name]));
    const told = prunesOf(world).flatMap((instanceId) => nodes.get(instanceId) ?? []);
    return told.length === 1 && told[0] === SICK;
  },
  undisturbed: true,
};

const sizes = (most: number): Expectation => ({
  sentence: most === SIZE_GIB ? 'no volume was grown' : `no volume is larger than its ceiling of ${most} GiB`,
  holds: (report) => sizeGiB(report, SICK) <= most && sizeGiB(report, DONOR) === SIZE_GIB,
  ...(most === SIZE_GIB && { undisturbed: true as const }),
});

const told = (sentence: string, words: RegExp): Expectation => ({
  sentence,
  holds: (_, { region, tableName }) => readJournal(region, tableName).some((line) => words.test(line.sentence)),
  undisturbed: true,
});

const everywhere: readonly Expectation[] = [
  neverTwice,
  nothingLeft,
  { ...nothingReplacedBut(0), undisturbed: true },
  namesRight,
  alarmsRight,
  allWell,
  { ...allHealedInTheEnd, undisturbed: true },
  { ...nobodyPaged, undisturbed: true },
];

export const pruneBeforeGrow: Scenario = {
  // Longer than a heal of a disk takes otherwise, after which people would be told of a node that is down.
  ...story({ effect: 'frees', freesBytes: 40 * GIB, takesSeconds: 45 * 60 }),
  name: 'prune-before-grow',
  sentence:
    'A follower’s disk is full and its ceiling near: its owner’s own pruning, which a drill has tried on a copy, makes room, and nothing is grown.',
  expect: [
    triedFirst,
    onlyOnSick,
    sizes(SIZE_GIB),
    told('how much it has freed is in the proof', /\/opt\/node\/prune has freed (39|40) GiB/),
    told(
      'it was healed by that alone',
      /% of 100 GiB, below the \d+ % from which it is grown; \/opt\/node\/prune has freed/,
    ),
    ...everywhere,
  ],
};

export const pruneNoHelp: Scenario = {
  ...story({ effect: 'frees', freesBytes: 2 * GIB, takesSeconds: 240 }),
  name: 'prune-no-help',
  sentence:
    'The pruning frees too little: the volume grows as far as its ceiling lets it, and how little was freed is told.',
  expect: [
    triedFirst,
    onlyOnSick,
    sizes(CEILING_GIB),
    {
      sentence: 'the volume was grown once',
      holds: (report) => sizeGiB(report, SICK) > SIZE_GIB,
    },
    told('how little it has freed is in the plan of the growth', /not pruned: \/opt\/node\/prune has freed (1|2) GiB/),
    ...everywhere,
  ],
};
