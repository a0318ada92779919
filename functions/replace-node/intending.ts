// What is written before an act: that it may have happened, whatever becomes of whoever makes it. Pure.
import type { ReplaceMemory } from '../../shared/heal/memory.ts';
import type { Act } from './model.ts';
import { withDone, withMachine } from './remember.ts';

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
