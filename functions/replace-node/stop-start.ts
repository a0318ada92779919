// The rung for an instance that EC2 finds impaired: stopped and started, it comes up on other hardware. Pure.
import type { ReplaceMemory } from '../../shared/heal/memory.ts';
import { isImpaired, refuse } from './begin.ts';
import type { Act, Facts } from './model.ts';
import { proving } from './proving.ts';
import { BOUND_MS, isPending, waitedMs, waitFor } from './waits.ts';

const FAILED = (reason: string): Act => ({ do: 'fail-rung', reason });

export function stopStartNext(facts: Facts, memory: ReplaceMemory): Act {
  const { old, nowMs } = facts;
  if (!old) return FAILED('the instance is gone');
  const { instanceId, state } = old.instance;
  const stopped = memory.done.includes('stopped');
  const started = memory.done.includes('started');
  if (!stopped) {
    // Somebody else's stop is somebody else's business.
    if (state === 'stopped' && memory.intent?.call !== 'StopInstances')
      return refuse('instance-stopped', 'the instance was stopped by somebody else', { page: true });
    if (state === 'stopped') return { do: 'start-instance', reason: 'it has stopped' };
    if (state === 'running' && !isPending(memory, 'StopInstances', instanceId, nowMs))
      return { do: 'stop-instance', which: 'old', reason: 'EC2 finds it impaired, or its agent is silent' };
    return waitedMs(memory, nowMs) > BOUND_MS.stop
      ? FAILED(`it is still ${state}`)
      : waitFor(memory, nowMs, `the instance is ${state}`);
  }
  if (!started) {
    if (state === 'stopped' && !isPending(memory, 'StartInstances', instanceId, nowMs))
      return { do: 'start-instance', reason: 'it has stopped' };
    return waitedMs(memory, nowMs) > BOUND_MS.stop
      ? FAILED(`it is still ${state}`)
      : waitFor(memory, nowMs, `the instance is ${state}`);
  }
  if (state === 'stopped' && !isPending(memory, 'StartInstances', instanceId, nowMs))
    return FAILED('it was started and is stopped again');
  if (memory.upSinceMs === null) {
    if (isImpaired(facts)) return FAILED('EC2 finds it impaired still');
    const up = state === 'running' && old.checks?.instance === 'ok' && old.checks.system === 'ok';
    if (up && old.agentOnline) return { do: 'inspect', which: 'old' };
    return waitedMs(memory, nowMs) > BOUND_MS.boot
      ? FAILED(up ? 'its agent stays silent' : `it is ${state}, its checks say ${old.checks?.instance ?? 'nothing'}`)
      : waitFor(
          memory,
          nowMs,
          up ? 'its agent is not heard of yet' : `the instance is ${state}, its checks are not through`,
        );
  }
  return proving(facts, memory, memory.upSinceMs, 'old', FAILED);
}
