// Volumes, as several rungs use them: which data are restored, how restored volumes are prepared and taken away, and how the node's own move
// from one instance to the other. Pure.
import { foreignAccountOf, keyDenies } from '../../../shared/aws/keys.ts';
import { freeDevice, type VolumeDescription } from '../../../shared/aws/volumes.ts';
import type { Blame, FailedRung, LadderState, NewVolume, RestoredVolumes } from '../../../shared/heal/memory.ts';
import { chooseVolumes, giveUpReplacement, giveUpVolumes, wait } from '../acts/decisions.ts';
import { check, swap } from '../acts/node-commands.ts';
import { attach, create, detach, dropVolumes } from '../acts/volumes.ts';
import type { Which } from '../context.ts';
import type { Facts } from '../facts.ts';
import { instanceIdOf, isPending } from '../state.ts';
import { BOUND_MS, waitedMs, waitFor } from './patience.ts';
import type { Decision } from './rung.ts';

export interface NoChoice {
  readonly failed: string;
  readonly code?: FailedRung['code'];
}

/** Which data are restored: the best good snapshots that were not tried, a sibling's volumes, or what a heal before has kept. */
export function choose(
  facts: Facts,
  state: LadderState,
  availabilityZone: string,
): ReturnType<typeof chooseVolumes> | NoChoice {
  const { sources, want, fleet } = facts;
  if (!sources) return { failed: 'what could be copied was not read' };
  if (sources.unread !== undefined) return { failed: `what could be copied cannot be read: ${sources.unread}` };
  const tried = new Set(state.tried.map(({ source }) => source));
  const chosen = (
    part: Pick<RestoredVolumes, 'source' | 'from' | 'rank' | 'height' | 'ofNode' | 'volumes'>,
    reason: string,
  ): ReturnType<typeof chooseVolumes> => {
    const rest = { generation: state.generation, availabilityZone, creating: [], checked: 0 } as const;
    return chooseVolumes({ volumes: { ...part, ...rest, mounted: 'found', givenUp: null }, reason });
  };
  if (want.do === 'undo') {
    const { kept } = sources;
    if (!kept || tried.has(kept.incidentId))
      return {
        failed:
          'no heal has kept volumes of this node; an instance that was replaced is put back by hand: its tag chainmend:put-back says how',
      };
    if (kept.availabilityZone !== availabilityZone)
      return { failed: `the kept volumes are in ${kept.availabilityZone}, the node is in ${availabilityZone}` };
    const volumes = newVolumes(facts, state, (role) => ({ volumeId: kept.volumes[role] ?? '', snapshotId: '' }));
    if (volumes.some(({ volumeId }) => volumeId === ''))
      return { failed: 'not all of the kept volumes are there any more' };
    return chosen(
      { source: kept.incidentId, from: 'kept', rank: 'clean', height: null, ofNode: facts.node, volumes },
      `the volumes that incident ${kept.incidentId} has kept`,
    );
  }
  const { sibling } = sources;
  if (want.do === 'heal' && fleet.replace.source === 'sibling' && sibling && !tried.has(sibling.instanceId)) {
    const { instanceId: source, height, node: ofNode } = sibling;
    const volumes = newVolumes(facts, state, () => ({ volumeId: '', snapshotId: '' }));
    return chosen(
      { source, from: 'sibling', rank: 'crash-consistent', height, ofNode, volumes },
      `the volumes of ${ofNode}, which follows the chain`,
    );
  }
  const set = sources.good.find(({ setId }) => !tried.has(setId));
  if (!set)
    return {
      failed: [
        'no good snapshot is left',
        ...sources.refused.slice(0, 6).map(({ setId, why }) => `${setId}: ${why}`),
      ].join('; '),
      code: 'no-good-snapshot',
    };
  const { setId: source, rank, height, node: ofNode, takenAtMs, parts } = set;
  const volumes = newVolumes(facts, state, (role) => ({
    volumeId: '',
    snapshotId: parts[role]?.snapshotId ?? '',
    kmsKeyId: parts[role]?.kmsKeyId ?? null,
  }));
  const told = height === null ? 'height unknown' : `height ${height}`;
  const passed = sources.refused.slice(0, 4).map(({ setId, why }) => `${setId} not: ${why}`);
  return chosen(
    { source, from: 'snapshot', rank, height, ofNode, volumes },
    [`${source} of ${ofNode}: ${rank}, ${told}, taken ${new Date(takenAtMs).toISOString()}`, ...passed].join('; '),
  );
}

/** Each beside the one that it stands for, under a device name that is free on the instance. */
function newVolumes(
  { original, replacement }: Facts,
  { found }: LadderState,
  partOf: (role: string) => Omit<NewVolume, 'role' | 'device'>,
): readonly NewVolume[] {
  const taken = ((replacement ?? original)?.instance.devices ?? []).map(({ device }) => device);
  return found.volumes.map(({ role }) => {
    const device = freeDevice(taken);
    taken.push(device);
    return { role, device, ...partOf(role) };
  });
}

const giveUp = (reason: string): Decision => giveUpVolumes({ blame: { fault: 'other', reason } });

const SHOWN_AFTER_MS = 90_000;

/** Made, there, attached, with all of its blocks where they are asked for, and checked; null when all of that is so. */
export function prepare(facts: Facts, state: LadderState, restored: RestoredVolumes, which: Which): Decision | null {
  const { nowMs, volumes, keyScope } = facts;
  const unmade = restored.volumes.findIndex(({ volumeId }) => volumeId === '');
  if (unmade >= 0) return create({ at: unmade, reason: `from ${restored.source}` });
  for (const [at, { volumeId, device, kmsKeyId }] of restored.volumes.entries()) {
    const volume = volumes.find((candidate) => candidate.volumeId === volumeId);
    if (!volume) {
      // Describe may not show it yet; a key that may not be used makes it vanish.
      if (waitedMs(state, nowMs) < SHOWN_AFTER_MS) return waitFor(state, nowMs, `${volumeId} is not shown yet`);
      const key = kmsKeyId ?? state.found.volumes[at]?.kmsKeyId ?? '';
      if (key !== '' && foreignAccountOf(key, keyScope) !== null) {
        const reason = `${volumeId} vanished: ${keyDenies(key, keyScope)}`;
        return giveUpVolumes({ blame: { fault: 'other', reason, deniedKey: key } });
      }
      return giveUp(`${volumeId} vanished while it was made: most likely its KMS key may not be used`);
    }
    const next = attached(facts, state, volume, device, which);
    if (next) return next;
  }
  return initialized(facts, state, restored) ?? unchecked(restored, which);
}

/** In another instance's place nothing is mounted that a check could be compared with. */
const unchecked = ({ checked, volumes }: RestoredVolumes, which: Which): Decision | null =>
  checked < volumes.length && which === 'original' ? check({ at: checked }) : null;

function initialized(
  { nowMs, fleet, initialization }: Facts,
  state: LadderState,
  { volumes, source }: RestoredVolumes,
): Decision | null {
  if (fleet.replace.initializationMiBps === undefined || !initialization || initialization.done) return null;
  if (waitedMs(state, nowMs) > BOUND_MS.initialize) return giveUp('its blocks have not come within two days');
  const { percent, etaSeconds } = initialization;
  const what = `fill ${volumes.map(({ volumeId }) => volumeId).join(' ')} from ${source}`;
  // Two days of looks each minute would be more turns than an attempt has.
  const seconds = waitedMs(state, nowMs) < 60 * 60_000 ? 60 : 300;
  return wait({
    seconds,
    what: `${Math.floor(percent)} % of its blocks are there`,
    progress: { percent, etaSeconds, what },
  });
}

function attached(
  { nowMs }: Facts,
  state: LadderState,
  { volumeId, state: is, attachment }: VolumeDescription,
  device: string,
  which: Which,
): Decision | null {
  switch (is) {
    case 'creating':
      return waitedMs(state, nowMs) > BOUND_MS.create
        ? giveUp(`${volumeId} is still being created`)
        : waitFor(state, nowMs, `${volumeId} is being created`);
    case 'available':
      if (isPending(state, 'AttachVolume', volumeId, nowMs))
        return waitFor(state, nowMs, `${volumeId} is to be attached`);
      return attach({ volumeId, which, device, reason: 'beside the old one' });
    case 'in-use':
      if (attachment && attachment.instanceId !== instanceIdOf(state, which))
        return giveUp(`${volumeId} is attached to ${attachment.instanceId}`);
      if (attachment?.state === 'attached') return null;
      return waitedMs(state, nowMs) > BOUND_MS.attach
        ? giveUp(`${volumeId} is still ${attachment?.state}`)
        : waitFor(state, nowMs, `${volumeId} is ${attachment?.state}`);
    default:
      return giveUp(`${volumeId} is ${is}`);
  }
}

/** The way back: the found volumes are mounted again, and the restored ones put away, so that the next ones find the node as it was. */
export function takeAway(facts: Facts, state: LadderState, restored: RestoredVolumes, { reason }: Blame): Decision {
  const { nowMs, volumes } = facts;
  if (restored.mounted === 'restored') return swap({ to: 'found', reason });
  const lost = restored.volumes.findIndex(({ volumeId }, at) => volumeId === '' && restored.creating.includes(at));
  if (lost >= 0) return create({ at: lost, reason: 'it may have been made: the same token tells which it is' });
  for (const { volumeId } of restored.volumes) {
    const attachment = volumes.find((candidate) => candidate.volumeId === volumeId)?.attachment;
    if (!attachment || attachment.state === 'detached') continue;
    if (attachment.state !== 'attached' || isPending(state, 'DetachVolume', volumeId, nowMs)) {
      if (waitedMs(state, nowMs) <= BOUND_MS.detach) return waitFor(state, nowMs, `${volumeId} is ${attachment.state}`);
      // A volume that cannot be detached is left where it is, and told of: nothing is detached by force.
      continue;
    }
    const which = attachment.instanceId === state.replacement?.instanceId ? 'replacement' : 'original';
    return detach({ volumeId, which, device: attachment.device, reason: `it did not help: ${reason}` });
  }
  return dropVolumes({});
}

/** "/dev/sd[f-p]" are recommended for EBS data volumes ("Device names for volumes on Amazon EC2 instances"). */
const DEVICES = [...'fghijklmnop'].map((letter) => `/dev/sd${letter}`);

/** Each found volume off the one instance and onto the other; null when all are there. */
export function move(facts: Facts, state: LadderState, to: Which): Decision | null {
  const { nowMs, volumes, replacement } = facts;
  const target = instanceIdOf(state, to);
  const taken = (replacement?.instance.devices ?? []).map(({ device }) => device);
  // On the way there the original gets everything back; on the way back it is waited for, and a person is told by the bound of the heal.
  const delayed = (reason: string): Decision =>
    to === 'replacement' ? giveUpReplacement({ reason }) : waitFor(state, nowMs, reason);
  for (const [at, { volumeId, device }] of state.found.volumes.entries()) {
    const volume = volumes.find((candidate) => candidate.volumeId === volumeId);
    if (!volume) return delayed(`${volumeId} is gone`);
    const { attachment } = volume;
    if (attachment?.instanceId === target && attachment.state === 'attached') continue;
    const isElsewhere = attachment && attachment.instanceId !== target && attachment.state === 'attached';
    if (isElsewhere && !isPending(state, 'DetachVolume', volumeId, nowMs)) {
      const which = to === 'replacement' ? 'original' : 'replacement';
      return detach({ volumeId, which, device: attachment.device, reason: 'it moves' });
    }
    if (volume.state === 'available' && !isPending(state, 'AttachVolume', volumeId, nowMs)) {
      const name = to === 'original' ? device : DEVICES.filter((one) => !taken.includes(one))[at];
      return attach({ volumeId, which: to, device: name ?? device, reason: 'it moves' });
    }
    const is = attachment?.state ?? volume.state;
    if (waitedMs(state, nowMs) > BOUND_MS.detach) return delayed(`${volumeId} is still ${is}`);
    return waitFor(state, nowMs, `${volumeId} is ${is}`);
  }
  return null;
}
