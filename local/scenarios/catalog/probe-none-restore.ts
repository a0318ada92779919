// Scenario: a person restores a node of a fleet that nobody observes (probe: none). What is left as a proof is that its client runs and stays up.

import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { allHealedInTheEnd } from '../checks/expectations.ts';
import { oldKept, othersUntouched, restoredFrom, sameInstances } from '../checks/ladder-expectations.ts';
import { readJournal } from '../report/journal.ts';
import type { Scenario } from '../scenario.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import { ask, executionsOf, GOOD, incidentsEnded, SICK, smallFleet } from '../world/ladder.ts';

const ASKED_AT_MINUTES = 2;
const ATTEMPTS_MAX = 5;

/** Nobody observes it: neither references nor names. */
const unobserved = { probe: 'none', health: undefined, dns: undefined } as unknown as Partial<FleetDocument>;

export const probeNoneRestore: Scenario = {
  name: 'probe-none-restore',
  sentence:
    'A person restores a node of a fleet that nobody observes: the heal ends once its client has stayed up, and says so.',
  fleets: { bitcoin: unobserved },
  build: (world) => {
    snapshotsOf(world, smallFleet(world), { hoursAgo: 8, snapshotId: GOOD });
  },
  people: (world) =>
    world.at(ASKED_AT_MINUTES, () => ask(world, { kind: 'restore', fleet: 'bitcoin', node: SICK, snapshotId: GOOD })),
  done: (world) => incidentsEnded(world, 'healed'),
  hours: 6,
  expect: [
    restoredFrom(GOOD, 'its data come from the snapshot that was asked for'),
    oldKept,
    sameInstances,
    othersUntouched,
    {
      sentence: 'the heal ended within a few attempts',
      holds: (_, world) => executionsOf(world).length <= ATTEMPTS_MAX,
    },
    {
      sentence: 'the journal says how little was seen of it',
      holds: (_, { region, tableName }) =>
        readJournal(region, tableName).some(({ sentence }) => sentence.includes('probe: none')),
    },
    {
      sentence: 'the snapshot does not count as verified',
      holds: ({ snapshots }) => snapshots.find(({ snapshotId }) => snapshotId === GOOD)?.rank !== 'verified',
    },
    allHealedInTheEnd,
  ],
};
