// How EC2 describes a volume, its attachment and its status, and its filters. Source: doc comments of Volume, VolumeStatusItem and their requests in
// @aws-sdk/client-ec2; "Monitor the status of Amazon EBS volume initialization" (EBS user guide).
import type {
  Volume as DescribedVolume,
  InitializationStatusDetails,
  VolumeAttachment,
  VolumeState,
  VolumeStatusItem,
} from '@aws-sdk/client-ec2';
import type { Attachment, Initialization, Volume } from './model.ts';
import type { FilterFields } from './query.ts';
import { keyOf } from './snapshots-take.ts';
import type { Ec2State } from './state.ts';

const stateOfVolume = ({ phase, attachment }: Volume): VolumeState => phase ?? (attachment ? 'in-use' : 'available');

export const VOLUME_FIELDS: FilterFields<Volume> = {
  'attachment.attach-time': ({ attachment }) => [attachment && new Date(attachment.attachedAtMs)],
  'attachment.delete-on-termination': ({ attachment }) => [attachment?.deleteOnTermination],
  'attachment.device': ({ attachment }) => [attachment?.device],
  'attachment.instance-id': ({ attachment }) => [attachment?.instanceId],
  'attachment.status': ({ attachment }) => [attachment?.state],
  'availability-zone': (volume) => [volume.availabilityZone],
  'create-time': (volume) => [new Date(volume.createdAtMs)],
  encrypted: (volume) => [volume.encrypted],
  'fast-restored': () => [false],
  'multi-attach-enabled': () => [false],
  size: (volume) => [volume.performance.sizeGiB],
  'snapshot-id': (volume) => [volume.snapshotId],
  'source-volume-id': (volume) => [volume.sourceVolumeId],
  status: (volume) => [stateOfVolume(volume)],
  'volume-id': (volume) => [volume.volumeId],
  'volume-type': (volume) => [volume.performance.type],
};

export const VOLUME_STATUS_FIELDS: FilterFields<Volume> = {
  'action.code': ({ impaired }) => (impaired === 'io-disabled' ? ['enable-volume-io'] : []),
  'attachment-status.instance-id': ({ attachment }) => [attachment?.instanceId],
  'availability-zone': ({ availabilityZone }) => [availabilityZone],
  'event.event-type': () => [],
  'volume-status.details-name': () => ['io-enabled', 'io-performance'],
  'volume-status.details-status': () => ['passed', 'not-applicable'],
  'volume-status.status': ({ impaired }) => [impaired === undefined ? 'ok' : 'impaired'],
};

export const describedAttachment = (volumeId: string, attachment: Attachment): VolumeAttachment => ({
  VolumeId: volumeId,
  InstanceId: attachment.instanceId,
  Device: attachment.device,
  State: attachment.state,
  AttachTime: new Date(attachment.attachedAtMs),
  DeleteOnTermination: attachment.deleteOnTermination,
});

export function describedVolume(state: Ec2State, volume: Volume): DescribedVolume {
  const { attachment, volumeId } = volume;
  return {
    ...describedNew(state, volume),
    FastRestored: false,
    Attachments: attachment ? [describedAttachment(volumeId, attachment)] : [],
  };
}

/** Attachments and FastRestored: "This parameter is not returned by CreateVolume." */
export function describedNew(state: Ec2State, volume: Volume): DescribedVolume {
  const { performance, volumeId, sourceVolumeId, initialization } = volume;
  const kmsKeyArn = keyOf(state, volume);
  return {
    VolumeId: volumeId,
    VolumeArn: state.arn('volume', volumeId),
    Size: performance.sizeGiB,
    VolumeType: performance.type,
    ...(performance.iops === undefined ? {} : { Iops: performance.iops }),
    ...(performance.throughputMiBps === undefined ? {} : { Throughput: performance.throughputMiBps }),
    AvailabilityZone: volume.availabilityZone,
    State: stateOfVolume(volume),
    CreateTime: new Date(volume.createdAtMs),
    Encrypted: volume.encrypted,
    ...(kmsKeyArn === undefined ? {} : { KmsKeyId: kmsKeyArn }),
    SnapshotId: volume.snapshotId,
    ...(sourceVolumeId === undefined ? {} : { SourceVolumeId: sourceVolumeId }),
    ...(initialization?.rateMiBps === undefined ? {} : { VolumeInitializationRate: initialization.rateMiBps }),
    MultiAttachEnabled: false,
    Tags: [...volume.tags],
  };
}

/** "Volume status … does not reflect the volume state." What is shown of an impaired one: "EBS volume status checks", "EBS volume events". */
export function describedVolumeStatus(volume: Volume, atMs: number): VolumeStatusItem {
  const { volumeId, availabilityZone, attachment, initialization, impaired } = volume;
  const isDisabled = impaired === 'io-disabled';
  const shown = initialization && progressOf(initialization, atMs);
  const initialized = shown?.Progress === 100 ? 'completed' : 'initializing';
  return {
    VolumeId: volumeId,
    AvailabilityZone: availabilityZone,
    Actions: isDisabled ? [{ Code: 'enable-volume-io', Description: 'Enable volume I/O' }] : [],
    Events:
      impaired === undefined
        ? []
        : [
            {
              EventType: isDisabled ? 'potential-data-inconsistency' : 'io-performance:stalled',
              Description: 'Stalled',
            },
          ],
    AttachmentStatuses: attachment ? [{ InstanceId: attachment.instanceId, IoPerformance: 'not-applicable' }] : [],
    VolumeStatus: {
      Status: impaired === undefined ? 'ok' : 'impaired',
      Details: [
        { Name: 'io-enabled', Status: isDisabled ? 'failed' : 'passed' },
        { Name: 'io-performance', Status: 'not-applicable' },
        ...(shown ? [{ Name: 'initialization-state' as const, Status: initialized }] : []),
      ],
    },
    ...(shown ? { InitializationStatusDetails: shown } : {}),
  };
}

/** The progress at the last update of the information. The estimate is "only available for" provisioned rates. */
function progressOf(initialization: Initialization, atMs: number): InitializationStatusDetails {
  const { type, rateMiBps, startedAtMs, dueAtMs, updatedEveryMs } = initialization;
  const sinceMs = Math.max(0, atMs - startedAtMs);
  const shownMs = startedAtMs + updatedEveryMs * Math.floor(sinceMs / updatedEveryMs);
  const done = shownMs >= dueAtMs;
  return {
    InitializationType: type,
    Progress: done ? 100 : Math.floor((100 * (shownMs - startedAtMs)) / (dueAtMs - startedAtMs)),
    ...(rateMiBps === undefined
      ? {}
      : { EstimatedTimeToCompleteInSeconds: done ? 0 : Math.ceil((dueAtMs - shownMs) / 1_000) }),
  };
}
