// A node whose client was stopped for a clean snapshot, and whose SSM agent then loses its connection for longer than snapshot-node tries to start the
// client again. Its own timer starts it, and nobody takes the stop for a person's.

import { allHealedInTheEnd } from '../../../../local/scenarios/checks/expectations.ts';
import { incidentsOf } from '../../../../local/scenarios/report/records.ts';
import type { Scenario } from '../../../../local/scenarios/scenario.ts';
import { snapshotsOf } from '../../../../local/scenarios/world/fixtures.ts';
import { impatient, smallFleet } from '../../../../local/scenarios/world/ladder.ts';
import type { World } from '../../../../local/scenarios/world/world.ts';
import { QUICK_BLOCKS } from '../../../../local/scenarios/world/worlds.ts';

const DONOR = 'node2';
/** Three starts of the first attempt wait in vain, and the question of the second: the agent is back before replace-node looks at the node. */
const CUT_MINUTES = 98;

const donorOf = (world: World) => world.find('bitcoin', DONOR);
const isStopped = (world: World): boolean => donorOf(world).machine.client.state !== 'running';
const longestMs = (world: World): number =>
  Math.max(
    ...donorOf(world).machine.client.outages.map(({ fromMs, toMs = Number.POSITIVE_INFINITY }) => toMs - fromMs),
  );

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'the agent is away from the stop on, longer than the start is tried',
    sentence:
      'No command reaches a client that was stopped for a snapshot: its node starts it within a quarter of an hour.',
    fleets: { bitcoin: { ...impatient, snapshots: { clean: {} } } },
    build: (world) => {
      smallFleet(world, { clock: QUICK_BLOCKS });
      snapshotsOf(world, world.find('bitcoin', 'node1'), { hoursAgo: 23.9 });
    },
    people: (world) => {
      const { ec2, clock } = world.region;
      const { machine } = donorOf(world);
      // The stop was answered, and the start has not reached the node.
      world.when(
        () => isStopped(world) && ec2.snapshots().length === 2,
        () => {
          machine.setAgentConnected(false);
          clock.after(CUT_MINUTES * 60_000, () => machine.setAgentConnected(true));
        },
      );
    },
    done: (world) => incidentsOf(world).length >= 1 && incidentsOf(world).every(({ state }) => state === 'healed'),
    hours: 8,
    expect: [
      {
        sentence: 'its client runs again while no command reaches it',
        holds: (_, world) => !isStopped(world) && longestMs(world) <= 15 * 60_000,
      },
      {
        sentence: 'on its own data, which were mounted first: no other volume was made',
        holds: (_, { region }) => region.gateway.trace.calls.every(({ operation }) => operation !== 'CreateVolume'),
      },
      {
        sentence: 'nobody is said to have stopped it',
        holds: (_, world) => incidentsOf(world).every(({ refusedCodes }) => !refusedCodes.includes('client-stopped')),
      },
      allHealedInTheEnd,
    ],
  },
];
