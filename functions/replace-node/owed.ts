// What this heal owes the node before it may give up: an instance that it has stopped runs again, a member that it has set aside is back. Pure.
import type { ReplaceMemory } from '../../shared/heal/memory.ts';
import type { Act, Facts } from './model.ts';
import { BOUND_MS, isPending, waitedMs, waitFor } from './waits.ts';

/** The next thing that is owed; null where nothing is. */
export function owed({ old, nowMs }: Facts, memory: ReplaceMemory): Act | null {
  if (!old) return null;
  const { instanceId, state, autoScalingGroup } = old.instance;
  if (memory.done.includes('stopped') && state !== 'terminated' && state !== 'shutting-down') {
    if (state === 'stopped' && !isPending(memory, 'StartInstances', instanceId, nowMs))
      return { do: 'start-instance', reason: 'it was stopped by this heal' };
    const comes = state === 'running' && !isPending(memory, 'StopInstances', instanceId, nowMs);
    if (!comes)
      return waitedMs(memory, nowMs) > BOUND_MS.stop
        ? stuck(`the instance is still ${state}, and was stopped by this heal`)
        : waitFor(memory, nowMs, `the instance is ${state}`);
  }
  if (memory.done.includes('standing-by') && autoScalingGroup !== null)
    return { do: 'clear', what: 'leave-standby', target: autoScalingGroup };
  return null;
}

/** It may not end yet, and does not go on either: a person is told. */
export const stuck = (reason: string): Act => ({
  do: 'end',
  end: { as: 'failed', code: 'step-failed', reason, lookAgainMs: 30 * 60_000 },
});

/** An end, once nothing is owed. */
export const onceSettled = (facts: Facts, memory: ReplaceMemory, act: Act): Act => owed(facts, memory) ?? act;
