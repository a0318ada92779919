// Nodes that were there and are not any more: a terminated instance has no alarm, no health and no heal. Pure.
import type { SeenInstance } from '../../shared/fleet/nodes.ts';
import { type GoneNode, missedOf, type ObservedNode } from '../../shared/fleet/observation.ts';
import { isAtWork } from '../../shared/heal/page-truth.ts';
import type { IncidentRecord } from '../../shared/heal/records.ts';
import { DAY_MS } from '../../shared/model/execution.ts';
import { JOINING_TAG, RETIRED_TAG } from '../../shared/model/tags.ts';
import { names } from '../../shared/text/names.ts';
import type { FleetFacts } from './context.ts';
import type { Fate, Fates } from './fates.ts';

/** As long as a person is told of other troubles once. */
const KEPT_MS = 24 * 60 * 60_000;
/** Enough for a sentence; whoever loses more has one cause. */
const KEPT = 50;

type Seen = readonly Pick<SeenInstance, 'name' | 'instanceId'>[];

/** What is to be done where discovery finds no node. */
export type EmptyMatch =
  /** Nobody was ever there, and nobody is expected. */
  | 'nobody'
  /** A node has ended, or none was there since: it is watched that nobody is there. */
  | 'lost'
  /** EC2 shows a node with the fleet's tags, or one that a heal has taken out and is at work on: its list is not the whole truth, and the next sweep looks again. */
  | 'not-now'
  /** Nothing shows that a node has ended: its tags, or the selector of the fleet file, may have been changed, or somebody has marked it as what a heal sets aside. */
  | 'unexplained';

/**
 * An empty match is a loss only where EC2 itself shows that an instance has ended.
 *
 * @param known the nodes of the last sweep that found some
 * @param fates undefined where EC2 could not be asked
 * @param isHealed heals of the fleet may have set nodes aside: `maySetAside`
 */
export function readEmptyMatch({
  known,
  gone,
  expected,
  fates,
  isHealed,
}: {
  readonly known: readonly Pick<ObservedNode, 'instanceId'>[];
  readonly gone: readonly GoneNode[];
  readonly expected: number | undefined;
  readonly fates: Fates | undefined;
  readonly isHealed: boolean;
}): EmptyMatch {
  if (known.length === 0) return gone.length > 0 || expected !== undefined ? 'lost' : 'nobody';
  if (fates === undefined) return 'not-now';
  const seen = known.map(({ instanceId }) => fates.get(instanceId));
  if (seen.includes('terminated')) return 'lost';
  return seen.includes('tagged') || (isHealed && seen.includes('outside')) ? 'not-now' : 'unexplained';
}

/** Whether heals may have set nodes aside: one is at work, or one of the last day has not ended with success, of which its own page tells. */
export const maySetAside = (incidents: readonly IncidentRecord[], nowMs: number): boolean =>
  incidents.some(
    (incident) =>
      isAtWork(incident) ||
      (incident.state !== 'healed' &&
        nowMs - ('endedAtMs' in incident ? incident.endedAtMs : incident.onsetMs) < DAY_MS),
  );

/** Whether EC2's word of it may change: what is set aside may come back, or end. */
export const isUntold = ({ went }: Pick<GoneNode, 'went'>): boolean => went === undefined || went === 'outside';

/** EC2's word of a node that is gone. Who had lost its tags before it ended was no node any more when it did. */
const wentOf = (gone: GoneNode, fates: Fates): Pick<GoneNode, 'went'> => {
  const fate = isUntold(gone) ? (fates.get(gone.instanceId) ?? gone.went) : gone.went;
  return fate === 'terminated' || fate === 'untagged' || fate === 'outside' ? { went: fate } : {};
};

/**
 * A node whose name another instance has taken is not gone: it was replaced, once that one was seen synced. What an Auto Scaling group has made, it makes
 * again or has taken away on purpose.
 */
export function followGone(
  before: { readonly nodes: Iterable<ObservedNode>; readonly gone: readonly GoneNode[] },
  nodes: Seen,
  nowMs: number,
  fates: Fates = new Map(),
): readonly GoneNode[] {
  const seen = [...before.nodes];
  const ids = new Set(nodes.map(({ instanceId }) => instanceId));
  const synced = new Set(seen.flatMap(({ instanceId, health }) => (health === 'synced' ? [instanceId] : [])));
  const followerOf = new Map(nodes.map(({ name, instanceId }) => [name, instanceId]));
  const known = new Set(before.gone.flatMap(({ instanceId, followedBy = instanceId }) => [instanceId, followedBy]));
  const lost = seen
    .filter(({ inGroup, instanceId }) => !inGroup && !known.has(instanceId))
    .map(({ instanceId, name, role }): GoneNode => ({ instanceId, name, role, sinceMs: nowMs }));
  return [...before.gone, ...lost]
    .flatMap(({ followedBy: _, ...gone }): readonly GoneNode[] => {
      if (ids.has(gone.instanceId) || nowMs - gone.sinceMs >= KEPT_MS) return [];
      const followedBy = followerOf.get(gone.name);
      const known = { ...gone, ...wentOf(gone, fates) };
      if (followedBy === undefined) return [known];
      return synced.has(followedBy) ? [] : [{ ...known, followedBy }];
    })
    .slice(-KEPT);
}

/** The first nodes of a stack are there some minutes before its last. */
const MADE_WITHIN_MS = 10 * 60_000;

/** The sentence of a fleet that lacks nodes; null where none is missing, or where all that are there are as young as a fleet that is just being made. */
export function missingNodes(
  facts: Pick<FleetFacts, 'fleet' | 'nodes' | 'contested' | 'unexplained' | 'fates' | 'nowMs'>,
  all: readonly GoneNode[],
  emptySinceMs?: number,
): string | null {
  const { fleet, nodes, contested = [], unexplained = [], nowMs } = facts;
  const gone = missedOf(all);
  const { expected } = fleet.nodes;
  const isShort = expected !== undefined && nodes.length + contested.length < expected;
  const count = `the fleet has ${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}${isShort ? `, ${expected} expected` : ''}`;
  if (unexplained.length > 0) return unexplainedText(facts, unexplained, count);
  // Where the file knows how many there should be, one that is gone on purpose is no trouble.
  if (!isShort && (expected !== undefined || gone.length === 0)) return null;
  const isBeingMade =
    nodes.length > 0
      ? nodes.every(({ launchedAtMs }) => nowMs - launchedAtMs < MADE_WITHIN_MS)
      : emptySinceMs !== undefined && nowMs - emptySinceMs < MADE_WITHIN_MS;
  if (isBeingMade && gone.length === 0) return null;
  if (gone.length === 0) return count;
  return [
    ...WENT.flatMap(([how, text]) =>
      goneText(
        gone.filter(({ went }) => went === how),
        text,
      ),
    ),
    count,
  ].join('; ');
}

/** How a node went, each with its words. */
const WENT: readonly (readonly [GoneNode['went'], string])[] = [
  ['terminated', 'terminated'],
  ['untagged', 'alive, but without the fleet’s tags'],
  ['outside', `alive, but set aside by its tag ${RETIRED_TAG} or ${JOINING_TAG}`],
  [undefined, 'terminated, or without the fleet’s tags'],
];

function goneText(gone: readonly GoneNode[], how: string): readonly string[] {
  if (gone.length === 0) return [];
  const ids = names(gone.map(({ instanceId }) => instanceId));
  return [`${names(gone.map(({ name }) => name))} ${gone.length === 1 ? 'is' : 'are'} gone: ${how} (${ids})`];
}

/** Both possibilities, and what tells them apart. */
function unexplainedText(
  { fleet, fates = new Map() }: Pick<FleetFacts, 'fleet' | 'fates'>,
  lost: NonNullable<FleetFacts['unexplained']>,
  count: string,
): string {
  const tags = Object.entries(fleet.nodes.tags).map(([key, value]) => `${key}=${value}`);
  const ids = lost.map(({ instanceId }) => instanceId);
  const idsOf = (fate: Fate): readonly string[] => ids.filter((instanceId) => fates.get(instanceId) === fate);
  const outside = idsOf('outside');
  if (outside.length > 0)
    return `no instance is a node of the fleet: ${names(outside)} is alive and has the tag ${RETIRED_TAG} or ${JOINING_TAG}, with which a heal sets an instance aside, but no heal is at work. Find out who wrote the tag (CloudTrail’s CreateTags), and remove it: \`aws ec2 delete-tags --resources ${outside.join(' ')} --tags Key=${RETIRED_TAG} Key=${JOINING_TAG}\`. Nothing is watched or healed meanwhile; ${count}`;
  const untagged = idsOf('untagged');
  const seen =
    untagged.length === 0
      ? `EC2 shows none of them. Either an instance was terminated more than an hour ago, or this is not its account and region: CloudTrail’s TerminateInstances of ${names(ids)} shows which`
      : `EC2 shows ${names(untagged)} alive without them: no node was lost. Either the tags of the instance were changed, or nodes.tag of the fleet file was: \`aws ec2 describe-tags --filters Name=resource-id,Values=${untagged[0]}\` shows which`;
  return `no instance carries the fleet’s tags (${tags.join(', ')}), which ${names(lost.map(({ name }) => name))} had (${names(ids)}). ${seen}. Nothing is healed meanwhile; ${count}`;
}
