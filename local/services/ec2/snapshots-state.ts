import type { StoredContent } from '../../nodes/content.ts';
import { AwsError, type Call } from '../../simulator/service.ts';
import type { KeyUse, Snapshot, Volume } from './model.ts';
import { KEPT_MS, VersionedMap } from './versioned-map.ts';

interface IdempotentVolume {
  readonly request: string;
  /** As in the first response. */
  readonly volume: Volume;
}

/** "Cumulative initialization rate": 5,000 MiB/s in a Region ("Initialize Amazon EBS volumes", quotas). */
const INITIALIZATION_QUOTA_MIBPS = 5_000;
const TOKENS_MAX = 10_000;

/** The part of another account's key policy about this account. */
export type ForeignKeyPolicy = 'use' | 'use-and-describe';

export class EbsState {
  readonly snapshots = new VersionedMap<Snapshot>(KEPT_MS);
  readonly #byVolume = new Map<string, Set<string>>();
  /** Of detached volumes; an entry without a content means that the volume is known to be empty. */
  readonly contents = new Map<string, StoredContent | undefined>();
  /** Requests that were carried out, by operation and token. */
  readonly tokens = new Map<string, IdempotentVolume>();
  /** For each volume, when snapshots that were deleted while pending would have been completed: they still count. */
  readonly deletedPending = new Map<string, readonly number[]>();
  /** Volumes whose next snapshot ends in `error`. */
  readonly doomedSnapshots = new Set<string>();
  /** What was last copied here of each volume of another region: copies are incremental. */
  readonly lastCopied = new Map<string, { readonly atMs: number; readonly fullBytes: number }>();
  /** What ends that an account sees a snapshot, by snapshot. */
  readonly shares = new Map<string, readonly (() => void)[]>();
  /** Instances whose launcher may not use a key of their volumes. */
  readonly lockedOut = new Set<string>();
  /** What keys of other accounts allow this account, by ARN; a key without an entry allows nothing. */
  readonly foreignKeys = new Map<string, ForeignKeyPolicy>();
  /** KMS keys that are disabled, by ARN. */
  readonly disabledKeys = new Set<string>();
  initializationQuotaMiBps = INITIALIZATION_QUOTA_MIBPS;
  /** Whether a caller may use a key like this; the region asks IAM. */
  mayUse: (call: Call, keyArn: string, uses: readonly KeyUse[]) => boolean = () => true;

  /** Throws EC2's error for a malformed or unknown id. */
  snapshot(snapshotId: string): Snapshot {
    checkSnapshotId(snapshotId);
    const found = this.snapshots.get(snapshotId);
    if (!found) throw unknownSnapshot(snapshotId);
    return found;
  }

  /** In the order of their creation. Indexed, as fleets have thousands of snapshots and a volume has a few. */
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
    for (const withdraw of this.shares.get(snapshotId) ?? []) withdraw();
    this.shares.delete(snapshotId);
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
