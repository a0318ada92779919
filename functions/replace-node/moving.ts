// Volumes that move from one instance to the other, and back. Pure.
import type { ReplaceMemory } from '../../shared/heal/memory.ts';
import type { Act, Facts } from './model.ts';
import { BOUND_MS, isPending, waitedMs, waitFor } from './waits.ts';

const giveUp = (reason: string): Act => ({ do: 'give-up-machine', reason });

/** Each found volume off the one instance and onto the other; null when all are there. */
export function move(facts: Facts, memory: ReplaceMemory, { to }: { readonly to: 'old' | 'young' }): Act | null {
  const { nowMs, volumes, young } = facts;
  const { found, machine } = memory;
  const target = to === 'young' ? (machine?.instanceId ?? '') : found.instanceId;
  const taken = (young?.instance.devices ?? []).map(({ device }) => device);
  for (const [at, { volumeId, device }] of found.volumes.entries()) {
    const volume = volumes.find((candidate) => candidate.volumeId === volumeId);
    if (!volume) return stuckMove(to, `${volumeId} is gone`, memory, nowMs);
    const { attachment } = volume;
    if (attachment?.instanceId === target && attachment.state === 'attached') continue;
    if (
      attachment &&
      attachment.instanceId !== target &&
      attachment.state === 'attached' &&
      !isPending(memory, 'DetachVolume', volumeId, nowMs)
    )
      return {
        do: 'detach',
        volumeId,
        which: to === 'young' ? 'old' : 'young',
        device: attachment.device,
        reason: 'it moves',
      };
    if (volume.state === 'available' && !isPending(memory, 'AttachVolume', volumeId, nowMs)) {
      const name = to === 'old' ? device : DEVICES.filter((one) => !taken.includes(one))[at];
      return { do: 'attach', volumeId, which: to, device: name ?? device, reason: 'it moves' };
    }
    if (waitedMs(memory, nowMs) > BOUND_MS.detach)
      return stuckMove(to, `${volumeId} is still ${attachment?.state ?? volume.state}`, memory, nowMs);
    return waitFor(memory, nowMs, `${volumeId} is ${attachment?.state ?? volume.state}`);
  }
  return null;
}

/** On the way there the old instance gets everything back; on the way back it is waited for, and a person is told by the bound of the heal. */
const stuckMove = (to: 'old' | 'young', reason: string, memory: ReplaceMemory, nowMs: number): Act =>
  to === 'young' ? giveUp(reason) : waitFor(memory, nowMs, reason);

/** "/dev/sd[f-p]" are recommended for EBS data volumes ("Device names for volumes on Amazon EC2 instances"). */
const DEVICES = [...'fghijklmnop'].map((letter) => `/dev/sd${letter}`);
