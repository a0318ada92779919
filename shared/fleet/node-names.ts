// What a node is called. A node has the name of its name tag; members of Auto Scaling groups that share one are told apart by their instances' ids. Pure.
import { SCALING_GROUP_TAG } from '../model/tags.ts';
import type { Fleet } from './model.ts';

/** A node as far as its name goes. */
interface Named {
  readonly instanceId: string;
  readonly name: string;
  readonly launchedAtMs: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** Names that members of groups share or have shared, with the time when that was last seen, ms since the epoch. */
export type SharedNames = Readonly<Record<string, number>>;

/**
 * While a group replaces its only member, two have its name for some minutes: that makes no name a shared one. Two that have run side by side for
 * longer do.
 */
const TOGETHER_MS = 30 * 60_000;
/** A group that has had one member for a month is a group of one. */
export const SHARED_KEPT_MS = 30 * 24 * 60 * 60_000;
/** A fleet has one group, or one in each zone. */
const KEPT = 50;

/** What a metric's dimension takes: "Dimension values must contain only ASCII characters" (Dimension, @aws-sdk/client-cloudwatch). */
const METRIC_NAME = /^[\x21-\x7e]([\x20-\x7e]{0,126}[\x21-\x7e])?$/;

/** By the fleet's name tag alone; the instance's id where it has no name, one that no metric can carry, or one that every object has a member of: records are kept by names. */
export function plainName({ nodes }: Pick<Fleet, 'nodes'>, { tags, instanceId }: Omit<Named, 'name' | 'launchedAtMs'>) {
  const written = tags[nodes.nameTag] ?? '';
  return METRIC_NAME.test(written) && !(written in Object.prototype) ? written : instanceId;
}

/** "bitcoin-node-5f3e9c01": as many characters of the id as make it unique in any fleet, and as a label of DNS still has room for. */
export function nameApart(name: string, instanceId: string): string {
  const told = `${name}-${instanceId.slice(-ID_CHARACTERS)}`;
  return name === instanceId || !METRIC_NAME.test(told) ? instanceId : told;
}

const ID_CHARACTERS = 8;

/** The name tag and the end of the id in a name that was made by `nameApart`; null for any other. */
export function partsOfName(name: string): { readonly written: string; readonly idEnds: string } | null {
  const [, written, idEnds] = /^(.+)-([0-9a-f]{8})$/.exec(name) ?? [];
  return written !== undefined && idEnds !== undefined ? { written, idEnds } : null;
}

export const isInGroup = ({ tags }: Pick<Named, 'tags'>): boolean => tags[SCALING_GROUP_TAG] !== undefined;

/** Names that a group's member has, and another node as well. @param nodes by their plain names */
export function namesShared(nodes: readonly Named[]): ReadonlySet<string> {
  return new Set([...Map.groupBy(nodes, ({ name }) => name)].flatMap(([name, all]) => (isShared(all) ? [name] : [])));
}

const isShared = (all: readonly Named[]): boolean => all.length > 1 && all.some(isInGroup);

/**
 * The nodes by names that tell them apart. A member of a group keeps the name with its id when its sibling goes, as long as the name is remembered.
 * A node outside of groups has its name tag's name, whoever else has it: `doubledNames` says so.
 *
 * @param nodes by their plain names
 */
export function tellApart<N extends Named>(nodes: readonly N[], remembered: ReadonlySet<string>): readonly N[] {
  const shared = namesShared(nodes);
  return nodes.map((node) =>
    isInGroup(node) && (shared.has(node.name) || remembered.has(node.name))
      ? { ...node, name: nameApart(node.name, node.instanceId) }
      : node,
  );
}

/** What is remembered after a look at the fleet. @param nodes by their plain names */
export function followShared(before: SharedNames | undefined, nodes: readonly Named[], nowMs: number): SharedNames {
  const lasting = nodes.filter(({ launchedAtMs }) => nowMs - launchedAtMs >= TOGETHER_MS);
  const seen = [...namesShared(lasting)].map((name): [string, number] => [name, nowMs]);
  const known = Object.entries(before ?? {}).filter(([, atMs]) => nowMs - atMs < SHARED_KEPT_MS);
  const all = [...new Map([...known, ...seen])].sort(([, a], [, b]) => b - a);
  return Object.fromEntries(all.slice(0, KEPT));
}
