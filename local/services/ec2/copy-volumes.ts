// Makes a volume as a copy of another one in its zone. Sources: doc comments of CopyVolumes and its request in @aws-sdk/client-ec2; "Copy an Amazon
// EBS volume" (EBS user guide), whose console defaults to gp3 while the API defaults to gp2.
import type { CopyVolumesRequest, CopyVolumesResult } from '@aws-sdk/client-ec2';
import { AwsError, type Call, notEmulated, type Operation } from '../../simulator/service.ts';
import { contentNow, writtenBytes } from './contents.ts';
import { encryptionOf, performanceOf, remember, repeated } from './create-volume.ts';
import type { Volume } from './model.ts';
import { refuseDryRun } from './query.ts';
import { keyOf } from './snapshots-take.ts';
import type { Ec2State } from './state.ts';
import { specifiedTags } from './tag-specifications.ts';
import { makeVolume } from './volume-lifecycle.ts';
import { describedNew } from './volume-views.ts';

/** "You can have a maximum of 5 in-progress volume copies per Region." */
const COPIES_MAX = 5;

export function volumeCopyOperations(state: Ec2State): Record<string, Operation> {
  return {
    CopyVolumes: (input: CopyVolumesRequest, call: Call): CopyVolumesResult => {
      const known = repeated(state, 'CopyVolumes', input);
      if (known) return { Volumes: [describedNew(state, known)] };
      if (input.MultiAttachEnabled) throw notEmulated('MultiAttachEnabled of CopyVolumes');
      const source = state.volume(input.SourceVolumeId ?? '');
      const performance = performanceOf(input, source.performance.sizeGiB);
      const key = { encrypted: source.encrypted, kmsKeyArn: keyOf(state, source) };
      const { encrypted, kmsKeyArn, uses } = encryptionOf(state, input, key);
      const tags = specifiedTags(input.TagSpecifications, 'volume');
      refuseUnlessCopyable(state, source);
      refuseDryRun(input);
      state.quotas.askForStorage(state, performance.type, performance.sizeGiB);
      const volume = makeVolume(state, {
        availabilityZone: source.availabilityZone,
        performance,
        encrypted,
        kmsKeyArn,
        content: contentNow(state, source.volumeId),
        bytes: writtenBytes(state, source),
        initialization: { type: 'volume-copy', rateMiBps: undefined },
        snapshotId: '',
        sourceVolumeId: source.volumeId,
        mayUseKey: uses.every((use) => state.ebs.mayUse(call, use.kmsKeyArn, use.uses)),
        // "Tags assigned to the source volume aren't assigned to the volume copy."
        tags,
      });
      remember(state, 'CopyVolumes', input, volume);
      return { Volumes: [describedNew(state, volume)] };
    },
  };
}

function refuseUnlessCopyable(state: Ec2State, source: Volume): void {
  const nowMs = state.kernel.clock.now();
  const { volumeId, phase, modification } = source;
  if (phase !== undefined) throw new AwsError('IncorrectState', `Volume '${volumeId}' is in the '${phase}' state.`);
  // "volume modifications must be in the completed or optimizing state"
  if (modification?.state === 'modifying') {
    throw new AwsError('IncorrectState', `Volume '${volumeId}' cannot be copied while it is being modified.`);
  }
  const inProgress = state.volumes.all().filter((volume) => isCopying(volume, nowMs));
  // "You can't copy a volume copy while it is being created or initialized."
  if (inProgress.includes(source)) {
    throw new AwsError('IncorrectState', `Volume '${volumeId}' is a copy that is not fully initialized.`);
  }
  // Neither code is in the API's list of errors: users report the first one, the second one is in the guide.
  if (inProgress.some(({ sourceVolumeId }) => sourceVolumeId === volumeId)) {
    throw new AwsError('ConcurrentCopyVolumeLimitExceeded', `A copy of volume '${volumeId}' is in progress.`);
  }
  if (inProgress.length >= COPIES_MAX) {
    throw new AwsError('CopyVolumesLimitExceeded', `There are ${COPIES_MAX} volume copies in progress in this Region.`);
  }
}

const isCopying = ({ initialization, phase }: Volume, nowMs: number): boolean =>
  initialization?.type === 'volume-copy' && (phase === 'creating' || initialization.dueAtMs > nowMs);
