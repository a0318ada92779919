// The rung that gives a node other data, blue/green on its own instance: everything is made, attached and looked into while the node is as it
// is; one command exchanges the volumes; the old ones stay attached until the node has proved itself. Pure.
import { foreignAccountOf, keyDenies } from '../../shared/aws/keys.ts';
import type { VolumeNow } from '../../shared/aws/volumes.ts';
import type { Blame, Copy, ReplaceMemory } from '../../shared/heal/memory.ts';
import { followsAgain, refuse } from './begin.ts';
import { chooseCopy } from './choose.ts';
import { guardOf } from './guard.ts';
import { makingKey } from './intending.ts';
import type { Act, End, Facts } from './model.ts';
import { onceSettled } from './owed.ts';
import { proving } from './proving.ts';
import { mountedOf } from './remember.ts';
import { isSpent } from './setbacks.ts';
import { BOUND_MS, isPending, waitedMs, waitFor } from './waits.ts';

export function swapNext(facts: Facts, memory: ReplaceMemory): Act {
  const { copy } = memory;
  if (memory.found.volumes.length === 0)
    return {
      do: 'fail-rung',
      reason:
        'which volumes are the node’s cannot be told: the node is silent, or its mounts do not fit the fleet file',
    };
  if (!copy) return facts.old ? beforeCopy(facts, memory) : { do: 'fail-rung', reason: 'the instance is gone' };
  const unknown = outOfReach(facts, memory, copy);
  if (unknown) return unknown;
  if (copy.givenUp) return takeAway(facts, memory, copy, copy.givenUp);
  if (!isWanted(facts, copy)) return { do: 'give-up-copy', blame: OTHERWISE };
  const act = prepareCopy(facts, memory, copy, 'old') ?? exchange(facts, memory, copy);
  const reason = `${memory.setback?.act} did not come off: ${memory.setback?.reason}`;
  return isSpent(memory, act) ? { do: 'give-up-copy', blame: { fault: 'other', reason } } : act;
}

/** A heal of before may have left a copy in the middle: proved, it would pass for what a person has asked for since. */
function isWanted({ want }: Facts, { from, volumes }: Copy): boolean {
  if (want.do === 'undo') return from === 'kept';
  if (want.do !== 'restore') return true;
  const named = want.snapshotId;
  return from === 'snapshot' && (named === null || volumes.some(({ snapshotId }) => snapshotId === named));
}

const OTHERWISE: Blame = {
  fault: 'other',
  reason: 'another heal had begun with it, and a person has asked for other data',
};

/** What is mounted only the node can tell; where it does not, nothing is taken off it. */
function outOfReach(facts: Facts, memory: ReplaceMemory, copy: Copy): Act | null {
  const { old, seen } = facts;
  const state = old?.instance.state ?? 'terminated';
  if (state === 'terminated') return takeAway(facts, memory, { ...copy, mounted: 'found' }, copy.givenUp ?? GONE);
  const runs = state === 'running';
  if (runs && (old?.agentOnline || seen !== null)) return null;
  // Before the first exchange only EC2 has to be asked; a client that is up on the copy is proved by whoever looks at it.
  if (!memory.done.includes('down')) return copy.givenUp ? null : { do: 'give-up-copy', blame: SILENT };
  if (runs && copy.givenUp === null && copy.mounted === 'copy' && memory.upSinceMs !== null) return null;
  return runs
    ? refuse('node-silent', 'the node does not answer, and only it can tell which volumes are mounted', { page: true })
    : refuse('instance-stopped', `the instance is ${state}: somebody has stopped it in the middle of a swap`, {
        page: true,
        lookAgainMs: STOPPED_AGAIN_MS,
      });
}

const STOPPED_AGAIN_MS = 15 * 60_000;
const GONE: Blame = { fault: 'other', reason: 'the instance is gone' };
const SILENT: Blame = { fault: 'other', reason: 'the node does not answer commands any more' };

function beforeCopy(facts: Facts, memory: ReplaceMemory): Act {
  const { old } = facts;
  if (!old?.agentOnline)
    return { do: 'fail-rung', reason: 'the node does not answer commands, and its volumes are exchanged by one' };
  if (memory.done.includes('not-aside')) return { do: 'fail-rung', reason: 'its group does not set it aside' };
  if (memory.tried.some(({ fault }) => fault === 'same-stop')) return onceSettled(facts, memory, sameStop(memory));
  const chosen = chooseCopy(facts, memory, memory.found.availabilityZone);
  return 'failed' in chosen ? noneLeft(facts, memory, chosen.failed) : chosen;
}

/** The data were not the trouble: more of them will not help, nor will another instance. */
const sameStop = ({ tried }: ReplaceMemory): End => ({
  as: 'escalated',
  code: 'same-stop',
  reason: `with other data it stops at the same height: a bug of its client, or a fork, and not its data. ${tried.at(-1)?.reason ?? ''}`,
  asFound: true,
});

function noneLeft({ want }: Facts, { tried }: ReplaceMemory, why: string): Act {
  if (want.do === 'undo' && tried.length === 0) return refuse('nothing-to-undo', why);
  if (want.do === 'restore' && tried.length === 0) return refuse('snapshot-unfit', why);
  return { do: 'fail-rung', reason: why };
}

/** Made, there, attached, with all of its blocks where they are asked for, and looked into; null when all of that is so. */
export function prepareCopy(facts: Facts, memory: ReplaceMemory, copy: Copy, which: 'old' | 'young'): Act | null {
  const { nowMs, volumes } = facts;
  const instanceId = which === 'old' ? memory.found.instanceId : (memory.machine?.instanceId ?? '');
  const giveUp = (reason: string): Act => ({ do: 'give-up-copy', blame: { fault: 'other', reason } });
  const unmade = copy.volumes.findIndex(({ volumeId }) => volumeId === '');
  if (unmade >= 0) return { do: 'create', at: unmade, reason: `from ${copy.source}` };
  for (const [at, { volumeId, device, kmsKeyId }] of copy.volumes.entries()) {
    const volume = volumes.find((candidate) => candidate.volumeId === volumeId);
    if (!volume) {
      // Describe may not show it yet; a key that may not be used makes it vanish.
      if (waitedMs(memory, nowMs) < GONE_AFTER_MS) return waitFor(memory, nowMs, `${volumeId} is not shown yet`);
      const key = kmsKeyId ?? memory.found.volumes[at]?.kmsKeyId ?? '';
      if (key !== '' && foreignAccountOf(key, facts.keyScope) !== null)
        return {
          do: 'give-up-copy',
          blame: { fault: 'other', reason: `${volumeId} vanished: ${keyDenies(key, facts.keyScope)}`, deniedKey: key },
        };
      return giveUp(`${volumeId} vanished while it was made: most likely its KMS key may not be used`);
    }
    const next = stepOf(facts, memory, volume, { device, instanceId, which });
    if (next) return next;
  }
  if (facts.fleet.replace.initializationMiBps !== undefined && facts.initialization && !facts.initialization.done) {
    if (waitedMs(memory, nowMs) > BOUND_MS.initialize) return giveUp('its blocks have not come within two days');
    const { percent, etaSeconds } = facts.initialization;
    const progress = {
      percent,
      etaSeconds,
      what: `fill ${copy.volumes.map(({ volumeId }) => volumeId).join(' ')} from ${copy.source}`,
    };
    // Two days of looks each minute would be more turns than an attempt has.
    const seconds = waitedMs(memory, nowMs) < 60 * 60_000 ? 60 : 300;
    return { do: 'wait', seconds, what: `${Math.floor(percent)} % of its blocks are there`, progress };
  }
  return copy.checked < copy.volumes.length && which === 'old' ? { do: 'check', at: copy.checked } : null;
}

const GONE_AFTER_MS = 90_000;

interface Place {
  readonly device: string;
  readonly instanceId: string;
  readonly which: 'old' | 'young';
}

function stepOf(
  { nowMs }: Facts,
  memory: ReplaceMemory,
  volume: VolumeNow,
  { device, instanceId, which }: Place,
): Act | null {
  const { volumeId, state, attachment } = volume;
  const giveUp = (reason: string): Act => ({ do: 'give-up-copy', blame: { fault: 'other', reason } });
  switch (state) {
    case 'creating':
      return waitedMs(memory, nowMs) > BOUND_MS.create
        ? giveUp(`${volumeId} is still being created`)
        : waitFor(memory, nowMs, `${volumeId} is being created`);
    case 'available':
      if (isPending(memory, 'AttachVolume', volumeId, nowMs))
        return waitFor(memory, nowMs, `${volumeId} is to be attached`);
      return { do: 'attach', volumeId, which, device, reason: 'beside the old one' };
    case 'in-use':
      if (attachment && attachment.instanceId !== instanceId)
        return giveUp(`${volumeId} is attached to ${attachment.instanceId}`);
      if (attachment?.state === 'attached') return null;
      return waitedMs(memory, nowMs) > BOUND_MS.attach
        ? giveUp(`${volumeId} is still ${attachment?.state}`)
        : waitFor(memory, nowMs, `${volumeId} is ${attachment?.state}`);
    default:
      return giveUp(`${volumeId} is ${state}`);
  }
}

function exchange(facts: Facts, memory: ReplaceMemory, copy: Copy): Act {
  if (copy.mounted === 'found') {
    const off = memory.done.includes('down') && !runsOnFound(facts, memory) ? null : calledOff(facts, memory);
    if (off) return off;
    if (needsPool(facts, memory)) return { do: 'leave-pool' };
    const group = facts.old?.instance.autoScalingGroup;
    if (group && !memory.done.includes('standby')) return { do: 'standby', group };
    return {
      do: 'swap',
      to: 'copy',
      reason: `data of ${copy.from === 'snapshot' ? `${copy.source}, ${copy.rank}` : copy.source}${copy.height === null ? '' : `, height ${copy.height}`}`,
    };
  }
  if (facts.want.do === 'undo') return undone(facts, memory);
  if (memory.upSinceMs === null) return { do: 'inspect', which: 'old' };
  return proving(facts, memory, memory.upSinceMs, 'old', (reason, at) => ({
    do: 'give-up-copy',
    blame: {
      fault: at === 'open' || at === 'lower-stop' || at === 'forked' || at === 'same-stop' ? at : 'other',
      reason,
    },
  }));
}

/** Blocks may have taken two days to come: what was true when the rung was taken is asked again before the node feels anything of it. */
function calledOff(facts: Facts, memory: ReplaceMemory): Act | null {
  if (followsAgain(facts)) return { do: 'give-up-copy', blame: { fault: 'other', reason: FOLLOWS_AGAIN } };
  const refusal = guardOf(facts, 'swap');
  return refusal && onceSettled(facts, memory, { as: 'refused', refusal });
}

/** An exchange that was intended and forbidden by a guard has taken nothing down: the node says so, under this attempt's fence. */
const runsOnFound = ({ seen }: Facts, memory: ReplaceMemory): boolean =>
  mountedOf(memory, seen) === 'found' && seen?.clients.every(({ state }) => state === 'running') === true;

export const FOLLOWS_AGAIN = 'the node follows its chain again by itself';

/** Somebody who serves is taken out of the pool before, and nobody has to be who is out of it by his health. */
export const needsPool = ({ watched, fleet }: Facts, { done }: ReplaceMemory): boolean =>
  fleet.dns !== undefined && watched?.health === 'synced' && !done.includes('left-pool');

/** What a person wants back need not follow the chain better than what was there. */
function undone({ seen }: Facts, memory: ReplaceMemory): Act {
  if (!seen || memory.upSinceMs === null) return { do: 'inspect', which: 'old' };
  const running = seen.clients.every(({ state }) => state === 'running');
  if (running) return { do: 'prove', reason: 'the volumes of before are mounted again, and the client runs on them' };
  return { do: 'give-up-copy', blame: { fault: 'other', reason: 'the client does not run on them' } };
}

/** The way back: the found volumes again, then the others away, so that the next one finds the node as it was. */
export function takeAway(facts: Facts, memory: ReplaceMemory, copy: Copy, { reason }: Blame): Act {
  const { nowMs, volumes } = facts;
  if (copy.mounted === 'copy') return { do: 'swap', to: 'found', reason };
  const lost = copy.volumes.findIndex(({ volumeId }, at) => volumeId === '' && memory.done.includes(makingKey(at)));
  if (lost >= 0) return { do: 'create', at: lost, reason: 'it may have been made: the same token tells which it is' };
  for (const { volumeId } of copy.volumes) {
    const attachment = volumes.find((candidate) => candidate.volumeId === volumeId)?.attachment;
    if (!attachment || attachment.state === 'detached') continue;
    if (attachment.state !== 'attached' || isPending(memory, 'DetachVolume', volumeId, nowMs)) {
      if (waitedMs(memory, nowMs) <= BOUND_MS.detach)
        return waitFor(memory, nowMs, `${volumeId} is ${attachment.state}`);
      // A volume that does not come off is left where it is, and told of: nothing is detached by force.
      continue;
    }
    const which = attachment.instanceId === memory.machine?.instanceId ? 'young' : 'old';
    return { do: 'detach', volumeId, which, device: attachment.device, reason: `it did not help: ${reason}` };
  }
  return { do: 'drop-copy' };
}
