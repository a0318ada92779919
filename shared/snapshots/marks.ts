// What heals write on snapshots that exist: that an incident holds them, that they must not be used, that a restore from them was proved.
// All of it can be repeated; tags are the only state.
import {
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeLockedSnapshotsCommand,
  DescribeSnapshotsCommand,
  type EC2Client,
  LockSnapshotCommand,
  type Snapshot,
  UnlockSnapshotCommand,
} from '@aws-sdk/client-ec2';
import type { SnapshotFact } from './model.ts';
import { KEEP_UNTIL_TAG, LEDGER_TAGS, LOCKED_BY_TAG, TAG_VALUE_MAX } from './tags.ts';

const DAY_MS = 24 * 60 * 60_000;
/** For a day, renewed by the sweep that looks at open incidents; an incident that everybody forgot holds nothing for ever. */
const HOLD_MS = DAY_MS;
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
  for (const [value, some] of Map.groupBy(snapshots, ({ ledger }) => heldWith(ledger.heldBy, incident)))
    await tag(ec2, some.filter(({ ledger }) => ledger.heldBy !== value).map(idOf), { [LEDGER_TAGS.heldBy]: value });
  const toLock = snapshots.filter(
    ({ policyId, locked, tags }) => policyId !== null && (!locked || tags[LOCKED_BY_TAG] !== undefined),
  );
  // Marked first: a lock that is not known to be ours would stay, one that never came is released without harm.
  await tag(ec2, toLock.filter(({ tags }) => tags[LOCKED_BY_TAG] === undefined).map(idOf), {
    [LOCKED_BY_TAG]: incident,
  });
  const ExpirationDate = new Date(nowMs + HOLD_MS);
  for (const { snapshotId } of toLock)
    await ec2.send(new LockSnapshotCommand({ SnapshotId: snapshotId, LockMode: 'governance', ExpirationDate }));
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
  const released: string[] = [];
  for (const snapshot of Snapshots)
    if (await release(ec2, snapshot, incident)) released.push(snapshot.SnapshotId ?? '');
  return released;
}

async function release(ec2: EC2Client, { SnapshotId = '', Tags = [] }: Snapshot, incident: string): Promise<boolean> {
  const tagOf = (key: string) => Tags.find(({ Key }) => Key === key)?.Value;
  const holders = (tagOf(LEDGER_TAGS.heldBy) ?? '').split(' ');
  if (!holders.includes(incident)) return false;
  const others = holders.filter((holder) => holder !== incident && holder !== '');
  if (others.length > 0) {
    await tag(ec2, [SnapshotId], { [LEDGER_TAGS.heldBy]: others.join(' ') });
    return true;
  }
  if (tagOf(LOCKED_BY_TAG) !== undefined) await unlock(ec2, SnapshotId);
  await untag(ec2, [SnapshotId], [LOCKED_BY_TAG, LEDGER_TAGS.heldBy]);
  return true;
}

/** With which code AWS refuses to unlock what is not locked any more, it does not say: it is looked at first. */
async function unlock(ec2: EC2Client, SnapshotId: string): Promise<void> {
  const { Snapshots = [] } = await ec2.send(new DescribeLockedSnapshotsCommand({ SnapshotIds: [SnapshotId] }));
  const isLocked = Snapshots.some(({ LockState }) => LockState === 'governance');
  if (isLocked) await ec2.send(new UnlockSnapshotCommand({ SnapshotId }));
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

const idOf = ({ snapshotId }: Pick<SnapshotFact, 'snapshotId'>): string => snapshotId;

/** Several incidents may hold the same: their ids, one after the other. */
function heldWith(heldBy: string | null, incident: string): string {
  const holders = heldBy?.split(' ') ?? [];
  return holders.includes(incident) ? holders.join(' ') : [...holders, incident].join(' ').slice(-TAG_VALUE_MAX).trim();
}

async function tag(
  ec2: EC2Client,
  Resources: readonly string[],
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  if (Resources.length === 0) return;
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value: Value.slice(0, TAG_VALUE_MAX) }));
  await ec2.send(new CreateTagsCommand({ Resources: [...Resources], Tags }));
}

async function untag(ec2: EC2Client, Resources: readonly string[], keys: readonly string[]): Promise<void> {
  await ec2.send(new DeleteTagsCommand({ Resources: [...Resources], Tags: keys.map((Key) => ({ Key })) }));
}
