// The beginning of a volume's life: `creating`, then `available`, or deleted again if its key may not be used. Then its blocks load. Sources: "Amazon
// EBS volume lifecycle", "Initialize Amazon EBS volumes", "Copy an Amazon EBS volume" (EBS user guide).
import type { Tag } from '@aws-sdk/client-ec2';
import type { StoredContent } from '../../nodes/content.ts';
import type { Performance } from './limits.ts';
import type { Initialization, Volume } from './model.ts';
import { emitInitializationEvent, emitVolumeEvent } from './notifications.ts';
import type { Ec2State } from './state.ts';

/** Limits of our random times; AWS publishes none (December 2026: none in "Initialize Amazon EBS volumes"). */
const CREATING_MS = [3_000, 12_000] as const;
/** "The default volume initialization rate fluctuates": users observe some tens of MiB/s in the background. */
const DEFAULT_MIBPS = [20, 80] as const;
/** "It can take up to 5 minutes for the volume initialization information to be updated", and for the event to be sent. */
const UPDATED_MS = [60_000, 300_000] as const;
const MIB = 2 ** 20;
const TIB = 2 ** 40;
const HOUR_MS = 3_600_000;

export interface VolumePlan {
  readonly availabilityZone: string;
  readonly performance: Performance;
  readonly encrypted: boolean;
  readonly kmsKeyArn: string | undefined;
  /** Undefined: it is empty. */
  readonly content: StoredContent | undefined;
  /** How many bytes must load. */
  readonly bytes: number;
  /** Undefined: no blocks must load. */
  readonly initialization: Pick<Initialization, 'type' | 'rateMiBps'> | undefined;
  readonly snapshotId: string;
  readonly sourceVolumeId: string | undefined;
  /** Checked at the request; a refusal shows later, when the volume vanishes. */
  readonly mayUseKey: boolean;
  readonly tags: readonly Tag[];
}

export function makeVolume(state: Ec2State, plan: VolumePlan): Volume {
  const { clock } = state.kernel;
  const volume: Volume = {
    volumeId: state.newId('vol'),
    performance: plan.performance,
    availabilityZone: plan.availabilityZone,
    encrypted: plan.encrypted,
    kmsKeyArn: plan.kmsKeyArn,
    snapshotId: plan.snapshotId,
    sourceVolumeId: plan.sourceVolumeId,
    createdAtMs: clock.now(),
    phase: 'creating',
    // It cannot be attached before it is available; then its blocks begin to load.
    initialization: plan.initialization && initializationOf(state, plan, plan.initialization, clock.now()),
    attachment: undefined,
    modification: undefined,
    modificationStartsMs: [],
    tags: plan.tags,
  };
  const { volumeId } = volume;
  state.volumes.set(volumeId, volume, clock.now());
  state.ebs.contents.set(volumeId, plan.content);
  const madeAtMs = clock.now() + state.kernel.random('ec2/creations').integer(...CREATING_MS);
  state.kernel.working({ what: 'volume creation', resources: [volumeId], from: clock.now(), to: madeAtMs });
  clock.at(madeAtMs, () => (keyFails(state, plan) ? vanish(state, volumeId, plan) : appear(state, volumeId)));
  return volume;
}

const keyFails = ({ ebs }: Ec2State, { mayUseKey, kmsKeyArn }: VolumePlan): boolean =>
  !mayUseKey || (kmsKeyArn !== undefined && ebs.disabledKeys.has(kmsKeyArn));

/** "AWS authenticates the KMS key asynchronously": "the action can appear to complete, but eventually fails" (CreateVolumeRequest.KmsKeyId). */
function vanish(state: Ec2State, volumeId: string, { kmsKeyArn = '' }: VolumePlan): void {
  state.volumes.remove(volumeId, state.kernel.clock.now());
  state.ebs.contents.delete(volumeId);
  // The sample event is about a disabled key; the text for a caller who may not use the key is ours.
  const cause = state.ebs.disabledKeys.has(kmsKeyArn) ? `${kmsKeyArn} is disabled.` : `${kmsKeyArn} is not accessible.`;
  emitVolumeEvent(state, volumeId, 'createVolume', 'failed', cause);
}

function appear(state: Ec2State, volumeId: string): void {
  const { clock } = state.kernel;
  const planned = state.volumes.get(volumeId)?.initialization;
  const lateMs = planned ? clock.now() - planned.startedAtMs : 0;
  const initialization = planned && {
    ...planned,
    startedAtMs: planned.startedAtMs + lateMs,
    dueAtMs: planned.dueAtMs + lateMs,
  };
  state.changeVolume(volumeId, { phase: undefined, initialization });
  emitVolumeEvent(state, volumeId, 'createVolume', 'available');
  if (initialization) followInitialization(state, volumeId, initialization);
}

/** AWS works on it until it ends, and reports that some minutes later. */
export function followInitialization(state: Ec2State, volumeId: string, { dueAtMs }: Initialization): void {
  const { clock } = state.kernel;
  state.kernel.working({ what: 'volume initialization', resources: [volumeId], from: clock.now(), to: dueAtMs });
  clock.at(dueAtMs + state.kernel.random('ec2/initialization-events').integer(...UPDATED_MS), () => {
    // "If you delete the volume before initialization completes, … you might not receive the event."
    if (state.volumes.get(volumeId)?.phase === undefined && state.volumes.get(volumeId))
      emitInitializationEvent(state, volumeId);
  });
}

/** Also for volumes of a launch: the instance boots while their blocks load. */
export function initializationOf(
  state: Ec2State,
  { bytes }: Pick<VolumePlan, 'bytes'>,
  { type, rateMiBps }: Pick<Initialization, 'type' | 'rateMiBps'>,
  startedAtMs: number,
): Initialization {
  const random = state.kernel.random('ec2/initializations');
  const lastsMs =
    type === 'volume-copy'
      ? copyMs(bytes) * (0.5 + 0.5 * random.next())
      : (1_000 * bytes) / MIB / (rateMiBps ?? random.integer(...DEFAULT_MIBPS));
  const updatedEveryMs = random.integer(...UPDATED_MS);
  return { type, rateMiBps, startedAtMs, dueAtMs: startedAtMs + Math.round(lastsMs), updatedEveryMs };
}

/**
 * At most: "For the first 1 TiB of data blocks … up to 6 hours. For each subsequent 1 TiB … up to 16 TiB … 1.2 hours per TiB. For written
 * data larger than 16 TiB … 24 hours."
 */
function copyMs(bytes: number): number {
  const tib = bytes / TIB;
  if (tib > 16) return 24 * HOUR_MS;
  return HOUR_MS * (6 * Math.min(1, tib) + 1.2 * Math.max(0, tib - 1));
}
