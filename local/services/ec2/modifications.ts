// Elastic Volumes: ModifyVolume with its states, limits and budget. Sources: doc comment of ModifyVolumeCommand in @aws-sdk/client-ec2; "Monitor the
// progress of Amazon EBS volume modifications" and "Amazon EBS Elastic Volumes" (EBS user guide).
import type {
  DescribeVolumesModificationsRequest,
  DescribeVolumesModificationsResult,
  ModifyVolumeRequest,
  ModifyVolumeResult,
  VolumeModification,
} from '@aws-sdk/client-ec2';
import { AwsError, notEmulated, type Operation } from '../../simulator/service.ts';
import { tellPerformance } from './contents.ts';
import { modified } from './limits.ts';
import type { Modification, Volume } from './model.ts';
import { emitVolumeEvent } from './notifications.ts';
import { type FilterFields, filtered, paged, refuseDryRun } from './query.ts';
import { type Ec2State, withIds } from './state.ts';

const DAY_MS = 24 * 3_600_000;
/** "You can modify a volume up to four times within a rolling 24-hour period." */
const MODIFICATIONS_PER_DAY = 4;
/** "Size changes usually take a few seconds to complete": the limits of our random time. */
const MODIFYING_MS = [6_000, 18_000] as const;
/** "Typically, a fully used 1-TiB volume takes about 6 hours to migrate to a new performance configuration." */
const OPTIMIZING_MS_PER_GIB = (6 * 3_600_000) / 1_024;
const OPTIMIZING_MS_MIN = 60_000;

type ModifiedVolume = { readonly volume: Volume; readonly modification: Modification };

const FIELDS: FilterFields<ModifiedVolume> = {
  'modification-state': ({ modification }) => [modification.state],
  'original-iops': ({ modification }) => [modification.original.iops],
  'original-size': ({ modification }) => [modification.original.sizeGiB],
  'original-volume-type': ({ modification }) => [modification.original.type],
  originalMultiAttachEnabled: () => [false],
  'start-time': ({ modification }) => [new Date(modification.startedAtMs)],
  'target-iops': ({ modification }) => [modification.target.iops],
  'target-size': ({ modification }) => [modification.target.sizeGiB],
  'target-volume-type': ({ modification }) => [modification.target.type],
  targetMultiAttachEnabled: () => [false],
  'volume-id': ({ volume }) => [volume.volumeId],
};

export function modificationOperations(state: Ec2State): Record<string, Operation> {
  return {
    ModifyVolume: (input: ModifyVolumeRequest): ModifyVolumeResult => {
      const volume = state.volume(input.VolumeId ?? '');
      if (input.MultiAttachEnabled !== undefined) throw notEmulated('MultiAttachEnabled of ModifyVolume');
      if ((input.VolumeType ?? input.Size ?? input.Iops ?? input.Throughput) === undefined) {
        const message =
          'Invalid input: Must specify at least one of size, type, iops, throughput, multi_attach_enabled';
        throw new AwsError('InvalidParameterValue', message);
      }
      const target = modified(volume.performance, {
        ...(input.VolumeType === undefined ? {} : { type: input.VolumeType }),
        ...(input.Size === undefined ? {} : { sizeGiB: input.Size }),
        ...(input.Iops === undefined ? {} : { iops: input.Iops }),
        ...(input.Throughput === undefined ? {} : { throughputMiBps: input.Throughput }),
      });
      refuseUnlessModifiable(volume, state.kernel.clock.now());
      refuseDryRun(input);
      const { type, sizeGiB } = target;
      const before = volume.performance;
      state.quotas.askForModification(state, type, sizeGiB);
      state.quotas.askForStorage(state, type, before.type === type ? sizeGiB - before.sizeGiB : sizeGiB);
      const begun = begin(state, volume, target);
      return { VolumeModification: described(begun, state.kernel.clock.now()) };
    },

    DescribeVolumesModifications: (input: DescribeVolumesModificationsRequest): DescribeVolumesModificationsResult => {
      refuseDryRun(input);
      const atMs = state.readMoment();
      const chosen = withIds(state.volumesAt(atMs), input.VolumeIds, (volume) => volume.volumeId, 'vol');
      const never = input.VolumeIds?.length ? chosen.find((volume) => !volume.modification) : undefined;
      if (never) {
        throw new AwsError(
          'InvalidVolumeModification.NotFound',
          `Modification for volume '${never.volumeId}' does not exist.`,
        );
      }
      const shown = chosen.flatMap((volume) =>
        volume.modification ? [{ volume, modification: volume.modification }] : [],
      );
      const matching = filtered(shown, input.Filters, FIELDS, ({ volume }) => volume.tags);
      const { items, ...rest } = paged(matching, input, { min: 1, max: 500 });
      return { VolumesModifications: items.map((item) => described(item, atMs)), ...rest };
    },
  };
}

function refuseUnlessModifiable(volume: Volume, nowMs: number): void {
  const { volumeId, modification, modificationStartsMs, phase } = volume;
  if (phase !== undefined) throw new AwsError('IncorrectState', `Volume '${volumeId}' is in the '${phase}' state.`);
  if (modification?.state === 'modifying' || modification?.state === 'optimizing') {
    throw new AwsError(
      'IncorrectModificationState',
      `Volume ${volumeId} cannot be modified in modification state ${modification.state.toUpperCase()}`,
    );
  }
  const recent = modificationStartsMs.filter((startMs) => startMs > nowMs - DAY_MS);
  const oldestMs = recent.at(-MODIFICATIONS_PER_DAY);
  if (oldestMs === undefined) return;
  // "If you exceed this limit, you get an error message that indicates when you can perform your next modification."
  throw new AwsError(
    'VolumeModificationRateExceeded',
    `You've reached the maximum modification rate per volume limit. The next modification of ${volumeId} is possible at ${new Date(oldestMs + DAY_MS).toISOString()}.`,
  );
}

function begin(state: Ec2State, volume: Volume, target: Modification['target']): ModifiedVolume {
  const { kernel } = state;
  const { volumeId } = volume;
  const nowMs = kernel.clock.now();
  const random = kernel.random('ec2/modifications');
  const usableAtMs = nowMs + random.integer(...MODIFYING_MS);
  const optimizingMs = Math.max(
    OPTIMIZING_MS_MIN,
    target.sizeGiB * OPTIMIZING_MS_PER_GIB * (0.8 + 0.4 * random.next()),
  );
  const modification: Modification = {
    state: 'modifying',
    original: volume.performance,
    target,
    startedAtMs: nowMs,
    dueAtMs: Math.round(usableAtMs + optimizingMs),
    endedAtMs: undefined,
    statusMessage: undefined,
  };
  const startsMs = [...volume.modificationStartsMs.filter((startMs) => startMs > nowMs - DAY_MS), nowMs];
  const changed = state.changeVolume(volumeId, { modification, modificationStartsMs: startsMs });
  const resources = [volumeId, ...(volume.attachment ? [volume.attachment.instanceId] : [])];
  kernel.working({ what: 'EBS modification', resources, from: nowMs, to: usableAtMs });
  kernel.clock.at(usableAtMs, () => {
    if (!state.doomed.delete(volumeId)) return becomeUsable(state, volumeId);
    kernel.met('fail-growth');
    fail(state, volumeId);
  });
  return { volume: changed, modification };
}

// A volume may be deleted before its modification continues: its instance was terminated.

/** `optimizing`: "size changes take effect after the volume has transitioned to the Optimizing state". */
function becomeUsable(state: Ec2State, volumeId: string): void {
  const { modification, attachment } = state.volumes.get(volumeId) ?? {};
  if (!modification) return;
  state.changeVolume(volumeId, {
    performance: modification.target,
    modification: { ...modification, state: 'optimizing' },
  });
  if (attachment) {
    const machine = state.machines.get(attachment.instanceId);
    machine?.volumeResized(volumeId, modification.target.sizeGiB);
    // "During optimization, volume performance is in between the source and target": here it is the target's at once.
    tellPerformance(machine, volumeId, modification.target);
  }
  emitVolumeEvent(state, volumeId, 'modifyVolume', 'optimizing');
  completeAt(state, volumeId, modification.dueAtMs);
}

/** Ends an `optimizing` modification at its time. */
export function completeAt(state: Ec2State, volumeId: string, atMs: number): void {
  state.kernel.clock.at(atMs, () => complete(state, volumeId));
}

function complete(state: Ec2State, volumeId: string): void {
  const { modification } = state.volumes.get(volumeId) ?? {};
  if (modification?.state !== 'optimizing') return;
  const endedAtMs = state.kernel.clock.now();
  state.changeVolume(volumeId, { modification: { ...modification, state: 'completed', endedAtMs } });
  emitVolumeEvent(state, volumeId, 'modifyVolume', 'completed');
}

/** "Rarely, a transient AWS fault can result in a failed state. … If this occurs, retry the volume modification." */
function fail(state: Ec2State, volumeId: string): void {
  const { modification } = state.volumes.get(volumeId) ?? {};
  if (!modification) return;
  const statusMessage = 'The modification failed because of an internal error';
  const ended = { ...modification, state: 'failed' as const, endedAtMs: state.kernel.clock.now(), statusMessage };
  state.changeVolume(volumeId, { modification: ended });
  emitVolumeEvent(state, volumeId, 'modifyVolume', 'failed', statusMessage);
}

function described({ volume, modification }: ModifiedVolume, atMs: number): VolumeModification {
  const { original, target, startedAtMs, dueAtMs, endedAtMs, statusMessage } = modification;
  return {
    VolumeId: volume.volumeId,
    ModificationState: modification.state,
    TargetSize: target.sizeGiB,
    TargetVolumeType: target.type,
    TargetMultiAttachEnabled: false,
    OriginalSize: original.sizeGiB,
    OriginalVolumeType: original.type,
    OriginalMultiAttachEnabled: false,
    Progress: progressOf(modification, atMs, startedAtMs, dueAtMs),
    StartTime: new Date(startedAtMs),
    ...(target.iops === undefined ? {} : { TargetIops: target.iops }),
    ...(target.throughputMiBps === undefined ? {} : { TargetThroughput: target.throughputMiBps }),
    ...(original.iops === undefined ? {} : { OriginalIops: original.iops }),
    ...(original.throughputMiBps === undefined ? {} : { OriginalThroughput: original.throughputMiBps }),
    ...(endedAtMs === undefined ? {} : { EndTime: new Date(endedAtMs) }),
    ...(statusMessage === undefined ? {} : { StatusMessage: statusMessage }),
  };
}

function progressOf({ state }: Modification, atMs: number, startedAtMs: number, dueAtMs: number): number {
  if (state === 'completed') return 100;
  if (state !== 'optimizing') return 0;
  return Math.min(99, Math.max(0, Math.floor((100 * (atMs - startedAtMs)) / (dueAtMs - startedAtMs))));
}
