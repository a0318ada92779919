// How EC2 describes a snapshot and its lock, and its filters. Source: doc comments of Snapshot, LockedSnapshotsInfo and DescribeSnapshotsRequest in
// @aws-sdk/client-ec2.
import type { Snapshot as DescribedSnapshot, LockedSnapshotsInfo } from '@aws-sdk/client-ec2';
import type { Snapshot } from './model.ts';
import type { FilterFields } from './query.ts';

const DAY_MS = 24 * 3_600_000;

/** Filter values at a moment. */
export const snapshotFields = (atMs: number): FilterFields<Snapshot> => ({
  description: ({ description }) => [description],
  encrypted: ({ encrypted }) => [encrypted],
  // "from an Amazon-maintained list": the region has none of its snapshots.
  'owner-alias': () => [],
  'owner-id': ({ ownerId }) => [ownerId],
  progress: (snapshot) => [progressOf(snapshot, atMs)],
  'snapshot-id': ({ snapshotId }) => [snapshotId],
  'start-time': ({ startedAtMs }) => [new Date(startedAtMs)],
  status: ({ state }) => [state],
  'storage-tier': () => ['standard'],
  // "Only for snapshot copies."
  'transfer-type': () => [],
  'volume-id': ({ volumeId }) => [volumeId],
  'volume-size': ({ volumeSizeGiB }) => [volumeSizeGiB],
});

const INTERNAL = 'The snapshot could not be completed because of an internal error';

export function describedSnapshot(snapshot: Snapshot, atMs: number): DescribedSnapshot {
  const { state, kmsKeyArn, dueAtMs } = snapshot;
  return {
    SnapshotId: snapshot.snapshotId,
    VolumeId: snapshot.volumeId,
    VolumeSize: snapshot.volumeSizeGiB,
    FullSnapshotSizeInBytes: snapshot.fullBytes,
    Description: snapshot.description,
    OwnerId: snapshot.ownerId,
    Encrypted: snapshot.encrypted,
    State: state,
    StartTime: new Date(snapshot.startedAtMs),
    Progress: progressOf(snapshot, atMs),
    StorageTier: 'standard',
    Tags: [...snapshot.tags],
    ...(kmsKeyArn === undefined ? {} : { KmsKeyId: kmsKeyArn }),
    ...(state === 'completed' ? { CompletionTime: new Date(dueAtMs) } : {}),
    ...(state === 'error' ? { StateMessage: snapshot.stateMessage ?? INTERNAL } : {}),
  };
}

function progressOf({ state, startedAtMs, dueAtMs }: Snapshot, atMs: number): string {
  if (state === 'completed') return '100%';
  const share = (atMs - startedAtMs) / (dueAtMs - startedAtMs);
  return `${Math.min(99, Math.max(0, Math.floor(100 * share)))}%`;
}

/** Undefined: it has none. A snapshot is locked from the request on, although the duration begins when it is completed. */
export function lockOf(snapshot: Snapshot, atMs: number): LockedSnapshotsInfo | undefined {
  const { lock, snapshotId, ownerId, state, dueAtMs } = snapshot;
  if (!lock) return undefined;
  const { createdAtMs, durationDays } = lock;
  const completed = state === 'completed';
  const startMs = completed ? Math.max(createdAtMs, dueAtMs) : undefined;
  const expiresMs = lock.expiresAtMs ?? (startMs === undefined ? undefined : startMs + durationDays * DAY_MS);
  return {
    OwnerId: ownerId,
    SnapshotId: snapshotId,
    LockState: expiresMs !== undefined && expiresMs <= atMs ? 'expired' : 'governance',
    LockDuration: durationDays,
    LockCreatedOn: new Date(createdAtMs),
    ...(startMs === undefined ? {} : { LockDurationStartTime: new Date(startMs) }),
    ...(expiresMs === undefined ? {} : { LockExpiresOn: new Date(expiresMs) }),
  };
}

export const isLocked = (snapshot: Snapshot, atMs: number): boolean =>
  lockOf(snapshot, atMs)?.LockState === 'governance';
