// Handles for scenarios and other services: they change snapshots and keys, and read their true state.
import type { Tag } from '@aws-sdk/client-ec2';
import { type StoredContent, simulatedContent, type VolumeContent } from '../../nodes/content.ts';
import { kmsKey } from '../kms/key-ids.ts';
import { contentOf, writtenBytes } from './contents.ts';
import type { Snapshot, Volume } from './model.ts';
import { refuseLocked, remove } from './snapshots.ts';
import { deleteCopy, receiveCopy, type SnapshotCopy } from './snapshots-copy.ts';
import { receiveShared, share } from './snapshots-shared.ts';
import { checkSnapshotId, type EbsState, type ForeignKeyPolicy } from './snapshots-state.ts';
import { keyOf, refuseUnlessTakeable, take } from './snapshots-take.ts';
import { isLocked } from './snapshots-views.ts';
import type { Ec2State } from './state.ts';

export interface SnapshotSeed {
  readonly snapshotId?: string;
  readonly volumeId: string;
  /** When it was taken; an hour ago by default. */
  readonly startedAtMs?: number;
  /** By default some minutes later; after now: it is `pending`, and never completes. */
  readonly completedAtMs?: number;
  readonly state?: 'completed' | 'error';
  /** By default its volume's present content; undefined if that is unknown, too. */
  readonly content?: StoredContent;
  /** By default its volume's; required if that volume does not exist any more. */
  readonly sizeGiB?: number;
  readonly encrypted?: boolean;
  readonly kmsKeyId?: string;
  /** Another account, which has shared it with us. */
  readonly ownerId?: string;
  readonly description?: string;
  /** May include AWS's tags: "aws:dlm:lifecycle-policy-id". */
  readonly tags?: Readonly<Record<string, string>>;
}

export interface EbsHandles {
  /** Adds a snapshot that was taken in the past; returns its id. */
  addSnapshot(seed: SnapshotSeed): string;
  /** The true state; throws the service's own error for an unknown id. */
  snapshot(snapshotId: string): Snapshot;
  /** In the order of their creation. */
  snapshots(): readonly Snapshot[];
  /** Takes snapshots of these volumes now; throws the service's own error if it would refuse. Returns their ids. */
  takeSnapshots(
    volumeIds: readonly string[],
    how?: {
      readonly description?: string;
      readonly tags?: (volume: Volume) => readonly Tag[];
      readonly together?: boolean;
    },
  ): string[];
  /** Throws the service's own error for a locked snapshot. */
  deleteSnapshot(snapshotId: string): void;
  isSnapshotLocked(snapshotId: string): boolean;
  /** Another region of the world, into which lifecycle policies copy. */
  copiesTo(region: string, there: Pick<EbsHandles, 'receiveCopy'>): void;
  isBeside(region: string): boolean;
  /** Begins a copy of a completed snapshot in another region. @returns what deletes it there; an Error where there is no such region */
  copySnapshot(snapshotId: string, copy: SnapshotCopy): () => void;
  /** A copy of another region's snapshot begins here. @returns what deletes it */
  receiveCopy(source: Snapshot, copy: Omit<SnapshotCopy, 'region'>): () => void;
  /** Another account in this region, with which lifecycle policies share. */
  sharesWith(accountId: string, there: Pick<EbsHandles, 'receiveShared'>): void;
  isAccount(accountId: string): boolean;
  /** An account of the world may use a completed snapshot from now on, as long as it is there. */
  shareSnapshot(snapshotId: string, accountId: string): void;
  /** A snapshot of another account is shared with this one. @returns what ends that */
  receiveShared(source: Snapshot): () => void;
  /** The next snapshot of this volume ends in `error`. */
  failNextSnapshot(volumeId: string): void;
  /** The content of a volume, attached or not; undefined: empty or unknown. */
  contentOf(volumeId: string): VolumeContent | undefined;
  /** Sets the content of a detached volume. */
  setContent(volumeId: string, content: StoredContent): void;
  /** The Region's quota of `VolumeInitializationRate`, in MiB/s. */
  setInitializationQuota(mibps: number): void;
  /** A person disables a KMS key, or enables it again: under a disabled key volumes are neither created nor attached. */
  setKeyEnabled(keyId: string, enabled: boolean): void;
  isKeyEnabled(keyId: string): boolean;
  /** The policy of another account's key lets this account use it, and perhaps describe it. Without this call it allows nothing. */
  allowForeignKey(keyArn: string, policy: ForeignKeyPolicy): void;
  foreignKey(keyArn: string): ForeignKeyPolicy | undefined;
  /** Sets the check whether a caller may use a key. */
  askForKeys(mayUse: EbsState['mayUse']): void;
}

const HOUR_MS = 3_600_000;
const TOOK_MS = 10 * 60_000;
const GIB = 2 ** 30;

export function ebsHandles(state: Ec2State): EbsHandles {
  const { ebs, kernel } = state;
  const beside = new Map<string, Pick<EbsHandles, 'receiveCopy'>>();
  const accounts = new Map<string, Pick<EbsHandles, 'receiveShared'>>();
  return {
    sharesWith: (accountId, there) => void accounts.set(accountId, there),
    isAccount: (accountId) => accounts.has(accountId),
    shareSnapshot: (snapshotId, accountId) => share(state, snapshotId, accounts.get(accountId)),
    receiveShared: (source) => receiveShared(state, source),
    copiesTo: (region, there) => void beside.set(region, there),
    isBeside: (region) => beside.has(region),
    copySnapshot(snapshotId, { region, ...copy }) {
      const there = beside.get(region);
      if (!there)
        throw new Error(`copySnapshot ${snapshotId}: there is no region ${region} beside ${kernel.regionName}`);
      return there.receiveCopy(ebs.snapshot(snapshotId), copy);
    },
    receiveCopy(source, copy) {
      const made = receiveCopy(state, source, copy);
      return () => deleteCopy(state, made);
    },
    addSnapshot: (seed) => seedSnapshot(state, seed),
    snapshot: (snapshotId) => ebs.snapshot(snapshotId),
    snapshots: () => ebs.snapshots.all(),
    takeSnapshots(volumeIds, { description = '', tags = () => [], together = false } = {}) {
      const volumes = volumeIds.map((volumeId) => state.volume(volumeId));
      for (const volume of volumes) refuseUnlessTakeable(state, volume);
      return take(state, volumes, { description, tags, together }).map(({ snapshotId }) => snapshotId);
    },
    deleteSnapshot(snapshotId) {
      const snapshot = ebs.snapshot(snapshotId);
      refuseLocked(snapshot, kernel.clock.now());
      remove(state, snapshot);
    },
    isSnapshotLocked: (snapshotId) => isLocked(ebs.snapshot(snapshotId), kernel.clock.now()),
    failNextSnapshot: (volumeId) => void ebs.doomedSnapshots.add(state.volume(volumeId).volumeId),
    contentOf: (volumeId) => simulatedContent(contentOf(state, state.volume(volumeId).volumeId)),
    setContent(volumeId, content) {
      const { attachment } = state.volume(volumeId);
      if (attachment) throw new Error(`setContent ${volumeId}: it is attached to ${attachment.instanceId}`);
      ebs.contents.set(volumeId, content);
    },
    setInitializationQuota(mibps) {
      if (!(mibps >= 0)) throw new RangeError(`setInitializationQuota: expected MiB/s of at least 0, found ${mibps}`);
      ebs.initializationQuotaMiBps = mibps;
    },
    setKeyEnabled(keyId, enabled) {
      const { arn } = kmsKey(keyId, kernel);
      if (enabled) ebs.disabledKeys.delete(arn);
      else ebs.disabledKeys.add(arn);
    },
    allowForeignKey(keyArn, policy) {
      ebs.foreignKeys.set(keyArn, policy);
    },
    foreignKey: (keyArn) => ebs.foreignKeys.get(keyArn),
    isKeyEnabled: (keyId) => !ebs.disabledKeys.has(kmsKey(keyId, kernel).arn),
    askForKeys(mayUse) {
      // "To use a KMS key in a different account", both the key's policy and the caller's must allow it.
      ebs.mayUse = (call, keyArn, uses) =>
        (keyArn.split(':')[4] === kernel.accountId || ebs.foreignKeys.has(keyArn)) && mayUse(call, keyArn, uses);
    },
  };
}

function seedSnapshot(state: Ec2State, seed: SnapshotSeed): string {
  const { kernel, ebs } = state;
  const nowMs = kernel.clock.now();
  const snapshotId = seed.snapshotId ?? state.newId('snap');
  checkSnapshotId(snapshotId);
  const volume = state.volumes.get(seed.volumeId);
  const volumeSizeGiB = seed.sizeGiB ?? volume?.performance.sizeGiB;
  const { startedAtMs = nowMs - HOUR_MS, description = '', tags = {} } = seed;
  const dueAtMs = seed.completedAtMs ?? startedAtMs + TOOK_MS;
  if (volumeSizeGiB === undefined) throw new Error(`addSnapshot: there is no volume ${seed.volumeId}; give sizeGiB`);
  if (!(startedAtMs <= nowMs && startedAtMs < dueAtMs)) {
    throw new RangeError(`addSnapshot ${snapshotId}: startedAtMs must be before completedAtMs and not in the future`);
  }
  const content = seed.content ?? (volume && contentOf(state, volume.volumeId));
  const encrypted = seed.encrypted ?? volume?.encrypted ?? true;
  const ofVolume = volume && keyOf(state, volume);
  const key = seed.kmsKeyId ?? ofVolume ?? 'alias/aws/ebs';
  ebs.add(
    {
      snapshotId,
      volumeId: seed.volumeId,
      volumeSizeGiB,
      fullBytes: content?.usedBytes ?? (volume ? writtenBytes(state, volume) : volumeSizeGiB * GIB),
      description,
      ownerId: seed.ownerId ?? kernel.accountId,
      encrypted,
      kmsKeyArn: encrypted ? kmsKey(key, kernel).arn : undefined,
      state: seed.state ?? (dueAtMs > nowMs ? 'pending' : 'completed'),
      startedAtMs,
      dueAtMs,
      lock: undefined,
      content,
      tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    },
    startedAtMs,
  );
  return snapshotId;
}
