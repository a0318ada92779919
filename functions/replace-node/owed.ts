// What this heal owes the node before it may give up: an instance that it has stopped runs again, a member that it has set aside is back. Pure.
import type { ReplaceMemory } from '../../shared/heal/memory.ts';
import type { Act, End, Facts } from './model.ts';
import { isSpent } from './setbacks.ts';
import { BOUND_MS, isPending, waitedMs, waitFor } from './waits.ts';

/** The next thing that is owed; null where nothing is, or where it cannot be given. */
function owed({ old, nowMs }: Facts, memory: ReplaceMemory): Act | null {
  if (!old) return null;
  const { instanceId, state, autoScalingGroup } = old.instance;
  if (isStopped({ old }, memory)) {
    // Of one that runs already EC2 takes the call as well, and then it is noted that it was started.
    const call = state === 'running' ? 'StopInstances' : 'StartInstances';
    const isStill = (state === 'stopped' || state === 'running') && !isPending(memory, call, instanceId, nowMs);
    if (isStill && !isSpent(memory, START)) return START;
    // On standby it stays: back in service its group would replace what does not run.
    if (state === 'stopped' && isStill) return null;
    if (!isStill)
      return waitedMs(memory, nowMs) > BOUND_MS.stop
        ? stuck(`the instance is still ${state}, and was stopped by this heal`)
        : waitFor(memory, nowMs, `the instance is ${state}`);
  }
  if (memory.done.includes('standing-by') && autoScalingGroup !== null)
    return { do: 'clear', what: 'leave-standby', target: autoScalingGroup };
  return null;
}

const START = { do: 'start-instance', reason: 'it was stopped by this heal' } as const;

const isStopped = ({ old }: Pick<Facts, 'old'>, { done }: ReplaceMemory): boolean =>
  done.includes('stopped') && old !== null && !['terminated', 'shutting-down'].includes(old.instance.state);

/** Describe may be older than the start: nobody is told of an instance that stands still while it boots. */
export const isSeenStopped = ({ old, nowMs }: Facts, memory: ReplaceMemory): boolean =>
  old?.instance.state === 'stopped' && isPending(memory, 'StartInstances', old.instance.instanceId, nowMs);

/** It may not end yet, and does not go on either: a person is told. */
export const stuck = (reason: string): Act => ({
  do: 'end',
  end: { as: 'failed', code: 'step-failed', reason, lookAgainMs: 30 * 60_000 },
});

/** An end, once nothing is owed; what cannot be given is told of. */
export function onceSettled(facts: Facts, memory: ReplaceMemory, end: End): Act {
  const next = owed(facts, memory);
  if (next) return next;
  if (isSeenStopped(facts, memory)) return waitFor(memory, facts.nowMs, 'it was started, and EC2 says stopped still');
  if (facts.old?.instance.state !== 'stopped' || !isStopped(facts, memory))
    return { do: 'end', end: asItIs(facts, end) };
  const why = `its instance is stopped, and cannot be started again: ${memory.setback?.reason}`;
  if (end.as === 'escalated') return { do: 'end', end: { ...end, reason: `${end.reason}; ${why}`, asFound: false } };
  return stuck(why);
}

/** A node is found with its instance running, or nothing is begun: one that does not run now, for whatever reason, is not as it was found. */
function asItIs({ old }: Facts, end: End): End {
  const state = old?.instance.state ?? 'gone';
  if (end.as !== 'escalated' || !end.asFound || state === 'running' || state === 'pending') return end;
  return { ...end, reason: `${end.reason}; its instance is ${state}`, asFound: false };
}
