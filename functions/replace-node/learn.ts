// What is remembered of an act and of what came of it. Pure: a replay and a successor learn the same.
import type { Blame, Copy, NewInstance, ReplaceMemory } from '../../shared/heal/memory.ts';
import { clearingKey } from './clearing.ts';
import type { Act, Result } from './model.ts';
import { endOf } from './proof.ts';

type Done = Extract<Result, { readonly is: 'done' }>;
type Failed = Extract<Result, { readonly is: 'failed' }>;

/** The memory before a call without a token, or one after which the client may be down: written before the call is made. */
export function intending(memory: ReplaceMemory, act: Act, atMs: number): ReplaceMemory {
  const intent = intentOf(memory, act, atMs) ?? memory.intent;
  return { ...(takesDown(act) ? withDone(memory, 'down') : memory), intent, waitingSinceMs: atMs };
}

/** From the intent of the first act that takes the client down to the proof, or to the node being as it was found. */
export function phaseOf({ proved, done }: ReplaceMemory): 'preparing' | 'down' | 'proved' {
  if (proved !== null) return 'proved';
  return done.includes('down') ? 'down' : 'preparing';
}

/** Whether from the act on the client may be down because of us: then only the proof and the way back end the heal. */
export function takesDown(act: Act): boolean {
  return (
    ['restart', 'stop-instance', 'swap', 'mask-old', 'join', 'take-over'].includes(act.do) ||
    (act.do === 'detach' && act.which === 'old')
  );
}

function intentOf({ found, machine }: ReplaceMemory, act: Act, atMs: number) {
  const instanceOf = (which: 'old' | 'young'): string =>
    which === 'old' ? found.instanceId : (machine?.instanceId ?? '');
  switch (act.do) {
    case 'attach':
      return { call: 'AttachVolume', target: act.volumeId, atMs };
    case 'detach':
      return { call: 'DetachVolume', target: act.volumeId, atMs };
    case 'stop-instance':
      return { call: 'StopInstances', target: instanceOf(act.which), atMs };
    case 'start-instance':
      return { call: 'StartInstances', target: found.instanceId, atMs };
    case 'restart':
      return { call: 'restart-client', target: found.instanceId, atMs };
    case 'swap':
      return { call: 'swap-volumes', target: act.to, atMs };
    default:
      return null;
  }
}

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
      return afterDone(after, act, result);
    case 'failed':
      return afterFailed(after, act, result);
    case 'unknown':
      return afterUnknown(after, act, result.reason);
  }
}

const withDone = (memory: ReplaceMemory, ...what: readonly string[]): ReplaceMemory => ({
  ...memory,
  done: [...memory.done.filter((one) => !what.includes(one)), ...what],
});

const withCopy = (memory: ReplaceMemory, change: (copy: Copy) => Partial<Copy>): ReplaceMemory =>
  memory.copy ? { ...memory, copy: { ...memory.copy, ...change(memory.copy) } } : memory;

const withMachine = (memory: ReplaceMemory, change: Partial<NewInstance>): ReplaceMemory =>
  memory.machine ? { ...memory, machine: { ...memory.machine, ...change } } : memory;

const failRung = (memory: ReplaceMemory, reason: string): ReplaceMemory => ({
  ...memory,
  rung: null,
  upSinceMs: null,
  intent: null,
  done: memory.done.filter((what) => what !== 'down'),
  failed: memory.rung === null ? memory.failed : [...memory.failed, { rung: memory.rung, reason }],
});

function afterDone(memory: ReplaceMemory, act: Act, result: Done): ReplaceMemory {
  switch (act.do) {
    case 'begin':
      return act.memory;
    case 'inspect':
      return inspected(memory, result);
    case 'take-rung':
      return { ...memory, rung: act.rung, upSinceMs: null, inspectedAtMs: null };
    case 'fail-rung':
      return failRung(memory, act.reason);
    case 'hold':
      return withDone(memory, 'held');
    case 'restart':
      return restarted(memory, result);
    case 'stop-instance':
      return withDone(memory, act.which === 'old' ? 'stopped' : 'young-stopped');
    case 'start-instance':
      return withDone(memory, 'started');
    case 'choose':
      return { ...memory, copy: act.copy, generation: memory.generation + 1 };
    case 'create':
      return withCopy(memory, ({ volumes }) => ({
        volumes: volumes.map((volume, at) => (at === act.at ? { ...volume, volumeId: result.volumeId ?? '' } : volume)),
      }));
    case 'check':
      return withCopy(memory, () => ({ checked: act.at + 1 }));
    case 'leave-pool':
      return withDone(memory, 'left-pool');
    case 'standby':
      return withDone(memory, 'standby');
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
      return withMachine(memory, {
        instanceId: result.instanceId ?? '',
        fence: result.fence ?? 0,
        ...(result.note !== undefined && { availabilityZone: result.note }),
      });
    case 'keep-volumes':
      return withDone(memory, 'keep-volumes');
    case 'masked':
      return withMachine(memory, { masked: true });
    case 'mask-old':
      return withMachine(withDone(memory, 'fencing'), { fencedBy: 'acknowledgement', identity: 'none' });
    case 'fenced':
      return withMachine(withDone(memory, 'fencing'), { fencedBy: act.by, identity: 'none' });
    case 'join':
      return withMachine(memory, { joined: true });
    case 'leave':
      return withMachine(memory, { joined: false });
    case 'take-over':
      return { ...withMachine(memory, { identity: 'new' }), upSinceMs: result.atMs, inspectedAtMs: result.atMs };
    case 'give-up-machine':
      return withMachine({ ...memory, upSinceMs: null }, { givenUp: act.reason });
    case 'mask-young':
      return withMachine(memory, { identity: 'none' });
    case 'start-old':
      return withMachine(withDone(memory, 'old-started'), { identity: 'old' });
    case 'drop-machine':
      return droppedMachine(memory);
    case 'prove':
      return { ...memory, proved: act.reason };
    case 'clear':
      return withDone(memory, clearingKey(act.what, act.target));
    case 'detach':
      return detached(memory, act.volumeId, result.note);
    case 'attach':
      return memory;
    case 'wait':
    case 'end':
      return memory;
  }
}

/** The old root's device is remembered, to be put back. */
const detached = (memory: ReplaceMemory, volumeId: string, device: string | undefined): ReplaceMemory =>
  memory.machine && device !== undefined && !memory.found.volumes.some((volume) => volume.volumeId === volumeId)
    ? withMachine(withDone(memory, 'fencing'), { oldRoot: { device, volumeId } })
    : memory;

function inspected(memory: ReplaceMemory, { seen, atMs }: Done): ReplaceMemory {
  const after = { ...memory, inspectedAtMs: atMs };
  const { copy, rung, done } = memory;
  if (rung === 'stop-start' && done.includes('started') && memory.upSinceMs === null)
    return { ...after, upSinceMs: atMs };
  if (rung !== 'swap' || !copy || !seen) return after;
  // What is mounted is what the node says: an attempt before this one may have died behind its command.
  const isCopy =
    copy.volumes.length > 0 &&
    copy.volumes.every(({ volumeId }) => seen.volumes.some((volume) => volume.volumeId === volumeId));
  return {
    ...withCopy(after, () => ({ mounted: isCopy ? 'copy' : 'found' })),
    upSinceMs: isCopy ? (memory.upSinceMs ?? atMs) : null,
  };
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
  'mask-failed',
  'young-stopped',
  'young-mask-failed',
  'old-started',
];
const MAX_TRIED = 12;

function afterFailed(memory: ReplaceMemory, act: Act, { reason, fault, putBack, seen }: Failed): ReplaceMemory {
  const blame = (of: Blame['fault']): ReplaceMemory => withCopy(memory, () => ({ givenUp: { fault: of, reason } }));
  switch (act.do) {
    case 'restart':
    case 'start-instance':
      return failRung(memory, reason);
    case 'stop-instance':
      return act.which === 'young'
        ? withDone(memory, 'young-stopped')
        : memory.machine
          ? withMachine(memory, { givenUp: reason })
          : failRung(memory, reason);
    case 'create':
    case 'attach':
      if (memory.copy) return blame('other');
      return memory.machine ? withMachine(memory, { givenUp: reason }) : failRung(memory, reason);
    case 'check':
      return fault === 'data' ? blame('mount') : blame('other');
    case 'swap': {
      if (act.to === 'found') return { ...memory, inspectedAtMs: null };
      const ends = seen?.clients.some(({ state }) => state === 'failed') === true;
      return withCopy(memory, () => ({
        mounted: putBack === false ? 'copy' : 'found',
        givenUp: { fault: fault === 'data' ? 'mount' : ends ? 'open' : 'other', reason },
      }));
    }
    case 'standby':
      return failRung(memory, reason);
    case 'launch':
      return withMachine(memory, { givenUp: reason });
    case 'mask-old':
      return withDone(memory, 'mask-failed');
    case 'mask-young':
      return withDone(memory, 'young-mask-failed');
    case 'start-old':
      return withDone(memory, 'old-started');
    case 'take-over':
    case 'keep-volumes':
    case 'join':
      return withMachine(
        { ...memory, upSinceMs: null },
        { givenUp: reason, ...(act.do === 'take-over' && { identity: 'new' as const }) },
      );
    case 'clear':
      // The node is well: what cannot be cleared up is told of in the journal, and left.
      return withDone(memory, clearingKey(act.what, act.target));
    case 'hold':
      return withDone(memory, 'held');
    default:
      return memory;
  }
}

/** A command that may still run, or a call that may still be served: the node and EC2 say what became of it. */
function afterUnknown(memory: ReplaceMemory, act: Act, reason: string): ReplaceMemory {
  switch (act.do) {
    case 'restart':
    case 'swap':
    case 'inspect':
      return { ...memory, inspectedAtMs: null };
    case 'check':
      return withCopy(memory, () => ({ givenUp: { fault: 'other', reason } }));
    case 'mask-old':
      return withDone(memory, 'mask-failed');
    case 'mask-young':
      return withDone(memory, 'young-mask-failed');
    case 'take-over':
      return withMachine({ ...memory, upSinceMs: null }, { givenUp: reason, identity: 'new' });
    default:
      return memory;
  }
}
