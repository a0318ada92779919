// Scenario: volumes cannot leave their Availability Zone. If the zone has no capacity for another instance, the data are restored in the next zone.

import { allHealedInTheEnd, nobodyPaged } from '../checks/expectations.ts';
import {
  alarmsRight,
  allWell,
  healedBy,
  namesRight,
  othersUntouched,
  restoredFrom,
} from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { launchTemplate, snapshotsOf } from '../world/fixtures.ts';
import { GOOD, impatient, incidentsEnded, killInstance, SICK, smallFleet } from '../world/ladder.ts';
import { QUICK_BLOCKS } from '../world/worlds.ts';

const DIES_AT_MINUTES = 3;
const FULL_ZONE = 'eu-west-1b';
/** The region's own subnet in its third zone. */
const OTHER_SUBNET = 'subnet-0123456789abcdef2';

export const azNoCapacity: Scenario = {
  name: 'az-no-capacity',
  sentence: 'A dead node’s Availability Zone has no room for another instance: it is restored in the next zone.',
  fleets: { bitcoin: { ...impatient, replace: { subnets: [OTHER_SUBNET] } } },
  build: (world) => {
    const sick = smallFleet(world, { clock: QUICK_BLOCKS });
    launchTemplate(world, 'bitcoin');
    snapshotsOf(world, sick, { hoursAgo: 8, snapshotId: GOOD });
  },
  people: (world) =>
    world.at(DIES_AT_MINUTES, () => {
      world.region.ec2.exhaust(FULL_ZONE);
      killInstance(world);
    }),
  done: (world) => incidentsEnded(world, 'healed'),
  hours: 6,
  expect: [
    healedBy('replace', 'one heal, and the new instance healed'),
    {
      sentence: 'the node is in another zone, and so is its volume',
      holds: ({ nodes }, world) =>
        nodes
          .filter(({ node }) => node === SICK)
          .every(
            ({ availabilityZone, volumes }) =>
              availabilityZone === 'eu-west-1c' &&
              volumes.length === 1 &&
              volumes.every(({ volumeId }) => world.region.ec2.volume(volumeId).availabilityZone === availabilityZone),
          ),
      undisturbed: true,
    },
    restoredFrom(GOOD, 'its data come from its snapshot'),
    othersUntouched,
    namesRight,
    alarmsRight,
    allWell,
    allHealedInTheEnd,
    nobodyPaged,
  ],
};
