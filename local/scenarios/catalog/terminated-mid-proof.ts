// Scenario: a person terminates an instance while its restart waits for a proof. No proof will come: the heal ends, and people are told once.

import { nothingReplacedBut, othersUntouched } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import { executionsOf, GOOD, impatient, incidentsEnded, passed, requestOf, SICK, smallFleet } from '../world/ladder.ts';

const HANGS_AT_MINUTES = 3;
const ATTEMPTS_MAX = 5;

export const terminatedMidProof: Scenario = {
  name: 'terminated-mid-proof',
  sentence:
    'A person terminates a node’s instance while its restart waits for a proof: the heal ends, and people are told once.',
  fleets: { bitcoin: impatient },
  build: (world) => {
    snapshotsOf(world, smallFleet(world), { hoursAgo: 8, snapshotId: GOOD });
  },
  people: (world) => {
    const { machine, instanceId } = world.find('bitcoin', SICK);
    world.at(HANGS_AT_MINUTES, () => machine.client.freeze());
    world.when(
      () => requestOf(world, 'SendCommand', 'restart-client') !== undefined && machine.report().clientStarts.length > 0,
      () =>
        world.region.clock.after(
          60_000,
          () => void world.region.call('ec2', 'TerminateInstances', { InstanceIds: [instanceId] }),
        ),
    );
  },
  done: (world) => incidentsEnded(world, 'escalated') && passed(world, 5 * 60),
  hours: 8,
  expect: [
    {
      sentence: 'the heal ended within a few attempts',
      holds: (_, world) => executionsOf(world).length <= ATTEMPTS_MAX,
    },
    {
      sentence: 'people were told at most twice: that the node is gone from sight, and that its heal has ended',
      holds: ({ pages }) => pages.length <= 2 && pages.some(({ code }) => code === 'instance-gone'),
      undisturbed: true,
    },
    {
      sentence: 'nothing was launched, and no volume was made',
      holds: (_, world) =>
        requestOf(world, 'RunInstances') === undefined && requestOf(world, 'CreateVolume') === undefined,
    },
    nothingReplacedBut(0),
    othersUntouched,
  ],
};
