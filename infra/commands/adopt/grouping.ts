// Which instances belong together as one fleet: those with a tag that all of them carry and nobody else. What no tag tells apart is no fleet; it is said,
// with what to tag. Pure.
import * as v from 'valibot';
import type { KnownChain } from '../../../shared/chains/defaults.ts';
import { tagKey, tagValue } from '../../../shared/fleet/schema-fields.ts';
import { hasTags } from '../../../shared/model/tags.ts';
import { compareNames } from '../../../shared/text/names.ts';
import type { NodeSigns } from './evidence.ts';
import { chainsIn, withoutDigits, wordsIn } from './words.ts';

export type Selector = Readonly<Record<string, string>>;

export interface Group {
  readonly chain: KnownChain;
  readonly network: string | null;
  readonly selector: Selector;
  /** All instances that carry the selector, by name. */
  readonly nodes: readonly NodeSigns[];
  /** Of them, those that show nothing of a chain. */
  readonly unsure: readonly NodeSigns[];
  /** Others that look like nodes of this fleet and do not carry its tags. */
  readonly siblings: readonly NodeSigns[];
}

/** Nodes that no tag of theirs makes a fleet of. */
export interface Ambiguity {
  readonly nodes: readonly NodeSigns[];
  /** null: two chains speak for themselves with the same weight, or it is one that chainmend has no code for. */
  readonly chain: KnownChain | null;
  readonly why: string;
}

export interface Grouping {
  readonly groups: readonly Group[];
  readonly ambiguous: readonly Ambiguity[];
  /** Instances that show nothing of a node. */
  readonly strangers: readonly NodeSigns[];
}

/** Tags by which owners tell their fleets apart, the most telling first. */
const TELLING = [
  ...[
    'fleet',
    'component',
    'nodegroup',
    'service',
    'application',
    'app',
    'workload',
    'cluster',
    'coin',
    'chain',
    'blockchain',
  ],
  ...['protocol', 'network', 'project', 'product', 'system', 'module', 'stack', 'group'],
];
/** Production and staging are two fleets, whatever else they share. */
const STAGES = ['environment', 'env', 'stage'];
/** Tags that tell roles in a fleet, not fleets. */
export const ROLE_KEYS = ['role', 'noderole', 'nodetype', 'type', 'kind'];
/** Of a node alone, or of everything that somebody owns. */
const NEVER = [
  'name',
  'hostname',
  'node',
  'nodename',
  'owner',
  'team',
  'costcenter',
  'managedby',
  'createdby',
  'terraform',
  'backup',
  'snapshot',
];

const plainKey = (key: string): string => (key.split(/[:/]/).at(-1) ?? key).toLowerCase().replace(/[^a-z0-9]/g, '');

/** @param narrowed a tag that all of them carry, where only such instances were read: it belongs into each selector */
export function groupNodes(signs: readonly NodeSigns[], narrowed: Selector = {}): Grouping {
  const all = [...signs].sort(byName);
  const groups: Omit<Group, 'siblings'>[] = [];
  const taken = new Set<NodeSigns>();
  const left: NodeSigns[] = [];
  const search: Search = { byTag: byTagOf(all), taken, narrowed, failed: new Set() };
  for (const seed of all) {
    if (seed.guess.chain === null || taken.has(seed)) continue;
    const best = bestSelector(seed, search);
    if (best === undefined) {
      left.push(seed);
      continue;
    }
    for (const node of best.nodes) taken.add(node);
    groups.push(best);
  }
  const rest = left.filter((node) => !taken.has(node));
  return withTheRest(all, groups, rest, taken);
}

const byName = (a: NodeSigns, b: NodeSigns): number =>
  compareNames(a.name, b.name) || (a.instance.instanceId < b.instance.instanceId ? -1 : 1);

/** What is known while selectors are sought. */
interface Search {
  /** Instances by each of their tags. */
  readonly byTag: ReadonlyMap<string, readonly NodeSigns[]>;
  readonly taken: ReadonlySet<NodeSigns>;
  readonly narrowed: Selector;
  /** Selectors of a chain that make no fleet. That stays so, since what is taken only becomes more: each is tried once, and not for each node. */
  readonly failed: Set<string>;
}

const tagText = (key: string, value: string): string => JSON.stringify([key, value]);

function byTagOf(all: readonly NodeSigns[]): Search['byTag'] {
  const found = new Map<string, NodeSigns[]>();
  for (const node of all)
    for (const [key, value] of Object.entries(node.instance.tags)) {
      const text = tagText(key, value);
      const known = found.get(text);
      if (known) known.push(node);
      else found.set(text, [node]);
    }
  return found;
}

interface Candidate extends Omit<Group, 'siblings'> {
  readonly rank: number;
}

function bestSelector(seed: NodeSigns, search: Search): Omit<Group, 'siblings'> | undefined {
  const pairs = pairsOf(seed);
  const stage = pairs.find(({ key }) => STAGES.includes(plainKey(key)));
  const telling = pairs.filter(
    ({ key, value }) => rankOf(key) < TELLING.length || (mayTell(key) && chainsIn(value).length > 0),
  );
  const candidates: Candidate[] = [];
  const consider = (chosen: readonly Pair[], rank: number): void => {
    const found = groupBy(seed, chosen, stage, search);
    if (found !== undefined) candidates.push({ ...found, rank });
  };
  for (const pair of telling) consider([pair], rankOf(pair.key));
  // One tag is not enough: two chains have it, or strangers.
  if (!candidates.some(({ unsure }) => unsure.length === 0))
    for (const pair of telling)
      for (const more of pairs)
        if (more !== pair && mayTell(more.key))
          consider([pair, more], TELLING.length + rankOf(pair.key) + rankOf(more.key));
  const most = Math.max(0, ...candidates.map(({ nodes }) => nodes.length));
  // A tag with a value of its own for each node tells nodes, not fleets.
  const fit = candidates.filter(({ nodes }) => nodes.length > 1 || most === 1);
  fit.sort((a, b) => a.unsure.length - b.unsure.length || a.rank - b.rank || b.nodes.length - a.nodes.length);
  const [best] = fit;
  if (best === undefined) return undefined;
  const { rank: _, ...group } = best;
  return group;
}

interface Pair {
  readonly key: string;
  readonly value: string;
}

/** Tags that a fleet file can name. */
const pairsOf = ({ instance: { tags } }: NodeSigns): readonly Pair[] =>
  Object.entries(tags)
    .filter(([key, value]) => !/^(aws|chainmend):/.test(key) && v.is(tagKey, key) && v.is(tagValue, value))
    .map(([key, value]) => ({ key, value }))
    .sort((a, b) => rankOf(a.key) - rankOf(b.key) || (a.key < b.key ? -1 : 1));

const rankOf = (key: string): number => {
  const rank = TELLING.indexOf(plainKey(key));
  return rank < 0 ? TELLING.length : rank;
};
const mayTell = (key: string): boolean => ![...NEVER, ...ROLE_KEYS, ...STAGES].includes(plainKey(key));

function groupBy(
  seed: NodeSigns,
  chosen: readonly Pair[],
  stage: Pair | undefined,
  { byTag, taken, narrowed, failed }: Search,
): Omit<Group, 'siblings'> | undefined {
  const asked = JSON.stringify([
    seed.guess.chain,
    stage?.key,
    stage?.value,
    ...chosen.map(({ key, value }) => tagText(key, value)),
  ]);
  if (failed.has(asked)) return undefined;
  let selector: Selector = { ...narrowed, ...Object.fromEntries(chosen.map(({ key, value }) => [key, value])) };
  const withAll = (by: Selector): readonly NodeSigns[] => {
    const lists = Object.entries(by).map(([key, value]) => byTag.get(tagText(key, value)) ?? []);
    const shortest = lists.reduce((a, b) => (b.length < a.length ? b : a));
    return shortest.filter(({ instance: { tags } }) => hasTags(tags, by));
  };
  const staged = new Set(
    withAll(selector).flatMap(({ instance: { tags } }) => (stage === undefined ? [] : (tags[stage.key] ?? []))),
  );
  if (stage !== undefined && staged.size > 1) selector = { ...selector, [stage.key]: stage.value };
  const nodes = withAll(selector);
  const known = nodes.filter(({ guess }) => guess.chain !== null);
  const unsure = nodes.filter(({ guess }) => guess.chain === null);
  const networks = new Set(known.flatMap(({ network }) => network ?? []));
  const fits =
    nodes.every((node) => !taken.has(node)) &&
    known.every(({ guess }) => guess.chain === seed.guess.chain) &&
    networks.size <= 1 &&
    unsure.every(
      ({ guess }) => guess.chain === null && guess.candidates.every((chain) => chain === seed.guess.chain),
    ) &&
    unsure.length <= known.length;
  if (!fits || seed.guess.chain === null) {
    failed.add(asked);
    return undefined;
  }
  return { chain: seed.guess.chain, network: [...networks][0] ?? null, selector, nodes, unsure };
}

function withTheRest(
  all: readonly NodeSigns[],
  groups: readonly Omit<Group, 'siblings'>[],
  rest: readonly NodeSigns[],
  taken: ReadonlySet<NodeSigns>,
): Grouping {
  const siblings = new Map<Omit<Group, 'siblings'>, NodeSigns[]>();
  const looks = groups.map((group) => ({ group, look: lookOf(group) }));
  const isSibling = (node: NodeSigns): boolean => {
    const group = looks.find((one) => resembles(node, one.group, one.look))?.group;
    if (group === undefined) return false;
    siblings.set(group, [...(siblings.get(group) ?? []), node]);
    return true;
  };
  const free = all.filter((node) => !taken.has(node) && !isSibling(node));
  const alone = rest.filter((node) => free.includes(node));
  const named: Omit<Group, 'siblings'>[] = [];
  const ambiguous: Ambiguity[] = [];
  for (const [chain, nodes] of Map.groupBy(alone, ({ guess }) => guess.chain)) {
    const lone = nodes.length === 1 ? loneGroup(nodes[0], all) : undefined;
    if (lone) named.push(lone);
    else ambiguous.push({ nodes, chain, why: whyNone(nodes, all) });
  }
  const unknown = free.filter(({ guess }) => guess.chain === null);
  const torn = unknown.filter(
    ({ guess }) => guess.chain === null && (guess.candidates.length > 0 || guess.other !== null),
  );
  for (const [what, nodes] of Map.groupBy(torn, wordsOfDoubt)) ambiguous.push({ nodes, chain: null, why: what });
  return {
    groups: [...groups, ...named].map((group) => ({ ...group, siblings: siblings.get(group) ?? [] })),
    ambiguous,
    strangers: unknown.filter((node) => !torn.includes(node)),
  };
}

function wordsOfDoubt({ guess }: NodeSigns): string {
  if (guess.chain !== null) return '';
  return guess.candidates.length > 0
    ? `as much speaks for ${guess.candidates.join(' as for ')}`
    : `${guess.other} is no chain that chainmend has code for: chain: other (infra/fleet-samples) watches some`;
}

/** node2 and node10 are alike. */
const stem = (name: string): string =>
  wordsIn(name)
    .map(withoutDigits)
    .filter((word) => word !== '')
    .join('-');

/** How the nodes of a fleet are called and made. */
interface Look {
  readonly stems: ReadonlySet<string>;
  readonly images: ReadonlySet<string>;
  readonly securityGroups: ReadonlySet<string>;
}

const lookOf = ({ nodes }: Pick<Group, 'nodes'>): Look => ({
  stems: new Set(nodes.map(({ name }) => stem(name)).filter((text) => text !== '')),
  images: new Set(nodes.map(({ instance }) => instance.imageId).filter((text) => text !== '')),
  securityGroups: new Set(nodes.map(({ instance }) => instance.securityGroups.join()).filter((text) => text !== '')),
});

/** The same chain, or none that anybody knows, and made alike. Of a node without any sign of a chain more has to fit. */
function resembles(node: NodeSigns, { chain, network }: Pick<Group, 'chain' | 'network'>, look: Look): boolean {
  const { guess, instance } = node;
  if (guess.chain !== null && guess.chain !== chain) return false;
  if (guess.chain === null && (guess.other !== null || guess.candidates.some((candidate) => candidate !== chain)))
    return false;
  if (network !== null && node.network !== null && network !== node.network) return false;
  const isNamedAlike = look.stems.has(stem(node.name));
  const isMadeAlike = look.images.has(instance.imageId) || look.securityGroups.has(instance.securityGroups.join());
  return guess.chain === null ? isNamedAlike && isMadeAlike : isNamedAlike || isMadeAlike;
}

/** A node without a sibling is a fleet by its name, where nobody else has it. */
function loneGroup(node: NodeSigns | undefined, all: readonly NodeSigns[]): Omit<Group, 'siblings'> | undefined {
  const name = node?.instance.tags['Name'];
  if (node === undefined || node.guess.chain === null || name === undefined || !v.is(tagValue, name)) return undefined;
  if (all.some((other) => other !== node && other.instance.tags['Name'] === name)) return undefined;
  return { chain: node.guess.chain, network: node.network, selector: { Name: name }, nodes: [node], unsure: [] };
}

/** The tag that others have as well, where there is one. */
function whyNone(nodes: readonly NodeSigns[], all: readonly NodeSigns[]): string {
  const [first] = nodes;
  const shared = first === undefined ? undefined : pairsOf(first).find(({ key }) => rankOf(key) < TELLING.length);
  if (shared === undefined) return 'no tag tells them from other instances';
  const networks = [...new Set(nodes.flatMap(({ network }) => network ?? []))];
  if (networks.length > 1)
    return `the tag ${shared.key}=${shared.value} is on nodes of ${networks.join(' and of ')}, and no other tag tells them apart`;
  const others = all.filter((one) => one.instance.tags[shared.key] === shared.value && !nodes.includes(one));
  const chains = [...new Set(others.flatMap(({ guess }) => guess.chain ?? []))];
  return `the tag ${shared.key}=${shared.value} is on ${others.length} other ${others.length === 1 ? 'instance' : 'instances'}, too${chains.length > 0 ? ` (${chains.join(', ')})` : ''}, and no other tag tells them apart`;
}
