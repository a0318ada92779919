// The way back from a new instance that did not help: its client down for sure, the volumes and the root where they were, the old one again. Pure.
import type { NewInstance, ReplaceMemory } from '../../shared/heal/memory.ts';
import type { Act, Facts } from './model.ts';
import { move } from './moving.ts';
import { isSeenStopped, stuck } from './owed.ts';
import { isSpent } from './setbacks.ts';
import { takeAway } from './swap.ts';
import { BOUND_MS, isPending, waitedMs, waitFor } from './waits.ts';

/** Intended at least: whatever was begun with the old instance, or told of in the fleet, is put back. */
export const TOUCHED: readonly string[] = ['fencing', 'masking', 'joining', 'stopped'];

export function backToOld(facts: Facts, memory: ReplaceMemory, machine: NewInstance, reason: string): Act {
  const { copy } = memory;
  if (machine.instanceId === '') return { do: 'drop-machine' };
  const silenced = silence(facts, memory, reason);
  if (silenced) return silenced;
  if (copy) return takeAway(facts, memory, { ...copy, mounted: 'found' }, copy.givenUp ?? { fault: 'other', reason });
  if (!TOUCHED.some((what) => memory.done.includes(what)))
    return isSeenStopped(facts, memory)
      ? waitFor(memory, facts.nowMs, 'the old instance was started, and EC2 says stopped still')
      : { do: 'drop-machine' };
  return move(facts, memory, { to: 'old' }) ?? restoreOld(facts, memory, machine, reason);
}

/** Whether the new client was ever to be unmasked. */
const isUnmasked = ({ done }: ReplaceMemory): boolean => done.includes('taking-over') && !done.includes('young-masked');

/** The new client is masked by its own acknowledgement; or its instance is stopped and has no root volume. It is kept, stopped. */
function silence({ young, nowMs }: Facts, memory: ReplaceMemory, reason: string): Act | null {
  // It may not be shown yet; one that is gone for good runs no client.
  if (!young) return waitedMs(memory, nowMs) < SHOWN_AFTER_MS ? waitFor(memory, nowMs, 'it is not shown yet') : null;
  const { instance, agentOnline } = young;
  const { state, instanceId, rootVolumeId, rootDevice } = instance;
  if (state === 'terminated') return null;
  if (state === 'stopped') {
    if (!isUnmasked(memory) || rootVolumeId === null) return null;
    if (isPending(memory, 'DetachVolume', rootVolumeId, nowMs))
      return waitFor(memory, nowMs, 'its root volume is being detached');
    const why = 'without its root volume nobody can start it by accident';
    return { do: 'detach', volumeId: rootVolumeId, which: 'young', device: rootDevice, reason: why };
  }
  if (state === 'running' && isUnmasked(memory) && agentOnline && !memory.done.includes('young-mask-failed'))
    return { do: 'mask-young', reason };
  if (state === 'running' && !isPending(memory, 'StopInstances', instanceId, nowMs))
    return { do: 'stop-instance', which: 'young', reason };
  return waitedMs(memory, nowMs) > BOUND_MS.stop
    ? stuck(`the new instance is still ${state}`)
    : waitFor(memory, nowMs, `the new instance is ${state}`);
}

export const SHOWN_AFTER_MS = 5 * 60_000;

function restoreOld({ old, nowMs }: Facts, memory: ReplaceMemory, machine: NewInstance, reason: string): Act {
  const state = old?.instance.state ?? 'terminated';
  if (!old || state === 'terminated') return { do: 'drop-machine' };
  const { instance, agentOnline } = old;
  const root = machine.oldRoot;
  if (root && isPending(memory, 'DetachVolume', root.volumeId, nowMs))
    return waitFor(memory, nowMs, 'the old root volume may be on its way off');
  if (root && instance.rootVolumeId === null) {
    if (isPending(memory, 'AttachVolume', root.volumeId, nowMs))
      return waitFor(memory, nowMs, 'the old root volume is being attached');
    return { do: 'attach', volumeId: root.volumeId, which: 'old', device: root.device, reason: 'it is put back' };
  }
  if (memory.done.includes('joining')) return { do: 'leave' };
  const start: Act = { do: 'start-instance', reason: `it is put back: ${reason}` };
  if (state === 'stopped' && !isPending(memory, 'StartInstances', instance.instanceId, nowMs))
    return isSpent(memory, start) ? { do: 'drop-machine' } : start;
  const pending = isPending(memory, 'StopInstances', instance.instanceId, nowMs);
  // Its client was to be masked: it is unmasked and started by another word.
  const masked = memory.done.includes('masking');
  if (state === 'running' && !pending && !masked) return { do: 'drop-machine' };
  if (state === 'running' && !pending && agentOnline) return { do: 'start-old', reason };
  return waitedMs(memory, nowMs) > BOUND_MS.stop
    ? stuck(
        `the old instance is ${state}, its agent ${agentOnline ? 'answers' : 'is silent'}, and its client ${masked ? 'is masked' : 'is to run'}`,
      )
    : waitFor(memory, nowMs, 'the old instance comes up');
}
