// Snapshots: describe, delete, lock and unlock. Sources: doc comments of the commands in @aws-sdk/client-ec2; "Considerations for Amazon EBS
// snapshot lock" (EBS user guide). Only governance locks are modelled.
import type {
  DeleteSnapshotRequest,
  DescribeLockedSnapshotsRequest,
  DescribeLockedSnapshotsResult,
  DescribeSnapshotsRequest,
  DescribeSnapshotsResult,
  LockSnapshotRequest,
  LockSnapshotResult,
  UnlockSnapshotRequest,
  UnlockSnapshotResult,
} from '@aws-sdk/client-ec2';
import { AwsError, notEmulated, type Operation } from '../../simulator/service.ts';
import type { Snapshot, SnapshotLock } from './model.ts';
import { type FilterFields, filtered, paged, refuseDryRun } from './query.ts';
import { checkSnapshotId, unknownSnapshot } from './snapshots-state.ts';
import { snapshotTakingOperations } from './snapshots-take.ts';
import { describedSnapshot, isLocked, lockOf, snapshotFields } from './snapshots-views.ts';
import type { Ec2State } from './state.ts';

const DAY_MS = 24 * 3_600_000;
/** "Allowed values: Min: 1, max 36500" (LockDuration) */
const LOCK_DAYS_MAX = 36_500;

export function snapshotOperations(state: Ec2State): Record<string, Operation> {
  const { ebs, kernel } = state;
  return {
    ...snapshotTakingOperations(state),

    DescribeSnapshots: (input: DescribeSnapshotsRequest): DescribeSnapshotsResult => {
      refuseDryRun(input);
      const atMs = state.readMoment();
      const chosen = withIds(state.snapshotsAt(atMs), input.SnapshotIds);
      const owned = chosen.filter((snapshot) => isVisible(state, snapshot, input));
      const matching = filtered(owned, input.Filters, snapshotFields(atMs), ({ tags }) => tags);
      const { items, ...rest } = paged(matching, input, { min: 5, max: 1_000 });
      return { Snapshots: items.map((snapshot) => describedSnapshot(snapshot, atMs)), ...rest };
    },

    DeleteSnapshot: (input: DeleteSnapshotRequest): object => {
      const snapshot = ownedSnapshot(state, input.SnapshotId);
      refuseLocked(snapshot, kernel.clock.now());
      refuseDryRun(input);
      remove(state, snapshot);
      return {};
    },

    LockSnapshot: (input: LockSnapshotRequest): LockSnapshotResult => {
      const snapshot = ownedSnapshot(state, input.SnapshotId);
      const lock = newLock(input, kernel.clock.now());
      if (snapshot.state === 'error') {
        throw new AwsError('IncorrectState', `Snapshot '${snapshot.snapshotId}' is in the 'error' state.`);
      }
      refuseDryRun(input);
      const locked = ebs.change(snapshot.snapshotId, { lock }, kernel.clock.now());
      const { OwnerId: _, ...result } = lockOf(locked, kernel.clock.now()) ?? {};
      return result;
    },

    UnlockSnapshot: (input: UnlockSnapshotRequest): UnlockSnapshotResult => {
      const { snapshotId, lock } = ownedSnapshot(state, input.SnapshotId);
      // AWS does not document the error for a snapshot that is not locked.
      if (!lock) throw new AwsError('IncorrectState', `Snapshot '${snapshotId}' is not locked.`);
      refuseDryRun(input);
      ebs.change(snapshotId, { lock: undefined }, kernel.clock.now());
      return { SnapshotId: snapshotId };
    },

    DescribeLockedSnapshots: (input: DescribeLockedSnapshotsRequest): DescribeLockedSnapshotsResult => {
      refuseDryRun(input);
      const atMs = state.readMoment();
      const locks = withIds(state.snapshotsAt(atMs), input.SnapshotIds).flatMap(
        (snapshot) => lockOf(snapshot, atMs) ?? [],
      );
      const fields: FilterFields<(typeof locks)[number]> = { 'lock-state': ({ LockState }) => [LockState] };
      const matching = filtered(locks, input.Filters, fields, () => []);
      const { items, ...rest } = paged(matching, input, { min: 5, max: 1_000 });
      return { Snapshots: [...items], ...rest };
    },
  };
}

/** Refuses nothing: the caller has checked. */
export function remove(state: Ec2State, snapshot: Snapshot): void {
  const { ebs, kernel } = state;
  const { volumeId, state: now, dueAtMs } = snapshot;
  const nowMs = kernel.clock.now();
  if (now === 'pending') {
    const others = (ebs.deletedPending.get(volumeId) ?? []).filter((otherMs) => otherMs > nowMs);
    ebs.deletedPending.set(volumeId, [...others, dueAtMs]);
  }
  ebs.remove(snapshot, nowMs);
}

/** Makes tags of snapshots readable and writable like all other tags. */
export function taggableSnapshots(state: Ec2State): void {
  state.taggables.set('snap', {
    type: 'snapshot',
    tagsOf: (id) => state.ebs.snapshot(id).tags,
    setTags: (id, tags) => void state.ebs.change(id, { tags }, state.kernel.clock.now()),
    all: () => state.ebs.snapshots.all().map(({ snapshotId, tags }) => ({ id: snapshotId, tags })),
  });
}

/** "A locked snapshot can't be deleted": AWS does not say with which code. */
export function refuseLocked(snapshot: Snapshot, nowMs: number): void {
  if (!isLocked(snapshot, nowMs)) return;
  throw new AwsError('OperationNotPermitted', `The snapshot '${snapshot.snapshotId}' is locked and cannot be deleted.`);
}

/** A snapshot that another account shares is visible, but cannot be changed. */
function ownedSnapshot(state: Ec2State, snapshotId = ''): Snapshot {
  const snapshot = state.ebs.snapshot(snapshotId);
  if (snapshot.ownerId === state.kernel.accountId) return snapshot;
  throw new AwsError('OperationNotPermitted', `The snapshot '${snapshotId}' is owned by another account.`);
}

function isVisible(
  { kernel: { accountId } }: Ec2State,
  { ownerId }: Snapshot,
  { OwnerIds, RestorableByUserIds }: DescribeSnapshotsRequest,
): boolean {
  const isOwner = OwnerIds?.length
    ? OwnerIds.some((owner) => owner === ownerId || (owner === 'self' && ownerId === accountId))
    : true;
  // Sharing our snapshots with others is not modelled; we may use all snapshots here.
  const restorable = RestorableByUserIds?.length
    ? RestorableByUserIds.some((user) => user === 'self' || user === accountId)
    : true;
  return isOwner && restorable;
}

/** The snapshots with these ids, in the order of all; refuses the whole call if one is malformed or missing. */
function withIds(all: readonly Snapshot[], ids: readonly string[] | undefined): readonly Snapshot[] {
  if (!ids?.length) return all;
  for (const id of ids) checkSnapshotId(id);
  const known = new Set(all.map(({ snapshotId }) => snapshotId));
  const missing = ids.find((id) => !known.has(id));
  if (missing !== undefined) throw unknownSnapshot(missing);
  return all.filter(({ snapshotId }) => ids.includes(snapshotId));
}

function newLock(
  { LockMode, LockDuration, ExpirationDate, CoolOffPeriod }: LockSnapshotRequest,
  nowMs: number,
): SnapshotLock {
  if (LockMode === 'compliance') throw notEmulated('LockMode compliance of LockSnapshot');
  if (LockMode !== 'governance') throw new AwsError('InvalidParameterValue', `Invalid lock mode: ${LockMode}`);
  // "If you lock a snapshot in governance mode, omit CoolOffPeriod."
  if (CoolOffPeriod !== undefined) {
    throw new AwsError('InvalidParameterCombination', 'CoolOffPeriod cannot be used with lock mode governance');
  }
  // "You must specify either this parameter or ExpirationDate, but not both."
  if ((LockDuration === undefined) === (ExpirationDate === undefined)) {
    throw new AwsError('InvalidParameterCombination', 'Specify either LockDuration or ExpirationDate');
  }
  const expiresAtMs = ExpirationDate?.getTime();
  // AWS does not say how it treats a date sooner than the shortest lock; a day is the shortest that it names.
  if (expiresAtMs !== undefined && expiresAtMs < nowMs + DAY_MS)
    throw new AwsError('InvalidParameterValue', 'The expiration date must be at least one day from now');
  const durationDays = LockDuration ?? Math.ceil(((expiresAtMs ?? nowMs) - nowMs) / DAY_MS);
  if (!Number.isInteger(durationDays) || durationDays < 1 || durationDays > LOCK_DAYS_MAX) {
    throw new AwsError('InvalidParameterValue', `The lock must last 1 to ${LOCK_DAYS_MAX} days, not ${durationDays}`);
  }
  return { createdAtMs: nowMs, durationDays, expiresAtMs };
}
