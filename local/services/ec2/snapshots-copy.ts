// Copies of snapshots in another region of the account, as Data Lifecycle Manager makes them. Sources: doc comments of CopySnapshot in
// @aws-sdk/client-ec2; "Copy an Amazon EBS snapshot" (EBS user guide).
import type { Tag } from '@aws-sdk/client-ec2';
import { kmsKey } from '../kms/key-ids.ts';
import type { Snapshot } from './model.ts';
import { emitSnapshotEvent } from './notifications.ts';
import { refuseLocked, remove } from './snapshots.ts';
import { COPIED_MIBPS, MIB, OVERHEAD_MS, REWRITTEN_SHARE } from './snapshots-take.ts';
import type { Ec2State } from './state.ts';

/** "Snapshots created by copying another snapshot have an arbitrary volume ID that should not be used for any purpose." */
const ARBITRARY_VOLUME = 'vol-ffffffff';
const DAY_MS = 24 * 3_600_000;

export interface SnapshotCopy {
  /** Where it is made. */
  readonly region: string;
  readonly description: string;
  readonly tags: readonly Tag[];
  /** A customer key of that region; the region's key for EBS unless given. */
  readonly kmsKeyArn?: string;
}

/**
 * Begins a copy in this region, which is always encrypted: with this region's key, never the source's. It has an id and a time of its own, is `pending`
 * while its blocks come, and ends in `error` where its key is disabled: "the action can appear to complete even though it eventually fails" (KmsKeyId).
 */
export function receiveCopy(
  state: Ec2State,
  source: Snapshot,
  { description, tags, kmsKeyArn }: Omit<SnapshotCopy, 'region'>,
): Snapshot {
  const { ebs, kernel } = state;
  const nowMs = kernel.clock.now();
  const copy: Snapshot = {
    snapshotId: state.newId('snap'),
    volumeId: ARBITRARY_VOLUME,
    ...{ volumeSizeGiB: source.volumeSizeGiB, fullBytes: source.fullBytes, description },
    ...{ ownerId: kernel.accountId, encrypted: true, kmsKeyArn: kmsKey(kmsKeyArn ?? 'alias/aws/ebs', kernel).arn },
    ...{ state: 'pending', startedAtMs: nowMs, lock: undefined, content: source.content, tags },
    dueAtMs: nowMs + takesMs(state, source),
  };
  ebs.lastCopied.set(source.volumeId, { atMs: source.startedAtMs, fullBytes: source.fullBytes });
  ebs.add(copy, nowMs);
  kernel.working({ what: 'snapshot', resources: [copy.snapshotId], from: nowMs, to: copy.dueAtMs });
  kernel.clock.at(copy.dueAtMs, () => complete(state, copy));
  return copy;
}

/** Deletes a copy whose time is over; one that is locked, or gone, is left. */
export function deleteCopy(state: Ec2State, { snapshotId }: Snapshot): void {
  const snapshot = state.ebs.snapshots.get(snapshotId);
  if (!snapshot) return;
  try {
    refuseLocked(snapshot, state.kernel.clock.now());
  } catch {
    return;
  }
  remove(state, snapshot);
}

function complete(state: Ec2State, { snapshotId, kmsKeyArn = '' }: Snapshot): void {
  const { ebs, kernel } = state;
  if (ebs.snapshots.get(snapshotId)?.state !== 'pending') return;
  const isKeyGone = ebs.disabledKeys.has(kmsKeyArn);
  const end = isKeyGone ? { state: 'error' as const, stateMessage: KEY_GONE } : { state: 'completed' as const };
  emitSnapshotEvent(state, [ebs.change(snapshotId, end, kernel.clock.now())], false);
}

/** The message that people report of such copies. */
const KEY_GONE = 'Given key ID is not accessible';

/** Only what has changed since the last copy of the volume comes: "the first copy is full, later ones incremental" where key and Region are the same. */
function takesMs(state: Ec2State, { volumeId, startedAtMs, fullBytes }: Snapshot): number {
  const random = state.kernel.random('ec2/snapshot-copies');
  const last = state.ebs.lastCopied.get(volumeId);
  const changed = last
    ? Math.abs(fullBytes - last.fullBytes) +
      fullBytes * Math.min(1, (REWRITTEN_SHARE * Math.max(0, startedAtMs - last.atMs)) / DAY_MS)
    : fullBytes;
  const seconds = Math.min(changed, fullBytes) / MIB / random.integer(...COPIED_MIBPS);
  return random.integer(...OVERHEAD_MS) + Math.round(seconds * 1_000);
}
