// EBS volumes and their attachments. Sources: doc comments of the commands in @aws-sdk/client-ec2; "Attach an Amazon EBS volume
// to an instance", "Detach an Amazon EBS volume" (EBS user guide); "Error codes for the Amazon EC2 API".
import type {
  AttachVolumeRequest,
  Volume as DescribedVolume,
  DescribeVolumesRequest,
  DescribeVolumesResult,
  DetachVolumeRequest,
  VolumeAttachment,
} from '@aws-sdk/client-ec2';
import { AwsError, type Operation } from '../service.ts';
import { type FilterFields, filtered, paged, refuseDryRun } from './query.ts';
import { type Attachment, type Ec2State, type Volume, withIds } from './state.ts';

/** Bounds of our draws; AWS publishes none. */
const ATTACHING_MS = [2_000, 6_000] as const;
const DETACHING_MS = [2_000, 8_000] as const;
/** A volume in `busy` is looked at again so often, for a day. */
const BUSY_LOOK_MS = 30_000;
const BUSY_LOOKS_MAX = 2_880;

const FIELDS: FilterFields<Volume> = {
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
  status: (volume) => [statusOf(volume)],
  'volume-id': (volume) => [volume.volumeId],
  'volume-type': (volume) => [volume.performance.type],
};

export function volumeOperations(state: Ec2State): Record<string, Operation> {
  return {
    DescribeVolumes: (input: DescribeVolumesRequest): DescribeVolumesResult => {
      refuseDryRun(input);
      const chosen = withIds(state.volumesAt(state.readMoment()), input.VolumeIds, (volume) => volume.volumeId, 'vol');
      const matching = filtered(chosen, input.Filters, FIELDS, (volume) => volume.tags);
      const { items, ...rest } = paged(matching, input, { min: 5, max: 500 });
      return { Volumes: items.map(described), ...rest };
    },

    AttachVolume: (input: AttachVolumeRequest): VolumeAttachment => {
      const volume = state.volume(input.VolumeId ?? '');
      const instance = state.instance(input.InstanceId ?? '');
      const { volumeId } = volume;
      const { instanceId } = instance;
      const device = input.Device ?? '';
      if (device === '') throw new AwsError('MissingParameter', 'The request must contain the parameter device');
      if (volume.attachment) throw new AwsError('VolumeInUse', `${volumeId} is already attached to an instance`);
      if (volume.availabilityZone !== instance.availabilityZone) {
        const message = `The volume '${volumeId}' is not in the same availability zone as instance '${instanceId}'`;
        throw new AwsError('InvalidVolume.ZoneMismatch', message);
      }
      if (instance.state !== 'running' && instance.state !== 'stopped') {
        throw new AwsError('IncorrectState', `Instance '${instanceId}' is not 'running'.`);
      }
      if (attachedTo(state, instanceId).some((other) => other.attachment?.device === device)) {
        const message = `Invalid value '${device}' for unixDevice. Attachment point ${device} is already in use`;
        throw new AwsError('InvalidParameterValue', message);
      }
      refuseDryRun(input);
      return attach(state, volume, { instanceId, device });
    },

    DetachVolume: (input: DetachVolumeRequest): VolumeAttachment => {
      const volume = state.volume(input.VolumeId ?? '');
      const { volumeId, attachment } = volume;
      if (!attachment) throw new AwsError('IncorrectState', `Volume '${volumeId}' is in the 'available' state.`);
      const { instanceId, device } = attachment;
      if ((input.InstanceId ?? instanceId) !== instanceId || (input.Device ?? device) !== device) {
        const message = `The volume '${volumeId}' is not attached to instance '${input.InstanceId ?? instanceId}' as device '${input.Device ?? device}'.`;
        throw new AwsError('InvalidAttachment.NotFound', message);
      }
      const instance = state.instance(instanceId);
      if (device === instance.rootDeviceName && instance.state !== 'stopped') {
        const message = `Unable to detach root volume '${volumeId}' from instance '${instanceId}'`;
        throw new AwsError('OperationNotPermitted', message);
      }
      refuseDryRun(input);
      return detach(state, volume, attachment, input.Force === true);
    },
  };
}

const attachedTo = (state: Ec2State, instanceId: string): readonly Volume[] =>
  state.attachedAt(state.kernel.clock.now()).get(instanceId) ?? [];

function attach(
  state: Ec2State,
  { volumeId, performance }: Volume,
  to: { instanceId: string; device: string },
): VolumeAttachment {
  const { clock } = state.kernel;
  const doneAtMs = clock.now() + state.kernel.random('ec2/attachments').integer(...ATTACHING_MS);
  // What is attached to an instance that exists already outlives it, unless someone says otherwise.
  const attachment: Attachment = { ...to, state: 'attaching', attachedAtMs: clock.now(), deleteOnTermination: false };
  state.changeVolume(volumeId, { attachment });
  state.kernel.working({
    what: 'volume attachment',
    resources: [volumeId, to.instanceId],
    from: clock.now(),
    to: doneAtMs,
  });
  clock.at(doneAtMs, () => {
    // Detached again, or its instance terminated.
    if (state.volumes.get(volumeId)?.attachment !== attachment) return;
    state.changeVolume(volumeId, { attachment: { ...attachment, state: 'attached' } });
    state.machines.get(to.instanceId)?.volumeAttached(volumeId, to.device, performance.sizeGiB);
  });
  return describedAttachment(volumeId, attachment);
}

/** Mounted, it is stuck in `busy`, "delayed indefinitely until you unmount the volume, force detachment, reboot" (SDK). */
function detach(state: Ec2State, { volumeId }: Volume, attachment: Attachment, force: boolean): VolumeAttachment {
  const { clock } = state.kernel;
  const detaching: Attachment = { ...attachment, state: 'detaching' };
  state.changeVolume(volumeId, { attachment: detaching });
  const doneAtMs = clock.now() + state.kernel.random('ec2/attachments').integer(...DETACHING_MS);
  state.kernel.working({
    what: 'volume detachment',
    resources: [volumeId, attachment.instanceId],
    from: clock.now(),
    to: doneAtMs,
  });
  clock.at(doneAtMs, () => letGo(state, volumeId, force, BUSY_LOOKS_MAX));
  return describedAttachment(volumeId, detaching);
}

function letGo(state: Ec2State, volumeId: string, force: boolean, looks: number): void {
  const attachment = state.volumes.get(volumeId)?.attachment;
  if (attachment?.state !== 'detaching' && attachment?.state !== 'busy') return;
  const machine = state.machines.get(attachment.instanceId);
  if (force || !machine?.isMounted(volumeId)) {
    state.changeVolume(volumeId, { attachment: undefined });
    machine?.volumeDetached(volumeId);
    return;
  }
  if (attachment.state !== 'busy') state.changeVolume(volumeId, { attachment: { ...attachment, state: 'busy' } });
  if (looks > 0) state.kernel.clock.after(BUSY_LOOK_MS, () => letGo(state, volumeId, force, looks - 1));
}

const statusOf = (volume: Volume): 'in-use' | 'available' => (volume.attachment ? 'in-use' : 'available');

const describedAttachment = (volumeId: string, attachment: Attachment): VolumeAttachment => ({
  VolumeId: volumeId,
  InstanceId: attachment.instanceId,
  Device: attachment.device,
  State: attachment.state,
  AttachTime: new Date(attachment.attachedAtMs),
  DeleteOnTermination: attachment.deleteOnTermination,
});

function described(volume: Volume): DescribedVolume {
  const { performance, attachment, volumeId } = volume;
  return {
    VolumeId: volumeId,
    Size: performance.sizeGiB,
    VolumeType: performance.type,
    ...(performance.iops === undefined ? {} : { Iops: performance.iops }),
    ...(performance.throughputMiBps === undefined ? {} : { Throughput: performance.throughputMiBps }),
    AvailabilityZone: volume.availabilityZone,
    State: statusOf(volume),
    CreateTime: new Date(volume.createdAtMs),
    Encrypted: volume.encrypted,
    SnapshotId: volume.snapshotId,
    MultiAttachEnabled: false,
    Attachments: attachment ? [describedAttachment(volumeId, attachment)] : [],
    Tags: [...volume.tags],
  };
}
