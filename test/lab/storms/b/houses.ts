// The owners of the second generator, as the field has them: an exchange, a consortium, a follower fleet, a business with one node, a private network.
import type { StormFleet, StormNode } from '../storm.ts';
import type { Chance } from './chance.ts';

type But = StormFleet['but'];
type Volume = NonNullable<StormNode['volumes']>[number];

/** An owner with its fleet. */
export interface House {
  /** As its file in `fleets` is called. */
  readonly fleet: string;
  readonly owner: 'exchange' | 'consortium' | 'followers' | 'business' | 'private network';
  /** Mount points by role. */
  readonly paths: Readonly<Record<string, string>>;
  readonly mostNodes: number;
  readonly references: readonly string[];
  /** Whether somebody asks its clients: without it nobody sees them hang. */
  readonly isAsked: boolean;
  /** A consensus client runs beside each client. */
  readonly isPair?: true;
  readonly dnsZone?: string;
  readonly identityIsTagged?: string;
  readonly chain: (chance: Chance) => StormFleet['chain'];
  /** What the owner adds to a node: roles, tags, votes. */
  readonly node?: (at: number, count: number) => Partial<StormNode>;
  /** Keys of its file that it may have otherwise; each replaces the whole key. */
  readonly changes: (chance: Chance) => But;
}

/** Its file says what it is for; `references` are its keys of `health` that a change must repeat. */
const health = (references: readonly string[], chance: Chance, more: But = {}): But => ({
  ...more,
  // No reference, one, or all: what a lone node may be compared with decides what is done for it.
  ...(references.length > 0 && { references: references.slice(0, chance.whole(0, references.length)) }),
  ...(chance.percent(30) && { stuckSeconds: chance.one([60, 90, 300]) }),
  ...(chance.percent(20) && { startGraceSeconds: chance.one([0, 60, 600]) }),
  ...(chance.percent(15) && { behindBlocks: chance.one([0, 1, 5]) }),
});

const urls = (fleet: string, letters: string): readonly string[] =>
  [...letters].map((letter) => `https://${fleet}-${letter}.example/`);

const snapshotTime = (chance: Chance): But => ({
  clean: {
    // The story begins at noon: a round at its first minute, just behind it, and at the other end of the day.
    ...(chance.percent(60)
      ? { at: chance.one(['12:00', '11:59', '12:01', '13:00', '00:00', '23:59']), everyHours: chance.one([24, 48]) }
      : { everyHours: chance.one([1, 2, 720]) }),
    ...(chance.percent(30) && { keep: 2 }),
    ...(chance.percent(30) && { alone: true }),
    ...(chance.percent(30) && { poolFloor: 1 }),
  },
});

const EXCHANGE_COIN: House = {
  fleet: 'coin',
  owner: 'exchange',
  paths: { data: '/node-data' },
  mostNodes: 30,
  references: urls('coin', 'ab'),
  isAsked: true,
  dnsZone: 'coin.internal',
  chain: (chance) => ({
    ...(chance.percent(60) && { blockSeconds: chance.one([30, 60]) }),
    ...(chance.percent(50) && { rhythm: 'regular' }),
    gibPerHour: chance.one([0, 1, 14]),
  }),
  changes: (chance) => ({
    ...(chance.percent(60) && { health: health(urls('coin', 'ab'), chance) }),
    ...(chance.percent(30) && { snapshots: snapshotTime(chance) }),
    ...(chance.percent(30) && { probe: chance.one(['ssm', 'unit']) }),
  }),
};

const CONSORTIUM: House = {
  fleet: 'council',
  owner: 'consortium',
  paths: { data: '/data' },
  mostNodes: 12,
  references: [],
  isAsked: true,
  chain: () => ({ needsPeers: true }),
  node: (at, count) => {
    const isSentry = count > 4 && at >= 4;
    return { tags: { Duty: isSentry ? 'sentry' : 'validator' }, ...(!isSentry && { votingPower: at === 0 ? 11 : 10 }) };
  },
  changes: (chance) => ({
    ...(chance.percent(50) && { owner: { restartValidators: true } }),
    ...(chance.percent(20) && { peers: 'none' }),
  }),
};

const FOLLOWERS: House = {
  fleet: 'tips',
  owner: 'followers',
  paths: { data: '/var/lib/stacks' },
  mostNodes: 9,
  references: urls('tips', 'a'),
  isAsked: true,
  chain: (chance) => ({ gibPerHour: chance.one([1, 5]) }),
  changes: (chance) => ({
    ...(chance.percent(40) && { alarms: { namePatterns: ['tips-*-disk-used'], per: chance.one(['node', 'fleet']) } }),
  }),
};

const BUSINESS: House = {
  fleet: 'lone',
  owner: 'business',
  paths: { data: '/data' },
  mostNodes: 1,
  references: urls('lone', 'a'),
  isAsked: true,
  dnsZone: 'lone.internal',
  chain: (chance) => ({ rhythm: chance.one(['real', 'regular']) }),
  node: () => ({ tags: { 'aws:cloudformation:stack-name': 'lone-mainnet' } }),
  changes: (chance) => ({
    ...(chance.percent(60) && {
      health: health(urls('lone', 'a'), chance, { trust: chance.one(['several', 'one-reference']) }),
    }),
    ...(chance.percent(60) && { owner: { by: 'cloudformation', acceptDrift: chance.percent(50) } }),
    ...(chance.percent(30) && { probe: chance.one(['ssm', 'unit', 'none']) }),
  }),
};

const PRIVATE_NETWORK: House = {
  fleet: 'ring',
  owner: 'private network',
  paths: { data: '/data' },
  mostNodes: 7,
  references: [],
  isAsked: false,
  chain: () => ({ blockSeconds: 15 }),
  node: (at) => ({ tags: { Role: at === 0 ? 'bootnode' : at < 4 ? 'sealer' : 'client' } }),
  changes: (chance) => ({
    ...(chance.percent(60) && { probe: chance.one(['ssm', 'unit']) }),
    ...(chance.percent(30) && { owner: { by: 'nobody', restartValidators: true } }),
  }),
};

const LAYER_TWO: House = {
  fleet: 'pair',
  owner: 'business',
  paths: { data: '/data', ancient: '/ancient' },
  mostNodes: 6,
  references: urls('pair', 'ab'),
  isAsked: true,
  isPair: true,
  dnsZone: 'internal',
  chain: (chance) => ({ rhythm: chance.one(['real', 'regular']), blockSeconds: chance.one([2, 10]) }),
  changes: (chance) => ({ ...(chance.percent(50) && { health: health(urls('pair', 'ab'), chance) }) }),
};

const EXCHANGE_COMPOSED: House = {
  fleet: 'composed',
  owner: 'exchange',
  paths: { data: '/opt/litecoin/data' },
  mostNodes: 8,
  references: urls('composed', 'ab'),
  isAsked: true,
  dnsZone: 'composed.internal',
  chain: (chance) => ({ blockSeconds: chance.one([30, 150]), rhythm: chance.one(['real', 'regular']) }),
  node: () => ({ tags: { ManagedBy: 'terraform' } }),
  changes: (chance) => ({
    ...(chance.percent(60) && { owner: { by: 'terraform', ...(chance.percent(70) && { acceptDrift: true }) } }),
    ...(chance.percent(50) && { health: health(urls('composed', 'ab'), chance) }),
  }),
};

const EXCHANGE_LONGEST: House = {
  fleet: 'the-fleet-with-the-longest-name1',
  owner: 'exchange',
  paths: { data: '/srv/a-directory/that-is-nested/as-deeply/as-anybody/would-nest-it/data' },
  mostNodes: 6,
  references: [],
  isAsked: true,
  dnsZone: 'a-label-of-a-zone-that-is-as-long-as-a-label-of-the-dns-may-be1.internal',
  chain: (chance) => ({ blockSeconds: 60, gibPerHour: chance.one([0, 30]) }),
  changes: (chance) => ({ ...(chance.percent(40) && { probe: 'ssm' }) }),
};

export const HOUSES: readonly House[] = [
  ...[EXCHANGE_COIN, CONSORTIUM, FOLLOWERS, BUSINESS],
  ...[PRIVATE_NETWORK, LAYER_TWO, EXCHANGE_COMPOSED, EXCHANGE_LONGEST],
];

/** What any owner may say otherwise: limits at their edges. `disk` is left alone where the file has ceilings of its own. */
export const anyChanges = (chance: Chance): But => ({
  ...(chance.percent(30) && { mode: chance.one(['plan', 'ask']) }),
  ...(chance.percent(20) && { ask: { expiresAfterHours: 1 } }),
  ...(chance.percent(25) && {
    breaker: {
      unhealthyPercent: chance.one([1, 50]),
      unhealthyMinimum: chance.one([1, 2]),
      restartPercent: chance.one([1, 50]),
    },
  }),
  ...(chance.percent(35) && {
    disk: {
      growAtPercent: chance.one([80, 85]),
      modificationsPerDay: chance.one([1, 2, 3]),
      maximumMonthlyIncreaseUsd: chance.one([0, 1, 100, 100_000]),
      ...(chance.percent(50) && { maximumSizeGiB: chance.one([120, 500, 16_384]) }),
    },
  }),
});

/** Two of five owners have one alarm of each kind for all nodes: over OTLP where the nodes are asked over SSM. What an owner says of alarms already, stays. */
export const watchedAsOne = (chance: Chance, fleets: readonly StormFleet[]): readonly StormFleet[] =>
  fleets.map((fleet) => {
    const { probe, alarms } = fleet.but;
    if (!chance.percent(40) || alarms !== undefined || fleet.name === FOLLOWERS.fleet) return fleet;
    const way = probe === 'ssm' ? { metrics: 'otlp' } : { alarms: { per: 'fleet' } };
    return { ...fleet, but: { ...fleet.but, ...way } };
  });

/** What an owner allows of the ladder, at its edges. `keeps` is what its file has in `replace` already. */
export function ladderOf(chance: Chance, keeps: But): But {
  const rungs = chance.percent(40) ? chance.one(RUNGS) : undefined;
  const { terminated, ...kept } = keeps;
  // What has no rung `replace` cannot make anything again.
  const isMadeAgain = terminated !== undefined && (rungs === undefined || rungs.includes('replace'));
  return {
    ...kept,
    ...(isMadeAgain && { terminated }),
    ...(rungs && { rungs }),
    ...(chance.percent(40) && { restartsPerDay: chance.one([1, 2, 24]) }),
    ...(chance.percent(40) && { replacementsPerNode: chance.one([1, 10]), replacementsPerHour: 1 }),
    ...(chance.percent(30) && { initializationMiBps: chance.one([100, 300]) }),
    ...(chance.percent(30) && { keepDays: 1 }),
    ...(chance.percent(20) && { moveBeforeHours: chance.one([0, 1, 336]) }),
  };
}

const RUNGS: readonly (readonly string[])[] = [
  ...[[], ['restart'], ['restart', 'swap'], ['restart', 'stop-start', 'swap'], ['swap', 'replace']],
];

/** The volumes of a node, of shapes that owners have. */
export function volumesOf(chance: Chance, { paths, fleet }: House): readonly Volume[] {
  const sizeGiB = chance.one([1, 20, 100, 100, 100, 500, 2_048, 16_384]);
  return Object.keys(paths).map((role): Volume => {
    const filesystem = chance.one(['xfs', 'xfs', 'ext4', 'btrfs'] as const);
    return {
      ...{ role, sizeGiB, filesystem },
      usedPercent: chance.one([0, 46, 46, 60, 79.9, 84.9]),
      ...(chance.percent(15) && { partitioned: true }),
      // Of several on one machine nobody could tell which is which.
      ...(chance.percent(8) && Object.keys(paths).length === 1 && { lvm: true }),
      ...(filesystem === 'ext4' && chance.percent(30) && { formatted: 'ext4-32bit' }),
      ...(chance.percent(10) && sizeGiB >= 20 && { filesystemGiB: Math.floor(sizeGiB / 2) }),
      ...(chance.percent(15) && { type: 'gp2' }),
      ...(chance.percent(10) && { deletedWithInstance: true }),
      ...(role !== 'data' && { share: 0.25 }),
      // A volume that nobody has tagged is nobody's.
      ...(chance.percent(6) && fleet !== 'pair' && { tags: { Owner: 'somebody' } }),
    };
  });
}
