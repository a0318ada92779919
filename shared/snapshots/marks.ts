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
import type { SnapshotFact } from './model.ts';
import { KEEP_UNTIL_TAG, LEDGER_TAGS, LOCKED_BY_TAG, TAG_VALUE_MAX } from './tags.ts';

const DAY_MS = 24 * 60 * 60_000;
/**
 * Renewed by the sweep that looks at open incidents; an incident that everybody forgot holds nothing for ever. In days, "Min: 1"
 * [LockSnapshotRequest]: an expiration date a day from now would be less than a day ahead when EC2 reads it.
 */
const HOLD_DAYS = 1;
const QUARANTINE_MS = 30 * DAY_MS;
/** A fleet's snapshots of one incident: a handful. */
const MAX_HELD = 1_000;

/**
 * No retention removes these until the hold is released: prune-retired honours the tag, and what a lifecycle policy would delete is
 * locked besides. A lock that was there before is a person's and stays as it is.
 */
export async function holdSnapshots(
  ec2: EC2Client,
  snapshots: readonly Pick<SnapshotFact, 'snapshotId' | 'policyId' | 'locked' | 'tags' | 'ledger'>[],
  incident: string,
  nowMs: number,
): Promise<void> {
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
  await tagEach(
    ec2,
    snapshots.map((snapshot) => [snapshot.snapshotId, missing(snapshot)]),
  );
  for (const { snapshotId } of toLock) await lock(ec2, snapshotId, nowMs);
}

/** Whether the new days of a lock that is there count from now or from its beginning, AWS does not say; its answer does. */
async function lock(ec2: EC2Client, SnapshotId: string, nowMs: number): Promise<void> {
  const forDays = (LockDuration: number) =>
    ec2.send(new LockSnapshotCommand({ SnapshotId, LockMode: 'governance', LockDuration }));
  const { LockExpiresOn, LockDurationStartTime } = await forDays(HOLD_DAYS);
  if (!LockExpiresOn || !LockDurationStartTime || LockExpiresOn.getTime() > nowMs + (HOLD_DAYS * DAY_MS) / 2) return;
  await forDays(HOLD_DAYS + Math.ceil((nowMs - LockDurationStartTime.getTime()) / DAY_MS));
}

/** Takes the incident's holds back, and the locks of those that nobody else holds. @returns the ids that were released */
export async function releaseHolds(ec2: EC2Client, incident: string): Promise<readonly string[]> {
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
  await tagEach(
    ec2,
    still.map(({ id, holders }) => [
      id,
      { [LEDGER_TAGS.heldBy]: holders.filter((holder) => holder !== incident).join(' ') },
    ]),
  );
  const free = held.filter((one) => !still.includes(one));
  await unlock(
    ec2,
    free.filter(({ lockedByUs }) => lockedByUs).map(({ id }) => id),
  );
  if (free.length > 0) {
    const Tags = [LOCKED_BY_TAG, LEDGER_TAGS.heldBy].map((Key) => ({ Key }));
    await ec2.send(new DeleteTagsCommand({ Resources: free.map(({ id }) => id), Tags }));
  }
  return held.map(({ id }) => id);
}

/** With which code AWS refuses to unlock what is not locked any more, it does not say: it is looked at first. */
async function unlock(ec2: EC2Client, SnapshotIds: readonly string[]): Promise<void> {
  if (SnapshotIds.length === 0) return;
  const { Snapshots = [] } = await ec2.send(new DescribeLockedSnapshotsCommand({ SnapshotIds: [...SnapshotIds] }));
  for (const { SnapshotId, LockState } of Snapshots)
    if (SnapshotId && LockState === 'governance') await ec2.send(new UnlockSnapshotCommand({ SnapshotId }));
}

/** They are not used any more, and stay for a person to look at for 30 days. @param why in a sentence; cut to what a tag takes */
export const quarantine = (ec2: EC2Client, ids: readonly string[], why: string, nowMs: number): Promise<void> =>
  tag(ec2, ids, {
    [LEDGER_TAGS.quarantined]: why,
    [KEEP_UNTIL_TAG]: new Date(nowMs + QUARANTINE_MS).toISOString(),
  });

/** A node that was restored from them has proved itself. */
export const verify = (ec2: EC2Client, ids: readonly string[], atMs: number): Promise<void> =>
  tag(ec2, ids, { [LEDGER_TAGS.verified]: new Date(atMs).toISOString() });

/** Several incidents may hold the same: their ids, one after the other. */
function heldWith(heldBy: string | null, incident: string): string {
  const holders = heldBy?.split(' ') ?? [];
  return holders.includes(incident) ? holders.join(' ') : [...holders, incident].join(' ').slice(-TAG_VALUE_MAX).trim();
}

type Tags = Readonly<Record<string, string>>;

/** One call for all that get the same. */
async function tagEach(ec2: EC2Client, each: readonly (readonly [id: string, tags: Tags])[]): Promise<void> {
  const missing = each.filter(([, tags]) => Object.keys(tags).length > 0);
  for (const some of Map.groupBy(missing, ([, tags]) => JSON.stringify(tags)).values())
    await tag(
      ec2,
      some.map(([id]) => id),
      some[0]?.[1] ?? {},
    );
}

async function tag(ec2: EC2Client, Resources: readonly string[], tags: Tags): Promise<void> {
  if (Resources.length === 0) return;
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value: Value.slice(0, TAG_VALUE_MAX) }));
  await ec2.send(new CreateTagsCommand({ Resources: [...Resources], Tags }));
}
