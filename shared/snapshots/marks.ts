// The marks of heals on existing snapshots: an incident holds them, they must not be used, or a restore from them was proved. All of it can be
// repeated. A person who may tag can write all of it as well: the records (heal/kept.ts) say which holds and locks are ours.
import {
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeLockedSnapshotsCommand,
  type EC2Client,
  LockSnapshotCommand,
  paginateDescribeTags,
  UnlockSnapshotCommand,
} from '@aws-sdk/client-ec2';
import { readAllPages } from '../aws/pagination.ts';
import { catchRefusal } from '../aws/refusals.ts';
import { KEEP_UNTIL_TAG, LEDGER_TAGS, LOCK_DAYS_MAXIMUM, LOCKED_BY_TAG, TAG_VALUE_MAX } from '../model/tags.ts';
import { plainText } from '../text/plain-text.ts';
import type { SnapshotFact } from './model.ts';

const DAY_MS = 24 * 60 * 60_000;
/**
 * The run of prune-retired that looks at lasting incidents renews a lock; a forgotten lock ends after this time. The lock is requested as a duration,
 * which the functions' own permissions limit ("ec2:SnapshotLockDuration", EBS user guide). An expiration date would not be limited, and one a day
 * from now would be less than a day ahead when EC2 reads it.
 */
const LOCK_DAYS = 1;
export const QUARANTINE_MS = 30 * DAY_MS;
/** "MaxResults: between 5 and 1000" (DescribeTagsRequest, @aws-sdk/client-ec2). A fleet's snapshots of one incident are a handful, of 50 tags at most. */
const TAGS_A_PAGE = 1_000;
const MAX_PAGES = 25;

/** The fields of a snapshot that holding it needs. */
export type HoldableSnapshot = Pick<SnapshotFact, 'snapshotId' | 'policyId' | 'locked' | 'tags' | 'ledger'>;

/** AWS's refusal for one snapshot, in AWS's own words. The others are still marked. */
export interface MarkFailure {
  readonly snapshotId: string;
  readonly why: string;
}

/** For a journal: "snap-…: UnauthorizedOperation: …; snap-…: …" */
export const sentenceOfUnmarked = (unmarked: readonly MarkFailure[]): string =>
  unmarked.map(({ snapshotId, why }) => `${snapshotId}: ${why.slice(0, WHY_MAX)}`).join('; ');
/** A refusal of IAM names role, action and resource in some 300 characters; the encoded message after that is of no use here. */
const WHY_MAX = 400;

/**
 * No retention removes these until the hold is released: prune-retired honours the tag, and a snapshot that a lifecycle policy would delete is also
 * locked. The tag comes before the lock: only a tagged snapshot may be locked.
 *
 * @param lockIds those that must be locked, or locked for another day: never one that a person has locked
 * @returns those that AWS refused to mark or to lock; the others are held
 * @throws errors that leave the effect open, and throttling: repeating the same call is safe
 */
export async function holdSnapshots(
  ec2: EC2Client,
  snapshots: readonly HoldableSnapshot[],
  incident: string,
  lockIds: ReadonlySet<string>,
  nowMs: number,
): Promise<readonly MarkFailure[]> {
  const missing = ({ snapshotId, ledger, tags }: HoldableSnapshot): Tags => {
    const value = addHolder(ledger.heldBy, incident);
    return {
      ...(value !== ledger.heldBy && { [LEDGER_TAGS.heldBy]: value }),
      ...(lockIds.has(snapshotId) && tags[LOCKED_BY_TAG] === undefined && { [LOCKED_BY_TAG]: incident }),
    };
  };
  const unmarked = await tagEach(
    ec2,
    snapshots.map((snapshot) => [snapshot.snapshotId, missing(snapshot)]),
  );
  const marked = snapshots.filter((one) => !unmarked.some(({ snapshotId }) => snapshotId === one.snapshotId));
  const unlocked = await callForEach(
    marked.map(({ snapshotId }) => snapshotId).filter((id) => lockIds.has(id)),
    (id) => lock(ec2, id, nowMs),
  );
  return [
    ...unmarked,
    ...unlocked.map(({ snapshotId, why }) => ({ snapshotId, why: `marked, but not locked: ${why}` })),
  ];
}

/** AWS does not document whether the new days of an existing lock count from now or from its beginning; its answer shows it. */
async function lock(ec2: EC2Client, SnapshotId: string, nowMs: number): Promise<void> {
  const forDays = (LockDuration: number) =>
    ec2.send(new LockSnapshotCommand({ SnapshotId, LockMode: 'governance', LockDuration }));
  const { LockExpiresOn, LockDurationStartTime } = await forDays(LOCK_DAYS);
  if (!LockExpiresOn || !LockDurationStartTime || LockExpiresOn.getTime() > nowMs + (LOCK_DAYS * DAY_MS) / 2) return;
  const days = LOCK_DAYS + Math.ceil((nowMs - LockDurationStartTime.getTime()) / DAY_MS);
  await forDays(Math.min(days, LOCK_DAYS_MAXIMUM));
}

export interface ReleaseResult {
  /** Ids of those that the incident no longer holds. */
  readonly released: readonly string[];
  readonly unmarked: readonly MarkFailure[];
}

/**
 * Releases the incident's holds.
 *
 * @param ids that the incident holds
 * @param lockedIds those of them that our own holds have locked, and that no other hold of ours needs
 * @returns a snapshot that shows no tag, or is gone, is neither released nor unmarked: it is not held, and a lock of ours ends by itself
 */
export async function releaseHolds(
  ec2: EC2Client,
  incident: string,
  ids: readonly string[],
  lockedIds: ReadonlySet<string>,
): Promise<ReleaseResult> {
  if (ids.length === 0) return { released: [], unmarked: [] };
  const Filters = [{ Name: 'resource-id', Values: [...ids] }];
  const tags = await readAllPages(
    paginateDescribeTags({ client: ec2, pageSize: TAGS_A_PAGE }, { Filters }),
    ({ Tags }) => Tags,
    MAX_PAGES,
    `tags of what incident ${incident} holds`,
  );
  const held = [...Map.groupBy(tags, ({ ResourceId = '' }) => ResourceId)].map(([id, own]) => {
    const tagOf = (key: string) => own.find(({ Key }) => Key === key)?.Value;
    const holders = (tagOf(LEDGER_TAGS.heldBy) ?? '').split(' ').filter((holder) => holder !== '');
    const others = holders.filter((holder) => holder !== incident);
    // A snapshot that was never tagged has no tag to remove.
    return { id, others, isTagged: holders.length > 0 || tagOf(LOCKED_BY_TAG) !== undefined };
  });
  const locked = await unlock(
    ec2,
    held.map(({ id }) => id).filter((id) => lockedIds.has(id)),
  );
  // A snapshot that stays locked keeps the tags that name the owner of the lock.
  const tagged = held.filter(({ id, isTagged }) => isTagged && !locked.some(({ snapshotId }) => snapshotId === id));
  const shared = await tagEach(
    ec2,
    tagged.flatMap(({ id, others }) =>
      others.length > 0 ? [[id, { [LEDGER_TAGS.heldBy]: others.join(' ') }] as const] : [],
    ),
  );
  const free = tagged.filter(({ others }) => others.length === 0);
  const Tags = [LOCKED_BY_TAG, LEDGER_TAGS.heldBy].map((Key) => ({ Key }));
  const untagged = await callForAll(
    free.map(({ id }) => id),
    (Resources) => ec2.send(new DeleteTagsCommand({ Resources, Tags })),
  );
  const unmarked = [...shared, ...locked, ...untagged];
  const released = held.map(({ id }) => id).filter((id) => !unmarked.some(({ snapshotId }) => snapshotId === id));
  return { released, unmarked };
}

/** AWS does not document its code for unlocking a snapshot without a lock: so the lock is read first. */
async function unlock(ec2: EC2Client, SnapshotIds: readonly string[]): Promise<readonly MarkFailure[]> {
  if (SnapshotIds.length === 0) return [];
  const { Snapshots = [] } = await ec2.send(new DescribeLockedSnapshotsCommand({ SnapshotIds: [...SnapshotIds] }));
  return callForEach(
    Snapshots.flatMap(({ SnapshotId, LockState }) => (SnapshotId && LockState === 'governance' ? [SnapshotId] : [])),
    (SnapshotId) => ec2.send(new UnlockSnapshotCommand({ SnapshotId })),
  );
}

/** The snapshots are not used any more, and stay for a person to look at for 30 days. @param why in a sentence; cut to a tag's length */
export const quarantine = (
  ec2: EC2Client,
  ids: readonly string[],
  why: string,
  nowMs: number,
): Promise<readonly MarkFailure[]> =>
  tag(ec2, ids, {
    [LEDGER_TAGS.quarantined]: why,
    [KEEP_UNTIL_TAG]: new Date(nowMs + QUARANTINE_MS).toISOString(),
  });

/** A node that was restored from them is proved. */
export const verify = (ec2: EC2Client, ids: readonly string[], atMs: number): Promise<readonly MarkFailure[]> =>
  tag(ec2, ids, { [LEDGER_TAGS.verified]: new Date(atMs).toISOString() });

/** Several incidents may hold the same snapshot: their ids, one after the other. */
function addHolder(heldBy: string | null, incident: string): string {
  const holders = heldBy?.split(' ') ?? [];
  return holders.includes(incident) ? holders.join(' ') : [...holders, incident].join(' ').slice(-TAG_VALUE_MAX).trim();
}

type Tags = Readonly<Record<string, string>>;

/** One call for all snapshots with the same tags. */
async function tagEach(
  ec2: EC2Client,
  each: readonly (readonly [id: string, tags: Tags])[],
): Promise<readonly MarkFailure[]> {
  const missing = each.filter(([, tags]) => Object.keys(tags).length > 0);
  const unmarked: MarkFailure[] = [];
  for (const some of Map.groupBy(missing, ([, tags]) => JSON.stringify(tags)).values())
    unmarked.push(
      ...(await tag(
        ec2,
        some.map(([id]) => id),
        some[0]?.[1] ?? {},
      )),
    );
  return unmarked;
}

/** The first of the tags says what the others only add to: where a snapshot has no room for all of them, it gets that one, and the rest is told. */
async function tag(ec2: EC2Client, ids: readonly string[], tags: Tags): Promise<readonly MarkFailure[]> {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value: plainText(Value, TAG_VALUE_MAX) }));
  const put = (Resources: string[], some: typeof Tags) => ec2.send(new CreateTagsCommand({ Resources, Tags: some }));
  const unmarked = await callForAll(ids, (Resources) => put(Resources, Tags));
  const [first, ...others] = Tags;
  if (first === undefined || others.length === 0) return unmarked;
  const told: MarkFailure[] = [];
  for (const failure of unmarked) {
    const isFull = failure.why.startsWith(NO_ROOM);
    const [alone] = isFull ? await callForAll([failure.snapshotId], (Resources) => put(Resources, [first])) : [failure];
    const without = others.map(({ Key }) => Key).join(' and ');
    told.push(alone ?? { ...failure, why: `marked, but without ${without}: ${failure.why}` });
  }
  return told;
}

/** "Maximum number of tags per resource – 50" */
const NO_ROOM = 'TagLimitExceeded';

/** One call for all. If AWS refuses it, one call for each: the refusal of one snapshot must not stop the others. */
async function callForAll(
  ids: readonly string[],
  call: (ids: string[]) => Promise<unknown>,
): Promise<readonly MarkFailure[]> {
  if (ids.length === 0) return [];
  const all = await catchRefusal(async () => void (await call([...ids])));
  if (all === undefined) return [];
  const [only, another] = ids;
  if (only !== undefined && another === undefined) return [{ snapshotId: only, why: all.refused }];
  return callForEach(ids, (id) => call([id]));
}

async function callForEach(
  ids: readonly string[],
  call: (id: string) => Promise<unknown>,
): Promise<readonly MarkFailure[]> {
  const unmarked: MarkFailure[] = [];
  for (const id of ids) {
    const refused = await catchRefusal(async () => void (await call(id)));
    if (refused !== undefined) unmarked.push({ snapshotId: id, why: refused.refused });
  }
  return unmarked;
}
