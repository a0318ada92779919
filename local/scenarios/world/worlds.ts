// Worlds that several scenarios share.
import type { ChainSpec, SimulatedChain } from '../../nodes/chain.ts';
import { type BlockClock, clockOf, everySeconds } from '../../nodes/rhythm.ts';
import { type Reference, referenceHost } from '../../nodes/rpc/reference.ts';
import { addressOf } from './nodes.ts';
import type { PlacedNode, World, WorldNode } from './world.ts';

const GIB = 2 ** 30;
const HOUR_MS = 60 * 60_000;

/** Of stories whose minutes are told with quick blocks. They hold with those of the main network, too (`npm test -- real-blocks`). */
export const QUICK_BLOCKS = everySeconds(30);

/** Bitcoin, whose blocks come as on the main network unless `clock` says otherwise, and write so many GiB an hour onto each node. */
export function bitcoinChain(
  world: World,
  gibPerHour: number,
  {
    clock: told = clockOf('bitcoin'),
    ...more
  }: Pick<ChainSpec, 'needsPeers' | 'coldReads'> & { readonly clock?: BlockClock } = {},
): SimulatedChain {
  const clock = told === QUICK_BLOCKS && world.blocks === 'real' ? clockOf('bitcoin') : told;
  return world.chain({
    ...more,
    ...clock,
    name: 'bitcoin',
    heightAtStart: 931_000,
    bytesPerBlock: bytesPerBlock(gibPerHour, clock),
    inodesPerBlock: 0.02,
    consensus: 'elsewhere',
  });
}

/** The two public endpoints that the exchange's fleet file names. */
export function references(world: World, chain: SimulatedChain): readonly Reference[] {
  return ['bitcoin-a.example', 'bitcoin-b.example'].map((host) => {
    const reference = referenceHost(chain);
    world.region.network.attach(host, 'internet', reference.host);
    return reference;
  });
}

/** Three followers; by default the second one's disk is 91 % full after a few minutes. */
export function exchange(
  world: World,
  second: Partial<WorldNode['volumes'][number]> = {},
  {
    gibPerHour = 14,
    clock,
    ...more
  }: Partial<WorldNode> & { readonly gibPerHour?: number; readonly clock?: BlockClock } = {},
): PlacedNode {
  bitcoinChain(world, gibPerHour, { ...(clock && { clock }) });
  const node = { fleet: 'bitcoin', chain: 'bitcoin' };
  const volume = { role: 'data', path: '/node-data', sizeGiB: 500 };
  const machine = (at: number) => ({ machine: { knows: siblings(3, at) } });
  world.node({ ...node, ...machine(0), name: 'node1', volumes: [{ ...volume, sizeGiB: 1_000, usedPercent: 46 }] });
  const placed = world.node({
    ...node,
    ...machine(1),
    name: 'node2',
    volumes: [{ ...volume, usedPercent: 90.95, ...second }],
    ...more,
  });
  world.node({ ...node, ...machine(2), name: 'node3', volumes: [{ ...volume, sizeGiB: 1_000, usedPercent: 45 }] });
  return placed;
}

export const CONSORTIUM_START_HEIGHT = 4_180_000;
/** Theirs is CometBFT’s usual interval, in rounds. */
export const CONSORTIUM_CLOCK = clockOf('cometbft');

/** The consortium's four validators, which make their own chain: three of them are needed. */
export function consortium(
  world: World,
  volume: Partial<WorldNode['volumes'][number]> = {},
  { fresh = false, machine = {} }: { readonly fresh?: boolean; readonly machine?: WorldNode['machine'] } = {},
): readonly PlacedNode[] {
  world.chain({
    name: 'irita',
    heightAtStart: fresh ? 0 : CONSORTIUM_START_HEIGHT,
    needsPeers: fresh,
    ...CONSORTIUM_CLOCK,
    bytesPerBlock: bytesPerBlock(0.4, CONSORTIUM_CLOCK),
    inodesPerBlock: 0.02,
    consensus: 'here',
  });
  const first = world.nodes.length;
  return ['validator1', 'validator2', 'validator3', 'validator4'].map((name, at) =>
    world[fresh ? 'launch' : 'node']({
      machine: {
        knows: fresh ? [] : siblings(4, at, first),
        configPath: '/data/node/irita/config/config.toml',
        ...machine,
      },
      fleet: 'irita',
      name,
      chain: 'irita',
      validatorPower: 10,
      volumes: [{ role: 'data', path: '/data', sizeGiB: 100, usedPercent: 72, ...volume }],
    }),
  );
}

/** Private addresses of all but one of a fleet's nodes: the peers of a node that was set up well. `first` is the number of nodes before the fleet. */
const siblings = (count: number, but: number, first = 0): readonly string[] =>
  Array.from({ length: count }, (_, at) => at)
    .filter((at) => at !== but)
    .map((at) => addressOf(first + at));

/** A follower with a half-empty disk. */
export const follower = (name: string): WorldNode => ({
  fleet: 'bitcoin',
  chain: 'bitcoin',
  name,
  volumes: [{ role: 'data', path: '/node-data', sizeGiB: 1_000, usedPercent: 46 }],
});

/** So many followers with half-empty disks, which have each other as peers. */
export function followers(
  world: World,
  count: number,
  more: (at: number) => Partial<WorldNode> = () => ({}),
): readonly PlacedNode[] {
  return Array.from({ length: count }, (_, at) => {
    const { machine, ...spec } = more(at);
    return world.node({
      ...follower(`node${at + 1}`),
      ...spec,
      machine: { knows: siblings(count, at), ...machine },
    });
  });
}

/** A disk fills as fast at any interval. */
const bytesPerBlock = (gibPerHour: number, { blockIntervalMs }: BlockClock): number =>
  Math.round((gibPerHour * GIB * blockIntervalMs) / HOUR_MS);
