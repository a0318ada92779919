// Scenario: a person chooses the snapshot for a node. The same swap runs immediately, with the same guardrails.

import { allHealedInTheEnd, nobodyPaged } from '../checks/expectations.ts';
import { goodSwap } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import { ask, GOOD, impatient, incidentsEnded, SICK, smallFleet } from '../world/ladder.ts';
import { QUICK_BLOCKS } from '../world/worlds.ts';

const ASKED_AT_MINUTES = 2;

export const manualRestore: Scenario = {
  name: 'manual-restore',
  sentence: 'A person asks for a node to be restored from a snapshot of theirs: it is, and goes on from there.',
  fleets: { bitcoin: impatient },
  build: (world) => {
    const sick = smallFleet(world, { clock: QUICK_BLOCKS });
    snapshotsOf(world, sick, { hoursAgo: 6 });
    snapshotsOf(world, sick, { hoursAgo: 30, snapshotId: GOOD });
  },
  people: (world) =>
    world.at(ASKED_AT_MINUTES, () => ask(world, { kind: 'restore', fleet: 'bitcoin', node: SICK, snapshotId: GOOD })),
  done: (world) => incidentsEnded(world, 'healed'),
  hours: 6,
  expect: [
    ...goodSwap(GOOD, 'its data come from the snapshot that was asked for, though there is a newer one'),
    allHealedInTheEnd,
    nobodyPaged,
  ],
};
