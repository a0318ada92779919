// Scenario: new nodes of a fleet are deployed, and begin with the newest good snapshot of the node that is there.

import { nobodyPaged } from '../checks/expectations.ts';
import { allWell, namesRight } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import { dataVolumes } from '../world/ladder.ts';
import type { World } from '../world/world.ts';
import { bitcoinChain, QUICK_BLOCKS, references } from '../world/worlds.ts';

const FLEET = 'bitcoin';
const FIRST = 'node1';
const NEW = ['node2', 'node3'];
const GOOD = 'snap-0000000000000e11d';
/** Of the node's volume, which has grown beyond what the file says of a new one. */
const GROWN_GIB = 500;
const PATH = '/node-data';
const HOUR_MS = 60 * 60_000;

export const deployData: Scenario = {
  name: 'deploy-data',
  sentence:
    'A fleet’s one node gets two more. They begin with its newest good snapshot, without its identity, and are synced within the hour.',
  deployedWith: new URL('../fleets-deploy-data', import.meta.url).pathname,
  build: (world) => {
    const chain = bitcoinChain(world, 14, { clock: QUICK_BLOCKS });
    references(world, chain);
    const volumes = [{ role: 'data', path: PATH, sizeGiB: GROWN_GIB, usedPercent: 80 }];
    const node = world.node({ fleet: FLEET, chain: FLEET, name: FIRST, volumes });
    snapshotsOf(world, node, { hoursAgo: 1, by: 'person', opening: 'refuses' });
    snapshotsOf(world, node, { hoursAgo: 9, snapshotId: GOOD });
    snapshotsOf(world, node, { hoursAgo: 33 });
  },
  people: (world) => world.at(1, () => world.deployNodes(FLEET)),
  done: (world) => NEW.every((name) => isSynced(world, name)),
  hours: 3,
  expect: [
    {
      sentence: 'each new volume was made from the good snapshot, as large as that, and formatted by nobody',
      holds: (_, world) =>
        NEW.every((name) => {
          const [volume, ...others] = dataVolumes(world, name);
          return others.length === 0 && volume?.snapshotId === GOOD && volume.performance.sizeGiB >= GROWN_GIB;
        }),
    },
    {
      sentence: 'no first boot refused anything',
      holds: (_, { nodes }) => nodes.every(({ machine }) => machine.bootRefusal === undefined),
    },
    {
      sentence: 'the clients started on those data, for the first time, and not before',
      holds: (_, { nodes }) => made({ nodes }).every(({ machine }) => machine.report().clientStarts.length === 1),
      undisturbed: true,
    },
    {
      sentence: 'they were synced within the hour, where the first sync takes days',
      holds: (_, world) =>
        NEW.every((name) => {
          const node = world.find(FLEET, name);
          const sinceMs = node.madeAtMs ?? 0;
          const took = world.caughtUpMs(node, sinceMs, sinceMs + HOUR_MS);
          return took > 0 && took < HOUR_MS;
        }),
      undisturbed: true,
    },
    namesRight,
    allWell,
    nobodyPaged,
  ],
};

const made = ({ nodes }: Pick<World, 'nodes'>) => nodes.filter(({ name }) => NEW.includes(name));

const isSynced = ({ current }: World, of: string): boolean =>
  current.some(({ name, machine }) => name === of && machine.report().state === 'synced');
