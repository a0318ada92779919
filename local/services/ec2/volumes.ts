// EBS volumes: describe, status, delete. They are made in create-volume.ts and copy-volumes.ts, and attached in attachments.ts. Sources: doc comments
// of the commands in @aws-sdk/client-ec2; "Amazon EBS volume lifecycle" (EBS user guide).
import type {
  DeleteVolumeRequest,
  DescribeVolumeStatusRequest,
  DescribeVolumeStatusResult,
  DescribeVolumesRequest,
  DescribeVolumesResult,
} from '@aws-sdk/client-ec2';
import { AwsError, type Operation } from '../../simulator/service.ts';
import { attachmentOperations } from './attachments.ts';
import { volumeCopyOperations } from './copy-volumes.ts';
import { volumeCreationOperations } from './create-volume.ts';
import { emitVolumeEvent } from './notifications.ts';
import { filtered, paged, refuseDryRun } from './query.ts';
import { type Ec2State, withIds } from './state.ts';
import { describedVolume, describedVolumeStatus, VOLUME_FIELDS, VOLUME_STATUS_FIELDS } from './volume-views.ts';

/** "The volume can remain in the deleting state for several minutes." (DeleteVolume) Limits of our random time. */
const DELETING_MS = [2_000, 180_000] as const;

export function volumeOperations(state: Ec2State): Record<string, Operation> {
  return {
    ...volumeCreationOperations(state),
    ...volumeCopyOperations(state),
    ...attachmentOperations(state),

    DescribeVolumes: (input: DescribeVolumesRequest): DescribeVolumesResult => {
      refuseDryRun(input);
      const chosen = withIds(state.volumesAt(state.readMoment()), input.VolumeIds, (volume) => volume.volumeId, 'vol');
      const matching = filtered(chosen, input.Filters, VOLUME_FIELDS, (volume) => volume.tags);
      const { items, ...rest } = paged(matching, input, { min: 5, max: 500 });
      return { Volumes: items.map((volume) => describedVolume(state, volume)), ...rest };
    },

    DescribeVolumeStatus: (input: DescribeVolumeStatusRequest): DescribeVolumeStatusResult => {
      refuseDryRun(input);
      const atMs = state.readMoment();
      const chosen = withIds(state.volumesAt(atMs), input.VolumeIds, (volume) => volume.volumeId, 'vol');
      const matching = filtered(chosen, input.Filters, VOLUME_STATUS_FIELDS, () => []);
      const { items, ...rest } = paged(matching, input, { min: 5, max: 1_000 });
      return { VolumeStatuses: items.map((volume) => describedVolumeStatus(volume, atMs)), ...rest };
    },

    DeleteVolume: (input: DeleteVolumeRequest): object => {
      const { volumeId, phase, attachment } = state.volume(input.VolumeId ?? '');
      // "The volume must be in the available state (not attached to an instance)."
      if (attachment) {
        throw new AwsError('VolumeInUse', `Volume ${volumeId} is currently attached to ${attachment.instanceId}`);
      }
      if (phase !== undefined) throw new AwsError('IncorrectState', `Volume '${volumeId}' is in the '${phase}' state.`);
      refuseDryRun(input);
      remove(state, volumeId);
      return {};
    },
  };
}

function remove(state: Ec2State, volumeId: string): void {
  const { clock } = state.kernel;
  state.changeVolume(volumeId, { phase: 'deleting' });
  clock.after(state.kernel.random('ec2/deletions').integer(...DELETING_MS), () => {
    state.volumes.remove(volumeId, clock.now());
    state.ebs.contents.delete(volumeId);
    emitVolumeEvent(state, volumeId, 'deleteVolume', 'deleted');
  });
}
