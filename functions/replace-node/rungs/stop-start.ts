// The rung for an instance that EC2 finds impaired: stopped and started, it comes up on other hardware. Pure.
import { foreignKeyFault, keyDenies } from '../../../shared/aws/keys.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { endRung } from '../acts/decisions.ts';
import { standBy, startInstanceOf, stopInstanceOf } from '../acts/instances.ts';
import { inspect } from '../acts/node-commands.ts';
import { type Facts, isImpaired, type Machine } from '../facts.ts';
import { isPending, isStopOwed } from '../state.ts';
import { BOUND_MS, isSpent, sentenceOfSetback, waitedMs, waitFor } from './patience.ts';
import { type Decision, type Rung, refuse } from './rung.ts';
import { proving } from './settle.ts';

export const STOP_START: Rung = {
  name: 'stop-start',
  class: 'restart',
  asksOriginalFirst: false,
  cannotBegin: lockedOut,
  next: (facts, state) => {
    const { original } = facts;
    if (!original) return failed('the instance is gone');
    const next = state.original === 'started' ? started : isStopOwed(state) ? stopped : running;
    const act = next(facts, state, original);
    return isSpent(state, act) ? failed(sentenceOfSetback(state)) : act;
  },
};

const failed = (reason: string): Decision => endRung({ reason });

/**
 * An instance starts, and takes a volume, by a grant on the volume's key that the caller must be allowed to make ("Required permissions"
 * for EBS encryption): a key that heals may not use would keep it down.
 */
export function lockedOut({ original, volumes, keyScope }: Facts, state: LadderState | null): string | null {
  if (!original) return null;
  const deniedKeys = state?.tried.flatMap(({ deniedKey }) => deniedKey ?? []) ?? [];
  for (const { volumeId, kmsKeyId, attachment } of volumes) {
    if (kmsKeyId === null) continue;
    const why = deniedKeys.includes(kmsKeyId) ? keyDenies(kmsKeyId, keyScope) : foreignKeyFault(kmsKeyId, keyScope);
    if (why !== null && attachment?.instanceId === original.instance.instanceId)
      return `with ${volumeId} on it the instance could not be started again: ${why}`;
  }
  return null;
}

function running(facts: Facts, state: LadderState, { instance, checks, agentOnline }: Machine): Decision {
  const { state: power, autoScalingGroup } = instance;
  if (power === 'running') {
    // EC2 moves an instance that fails its system check by itself ("Simplified automatic recovery"): what comes up is not stopped again.
    if (isComingUp(checks) && waitedMs(state, facts.nowMs) <= BOUND_MS.boot)
      return waitFor(state, facts.nowMs, 'the instance is coming up by itself, its checks are not through');
    if (isUp(checks) && agentOnline)
      return startInstanceOf({ reason: 'EC2 has recovered it by itself: its checks pass and its agent answers' });
    // A member that does not run is replaced by its group, but on standby.
    if (autoScalingGroup !== null && state.standby !== 'entered') return standBy({ group: autoScalingGroup });
    return stopInstanceOf({ which: 'original', reason: 'EC2 finds it impaired, or its agent is silent' });
  }
  // A person's stop is that person's business.
  if (power === 'stopped' || power === 'stopping')
    return refuse('instance-stopped', `the instance is ${power}, by somebody else`, { page: true });
  return waitedMs(state, facts.nowMs) > BOUND_MS.boot
    ? failed(`it is still ${power}`)
    : waitFor(state, facts.nowMs, `the instance is ${power}`);
}

const isUp = (checks: Machine['checks']): boolean => checks?.instance === 'ok' && checks.system === 'ok';

/** A boot, or EC2's own recovery; what is impaired already is no more than that. */
const isComingUp = (checks: Machine['checks']): boolean =>
  checks !== null &&
  [checks.instance, checks.system].includes('initializing') &&
  ![checks.instance, checks.system].includes('impaired');

/** By this heal: intended at least. */
function stopped({ nowMs }: Facts, state: LadderState, { instance }: Machine): Decision {
  const { instanceId, state: power } = instance;
  const isStarting = state.pending?.call === 'StartInstances' && state.pending.target === instanceId;
  if (power === 'stopped' && !isPending(state, 'StartInstances', instanceId, nowMs))
    return startInstanceOf({ reason: 'it has stopped' });
  if (power === 'running' && !isStarting && !isPending(state, 'StopInstances', instanceId, nowMs))
    return stopInstanceOf({
      which: 'original',
      reason: 'what became of the stop before nobody knows, and it runs',
    });
  if (power === 'running' && isStarting) return startInstanceOf({ reason: 'it has started: nothing is left to do' });
  return waitedMs(state, nowMs) > BOUND_MS.stop
    ? failed(`it is still ${power}`)
    : waitFor(state, nowMs, `the instance is ${power}`);
}

function started(facts: Facts, state: LadderState, { instance, checks, agentOnline }: Machine): Decision {
  const { nowMs } = facts;
  const { instanceId, state: power, stateReason } = instance;
  if (power === 'stopped' && !isPending(state, 'StartInstances', instanceId, nowMs))
    return failed(`it was started and is stopped again: ${stateReason ?? 'nobody says why'}`);
  if (state.upSinceMs !== null) return proving(facts, state, state.upSinceMs, 'original', failed);
  if (isImpaired(facts)) return failed('EC2 finds it impaired still');
  const up = power === 'running' && isUp(checks);
  if (up && agentOnline) return inspect({ which: 'original' });
  if (waitedMs(state, nowMs) > BOUND_MS.boot)
    return failed(up ? 'its agent stays silent' : `it is ${power}, its checks say ${checks?.instance ?? 'nothing'}`);
  return waitFor(
    state,
    nowMs,
    up ? 'its agent is not heard of yet' : `the instance is ${power}, its checks are not through`,
  );
}
