// The rung that gives a node another instance: launched with its client masked, the old one fenced, the data moved or restored, the client
// unmasked, and only then whatever pointed at the old one. Two copies of one identity never run (rules 13 and 14 of docs/model.md). Pure.
import { keyBeyondUs, keyDenies } from '../../shared/aws/keys.ts';
import type { NewInstance, ReplaceMemory } from '../../shared/heal/memory.ts';
import type { Rung } from '../../shared/model/rungs.ts';
import { followsAgain, refuse } from './begin.ts';
import { chooseCopy } from './choose.ts';
import { guardOf } from './guard.ts';
import { backToOld, SHOWN_AFTER_MS, TOUCHED } from './machine-back.ts';
import type { Act, Facts } from './model.ts';
import { move } from './moving.ts';
import { onceSettled } from './owed.ts';
import { proving } from './proving.ts';
import { isSpent } from './setbacks.ts';
import { FOLLOWS_AGAIN, needsPool, prepareCopy, takeAway } from './swap.ts';
import { BOUND_MS, isPending, waitedMs, waitFor } from './waits.ts';

const giveUp = (reason: string): Act => ({ do: 'give-up-machine', reason });

export function machineNext(facts: Facts, memory: ReplaceMemory): Act {
  const { machine } = memory;
  if (memory.found.volumes.length === 0) return { do: 'fail-rung', reason: VOLUMES_UNKNOWN };
  if (!machine) return planMachine(facts, memory);
  if (machine.givenUp !== null) return backToOld(facts, memory, machine, machine.givenUp);
  const act = launched(facts, memory, machine) ?? ready(facts, memory, machine);
  return isSpent(memory, act) ? giveUp(`${memory.setback?.act} did not come off: ${memory.setback?.reason}`) : act;
}

const VOLUMES_UNKNOWN =
  'which volumes are the node’s cannot be told: the node is silent, or they do not fit the fleet file';

/** Why a rung cannot be climbed, as is known before anything of it is begun; null where nothing speaks against it. */
export function cannotBegin(facts: Facts, rung: Rung, deniedKeys: readonly string[] = []): string | null {
  if (rung === 'stop-start') return lockedOut(facts, deniedKeys);
  return rung === 'replace' ? (lockedOut(facts, deniedKeys) ?? cannotLaunch(facts)) : null;
}

/** The same once the node was looked at, as far as it could be. */
export const cannotGoOn = (facts: Facts, { found, tried }: ReplaceMemory, rung: Rung): string | null =>
  cannotBegin(
    facts,
    rung,
    tried.flatMap(({ deniedKey }) => deniedKey ?? []),
  ) ?? (rung === 'replace' && found.volumes.length === 0 ? VOLUMES_UNKNOWN : null);

/**
 * An instance starts, and takes a volume, by a grant on the volume's key that whoever starts it must be allowed to make ("Required
 * permissions" for EBS encryption): one that heals may not use would keep it down.
 */
function lockedOut({ old, volumes, keyScope }: Facts, deniedKeys: readonly string[]): string | null {
  if (!old) return null;
  for (const { volumeId, kmsKeyId, attachment } of volumes) {
    if (kmsKeyId === null) continue;
    const why = deniedKeys.includes(kmsKeyId) ? keyDenies(kmsKeyId, keyScope) : keyBeyondUs(kmsKeyId, keyScope);
    if (why !== null && attachment?.instanceId === old.instance.instanceId)
      return `with ${volumeId} on it the instance could not be started again: ${why}`;
  }
  return null;
}

function cannotLaunch({ old, fleet, launch }: Facts): string | null {
  if (fleet.units.some(({ runtime }) => runtime.kind === 'commands'))
    return 'its client is started by its owner’s own commands, and cannot be kept from starting on a new instance';
  if (fleet.replace.launchTemplate === undefined && old?.instance.launchTemplate === null)
    return 'neither the fleet file (replace.launchTemplate) nor the instance names a launch template';
  return launch?.is === 'refused' ? launch.reason : null;
}

/** The node's own zone first, then those that the fleet file names; each once. */
function planMachine(facts: Facts, memory: ReplaceMemory): Act {
  const { old, fleet, want } = facts;
  const { exhausted, unplaced = [] } = memory;
  if (!old) return refuse('instance-gone', 'the instance is gone, and what it was like cannot be read', { page: true });
  const { instance } = old;
  const hopeless = cannotLaunch(facts) ?? unplaced.find(({ isEverywhere }) => isEverywhere)?.reason;
  if (hopeless !== undefined) return { do: 'fail-rung', reason: hopeless };
  const subnetId = [instance.subnetId, ...fleet.replace.subnetIds].find((id) => id !== '' && !exhausted.includes(id));
  if (subnetId === undefined) {
    const why = unplaced.map((one) => `${one.subnetId}: ${one.reason}`).join('; ');
    return {
      do: 'fail-rung',
      reason: `none of ${exhausted.length} subnets took it; more can be named in replace.subnets${why && ` (${why})`}`,
    };
  }
  const isOwn = subnetId === instance.subnetId;
  const next: NewInstance = {
    generation: memory.generation,
    subnetId,
    // Of another subnet the new instance itself tells.
    availabilityZone: isOwn ? instance.availabilityZone : '',
    instanceId: '',
    fence: 0,
    identity: 'old',
    heard: 0,
    masked: false,
    fencedBy: null,
    oldRoot: null,
    joined: false,
    givenUp: null,
  };
  const why =
    want.do === 'replace-instance'
      ? 'a person asked for another instance'
      : 'the instance itself is taken for the trouble';
  return { do: 'plan-machine', machine: next, reason: isOwn ? why : `${why}; the subnets before did not take it` };
}

/** There, running, heard of, and its client masked on disk. */
function launched(facts: Facts, memory: ReplaceMemory, machine: NewInstance): Act | null {
  const { young, nowMs } = facts;
  if (machine.instanceId === '') return { do: 'launch', reason: `in ${machine.subnetId}, its client masked` };
  if (!young) {
    return waitedMs(memory, nowMs) < BOUND_MS.boot
      ? waitFor(memory, nowMs, `${machine.instanceId} is not shown yet`)
      : giveUp('the new instance is not shown');
  }
  const { instance, agentOnline } = young;
  if (instance.state === 'terminated' || instance.state === 'shutting-down' || instance.state === 'stopped')
    return giveUp(
      `the new instance is ${instance.state}: ${instance.stateReason ?? 'it could not be launched, or somebody ended it'}`,
    );
  const isHeard = machine.heard === machine.fence;
  if (machine.masked && (isHeard || machine.identity === 'new')) return null;
  if (instance.state !== 'running' || !agentOnline) {
    return waitedMs(memory, nowMs) > BOUND_MS.boot
      ? giveUp(
          `after ${BOUND_MS.boot / 60_000} min the new instance is ${instance.state} and its agent ${agentOnline ? 'answers' : 'is silent'}`,
        )
      : waitFor(
          memory,
          nowMs,
          instance.state === 'running' ? 'its agent is not heard of yet' : `the new instance is ${instance.state}`,
        );
  }
  // The first word under each fence: what an attempt before this one has sent to it is over then.
  if (!isHeard || !facts.seen) return { do: 'inspect', which: 'young' };
  if (facts.seen.clients.every(({ masked, state }) => masked && state !== 'running')) return { do: 'masked' };
  return giveUp('the client of the new instance is not masked: two copies of one identity could run');
}

function ready(facts: Facts, memory: ReplaceMemory, machine: NewInstance): Act {
  if (!memory.done.includes('keep-volumes')) return { do: 'keep-volumes' };
  const moves = machine.availabilityZone === memory.found.availabilityZone;
  if (!moves) {
    const made = copied(facts, memory, machine);
    if (made) return made;
  }
  const fenced = fence(facts, memory, machine);
  if (fenced) return fenced;
  if (moves) {
    const moved = move(facts, memory, { to: 'young' });
    if (moved) return moved;
  }
  if (!machine.joined) return { do: 'join' };
  if (machine.identity !== 'new' || memory.upSinceMs === null)
    return { do: 'take-over', reason: 'the old client cannot run any more, and its volumes are here' };
  return proving(facts, memory, memory.upSinceMs, 'young', (reason) => giveUp(reason));
}

/** In another zone the data come from a snapshot, made and attached while the old instance is as it is. */
function copied(facts: Facts, memory: ReplaceMemory, machine: NewInstance): Act | null {
  const { copy } = memory;
  if (!copy) {
    const chosen = chooseCopy(facts, memory, machine.availabilityZone);
    return 'failed' in chosen ? giveUp(chosen.failed) : chosen;
  }
  if (copy.givenUp) return takeAway(facts, memory, copy, copy.givenUp);
  return prepareCopy(facts, memory, copy, 'young');
}

/** The old client is stopped and masked by its own acknowledgement; or, out of reach, its instance is stopped and has no root volume. */
function fence(facts: Facts, memory: ReplaceMemory, machine: NewInstance): Act | null {
  const { old, nowMs } = facts;
  if (machine.fencedBy !== null) return null;
  // One look that does not show it is no proof that it is gone: it was shown when its successor was launched.
  if (!old)
    return waitedMs(memory, nowMs) < SHOWN_AFTER_MS
      ? waitFor(memory, nowMs, 'the old instance is not shown')
      : { do: 'fenced', by: 'root-detached' };
  const off = calledOff(facts, memory);
  if (off) return off;
  const { instance, agentOnline } = old;
  const { instanceId, state, rootVolumeId } = instance;
  if (state === 'terminated') return { do: 'fenced', by: 'root-detached' };
  if (state === 'running' && needsPool(facts, memory)) return { do: 'leave-pool' };
  if (state === 'running' && instance.autoScalingGroup !== null && !memory.done.includes('standby'))
    return { do: 'standby', group: instance.autoScalingGroup };
  if (state === 'running' && agentOnline && !memory.done.includes('mask-failed'))
    return { do: 'mask-old', reason: 'its identity moves to the new instance' };
  if (state === 'running' && !isPending(memory, 'StopInstances', instanceId, nowMs))
    return { do: 'stop-instance', which: 'old', reason: 'its client cannot be asked to end' };
  if (state !== 'stopped') {
    return waitedMs(memory, nowMs) > BOUND_MS.stop
      ? giveUp(`the old instance is still ${state}`)
      : waitFor(memory, nowMs, `the old instance is ${state}`);
  }
  if (rootVolumeId === null) return { do: 'fenced', by: 'root-detached' };
  if (isPending(memory, 'DetachVolume', rootVolumeId, nowMs))
    return waitedMs(memory, nowMs) > BOUND_MS.detach
      ? giveUp('the root volume of the old instance does not come off')
      : waitFor(memory, nowMs, 'its root volume is being detached');
  return {
    do: 'detach',
    volumeId: rootVolumeId,
    which: 'old',
    device: instance.rootDevice,
    reason: 'without its root volume nobody can start it by accident',
  };
}

/** A launch and another zone's data take their time: what was true when the rung was taken is asked again before the old instance feels anything. */
function calledOff(facts: Facts, memory: ReplaceMemory): Act | null {
  const isTouched = TOUCHED.some((what) => memory.done.includes(what));
  // What was intended may not have happened: then it is seen well after that.
  const isSeen = !isTouched || (facts.watched?.observedAtMs ?? 0) > (memory.waitingSinceMs ?? facts.nowMs);
  if (isSeen && followsAgain(facts)) return giveUp(FOLLOWS_AGAIN);
  if (isTouched) return null;
  const refusal = guardOf(facts, 'replace');
  return refusal && onceSettled(facts, memory, { as: 'refused', refusal });
}
