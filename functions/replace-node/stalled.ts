// A volume of the node that completes no I/O. No rung cures that: a client, a stop and an unmount would hang in the same I/O, and by force what was not
// written yet would be lost. Most stalls pass, and then the node is looked at again. Pure.
import type { ImpairedVolume } from '../../shared/aws/volumes.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { Facts } from './facts.ts';

const MINUTE_MS = 60_000;
/** A stall that lasts for longer is told. AWS names no time: our own bound. */
const PASSES_WITHIN_MS = 15 * MINUTE_MS;
const AGAIN_MS = 5 * MINUTE_MS;

/** Why nothing is done to the node; null where its volumes complete their I/O, as far as EC2 says. */
export function judgeStalled({
  nowMs,
  onsetMs,
  original,
  impairedVolumes,
}: Pick<Facts, 'nowMs' | 'onsetMs' | 'original' | 'impairedVolumes'>): Refusal | null {
  const isUnreached = original?.checks?.attachedEbs === 'impaired';
  if (!isUnreached && impairedVolumes.length === 0) return null;
  const ageMs = nowMs - onsetMs;
  const disabled = impairedVolumes.filter(({ isIoDisabled }) => isIoDisabled);
  const retryAfterMs = Math.min(AGAIN_MS, Math.max(MINUTE_MS, PASSES_WITHIN_MS - ageMs));
  if (disabled.length > 0)
    return {
      refuse: 'ebs-impaired',
      reason: `EBS has disabled the I/O of ${idsOf(disabled)}, since its data may be inconsistent: a person decides (aws ec2 enable-volume-io, then a check of its filesystem)`,
      page: true,
      retryAfterMs: AGAIN_MS,
    };
  const which =
    impairedVolumes.length > 0
      ? `${idsOf(impairedVolumes)} completes no I/O`
      : 'the instance cannot reach an EBS volume';
  return {
    refuse: 'ebs-impaired',
    reason: `${which}: a restart or a stop would hang in it and cure nothing. Most stalls pass; its incident is ${Math.floor(ageMs / MINUTE_MS)} min old`,
    page: ageMs >= PASSES_WITHIN_MS,
    retryAfterMs,
  };
}

const idsOf = (volumes: readonly ImpairedVolume[]): string => volumes.map(({ volumeId }) => volumeId).join(', ');
