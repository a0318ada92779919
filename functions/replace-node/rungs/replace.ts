// The rung that gives a node another instance. Its order: launched with its client masked, the original fenced, the data moved or restored, the
// client unmasked, and only then what pointed at the original. Two copies of one identity never run (rules 13 and 14 of docs/model.md). Pure.

import type { InstanceDescription } from '../../../shared/aws/instances.ts';
import { shortOfIn } from '../../../shared/aws/launch.ts';
import { ROLLING } from '../../../shared/guardrails/upgrade.ts';
import type { LadderState, Replacement } from '../../../shared/heal/memory.ts';
import { isStopOwed } from '../../../shared/heal/ticket.ts';
import { isBlueGreen } from '../../../shared/model/payload.ts';
import { cannotBeginFor, NO_INSTANCE, volumesUnknown } from '../../../shared/readiness/preconditions.ts';
import { giveUpReplacement, noteFenced, noteMasked, planReplacement } from '../acts/decisions.ts';
import { dropReplacement, launch, leave } from '../acts/instances.ts';
import { maskReplacement, startOriginal, takeOver } from '../acts/node-commands.ts';
import type { Act } from '../acts/table.ts';
import { type Facts, followsAgain } from '../facts.ts';
import { namesakeIn } from '../gone.ts';
import { guardOf } from '../judge.ts';
import { isUnstarted, placementOf } from '../shortage.ts';
import {
  instanceIdOf,
  isOriginalTouched,
  isPending,
  makesAgain,
  needsOtherData,
  newReplacement,
  type Which,
} from '../state.ts';
import { movedOf, toldOf } from '../told.ts';
import { besideOf, readyBeside } from './beside.ts';
import {
  askNode,
  attachTo,
  awaitSight,
  BOUND_MS,
  type Decision,
  detachFrom,
  type FailedAt,
  isolate,
  isSeenStopped,
  isSpent,
  keepFound,
  leftOut,
  maskOld,
  onceSettled,
  proving,
  type Rung,
  refuse,
  rungFailed,
  sentenceOfSetback,
  startMachine,
  stopMachine,
  stuck,
  takePlace,
  waitedMs,
  waitFor,
} from './rung.ts';
import { choose, FOLLOWS_AGAIN, giveUpOutgrown, prepare, takeAway } from './swap.ts';

const WITHOUT_ROOT = 'without its root volume nobody can start it by accident';

export const REPLACE: Rung = {
  class: 'replace',
  asksOriginalFirst: false,
  cannotBegin: (facts, state) => {
    const isCopied = state !== null && needsOtherData(state);
    const moved = isCopied || isBlueGreen(facts.want) ? {} : movedOf(facts, state);
    const told = { ...toldOf(facts, state), ...moved };
    return (
      cannotBeginFor(isBlueGreen(facts.want) ? 'blue-green' : 'replace', told) ??
      (isCopied ? noData(facts, state) : null)
    );
  },
  next: (facts, state) => {
    const { replacement, found } = state;
    if (found.volumes.length === 0) return rungFailed(volumesUnknown(facts.fleet, facts.seen !== null));
    const namesake = makesAgain(state) ? namesakeIn(facts) : null;
    if (!replacement) return namesake === null ? plan(facts, state) : rungFailed(`${namesake} has its name now`);
    // Whether it was launched, the launch itself finds out.
    if (namesake !== null && replacement.instanceId !== '' && replacement.givenUp === null)
      return giveUpInstance(`${namesake} has its name now: two machines of one identity must not run`);
    if (replacement.givenUp !== null) return backToOriginal(facts, state, replacement, replacement.givenUp);
    const act = launched(facts, state, replacement) ?? ready(facts, state, replacement);
    return isSpent(state, act) ? giveUpInstance(sentenceOfSetback(state)) : act;
  },
};

/** The replacement does not help: the original gets everything back. */
export const giveUpInstance = (reason: string, at?: FailedAt): Decision =>
  giveUpReplacement({ reason, ...(at === 'unopened' && { isUnopened: true }) });

/** Nothing is wrong with it: nobody has approved it. */
export const withdrawInstance = (reason: string): Decision => giveUpReplacement({ reason, isUnpermitted: true });

/** A node whose volumes went with its instance, or do not open, is made from other data, or not at all. */
function noData(facts: Facts, state: LadderState): string | null {
  const chosen = choose(facts, state, state.found.availabilityZone);
  const without = state.found.dataLost ? 'its volumes are gone' : 'its own data do not open';
  return 'failed' in chosen ? `${without}, and ${chosen.failed}` : null;
}

/** Discovery sees the original again. */
export const leavePlace = (): Act => leave({});

/** The client of the original is unmasked, and started on its own volumes. */
export const startOld = (reason: string): Act => startOriginal({ reason });

/** The node's own zone first, then those that the fleet file names. Where AWS has no room in any of them, the launch is tried again later. */
function plan(facts: Facts, state: LadderState): Decision {
  const { original, fleet, want } = facts;
  if (!original)
    return refuse('instance-gone', 'the instance is gone, and what it was like cannot be read', { page: true });
  const { instance } = original;
  // Asked again right before it is launched: what its data need is not known here.
  const { found: _, keys: __, ...told } = toldOf(facts, state);
  const hopeless = cannotBeginFor('replace', told);
  if (hopeless !== null) return rungFailed(hopeless);
  const placed = placementOf(state, [instance.subnetId, ...fleet.replace.subnetIds], facts.nowMs);
  if ('nowhere' in placed) return rungFailed(placed.nowhere);
  // Nothing is wrong with the node: a person asks again when there is room, and is told once.
  if ('refusal' in placed && isBlueGreen(want)) return rungFailed(`${placed.words}. ${ROLLING}`);
  if ('refusal' in placed) return onceSettled(facts, state, { as: 'refused', refusal: placed.refusal });
  const { subnetId } = placed;
  const isOwn = subnetId === instance.subnetId;
  if (isBlueGreen(want) && facts.seen === null && original.agentOnline) return askNode('original');
  const beside = besideOf(facts);
  if (isBlueGreen(want) && beside === null) return rungFailed(NO_INSTANCE);
  // In another subnet the replacement itself reports its zone.
  const availabilityZone = isOwn ? instance.availabilityZone : '';
  const why = isBlueGreen(want)
    ? `${beside?.to} is to prove itself beside ${beside?.from}`
    : want.do === 'replace-instance'
      ? 'a person asked for another instance'
      : makesAgain(state)
        ? 'somebody has terminated it'
        : needsOtherData(state)
          ? 'its own data do not open on another instance: the next one gets others'
          : 'the instance itself is taken for the trouble';
  return planReplacement({
    replacement: newReplacement({ generation: state.generation, subnetId, availabilityZone }),
    ...(isBlueGreen(want) && beside !== null && { beside }),
    reason: isOwn ? why : `${why}; the subnets before did not take it`,
  });
}

/** The replacement is there, running, has answered, and its client is masked on disk. */
function launched(facts: Facts, state: LadderState, planned: Replacement): Decision | null {
  const { replacement: shown, seen, nowMs } = facts;
  if (planned.instanceId === '') return launch({ reason: `in ${planned.subnetId}, its client masked` });
  if (!shown) {
    return waitedMs(state, nowMs) < BOUND_MS.boot
      ? waitFor(state, nowMs, `${planned.instanceId} is not shown yet`)
      : giveUpInstance('the new instance is not shown');
  }
  const { instance, agentOnline } = shown;
  const { state: power, stateReason } = instance;
  if (power === 'terminated' || power === 'shutting-down' || power === 'stopped')
    return notLaunched(
      `the new instance is ${power}: ${stateReason ?? 'it could not be launched, or somebody ended it'}`,
      power === 'terminated' && planned.heard === 0 ? shortOfIn(stateReason ?? '') : null,
    );
  const isHeard = planned.heard === planned.fence;
  if (planned.masked && (isHeard || planned.identity === 'replacement')) return null;
  if (power !== 'running' || !agentOnline) {
    return waitedMs(state, nowMs) > BOUND_MS.boot
      ? giveUpInstance(
          `after ${BOUND_MS.boot / 60_000} min the new instance is ${power} and its agent ${agentOnline ? 'answers' : 'is silent'}`,
        )
      : waitFor(state, nowMs, power === 'running' ? 'its agent is not heard of yet' : `the new instance is ${power}`);
  }
  // The first command under each fence: then commands of an earlier attempt are over.
  if (!isHeard || !seen) return askNode('replacement');
  // Peers could not come in, and in a public subnet nothing would get out.
  if (state.found.lostAddress !== undefined && !hasElastic(facts) && instance.publicIp === null)
    return giveUpInstance(
      `the new instance has no public address, and the old one has ${state.found.lostAddress}: neither its launch template nor ${instance.subnetId} assigns one`,
    );
  if (seen.clients.every(({ masked, state: is }) => masked && is !== 'running'))
    return duringFirstBoot(facts, state, instance) ?? noteMasked({});
  return giveUpInstance('the client of the new instance is not masked: two copies of one identity could run');
}

/** EC2 may accept a launch and find no room for it after all. */
const notLaunched = (reason: string, shortOf: ReturnType<typeof shortOfIn>): Decision =>
  shortOf === null ? giveUpInstance(reason) : giveUpReplacement({ reason, shortOf });

/**
 * The owner's user data may format what they find, and start what they have set up: no volume comes to the instance before they have ended. null: they
 * have, or there are none to be run.
 */
function duringFirstBoot(
  { fleet, seen, nowMs }: Facts,
  state: LadderState,
  { launchedAtMs }: InstanceDescription,
): Decision | null {
  if (fleet.replace.userData !== 'run') return null;
  switch (seen?.cloudInit) {
    case 'done':
      return null;
    case 'running': {
      const minutes = BOUND_MS.firstBoot / 60_000;
      if (nowMs - launchedAtMs > BOUND_MS.firstBoot)
        return giveUpInstance(
          `its user data have not ended within ${minutes} min: /var/log/cloud-init-output.log on it`,
        );
      if (nowMs - (state.inspectedAtMs ?? 0) > ASK_FIRST_BOOT_MS) return askNode('replacement');
      return waitFor(state, nowMs, 'its user data run still');
    }
    case 'error':
      return giveUpInstance('its user data have failed: /var/log/cloud-init-output.log on it says why');
    default:
      return giveUpInstance('it does not say whether its user data have ended: cloud-init has left no result');
  }
}

/** User data that set up a node take minutes. */
const ASK_FIRST_BOOT_MS = 30_000;

function ready(facts: Facts, state: LadderState, replacement: Replacement): Decision {
  if (state.beside)
    return readyBeside(facts, state, replacement, state.beside, {
      restored: () => restored(facts, state, replacement),
      giveUp: giveUpInstance,
    });
  if (!replacement.volumesKept && !makesAgain(state)) return keepFound();
  const { found } = state;
  const moves = replacement.availabilityZone === found.availabilityZone && !needsOtherData(state);
  // Its tags may have been taken away while the new instance was launched.
  const untagged =
    moves && !isOriginalTouched(state)
      ? cannotBeginFor('replace', { fleet: facts.fleet, ...movedOf(facts, state) })
      : null;
  if (untagged !== null) return giveUpInstance(untagged);
  const next =
    (moves ? null : restored(facts, state, replacement)) ??
    fence(facts, state, replacement) ??
    (moves ? move(facts, state, 'replacement') : null);
  if (next) return next;
  if (replacement.membership !== 'joined') return takePlace();
  if (replacement.identity !== 'replacement' || state.upSinceMs === null)
    return takeOver({ reason: 'the old client cannot run any more, and its volumes are here' });
  return proving(facts, state, state.upSinceMs, 'replacement', giveUpInstance);
}

/** In another zone the data come from a snapshot: created and attached while the original is unchanged. */
function restored(facts: Facts, state: LadderState, { availabilityZone }: Replacement): Decision | null {
  const { restoredVolumes } = state;
  if (!restoredVolumes) {
    const left = leftOut(facts, state, 'replace');
    if (left !== null) return giveUpInstance(left);
    const chosen = choose(facts, state, availabilityZone);
    return 'failed' in chosen ? giveUpInstance(chosen.failed) : chosen;
  }
  if (restoredVolumes.givenUp) return takeAway(facts, state, restoredVolumes, restoredVolumes.givenUp);
  return prepare(facts, state, restoredVolumes, 'replacement');
}

/**
 * The original is fenced: its client is stopped and masked, as it acknowledged itself; or, out of reach, its instance is stopped and has no root
 * volume.
 */
function fence(facts: Facts, state: LadderState, { fencedBy, originalMask }: Replacement): Decision | null {
  const { original, nowMs } = facts;
  if (fencedBy !== null) return null;
  // One reading that does not show the original is no proof that it is gone: it was shown when its replacement was launched.
  if (!original)
    return waitedMs(state, nowMs) < BOUND_MS.shown
      ? waitFor(state, nowMs, 'the old instance is not shown')
      : noteFenced({ by: 'root-detached' });
  const off = calledOff(facts, state);
  if (off) return off;
  const { instance, agentOnline } = original;
  const { instanceId, state: power, rootVolumeId, rootDevice } = instance;
  if (power === 'terminated') return noteFenced({ by: makesAgain(state) ? 'terminated' : 'root-detached' });
  if (power === 'running') {
    const isolating = isolate(facts, state);
    if (isolating) return isolating;
    if (agentOnline && originalMask !== 'unconfirmed') return maskOld('its identity moves to the new instance');
    if (!isPending(state, 'StopInstances', instanceId, nowMs))
      return stopMachine('original', 'its client cannot be asked to end');
  }
  if (power !== 'stopped') {
    return waitedMs(state, nowMs) > BOUND_MS.stop
      ? giveUpInstance(`the old instance is still ${power}`)
      : waitFor(state, nowMs, `the old instance is ${power}`);
  }
  if (rootVolumeId === null) return noteFenced({ by: 'root-detached' });
  if (isPending(state, 'DetachVolume', rootVolumeId, nowMs))
    return waitedMs(state, nowMs) > BOUND_MS.detach
      ? giveUpInstance('the root volume of the old instance cannot be detached')
      : waitFor(state, nowMs, 'its root volume is being detached');
  return detachFrom('original', { volumeId: rootVolumeId, device: rootDevice }, WITHOUT_ROOT);
}

/** A launch and another zone's data take time: the guards of the rung are read again before the original is affected. */
function calledOff(facts: Facts, state: LadderState): Decision | null {
  const isTouched = isOriginalTouched(state);
  // What was intended may not have happened: then the node is seen well after that.
  const isSeen = !isTouched || (facts.watched?.observedAtMs ?? 0) > (state.waitingSinceMs ?? facts.nowMs);
  if (isSeen && followsAgain(facts)) return giveUpInstance(FOLLOWS_AGAIN);
  if (isTouched) return null;
  const grown = giveUpOutgrown(facts, state);
  if (grown) return grown;
  const refusal = guardOf(facts, 'replace');
  const blind = refusal?.refuse === 'breaker-open' ? awaitSight(facts, state) : null;
  if (blind) return blind;
  return refusal && onceSettled(facts, state, { as: 'refused', refusal });
}

/**
 * The way back from a replacement that did not help: its client is certainly down, the volumes and the root are back in their places, and the
 * original runs again.
 */
function backToOriginal(facts: Facts, state: LadderState, replacement: Replacement, reason: string): Decision {
  const { restoredVolumes: restored } = state;
  if (replacement.instanceId === '') return dropReplacement({});
  // Names may lead to it by now: the node has its own place again before the client beside it ends.
  if (state.beside && replacement.membership !== 'apart' && isThere(facts.original)) return leavePlace();
  const silenced = silence(facts, state, replacement, reason);
  if (silenced) return silenced;
  if (restored)
    return takeAway(
      facts,
      state,
      { ...restored, mounted: 'found' },
      restored.givenUp ?? {
        ...{ door: 'nobody-knows', fault: 'other', reason },
      },
    );
  if (!isOriginalTouched(state))
    return isSeenStopped(facts, state)
      ? waitFor(state, facts.nowMs, 'the old instance was started, and EC2 says stopped still')
      : dropReplacement({});
  if (makesAgain(state)) return takeOff(facts, state) ?? dropReplacement({});
  return move(facts, state, 'original') ?? restoreOriginal(facts, state, replacement, reason);
}

const isThere = (original: Facts['original']): boolean =>
  original !== null && !['terminated', 'shutting-down'].includes(original.instance.state);

/** No original is there to get its volumes back: they are left, detached, as they were found. */
function takeOff({ volumes, replacement, nowMs }: Facts, state: LadderState): Decision | null {
  for (const { volumeId } of state.found.volumes) {
    const attachment = volumes.find((volume) => volume.volumeId === volumeId)?.attachment;
    if (!attachment && isPending(state, 'AttachVolume', volumeId, nowMs))
      return waitFor(state, nowMs, `${volumeId} may be on its way to the new instance`);
    if (!attachment || attachment.instanceId !== replacement?.instance.instanceId) continue;
    if (attachment.state === 'detached') continue;
    if (attachment.state === 'attached' && !isPending(state, 'DetachVolume', volumeId, nowMs))
      return detachFrom('replacement', { volumeId, device: attachment.device }, 'it is left as it was found');
    if (waitedMs(state, nowMs) <= BOUND_MS.detach) return waitFor(state, nowMs, `${volumeId} is ${attachment.state}`);
  }
  return null;
}

/** Its client was told to start, and has not confirmed its mask since. */
const mayRun = ({ takeOver }: Replacement): boolean => takeOver === 'intended' || takeOver === 'unconfirmed';

/** The replacement's client is masked, as it acknowledged itself; or its instance is stopped and has no root volume. It is kept, stopped. */
function silence(
  { replacement: shown, nowMs }: Facts,
  state: LadderState,
  replacement: Replacement,
  reason: string,
): Decision | null {
  // EC2 may not show it yet; an instance that is really gone runs no client.
  if (!shown) return waitedMs(state, nowMs) < BOUND_MS.shown ? waitFor(state, nowMs, 'it is not shown yet') : null;
  const { instance, agentOnline } = shown;
  const { state: power, instanceId, rootVolumeId, rootDevice } = instance;
  if (power === 'terminated') return null;
  if (power === 'stopped') {
    // What runs beside the node has no identity of one, and goes with its root.
    if (!mayRun(replacement) || rootVolumeId === null || state.beside) return null;
    if (isPending(state, 'DetachVolume', rootVolumeId, nowMs))
      return waitFor(state, nowMs, 'its root volume is being detached');
    return detachFrom('replacement', { volumeId: rootVolumeId, device: rootDevice }, WITHOUT_ROOT);
  }
  if (power === 'running' && replacement.takeOver === 'intended' && agentOnline) return maskReplacement({ reason });
  if (power === 'running' && !isPending(state, 'StopInstances', instanceId, nowMs))
    return stopMachine('replacement', reason);
  return waitedMs(state, nowMs) > BOUND_MS.stop
    ? stuck(`the new instance is still ${power}`)
    : waitFor(state, nowMs, `the new instance is ${power}`);
}

function restoreOriginal(
  { original, nowMs }: Facts,
  state: LadderState,
  { originalRoot: root, originalMask, membership }: Replacement,
  reason: string,
): Decision {
  const power = original?.instance.state ?? 'terminated';
  if (!original || power === 'terminated') return dropReplacement({});
  const { instance, agentOnline } = original;
  if (root && isPending(state, 'DetachVolume', root.volumeId, nowMs))
    return waitFor(state, nowMs, 'the old root volume may be on its way off');
  if (root && instance.rootVolumeId === null) {
    if (isPending(state, 'AttachVolume', root.volumeId, nowMs))
      return waitFor(state, nowMs, 'the old root volume is being attached');
    return attachTo('original', root, 'it is put back');
  }
  const pending = isPending(state, 'StopInstances', instance.instanceId, nowMs);
  // Its client was about to be masked: another command unmasks and starts it. That comes before what only EC2 gives.
  const masked = originalMask !== 'none';
  const unmask = startOld(reason);
  const isFirst = membership === 'apart' || !isSpent(state, unmask);
  if (power === 'running' && !pending && masked && agentOnline && isFirst) return unmask;
  if (membership !== 'apart') return leavePlace();
  // It ran all the time beside the new one: whoever has stopped it since was not this heal.
  if (state.beside && !isStopOwed(state) && originalMask === 'none') return dropReplacement({});
  const start = startMachine(`it is put back: ${reason}`);
  if (power === 'stopped' && !isPending(state, 'StartInstances', instance.instanceId, nowMs))
    return isSpent(state, start) || isUnstarted(state, nowMs) ? dropReplacement({}) : start;
  if (power === 'running' && !pending && !masked) return dropReplacement({});
  return waitedMs(state, nowMs) > BOUND_MS.stop
    ? stuck(
        `the old instance is ${power}, its agent ${agentOnline ? 'answers' : 'is silent'}, and its client ${masked ? 'is masked' : 'is to run'}`,
      )
    : waitFor(state, nowMs, 'the old instance comes up');
}

/** "/dev/sd[f-p]" are recommended for EBS data volumes ("Device names for volumes on Amazon EC2 instances"). */
const DEVICES = [...'fghijklmnop'].map((letter) => `/dev/sd${letter}`);

/** Moves each found volume from one instance to the other; null when all are there. */
function move(facts: Facts, state: LadderState, to: Which): Decision | null {
  const { nowMs, volumes, replacement } = facts;
  const target = instanceIdOf(state, to);
  const taken = (replacement?.instance.devices ?? []).map(({ device }) => device);
  // On the way there the original gets everything back. On the way back the move is waited for, and the bound of the heal calls a person.
  const delayed = (reason: string): Decision =>
    to === 'replacement' ? giveUpInstance(reason) : waitFor(state, nowMs, reason);
  for (const [at, { volumeId, device }] of state.found.volumes.entries()) {
    const volume = volumes.find((candidate) => candidate.volumeId === volumeId);
    if (!volume) return delayed(`${volumeId} is gone`);
    const { attachment } = volume;
    if (attachment?.instanceId === target && attachment.state === 'attached') continue;
    if (attachment && ![state.found.instanceId, state.replacement?.instanceId].includes(attachment.instanceId))
      return delayed(`${volumeId} is attached to ${attachment.instanceId}`);
    const isElsewhere = attachment && attachment.instanceId !== target && attachment.state === 'attached';
    if (isElsewhere && !isPending(state, 'DetachVolume', volumeId, nowMs)) {
      const which = to === 'replacement' ? 'original' : 'replacement';
      return detachFrom(which, { volumeId, device: attachment.device }, 'it moves');
    }
    if (volume.state === 'available' && !isPending(state, 'AttachVolume', volumeId, nowMs)) {
      const name = to === 'original' ? device : DEVICES.filter((one) => !taken.includes(one))[at];
      return attachTo(to, { volumeId, device: name ?? device }, 'it moves');
    }
    const is = attachment?.state ?? volume.state;
    if (waitedMs(state, nowMs) > BOUND_MS.detach) return delayed(`${volumeId} is still ${is}`);
    return waitFor(state, nowMs, `${volumeId} is ${is}`);
  }
  return null;
}

/** What was read when the trouble began may have been older than its address: an elastic one is moved, and is not lost. */
const hasElastic = ({ original }: Facts): boolean => (original?.instance.publicIp?.allocationId ?? null) !== null;
