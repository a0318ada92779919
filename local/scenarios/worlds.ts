// Worlds that several scenarios share.
import type { Placed, World, WorldNode } from '../run/world.ts';

const GIB = 2 ** 30;
const HOUR_MS = 60 * 60_000;

/** A chain that writes so many GiB an hour onto each node. */
export function bitcoinChain(world: World, gibPerHour: number): void {
  const blockIntervalMs = 30_000;
  world.chain({
    name: 'bitcoin',
    heightAtStart: 931_000,
    blockIntervalMs,
    bytesPerBlock: bytesPerBlock(gibPerHour, blockIntervalMs),
    inodesPerBlock: 0.02,
    consensus: 'elsewhere',
  });
}

/** Three followers; the second one's disk is 91 % full in a few minutes, unless it is said otherwise. */
export function exchange(
  world: World,
  second: Partial<WorldNode['volumes'][number]> = {},
  { gibPerHour = 14, ...more }: Partial<WorldNode> & { readonly gibPerHour?: number } = {},
): Placed {
  bitcoinChain(world, gibPerHour);
  const node = { fleet: 'bitcoin', chain: 'bitcoin' };
  const volume = { role: 'data', path: '/node-data', sizeGiB: 500 };
  world.node({ ...node, name: 'node1', volumes: [{ ...volume, sizeGiB: 1_000, usedPercent: 46 }] });
  const placed = world.node({
    ...node,
    name: 'node2',
    volumes: [{ ...volume, usedPercent: 90.95, ...second }],
    alarmAtPercent: 91,
    ...more,
  });
  world.node({ ...node, name: 'node3', volumes: [{ ...volume, sizeGiB: 1_000, usedPercent: 45 }] });
  return placed;
}

export const CONSORTIUM_START_HEIGHT = 4_180_000;
export const CONSORTIUM_BLOCK_MS = 5_000;

/** The consortium's four validators, who make their chain among themselves: three of them are needed. */
export function consortium(world: World, volume: Partial<WorldNode['volumes'][number]> = {}): readonly Placed[] {
  world.chain({
    name: 'irita',
    heightAtStart: CONSORTIUM_START_HEIGHT,
    blockIntervalMs: CONSORTIUM_BLOCK_MS,
    bytesPerBlock: bytesPerBlock(0.4, CONSORTIUM_BLOCK_MS),
    inodesPerBlock: 0.02,
    consensus: 'here',
  });
  return ['validator1', 'validator2', 'validator3', 'validator4'].map((name) =>
    world.node({
      fleet: 'irita',
      name,
      chain: 'irita',
      validatorPower: 10,
      volumes: [{ role: 'data', path: '/data', sizeGiB: 100, usedPercent: 72, ...volume }],
    }),
  );
}

const bytesPerBlock = (gibPerHour: number, blockIntervalMs: number): number =>
  Math.round((gibPerHour * GIB * blockIntervalMs) / HOUR_MS);
