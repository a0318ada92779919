// Groups snapshots into sets: parts of one moment, one for each data volume of a node. The ledger names the set. Without a ledger the group follows
// from the snapshots' maker, their volumes (by EC2's attachments and the fleet file's tags), and their time.

import { type EC2Client, paginateDescribeVolumes, type Volume } from '@aws-sdk/client-ec2';
import { ROOT_DEVICES } from '../aws/instances.ts';
import type { Fleet } from '../fleet/model.ts';
import type { FleetNode } from '../fleet/nodes.ts';
import { hasTags } from '../model/tags.ts';
import type { FleetRole, Rank, SnapshotFact, SnapshotSet } from './model.ts';

/** The node of a volume now, or when it was last known. `role` is null for a volume without data of the fleet (a root volume). */
export interface VolumeOwner {
  readonly node: string;
  readonly role: FleetRole | null;
}

export interface SetContext {
  readonly fleet: Pick<Fleet, 'name' | 'volumes' | 'nodes'>;
  /** By volume id. */
  readonly volumes: ReadonlyMap<string, VolumeOwner>;
  /** Names of the existing nodes: a volume's copied name tag counts only if it is one of them. */
  readonly nodeNames: ReadonlySet<string>;
}

/** One run of a lifecycle policy takes all volumes of a node within seconds; the next run is at least an hour later. */
const ONE_MOMENT_MS = 60_000;

/** Newest first. Every snapshot of the fleet's data volumes is in exactly one set, complete or not: `rankSets` reports missing parts. */
export function setsOf(facts: readonly SnapshotFact[], context: SetContext): readonly SnapshotSet[] {
  const parts = facts.flatMap((fact) => partOf(fact, context));
  const oldestFirst = parts.sort((a, b) => a.fact.startedAtMs - b.fact.startedAtMs || byId(a.fact, b.fact));
  const sets = [...Map.groupBy(oldestFirst, keyOf).values()].flatMap((group) => inMoments(group).map(setOf));
  return sets.sort((a, b) => b.takenAtMs - a.takenAtMs || (a.setId < b.setId ? -1 : 1));
}

interface SnapshotPart {
  readonly fact: SnapshotFact;
  readonly node: string;
  readonly role: FleetRole;
}

function partOf(fact: SnapshotFact, context: SetContext): readonly SnapshotPart[] {
  const owner = context.volumes.get(fact.volumeId);
  const role = fact.ledger.role ?? (owner ? owner.role : roleByTags(fact.tags, context));
  if (role === null) return [];
  return [{ fact, role, node: nodeOf(fact, owner, context) }];
}

/** The snapshot's own tags were true when it was taken; its volume may belong to another node by now. */
function nodeOf({ ledger, tags, volumeId }: SnapshotFact, owner: VolumeOwner | undefined, context: SetContext): string {
  if (ledger.node !== null) return ledger.node;
  if (owner) return owner.node;
  const copied = tags[context.fleet.nodes.nameTag];
  return copied !== undefined && context.nodeNames.has(copied) ? copied : volumeId;
}

/** By the volume's copied tags, where they belong to one role only; where all roles have the same tags, a node with one volume is still clear. */
function roleByTags(tags: SnapshotFact['tags'], { fleet: { volumes } }: SetContext): FleetRole | null {
  const matching = volumes.filter((volume) => hasTags(tags, volume.tags));
  const [only, another] = matching.length > 0 ? matching : volumes;
  return only && !another ? only.role : null;
}

/** A lifecycle policy writes no ledger: a set's name on its snapshot was copied from a volume, and names the set that the volume was made from. */
const setIdOf = ({ policyId, ledger }: SnapshotFact): string | null => (policyId === null ? ledger.setId : null);

const keyOf = ({ fact, node }: SnapshotPart): string => {
  const setId = setIdOf(fact);
  return setId === null ? JSON.stringify([fact.policyId, node]) : JSON.stringify([setId]);
};

/** A set by its ledger is one group; others are split where a minute has passed or a role repeats. */
function inMoments(oldestFirst: readonly SnapshotPart[]): readonly (readonly SnapshotPart[])[] {
  const moments: SnapshotPart[][] = [];
  let open: SnapshotPart[] = [];
  for (const part of oldestFirst) {
    const [first] = open;
    const named = setIdOf(part.fact) !== null;
    const together =
      first !== undefined &&
      (named || part.fact.startedAtMs - first.fact.startedAtMs < ONE_MOMENT_MS) &&
      !open.some(({ role }) => role === part.role);
    if (!together) {
      open = [];
      moments.push(open);
    }
    open.push(part);
  }
  return moments;
}

/** @param again how many sets of this name came before: a repeated request leaves a second one, which must not be confused with the first */
function setOf(parts: readonly SnapshotPart[], again: number): SnapshotSet {
  const facts = parts.map(({ fact }) => fact);
  const [first] = parts as readonly [SnapshotPart, ...SnapshotPart[]];
  return {
    setId: (again === 0 ? setIdOf(first.fact) : null) ?? first.fact.snapshotId,
    node: first.node,
    takenAtMs: first.fact.startedAtMs,
    untilMs: Math.max(...facts.map(({ startedAtMs }) => startedAtMs)),
    parts: Object.fromEntries(parts.map(({ role, fact }) => [role, fact])),
    rank: rankOf(facts),
    height: facts.map(({ ledger }) => ledger.height).find((height) => height !== null) ?? null,
  };
}

/** The rank of the worst of its parts. A lifecycle policy's snapshot of a running node is not clean, even if it copied such tags. */
function rankOf(facts: readonly SnapshotFact[]): Rank {
  if (facts.every(({ ledger }) => ledger.verifiedAtMs !== null)) return 'verified';
  return facts.every(({ ledger, policyId }) => ledger.cleanStop && policyId === null) ? 'clean' : 'crash-consistent';
}

const byId = (a: SnapshotFact, b: SnapshotFact): number => (a.snapshotId < b.snapshotId ? -1 : 1);

/** "The maximum number of filter values specified on a single call is 200" (FilterLimitExceeded). */
const FILTER_VALUES = 200;
/** "MaxResults: between 5 and 500" (DescribeVolumesRequest). */
const A_PAGE = 500;
const MAX_PAGES = 10;

/** @throws Error when there are more pages than `MAX_PAGES` for 200 nodes */
export async function readOwners(
  ec2: EC2Client,
  fleet: Pick<Fleet, 'name' | 'volumes'>,
  nodes: readonly Pick<FleetNode, 'instanceId' | 'name'>[],
): Promise<ReadonlyMap<string, VolumeOwner>> {
  const names = new Map(nodes.map(({ instanceId, name }) => [instanceId, name]));
  const ids = [...names.keys()];
  const volumes: Volume[] = [];
  for (let from = 0; from < ids.length; from += FILTER_VALUES) {
    const Filters = [{ Name: 'attachment.instance-id', Values: ids.slice(from, from + FILTER_VALUES) }];
    let pages = 0;
    for await (const read of paginateDescribeVolumes({ client: ec2, pageSize: A_PAGE }, { Filters })) {
      volumes.push(...(read.Volumes ?? []));
      if (++pages === MAX_PAGES && read.NextToken)
        throw new Error(`fleet ${fleet.name} has more than ${MAX_PAGES * A_PAGE} volumes: half-read ones are refused`);
    }
  }
  return ownersOf(fleet, names, volumes);
}

/**
 * Pure part of `readOwners`. A volume has a role where its tags belong to one role and no other volume of its instance has the same tags. All others
 * have none, because an unknown volume is better than an old root that counts as data.
 *
 * @param names of the nodes, by instance id
 */
export function ownersOf(
  { volumes: roles }: Pick<Fleet, 'volumes'>,
  names: ReadonlyMap<string, string>,
  volumes: readonly Volume[],
): ReadonlyMap<string, VolumeOwner> {
  const owners = new Map<string, VolumeOwner>();
  const seen = new Map<string, string[]>();
  for (const { VolumeId = '', Attachments = [], Tags = [] } of volumes) {
    const attachment = Attachments.find(({ InstanceId = '' }) => names.has(InstanceId));
    const node = names.get(attachment?.InstanceId ?? '');
    if (node === undefined) continue;
    const isRoot = ROOT_DEVICES.has(attachment?.Device ?? '');
    const matching = roles.filter(({ tags }) =>
      Object.entries(tags).every(([key, value]) => Tags.some((tag) => tag.Key === key && tag.Value === value)),
    );
    const role = !isRoot && matching.length === 1 ? (matching[0]?.role ?? null) : null;
    owners.set(VolumeId, { node, role });
    if (role === null) continue;
    const place = JSON.stringify([attachment?.InstanceId, role]);
    const same = [...(seen.get(place) ?? []), VolumeId];
    seen.set(place, same);
    if (same.length > 1) for (const volumeId of same) owners.set(volumeId, { node, role: null });
  }
  return owners;
}
