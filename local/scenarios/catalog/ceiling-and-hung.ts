// Scenario: an alarm says that a disk fills, and the fleet file lets it grow no more. The node has room still, and hangs: its client is restarted.
import { refusedFor } from '../checks/expectations.ts';
import { sameInstances } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { executionsOf, impatient, incidentsEnded, ladderHeals, SICK } from '../world/ladder.ts';
import { bitcoinChain, followers, references } from '../world/worlds.ts';

const HANGS_AT_MINUTES = 10;
const SIZE_GIB = 100;
const ALARM_PERCENT = 91;

export const ceilingAndHung: Scenario = {
  name: 'ceiling-and-hung',
  sentence: 'A disk waits at its ceiling, people are told, and its node hangs: the client is restarted all the same.',
  fleets: { bitcoin: { ...impatient, disk: { maximumSizeGiB: SIZE_GIB } } },
  build: (world) => {
    references(world, bitcoinChain(world, 1, { blockIntervalMs: 30_000 }));
    followers(world, 4, (at) => ({
      volumes: [
        {
          role: 'data',
          path: '/node-data',
          sizeGiB: SIZE_GIB,
          usedPercent: `node${at + 1}` === SICK ? ALARM_PERCENT + 2 : 46,
        },
      ],
    }));
  },
  people: (world) =>
    world.at(HANGS_AT_MINUTES, () => world.find('bitcoin', SICK).machine.client.freeze({ untilRestart: true })),
  done: (world) => incidentsEnded(world, 'healed'),
  hours: 3,
  expect: [
    refusedFor('size-ceiling', 'its disk may grow no more'),
    {
      sentence: 'the restart has healed the node, whose disk waits still',
      holds: (report) => ladderHeals(report).some(({ rung, outcome }) => rung === 'restart' && outcome === 'healed'),
    },
    {
      sentence: 'one attempt was enough',
      holds: (_, world) => executionsOf(world).length === 1,
      undisturbed: true,
    },
    sameInstances,
  ],
};
