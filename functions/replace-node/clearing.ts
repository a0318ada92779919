// After the proof: what is no longer needed is kept and told of, and whatever knew the old one learns of the new. One piece a turn; each is
// safe to repeat, and none is undone by failing: the node is well already. Pure.
import type { ReplaceMemory } from '../../shared/heal/memory.ts';
import type { Act, Clearing, Facts } from './model.ts';
import { isSpent } from './setbacks.ts';
import { BOUND_MS, isPending, waitedMs, waitFor } from './waits.ts';

/** Noted where snapshots may be held, or not, and nobody knows. */
export const HOLD_UNKNOWN = 'hold-unknown';

export const clearingKey = (what: Clearing | 'detach', target: string): string => `${what} ${target}`.trim();

export function clearUp(facts: Facts, memory: ReplaceMemory): Act {
  const detaching = detachFound(facts, memory);
  if (detaching) return detaching;
  const next = piecesOf(facts, memory).find(([what, target]) => !memory.done.includes(clearingKey(what, target)));
  const stopping = next?.[0] === 'retire' ? stopRetired(facts, memory) : null;
  if (stopping) return stopping;
  if (next) return { do: 'clear', what: next[0], target: next[1] };
  return { do: 'end', end: { as: 'healed', reason: memory.proved ?? '' } };
}

/** After a swap the volumes of before come off, by now unmounted. One that does not is left, and told of. */
function detachFound({ volumes, nowMs }: Facts, memory: ReplaceMemory): Act | null {
  if (memory.rung !== 'swap' || memory.copy === null) return null;
  for (const { volumeId } of memory.found.volumes) {
    const attachment = volumes.find((candidate) => candidate.volumeId === volumeId)?.attachment;
    if (!attachment || attachment.state === 'detached') continue;
    if (attachment.state === 'attached' && !isPending(memory, 'DetachVolume', volumeId, nowMs))
      return {
        do: 'detach',
        volumeId,
        which: 'old',
        device: attachment.device,
        reason: 'the node has proved itself without it; it is kept',
      };
    if (waitedMs(memory, nowMs) <= BOUND_MS.detach) return waitFor(memory, nowMs, `${volumeId} is ${attachment.state}`);
  }
  return null;
}

/** The old instance is kept stopped: masked by its own word it may run still, and costs its price. One that does not stop is left, and told of. */
function stopRetired({ old, nowMs }: Facts, memory: ReplaceMemory): Act | null {
  const { instanceId, state } = old?.instance ?? { instanceId: '', state: 'terminated' };
  const act = { do: 'stop-instance', which: 'old', reason: 'another instance has taken its place' } as const;
  if (state === 'stopped' || state === 'terminated' || isSpent(memory, act)) return null;
  if (state === 'running' && !isPending(memory, 'StopInstances', instanceId, nowMs)) return act;
  return waitedMs(memory, nowMs) > BOUND_MS.stop ? null : waitFor(memory, nowMs, `the old instance is ${state}`);
}

function piecesOf(
  { fleet, old }: Facts,
  { rung, copy, tried, machine, found, done }: ReplaceMemory,
): readonly (readonly [Clearing, string])[] {
  const pieces: (readonly [Clearing, string])[] = [];
  if (copy?.from === 'snapshot') {
    pieces.push(['verify', copy.volumes.map(({ snapshotId }) => snapshotId).join(' ')]);
    // What came up on other data shows that it was those of before that could not be used.
    for (const { snapshotIds, fault } of tried)
      if (fault === 'open' || fault === 'lower-stop') pieces.push(['quarantine', snapshotIds.join(' ')]);
  }
  if (copy?.from === 'kept') pieces.push(['unkeep', copy.volumes.map(({ volumeId }) => volumeId).join(' ')]);
  if (copy && (rung === 'swap' || rung === 'replace')) {
    const ids = found.volumes.map(({ volumeId }) => volumeId).join(' ');
    pieces.push(['keep', ids], ['untarget', ids]);
  }
  if (rung === 'replace' && machine) pieces.push(['hand-over', machine.instanceId], ['retire', found.instanceId]);
  // A retired one stays aside: its group is not to start what must not run again.
  if (rung !== 'replace' && old?.instance.autoScalingGroup && done.includes('standing-by'))
    pieces.push(['leave-standby', old.instance.autoScalingGroup]);
  if (fleet.dns !== undefined) pieces.push(['register', fleet.name]);
  if (rung === 'replace' && fleet.peers?.rotate) pieces.push(['rotate', fleet.name]);
  if (done.includes('held') || done.includes(HOLD_UNKNOWN)) pieces.push(['release-holds', '']);
  return pieces.filter(([, target], at) => target !== '' || pieces[at]?.[0] === 'release-holds');
}
