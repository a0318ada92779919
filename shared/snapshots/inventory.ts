// Lists the snapshots of a fleet's volumes as EC2 shows them now: by the fleet's tag, by the volumes of its nodes, and by tags that were copied from
// volumes that are gone. All of them, or none.
import {
  DescribeLockedSnapshotsCommand,
  DescribeSnapshotsCommand,
  type EC2Client,
  type Filter,
  paginateDescribeSnapshots,
  type Snapshot,
} from '@aws-sdk/client-ec2';
import { type AwsRefusal, catchRefusal } from '../aws/refusals.ts';
import { describeVolumes } from '../aws/volumes.ts';
import {
  claimantsOfData,
  claimantsOfVolume,
  contestedWords,
  type OwnSnapshot,
  ownSnapshots,
  sharedSnapshots,
} from '../fleet/membership.ts';
import type { Fleet } from '../fleet/model.ts';
import { FLEET_TAG } from '../model/tags.ts';
import { plainJson } from '../text/plain-text.ts';
import { readLedger } from './ledger.ts';
import type { SnapshotFact } from './model.ts';

/** "MaxResults: between 5 and 1000" (DescribeSnapshotsRequest, @aws-sdk/client-ec2). */
const A_PAGE = 1_000;
/** Twice the hourly snapshots of a day for 500 nodes. */
const MAX_PAGES = 25;
/** "The maximum number of filter values specified on a single call is 200" (FilterLimitExceeded). */
const FILTER_VALUES = 200;
/** Where nodes are in another account. */
type SharingAccount = NonNullable<NonNullable<Fleet['copiesFrom']>['account']>;

/** As EC2 shows it; whose it is is not judged yet. */
type SeenSnapshot = Omit<SnapshotFact, keyof OwnSnapshot> & Pick<OwnSnapshot, 'snapshotId'>;

const POLICY_TAG = 'aws:dlm:lifecycle-policy-id';
const STATES = new Set<string>(['pending', 'completed', 'error', 'recoverable', 'recovering']);

/**
 * @param volumeIds of the existing nodes, as far as their snapshots matter; snapshots with the fleet's tags are found without them
 * @param locks for a hold only locks of snapshots that a policy would delete matter; for a deletion those of all
 * @returns our own account's snapshots, newest first, without those that another fleet claims
 * @throws Error when there are more pages than `MAX_PAGES`, or when the fleet's volumes have no tags to find them by
 */
export async function readSnapshots(
  ec2: EC2Client,
  fleet: Pick<Fleet, 'name' | 'suite' | 'tag' | 'volumes' | 'neighbours'>,
  volumeIds: readonly string[],
  locks: 'of policies' | 'all' = 'of policies',
): Promise<readonly SnapshotFact[]> {
  const selections = selectionsOf(fleet, volumeIds);
  const found = await Promise.all(selections.map((Filters) => describe(ec2, fleet.name, Filters)));
  const snapshots = [...new Map(found.flat().map((snapshot) => [snapshot.SnapshotId, snapshot])).values()];
  const asks = snapshots.some(({ Tags = [] }) => locks === 'all' || Tags.some(({ Key }) => Key === POLICY_TAG));
  const locked = asks ? await readLocked(ec2, fleet.name) : new Set<string>();
  const facts = snapshots.flatMap((snapshot) => factOf(snapshot, locked));
  return [...ownSnapshots(fleet, facts)].sort(newestFirst);
}

const newestFirst = (a: SnapshotFact, b: SnapshotFact): number =>
  b.startedAtMs - a.startedAtMs || (a.snapshotId < b.snapshotId ? -1 : 1);

/**
 * The snapshots that another account's lifecycle policy makes and shares with this account.
 *
 * @returns newest first; of their tags those that this account has given them, since nobody else's are shown
 * @throws Error when there are more pages than `MAX_PAGES`
 */
export async function readShared(
  ec2: EC2Client,
  { name }: Pick<Fleet, 'name'>,
  { id, policy }: SharingAccount,
): Promise<readonly SnapshotFact[]> {
  // As "Specify snapshot description filters" has it for what a policy made (EBS user guide): an id is of one length, and begins no other.
  const Filters = [{ Name: 'description', Values: [`Created for policy: ${policy}*`] }];
  const snapshots = await describe(ec2, name, Filters, id);
  const facts = snapshots.flatMap((snapshot) => factOf(snapshot, new Set()));
  return [...sharedSnapshots({ id }, facts)].sort(newestFirst);
}

/**
 * The snapshots that volumes are made from, judged once more right before: whose they are may have changed since they were chosen.
 *
 * @returns by their ids; refused where one is gone, or another fleet claims it, or the volume that it was taken of
 */
export async function readOwnSnapshots(
  ec2: EC2Client,
  fleet: Pick<Fleet, 'name' | 'suite' | 'tag' | 'volumes' | 'neighbours' | 'copiesFrom'>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, OwnSnapshot> | AwsRefusal> {
  const read = await catchRefusal(() => ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: [...new Set(ids)] })));
  if ('refused' in read) return read;
  const account = fleet.copiesFrom?.account;
  const facts = (read.Snapshots ?? []).flatMap((snapshot) => factOf(snapshot, new Set()));
  const origins = account ? new Map() : await readOrigins(ec2, facts);
  if ('refused' in origins) return origins;
  const own = new Map(
    (account ? sharedSnapshots(account, facts) : ownSnapshots(fleet, facts, origins)).map((one) => [
      one.snapshotId,
      one,
    ]),
  );
  const strange = ids.find((id) => !own.has(id));
  if (strange === undefined) return own;
  const { tags = {}, volumeId = '' } = facts.find(({ snapshotId }) => snapshotId === strange) ?? {};
  const others = claimantsOfData(fleet, tags);
  const whose = claimantsOfVolume(fleet, origins.get(volumeId) ?? {});
  const why =
    others.length > 0
      ? contestedWords(fleet.name, strange, others)
      : `${strange} is not ${fleet.name}’s${whose.length > 0 ? `: it was taken of ${volumeId}, which is ${whose.join(' and ')}’s` : ''}`;
  return { refused: `${why}: no volume is made from it`, code: 'SnapshotOfAnotherFleet' };
}

/** The tags of the volumes that snapshots were taken of, by their ids: of those that are still there. */
async function readOrigins(
  ec2: EC2Client,
  facts: readonly SeenSnapshot[],
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>> | AwsRefusal> {
  if (facts.length === 0) return new Map();
  const read = await catchRefusal(() => describeVolumes(ec2, { ids: facts.map(({ volumeId }) => volumeId) }));
  return 'refused' in read ? read : new Map(read.map(({ volumeId, tags }) => [volumeId, tags]));
}

function selectionsOf(
  { name, tag, volumes }: Pick<Fleet, 'name' | 'tag' | 'volumes'>,
  volumeIds: readonly string[],
): readonly (readonly Filter[])[] {
  const byTags = new Map<string, Filter[]>();
  for (const { role, tags } of volumes) {
    const pairs = Object.entries(tags);
    if (pairs.length === 0) throw new Error(`fleet ${name}: volume ${role} has no tags; expected one at least`);
    const filters = pairs.map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] }));
    byTags.set(JSON.stringify(filters), filters);
  }
  const byVolume: Filter[][] = [];
  for (let from = 0; from < volumeIds.length; from += FILTER_VALUES)
    byVolume.push([{ Name: 'volume-id', Values: volumeIds.slice(from, from + FILTER_VALUES) }]);
  return [[{ Name: `tag:${FLEET_TAG}`, Values: [tag] }], ...byVolume, ...byTags.values()];
}

/** @param owner our own only, or those of one account that a fleet file names: anybody may share a snapshot with us */
async function describe(
  ec2: EC2Client,
  fleet: string,
  Filters: readonly Filter[],
  owner = 'self',
): Promise<readonly Snapshot[]> {
  const found: Snapshot[] = [];
  const wanted = { OwnerIds: [owner], Filters: [...Filters] };
  let pages = 0;
  for await (const read of paginateDescribeSnapshots({ client: ec2, pageSize: A_PAGE }, wanted)) {
    found.push(...(read.Snapshots ?? []));
    if (read.NextToken) refuseBeyond(++pages, fleet);
  }
  return found;
}

/** The SDK has no paginator for these. */
async function readLocked(ec2: EC2Client, fleet: string): Promise<ReadonlySet<string>> {
  const locked = new Set<string>();
  const Filters = [{ Name: 'lock-state', Values: ['governance', 'compliance', 'compliance-cooloff'] }];
  let NextToken: string | undefined;
  for (let page = 0; page === 0 || NextToken; page++) {
    refuseBeyond(page, fleet);
    const read = await ec2.send(
      new DescribeLockedSnapshotsCommand({ Filters, MaxResults: A_PAGE, ...(NextToken && { NextToken }) }),
    );
    for (const { SnapshotId } of read.Snapshots ?? []) if (SnapshotId) locked.add(SnapshotId);
    NextToken = read.NextToken;
  }
  return locked;
}

function refuseBeyond(page: number, fleet: string): void {
  if (page < MAX_PAGES) return;
  throw new Error(`fleet ${fleet}: more than ${MAX_PAGES * A_PAGE} snapshots: half-read selections are refused`);
}

function factOf(snapshot: Snapshot, locked: ReadonlySet<string>): readonly SeenSnapshot[] {
  const { SnapshotId, VolumeId, VolumeSize, StartTime, State, OwnerId = '' } = snapshot;
  if (!SnapshotId || !VolumeId || !VolumeSize || !StartTime || !State || !STATES.has(State))
    throw new Error(`EC2 tells of a snapshot without id, volume, size, start or state: ${plainJson(snapshot, 500)}`);
  const tags = Object.fromEntries((snapshot.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
  return [
    {
      snapshotId: SnapshotId,
      volumeId: VolumeId,
      sizeGiB: VolumeSize,
      startedAtMs: StartTime.getTime(),
      state: State,
      encrypted: snapshot.Encrypted ?? false,
      kmsKeyId: snapshot.KmsKeyId ?? null,
      ownerId: OwnerId,
      tags,
      policyId: tags[POLICY_TAG] ?? null,
      locked: locked.has(SnapshotId),
      archived: snapshot.StorageTier === 'archive',
      ledger: readLedger(tags),
    },
  ];
}
