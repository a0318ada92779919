// Takes snapshots: of one volume, or of all volumes of an instance at one moment. Sources: doc comments of CreateSnapshot and CreateSnapshots in
// @aws-sdk/client-ec2; "Quotas for Amazon EBS"; "Error codes for the Amazon EC2 API".
import type {
  CreateSnapshotRequest,
  CreateSnapshotsRequest,
  CreateSnapshotsResult,
  Snapshot as DescribedSnapshot,
  SnapshotInfo,
  Tag,
} from '@aws-sdk/client-ec2';
import { AwsError, notEmulated, type Operation } from '../../simulator/service.ts';
import { kmsKey } from '../kms/key-ids.ts';
import { contentNow, writtenBytes } from './contents.ts';
import type { Snapshot, Volume } from './model.ts';
import { emitSnapshotEvent } from './notifications.ts';
import { refuseDryRun } from './query.ts';
import { describedSnapshot } from './snapshots-views.ts';
import { checkId, type Ec2State } from './state.ts';
import { specifiedTags } from './tag-specifications.ts';
import { merged } from './tags.ts';

/** Limits of our random times. AWS does not say how long a snapshot takes, only that it depends on the changed blocks. */
export const OVERHEAD_MS = [20_000, 60_000] as const;
export const COPIED_MIBPS = [60, 150] as const;
/** A running client rewrites some of its data, and also adds to them. */
export const REWRITTEN_SHARE = 0.01;
/** "Concurrent snapshots per General Purpose SSD (gp3) volume: 5", and the same for all types but st1 and sc1, which have 1. */
const CONCURRENT_MAX = 5;
/** "Wait at least 15 seconds between concurrent volume snapshots." (SnapshotCreationPerVolumeRateExceeded) */
const CONCURRENT_GAP_MS = 15_000;
const DESCRIPTION_LENGTH_MAX = 255;
/** "You can specify up to 40 volume IDs per request." (ExcludeDataVolumeIds) */
const EXCLUDED_MAX = 40;
export const MIB = 2 ** 20;
const DAY_MS = 24 * 3_600_000;

export interface SnapshotBatch {
  readonly description: string;
  readonly tags: (volume: Volume) => readonly Tag[];
  /** Taken by one request for an instance: one event is about all of them. */
  readonly together: boolean;
}

export function snapshotTakingOperations(state: Ec2State): Record<string, Operation> {
  return {
    CreateSnapshot: (input: CreateSnapshotRequest): DescribedSnapshot => {
      refuseElsewhere(input);
      const volume = state.volume(input.VolumeId ?? '');
      const tags = specifiedTags(input.TagSpecifications, 'snapshot');
      const description = checkedDescription(input.Description);
      refuseUnlessTakeable(state, volume);
      refuseDryRun(input);
      const [snapshot] = take(state, [volume], { description, tags: () => tags, together: false });
      if (!snapshot) throw new Error(`no snapshot of ${volume.volumeId} was taken`);
      // "State" and all that depends on it: the response shows the moment of the request.
      return describedSnapshot(snapshot, state.kernel.clock.now());
    },

    CreateSnapshots: (input: CreateSnapshotsRequest): CreateSnapshotsResult => {
      refuseElsewhere(input);
      const tags = specifiedTags(input.TagSpecifications, 'snapshot');
      const description = checkedDescription(input.Description);
      const volumes = chosen(state, input);
      for (const volume of volumes) refuseUnlessTakeable(state, volume);
      const withTags = (volume: Volume): readonly Tag[] =>
        merged(volume.volumeId, input.CopyTagsFromSource === 'volume' ? userTags(volume) : [], tags);
      for (const volume of volumes) withTags(volume);
      refuseDryRun(input);
      const taken = take(state, volumes, { description, tags: withTags, together: true });
      return { Snapshots: taken.map((snapshot) => infoOf(snapshot, state.kernel.clock.now())) };
    },
  };
}

/** Takes them now. Each has its volume's content at this moment, and is `pending` until its blocks are copied. */
export function take(
  state: Ec2State,
  volumes: readonly Volume[],
  { description, tags, together }: SnapshotBatch,
): Snapshot[] {
  const { clock, accountId } = state.kernel;
  const nowMs = clock.now();
  const taken = volumes.map((volume): Snapshot => {
    const fullBytes = writtenBytes(state, volume);
    const snapshot: Snapshot = {
      snapshotId: state.newId('snap'),
      volumeId: volume.volumeId,
      volumeSizeGiB: volume.performance.sizeGiB,
      fullBytes,
      description,
      ownerId: accountId,
      encrypted: volume.encrypted,
      kmsKeyArn: keyOf(state, volume),
      state: 'pending',
      startedAtMs: nowMs,
      dueAtMs: Math.max(nowMs + takesMs(state, volume, fullBytes), afterPending(state, volume)),
      lock: undefined,
      content: contentNow(state, volume.volumeId),
      tags: tags(volume),
    };
    state.ebs.add(snapshot, nowMs);
    return snapshot;
  });
  for (const { snapshotId, dueAtMs } of taken) {
    // Only work that needs the snapshot waits for it: the volume stays in use.
    state.kernel.working({ what: 'snapshot', resources: [snapshotId], from: nowMs, to: dueAtMs });
    clock.at(dueAtMs, () => complete(state, snapshotId, together ? taken : []));
  }
  return taken;
}

/** User-defined tags: AWS's own tags are not copied. */
const userTags = ({ tags }: Volume): readonly Tag[] => tags.filter(({ Key = '' }) => !Key.startsWith('aws:'));

/** The key that it is encrypted with. */
export const keyOf = (
  state: Ec2State,
  { encrypted, kmsKeyArn }: Pick<Volume, 'encrypted' | 'kmsKeyArn'>,
): string | undefined => (encrypted ? (kmsKeyArn ?? kmsKey('alias/aws/ebs', state.kernel).arn) : undefined);

function complete(state: Ec2State, snapshotId: string, set: readonly Snapshot[]): void {
  const { ebs, kernel } = state;
  const snapshot = ebs.snapshots.get(snapshotId);
  if (snapshot?.state !== 'pending') return;
  const failed = ebs.doomedSnapshots.delete(snapshot.volumeId);
  if (failed) kernel.met('fail-snapshot');
  // "If … the snapshot creation fails for any reason, the lock is canceled." ("Considerations for Amazon EBS snapshot lock")
  const end = failed ? { state: 'error' as const, lock: undefined } : { state: 'completed' as const };
  const changed = ebs.change(snapshotId, end, kernel.clock.now());
  if (set.length === 0) {
    emitSnapshotEvent(state, [changed], false);
    return;
  }
  const now = set.flatMap((other) => ebs.snapshots.get(other.snapshotId) ?? []);
  if (now.every((other) => other.state !== 'pending')) emitSnapshotEvent(state, now, true);
}

/** "Newer snapshots remain in the pending state until the pending snapshot with the oldest Started time moves to the completed state." (re:Post) */
const afterPending = (state: Ec2State, { volumeId }: Volume): number =>
  Math.max(0, ...pendingOf(state, volumeId).map(({ dueAtMs }) => dueAtMs + 1_000));

const pendingOf = (state: Ec2State, volumeId: string): Snapshot[] =>
  state.ebs.ofVolume(volumeId).filter((other) => other.state === 'pending');

/** Only blocks that changed since the last snapshot are copied: snapshots "are incremental" (DeleteSnapshot). */
function takesMs(state: Ec2State, { volumeId }: Volume, fullBytes: number): number {
  const random = state.kernel.random('ec2/snapshots');
  const last = state.ebs.ofVolume(volumeId).findLast((snapshot) => snapshot.state !== 'error');
  const sinceDays = last ? (state.kernel.clock.now() - last.startedAtMs) / DAY_MS : 0;
  const changed = last
    ? Math.abs(fullBytes - last.fullBytes) + fullBytes * Math.min(1, REWRITTEN_SHARE * sinceDays)
    : fullBytes;
  const seconds = Math.min(changed, fullBytes) / MIB / random.integer(...COPIED_MIBPS);
  return random.integer(...OVERHEAD_MS) + Math.round(seconds * 1_000);
}

export function refuseUnlessTakeable(state: Ec2State, { volumeId, phase, performance }: Volume): void {
  if (phase !== undefined) throw new AwsError('IncorrectState', `Volume '${volumeId}' is in the '${phase}' state.`);
  const nowMs = state.kernel.clock.now();
  const pending = pendingOf(state, volumeId);
  const deleted = (state.ebs.deletedPending.get(volumeId) ?? []).filter((dueAtMs) => dueAtMs > nowMs);
  const most = performance.type === 'st1' || performance.type === 'sc1' ? 1 : CONCURRENT_MAX;
  if (pending.length + deleted.length >= most) {
    throw new AwsError(
      'ConcurrentSnapshotLimitExceeded',
      `Maximum allowed in-progress snapshots for a single volume exceeded.`,
    );
  }
  if (pending.some(({ startedAtMs }) => startedAtMs > nowMs - CONCURRENT_GAP_MS)) {
    throw new AwsError(
      'SnapshotCreationPerVolumeRateExceeded',
      'The maximum per volume CreateSnapshot request rate has been exceeded. Use an increasing or variable sleep interval between requests.',
    );
  }
}

/** The volumes attached to the instance, except those that the request excludes. */
function chosen(state: Ec2State, { InstanceSpecification }: CreateSnapshotsRequest): Volume[] {
  const { InstanceId = '', ExcludeBootVolume = false, ExcludeDataVolumeIds = [] } = InstanceSpecification ?? {};
  const instance = state.instance(InstanceId);
  if (ExcludeDataVolumeIds.length > EXCLUDED_MAX) {
    throw new AwsError('InvalidParameterValue', `ExcludeDataVolumeIds takes at most ${EXCLUDED_MAX} volume IDs`);
  }
  const attached = state.attachedAt(state.kernel.clock.now()).get(InstanceId) ?? [];
  const isRoot = ({ attachment }: Volume): boolean => attachment?.device === instance.rootDeviceName;
  for (const volumeId of ExcludeDataVolumeIds) {
    checkId('vol', volumeId);
    const volume = attached.find((candidate) => candidate.volumeId === volumeId);
    // "If you specify the ID of the root volume, the request fails."
    if (!volume || isRoot(volume)) {
      throw new AwsError(
        'InvalidParameterValue',
        `The volume '${volumeId}' is not a data volume of instance '${InstanceId}'`,
      );
    }
  }
  const volumes = attached.filter(
    (volume) => !(ExcludeBootVolume && isRoot(volume)) && !ExcludeDataVolumeIds.includes(volume.volumeId),
  );
  if (volumes.length === 0) {
    throw new AwsError('InvalidParameterValue', `The instance '${InstanceId}' has no volume to take a snapshot of`);
  }
  return volumes;
}

function infoOf(snapshot: Snapshot, atMs: number): SnapshotInfo {
  const { Description, Tags, Encrypted, VolumeId, State, VolumeSize, StartTime, Progress, OwnerId, SnapshotId } =
    describedSnapshot(snapshot, atMs);
  return { Description, Tags, Encrypted, VolumeId, State, VolumeSize, StartTime, Progress, OwnerId, SnapshotId };
}

function refuseElsewhere({ OutpostArn, Location }: CreateSnapshotRequest | CreateSnapshotsRequest): void {
  if (OutpostArn !== undefined) throw notEmulated('snapshots on Outposts');
  if (Location === 'local') throw notEmulated('snapshots in Local Zones');
}

function checkedDescription(description = ''): string {
  if (description.length <= DESCRIPTION_LENGTH_MAX) return description;
  throw new AwsError(
    'InvalidParameterValue',
    `Description must be at most ${DESCRIPTION_LENGTH_MAX} characters long, not ${description.length}`,
  );
}
