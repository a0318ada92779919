// Why a set of snapshots does not fit a node: its shape, whose it was, what is in it. Each in plain words, for the journal. Pure.
import type { Fleet, Role } from '../fleet/model.ts';
import type { SnapshotFact, SnapshotSet } from './model.ts';
import { outOfReach } from './reach.ts';

/** What a set has to be good for. */
export interface Demand {
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
export function shapeFault(set: SnapshotSet, { fleet, accounts, unusableKeys }: Demand): string | null {
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
export function reachFault(set: SnapshotSet, { fleet }: Pick<Demand, 'fleet'>): string | null {
  return outOfReach(factsOf(set), fleet);
}

/** That it is another fleet's, or a validator's and for another node. */
export function originFault(set: SnapshotSet, { fleet, node, role, siblings }: Demand): string | null {
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
export function clientFault(set: SnapshotSet, demand: Demand): string | null {
  return contentFault(set, demand) ?? versionFault(set, demand);
}

/** That it is of another chain, of other blocks, or kept otherwise. */
function contentFault(set: SnapshotSet, { chainId, dataMode, hashes }: Demand): string | null {
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

function versionFault(set: SnapshotSet, { client, node }: Demand): string | null {
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
