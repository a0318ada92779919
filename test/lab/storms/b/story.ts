// A story: what goes wrong in steps that belong together, often at the very moment at which a heal does something.
import type { DrawnType } from '../generator.ts';
import type { Entry, StormNode } from '../storm.ts';
import { refOf } from '../storm.ts';
import type { Chance } from './chance.ts';
import { HOUSES, type House } from './houses.ts';
import type { World } from './worlds.ts';

/** Where a story is told: in a world, about a node, from a minute on. */
export interface Scene {
  readonly chance: Chance;
  readonly world: World;
  /** Nothing new goes wrong behind it. */
  readonly endMinutes: number;
  /** The story begins here, in the first half of the faults' time. */
  readonly at: number;
  /** The node that the story is about. Often it is that of the storm's other stories, too. */
  readonly node: StormNode;
}

export interface Story extends DrawnType {
  /** Owners in whose fleets it can happen; every one without it. */
  readonly needs?: (house: House) => boolean;
  /** Further conditions of a world that has such an owner. */
  readonly fits?: (world: World, node: StormNode) => boolean;
  readonly tell: (scene: Scene) => readonly Entry[];
}

export const houseOf = ({ fleet }: Pick<StormNode, 'fleet'>): House => {
  const house = HOUSES.find((one) => one.fleet === fleet);
  if (!house) throw new RangeError(`houseOf: there is no house of ${fleet}`);
  return house;
};

/** Nodes of the same fleet, in the order of their deployment, this one included. */
export const siblings = ({ world, node }: Scene): readonly StormNode[] =>
  world.nodes.filter(({ fleet }) => fleet === node.fleet);

export const modeOf = ({ world, node }: Pick<Scene, 'world' | 'node'>): unknown =>
  world.fleets.find(({ name }) => name === node.fleet)?.but['mode'] ?? 'act';

/** What happens, without its moment. */
export interface Act {
  readonly do: string;
  readonly node?: string;
  readonly [key: string]: unknown;
}

/** A number of minutes that a timeline may have. */
export const minute = (minutes: number): number => Math.round(minutes * 1_000) / 1_000;

/** So much later, but not behind the end of the faults. */
export const later = ({ at, endMinutes }: Scene, minutes: number): number => minute(Math.min(at + minutes, endMinutes));

/** What ends a story comes by the clock, whether its middle came or not. */
export const atLast = ({ endMinutes }: Scene): number => endMinutes;

type Command = 'restart-client' | 'swap-volumes' | 'inspect-node' | 'observe-node' | 'grow-filesystem';

/** What a heal does about a trouble: commands to the node, and calls of AWS. */
export interface Trouble {
  readonly entries: readonly Entry[];
  readonly commands: readonly Command[];
  readonly calls: readonly string[];
}

/** A trouble for which a heal begins: the story's first step. */
export function trouble(scene: Scene, kinds: readonly TroubleKind[] = TROUBLES): Trouble {
  const possible = kinds.filter((kind) => kind !== 'beacon' || houseOf(scene.node).isPair === true);
  return TROUBLE[scene.chance.one(possible.length > 0 ? possible : (['hang'] as const))](scene);
}

const RESTART = { commands: ['inspect-node', 'restart-client'], calls: ['ChangeResourceRecordSets'] } as const;
const SWAP = {
  commands: ['inspect-node', 'restart-client', 'swap-volumes'],
  calls: ['CreateVolume', 'CopyVolumes', 'AttachVolume', 'DetachVolume'],
} as const;

const TROUBLE = {
  hang: ({ at, node }: Scene): Trouble => ({ entries: [{ at, do: 'hang', node: refOf(node) }], ...RESTART }),
  crash: ({ at, node }: Scene): Trouble => ({ entries: [{ at, do: 'crash', node: refOf(node) }], ...RESTART }),
  deaf: ({ at, node }: Scene): Trouble => ({
    entries: [{ at, do: 'rpc', node: refOf(node), answers: 'hung', untilRestart: true }],
    ...RESTART,
  }),
  beacon: ({ at, node, chance }: Scene): Trouble => ({
    entries: [{ at, do: 'beacon-node', node: refOf(node), does: chance.one(['hangs', 'crashes']) }],
    ...RESTART,
  }),
  corrupt: ({ at, node, chance }: Scene): Trouble => ({
    entries: [{ at, do: 'corrupt-data', node: refOf(node), how: chance.one(['stops', 'does-not-open']) }],
    ...SWAP,
  }),
  unmounted: ({ at, node }: Scene): Trouble => ({
    entries: [{ at, do: 'unmount', node: refOf(node), path: houseOf(node).paths['data'] }],
    ...SWAP,
  }),
  full: (scene: Scene): Trouble => ({
    entries: [fillTo(scene, scene.chance.one([90, 95, 99.5]))],
    commands: ['observe-node', 'grow-filesystem'],
    calls: ['ModifyVolume'],
  }),
  dead: ({ at, node }: Scene): Trouble => ({
    entries: [{ at, do: 'kill-instance', node: refOf(node) }],
    commands: ['inspect-node'],
    calls: ['RunInstances', 'StopInstances', 'CreateVolume'],
  }),
} as const satisfies Record<string, (scene: Scene) => Trouble>;

export type TroubleKind = keyof typeof TROUBLE;
const TROUBLES = Object.keys(TROUBLE) as readonly TroubleKind[];

/** Troubles in which the machine itself is well: a person can work on it. */
export const OF_CLIENTS = ['hang', 'crash', 'deaf', 'beacon', 'corrupt'] as const satisfies readonly TroubleKind[];

/** How much has to be written to a data volume until its filesystem is so full. */
export function fillTo({ at, node, chance }: Scene, percent: number): Entry & { readonly path: string } {
  const volume = node.volumes?.find(({ role }) => role === 'data');
  const whole = volume?.filesystemGiB ?? volume?.sizeGiB ?? 1_000;
  const gib = (whole * (percent - (volume?.usedPercent ?? 46))) / 100;
  const path = houseOf(node).paths['data'] ?? '/data';
  // A tenth of a GiB more or less: at the threshold, and just beside it.
  return { at, do: 'fill-disk', node: refOf(node), path, gib: Math.max(0.1, minute(chance.about(gib, 0.1))) };
}

/** The moment of a heal: right after a command to the story's node, or right after a call. */
export function duringHeal(scene: Scene, { commands, calls }: Trouble): Entry['at'] {
  const { chance, node, endMinutes: until } = scene;
  const minutes = chance.one([0, 0, 0, 0.05, 0.3, 1, 2.1]);
  if (calls.length > 0 && chance.percent(35)) return { called: chance.one(calls), minutes, until };
  return { commanded: chance.one(commands), node: refOf(node), minutes, until };
}

/** The same, so often: right after the first one, the second one, … */
export const eachTime = (scene: Scene, commanded: Command, times: number, minutes = 0): readonly Entry['at'][] =>
  Array.from({ length: times }, (_, nth) => ({
    ...{ commanded, node: refOf(scene.node), time: nth + 1, minutes },
    until: scene.endMinutes,
  }));

/** Nodes that a chain or a probe can judge. */
export const isAsked = ({ isAsked: asked }: House): boolean => asked;
export const isPaired = ({ isPair }: House): boolean => isPair === true;
export const hasZone = ({ dnsZone }: House): boolean => dnsZone !== undefined;
export const hasReference = ({ references }: House): boolean => references.length > 0;

/** A tag by which each fleet knows its nodes: a person takes it away and gives it back. */
const TAGS: Readonly<Record<string, readonly [string, string]>> = {
  coin: ['Component', 'nodes/coin'],
  council: ['Project', 'council'],
  tips: ['Service', 'tips'],
  lone: ['Application', 'lone-mainnet'],
  ring: ['Network', 'ring-18'],
  pair: ['Component', 'nodes/pair'],
  composed: ['Component', 'nodes/composed'],
};

export const tagOf = (fleet: string): readonly [string, string] | undefined => TAGS[fleet];
