// The worlds of the second generator: which owners there are, what their nodes stand on, and what was made before the story begins.
import type { Storm, StormFleet, StormNode, StormSnapshot, StormWorld } from '../storm.ts';
import { refOf } from '../storm.ts';
import type { Chance } from './chance.ts';
import { anyChanges, HOUSES, type House, ladderOf, volumesOf } from './houses.ts';

export type World = StormWorld & Pick<Storm, 'past'>;

const FLEETS_MAX = 4;
const NODES_MAX = 30;
/** Few nodes most of the time: a storm of thirty takes as long as ten of five. */
const SIZES = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 10, 12] as const;
const FULL_HOUSE_PERCENT = 4;
/** Of fewer no majority is left without one of them. */
const CONSORTIUM_LEAST = 4;

/** @param wanted owners that the storm's only type of fault needs, if any */
export function drawWorld(chance: Chance, wanted?: (house: House) => boolean): World {
  const houses = housesOf(chance, wanted);
  const sizes = sizesOf(chance, houses);
  const built = houses.map((house, at) => build(chance, house, sizes[at] ?? 1));
  return {
    fleets: built.map(({ fleet }) => fleet),
    nodes: built.flatMap(({ nodes }) => nodes),
    snapshots: built.flatMap(({ snapshots }) => snapshots).slice(0, 100),
    templates: built.filter(({ hasTemplate }) => hasTemplate).map(({ fleet }) => fleet.name),
    scalingGroups: Object.assign({}, ...built.map(({ scalingGroups }) => scalingGroups)),
    targetGroups: Object.assign({}, ...built.map(({ targetGroups }) => targetGroups)),
    past: {
      grown: built.flatMap(({ grown }) => grown).slice(0, 20),
      ...(chance.percent(30) && { publicSubnets: ['a', 'b', 'c'] }),
      ...foreignRecords(chance, houses),
    },
  };
}

function housesOf(chance: Chance, wanted: ((house: House) => boolean) | undefined): readonly House[] {
  const count = chance.one([1, 1, 1, 2, 2, 3, FLEETS_MAX]);
  const fitting = wanted ? HOUSES.filter(wanted) : HOUSES;
  const first = chance.one(fitting);
  const others = chance.some(
    HOUSES.filter((house) => house !== first),
    wanted ? 0 : count - 1,
  );
  return [first, ...others];
}

function sizesOf(chance: Chance, houses: readonly House[]): readonly number[] {
  const least = houses.map(({ owner }) => (owner === 'consortium' ? CONSORTIUM_LEAST : 1));
  let spare = (chance.percent(FULL_HOUSE_PERCENT) ? NODES_MAX : chance.one(SIZES)) - sum(least);
  return houses.map(({ mostNodes }, at) => {
    const own = least[at] ?? 1;
    const isLast = at === houses.length - 1;
    const more = Math.max(0, Math.min(mostNodes - own, isLast ? spare : chance.whole(0, Math.max(0, spare))));
    spare -= more;
    return own + more;
  });
}

const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);

interface Built {
  readonly fleet: StormFleet;
  readonly nodes: readonly StormNode[];
  readonly snapshots: readonly StormSnapshot[];
  readonly hasTemplate: boolean;
  readonly scalingGroups: Storm['scalingGroups'];
  readonly targetGroups: Storm['targetGroups'];
  readonly grown: NonNullable<NonNullable<Storm['past']>['grown']>;
}

/** What its file has in `replace` already: a change replaces the whole key. */
const LADDERS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  coin: { autoScaling: 'standby', publicAddress: 'may-change' },
  composed: { source: 'sibling', terminated: true },
};

function build(chance: Chance, house: House, count: number): Built {
  const { fleet: name } = house;
  // Of one shape, as one module makes them; a few were made by hand.
  const shape = volumesOf(chance, house);
  const isGroup = ['coin', 'tips'].includes(name) && count > 1 && chance.percent(40);
  const isOneName = isGroup && chance.percent(60);
  const client = clientOf(chance);
  const zone = chance.percent(20) ? chance.one(['a', 'b', 'c'] as const) : undefined;
  const names = namesOf(chance, count);
  const nodes = names.map((nodeName, at): StormNode => {
    const own = house.node?.(at, count) ?? {};
    const tags = { ...own.tags, ...(isOneName && { Name: `${name}-node` }) };
    return {
      ...own,
      ...{ fleet: name, name: nodeName, client },
      ...(Object.keys(tags).length > 0 && { tags }),
      ...(zone !== undefined && { zone }),
      volumes: [...(chance.percent(10) ? volumesOf(chance, house) : shape)],
      ...(house.isPair && { beaconNode: true }),
      ...(name === 'coin' && chance.percent(60) && addressOf(chance, at)),
      ...(chance.percent(8) && { clockSkewSeconds: chance.one([-86_400, -300, -61, 61, 299, 3_600, 86_400]) }),
      ...(chance.percent(10) && { rootUsedPercent: chance.one([0, 89.9, 97]) }),
      ...(chance.percent(4) && { agentVersion: chance.one(['3.3.2746.0', '3.3.2745.9', '3.1.0.0']) }),
      ...(chance.percent(3) && { powered: false }),
    };
  });
  const refs = nodes.map(refOf);
  const grownNode = nodes.find(isTold);
  return {
    fleet: { name, but: changesOf(chance, house), chain: house.chain(chance) },
    nodes,
    snapshots: snapshotsOf(chance, house, nodes),
    hasTemplate: chance.percent(70),
    scalingGroups: isGroup ? { [`${name}-group`]: refs } : {},
    targetGroups: name === 'tips' || chance.percent(10) ? { [`${shortOf(name)}-rpc`]: refs.slice(0, 10) } : {},
    grown: chance.percent(25) && grownNode ? grownOf(chance, grownNode) : [],
  };
}

/** Names of target groups are words with - between them, ten at most. */
const shortOf = (name: string): string => name.split('-').slice(0, 3).join('-');

function changesOf(chance: Chance, house: House): StormFleet['but'] {
  const any = anyChanges(chance);
  const ladder = LADDERS[house.fleet] ?? {};
  return {
    ...any,
    ...(chance.percent(40) && { replace: ladderOf(chance, ladder) }),
    ...house.changes(chance),
  };
}

const NAME_OF_63 = 'n-as-long-as-a-label-of-the-dns-may-be-which-is-sixty-three-oct';

function namesOf(chance: Chance, count: number): readonly string[] {
  const plain = Array.from({ length: count }, (_, at) => `node${at + 1}`);
  if (!chance.percent(25)) return plain;
  const odd = chance.one([NAME_OF_63, 'N', '0', 'pool', 'Node-A', 'under_score', 'i-0123456789abcdef0', 'constructor']);
  return [odd, ...plain.slice(1)];
}

function clientOf(chance: Chance): NonNullable<StormNode['client']> {
  return {
    startSeconds: chance.one([0, 15, 59, 90, 900]),
    ...(chance.percent(30) && { stopSeconds: chance.one([0, 9, 11, 60, 599]) }),
    ...(chance.percent(30) && { catchUpBlocksPerSecond: chance.one([0.6, 20, 1_000]) }),
    copiesOpen: chance.one(['opens', 'refuses', 'starts-over', 'by chance'] as const),
  };
}

/** In a public subnet: an address that a stop takes away, or an elastic one. */
const addressOf = (chance: Chance, at: number): Partial<StormNode> =>
  chance.percent(30) ? { elasticAddress: true } : { publicIp: `203.0.113.${at + 1}` };

/** Of what lies on LVM nobody can say which EBS volume it was, or is. */
const isTold = ({ volumes = [] }: StormNode): boolean => volumes.every(({ lvm }) => !lvm);

const AGES_HOURS = [0.1, 1, 5.9, 23.9, 24, 24.1, 47.9, 168, 2_000] as const;

function snapshotsOf(chance: Chance, { fleet }: House, nodes: readonly StormNode[]): readonly StormSnapshot[] {
  if (chance.percent(25)) return [];
  const by = chance.one(['clean', 'clean', 'policy', 'person', 'console'] as const);
  return chance.some(nodes.filter(isTold), chance.whole(1, 4)).flatMap((node, at): readonly StormSnapshot[] => {
    // Two of one node, the newer one worse: what is newest is not what is best.
    const ages = chance.some(AGES_HOURS, chance.whole(1, 3)).toSorted((a, b) => a - b);
    return ages.map((hoursAgo, nth): StormSnapshot => {
      const isBad = nth === 0 && ages.length > 1;
      const isIdentified = by !== 'policy' && node.volumes?.length === 1 && fleet === 'coin';
      return {
        ...{ of: refOf(node), hoursAgo, by },
        ...(isIdentified && { id: snapshotIdOf(at, nth) }),
        ...(isBad && { opening: chance.one(['refuses', 'starts-over', 'opens'] as const) }),
        ...(isBad && chance.percent(25) && { blocksBehind: chance.one([1, 9_000]) }),
        ...(by === 'clean' && chance.percent(25) && { verified: true }),
        ...(by === 'clean' && chance.percent(10) && { quarantined: 'it did not open' }),
      };
    });
  });
}

const snapshotIdOf = (at: number, nth: number): string => `snap-0b${String(at * 10 + nth).padStart(15, '0')}`;

/** Growths that EBS's budget of a day has just forgotten, or has not quite. */
function grownOf(chance: Chance, of: StormNode): Built['grown'] {
  const [node, sizeGiB] = [refOf(of), of.volumes?.find(({ role }) => role === 'data')?.sizeGiB ?? 1];
  const [first, second] = chance.some([23.9, 24.1, 12, 6.1, 1], 2);
  const step = (hoursAgo: number) => ({
    ...{ node, role: 'data', hoursAgo, by: chance.one(['chainmend', 'person'] as const) },
    ...{ fromGiB: Math.max(1, Math.floor(sizeGiB / 2)), toGiB: sizeGiB },
  });
  return [first, second]
    .slice(0, chance.whole(1, 2))
    .flatMap((hoursAgo) => (hoursAgo === undefined ? [] : [step(hoursAgo)]));
}

/** Somebody's own record in a zone of the fleet, under a name that the fleet would like to have. */
function foreignRecords(chance: Chance, houses: readonly House[]): Pick<NonNullable<Storm['past']>, 'records'> {
  const zones = houses.flatMap(({ dnsZone }) => dnsZone ?? []);
  if (zones.length === 0 || !chance.percent(20)) return {};
  return { records: { [chance.one(zones)]: { [chance.one(['grafana', 'pool', 'node1'])]: ['10.0.200.7'] } } };
}
