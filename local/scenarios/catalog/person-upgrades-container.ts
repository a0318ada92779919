// Scenario: a person stops and removes a node's container, takes ten minutes for an upgrade, and starts a new one. It is left to the person.

import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { seenNow } from '../checks/expectations.ts';
import { asFound, namesRight, nothingReplaced, sameInstances } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import { GOOD, impatient, passed, requestOf, SICK, smallFleet } from '../world/ladder.ts';

const STOPS_AT_MINUTES = 3;
const REMOVES_AT_MINUTES = 4;
const STARTS_AT_MINUTES = 14;
/** `docker stop` of a client that does not handle SIGTERM: 128 and the signal's number. */
const TERMINATED = 143;

/** The fleet's clients run in containers. */
const inContainers = { ...impatient, unit: undefined, docker: 'bitcoind' } as unknown as Partial<FleetDocument>;

export const personUpgradesContainer: Scenario = {
  name: 'person-upgrades-container',
  sentence:
    'A person stops and removes a container, and starts a new one ten minutes later: nothing is started, stopped or launched meanwhile.',
  fleets: { bitcoin: inContainers },
  build: (world) => {
    snapshotsOf(world, smallFleet(world), { hoursAgo: 8, snapshotId: GOOD });
  },
  people: (world) => {
    const { machine } = world.find('bitcoin', SICK);
    world.at(STOPS_AT_MINUTES, () => machine.stopAsPerson(TERMINATED));
    world.at(REMOVES_AT_MINUTES, () => machine.removeContainer());
    world.at(STARTS_AT_MINUTES, () => machine.makeContainer());
  },
  done: (world) => passed(world, 40) && seenNow(world, world.find('bitcoin', SICK).instanceId) === 'synced',
  hours: 2,
  expect: [
    nothingReplaced,
    sameInstances,
    asFound,
    {
      sentence: 'no command started or stopped its client, which the person alone has started',
      holds: (_report, world) =>
        requestOf(world, 'SendCommand', 'restart-client') === undefined &&
        requestOf(world, 'SendCommand', 'swap-volumes') === undefined &&
        requestOf(world, 'StopInstances') === undefined &&
        world.find('bitcoin', SICK).machine.report().clientStarts.length === 1,
    },
    {
      sentence: 'a person was told at most once',
      holds: ({ pages }) => pages.length <= 1,
      undisturbed: true,
    },
    {
      sentence: 'the node follows its chain again',
      holds: (_report, world) => seenNow(world, world.find('bitcoin', SICK).instanceId) === 'synced',
    },
    namesRight,
  ],
};
