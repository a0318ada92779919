// What is remembered of an act that did not happen and will not, for a reason that another try does not change. Pure.
import { isEverywhere, judgeLaunch } from '../../shared/aws/launch.ts';
import type { Blame, ReplaceMemory } from '../../shared/heal/memory.ts';
import type { NodeState } from '../../shared/node-commands/node-answer.ts';
import { makingKey } from './intending.ts';
import type { Act, Result } from './model.ts';
import { cleared, failRung, gaveUp, mountedOf, withCopy, withDone, withMachine, withoutDone } from './remember.ts';

type Failed = Extract<Result, { readonly is: 'failed' }>;

export function afterFailed(memory: ReplaceMemory, act: Act, failed: Failed): ReplaceMemory {
  const { reason, fault, seen } = failed;
  const blame = (of: Blame['fault']): ReplaceMemory =>
    withCopy(memory, ({ givenUp }) => ({ givenUp: givenUp ?? { fault: of, reason } }));
  switch (act.do) {
    case 'restart':
      return failRung(memory, reason);
    case 'start-instance':
      // Its hardware has no room, or a key may not be used: another instance may be had elsewhere.
      return memory.rung === 'stop-start' ? failRung(memory, reason) : memory;
    case 'stop-instance':
      // Refused: nobody has stopped it.
      return act.which === 'old' && memory.rung === 'stop-start'
        ? failRung(withoutDone(memory, 'stopped'), reason)
        : memory;
    case 'create':
      return withoutDone(blame('other'), makingKey(act.at));
    case 'attach':
      if (memory.copy?.volumes.some(({ volumeId }) => volumeId === act.volumeId)) return blame('other');
      return gaveUp(memory, reason);
    case 'check':
      return fault === 'data' ? blame('mount') : blame('other');
    case 'swap':
      return act.to === 'found' ? wentBack(memory, seen) : notSwapped(memory, failed);
    case 'standby':
      return notAside(withDone(withoutDone(memory, 'standing-by'), 'not-aside'), reason);
    case 'launch':
      return notLaunched(memory, failed);
    case 'keep-volumes':
    case 'join':
      return gaveUp(memory, reason);
    case 'take-over':
      return withMachine(gaveUp(memory, reason), { identity: 'new' });
    case 'mask-old':
      return withDone(memory, 'mask-failed');
    case 'mask-young':
      return withDone(memory, 'young-mask-failed');
    case 'start-old':
      return startedOld(memory, seen);
    case 'clear':
      // The node is well: what cannot be cleared up is told of in the journal, and left. On standby it serves nobody, and what is in use is not to be
      // removed some day: neither is left.
      return act.what === 'leave-standby' || act.what === 'unkeep'
        ? memory
        : { ...cleared(memory, act), setback: null };
    case 'hold':
      return { ...withDone(memory, 'held'), setback: null };
    case 'leave-pool':
      // register-nodes looks by itself, and sees that it is not synced.
      return { ...withDone(memory, 'left-pool'), setback: null };
    default:
      return memory;
  }
}

/** What only its subnet refuses leaves the next one to be tried. */
function notLaunched(memory: ReplaceMemory, { reason, code = '' }: Failed): ReplaceMemory {
  const { machine, unplaced = [] } = memory;
  const fault = judgeLaunch({ refused: reason, code });
  const one = { subnetId: machine?.subnetId ?? '', reason: fault.reason, isEverywhere: isEverywhere(fault) };
  return gaveUp({ ...memory, unplaced: [...unplaced, one] }, fault.reason);
}

/** A member that its group does not spare is not stopped: what was made for that is taken away again. */
const notAside = (memory: ReplaceMemory, reason: string): ReplaceMemory =>
  memory.machine
    ? gaveUp(memory, reason)
    : memory.copy
      ? withCopy(memory, () => ({ givenUp: { fault: 'other', reason } }))
      : failRung(memory, reason);

/** A client that ends on the volumes of before was found so. */
function wentBack(memory: ReplaceMemory, seen: NodeState | null | undefined): ReplaceMemory {
  if (mountedOf(memory, seen) !== 'found') return { ...memory, inspectedAtMs: null };
  return { ...withCopy(memory, () => ({ mounted: 'found' })), intent: null, setback: null };
}

function notSwapped(memory: ReplaceMemory, { reason, fault, putBack, seen }: Failed): ReplaceMemory {
  const ends = seen?.clients.some(({ state }) => state === 'failed') === true;
  return withCopy(memory, () => ({
    mounted: mountedOf(memory, seen) ?? (putBack === false ? 'copy' : 'found'),
    givenUp: { fault: fault === 'data' ? 'mount' : ends ? 'open' : 'other', reason },
  }));
}

/** Its client may end as it did before; what counts is that nothing keeps it from running any more. */
const startedOld = (memory: ReplaceMemory, seen: NodeState | null | undefined): ReplaceMemory =>
  seen?.clients.every(({ masked }) => !masked) && mountedOf({ ...memory, copy: null }, seen) === 'found'
    ? { ...withMachine(withoutDone(memory, 'masking'), { identity: 'old' }), setback: null }
    : memory;
