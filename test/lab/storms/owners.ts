// The worlds of storms: fleets of five kinds of owners, each with the layouts that such owners have.
import type { Draw } from './draw.ts';
import { refOf, type StormFleet, type StormNode, type StormSnapshot, type StormWorld } from './storm.ts';

interface Owned extends Omit<StormWorld, 'fleets'> {
  readonly fleet: StormFleet;
}

const OWNERS = { bitcoin: exchange, irita: consortium, stacks: followers, ethereum: business, clique: privateNetwork };
type OwnerName = keyof typeof OWNERS;

const NODES_MAX = 30;

/** One to 30 nodes in one to four fleets; small worlds more often. */
export function drawWorld(draw: Draw): StormWorld {
  const names = draw.some(Object.keys(OWNERS) as OwnerName[], draw.mostlySmall(1, 4));
  let left = draw.mostlySmall(names.length, NODES_MAX);
  const owned = names.map((name, at) => {
    const share = at === names.length - 1 ? left : draw.integer(1, left - (names.length - 1 - at));
    left -= share;
    return OWNERS[name](draw, share);
  });
  return {
    fleets: owned.map(({ fleet }) => fleet),
    nodes: owned.flatMap(({ nodes }) => nodes),
    snapshots: owned.flatMap(({ snapshots }) => snapshots),
    templates: owned.flatMap(({ templates }) => templates),
    scalingGroups: Object.assign({}, ...owned.map(({ scalingGroups }) => scalingGroups)),
    targetGroups: Object.assign({}, ...owned.map(({ targetGroups }) => targetGroups)),
  };
}

const VPC_PROBE = { vpc: 'vpc-0123456789abcdef0', subnets: ['subnet-0123456789abcdef0'] };

/** More than one coin, many nodes, a Terraform module each; EC2 instances in public subnets. */
function exchange(draw: Draw, count: number): Owned {
  const runs = draw.pick([
    {},
    { unit: null, docker: 'bitcoin-node' },
    { unit: null, compose: { file: '/opt/node/compose.yaml', service: 'node' } },
  ]);
  const references = draw.pick([
    ['https://bitcoin-a.example/', 'https://bitcoin-b.example/'],
    ['https://bitcoin-a.example/'],
    [],
  ]);
  const fleet = {
    name: 'bitcoin',
    but: {
      ...mode(draw),
      // The file asks for them, so that what makes them is deployed; a storm says when there are any.
      ...{ drills: null, releases: null },
      ...runs,
      ...(draw.chance(0.6) ? {} : { probe: draw.pick(['ssm', 'ssm', 'unit', 'none', VPC_PROBE]) }),
      health: { references, stuckSeconds: 300, startGraceSeconds: 600 },
      ...(draw.chance(0.15) && { dns: { zone: 'internal' } }),
      ...(draw.chance(0.5) && { owner: { by: 'terraform', acceptDrift: true } }),
      ...(draw.chance(0.2) && { snapshots: null }),
      ...(draw.chance(0.3) && {
        disk: { maximumSizeGiB: draw.pick([150, 300, 1_000]), maximumMonthlyIncreaseUsd: draw.pick([5, 30, 100]) },
      }),
      ...(draw.chance(0.3) && { replace: { ...REPLACE, publicAddress: 'may-change', keepDays: draw.integer(1, 7) } }),
    },
    chain: chainOf(draw, 30),
  };
  const grouped = draw.chance(0.2);
  const nodes = nodesOf(draw, 'bitcoin', count, {
    ...(grouped && { sharedName: 'bitcoin-node' }),
    ...(Object.keys(runs).length === 0 && draw.chance(0.5) && { unit: 'node@0.21.0.service' }),
  });
  return {
    fleet,
    nodes,
    snapshots: snapshotsOf(draw, nodes),
    templates: draw.chance(0.7) ? ['bitcoin'] : [],
    scalingGroups: grouped ? { 'bitcoin-nodes': nodes.map(refOf) } : {},
    targetGroups: draw.chance(0.2) ? { 'bitcoin-rpc': nodes.map(refOf) } : {},
  };
}

const REPLACE = { autoScaling: 'standby', subnets: ['subnet-0123456789abcdef1', 'subnet-0123456789abcdef2'] };

/** CometBFT validators whose keys lie beside the chain, on a disk each. */
function consortium(draw: Draw, count: number): Owned {
  const nodes = nodesOf(draw, 'irita', count, { votingPower: 10 });
  return {
    fleet: {
      name: 'irita',
      but: { ...mode(draw), ...(draw.chance(0.4) && { owner: { restartValidators: false } }) },
      chain: { ...chainOf(draw, 5), needsPeers: draw.chance(0.3) },
    },
    nodes,
    snapshots: snapshotsOf(draw, nodes),
    templates: [],
    scalingGroups: {},
    targetGroups: {},
  };
}

/** An Auto Scaling group behind a load balancer, with one name for all of its members. */
function followers(draw: Draw, count: number): Owned {
  const grouped = draw.chance(0.8);
  const nodes = nodesOf(draw, 'stacks', count, grouped ? { sharedName: 'stacks-node' } : {});
  return {
    fleet: {
      name: 'stacks',
      but: { ...mode(draw), ...(draw.chance(0.3) && { replace: { autoScaling: 'refuse' } }) },
      chain: chainOf(draw, 30),
    },
    nodes,
    snapshots: snapshotsOf(draw, nodes),
    templates: draw.chance(0.5) ? ['stacks'] : [],
    scalingGroups: grouped ? { 'stacks-nodes': nodes.map(refOf) } : {},
    targetGroups: grouped ? { 'stacks-rpc': nodes.map(refOf) } : {},
  };
}

/** Mostly one node; its owner compares it with a public endpoint. */
function business(draw: Draw, count: number): Owned {
  const one = draw.pick([['https://ethereum-a.example/'], []]);
  const references = draw.chance(0.5) ? ['https://ethereum-a.example/', 'https://ethereum-b.example/'] : one;
  const nodes = nodesOf(draw, 'ethereum', count, { beaconNode: true });
  return {
    fleet: {
      name: 'ethereum',
      but: {
        ...mode(draw),
        health: {
          ...{ references, stuckSeconds: 300, startGraceSeconds: 600 },
          ...(references.length === 1 && draw.chance(0.5) && { trust: 'one-reference' }),
        },
        ...(draw.chance(0.3) && { owner: { by: 'cloudformation', acceptDrift: false } }),
        ...(draw.chance(0.3) && { probe: 'ssm' }),
      },
      chain: { ...chainOf(draw, 12), height: 21_000_000 },
    },
    nodes,
    snapshots: snapshotsOf(draw, nodes),
    templates: draw.chance(0.6) ? ['ethereum'] : [],
    scalingGroups: {},
    targetGroups: {},
  };
}

/** A bootnode, sealers and clients in one fleet; a tag tells which is which. */
function privateNetwork(draw: Draw, count: number): Owned {
  const nodes = nodesOf(draw, 'clique', count, {}).map((node, at) => {
    const role = at === 0 && count > 3 ? 'bootnode' : at % 2 === 1 && count > 2 ? 'sealer' : 'client';
    return { ...node, tags: { ...node.tags, Role: role } };
  });
  return {
    fleet: { name: 'clique', but: { ...mode(draw), drills: null }, chain: chainOf(draw, 15) },
    nodes,
    snapshots: snapshotsOf(draw, nodes),
    templates: draw.chance(0.5) ? ['clique'] : [],
    scalingGroups: {},
    targetGroups: {},
  };
}

/** Mostly `act`, which is what the file says: the other modes touch little. */
function mode(draw: Draw): { readonly mode?: 'plan' | 'ask' } {
  if (draw.chance(0.8)) return {};
  return { mode: draw.pick(['plan', 'ask', 'ask']) };
}

const chainOf = (draw: Draw, blockSeconds: number): StormFleet['chain'] => ({
  blockSeconds,
  rhythm: draw.chance(0.3) ? 'real' : 'regular',
  gibPerHour: draw.pick([0, 0.2, 1, 5]),
});

/** io1 has at most 50 IOPS a GiB, and the smallest volume here has 50 GiB. */
const IO1_IOPS = 2_000;

interface Layout {
  /** All of them have this Name; `nodes.name` tells them apart in the world only. */
  readonly sharedName?: string;
  readonly votingPower?: number;
  readonly beaconNode?: true;
  readonly unit?: string;
}

function nodesOf(draw: Draw, fleet: string, count: number, { sharedName, ...same }: Layout): readonly StormNode[] {
  const volume = {
    ...{ role: 'data', sizeGiB: draw.pick([50, 100, 200]) },
    ...(draw.chance(0.3) && { filesystem: draw.pick(['ext4', 'ext4', 'btrfs']) }),
    ...(draw.chance(0.15) && { partitioned: true }),
    ...(draw.chance(0.2) && draw.pick([{ type: 'gp2' }, { type: 'io1', iops: IO1_IOPS }])),
    ...(draw.chance(0.1) && { deletedWithInstance: true }),
  };
  const startSeconds = draw.pick([0, 15, 60]);
  const publicly = draw.chance(0.15);
  return Array.from(
    { length: count },
    (_, at): StormNode => ({
      ...{ fleet, name: `node${at + 1}` },
      ...(sharedName !== undefined && {
        tags: { Name: sharedName },
        instanceId: `i-0${idPart(fleet)}${String(at + 1).padStart(8, '0')}`,
      }),
      volumes: [{ ...volume, usedPercent: draw.integer(20, 80) } as NonNullable<StormNode['volumes']>[number]],
      client: {
        startSeconds,
        copiesOpen: draw.pick(['opens', 'opens', 'refuses', 'starts-over']),
        ...(draw.chance(0.05) && { state: draw.pick(['stopped', 'failed']) }),
      },
      ...same,
      ...(publicly && { publicIp: `198.51.100.${at + 1}` }),
      ...(!publicly && draw.chance(0.05) && { elasticAddress: true }),
      ...(draw.chance(0.05) && { clockSkewSeconds: draw.integer(-600, 600) }),
      ...(draw.chance(0.03) && { agentVersion: '3.3.2746.0' }),
    }),
  );
}

/** Eight hexadecimal digits for a fleet. */
const idPart = (fleet: string): string =>
  [...fleet]
    .reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) >>> 0, 7)
    .toString(16)
    .padStart(8, '0');

/** None, good ones, and some that a heal must not trust. */
function snapshotsOf(draw: Draw, nodes: readonly StormNode[]): readonly StormSnapshot[] {
  if (draw.chance(0.25)) return [];
  return Array.from(
    { length: draw.integer(1, 4) },
    (): StormSnapshot => ({
      ...{ of: refOf(draw.pick(nodes)), hoursAgo: draw.integer(1, 60) },
      by: draw.pick(['clean', 'clean', 'policy', 'person', 'console']),
      opening: draw.pick(['opens', 'opens', 'opens', 'refuses', 'starts-over']),
      ...(draw.chance(0.2) && { verified: true }),
      ...(draw.chance(0.1) && { blocksBehind: draw.integer(10, 2_000) }),
      ...(draw.chance(0.1) && { quarantined: 'it did not open' }),
    }),
  );
}
