// What heals write on snapshots that exist: that an incident holds them, that they must not be used, that a restore from them was proved.
// All of it can be repeated. Who may tag can write all of it as well: which holds are ours, and which locks, is in the records (heal/kept.ts).
import {
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeLockedSnapshotsCommand,
  DescribeSnapshotsCommand,
  type EC2Client,
  LockSnapshotCommand,
  UnlockSnapshotCommand,
} from '@aws-sdk/client-ec2';
import { plainText } from '../text/plain-text.ts';
import type { SnapshotFact } from './model.ts';
import { KEEP_UNTIL_TAG, LEDGER_TAGS, LOCKED_BY_TAG, TAG_VALUE_MAX } from './tags.ts';

const DAY_MS = 24 * 60 * 60_000;
/**
 * Renewed by the run that looks at incidents that last; a lock that everybody forgot ends by itself. Said as a duration, which the functions' own
 * permissions bound ("ec2:SnapshotLockDuration", EBS user guide), and a date would not be.
 */
const LOCK_DAYS = 1;
export const QUARANTINE_MS = 30 * DAY_MS;
/** A fleet's snapshots of one incident: a handful. */
const MAX_HELD = 1_000;

/** As much of a snapshot as holding it needs. */
export type Holdable = Pick<SnapshotFact, 'snapshotId' | 'policyId' | 'locked' | 'tags' | 'ledger'>;

/**
 * No retention removes these until the hold is released: prune-retired honours the tag, and what a lifecycle policy would delete is
 * locked besides. Tagged before it is locked: only what carries the tag may be locked.
 *
 * @param lockIds those that are to be locked, or locked for another day: never one that a person has locked
 */
export async function holdSnapshots(
  ec2: EC2Client,
  snapshots: readonly Holdable[],
  incident: string,
  lockIds: ReadonlySet<string>,
): Promise<void> {
  const missing = ({ snapshotId, ledger, tags }: Holdable): Tags => {
    const value = heldWith(ledger.heldBy, incident);
    return {
      ...(value !== ledger.heldBy && { [LEDGER_TAGS.heldBy]: value }),
      ...(lockIds.has(snapshotId) && tags[LOCKED_BY_TAG] === undefined && { [LOCKED_BY_TAG]: incident }),
    };
  };
  await tagEach(
    ec2,
    snapshots.map((snapshot) => [snapshot.snapshotId, missing(snapshot)]),
  );
  for (const { snapshotId } of snapshots)
    if (lockIds.has(snapshotId))
      await ec2.send(
        new LockSnapshotCommand({ SnapshotId: snapshotId, LockMode: 'governance', LockDuration: LOCK_DAYS }),
      );
}

/**
 * Takes the incident's holds back.
 *
 * @param ids that the incident holds
 * @param lockedIds those of them that our own holds have locked, and that no other of ours holds
 * @returns the ids that were released; one that is gone is not among them
 */
export async function releaseHolds(
  ec2: EC2Client,
  incident: string,
  ids: readonly string[],
  lockedIds: ReadonlySet<string>,
): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const { Snapshots = [], NextToken } = await ec2.send(
    new DescribeSnapshotsCommand({
      OwnerIds: ['self'],
      Filters: [{ Name: 'snapshot-id', Values: [...ids] }],
      MaxResults: MAX_HELD,
    }),
  );
  if (NextToken)
    throw new Error(`incident ${incident} holds more than ${MAX_HELD} snapshots: half-read ones are refused`);
  const held = Snapshots.map(({ SnapshotId = '', Tags = [] }) => {
    const holders = (Tags.find(({ Key }) => Key === LEDGER_TAGS.heldBy)?.Value ?? '').split(' ');
    return { id: SnapshotId, others: holders.filter((holder) => holder !== '' && holder !== incident) };
  });
  await unlock(
    ec2,
    held.map(({ id }) => id).filter((id) => lockedIds.has(id)),
  );
  await tagEach(
    ec2,
    held.flatMap(({ id, others }) =>
      others.length > 0 ? [[id, { [LEDGER_TAGS.heldBy]: others.join(' ') }] as const] : [],
    ),
  );
  const free = held.filter(({ others }) => others.length === 0);
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
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value: plainText(Value, TAG_VALUE_MAX) }));
  await ec2.send(new CreateTagsCommand({ Resources: [...Resources], Tags }));
}
