// Scenario: a wrong restore is undone with the old volumes that were kept. The node continues from where it was.

import { allHealedInTheEnd, nobodyPaged } from '../checks/expectations.ts';
import {
  alarmsRight,
  allWell,
  namesRight,
  othersUntouched,
  sameInstances,
  shortOutage,
} from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import {
  ask,
  dataOf,
  dataVolumes,
  GOOD,
  impatient,
  incidentsEnded,
  isRetained,
  ladderHeals,
  SICK,
  smallFleet,
} from '../world/ladder.ts';
import { QUICK_BLOCKS } from '../world/worlds.ts';

const ASKED_AT_MINUTES = 2;

export const undoRestore: Scenario = {
  name: 'undo-restore',
  sentence: 'A person restores a node and changes their mind: its old volume is put back, and the other one kept.',
  fleets: { bitcoin: impatient },
  build: (world) => {
    snapshotsOf(world, smallFleet(world, { clock: QUICK_BLOCKS }), { hoursAgo: 8, snapshotId: GOOD });
  },
  people: (world) => {
    world.at(ASKED_AT_MINUTES, () => ask(world, { kind: 'restore', fleet: 'bitcoin', node: SICK }));
    world.when(
      () => incidentsEnded(world, 'healed'),
      () => ask(world, { kind: 'undo', fleet: 'bitcoin', node: SICK }),
    );
  },
  done: (world) => incidentsEnded(world, 'healed', 2),
  hours: 6,
  expect: [
    {
      sentence: 'both were done, and each was proved',
      holds: (report) =>
        ladderHeals(report).length === 2 && ladderHeals(report).every(({ outcome }) => outcome === 'healed'),
      undisturbed: true,
    },
    {
      sentence: 'the node has its old volume again, and the other one is kept',
      holds: (_, world) => {
        const [first, second, ...others] = dataVolumes(world);
        return (
          others.length === 0 &&
          first?.volumeId === dataOf(world) &&
          second !== undefined &&
          second.snapshotId === GOOD &&
          isRetained(world, second.volumeId)
        );
      },
      undisturbed: true,
    },
    {
      sentence: 'the volume that is in use again says nothing of being kept, and is its fleet’s again',
      holds: (_, world) =>
        !isRetained(world, dataOf(world)) && world.region.ec2.tags(dataOf(world))['Component'] === 'nodes/bitcoin',
      undisturbed: true,
    },
    shortOutage,
    sameInstances,
    othersUntouched,
    namesRight,
    alarmsRight,
    allWell,
    allHealedInTheEnd,
    nobodyPaged,
  ],
};
