// Worlds that several scenarios share.
import type { Placed, World, WorldNode } from '../run/world.ts';

const GIB = 2 ** 30;

/** A chain that writes so many GiB an hour onto each node. */
export function bitcoinChain(world: World, gibPerHour: number): void {
  const blockIntervalMs = 30_000;
  const blocksPerHour = 3_600_000 / blockIntervalMs;
  world.chain({
    name: 'bitcoin',
    heightAtStart: 931_000,
    blockIntervalMs,
    bytesPerBlock: Math.round((gibPerHour * GIB) / blocksPerHour),
    inodesPerBlock: 0.02,
    consensus: 'elsewhere',
  });
}

/** Three followers; the second one's disk is `usedPercent` full. */
export function exchange(world: World, second: Partial<WorldNode['volumes'][number]> = {}, gibPerHour = 14): Placed {
  bitcoinChain(world, gibPerHour);
  const volume = { role: 'data', path: '/node-data', sizeGiB: 500 };
  world.node({
    fleet: 'bitcoin',
    name: 'node1',
    chain: 'bitcoin',
    volumes: [{ ...volume, sizeGiB: 1_000, usedPercent: 46 }],
  });
  const placed = world.node({
    fleet: 'bitcoin',
    name: 'node2',
    chain: 'bitcoin',
    volumes: [{ ...volume, usedPercent: 90.95, ...second }],
    alarmAtPercent: 91,
  });
  world.node({
    fleet: 'bitcoin',
    name: 'node3',
    chain: 'bitcoin',
    volumes: [{ ...volume, sizeGiB: 1_000, usedPercent: 45 }],
  });
  return placed;
}
