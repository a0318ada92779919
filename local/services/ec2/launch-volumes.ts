// The volumes that an instance is launched with. They are refused as CreateVolume refuses them, made with the instance, and loaded from their
// snapshots while it boots. Sources: doc comments of EbsBlockDevice in @aws-sdk/client-ec2; "Initialize Amazon EBS volumes" (EBS user guide).
import { AwsError } from '../../simulator/service.ts';
import { encryptionOf, rateOf } from './create-volume.ts';
import type { LaunchPlan, PlannedVolume } from './launch-plan.ts';
import { modified } from './limits.ts';
import type { Launched } from './model.ts';
import { seedVolume } from './seeds.ts';
import type { Ec2State } from './state.ts';
import { followInitialization, initializationOf } from './volume-lifecycle.ts';

/** CreateVolume's refusals, before anything is made. */
export function checkVolume(state: Ec2State, volume: PlannedVolume): void {
  const { type, iops, throughputMiBps, initializationRate, snapshotId } = volume;
  rateOf(state, { VolumeInitializationRate: initializationRate, SnapshotId: snapshotId });
  encryptionFor(state, volume);
  modified(undefined, {
    type,
    sizeGiB: sizeOf(state, volume),
    ...(iops === undefined ? {} : { iops }),
    ...(throughputMiBps === undefined ? {} : { throughputMiBps }),
  });
}

export const encryptionFor = (state: Ec2State, { encrypted, kmsKeyId, snapshotId }: PlannedVolume) =>
  encryptionOf(
    state,
    { Encrypted: encrypted, KmsKeyId: kmsKeyId },
    snapshotId === undefined ? undefined : state.ebs.snapshot(snapshotId),
  );

export function sizeOf(state: Ec2State, { snapshotId, sizeGiB }: PlannedVolume): number {
  const snapshot = snapshotId === undefined ? undefined : state.ebs.snapshot(snapshotId);
  if (snapshot && snapshot.state !== 'completed') {
    throw new AwsError('IncorrectState', `Snapshot is in invalid state - ${snapshot.state}`);
  }
  const ofSnapshot = snapshot?.volumeSizeGiB ?? 0;
  if (sizeGiB === undefined) return ofSnapshot;
  if (sizeGiB >= ofSnapshot) return sizeGiB;
  throw new AwsError(
    'InvalidBlockDeviceMapping',
    `Volume of size ${sizeGiB}GB is smaller than snapshot '${snapshotId}', expect size >= ${ofSnapshot}GB`,
  );
}

/**
 * Encrypted unless the launch says no: the region's account encrypts by default. The volume is attached as soon as it is visible. The blocks of its
 * snapshot load at AWS's own rate unless the launch names one.
 */
export function attachNew(
  state: Ec2State,
  instanceId: string,
  plan: LaunchPlan,
  volume: PlannedVolume,
): Launched['volumes'][number] {
  const { device, snapshotId = '', type, iops, throughputMiBps, initializationRate, deleteOnTermination } = volume;
  const { encrypted, kmsKeyArn } = encryptionFor(state, volume);
  const { volumeId, performance } = seedVolume(state, {
    sizeGiB: sizeOf(state, volume),
    type,
    ...(iops === undefined ? {} : { iops }),
    ...(throughputMiBps === undefined ? {} : { throughputMiBps }),
    encrypted,
    ...(kmsKeyArn === undefined ? {} : { kmsKeyId: kmsKeyArn }),
    snapshotId,
    attachedTo: { instanceId, device, deleteOnTermination },
    tags: Object.fromEntries(plan.tags.volume.map(({ Key = '', Value = '' }) => [Key, Value])),
  });
  const bytes = state.ebs.snapshots.get(snapshotId)?.fullBytes;
  if (bytes !== undefined) {
    const how = {
      type: initializationRate === undefined ? 'default' : 'provisioned-rate',
      rateMiBps: initializationRate,
    } as const;
    const initialization = initializationOf(state, { bytes }, how, state.kernel.clock.now());
    state.changeVolume(volumeId, { initialization });
    followInitialization(state, volumeId, initialization);
  }
  return { volumeId, device, snapshotId, sizeGiB: performance.sizeGiB };
}
