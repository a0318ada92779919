// Scenario: a node with a dead RPC is not at lag 0. It leaves the pool immediately; the heal is a restart, as a person would do.
import { addressesOf, allHealedInTheEnd, nobodyPaged, seenNow } from '../checks/expectations.ts';
import {
  allWell,
  healedBy,
  namesRight,
  othersUntouched,
  sameInstances,
  shortOutage,
} from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { dataVolumes, impatient, incidentsEnded, SICK, smallFleet } from '../world/ladder.ts';
import { QUICK_BLOCKS } from '../world/worlds.ts';

const DIES_AT_MINUTES = 3;
/** Its alarm needs two minutes and an evaluation by CloudWatch: nothing has been done yet. */
const LOOK_AT_MINUTES = 5;
const ZONE = 'bitcoin.internal';

export const rpcDead: Scenario = {
  name: 'rpc-dead',
  sentence:
    'A node’s RPC stops answering while its client goes on: it leaves the pool, its client is restarted, and it is back.',
  fleets: { bitcoin: impatient },
  build: (world) => void smallFleet(world, { clock: QUICK_BLOCKS }),
  people: (world) => {
    const { machine } = world.find('bitcoin', SICK);
    world.at(DIES_AT_MINUTES, () => {
      machine.rpc.misbehave('dead');
      machine.client.onStart(() => machine.rpc.behave());
    });
  },
  meanwhile: [
    {
      atMinutes: LOOK_AT_MINUTES,
      sentence: 'while it was dead it was seen to be unreachable',
      holds: (world) => seenNow(world, world.find('bitcoin', SICK).instanceId) === 'unreachable',
      undisturbed: true,
    },
    {
      atMinutes: LOOK_AT_MINUTES,
      sentence: 'while it was dead it was not in the pool, and the others were',
      holds: (world) => {
        const pool = addressesOf(world, ZONE, 'pool');
        return pool?.length === 3 && !pool.includes(world.find('bitcoin', SICK).machine.privateIp);
      },
      undisturbed: true,
    },
    {
      atMinutes: LOOK_AT_MINUTES,
      sentence: 'while it was dead it had no lag, not even 0',
      holds: ({ region }) => {
        const series = { namespace: 'chainmend', name: 'HeightLag', dimensions: { Fleet: 'bitcoin', Node: SICK } };
        const since = region.clock.now() - (LOOK_AT_MINUTES - DIES_AT_MINUTES - 1) * 60_000;
        return region.cloudwatch.seriesOf(series).every(({ atMs }) => atMs < since);
      },
    },
  ],
  done: (world) => incidentsEnded(world, 'healed'),
  hours: 4,
  expect: [
    healedBy('restart', 'one heal, and the restart healed'),
    { sentence: 'it has the volume that it had', holds: (_, world) => dataVolumes(world).length === 1 },
    shortOutage,
    sameInstances,
    othersUntouched,
    namesRight,
    allWell,
    allHealedInTheEnd,
    nobodyPaged,
  ],
};
