// A storm: a world and the faults that strike it, as data. It is played as a world file, so that what it finds can be kept as one.
import { relative } from 'node:path';
import { stringify } from 'yaml';
import type { WorldInput } from '../../../local/scenarios/world-file/schema.ts';

/** One entry of a timeline, as a world file has it. */
export interface Entry {
  readonly at: number | { readonly [after: string]: string | number };
  readonly do: string;
  readonly node?: string;
  readonly fleet?: string;
  readonly chain?: string;
  readonly [key: string]: unknown;
}

/** A fault with what ends it: they go or stay together when a storm is shrunk. */
export interface StormFault {
  /** A name of its generator's types. */
  readonly type: string;
  readonly entries: readonly Entry[];
}

export interface StormFleet {
  readonly name: string;
  /** Keys of its file that this storm's owner has otherwise. */
  readonly but: Readonly<Record<string, unknown>>;
  readonly chain: NonNullable<WorldInput['chains']>[string];
}

export type StormNode = Omit<WorldInput['nodes'][number], 'name' | 'names'> & { readonly name: string };
export type StormSnapshot = NonNullable<WorldInput['snapshots']>[number];

export interface Storm {
  readonly seed: number;
  readonly hours: number;
  /** From then on nothing new goes wrong: what is left must be healed or told. */
  readonly faultsEndMinutes: number;
  readonly fleets: readonly StormFleet[];
  readonly nodes: readonly StormNode[];
  readonly snapshots: readonly StormSnapshot[];
  readonly templates: readonly string[];
  /** Auto Scaling groups and target groups, by their names: the nodes that are members. */
  readonly scalingGroups: Readonly<Record<string, readonly string[]>>;
  readonly targetGroups: Readonly<Record<string, readonly string[]>>;
  /** What else people did before, in the words of a world file. */
  readonly past?: Pick<NonNullable<WorldInput['before']>, 'grown' | 'records' | 'publicSubnets' | 'protectedTemplates'>;
  readonly faults: readonly StormFault[];
}

/** Who drew it, as far as its world file says so. */
export interface Drawer {
  /** How its storms are called: `storm-17`, `storm-b-17`. */
  readonly prefix: string;
  /** The folder of the fleet files that all of its storms are deployed with: one template for all of them. */
  readonly fleets: string;
}

/** A storm without its faults. */
export type StormWorld = Pick<Storm, 'fleets' | 'nodes' | 'snapshots' | 'templates' | 'scalingGroups' | 'targetGroups'>;

export const refOf = ({ fleet, name }: Pick<StormNode, 'fleet' | 'name'>): string => `${fleet}/${name}`;

/** Everything of the storm that is about these nodes: other nodes, and what is only about them, are left out. */
export function withNodes(storm: Storm, nodes: readonly StormNode[]): Storm {
  const refs = new Set(nodes.map(refOf));
  const fleets = storm.fleets.filter(({ name }) => nodes.some(({ fleet }) => fleet === name));
  const names = new Set(fleets.map(({ name }) => name));
  const isThere = ({ at, node, fleet, chain }: Entry): boolean =>
    (node === undefined || refs.has(node)) &&
    (typeof at === 'number' || at['node'] === undefined || refs.has(String(at['node']))) &&
    (fleet === undefined || names.has(fleet)) &&
    (chain === undefined || names.has(chain));
  const members = (groups: Storm['scalingGroups']): Storm['scalingGroups'] =>
    Object.fromEntries(
      Object.entries(groups)
        .map(([name, all]) => [name, all.filter((ref) => refs.has(ref))] as const)
        .filter(([, left]) => left.length > 0),
    );
  return {
    ...storm,
    fleets,
    nodes,
    snapshots: storm.snapshots.filter(({ of }) => refs.has(of)),
    templates: storm.templates.filter((name) => names.has(name)),
    scalingGroups: members(storm.scalingGroups),
    targetGroups: members(storm.targetGroups),
    ...(storm.past && {
      past: { ...storm.past, grown: (storm.past.grown ?? []).filter(({ node }) => refs.has(node)) },
    }),
    faults: storm.faults
      .map((fault) => ({ ...fault, entries: fault.entries.filter(isThere) }))
      .filter(({ entries }) => entries.length > 0)
      .filter(({ entries }) => hosts(entries).every((host) => [...names].some((name) => host.startsWith(`${name}-`)))),
  };
}

const hosts = (entries: readonly Entry[]): readonly string[] =>
  entries.flatMap(({ reference }) => (typeof reference === 'string' ? [reference] : []));

/** Minutes at which an entry begins, comes again or ends. */
export const momentsOf = (entries: readonly Entry[]): readonly number[] =>
  entries.flatMap(({ at, every = 0, times = every === 0 ? 1 : 12, minutes = 0 }) => {
    if (typeof at !== 'number') return [];
    const begins = Array.from({ length: Number(times) }, (_, time) => at + time * Number(every));
    return begins.flatMap((begin) => [begin, begin + Number(minutes)]);
  });

/** Minutes after the beginning at which everything has ended that has an end, as far as that is known before. */
export const endMinutesOf = ({ faultsEndMinutes, faults }: Storm): number =>
  Math.max(faultsEndMinutes, ...momentsOf(faults.flatMap(({ entries }) => entries)));

/** Pages and attempts are judged by cause, not by their number: a storm is many troubles at once. */
const MANY = 1_000;

/** How a storm of a generator is called: the file of its world as well. */
export const nameOf = ({ seed }: Storm, { prefix }: Pick<Drawer, 'prefix'>): string => `${prefix}-${seed}`;

/** @param from the folder that paths of fleet files are from */
export function documentOf(storm: Storm, generator: Drawer, from: string): WorldInput {
  const { seed, hours, fleets, nodes, snapshots, templates, scalingGroups, targetGroups, past, faults } = storm;
  const types = [...new Set(faults.map(({ type }) => type))];
  const folder = relative(from, generator.fleets);
  return {
    world: nameOf(storm, generator),
    says: `Storm ${seed}: ${count(nodes.length, 'node')} in ${count(fleets.length, 'fleet')}, ${types.join(', ') || 'nothing'}.`.slice(
      0,
      240,
    ),
    fleets: fleets.map(({ name, but }) => ({
      file: `${folder}/${name}.yaml`,
      ...(Object.keys(but).length > 0 && { but }),
    })),
    chains: Object.fromEntries(fleets.map(({ name, chain }) => [name, chain])),
    nodes: [...nodes],
    ...(snapshots.length > 0 && { snapshots: [...snapshots] }),
    before: {
      ...(templates.length > 0 && { templates: [...templates] }),
      ...groups('scalingGroups', scalingGroups),
      ...groups('targetGroups', targetGroups),
      ...past,
    },
    timeline: faults.flatMap(({ entries }) => entries) as NonNullable<WorldInput['timeline']>,
    until: { minutes: hours * 60 },
    hours,
    expect: [],
    pagesAtMost: MANY,
    attemptsAtMost: MANY,
  };
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

const groups = (
  key: 'scalingGroups' | 'targetGroups',
  of: Storm['scalingGroups'],
): NonNullable<WorldInput['before']> => {
  const all = Object.entries(of).map(([name, members]) => [name, [...members]] as const);
  return all.length === 0 ? {} : { [key]: Object.fromEntries(all) };
};

/** The storm as a world file: it plays with `npm start -- --world FILE --seed N`. */
export const worldFileOf = (storm: Storm, generator: Drawer, from: string): string =>
  stringify(documentOf(storm, generator, from), { lineWidth: 150, aliasDuplicateObjects: false });
