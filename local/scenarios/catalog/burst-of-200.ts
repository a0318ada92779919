// Scenario: the disks of a large fleet fill within a minute. One sweep takes them all: nothing is asked for each node's event.
import { healed } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { executionsOf } from '../world/ladder.ts';
import type { World } from '../world/world.ts';
import { bitcoinChain, followers, QUICK_BLOCKS, references } from '../world/worlds.ts';

const COUNT = 200;
const FILLS_AT_MINUTES = 3;
const GIB = 2 ** 30;
const EXECUTIONS_MAX = 1.2 * COUNT;

export const burstOf200: Scenario = {
  name: 'burst-of-200',
  sentence:
    'The disks of two hundred nodes fill within a minute: all are grown, and AWS is asked no more than it answers.',
  fleets: { bitcoin: { disk: { maximumMonthlyIncreaseUsd: 10_000 } } },
  build: (world) => {
    references(world, bitcoinChain(world, 1, { clock: QUICK_BLOCKS }));
    followers(world, COUNT, () => ({
      volumes: [{ role: 'data', path: '/node-data', sizeGiB: 100, usedPercent: 46 }],
      machine: { knows: [] },
    }));
  },
  people: (world) =>
    world.at(FILLS_AT_MINUTES, () => {
      for (const { machine } of world.nodes) machine.write('/node-data', 46 * GIB);
    }),
  done: (world) => healed(world, COUNT),
  hours: 3,
  expect: [
    {
      sentence: 'nobody was paged, and no function failed',
      holds: ({ pages }) => pages.length === 0,
      undisturbed: true,
    },
    {
      sentence: 'every disk was grown',
      holds: ({ nodes }) => nodes.every(({ volumes }) => (volumes[0]?.sizeGiB ?? 0) > 100),
    },
    {
      sentence: 'a heal took 1.2 executions at most',
      holds: (_, world) => executionsOf(world, 'resize-volume').length <= EXECUTIONS_MAX,
      undisturbed: true,
    },
    {
      sentence: 'no call to CloudWatch was throttled',
      holds: (_, world) => throttled(world).length === 0,
      undisturbed: true,
    },
  ],
};

const throttled = ({ region }: World) =>
  region.gateway.trace.calls.filter(
    ({ actor, outcome, operation }) =>
      actor.startsWith('chainmend-') && operation.startsWith('DescribeAlarm') && outcome !== 'ok',
  );
