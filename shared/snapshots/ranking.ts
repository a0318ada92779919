// Ranks the sets of snapshots that are good for a node, best first. It says why each other set is not, in plain words for the journal, and finds the
// set that a person names. Pure: from the facts of EC2 and the ledger.

import { isSameChain } from '../chains/chain-id.ts';
import { defaultsOf, familyOf } from '../chains/defaults.ts';
import type { Fleet, Role } from '../fleet/model.ts';
import { FLEET_TAG, hasTags, LEDGER_TAGS } from '../model/tags.ts';
import type { CatchUpRate } from './catch-up.ts';
import type { Rank, SnapshotFact, SnapshotSet } from './model.ts';

export interface GoodInput extends SetRequirements {
  readonly sets: readonly SnapshotSet[];
  /** When the trouble was first seen, ms since the epoch; null where nothing is wrong with the node (a person restores it). */
  readonly faultSinceMs: number | null;
  /** Since when the node had no newer block, before the first act; null where nobody knows. */
  readonly stoodSinceMs: number | null;
  /** Sets and snapshots that this incident has tried: `source` is a set's id or a snapshot's. */
  readonly tried: readonly { readonly source: string; readonly rank: Rank }[];
}

export interface RankedSets {
  /** Best first. */
  readonly good: readonly SnapshotSet[];
  readonly refused: readonly RefusedSet[];
}

export interface RefusedSet {
  readonly setId: string;
  /** For the journal: the value that was read, and the expected one. */
  readonly why: string;
}

/** A running node's snapshot may not open. The swap is proved, or put back, which costs the node's time: two tries are enough to know. */
const CRASH_CONSISTENT_TRIES = 2;
/** The interval of watch-fleet's sweeps. */
const SWEEP_MS = 60_000;
/** Lifecycle policies start within an hour of their time: sets of one run count as equally new. */
const AS_NEW_MS = 60 * 60_000;
const DAY_MS = 24 * 60 * 60_000;
/**
 * How much older than a crash-consistent set a better one may be and still come first. Every block since then has to be fetched again, and nobody else
 * may have the blocks of months ago any more. A crash-consistent set may not open, which costs a stop, a start and a proof: a week of blocks is worth
 * that. A clean set opens as a rule, so being verified is worth one day more.
 */
const HEAD_START_MS: Readonly<Record<Rank, number>> = {
  verified: 8 * DAY_MS,
  clean: 7 * DAY_MS,
  'crash-consistent': 0,
};
/**
 * The head start is at most as many blocks as the fleet catches up in this time, where it has shown how fast it is: a copy that does not open costs
 * minutes, and a slow fleet would fetch a week of blocks for days. Our own measure: two tries with stops, starts and proofs, and a reserve.
 */
const HEAD_START_MOST_MS = 12 * 60 * 60_000;

/** A node that is in step has the newest blocks. A set that was taken of one further behind than this is as old as its data are. */
const IN_STEP_MS = DAY_MS;

/**
 * A node is called stuck when others have three blocks more. By chance these take longer than so many block intervals once in 400,000 times: the sum of
 * three exponential gaps (proof of work), 1 − P(18) = e⁻¹⁸ · (1 + 18 + 18²/2). Other chains are more regular.
 */
const STANDS_INTERVALS = 18;

/** How long a node may have stood before its trouble was seen. */
export interface Patience {
  readonly chain: Fleet['chain'];
  readonly health: { readonly patienceSeconds: number };
}

/**
 * A node stands still for a while before anybody says so, and is observed once a minute. So the last time at which it was known to be well is up to
 * `patienceSeconds` before the onset; longer on a chain of slow blocks, where the others' next three take their time: since its own newest block came, but no
 * longer than these three may take. A snapshot from between may hold the fault, and does not count as good.
 *
 * @param stoodSinceMs since when the node has no newer block; null where nobody knows
 * @returns ms since the epoch: only an earlier snapshot is from before the fault
 */
export function faultMayBeginMs(
  faultSinceMs: number,
  { chain, health }: Patience,
  stoodSinceMs: number | null,
): number {
  const { blockSeconds = 0 } = defaultsOf(chain) ?? {};
  const patienceMs = health.patienceSeconds * 1_000;
  const longestMs = Math.max(patienceMs, STANDS_INTERVALS * blockSeconds * 1_000);
  const wellMs = Math.min(faultSinceMs - patienceMs, stoodSinceMs ?? Number.NEGATIVE_INFINITY);
  return Math.max(wellMs, faultSinceMs - longestMs) - 2 * SWEEP_MS;
}

/**
 * The newest comes first, of any node, with a head start for a better rank: every block that is missing in it has to be fetched again. How new a set is
 * its blocks say, where they are far behind its date: the data of a node that had stood for weeks are weeks old. Where the fleet has shown how fast it
 * catches up, minutes decide: no head start is worth more than half a day of catching up. Of equally new
 * sets (one run of a policy takes all nodes' within the hour), the node's own comes first: its size, its key and its client's settings are the node's,
 * and no other node's identity has to be removed from it. A crash-consistent set of an unknown node comes last: it may be an old root volume, which
 * has the same tags.
 */
export function rankSets(input: GoodInput): RankedSets {
  const refused: RefusedSet[] = [];
  // A person can make only these good with one command: they come first, because a journal shows only a few.
  const beyondReach: RefusedSet[] = [];
  const fit: SnapshotSet[] = [];
  for (const set of input.sets) {
    const why = triedFault(set, input) ?? rejectionOf(set, input);
    if (why === null) fit.push(set);
    else (why === reachFault(set, input) ? beyondReach : refused).push({ setId: set.setId, why });
  }
  const isKnown = ({ node }: SnapshotSet): boolean => node === input.node || input.siblings.has(node);
  const ranked = [true, false].flatMap((known) =>
    newestFirst(
      fit.filter((set) => (isKnown(set) || set.rank !== 'crash-consistent') === known),
      input,
    ),
  );
  const triesLeft = CRASH_CONSISTENT_TRIES - input.tried.filter(({ rank }) => rank === 'crash-consistent').length;
  const doubtful = ranked.filter(({ rank }) => rank === 'crash-consistent');
  const beyond = new Set(doubtful.slice(Math.max(0, triesLeft)));
  for (const { setId } of beyond) {
    const why =
      `it was taken while its client ran, and of such sets at most ${CRASH_CONSISTENT_TRIES} are tried in an incident: ` +
      (triesLeft > 0 ? 'better ones come first' : 'so many were');
    refused.push({ setId, why });
  }
  return { good: ranked.filter((set) => !beyond.has(set)), refused: [...beyondReach, ...refused] };
}

/** Why a set is not good for this node, without regard to earlier tries; null where it is good. */
function rejectionOf(set: SnapshotSet, input: Omit<GoodInput, 'sets' | 'tried'>): string | null {
  return (
    shapeFault(set, input) ??
    originFault(set, input) ??
    reachFault(set, input) ??
    clientFault(set, input) ??
    newnessFault(set, input)
  );
}

function newnessFault(
  set: SnapshotSet,
  { faultSinceMs, stoodSinceMs, fleet, node }: Pick<GoodInput, 'faultSinceMs' | 'stoodSinceMs' | 'fleet' | 'node'>,
): string | null {
  if (faultSinceMs === null) return null;
  const beforeMs = faultMayBeginMs(faultSinceMs, fleet, stoodSinceMs);
  if (set.untilMs < beforeMs) return null;
  const taken = new Date(set.untilMs).toISOString();
  return set.untilMs >= faultSinceMs
    ? `it was taken ${taken}, after the trouble of ${node} began (${new Date(faultSinceMs).toISOString()})`
    : `it was taken ${taken}, and the trouble of ${node} may have begun at ${new Date(beforeMs).toISOString()}, before it was seen`;
}

function triedFault(set: SnapshotSet, { tried }: GoodInput): string | null {
  const ids = new Set([set.setId, ...Object.values(set.parts).map(({ snapshotId }) => snapshotId)]);
  return tried.some(({ source }) => ids.has(source)) ? 'it was tried in this incident' : null;
}

/**
 * How long a block took, by the sets themselves: a set of a node that was in step lacks only what was made since. One of a node that had stood lacks
 * more, which makes its blocks look quicker; so the slowest is right.
 *
 * @returns ms; null where no set tells
 */
export function blockMsOf(sets: readonly SnapshotSet[], { head }: Pick<SetRequirements, 'head'>): number | null {
  const told = sets.flatMap(({ takenAtMs, height }) => {
    if (head === null || height === null) return [];
    const missing = head.height - height;
    return missing >= MISSING_LEAST && head.atMs - takenAtMs >= AS_NEW_MS ? [(head.atMs - takenAtMs) / missing] : [];
  });
  return told.length === 0 ? null : Math.max(...told);
}

/** Fewer blocks say nothing of how long one takes. */
const MISSING_LEAST = 6;

/** About when the newest block of a set was made: its date, where its blocks are not far behind it, or nobody knows. */
function contentAtMs({ takenAtMs, height }: SnapshotSet, { head }: SetRequirements, blockMs: number | null): number {
  if (head === null || height === null || blockMs === null) return takenAtMs;
  const madeAtMs = head.atMs - (head.height - height) * blockMs;
  return takenAtMs - madeAtMs > IN_STEP_MS ? madeAtMs : takenAtMs;
}

/**
 * The part of the head starts that is worth its catching up: all of it, unless a clean set's would take longer than `HEAD_START_MOST_MS`.
 *
 * @param blockMs the chain's pace, by the sets
 */
function headStartShare(rate: CatchUpRate | null, blockMs: number | null): number {
  if (rate === null || blockMs === null) return 1;
  const worthMs = rate.blocksPerSecond * (HEAD_START_MOST_MS / 1_000) * blockMs;
  return Math.min(1, worthMs / HEAD_START_MS.clean);
}

/** Newest first, each with the head start of its rank. In each group of equally new sets the node's own come first. */
function newestFirst(sets: readonly SnapshotSet[], input: SetRequirements): readonly SnapshotSet[] {
  const { node } = input;
  const blockMs = blockMsOf(sets, input);
  const share = headStartShare(input.rate, blockMs);
  const freshnessMs = (set: SnapshotSet): number => contentAtMs(set, input, blockMs) + share * HEAD_START_MS[set.rank];
  const sorted = sets.toSorted((a, b) => freshnessMs(b) - freshnessMs(a) || (a.setId < b.setId ? -1 : 1));
  const result: SnapshotSet[] = [];
  for (let from = 0; from < sorted.length; ) {
    const [newest] = sorted.slice(from);
    const newestMs = newest ? freshnessMs(newest) : 0;
    const beyond = sorted.findIndex((set, index) => index > from && newestMs - freshnessMs(set) > AS_NEW_MS);
    const to = beyond === -1 ? sorted.length : beyond;
    const run = sorted.slice(from, to);
    result.push(...run.filter((set) => set.node === node), ...run.filter((set) => set.node !== node));
    from = to;
  }
  return result;
}

export type RequestedSet =
  | { readonly set: SnapshotSet }
  | { readonly refuse: 'snapshot-unfit'; readonly reason: string };

/**
 * A person may name a set that the ladder would not try (one of many that were taken of a running client, one that was tried), but none that is known
 * or likely to be bad. A set from after the fault is fit once a restore from it was proved.
 */
export function chooseRequestedSet(snapshotId: string, input: Omit<GoodInput, 'tried'>): RequestedSet {
  const set = input.sets.find(
    ({ setId, parts }) => setId === snapshotId || Object.values(parts).some((part) => part.snapshotId === snapshotId),
  );
  if (!set)
    return unfitSet(
      `${snapshotId} is no snapshot of a data volume of ${input.fleet.name}: one that is tagged chainmend:fleet=` +
        `${input.fleet.tag}, or is of a volume of its nodes, was expected`,
    );
  const named = set.setId === snapshotId ? `the set ${snapshotId}` : `the set of ${snapshotId}`;
  const quarantined = Object.values(set.parts).filter(({ ledger }) => ledger.quarantined !== null);
  if (quarantined.length > 0) {
    const ids = quarantined.map((part) => part.snapshotId).join(' ');
    return unfitSet(
      `${named} is quarantined: ${quarantined[0]?.ledger.quarantined}. If you know better: ` +
        `aws ec2 delete-tags --resources ${ids} --tags Key=${LEDGER_TAGS.quarantined}`,
    );
  }
  const since = input.faultSinceMs;
  const provedLater = Object.values(set.parts).every(
    ({ ledger, startedAtMs }) => ledger.verifiedAtMs !== null && ledger.verifiedAtMs > startedAtMs,
  );
  const why = rejectionOf(set, provedLater ? { ...input, faultSinceMs: null } : input);
  if (why === null) return { set };
  if (since === null || set.untilMs < faultMayBeginMs(since, input.fleet, input.stoodSinceMs))
    return unfitSet(`${named}: ${why}`);
  const ids = Object.values(set.parts).map((part) => part.snapshotId);
  return unfitSet(
    `${named}: ${why}. Name one from before, or none for the best; if you have started a client from this one and it went on: ` +
      `aws ec2 create-tags --resources ${ids.join(' ')} --tags Key=${LEDGER_TAGS.verified},Value=<date of the proof>`,
  );
}

const unfitSet = (reason: string): RequestedSet => ({ refuse: 'snapshot-unfit', reason });

/**
 * Whether heals may read and mark a snapshot: by the tags of one of the fleet's volumes, by the fleet's name, by a policy that its file names, or, where
 * another account shares it, by that account. IAM has the same fences (infra/constructs/replace-grants.ts); a snapshot out of reach is no candidate.
 */
export function isWithinReach(
  { tags, policyId, ownerId }: Pick<SnapshotFact, 'tags' | 'policyId' | 'ownerId'>,
  { tag, volumes, replace, copiesFrom }: Pick<Fleet, 'tag' | 'volumes' | 'replace' | 'copiesFrom'>,
): boolean {
  return (
    tags[FLEET_TAG] === tag ||
    volumes.some((volume) => hasTags(tags, volume.tags)) ||
    (policyId !== null && replace.lifecyclePolicies.includes(policyId)) ||
    (copiesFrom?.account !== undefined && ownerId === copiesFrom.account.id)
  );
}

/**
 * Why some snapshots of a set are out of reach, and what a person who knows their owner can do; null where none is. Snapshots that are made in the
 * console or by `aws ec2 create-snapshot` carry no tags unless somebody adds them.
 */
function outOfReach(
  facts: readonly SnapshotFact[],
  fleet: Pick<Fleet, 'name' | 'tag' | 'volumes' | 'replace' | 'copiesFrom'>,
): string | null {
  const beyond = facts.filter((fact) => !isWithinReach(fact, fleet));
  if (beyond.length === 0) return null;
  const ids = beyond.map(({ snapshotId }) => snapshotId).join(' ');
  const policies = [...new Set(beyond.flatMap(({ policyId }) => policyId ?? []))];
  const lasting =
    policies.length > 0
      ? `set CopyTags in the lifecycle policy ${policies.join(' ')}, or name it in replace.lifecyclePolicies; for this one `
      : '';
  return (
    `${ids} has no tag that says it is of ${fleet.name}, so heals may not read it. If it is: ${lasting}` +
    `aws ec2 create-tags --resources ${ids} --tags Key=${FLEET_TAG},Value=${fleet.tag}`
  );
}

/** The requirements of a set. */
export interface SetRequirements {
  readonly fleet: Pick<Fleet, 'name' | 'tag' | 'chain' | 'volumes' | 'role' | 'health' | 'replace' | 'copiesFrom'>;
  /** The node to restore, by its name in the fleet. */
  readonly node: string;
  readonly role: Role;
  /** Roles of the fleet's other nodes, by name. */
  readonly siblings: ReadonlyMap<string, Role>;
  /** The chain's newest block as the fleet saw it; null where nobody knows. */
  readonly head: { readonly height: number; readonly atMs: number } | null;
  /** How fast the fleet catches up; null where no heal has shown it. */
  readonly rate: CatchUpRate | null;
  /** The id of the fleet's network; null where it is not known. */
  readonly chainId: string | null;
  /** The client that is installed on the node, by `clientNameOf`; null where it is not known. */
  readonly client: { readonly client: string; readonly version: string | null } | null;
  /** How the fleet's clients keep their data; undefined where its file does not say. */
  readonly dataMode: string | undefined;
  /** Our own account's id, and those that the fleet file trusts. Empty: only our own snapshots were read. */
  readonly accounts: readonly string[];
  /** Keys that were found to be unusable, by ARN, with the reason. */
  readonly unusableKeys: ReadonlyMap<string, string>;
  /** Canonical hashes by height, as far as they are known. */
  readonly hashes: ReadonlyMap<number, string>;
}

const factsOf = ({ parts }: SnapshotSet): readonly SnapshotFact[] => Object.values(parts);

/** The fault of a set that is incomplete, not ready, not readable, or not to be used. */
function shapeFault(set: SnapshotSet, { fleet, accounts, unusableKeys }: SetRequirements): string | null {
  const missing = fleet.volumes.map(({ role }) => role).filter((role) => set.parts[role] === undefined);
  if (missing.length > 0) return `it has no snapshot of the volume ${missing.join(', ')}`;
  const facts = factsOf(set);
  for (const { snapshotId, state, archived, ledger, ownerId, kmsKeyId } of facts) {
    if (ledger.quarantined !== null) return `${snapshotId} is quarantined: ${ledger.quarantined}`;
    if (state !== 'completed') return `${snapshotId} is ${state}, not completed`;
    if (archived) return `${snapshotId} is archived: a person must restore it to the standard tier first`;
    if (ledger.parts !== null && ledger.parts !== facts.length)
      return `it has ${facts.length} of its ${ledger.parts} parts`;
    if (accounts.length > 0 && !accounts.includes(ownerId))
      return `${snapshotId} belongs to account ${ownerId}, which the fleet file does not name`;
    const unusable = kmsKeyId === null ? undefined : unusableKeys.get(kmsKeyId);
    if (unusable !== undefined) return `${snapshotId} is encrypted with a key that cannot be used: ${unusable}`;
  }
  return null;
}

/** The fault of a set that heals may not read. */
function reachFault(set: SnapshotSet, { fleet }: Pick<SetRequirements, 'fleet'>): string | null {
  return outOfReach(factsOf(set), fleet);
}

/** The fault of a set of another fleet, or of a validator and for another node. */
function originFault(set: SnapshotSet, { fleet, node, role, siblings }: SetRequirements): string | null {
  const foreign = factsOf(set).find(({ ledger }) => ledger.fleet !== null && ledger.fleet !== fleet.tag);
  if (foreign) return `${foreign.snapshotId} is of the fleet ${foreign.ledger.fleet}`;
  const guarded = isGuarded(role);
  if (guarded && set.rank === 'crash-consistent')
    return `it was taken while its client ran, and ${node} is ${asRole(role)}: never from such a set`;
  if (set.node === node) return null;
  if (guarded) return `it is of ${set.node}, and ${node} is ${asRole(role)}: only its own snapshots are for it`;
  if (factsOf(set).some(({ ledger }) => ledger.ofValidator))
    return `it was taken of ${set.node} as a validator, with its key: never for another node`;
  // A node of unknown role has the role of all nodes, where the fleet file sets one.
  const theirs = siblings.get(set.node) ?? ('fixed' in fleet.role ? fleet.role.fixed : 'unknown');
  if (!isGuarded(theirs)) return null;
  return theirs === 'validator'
    ? `it is of ${set.node}, a validator: never for another node`
    : `it is of ${set.node}, whose role nobody knows: it may be a validator’s`;
}

/** The fault of a set whose data the node's client cannot be expected to continue. */
function clientFault(set: SnapshotSet, demand: SetRequirements): string | null {
  return contentFault(set, demand) ?? upgradeFault(set, demand) ?? versionFault(set, demand);
}

/** The fault of data from before an upgrade: the client of after it does not execute the blocks between. */
function upgradeFault(set: SnapshotSet, { fleet, head, client, node }: SetRequirements): string | null {
  const { height } = set;
  if (height === null) return null;
  const upgrade = fleet.replace.upgradeHeights
    .toSorted((a, b) => a - b)
    .find((at) => height < at && (head === null || at <= head.height));
  if (upgrade === undefined) return null;
  // What a CometBFT node says of its version is not the version of the application that executes the blocks.
  const fits =
    familyOf(fleet.chain) !== 'cometbft' &&
    client?.version != null &&
    factsOf(set).every(({ ledger }) => ledger.clientVersion === client.version);
  if (fits) return null;
  return (
    `its data are of height ${height}, before the upgrade at ${upgrade} (replace.upgradeHeights), and ${node} is not known to run ` +
    'the client of before it: restore it by hand, and start it with that client first'
  );
}

/** The fault of a set of another chain, of other blocks, or of another data mode. */
function contentFault(set: SnapshotSet, { chainId, dataMode, hashes }: SetRequirements): string | null {
  for (const { snapshotId, ledger } of factsOf(set)) {
    if (ledger.chainId !== null && chainId !== null && !isSameChain(ledger.chainId, chainId))
      return `${snapshotId} is of the chain ${ledger.chainId}, not of ${chainId}`;
    if (ledger.mode !== null && dataMode !== undefined && ledger.mode !== dataMode)
      return `${snapshotId} holds ${ledger.mode} data, the fleet keeps ${dataMode}`;
    const hash = ledger.height === null ? undefined : hashes.get(ledger.height);
    if (hash !== undefined && ledger.blockHash !== null && ledger.blockHash !== hash)
      return `${snapshotId} has block ${ledger.blockHash} at height ${ledger.height}, the chain has ${hash}`;
  }
  return null;
}

function versionFault(set: SnapshotSet, { client, node }: SetRequirements): string | null {
  for (const { snapshotId, ledger } of factsOf(set)) {
    if (client === null || ledger.client === null) continue;
    if (ledger.client !== client.client)
      return `${snapshotId} was written by ${ledger.client}, ${node} runs ${client.client}`;
    if (isNewer(ledger.clientVersion, client.version))
      return (
        `${snapshotId} was written by ${ledger.client} ${ledger.clientVersion}, ${node} runs the older ${client.version}: ` +
        'clients convert data forwards only'
      );
  }
  return null;
}

/** By major and minor version: within a minor version clients read each other's data. Unknown versions prove nothing. */
function isNewer(written: string | null, running: string | null): boolean {
  if (written === null || running === null) return false;
  const [a = [], b = []] = [written, running].map((version) => version.split('.').map(Number));
  for (let place = 0; place < 2; place++) {
    const [theirs = 0, ours = 0] = [a[place], b[place]];
    if (theirs !== ours) return theirs > ours;
  }
  return false;
}

const isGuarded = (role: Role): boolean => role === 'validator' || role === 'unknown';

const asRole = (role: Role): string => (role === 'unknown' ? 'of unknown role' : `a ${role}`);
