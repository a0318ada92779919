import type { StoredContent } from '../../nodes/content.ts';
import { AwsError, type Call } from '../../simulator/service.ts';
import type { KeyUse, Snapshot, Volume } from './model.ts';
import { LAG_MS_MAX, VersionedMap } from './versioned-map.ts';

interface IdempotentVolume {
  readonly request: string;
  /** As it was first answered. */
  readonly volume: Volume;
}

/** "Cumulative initialization rate": 5,000 MiB/s in a Region ("Initialize Amazon EBS volumes", quotas). */
const INITIALIZATION_QUOTA_MIBPS = 5_000;
const TOKENS_MAX = 10_000;

/** Of a key policy in another account, as far as it is about this one. */
export type ForeignKeyPolicy = 'use' | 'use-and-describe';

export class EbsState {
  readonly snapshots = new VersionedMap<Snapshot>(LAG_MS_MAX);
  readonly #byVolume = new Map<string, Set<string>>();
  /** Of volumes that are on no machine; a volume that is in here without a content is known to be empty. */
  readonly contents = new Map<string, StoredContent | undefined>();
  /** Requests that have been carried out, by operation and token. */
  readonly tokens = new Map<string, IdempotentVolume>();
  /** Of each volume, when snapshots that were deleted while pending would have been completed: they still count. */
  readonly deletedPending = new Map<string, readonly number[]>();
  /** Volumes whose next snapshot ends in `error`. */
  readonly doomedSnapshots = new Set<string>();
  /** Instances that were launched by somebody who may not use a key of their volumes. */
  readonly lockedOut = new Set<string>();
  /** What keys of other accounts let this account do, by ARN; those that are not in here let it do nothing. */
  readonly foreignKeys = new Map<string, ForeignKeyPolicy>();
  /** KMS keys that are disabled, by ARN. */
  readonly disabledKeys = new Set<string>();
  initializationQuotaMiBps = INITIALIZATION_QUOTA_MIBPS;
  /** Whether a caller may use a key so; the region asks IAM. */
  mayUse: (call: Call, keyArn: string, uses: readonly KeyUse[]) => boolean = () => true;

  /** Throws what EC2 answers for an id that is malformed or unknown. */
  snapshot(snapshotId: string): Snapshot {
    checkSnapshotId(snapshotId);
    const found = this.snapshots.get(snapshotId);
    if (!found) throw unknownSnapshot(snapshotId);
    return found;
  }

  /** In the order of their creation: fleets have thousands of snapshots, a volume has some. */
  ofVolume(volumeId: string): Snapshot[] {
    return [...(this.#byVolume.get(volumeId) ?? [])].flatMap((snapshotId) => this.snapshots.get(snapshotId) ?? []);
  }

  add(snapshot: Snapshot, atMs: number): void {
    const { snapshotId, volumeId } = snapshot;
    const ids = this.#byVolume.get(volumeId) ?? new Set();
    this.#byVolume.set(volumeId, ids.add(snapshotId));
    this.snapshots.set(snapshotId, snapshot, atMs);
  }

  remove({ snapshotId, volumeId }: Snapshot, nowMs: number): void {
    this.#byVolume.get(volumeId)?.delete(snapshotId);
    this.snapshots.remove(snapshotId, nowMs);
  }

  change(snapshotId: string, change: Partial<Snapshot>, nowMs: number): Snapshot {
    const changed = { ...this.snapshot(snapshotId), ...change };
    this.snapshots.set(snapshotId, changed, nowMs);
    return changed;
  }

  remember(key: string, made: IdempotentVolume): void {
    const [oldest] = this.tokens.keys();
    if (this.tokens.size >= TOKENS_MAX && oldest !== undefined) this.tokens.delete(oldest);
    this.tokens.set(key, made);
  }
}

/** Codes of "Error codes for the Amazon EC2 API". */
export function checkSnapshotId(snapshotId: string): void {
  if (/^snap-[0-9a-f]{8}(?:[0-9a-f]{9})?$/.test(snapshotId)) return;
  throw new AwsError('InvalidSnapshotID.Malformed', `Invalid id: "${snapshotId}" (expecting "snap-...")`);
}

export const unknownSnapshot = (snapshotId: string): AwsError =>
  new AwsError('InvalidSnapshot.NotFound', `The snapshot '${snapshotId}' does not exist.`);
