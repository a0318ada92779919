// Scenarios: a disk that was grown too far is made smaller. The files of a clean snapshot are copied onto a new volume beside the node, which serves on.

import { allHealedInTheEnd, nobodyPaged, pagedFor } from '../checks/expectations.ts';
import {
  alarmsRight,
  allWell,
  asFound,
  healedBy,
  namesRight,
  oldKept,
  othersUntouched,
  sameInstances,
  shortOutage,
} from '../checks/ladder-expectations.ts';
import { incidentsOf } from '../report/records.ts';
import type { Expectation, Scenario } from '../scenario.ts';
import { type PastSnapshots, snapshotsOf } from '../world/fixtures.ts';
import { ask, dataOf, GOOD, impatient, incidentsEnded, requestOf, SICK, smallFleet } from '../world/ladder.ts';
import type { World } from '../world/world.ts';
import { QUICK_BLOCKS } from '../world/worlds.ts';

const GIB = 2 ** 30;
const FROM_GIB = 2_000;
const TO_GIB = 700;
/** Its files would be four fifths of it. */
const TOO_SMALL_GIB = 500;
const PRUNED_AT_MINUTES = 1;
const PRUNED = { freesBytes: 800 * GIB, effect: 'frees' } as const;
const ASKED_AT_MINUTES = 2;

const overgrown = (
  world: World,
  past: (tip: number) => Partial<PastSnapshots> = () => ({}),
  usedPercent = 20,
): void => {
  const node = smallFleet(world, {
    clock: QUICK_BLOCKS,
    more: { volumes: [{ role: 'data', path: '/node-data', sizeGiB: FROM_GIB, usedPercent }] },
  });
  snapshotsOf(world, node, { hoursAgo: 8, snapshotId: GOOD, ...past(node.machine.chain.height()) });
};

const asks = (world: World, toGiB = TO_GIB): Promise<unknown> =>
  ask(world, { kind: 'shrink', fleet: 'bitcoin', node: SICK, toGiB });

const volumeOf = (world: World, id: string) => world.region.ec2.volumes().find(({ volumeId }) => volumeId === id);

/** The file copy has begun. */
const isCopying = (world: World): boolean => requestOf(world, 'SendCommand', 'fill-volume') !== undefined;

const smaller: Expectation = {
  sentence: `the node has a volume of ${TO_GIB} GiB, made of no snapshot, with all of its files`,
  holds: (_, world) => {
    const volume = volumeOf(world, dataOf(world));
    const used = world.find('bitcoin', SICK).machine.disks.volume(dataOf(world))?.usedBytes ?? 0;
    return volume?.performance.sizeGiB === TO_GIB && volume.snapshotId === '' && used > 390 * GIB;
  },
};

const copyPutAway: Expectation = {
  sentence: 'the copy of the snapshot is on no instance any more, and goes with the next pruning',
  holds: (_, world) => {
    const copies = world.region.ec2.volumes().filter(({ snapshotId }) => snapshotId === GOOD);
    return copies.every(({ volumeId, attachment }) => {
      const until = Date.parse(world.region.ec2.tags(volumeId)['chainmend:keep-until'] ?? '');
      return attachment === undefined && until <= world.region.clock.now();
    });
  },
  undisturbed: true,
};

const nothingMade: Expectation = {
  sentence: 'no volume was made',
  holds: (_, world) => world.region.ec2.volumes().every(({ performance }) => performance.sizeGiB !== TOO_SMALL_GIB),
};

const happy: readonly Expectation[] = [
  healedBy('swap', 'one heal, and its disk is smaller'),
  smaller,
  oldKept,
  copyPutAway,
  sameInstances,
  othersUntouched,
  namesRight,
  alarmsRight,
  allWell,
];

export const shrink: Scenario = {
  name: 'shrink',
  sentence:
    'A disk of 2000 GiB has 400 in use: 500 are refused, and for 700 its files are copied beside the node, which serves on, and the two volumes are exchanged.',
  fleets: { bitcoin: impatient },
  build: (world) => overgrown(world),
  people: (world) => {
    world.at(ASKED_AT_MINUTES, () => asks(world));
  },
  done: (world) => incidentsEnded(world, 'healed'),
  hours: 8,
  expect: [...happy, shortOutage, allHealedInTheEnd, nobodyPaged],
};

export const shrinkRefused: Scenario = {
  name: 'shrink-refused',
  sentence:
    'A disk of 2000 GiB has 400 in use, and a person asks for 500: that is refused with a sentence, and nothing is made.',
  fleets: { bitcoin: impatient },
  build: (world) => overgrown(world),
  people: (world) => {
    world.at(ASKED_AT_MINUTES, () => asks(world, TOO_SMALL_GIB));
  },
  done: (world) => incidentsOf(world).some(({ refusedCodes }) => refusedCodes.includes('shrink-unfit')),
  hours: 3,
  expect: [
    nothingMade,
    { ...asFound, undisturbed: true },
    sameInstances,
    othersUntouched,
    namesRight,
    allWell,
    nobodyPaged,
  ],
};

export const shrinkReboot: Scenario = {
  name: 'shrink-reboot',
  sentence: 'A node reboots while its files are copied onto a smaller disk: the copy goes on where it was cut off.',
  fleets: { bitcoin: impatient },
  build: (world) => overgrown(world),
  people: (world) => {
    world.at(ASKED_AT_MINUTES, () => asks(world));
    world.when(
      () => isCopying(world),
      () => {
        const { machine } = world.find('bitcoin', SICK);
        world.region.clock.after(10 * 60_000, () => {
          machine.powerOff('hard');
          machine.powerOn();
        });
      },
    );
  },
  done: (world) => incidentsOf(world).some(({ trigger, state }) => trigger === 'request:shrink' && state === 'healed'),
  hours: 10,
  expect: [smaller, oldKept, copyPutAway, sameInstances, namesRight, alarmsRight, allWell, allHealedInTheEnd],
};

export const shrinkUndone: Scenario = {
  name: 'shrink-undone',
  sentence:
    'The files that a smaller disk has got let no client pass a block: the node gets its own volume back, and a person is told.',
  fleets: { bitcoin: impatient },
  build: (world) => overgrown(world, (tip) => ({ stopsAtHeight: tip - 5 })),
  people: (world) => {
    world.at(ASKED_AT_MINUTES, () => asks(world));
  },
  done: (world) => incidentsEnded(world, 'escalated'),
  hours: 12,
  expect: [
    pagedFor('shrink-failed', 'a person is told that the disk is as large as before'),
    { ...asFound, undisturbed: true },
    copyPutAway,
    sameInstances,
    othersUntouched,
    namesRight,
    alarmsRight,
    allWell,
  ],
};

export const shrinkPruned: Scenario = {
  name: 'shrink-pruned',
  sentence:
    'A client was pruned since its last clean snapshot, whose files do not fit: the copy is refused beside the node, which felt nothing, and a person is told.',
  fleets: { bitcoin: impatient },
  build: (world) => overgrown(world, undefined, 60),
  people: (world) => {
    world.at(PRUNED_AT_MINUTES, () => world.find('bitcoin', SICK).machine.disks.data.prune(PRUNED));
    world.at(ASKED_AT_MINUTES, () => asks(world));
  },
  done: (world) => incidentsEnded(world, 'escalated'),
  hours: 6,
  expect: [
    pagedFor('shrink-failed', 'a person is told that its files do not fit'),
    { ...asFound, undisturbed: true },
    {
      sentence: 'its client was never stopped',
      holds: (_, world) => world.find('bitcoin', SICK).machine.report().clientStarts.length === 0,
      undisturbed: true,
    },
    copyPutAway,
    sameInstances,
    othersUntouched,
    namesRight,
    alarmsRight,
    allWell,
  ],
};
