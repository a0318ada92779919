// Scenario: an instance does not come back. Another instance takes its name, its address and its keys.

import { everySeconds } from '../../nodes/rhythm.ts';
import { allHealedInTheEnd, nobodyPaged } from '../checks/expectations.ts';
import { alarmsRight, allWell, healedBy, namesRight, othersUntouched } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { elasticIp, launchTemplate, snapshotsOf, targetGroup } from '../world/fixtures.ts';
import {
  GOOD,
  impatient,
  incidentsEnded,
  isRetained,
  keyOf,
  killInstance,
  ladderHeals,
  SICK,
  smallFleet,
} from '../world/ladder.ts';
import type { World } from '../world/world.ts';

const DIES_AT_MINUTES = 3;
const RPC_PORT = 8332;
/** Its key before the fault. */
const keys = new WeakMap<World, string | undefined>();

export const instanceDead: Scenario = {
  name: 'instance-dead',
  sentence: 'A node’s instance dies and a stop and start does not bring it back: another instance takes its place.',
  fleets: { bitcoin: impatient },
  build: (world) => {
    // Its proof is three blocks, and the story is of the minutes that AWS and the heal take.
    const sick = smallFleet(world, { clock: everySeconds(15) });
    // The client recovers here what it was writing when its power failed. If it cannot, another instance does not help.
    sick.machine.disks.data.copiesOpen = 'opens';
    launchTemplate(world, 'bitcoin');
    snapshotsOf(world, sick, { hoursAgo: 4, snapshotId: GOOD });
    elasticIp(world, sick);
    targetGroup(world, 'bitcoin-rpc', world.nodes, RPC_PORT);
  },
  people: (world) => {
    world.at(1, () => keys.set(world, keyOf(world)));
    world.at(DIES_AT_MINUTES, () => killInstance(world));
  },
  done: (world) => incidentsEnded(world, 'healed'),
  hours: 6,
  expect: [
    healedBy('replace', 'one heal, and the new instance healed'),
    {
      sentence: 'at most 15 minutes beyond what AWS took',
      holds: (report) =>
        ladderHeals(report).every(
          ({ alarmToHealedSeconds, awsSeconds }) =>
            (alarmToHealedSeconds ?? Number.POSITIVE_INFINITY) - awsSeconds <= 900,
        ),
      undisturbed: true,
    },
    {
      sentence: 'the node runs on another instance, as itself: with its own key',
      holds: (_, world) => {
        const [first] = oldOf(world);
        const now = world.find('bitcoin', SICK);
        return (
          first !== undefined && now !== first && keys.get(world) !== undefined && keyOf(world) === keys.get(world)
        );
      },
      undisturbed: true,
    },
    {
      sentence: 'the old instance is stopped and kept, with until when and how to put it back on it',
      holds: (_, world) =>
        oldOf(world).every(
          ({ instanceId }) =>
            world.region.ec2.instance(instanceId).state === 'stopped' && isRetained(world, instanceId),
        ),
      undisturbed: true,
    },
    {
      sentence: 'its elastic address and its place behind the load balancer are the new one’s',
      holds: (_, world) => isHandedOver(world),
      undisturbed: true,
    },
    othersUntouched,
    namesRight,
    alarmsRight,
    allWell,
    allHealedInTheEnd,
    nobodyPaged,
  ],
};

const oldOf = (world: World) => world.nodes.filter((placed) => placed.name === SICK && !world.current.includes(placed));

function isHandedOver(world: World): boolean {
  const { ec2, elb } = world.region;
  const { instanceId } = world.find('bitcoin', SICK);
  const [address] = ec2.addresses();
  const targets = elb.targetGroups().flatMap(({ arn }) => elb.health(arn));
  const used = targets.filter(({ state }) => state !== 'draining').map(({ id }) => id);
  return (
    address?.association?.instanceId === instanceId &&
    used.toSorted().join() ===
      world.current
        .map((placed) => placed.instanceId)
        .toSorted()
        .join()
  );
}
