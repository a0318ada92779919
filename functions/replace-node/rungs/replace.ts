// The rung that gives a node another instance: launched with its client masked, the original fenced, the data moved or restored, the client
// unmasked, and only then what pointed at the original. Two copies of one identity never run (rules 13 and 14 of docs/model.md). Pure.
import type { LadderState, Replacement } from '../../../shared/heal/memory.ts';
import { endRung, giveUpReplacement, noteFenced, noteMasked, planReplacement } from '../acts/decisions.ts';
import { join, standBy, stopInstanceOf } from '../acts/instances.ts';
import { launch } from '../acts/launch.ts';
import { inspect, maskOriginal, takeOver } from '../acts/node-commands.ts';
import { leavePool } from '../acts/precautions.ts';
import { detach, keepVolumes } from '../acts/volumes.ts';
import { type Facts, followsAgain } from '../facts.ts';
import { guardOf } from '../guards.ts';
import { isOriginalTouched, isPending, newReplacement } from '../state.ts';
import { BOUND_MS, isSpent, sentenceOfSetback, waitedMs, waitFor } from './patience.ts';
import { backToOriginal } from './replace-back.ts';
import { type Decision, type Rung, refuse } from './rung.ts';
import { onceSettled, proving } from './settle.ts';
import { lockedOut } from './stop-start.ts';
import { FOLLOWS_AGAIN, needsPool } from './swap.ts';
import { choose, move, prepare, takeAway } from './volumes.ts';

const VOLUMES_UNKNOWN =
  'which volumes are the node’s cannot be told: the node is silent, or they do not fit the fleet file';

export const REPLACE: Rung = {
  name: 'replace',
  class: 'replace',
  asksOriginalFirst: false,
  cannotBegin: (facts, state) =>
    lockedOut(facts, state) ??
    cannotLaunch(facts) ??
    (state !== null && state.found.volumes.length === 0 ? VOLUMES_UNKNOWN : null),
  next: (facts, state) => {
    const { replacement, found } = state;
    if (found.volumes.length === 0) return endRung({ reason: VOLUMES_UNKNOWN });
    if (!replacement) return plan(facts, state);
    if (replacement.givenUp !== null) return backToOriginal(facts, state, replacement, replacement.givenUp);
    const act = launched(facts, state, replacement) ?? ready(facts, state, replacement);
    return isSpent(state, act) ? giveUp(sentenceOfSetback(state)) : act;
  },
};

const giveUp = (reason: string): Decision => giveUpReplacement({ reason });

function cannotLaunch({ original, fleet, launch: verdict }: Facts): string | null {
  if (fleet.units.some(({ runtime }) => runtime.kind === 'commands'))
    return 'its client is started by its owner’s own commands, and cannot be kept from starting on a new instance';
  if (fleet.replace.launchTemplate === undefined && original?.instance.launchTemplate === null)
    return 'neither the fleet file (replace.launchTemplate) nor the instance names a launch template';
  return verdict?.is === 'refused' ? verdict.reason : null;
}

/** The node's own zone first, then those that the fleet file names; each once. */
function plan(facts: Facts, state: LadderState): Decision {
  const { original, fleet, want } = facts;
  const { exhausted, unplaced = [], generation } = state;
  if (!original)
    return refuse('instance-gone', 'the instance is gone, and what it was like cannot be read', { page: true });
  const { instance } = original;
  const hopeless = cannotLaunch(facts) ?? unplaced.find(({ isEverywhere }) => isEverywhere)?.reason;
  if (hopeless !== undefined) return endRung({ reason: hopeless });
  const subnetId = [instance.subnetId, ...fleet.replace.subnetIds].find((id) => id !== '' && !exhausted.includes(id));
  if (subnetId === undefined) {
    const why = unplaced.map((one) => `${one.subnetId}: ${one.reason}`).join('; ');
    return endRung({
      reason: `none of ${exhausted.length} subnets took it; more can be named in replace.subnets${why && ` (${why})`}`,
    });
  }
  const isOwn = subnetId === instance.subnetId;
  // Of another subnet the replacement itself tells.
  const availabilityZone = isOwn ? instance.availabilityZone : '';
  const why =
    want.do === 'replace-instance'
      ? 'a person asked for another instance'
      : 'the instance itself is taken for the trouble';
  return planReplacement({
    replacement: newReplacement({ generation, subnetId, availabilityZone }),
    reason: isOwn ? why : `${why}; the subnets before did not take it`,
  });
}

/** There, running, heard of, and its client masked on disk. */
function launched(
  { replacement: shown, seen, nowMs }: Facts,
  state: LadderState,
  planned: Replacement,
): Decision | null {
  if (planned.instanceId === '') return launch({ reason: `in ${planned.subnetId}, its client masked` });
  if (!shown) {
    return waitedMs(state, nowMs) < BOUND_MS.boot
      ? waitFor(state, nowMs, `${planned.instanceId} is not shown yet`)
      : giveUp('the new instance is not shown');
  }
  const { instance, agentOnline } = shown;
  const { state: power, stateReason } = instance;
  if (power === 'terminated' || power === 'shutting-down' || power === 'stopped')
    return giveUp(`the new instance is ${power}: ${stateReason ?? 'it could not be launched, or somebody ended it'}`);
  const isHeard = planned.heard === planned.fence;
  if (planned.masked && (isHeard || planned.identity === 'replacement')) return null;
  if (power !== 'running' || !agentOnline) {
    return waitedMs(state, nowMs) > BOUND_MS.boot
      ? giveUp(
          `after ${BOUND_MS.boot / 60_000} min the new instance is ${power} and its agent ${agentOnline ? 'answers' : 'is silent'}`,
        )
      : waitFor(state, nowMs, power === 'running' ? 'its agent is not heard of yet' : `the new instance is ${power}`);
  }
  // The first word under each fence: what an attempt before this one has sent to it is over then.
  if (!isHeard || !seen) return inspect({ which: 'replacement' });
  if (seen.clients.every(({ masked, state: is }) => masked && is !== 'running')) return noteMasked({});
  return giveUp('the client of the new instance is not masked: two copies of one identity could run');
}

function ready(facts: Facts, state: LadderState, replacement: Replacement): Decision {
  if (!replacement.volumesKept) return keepVolumes({});
  const moves = replacement.availabilityZone === state.found.availabilityZone;
  const next =
    (moves ? null : restored(facts, state, replacement)) ??
    fence(facts, state, replacement) ??
    (moves ? move(facts, state, 'replacement') : null);
  if (next) return next;
  if (replacement.membership !== 'joined') return join({});
  if (replacement.identity !== 'replacement' || state.upSinceMs === null)
    return takeOver({ reason: 'the old client cannot run any more, and its volumes are here' });
  return proving(facts, state, state.upSinceMs, 'replacement', giveUp);
}

/** In another zone the data come from a snapshot, made and attached while the original is as it is. */
function restored(facts: Facts, state: LadderState, { availabilityZone }: Replacement): Decision | null {
  const { restoredVolumes } = state;
  if (!restoredVolumes) {
    const chosen = choose(facts, state, availabilityZone);
    return 'failed' in chosen ? giveUp(chosen.failed) : chosen;
  }
  if (restoredVolumes.givenUp) return takeAway(facts, state, restoredVolumes, restoredVolumes.givenUp);
  return prepare(facts, state, restoredVolumes, 'replacement');
}

/** The original's client is stopped and masked by its own acknowledgement; or, out of reach, its instance is stopped and has no root volume. */
function fence(facts: Facts, state: LadderState, { fencedBy, originalMask }: Replacement): Decision | null {
  const { original, nowMs } = facts;
  if (fencedBy !== null) return null;
  // One look that does not show it is no proof that it is gone: it was shown when its successor was launched.
  if (!original)
    return waitedMs(state, nowMs) < BOUND_MS.shown
      ? waitFor(state, nowMs, 'the old instance is not shown')
      : noteFenced({ by: 'root-detached' });
  const off = calledOff(facts, state);
  if (off) return off;
  const { instance, agentOnline } = original;
  const { instanceId, state: power, rootVolumeId, rootDevice, autoScalingGroup } = instance;
  if (power === 'terminated') return noteFenced({ by: 'root-detached' });
  if (power === 'running') {
    if (needsPool(facts, state)) return leavePool({});
    if (autoScalingGroup !== null && state.standby !== 'entered') return standBy({ group: autoScalingGroup });
    if (agentOnline && originalMask !== 'unconfirmed')
      return maskOriginal({ reason: 'its identity moves to the new instance' });
    if (!isPending(state, 'StopInstances', instanceId, nowMs))
      return stopInstanceOf({ which: 'original', reason: 'its client cannot be asked to end' });
  }
  if (power !== 'stopped') {
    return waitedMs(state, nowMs) > BOUND_MS.stop
      ? giveUp(`the old instance is still ${power}`)
      : waitFor(state, nowMs, `the old instance is ${power}`);
  }
  if (rootVolumeId === null) return noteFenced({ by: 'root-detached' });
  if (isPending(state, 'DetachVolume', rootVolumeId, nowMs))
    return waitedMs(state, nowMs) > BOUND_MS.detach
      ? giveUp('the root volume of the old instance does not come off')
      : waitFor(state, nowMs, 'its root volume is being detached');
  return detach({
    volumeId: rootVolumeId,
    which: 'original',
    device: rootDevice,
    reason: 'without its root volume nobody can start it by accident',
  });
}

/** A launch and another zone's data take their time: what was true when the rung was taken is asked again before the original feels anything. */
function calledOff(facts: Facts, state: LadderState): Decision | null {
  const isTouched = isOriginalTouched(state);
  // What was intended may not have happened: then it is seen well after that.
  const isSeen = !isTouched || (facts.watched?.observedAtMs ?? 0) > (state.waitingSinceMs ?? facts.nowMs);
  if (isSeen && followsAgain(facts)) return giveUp(FOLLOWS_AGAIN);
  if (isTouched) return null;
  const refusal = guardOf(facts, 'replace');
  return refusal && onceSettled(facts, state, { as: 'refused', refusal });
}
