// What a fleet and its references say about their chain: who is on which branch, how high it is, and whether it is halted.
import { type BlockHash, MAXIMUM_HEIGHTS } from '../../shared/chains/client.ts';
import { tellsParents } from '../../shared/chains/clients.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { FleetWatch, ObservedNode } from '../../shared/fleet/observation.ts';
import { WATCHED_MS } from '../../shared/fleet/progress.ts';
import { mayWaitAt } from '../../shared/guardrails/upgrade.ts';
import { type FleetFacts, statusOf } from './context.ts';
import { majorityOf, notAReferenceAlone, referenceBefore, type Source, type Sources, sourcesOf } from './sources.ts';
import { type MissingVotes, missingVotes } from './votes.ts';

export interface ChainState {
  readonly sources: Sources;
  readonly byKey: ReadonlyMap<string, Source>;
  readonly branches: Branches;
  /** Keys of the references whose blocks follow on the newest block of the only node that answers. */
  readonly linked: ReadonlySet<string>;
  /** The sources that are not on another branch. */
  readonly onBranch: readonly Source[];
  readonly tip: Tip;
  readonly haltedSinceMs: number | null;
  /** The votes that are missing for its next block; null where it is not halted, or nobody tells that. */
  readonly votes: MissingVotes | null;
  /** Since when its only node stands, where that is longer than its chain ever pauses, nobody else can say whether the chain goes on, and it was not restarted for that yet. */
  readonly stoodAloneSinceMs: number | null;
  /** Whether the fleet was watched a moment ago. */
  readonly watched: boolean;
}

export function chainStateOf(facts: FleetFacts): ChainState {
  const { fleet, nowMs, before } = facts;
  const sources = sourcesOf(facts);
  const branches = compareHashes(facts, sources.all);
  const onBranch = sources.all.filter(({ key }) => !branches.differing.has(key));
  const linked = linkedReferences(fleet, onBranch);
  const tip = tipOf(facts, onBranch, linked);
  const alone = aloneIn(facts, sources.all, tip);
  const haltedSinceMs = alone === null ? haltedSince(fleet, tip, onBranch, before.watch, nowMs) : null;
  return {
    sources,
    linked,
    byKey: new Map(sources.all.map((source) => [source.key, source])),
    branches,
    onBranch,
    tip,
    haltedSinceMs,
    votes:
      haltedSinceMs === null || tip.height === null || haltIsExpected(facts, tip)
        ? null
        : missingVotes(facts, tip.height + 1),
    stoodAloneSinceMs: alone?.is === 'stands' ? alone.sinceMs : null,
    watched: before.watch !== undefined && nowMs - before.watch.observedAtMs <= WATCHED_MS,
  };
}

/** The dispatcher tells people when it stays so; of a chain whose nodes are elsewhere, they are told there. */
export const haltIsExpected = ({ fleet, upgradeHeight }: FleetFacts, { height }: Pick<Tip, 'height'>): boolean =>
  (upgradeHeight !== undefined && mayWaitAt(height, upgradeHeight)) || fleet.copiesFrom !== undefined;

export interface Branches {
  /** By source key: sources on another branch, with the block that differs. */
  readonly differing: ReadonlyMap<string, BlockHash>;
  /** Keys that were compared and agree: at a deep height, or by their newest block where they report no other. */
  readonly agreeing: ReadonlySet<string>;
  /** The block at the newest height at which most agree. */
  readonly canonical: BlockHash | null;
  /** A height with several blocks, none of which most sources have. */
  readonly divided: { readonly height: number; readonly sides: readonly (readonly string[])[] } | null;
  /** Keys whose newest block differs from the majority's at its height, with no deeper one to compare: for a moment both may be right. */
  readonly doubtful: ReadonlySet<string>;
}

/**
 * Blocks are compared at equal heights. More than half of all answering sources must agree before a node counts as different. A node that is ahead is
 * compared as well.
 */
function compareHashes({ askedHeights }: FleetFacts, sources: readonly Source[]): Branches {
  const differing = new Map<string, BlockHash>();
  const agreeing = new Set<string>();
  let canonical: BlockHash | null = null;
  let divided: Branches['divided'] = null;
  // From the top: the newest height at which most agree is the canonical one.
  for (const height of [...new Set(askedHeights)].sort((a, b) => b - a)) {
    const votes = sources.map((source) => hashAt(source, height));
    const most = majorityOf(votes);
    if (most === null) {
      divided ??= sidesAt(height, sources);
      continue;
    }
    canonical ??= { height, hash: most };
    for (const [at, source] of sources.entries()) {
      const vote = votes[at];
      if (vote === undefined) continue;
      if (vote === most) agreeing.add(source.key);
      else if (!differing.has(source.key)) differing.set(source.key, { height, hash: vote });
    }
  }
  for (const key of differing.keys()) agreeing.delete(key);
  const tips = compareTips(askedHeights, sources);
  return { differing, agreeing: new Set([...agreeing, ...tips.agreeing]), canonical, divided, doubtful: tips.doubtful };
}

/** Some clients report no block except their newest. */
function compareTips(
  askedHeights: readonly number[],
  sources: readonly Source[],
): Pick<Branches, 'agreeing' | 'doubtful'> {
  const doubtful = new Set<string>();
  const agreeing = new Set<string>();
  const mostAt = new Map<number, string | null>();
  for (const source of sources) {
    if (askedHeights.some((height) => hashAt(source, height) !== undefined)) continue;
    const { height } = source.status;
    const own = hashAt(source, height);
    if (!mostAt.has(height)) mostAt.set(height, majorityOf(sources.map((other) => hashAt(other, height))));
    const most = mostAt.get(height) ?? null;
    if (own !== undefined && most !== null) (own === most ? agreeing : doubtful).add(source.key);
  }
  return { agreeing, doubtful };
}

function sidesAt(height: number, sources: readonly Source[]): Branches['divided'] {
  const sides = new Map<string, string[]>();
  for (const source of sources) {
    const hash = hashAt(source, height);
    if (hash !== undefined) sides.set(hash, [...(sides.get(hash) ?? []), source.name]);
  }
  if (sides.size < 2) return null;
  return { height, sides: [...sides.values()].sort((a, b) => b.length - a.length || (a.join() < b.join() ? -1 : 1)) };
}

const hashAt = ({ status }: Source, height: number): string | undefined =>
  status.hashes.find((known) => known.height === height)?.hash;

export interface Tip {
  readonly height: number | null;
  /** Time of the last change of the tip, ms since the epoch. */
  readonly sinceMs: number | null;
  /** When the answering sources last confirmed it. */
  readonly seenAtMs: number | null;
  /** Whether it is confirmed now. */
  readonly confirmed: boolean;
}

/**
 * When the sources that confirmed a tip fall silent together, a node that is left behind must not look synced. So the old tip counts for this long.
 * Then it is given up, because a network may also have been rolled back; but not for nodes that stand where they were left behind.
 */
const KEPT_MS = 30 * 60_000;

/** @param sources those that are on the canonical branch, as far as is known */
function tipOf(facts: FleetFacts, sources: readonly Source[], linked: ReadonlySet<string>): Tip {
  const { nowMs } = facts;
  const height = highestConfirmed(sources, linked);
  const { tip: known = null, tipSinceMs = null, tipSeenAtMs = null } = facts.before.watch ?? {};
  const kept =
    known !== null &&
    tipSeenAtMs !== null &&
    (nowMs - tipSeenAtMs <= KEPT_MS || standLeftBehind(facts.fleet, sources, { known, tipSeenAtMs }));
  if (kept && (height === null || height < known) && !isWithdrawn(facts, known)) {
    return { height: known, sinceMs: tipSinceMs, seenAtMs: tipSeenAtMs, confirmed: false };
  }
  if (height === null) return { height: null, sinceMs: null, seenAtMs: null, confirmed: false };
  return { height, sinceMs: height === known ? tipSinceMs : nowMs, seenAtMs: nowMs, confirmed: true };
}

/** Whether all that answer were behind this tip, and none has advanced since it was last confirmed: nobody's silence brings a node to the tip. */
const standLeftBehind = (
  { health: { behindBlocks } }: Fleet,
  sources: readonly Source[],
  { known, tipSeenAtMs }: { readonly known: number; readonly tipSeenAtMs: number },
): boolean =>
  sources.length > 0 &&
  sources.every(
    ({ status, track }) => known - status.height > behindBlocks && (track.advancedAtMs ?? tipSeenAtMs) <= tipSeenAtMs,
  );

/**
 * Whether references that had confirmed this tip say now that the chain is lower, and nobody else had: they have corrected themselves, which is no silence. A
 * few blocks less are another server behind the same name.
 */
function isWithdrawn(facts: FleetFacts, known: number): boolean {
  const { nodes, references, readings, before, fleet } = facts;
  const had = references.filter(
    (_, place) => (referenceBefore(facts, place)?.memory?.progress ?? Number.NEGATIVE_INFINITY) >= known,
  );
  const left = had.filter(
    ({ status }) =>
      status.kind !== 'ok' || Math.max(status.facts.height, claimOf(status.facts)) >= known - fleet.health.behindBlocks,
  );
  const isANodes = nodes.some(({ instanceId }) => {
    const told = statusOf(readings.get(instanceId));
    const progress = before.nodes.get(instanceId)?.memory?.track.progress ?? Number.NEGATIVE_INFINITY;
    return Math.max(progress, told === undefined ? 0 : claimOf(told)) >= known;
  });
  return left.length < had.length && left.length < 2 && !isANodes;
}

/**
 * The height that two sources confirm, or one where there are no more than two; a reference alone only where its blocks follow on the node's own. A
 * source that says that it is behind also says how high the chain is.
 */
function highestConfirmed(sources: readonly Source[], linked: ReadonlySet<string>): number | null {
  const needed = sources.length > 2 ? 2 : 1;
  const heights = sources.map(({ status }) => status.height).sort((a, b) => b - a);
  for (const height of heights) {
    const voices = sources.filter(({ status }) => Math.max(status.height, claimOf(status)) >= height);
    if (voices.length >= needed && (notAReferenceAlone(voices) || voices.some(({ key }) => linked.has(key))))
      return height;
  }
  return null;
}

/** The end of the chain that a node admits not to have reached. Its claim to be at the end proves nothing. */
export function claimOf({ syncing, claimedTip }: Source['status']): number {
  return syncing === true ? (claimedTip ?? 0) : 0;
}

/** Each costs a node a block's header, in every sweep. */
const HEIGHTS_OF_A_NODE = 4;

/**
 * The heights whose hashes are asked for in the next sweep: one `confirmations` below the tip, which all well nodes have passed, and one as far below
 * the height of each other node. So a node that stopped on another branch is recognized.
 */
export function heightsToAsk(fleet: Fleet, watch: FleetWatch | undefined, nodes: readonly ObservedNode[]): number[] {
  if (watch?.tip == null) return [];
  const { confirmations } = fleet.health;
  const main = Math.max(0, watch.tip - confirmations);
  const counts = new Map<number, number>();
  for (const { height, health } of nodes) {
    const depth = height === null || health === 'synced' ? undefined : Math.max(0, height - confirmations);
    if (depth !== undefined && depth < main) counts.set(depth, (counts.get(depth) ?? 0) + 1);
  }
  const others = [...counts].sort(([a, many], [b, more]) => more - many || b - a).map(([height]) => height);
  return [main, ...others].slice(0, HEIGHTS_OF_A_NODE);
}

/**
 * What all are asked beside that, where several nodes answered in the last sweep: the newest heights of those that were behind, and the tip where one was
 * above it. Whether others have the same block there tells a node that stands, or is ahead, from one on a branch that is not deep enough to be called a
 * fork yet.
 */
export function heightsBeside(
  asked: readonly number[],
  nodes: readonly ObservedNode[],
  tip: number | null,
): readonly number[] {
  if (nodes.length < 2) return [];
  const own = nodes.flatMap(({ height, health }) => (height === null || health !== 'behind' ? [] : [height]));
  const isAhead = nodes.some(
    ({ height, health }) => health === 'unknown' && height !== null && height > (tip ?? height),
  );
  const heights = tip !== null && isAhead ? [tip, ...own] : own;
  const others = [...new Set(heights)].filter((height) => !asked.includes(height));
  return others.toSorted((a, b) => b - a).slice(0, HEIGHTS_OF_A_NODE - asked.length);
}

/** So many blocks above a node's newest one a reference has to have, before its word counts alone. */
const BLOCKS_MORE = 3;

/** What a reference is asked about its blocks. */
export interface ReferenceHeights {
  readonly heights: readonly number[];
  /** With the hash of the block below each. */
  readonly parents: boolean;
}

/**
 * What references are asked beside what nodes are asked, where a single node answered in the last sweep, or a lone one before it: the next three blocks above
 * its newest one, each with the hash of the block below it. A client gives a block by its height on its own best chain alone. One that only claims a height, as where several
 * servers stand behind one name, has no block there, or one that does not follow on the others. Where the protocol tells no parents, what is left is the block
 * at the node's own height and the third above it.
 */
export function heightsOfReferences(
  { chain }: Pick<Fleet, 'chain'>,
  asked: readonly number[],
  nodes: readonly ObservedNode[],
): ReferenceHeights {
  const [height, ...others] = newestOf(nodes);
  if (height === undefined || others.length > 0) return { heights: asked, parents: false };
  const parents = tellsParents(chain);
  // The node's own height comes last: the block above names its hash.
  const linking = parents ? [...blocksAbove(height), height] : [height, height + BLOCKS_MORE];
  return { heights: [...new Set([...asked, ...linking])].slice(0, MAXIMUM_HEIGHTS), parents };
}

/** A lone node that was not asked, or did not answer, is most likely where it was. */
function newestOf(nodes: readonly ObservedNode[]): readonly number[] {
  const lone = nodes.length === 1 ? (nodes[0]?.memory?.track.progress ?? null) : null;
  const answered = nodes.flatMap(({ height }) => height ?? []);
  return answered.length === 0 && lone !== null ? [lone] : answered;
}

const blocksAbove = (height: number): readonly number[] =>
  Array.from({ length: BLOCKS_MORE }, (_, at) => height + at + 1);

function linkedReferences({ chain }: Pick<Fleet, 'chain'>, sources: readonly Source[]): ReadonlySet<string> {
  const [node, ...others] = sources.filter(({ kind }) => kind === 'node');
  const own = node && hashAt(node, node.status.height);
  if (node === undefined || own === undefined || others.length > 0) return new Set();
  const { height } = node.status;
  const follows = (source: Source): boolean => {
    const same = hashAt(source, height);
    if (source.kind !== 'reference' || (same !== undefined && same !== own)) return false;
    return tellsParents(chain)
      ? linksUp(source, { height, hash: own })
      : same !== undefined && hashAt(source, height + BLOCKS_MORE) !== undefined;
  };
  return new Set(sources.filter(follows).map(({ key }) => key));
}

/** Whether each of the next blocks names the one below it as its parent, and the lowest the node's own. */
function linksUp({ status }: Source, { height, hash }: BlockHash): boolean {
  let below = hash;
  for (const at of blocksAbove(height)) {
    const block = status.hashes.find((known) => known.height === at);
    if (block?.parent !== below) return false;
    below = block.hash;
  }
  return true;
}

/** A node without siblings and without any reference; null where it gives no cause to be restarted, or was restarted and stands still. */
function aloneIn(
  { fleet, nodes, references, before, nowMs }: FleetFacts,
  all: readonly Source[],
  tip: Tip,
): { readonly is: 'stands'; readonly sinceMs: number } | { readonly is: 'starts' } | null {
  const [source, ...others] = all;
  if (source?.kind !== 'node' || others.length > 0 || nodes.length > 1 || references.length > 0) return null;
  const { haltSeconds, startGraceSeconds } = fleet.health;
  const { sinceMs } = source.track;
  if (sinceMs === null) return null;
  // A look that came late says nothing against the looks before it: its height is the same. What may have become of its client meanwhile is seen first.
  const stoodSinceMs = tip.height === source.status.height ? Math.min(sinceMs, tip.sinceMs ?? sinceMs) : sinceMs;
  const watchedEnoughMs = Math.min(haltSeconds, startGraceSeconds) * 1000;
  if (nowMs - stoodSinceMs < haltSeconds * 1000 || nowMs - sinceMs < watchedEnoughMs) return null;
  const known = before.nodes.get(source.key);
  if (known?.memory?.stoodAlone !== source.status.height || known.health === 'stuck')
    return { is: 'stands', sinceMs: stoodSinceMs };
  // Its client has just come up: what becomes of that is seen first.
  return known.startedAtMs !== null && nowMs - known.startedAtMs < startGraceSeconds * 1000 ? { is: 'starts' } : null;
}

/**
 * Since when the chain is halted, or null. It is not halted if a single node advances above the tip, or towards an end that it knows to be above the
 * tip. That is not enough to call others stuck. A reference alone is not enough. If nobody confirms the tip now, the earlier result stays.
 *
 * @param sources those that are on the canonical branch, as far as is known
 */
function haltedSince(
  fleet: Fleet,
  tip: Tip,
  sources: readonly Source[],
  before: FleetWatch | undefined,
  nowMs: number,
): number | null {
  if (!tip.confirmed || tip.height === null || tip.sinceMs === null) return before?.haltedSinceMs ?? null;
  const haltMs = fleet.health.haltSeconds * 1000;
  const { height, sinceMs } = tip;
  if (nowMs - sinceMs < haltMs) return null;
  const goesOn = sources.some(
    ({ kind, status, track }) =>
      kind === 'node' &&
      Math.max(status.height, claimOf(status)) > height &&
      track.advancedAtMs !== null &&
      nowMs - track.advancedAtMs < haltMs,
  );
  return goesOn ? null : sinceMs;
}
