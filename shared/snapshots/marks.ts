// What heals write on snapshots that exist: that an incident holds them, that they must not be used, that a restore from them was proved.
// All of it can be repeated; tags are the only state.
import {
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeLockedSnapshotsCommand,
  DescribeSnapshotsCommand,
  type EC2Client,
  LockSnapshotCommand,
  UnlockSnapshotCommand,
} from '@aws-sdk/client-ec2';
import { orRefused } from '../aws/refused.ts';
import type { SnapshotFact } from './model.ts';
import { KEEP_UNTIL_TAG, LEDGER_TAGS, LOCKED_BY_TAG, TAG_VALUE_MAX } from './tags.ts';

const DAY_MS = 24 * 60 * 60_000;
/** For a day, renewed by the sweep that looks at open incidents; an incident that everybody forgot holds nothing for ever. */
const HOLD_MS = DAY_MS;
const QUARANTINE_MS = 30 * DAY_MS;
/** A fleet's snapshots of one incident: a handful. */
const MAX_HELD = 1_000;

/** What AWS refused of one snapshot, in AWS's own words. The others are marked all the same. */
export interface Unmarked {
  readonly snapshotId: string;
  readonly why: string;
}

/** For a journal: "snap-…: UnauthorizedOperation: …; snap-…: …" */
export const sentenceOfUnmarked = (unmarked: readonly Unmarked[]): string =>
  unmarked.map(({ snapshotId, why }) => `${snapshotId}: ${why.slice(0, WHY_MAX)}`).join('; ');
/** A refusal of IAM names role, action and resource in some 300 characters; an encoded message behind that is of no use here. */
const WHY_MAX = 400;

/**
 * No retention removes these until the hold is released: prune-retired honours the tag, and what a lifecycle policy would delete is
 * locked besides. A lock that was there before is a person's and stays as it is.
 *
 * @returns those that AWS refused to mark or to lock; the others are held
 * @throws what leaves open whether it had an effect, and throttling: the same call again is safe
 */
export async function holdSnapshots(
  ec2: EC2Client,
  snapshots: readonly Pick<SnapshotFact, 'snapshotId' | 'policyId' | 'locked' | 'tags' | 'ledger'>[],
  incident: string,
  nowMs: number,
): Promise<readonly Unmarked[]> {
  const toLock = snapshots.filter(
    ({ policyId, locked, tags }) => policyId !== null && (!locked || tags[LOCKED_BY_TAG] !== undefined),
  );
  const missing = (snapshot: (typeof snapshots)[number]): Tags => {
    const value = heldWith(snapshot.ledger.heldBy, incident);
    return {
      ...(value !== snapshot.ledger.heldBy && { [LEDGER_TAGS.heldBy]: value }),
      // Marked before it is locked: a lock that is not known to be ours would stay, one that never came is released without harm.
      ...(toLock.includes(snapshot) && snapshot.tags[LOCKED_BY_TAG] === undefined && { [LOCKED_BY_TAG]: incident }),
    };
  };
  const unmarked = await tagEach(
    ec2,
    snapshots.map((snapshot) => [snapshot.snapshotId, missing(snapshot)]),
  );
  const ExpirationDate = new Date(nowMs + HOLD_MS);
  const unlocked = await eachOf(
    toLock.map(({ snapshotId }) => snapshotId).filter((id) => !unmarked.some(({ snapshotId }) => snapshotId === id)),
    (SnapshotId) => ec2.send(new LockSnapshotCommand({ SnapshotId, LockMode: 'governance', ExpirationDate })),
  );
  return [
    ...unmarked,
    ...unlocked.map(({ snapshotId, why }) => ({ snapshotId, why: `marked, but not locked: ${why}` })),
  ];
}

export interface Released {
  /** Ids of those that the incident does not hold any more. */
  readonly released: readonly string[];
  readonly unmarked: readonly Unmarked[];
}

/** Takes the incident's holds back, and the locks of those that nobody else holds. */
export async function releaseHolds(ec2: EC2Client, incident: string): Promise<Released> {
  const { Snapshots = [], NextToken } = await ec2.send(
    new DescribeSnapshotsCommand({
      OwnerIds: ['self'],
      Filters: [{ Name: `tag:${LEDGER_TAGS.heldBy}`, Values: [`*${incident}*`] }],
      MaxResults: MAX_HELD,
    }),
  );
  if (NextToken)
    throw new Error(`incident ${incident} holds more than ${MAX_HELD} snapshots: half-read ones are refused`);
  const held = Snapshots.map(({ SnapshotId = '', Tags = [] }) => {
    const tagOf = (key: string) => Tags.find(({ Key }) => Key === key)?.Value;
    const holders = (tagOf(LEDGER_TAGS.heldBy) ?? '').split(' ').filter((holder) => holder !== '');
    return { id: SnapshotId, holders, lockedByUs: tagOf(LOCKED_BY_TAG) !== undefined };
  }).filter(({ holders }) => holders.includes(incident));
  const still = held.filter(({ holders }) => holders.length > 1);
  const shared = await tagEach(
    ec2,
    still.map(({ id, holders }) => [
      id,
      { [LEDGER_TAGS.heldBy]: holders.filter((holder) => holder !== incident).join(' ') },
    ]),
  );
  const free = held.filter((one) => !still.includes(one));
  const locked = await unlock(
    ec2,
    free.filter(({ lockedByUs }) => lockedByUs).map(({ id }) => id),
  );
  const Tags = [LOCKED_BY_TAG, LEDGER_TAGS.heldBy].map((Key) => ({ Key }));
  // One that stays locked keeps the tags that say whose lock it is.
  const unlocked = free.map(({ id }) => id).filter((id) => !locked.some(({ snapshotId }) => snapshotId === id));
  const untagged = await together(unlocked, (Resources) => ec2.send(new DeleteTagsCommand({ Resources, Tags })));
  const unmarked = [...shared, ...locked, ...untagged];
  const released = held.map(({ id }) => id).filter((id) => !unmarked.some(({ snapshotId }) => snapshotId === id));
  return { released, unmarked };
}

/** With which code AWS refuses to unlock what is not locked any more, it does not say: it is looked at first. */
async function unlock(ec2: EC2Client, SnapshotIds: readonly string[]): Promise<readonly Unmarked[]> {
  if (SnapshotIds.length === 0) return [];
  const { Snapshots = [] } = await ec2.send(new DescribeLockedSnapshotsCommand({ SnapshotIds: [...SnapshotIds] }));
  return eachOf(
    Snapshots.flatMap(({ SnapshotId, LockState }) => (SnapshotId && LockState === 'governance' ? [SnapshotId] : [])),
    (SnapshotId) => ec2.send(new UnlockSnapshotCommand({ SnapshotId })),
  );
}

/** They are not used any more, and stay for a person to look at for 30 days. @param why in a sentence; cut to what a tag takes */
export const quarantine = (
  ec2: EC2Client,
  ids: readonly string[],
  why: string,
  nowMs: number,
): Promise<readonly Unmarked[]> =>
  tag(ec2, ids, {
    [LEDGER_TAGS.quarantined]: why,
    [KEEP_UNTIL_TAG]: new Date(nowMs + QUARANTINE_MS).toISOString(),
  });

/** A node that was restored from them has proved itself. */
export const verify = (ec2: EC2Client, ids: readonly string[], atMs: number): Promise<readonly Unmarked[]> =>
  tag(ec2, ids, { [LEDGER_TAGS.verified]: new Date(atMs).toISOString() });

/** Several incidents may hold the same: their ids, one after the other. */
function heldWith(heldBy: string | null, incident: string): string {
  const holders = heldBy?.split(' ') ?? [];
  return holders.includes(incident) ? holders.join(' ') : [...holders, incident].join(' ').slice(-TAG_VALUE_MAX).trim();
}

type Tags = Readonly<Record<string, string>>;

/** One call for all that get the same. */
async function tagEach(
  ec2: EC2Client,
  each: readonly (readonly [id: string, tags: Tags])[],
): Promise<readonly Unmarked[]> {
  const missing = each.filter(([, tags]) => Object.keys(tags).length > 0);
  const unmarked: Unmarked[] = [];
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

function tag(ec2: EC2Client, ids: readonly string[], tags: Tags): Promise<readonly Unmarked[]> {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value: Value.slice(0, TAG_VALUE_MAX) }));
  return together(ids, (Resources) => ec2.send(new CreateTagsCommand({ Resources, Tags })));
}

/** One call for all; where AWS refuses that, a call for each: what is refused of one is no reason to leave the others. */
async function together(
  ids: readonly string[],
  call: (ids: string[]) => Promise<unknown>,
): Promise<readonly Unmarked[]> {
  if (ids.length === 0) return [];
  const all = await orRefused(async () => void (await call([...ids])));
  if (all === undefined) return [];
  const [only, another] = ids;
  if (only !== undefined && another === undefined) return [{ snapshotId: only, why: all.refused }];
  return eachOf(ids, (id) => call([id]));
}

async function eachOf(ids: readonly string[], call: (id: string) => Promise<unknown>): Promise<readonly Unmarked[]> {
  const unmarked: Unmarked[] = [];
  for (const id of ids) {
    const refused = await orRefused(async () => void (await call(id)));
    if (refused !== undefined) unmarked.push({ snapshotId: id, why: refused.refused });
  }
  return unmarked;
}
