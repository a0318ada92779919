// What is remembered of an act and of what came of it. Pure: a replay and a successor learn the same.
import type { Blame, ReplaceMemory } from '../../shared/heal/memory.ts';
import { HOLD_UNKNOWN } from './clearing.ts';
import { makingKey } from './intending.ts';
import { afterFailed } from './learn-failed.ts';
import type { Act, Result } from './model.ts';
import { endOf } from './proof.ts';
import { STOP_SENT } from './putting-back.ts';
import { cleared, failRung, gaveUp, mountedOf, withCopy, withDone, withMachine, withoutDone } from './remember.ts';
import { withSetback } from './setbacks.ts';
import { MADE } from './unspent.ts';

type Done = Extract<Result, { readonly is: 'done' }>;

export function learn(
  memory: ReplaceMemory,
  act: Act,
  result: Exclude<Result, { readonly is: 'refused' | 'lost' }>,
): ReplaceMemory {
  const { atMs } = result;
  if (act.do === 'wait') return { ...memory, waitingSinceMs: memory.waitingSinceMs ?? atMs };
  const after: ReplaceMemory = { ...memory, waitingSinceMs: atMs };
  switch (result.is) {
    case 'done':
      return afterDone(act.do === 'inspect' ? after : { ...after, setback: null }, act, result);
    case 'failed':
      // Refused for good: it will not take effect any more.
      return afterFailed({ ...withSetback(after, act, result.reason, atMs), intent: null }, act, result);
    case 'unknown':
      return afterUnknown(withSetback(after, act, result.reason, atMs), act, result.reason);
  }
}

function afterDone(memory: ReplaceMemory, act: Act, result: Done): ReplaceMemory {
  switch (act.do) {
    case 'begin':
      return act.memory;
    case 'inspect':
      return inspected(memory, act.which, result);
    case 'take-rung':
      return { ...memory, rung: act.rung, upSinceMs: null, inspectedAtMs: null };
    case 'fail-rung':
      return failRung(memory, act.reason);
    case 'skip-rung':
      return { ...memory, failed: [...memory.failed, { rung: act.rung, reason: act.reason }] };
    case 'hold':
      return withDone(memory, act.isUnread ? HOLD_UNKNOWN : 'held');
    case 'restart':
      return restarted(memory, result);
    case 'stop-instance':
      return stopSent(memory, act);
    case 'start-instance':
      return withDone(withoutDone(memory, 'stopped', STOP_SENT), 'started');
    case 'choose':
      return { ...memory, copy: act.copy, generation: memory.generation + 1 };
    case 'create':
      return withCopy(withDone(withoutDone(memory, makingKey(act.at)), MADE), ({ volumes }) => ({
        volumes: volumes.map((volume, at) => (at === act.at ? { ...volume, volumeId: result.volumeId ?? '' } : volume)),
      }));
    case 'check':
      return withCopy(memory, () => ({ checked: act.at + 1 }));
    case 'leave-pool':
      return withDone(memory, 'left-pool');
    case 'standby':
      return withDone(
        withoutDone(memory, ...memory.done.filter((what) => what.startsWith('leave-standby'))),
        'standby',
      );
    case 'swap':
      return {
        ...withCopy(memory, () => ({ mounted: act.to })),
        upSinceMs: act.to === 'copy' ? result.atMs : null,
        inspectedAtMs: result.atMs,
        intent: null,
      };
    case 'give-up-copy':
      return withCopy(memory, () => ({ givenUp: act.blame }));
    case 'drop-copy':
      return droppedCopy(memory);
    case 'plan-machine':
      return { ...memory, machine: act.machine, generation: memory.generation + 1 };
    case 'launch':
      return withMachine(withDone(memory, MADE), {
        instanceId: result.instanceId ?? '',
        fence: result.fence ?? 0,
        ...(result.note !== undefined && { availabilityZone: result.note }),
      });
    case 'keep-volumes':
      return withDone(memory, 'keep-volumes');
    case 'masked':
      return withMachine(memory, { masked: true });
    case 'mask-old':
      return withMachine(memory, { fencedBy: 'acknowledgement', identity: 'none' });
    case 'fenced':
      return withMachine(withDone(memory, 'fencing'), { fencedBy: act.by, identity: 'none' });
    case 'join':
      return withMachine(memory, { joined: true });
    case 'leave':
      return withMachine(withoutDone(memory, 'joining'), { joined: false });
    case 'take-over':
      return { ...withMachine(memory, { identity: 'new' }), upSinceMs: result.atMs, inspectedAtMs: result.atMs };
    case 'give-up-machine':
      return withMachine({ ...memory, upSinceMs: null, setback: null }, { givenUp: act.reason });
    case 'mask-young':
      return withMachine(withDone(memory, 'young-masked'), { identity: 'none' });
    case 'start-old':
      return withMachine(withoutDone(memory, 'masking'), { identity: 'old' });
    case 'drop-machine':
      return droppedMachine(memory);
    case 'prove':
      return { ...memory, proved: act.reason };
    case 'clear':
      return cleared(memory, act);
    case 'detach':
    case 'attach':
      return memory;
    case 'wait':
    case 'end':
      return memory;
  }
}

/** EC2 has been asked, which an intent alone does not say: a guard may have refused that. */
const stopSent = (memory: ReplaceMemory, act: Extract<Act, { readonly do: 'stop-instance' }>): ReplaceMemory =>
  act.which === 'old' ? withDone(memory, STOP_SENT) : memory;

function inspected(memory: ReplaceMemory, which: 'old' | 'young', { seen, atMs }: Done): ReplaceMemory {
  const after = { ...memory, inspectedAtMs: atMs };
  const { rung, done } = memory;
  if (which === 'young') return withMachine(after, { heard: memory.machine?.fence ?? 0 });
  if (rung === 'stop-start' && done.includes('started') && memory.upSinceMs === null)
    return { ...after, upSinceMs: atMs };
  if (rung !== 'swap' || !memory.copy || !seen) return after;
  // What is mounted is what the node says: an attempt before this one may have died behind its command.
  const mounted = mountedOf(memory, seen) ?? 'found';
  return { ...withCopy(after, () => ({ mounted })), upSinceMs: mounted === 'copy' ? (memory.upSinceMs ?? atMs) : null };
}

function restarted(memory: ReplaceMemory, { seen, atMs }: Done): ReplaceMemory {
  const ended = seen?.clients.find(({ state }) => state === 'failed' || state === 'stopped');
  if (ended) return failRung(memory, `its client ends again: ${endOf(ended)}`);
  return { ...memory, upSinceMs: atMs, inspectedAtMs: atMs };
}

function droppedCopy(memory: ReplaceMemory): ReplaceMemory {
  const { copy } = memory;
  if (!copy) return memory;
  const blame: Blame = copy.givenUp ?? { fault: 'other', reason: 'given up' };
  const snapshotIds = copy.volumes.map(({ snapshotId }) => snapshotId).filter((id) => id !== '');
  return {
    ...memory,
    copy: null,
    upSinceMs: null,
    // As it was found again; a new instance goes its own way.
    done: memory.machine ? memory.done : memory.done.filter((what) => what !== 'down' && what !== 'left-pool'),
    setback: null,
    tried: [...memory.tried, { source: copy.source, rank: copy.rank, snapshotIds, ...blame }].slice(-MAX_TRIED),
  };
}

function droppedMachine(memory: ReplaceMemory): ReplaceMemory {
  const { machine } = memory;
  if (!machine) return memory;
  const used = machine.instanceId !== '';
  const without: ReplaceMemory = {
    ...memory,
    machine: null,
    upSinceMs: null,
    exhausted: [...memory.exhausted, machine.subnetId],
  };
  // A launch that found no capacity leaves the next subnet to be tried; an instance that was of no use ends the rung.
  return used
    ? failRung(
        { ...without, done: without.done.filter((what) => !MACHINE_DONE.includes(what)) },
        machine.givenUp ?? 'given up',
      )
    : without;
}

const MACHINE_DONE: readonly string[] = [
  'keep-volumes',
  'fencing',
  'masking',
  'mask-failed',
  'joining',
  'taking-over',
  'young-masked',
  'young-mask-failed',
  STOP_SENT,
];
const MAX_TRIED = 12;

/** A command that may still run, or a call that may still be served: the node and EC2 say what became of it. */
function afterUnknown(memory: ReplaceMemory, act: Act, reason: string): ReplaceMemory {
  switch (act.do) {
    case 'restart':
    case 'swap':
    case 'inspect':
      return { ...memory, inspectedAtMs: null };
    case 'hold':
      return withDone(memory, HOLD_UNKNOWN);
    case 'check':
      return withCopy(memory, () => ({ givenUp: { fault: 'other', reason } }));
    case 'stop-instance':
      return stopSent(memory, act);
    case 'mask-old':
      return withDone(memory, 'mask-failed');
    case 'mask-young':
      return withDone(memory, 'young-mask-failed');
    case 'take-over':
      return withMachine(gaveUp(memory, reason), { identity: 'new' });
    default:
      return memory;
  }
}
