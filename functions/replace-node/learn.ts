// What is remembered of an act and of what came of it. Pure: a replay and a successor learn the same.

import type { NodeState } from '../../shared/documents/node-answer.ts';
import type { Blame, Copy, NewInstance, ReplaceMemory } from '../../shared/heal/memory.ts';
import { clearingKey } from './clearing.ts';
import type { Act, Result } from './model.ts';
import { endOf } from './proof.ts';
import { withSetback } from './setbacks.ts';

type Done = Extract<Result, { readonly is: 'done' }>;
type Failed = Extract<Result, { readonly is: 'failed' }>;

/** The memory before a call without a token, or one after which the client may be down: written before the call is made. */
export function intending(memory: ReplaceMemory, act: Act, atMs: number): ReplaceMemory {
  const intent = intentOf(memory, act, atMs) ?? memory.intent;
  return { ...withRoot(withDone(memory, ...marksOf(act)), act), intent, waitingSinceMs: atMs };
}

/** Which volume was the old root, and under which device name: to be put back. */
const withRoot = (memory: ReplaceMemory, act: Act): ReplaceMemory =>
  act.do === 'detach' && act.which === 'old' && memory.rung === 'replace' && !isFound(memory, act.volumeId)
    ? withMachine(withDone(memory, 'fencing'), { oldRoot: { device: act.device, volumeId: act.volumeId } })
    : memory;

const isFound = ({ found }: ReplaceMemory, id: string): boolean =>
  found.volumes.some(({ volumeId }) => volumeId === id);

/** One of the copy's volumes that may have been made, though nobody has heard its name. */
export const makingKey = (at: number): string => `making ${at}`;

/** What owes the node something: from the intent on to the proof, or to the node being as it was found. */
const OWED: readonly string[] = ['down', 'standing-by', 'stopped'];

export function phaseOf({ proved, done }: ReplaceMemory): 'preparing' | 'down' | 'proved' {
  if (proved !== null) return 'proved';
  return OWED.some((what) => done.includes(what)) ? 'down' : 'preparing';
}

/** Whether it is written before an act that it is about to be made: the client may be down from then on, or a thing be there. */
export const takesDown = (act: Act): boolean => marksOf(act).length > 0;

/** What is noted of an act before it is made: that it happened or may have, whatever its answer. */
function marksOf(act: Act): readonly string[] {
  switch (act.do) {
    case 'restart':
    case 'swap':
      return ['down'];
    case 'standby':
      return ['standing-by'];
    case 'create':
      return [makingKey(act.at)];
    case 'stop-instance':
      return act.which === 'old' ? ['down', 'stopped'] : [];
    case 'detach':
      return act.which === 'old' ? ['down'] : [];
    case 'mask-old':
      return ['down', 'fencing', 'masking'];
    case 'join':
      return ['down', 'joining'];
    case 'take-over':
      return ['down', 'taking-over'];
    default:
      return [];
  }
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
      return afterDone(act.do === 'inspect' ? after : { ...after, setback: null }, act, result);
    case 'failed':
      // Refused for good: it will not take effect any more.
      return afterFailed({ ...withSetback(after, act, result.reason, atMs), intent: null }, act, result);
    case 'unknown':
      return afterUnknown(withSetback(after, act, result.reason, atMs), act, result.reason);
  }
}

const withDone = (memory: ReplaceMemory, ...what: readonly string[]): ReplaceMemory => ({
  ...memory,
  done: [...memory.done.filter((one) => !what.includes(one)), ...what],
});

const withoutDone = (memory: ReplaceMemory, ...what: readonly string[]): ReplaceMemory => ({
  ...memory,
  done: memory.done.filter((one) => !what.includes(one)),
});

const withCopy = (memory: ReplaceMemory, change: (copy: Copy) => Partial<Copy>): ReplaceMemory =>
  memory.copy ? { ...memory, copy: { ...memory.copy, ...change(memory.copy) } } : memory;

const withMachine = (memory: ReplaceMemory, change: Partial<NewInstance>): ReplaceMemory =>
  memory.machine ? { ...memory, machine: { ...memory.machine, ...change } } : memory;

const failRung = (memory: ReplaceMemory, reason: string): ReplaceMemory => ({
  ...withoutDone(memory, 'down', 'started', 'left-pool', 'not-aside'),
  rung: null,
  upSinceMs: null,
  intent: null,
  setback: null,
  failed: memory.rung === null ? memory.failed : [...memory.failed, { rung: memory.rung, reason }],
});

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
    case 'hold':
      return withDone(memory, 'held');
    case 'restart':
      return restarted(memory, result);
    case 'stop-instance':
      return memory;
    case 'start-instance':
      return withDone(withoutDone(memory, 'stopped'), 'started');
    case 'choose':
      return { ...memory, copy: act.copy, generation: memory.generation + 1 };
    case 'create':
      return withCopy(withoutDone(memory, makingKey(act.at)), ({ volumes }) => ({
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

const cleared = (memory: ReplaceMemory, { what, target }: Extract<Act, { readonly do: 'clear' }>): ReplaceMemory =>
  withDone(
    what === 'leave-standby' ? withoutDone(memory, 'standby', 'standing-by') : memory,
    clearingKey(what, target),
  );

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

/** Which of the two sets of volumes the node says is mounted; null where it says neither. */
function mountedOf({ copy, found }: ReplaceMemory, seen: NodeState | null | undefined): Copy['mounted'] | null {
  const are = (volumes: readonly { readonly volumeId: string }[] = []): boolean =>
    volumes.length > 0 && volumes.every(({ volumeId }) => seen?.volumes.some((one) => one.volumeId === volumeId));
  return are(copy?.volumes) ? 'copy' : are(found.volumes) ? 'found' : null;
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
];
const MAX_TRIED = 12;

function afterFailed(memory: ReplaceMemory, act: Act, failed: Failed): ReplaceMemory {
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
      return withDone(memory, 'held');
    default:
      return memory;
  }
}

/** A member that its group does not spare is not stopped: what was made for that is taken away again. */
const notAside = (memory: ReplaceMemory, reason: string): ReplaceMemory =>
  memory.machine
    ? gaveUp(memory, reason)
    : memory.copy
      ? withCopy(memory, () => ({ givenUp: { fault: 'other', reason } }))
      : failRung(memory, reason);

const gaveUp = (memory: ReplaceMemory, reason: string): ReplaceMemory =>
  withMachine({ ...memory, upSinceMs: null }, { givenUp: memory.machine?.givenUp ?? reason });

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
      return withMachine(gaveUp(memory, reason), { identity: 'new' });
    default:
      return memory;
  }
}
