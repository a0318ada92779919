// Attaches and detaches volumes. Sources: doc comments of AttachVolume and DetachVolume in @aws-sdk/client-ec2; "Attach an Amazon EBS volume to an
// instance", "Detach an Amazon EBS volume" (EBS user guide); "Device names for volumes" (EC2 user guide); "Error codes for the EC2 API".
import type { AttachVolumeRequest, DetachVolumeRequest, VolumeAttachment } from '@aws-sdk/client-ec2';
import { AwsError, type Call, notEmulated, type Operation } from '../../simulator/service.ts';
import { attachContent, detachContent } from './contents.ts';
import type { Attachment, Volume } from './model.ts';
import { emitVolumeEvent } from './notifications.ts';
import { refuseDryRun } from './query.ts';
import { keyOf } from './snapshots-take.ts';
import type { Ec2State } from './state.ts';
import { describedAttachment } from './volume-views.ts';

/** Limits of our random times; AWS publishes none (December 2026: none at "DetachVolume", which may be "delayed indefinitely"). */
const ATTACHING_MS = [2_000, 6_000] as const;
const DETACHING_MS = [2_000, 8_000] as const;
/** A volume in `busy` is checked again at this interval, for a day. */
const BUSY_LOOK_MS = 30_000;
const BUSY_LOOKS_MAX = 2_880;
/** Nitro: "up to 28 attachments", network interfaces and instance store volumes among them ("Instance volume limits"): one is the interface. */
const ATTACHMENTS_MAX = 27;

export function attachmentOperations(state: Ec2State): Record<string, Operation> {
  return {
    AttachVolume: (input: AttachVolumeRequest, call: Call): VolumeAttachment => {
      const volume = state.volume(input.VolumeId ?? '');
      const instance = state.instance(input.InstanceId ?? '');
      const { volumeId, phase } = volume;
      const { instanceId } = instance;
      const device = deviceOf(input);
      if (volume.attachment) throw new AwsError('VolumeInUse', `${volumeId} is already attached to an instance`);
      if (phase !== undefined) throw new AwsError('IncorrectState', `Volume '${volumeId}' is in the '${phase}' state.`);
      if (volume.availabilityZone !== instance.availabilityZone) {
        const message = `The volume '${volumeId}' is not in the same availability zone as instance '${instanceId}'`;
        throw new AwsError('InvalidVolume.ZoneMismatch', message);
      }
      if (instance.state !== 'running' && instance.state !== 'stopped') {
        throw new AwsError('IncorrectState', `Instance '${instanceId}' is not 'running'.`);
      }
      const others = state.attachedAt(state.kernel.clock.now()).get(instanceId) ?? [];
      if (others.some(({ attachment }) => attachment?.device === device)) {
        const message = `Invalid value '${device}' for unixDevice. Attachment point ${device} is already in use`;
        throw new AwsError('InvalidParameterValue', message);
      }
      if (others.length >= ATTACHMENTS_MAX) {
        throw new AwsError(
          'AttachmentLimitExceeded',
          `Volume attachment limit of ${ATTACHMENTS_MAX} exceeded for ${instanceId}`,
        );
      }
      refuseDryRun(input);
      const key = keyOf(state, volume);
      return attach(
        state,
        volume,
        { instanceId, device },
        key === undefined || state.ebs.mayUse(call, key, ['CreateGrant']),
      );
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

/** "/dev/sdh or xvdh" (AttachVolumeRequest.Device) */
function deviceOf({ Device: device = '', EbsCardIndex }: AttachVolumeRequest): string {
  if (EbsCardIndex !== undefined && EbsCardIndex !== 0) throw notEmulated('EbsCardIndex of AttachVolume');
  if (device === '') throw new AwsError('MissingParameter', 'The request must contain the parameter device');
  if (/^(\/dev\/)?(sd[a-z][1-9]?\d?|xvd[a-z]{1,2})$/.test(device)) return device;
  throw new AwsError(
    'InvalidParameterValue',
    `Value (${device}) for parameter device is invalid. ${device} is not a valid EBS device name.`,
  );
}

function attach(
  state: Ec2State,
  { volumeId }: Volume,
  to: { instanceId: string; device: string },
  mayUseKey: boolean,
): VolumeAttachment {
  const { clock } = state.kernel;
  const doneAtMs = clock.now() + state.kernel.random('ec2/attachments').integer(...ATTACHING_MS);
  // A volume attached to an existing instance outlives it, unless its attribute is changed.
  const attachment: Attachment = { ...to, state: 'attaching', attachedAtMs: clock.now(), deleteOnTermination: false };
  state.changeVolume(volumeId, { attachment });
  state.kernel.working({
    what: 'volume attachment',
    resources: [volumeId, to.instanceId],
    from: clock.now(),
    to: doneAtMs,
  });
  clock.at(doneAtMs, () => arrive(state, volumeId, attachment, mayUseKey));
  return describedAttachment(volumeId, attachment);
}

function arrive(state: Ec2State, volumeId: string, begun: Attachment, mayUseKey: boolean): void {
  const volume = state.volumes.get(volumeId);
  const { attachment } = volume ?? {};
  // It was detached again, or its instance was terminated.
  if (!volume || attachment?.state !== 'attaching' || attachment.attachedAtMs !== begun.attachedAtMs) return;
  const key = keyOf(state, volume);
  if (key !== undefined && (!mayUseKey || state.ebs.disabledKeys.has(key))) {
    state.changeVolume(volumeId, { attachment: undefined });
    // The sample event is about a key that is pending deletion ("Volume attach or reattach").
    emitVolumeEvent(
      state,
      volumeId,
      'attachVolume',
      'failed',
      `${key} is ${mayUseKey ? 'disabled' : 'not accessible'}.`,
    );
    return;
  }
  state.changeVolume(volumeId, { attachment: { ...attachment, state: 'attached' } });
  attachContent(state, volume, state.machines.get(attachment.instanceId), attachment.device);
}

/** A mounted volume is stuck in `busy`, "delayed indefinitely until you unmount the volume, force detachment, reboot" (SDK). */
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
    detachContent(state, volumeId, machine);
    state.changeVolume(volumeId, { attachment: undefined });
    return;
  }
  if (attachment.state !== 'busy') state.changeVolume(volumeId, { attachment: { ...attachment, state: 'busy' } });
  if (looks > 0) state.kernel.clock.after(BUSY_LOOK_MS, () => letGo(state, volumeId, force, looks - 1));
}
