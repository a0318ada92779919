// The rung for an instance that EC2 finds impaired: stopped and started, it comes up on other hardware. Pure.
import type { ReplaceMemory } from '../../shared/heal/memory.ts';
import { isImpaired, refuse } from './begin.ts';
import type { Act, Facts } from './model.ts';
import { proving } from './proving.ts';
import { isSpent } from './setbacks.ts';
import { BOUND_MS, isPending, waitedMs, waitFor } from './waits.ts';

const FAILED = (reason: string): Act => ({ do: 'fail-rung', reason });

export function stopStartNext(facts: Facts, memory: ReplaceMemory): Act {
  const { old } = facts;
  if (!old) return FAILED('the instance is gone');
  const act = memory.done.includes('started')
    ? started(facts, memory, old)
    : memory.done.includes('stopped')
      ? stopped(facts, memory, old)
      : running(facts, memory, old);
  return isSpent(memory, act) ? FAILED(`${memory.setback?.act} did not come off: ${memory.setback?.reason}`) : act;
}

type Old = NonNullable<Facts['old']>;

function running(facts: Facts, memory: ReplaceMemory, { instance, checks, agentOnline }: Old): Act {
  const { state, autoScalingGroup } = instance;
  if (state === 'running') {
    // EC2 moves an instance that fails its system check by itself ("Simplified automatic recovery"): what comes up is not stopped again.
    if (isComingUp(checks) && waitedMs(memory, facts.nowMs) <= BOUND_MS.boot)
      return waitFor(memory, facts.nowMs, 'the instance is coming up by itself, its checks are not through');
    if (isUp(checks) && agentOnline)
      return { do: 'start-instance', reason: 'EC2 has recovered it by itself: its checks pass and its agent answers' };
    // A member that does not run is replaced by its group, but on standby.
    if (autoScalingGroup !== null && !memory.done.includes('standby'))
      return { do: 'standby', group: autoScalingGroup };
    return { do: 'stop-instance', which: 'old', reason: 'EC2 finds it impaired, or its agent is silent' };
  }
  // Somebody else's stop is somebody else's business.
  if (state === 'stopped' || state === 'stopping')
    return refuse('instance-stopped', `the instance is ${state}, by somebody else`, { page: true });
  return waitedMs(memory, facts.nowMs) > BOUND_MS.boot
    ? FAILED(`it is still ${state}`)
    : waitFor(memory, facts.nowMs, `the instance is ${state}`);
}

type Checks = Old['checks'];

const isUp = (checks: Checks): boolean => checks?.instance === 'ok' && checks.system === 'ok';

/** A boot, or EC2's own recovery; what is impaired already is no more than that. */
const isComingUp = (checks: Checks): boolean =>
  checks !== null &&
  [checks.instance, checks.system].includes('initializing') &&
  ![checks.instance, checks.system].includes('impaired');

/** By this heal: intended at least. */
function stopped({ nowMs }: Facts, memory: ReplaceMemory, { instance }: Old): Act {
  const { instanceId, state } = instance;
  const isStarting = memory.intent?.call === 'StartInstances' && memory.intent.target === instanceId;
  if (state === 'stopped' && !isPending(memory, 'StartInstances', instanceId, nowMs))
    return { do: 'start-instance', reason: 'it has stopped' };
  if (state === 'running' && !isStarting && !isPending(memory, 'StopInstances', instanceId, nowMs))
    return { do: 'stop-instance', which: 'old', reason: 'what became of the stop before nobody knows, and it runs' };
  if (state === 'running' && isStarting)
    return { do: 'start-instance', reason: 'it has started: nothing is left to do' };
  return waitedMs(memory, nowMs) > BOUND_MS.stop
    ? FAILED(`it is still ${state}`)
    : waitFor(memory, nowMs, `the instance is ${state}`);
}

function started(facts: Facts, memory: ReplaceMemory, { instance, checks, agentOnline }: Old): Act {
  const { nowMs } = facts;
  const { instanceId, state } = instance;
  if (state === 'stopped' && !isPending(memory, 'StartInstances', instanceId, nowMs))
    return FAILED(`it was started and is stopped again: ${instance.stateReason ?? 'nobody says why'}`);
  if (memory.upSinceMs !== null) return proving(facts, memory, memory.upSinceMs, 'old', FAILED);
  if (isImpaired(facts)) return FAILED('EC2 finds it impaired still');
  const up = state === 'running' && isUp(checks);
  if (up && agentOnline) return { do: 'inspect', which: 'old' };
  if (waitedMs(memory, nowMs) > BOUND_MS.boot)
    return FAILED(up ? 'its agent stays silent' : `it is ${state}, its checks say ${checks?.instance ?? 'nothing'}`);
  return waitFor(
    memory,
    nowMs,
    up ? 'its agent is not heard of yet' : `the instance is ${state}, its checks are not through`,
  );
}
