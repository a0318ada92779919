// After the proof: what is no longer needed is kept and told of, and what points at the original is pointed at its replacement. One piece a
// turn; each is safe to repeat, and none is undone by failing: the node is well already. Pure.
import type { CleanupPiece, LadderState } from '../../shared/heal/memory.ts';
import { cleanUp } from './acts/cleanup.ts';
import { stopInstanceOf } from './acts/instances.ts';
import { detach } from './acts/volumes.ts';
import type { Facts } from './facts.ts';
import { BOUND_MS, isSpent, waitedMs, waitFor } from './rungs/patience.ts';
import { type Decision, ended } from './rungs/rung.ts';
import { isCleared, isPending, mayBeOnStandby } from './state.ts';

export function nextCleanup(facts: Facts, state: LadderState): Decision {
  const detaching = detachFound(facts, state);
  if (detaching) return detaching;
  const piece = piecesOf(facts, state).find((one) => !isCleared(state, one));
  const stopping = piece?.kind === 'retire' ? stopRetired(facts, state) : null;
  if (stopping) return stopping;
  return piece ? cleanUp({ piece }) : ended({ as: 'healed', reason: state.proved ?? '' });
}

/** After a swap the found volumes are detached, by now unmounted. One that cannot be is left, and told of. */
function detachFound({ volumes, nowMs }: Facts, state: LadderState): Decision | null {
  if (state.rung !== 'swap' || state.restoredVolumes === null) return null;
  for (const { volumeId } of state.found.volumes) {
    const attachment = volumes.find((candidate) => candidate.volumeId === volumeId)?.attachment;
    if (!attachment || attachment.state === 'detached') continue;
    if (attachment.state === 'attached' && !isPending(state, 'DetachVolume', volumeId, nowMs))
      return detach({
        volumeId,
        which: 'original',
        device: attachment.device,
        reason: 'the node has proved itself without it; it is kept',
      });
    if (waitedMs(state, nowMs) <= BOUND_MS.detach) return waitFor(state, nowMs, `${volumeId} is ${attachment.state}`);
  }
  return null;
}

/** The original is kept stopped: masked by its own word it may run still, and costs its price. One that does not stop is left, and told of. */
function stopRetired({ original, nowMs }: Facts, state: LadderState): Decision | null {
  const { instanceId, state: power } = original?.instance ?? { instanceId: '', state: 'terminated' };
  const act = stopInstanceOf({ which: 'original', reason: 'another instance has taken its place' });
  if (power === 'stopped' || power === 'terminated' || isSpent(state, act)) return null;
  if (power === 'running' && !isPending(state, 'StopInstances', instanceId, nowMs)) return act;
  return waitedMs(state, nowMs) > BOUND_MS.stop ? null : waitFor(state, nowMs, `the old instance is ${power}`);
}

function piecesOf({ fleet, original }: Facts, state: LadderState): readonly CleanupPiece[] {
  const { rung, restoredVolumes, tried, replacement, found, hold } = state;
  const pieces: CleanupPiece[] = [];
  const add = (kind: CleanupPiece['kind'], target: string): void => {
    if (target !== '') pieces.push({ kind, target });
  };
  if (restoredVolumes?.from === 'snapshot') {
    add('verify', restoredVolumes.volumes.map(({ snapshotId }) => snapshotId).join(' '));
    // A client that runs on other data shows that those of before could not be used.
    for (const { snapshotIds, fault } of tried)
      if (fault === 'open' || fault === 'lower-stop') add('quarantine', snapshotIds.join(' '));
  }
  if (restoredVolumes?.from === 'kept')
    add('unkeep', restoredVolumes.volumes.map(({ volumeId }) => volumeId).join(' '));
  if (restoredVolumes && (rung === 'swap' || rung === 'replace')) {
    const ids = found.volumes.map(({ volumeId }) => volumeId).join(' ');
    add('keep', ids);
    add('untarget', ids);
  }
  if (rung === 'replace' && replacement) {
    add('hand-over', replacement.instanceId);
    add('retire', found.instanceId);
  }
  // A retired one stays aside: its group is not to start what must not run again.
  if (rung !== 'replace' && mayBeOnStandby(state)) add('leave-standby', original?.instance.autoScalingGroup ?? '');
  if (fleet.dns !== undefined) add('register', fleet.name);
  if (rung === 'replace' && fleet.peers?.rotate) add('rotate', fleet.name);
  if (hold !== 'none') pieces.push({ kind: 'release-holds', target: '' });
  return pieces;
}
