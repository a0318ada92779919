// The way back from a replacement that did not help: its client is down for sure, the volumes and the root are where they were, and the
// original runs again. Pure.
import type { LadderState, Replacement } from '../../../shared/heal/memory.ts';
import { dropReplacement, leave, startInstanceOf, stopInstanceOf } from '../acts/instances.ts';
import { maskReplacement, startOriginal } from '../acts/node-commands.ts';
import { attach, detach } from '../acts/volumes.ts';
import type { Facts } from '../facts.ts';
import { isOriginalTouched, isPending } from '../state.ts';
import { BOUND_MS, isSpent, waitedMs, waitFor } from './patience.ts';
import { type Decision, stuck } from './rung.ts';
import { isSeenStopped } from './settle.ts';
import { move, takeAway } from './volumes.ts';

export function backToOriginal(facts: Facts, state: LadderState, replacement: Replacement, reason: string): Decision {
  const { restoredVolumes: restored } = state;
  if (replacement.instanceId === '') return dropReplacement({});
  const silenced = silence(facts, state, replacement, reason);
  if (silenced) return silenced;
  if (restored)
    return takeAway(facts, state, { ...restored, mounted: 'found' }, restored.givenUp ?? { fault: 'other', reason });
  if (!isOriginalTouched(state))
    return isSeenStopped(facts, state)
      ? waitFor(state, facts.nowMs, 'the old instance was started, and EC2 says stopped still')
      : dropReplacement({});
  return move(facts, state, 'original') ?? restoreOriginal(facts, state, replacement, reason);
}

/** Its client was told to start, and has not said since that it is masked. */
const mayRun = ({ takeOver }: Replacement): boolean => takeOver === 'intended' || takeOver === 'unconfirmed';

/** The replacement's client is masked by its own acknowledgement; or its instance is stopped and has no root volume. It is kept, stopped. */
function silence(
  { replacement: shown, nowMs }: Facts,
  state: LadderState,
  replacement: Replacement,
  reason: string,
): Decision | null {
  // It may not be shown yet; one that is gone for good runs no client.
  if (!shown) return waitedMs(state, nowMs) < BOUND_MS.shown ? waitFor(state, nowMs, 'it is not shown yet') : null;
  const { instance, agentOnline } = shown;
  const { state: power, instanceId, rootVolumeId, rootDevice } = instance;
  if (power === 'terminated') return null;
  if (power === 'stopped') {
    if (!mayRun(replacement) || rootVolumeId === null) return null;
    if (isPending(state, 'DetachVolume', rootVolumeId, nowMs))
      return waitFor(state, nowMs, 'its root volume is being detached');
    return detach({
      volumeId: rootVolumeId,
      which: 'replacement',
      device: rootDevice,
      reason: 'without its root volume nobody can start it by accident',
    });
  }
  if (power === 'running' && replacement.takeOver === 'intended' && agentOnline) return maskReplacement({ reason });
  if (power === 'running' && !isPending(state, 'StopInstances', instanceId, nowMs))
    return stopInstanceOf({ which: 'replacement', reason });
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
    return attach({ volumeId: root.volumeId, which: 'original', device: root.device, reason: 'it is put back' });
  }
  if (membership !== 'apart') return leave({});
  const start = startInstanceOf({ reason: `it is put back: ${reason}` });
  if (power === 'stopped' && !isPending(state, 'StartInstances', instance.instanceId, nowMs))
    return isSpent(state, start) ? dropReplacement({}) : start;
  const pending = isPending(state, 'StopInstances', instance.instanceId, nowMs);
  // Its client was to be masked: it is unmasked and started by another word.
  const masked = originalMask !== 'none';
  if (power === 'running' && !pending && !masked) return dropReplacement({});
  if (power === 'running' && !pending && agentOnline) return startOriginal({ reason });
  return waitedMs(state, nowMs) > BOUND_MS.stop
    ? stuck(
        `the old instance is ${power}, its agent ${agentOnline ? 'answers' : 'is silent'}, and its client ${masked ? 'is masked' : 'is to run'}`,
      )
    : waitFor(state, nowMs, 'the old instance comes up');
}
