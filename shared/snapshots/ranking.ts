// Which sets of snapshots are good for a node, best first; why each of the others is not, in plain words for the journal; and the set that a
// person names. Pure: over what EC2 and the ledger say.

import type { Fleet, HealthPolicy, Role } from '../fleet/model.ts';
import { FLEET_TAG, LEDGER_TAGS } from '../model/tags.ts';
import type { Rank, SnapshotFact, SnapshotSet } from './model.ts';

export interface GoodInput extends SetRequirements {
  readonly sets: readonly SnapshotSet[];
  /** When the trouble was first seen, ms since the epoch; null where nothing is wrong with the node (a person restores it). */
  readonly faultSinceMs: number | null;
  /** Sets and snapshots that this incident has tried: by `source`, a set's id or a snapshot's. */
  readonly tried: readonly { readonly source: string; readonly rank: Rank }[];
}

export interface RankedSets {
  /** Best first. */
  readonly good: readonly SnapshotSet[];
  readonly refused: readonly RefusedSet[];
}

export interface RefusedSet {
  readonly setId: string;
  /** For the journal: what was read, and what was expected. */
  readonly why: string;
}

/** A running node's snapshot may not open. The swap proves itself and puts back, which costs the node's time: two are enough to know. */
const CRASH_CONSISTENT_TRIES = 2;
/** How often a fleet is looked at. */
const SWEEP_MS = 60_000;
/** Lifecycle policies start within an hour of their time: sets of one run are as new as each other. */
const AS_NEW_MS = 60 * 60_000;
const ORDER: readonly Rank[] = ['verified', 'clean', 'crash-consistent'];

/**
 * A node is called stuck when it has stood still for `stuckSeconds`, and is looked at once a minute: the last moment at which it was known
 * to be well lies so long before the onset. What was taken in between may hold the fault, and is not taken for good.
 *
 * @returns ms since the epoch: only what was taken before is from before the fault
 */
export const faultMayBeginMs = (faultSinceMs: number, { stuckSeconds }: Pick<HealthPolicy, 'stuckSeconds'>): number =>
  faultSinceMs - stuckSeconds * 1_000 - 2 * SWEEP_MS;

/**
 * Within a rank the newest comes first, whoever's it is: every block that is not in it has to be fetched again. Of sets that are as new as
 * each other (one run of a policy takes all nodes' within the hour), the node's own comes first: its size, its key and its client's
 * settings are the node's, and nothing of another node's identity has to be taken out of it. What nobody knows the node of comes last in
 * its rank: it may be an old root volume, whose tags are the same.
 */
export function rankSets(input: GoodInput): RankedSets {
  const refused: RefusedSet[] = [];
  // Only these may a person make good with one command: they come first, since a journal tells a few.
  const beyondReach: RefusedSet[] = [];
  const fit: SnapshotSet[] = [];
  for (const set of input.sets) {
    const why = triedFault(set, input) ?? rejectionOf(set, input);
    if (why === null) fit.push(set);
    else (why === reachFault(set, input) ? beyondReach : refused).push({ setId: set.setId, why });
  }
  const isKnown = ({ node }: SnapshotSet): boolean => node === input.node || input.siblings.has(node);
  const ranked = ORDER.flatMap((rank) => {
    const ofRank = fit.filter((set) => set.rank === rank);
    return [true, false].flatMap((known) =>
      newestFirst(
        ofRank.filter((set) => isKnown(set) === known),
        input.node,
      ),
    );
  });
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

/** Why a set is not good for this node, whatever was tried; null where it is. */
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
  { faultSinceMs, fleet, node }: Pick<GoodInput, 'faultSinceMs' | 'fleet' | 'node'>,
): string | null {
  if (faultSinceMs === null) return null;
  const beforeMs = faultMayBeginMs(faultSinceMs, fleet.health);
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

/** Runs of sets that are as new as their first have the node's own at their head. */
function newestFirst(sets: readonly SnapshotSet[], node: string): readonly SnapshotSet[] {
  const sorted = sets.toSorted((a, b) => b.takenAtMs - a.takenAtMs || (a.setId < b.setId ? -1 : 1));
  const result: SnapshotSet[] = [];
  for (let from = 0; from < sorted.length; ) {
    const newest = sorted[from]?.takenAtMs ?? 0;
    const beyond = sorted.findIndex(({ takenAtMs }, index) => index > from && newest - takenAtMs > AS_NEW_MS);
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
 * A person may name what the ladder would not try (one of many that were taken of a running client, one that was tried), but nothing
 * that is known or likely to be bad. What was taken after the fault is fit once it has been proved by a restore.
 */
export function chooseRequestedSet(snapshotId: string, input: Omit<GoodInput, 'tried'>): RequestedSet {
  const set = input.sets.find(
    ({ setId, parts }) => setId === snapshotId || Object.values(parts).some((part) => part.snapshotId === snapshotId),
  );
  if (!set)
    return unfitSet(
      `${snapshotId} is no snapshot of a data volume of ${input.fleet.name}: one that is tagged chainmend:fleet=` +
        `${input.fleet.name}, or is of a volume of its nodes, was expected`,
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
  if (since === null || set.untilMs < faultMayBeginMs(since, input.fleet.health)) return unfitSet(`${named}: ${why}`);
  const ids = Object.values(set.parts).map((part) => part.snapshotId);
  return unfitSet(
    `${named}: ${why}. Name one from before, or none for the best; if you have started a client from this one and it went on: ` +
      `aws ec2 create-tags --resources ${ids.join(' ')} --tags Key=${LEDGER_TAGS.verified},Value=<date of the proof>`,
  );
}

const unfitSet = (reason: string): RequestedSet => ({ refuse: 'snapshot-unfit', reason });

/**
 * Whether heals may read and mark a snapshot: by the tags of one of the fleet's volumes, by the fleet's name, or by a policy that its file names.
 * IAM has the same fence (`bySnapshotTags`, infra/constructs/replace-grants.ts); what is out of reach is no candidate.
 */
export function isWithinReach(
  { tags, policyId }: Pick<SnapshotFact, 'tags' | 'policyId'>,
  { name, volumes, replace }: Pick<Fleet, 'name' | 'volumes' | 'replace'>,
): boolean {
  const carries = (wanted: Readonly<Record<string, string>>): boolean =>
    Object.entries(wanted).every(([key, value]) => tags[key] === value);
  return (
    tags[FLEET_TAG] === name ||
    volumes.some((volume) => carries(volume.tags)) ||
    (policyId !== null && replace.lifecyclePolicies.includes(policyId))
  );
}

/**
 * Why some of a set are out of reach, and what a person can do who knows whose they are; null where none is. Snapshots that are made in the
 * console or by `aws ec2 create-snapshot` carry no tags unless somebody gives them some.
 */
function outOfReach(facts: readonly SnapshotFact[], fleet: Pick<Fleet, 'name' | 'volumes' | 'replace'>): string | null {
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
    `aws ec2 create-tags --resources ${ids} --tags Key=${FLEET_TAG},Value=${fleet.name}`
  );
}

/** What a set has to be good for. */
export interface SetRequirements {
  readonly fleet: Pick<Fleet, 'name' | 'volumes' | 'role' | 'health' | 'replace'>;
  /** The node that is to be restored, by its name in the fleet. */
  readonly node: string;
  readonly role: Role;
  /** Roles of the fleet's other nodes, by name. */
  readonly siblings: ReadonlyMap<string, Role>;
  /** What the fleet's network is; null where nobody knows. */
  readonly chainId: string | null;
  /** What is installed on the node, by `clientNameOf`; null where nobody knows. */
  readonly client: { readonly client: string; readonly version: string | null } | null;
  /** How the fleet's clients keep their data; undefined where its file does not say. */
  readonly dataMode: string | undefined;
  /** Our own account's id, and those that the fleet file trusts. Empty: our own only were read. */
  readonly accounts: readonly string[];
  /** Keys that were found not to be usable, by ARN, and why. */
  readonly unusableKeys: ReadonlyMap<string, string>;
  /** Canonical hashes by height, as far as they are known. */
  readonly hashes: ReadonlyMap<number, string>;
}

const factsOf = ({ parts }: SnapshotSet): readonly SnapshotFact[] => Object.values(parts);

/** That it is not whole, not ready, not to be read, or not to be used. */
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

/** That heals may not read it. */
function reachFault(set: SnapshotSet, { fleet }: Pick<SetRequirements, 'fleet'>): string | null {
  return outOfReach(factsOf(set), fleet);
}

/** That it is another fleet's, or a validator's and for another node. */
function originFault(set: SnapshotSet, { fleet, node, role, siblings }: SetRequirements): string | null {
  const foreign = factsOf(set).find(({ ledger }) => ledger.fleet !== null && ledger.fleet !== fleet.name);
  if (foreign) return `${foreign.snapshotId} is of the fleet ${foreign.ledger.fleet}`;
  const guarded = isGuarded(role);
  if (guarded && set.rank === 'crash-consistent')
    return `it was taken while its client ran, and ${node} is ${asRole(role)}: never from such a set`;
  if (set.node === node) return null;
  if (guarded) return `it is of ${set.node}, and ${node} is ${asRole(role)}: only its own snapshots are for it`;
  // Whose role nobody knows any more has the one that all nodes have, where the fleet file says one.
  const theirs = siblings.get(set.node) ?? ('fixed' in fleet.role ? fleet.role.fixed : 'unknown');
  if (!isGuarded(theirs)) return null;
  return theirs === 'validator'
    ? `it is of ${set.node}, a validator: never for another node`
    : `it is of ${set.node}, whose role nobody knows: it may be a validator’s`;
}

/** That the node’s client cannot be expected to go on from what is in it. */
function clientFault(set: SnapshotSet, demand: SetRequirements): string | null {
  return contentFault(set, demand) ?? versionFault(set, demand);
}

/** That it is of another chain, of other blocks, or kept otherwise. */
function contentFault(set: SnapshotSet, { chainId, dataMode, hashes }: SetRequirements): string | null {
  for (const { snapshotId, ledger } of factsOf(set)) {
    if (ledger.chainId !== null && chainId !== null && ledger.chainId !== chainId)
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

/** By major and minor version: within a minor version clients read each other's data. Unknown versions say nothing. */
function isNewer(written: string | null, running: string | null): boolean {
  if (written === null || running === null) return false;
  const [a = [], b = []] = [written, running].map((version) => version.split('.').slice(0, 2).map(Number));
  for (let place = 0; place < 2; place++) {
    const [theirs = 0, ours = 0] = [a[place], b[place]];
    if (theirs !== ours) return theirs > ours;
  }
  return false;
}

const isGuarded = (role: Role): boolean => role === 'validator' || role === 'unknown';

const asRole = (role: Role): string => (role === 'unknown' ? 'of unknown role' : `a ${role}`);
