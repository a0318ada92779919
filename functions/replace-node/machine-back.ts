// The way back from a new instance that did not help: its client down for sure, the volumes and the root where they were, the old one again. Pure.
import type { NewInstance, ReplaceMemory } from '../../shared/heal/memory.ts';
import type { Act, Facts } from './model.ts';
import { move } from './moving.ts';
import { takeAway } from './swap.ts';
import { BOUND_MS, isPending, waitedMs, waitFor } from './waits.ts';

export function backToOld(facts: Facts, memory: ReplaceMemory, machine: NewInstance, reason: string): Act {
  const { copy } = memory;
  const silenced = silence(facts, memory, machine, reason);
  if (silenced) return silenced;
  if (copy) return takeAway(facts, memory, { ...copy, mounted: 'found' }, copy.givenUp ?? { fault: 'other', reason });
  // Nothing of the old instance was touched before it was fenced.
  if (machine.fencedBy === null && !memory.done.includes('fencing')) return { do: 'drop-machine' };
  const moved = move(facts, memory, { to: 'old' });
  if (moved) return moved;
  return restoreOld(facts, memory, machine, reason);
}

/** The young client is masked by its own acknowledgement, or its instance is stopped. It was never unmasked where identity is not `new`. */
function silence({ young, nowMs }: Facts, memory: ReplaceMemory, machine: NewInstance, reason: string): Act | null {
  if (machine.instanceId === '' || !young) return null;
  const { instance, agentOnline } = young;
  if (instance.state === 'stopped' || instance.state === 'terminated') return null;
  if (
    machine.identity === 'new' &&
    agentOnline &&
    instance.state === 'running' &&
    !memory.done.includes('young-mask-failed')
  )
    return { do: 'mask-young', reason };
  if (machine.identity === 'new' || !memory.done.includes('young-stopped')) {
    if (instance.state === 'running' && !isPending(memory, 'StopInstances', instance.instanceId, nowMs))
      return { do: 'stop-instance', which: 'young', reason };
    if (instance.state === 'stopping' || instance.state === 'running' || instance.state === 'pending')
      return waitFor(memory, nowMs, `the new instance is ${instance.state}`);
  }
  return null;
}

function restoreOld({ old, nowMs }: Facts, memory: ReplaceMemory, machine: NewInstance, reason: string): Act {
  if (!old) return { do: 'drop-machine' };
  const { instance, agentOnline } = old;
  const root = machine.oldRoot;
  if (root && instance.rootVolumeId === null) {
    if (isPending(memory, 'AttachVolume', root.volumeId, nowMs))
      return waitFor(memory, nowMs, 'the old root volume is being attached');
    return { do: 'attach', volumeId: root.volumeId, which: 'old', device: root.device, reason: 'it is put back' };
  }
  if (machine.joined) return { do: 'leave' };
  if (instance.state === 'stopped' && !isPending(memory, 'StartInstances', instance.instanceId, nowMs))
    return { do: 'start-instance', reason: `it is put back: ${reason}` };
  if (machine.fencedBy !== 'acknowledgement') return { do: 'drop-machine' };
  // Its client was masked on its own word: it is unmasked and started by another one.
  if (agentOnline && !memory.done.includes('old-started')) return { do: 'start-old', reason };
  if (agentOnline || waitedMs(memory, nowMs) > BOUND_MS.boot) return { do: 'drop-machine' };
  return waitFor(memory, nowMs, 'the old instance comes up');
}
