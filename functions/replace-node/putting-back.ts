// Which acts only put back what this heal took down, or finish what cannot be left half done: no pause keeps a node down. Pure.
import type { ReplaceMemory } from '../../shared/heal/memory.ts';
import type { Act } from './model.ts';

/** Noted once EC2 was asked to stop the old instance. */
export const STOP_SENT = 'stop-sent';

/** Whether an act is made in spite of a pause, and of a mode that has changed meanwhile. */
export function putsBack(act: Act, memory: ReplaceMemory | null): boolean {
  if (!memory) return false;
  const back = memory.copy?.givenUp != null || memory.machine?.givenUp != null || memory.proved !== null;
  switch (act.do) {
    case 'swap':
      return act.to === 'found';
    case 'attach':
    case 'detach':
      // From the fencing on neither instance runs the client, and neither does one that was stopped to be fenced.
      return back || (memory.machine !== null && (memory.machine.fencedBy !== null || memory.done.includes(STOP_SENT)));
    case 'stop-instance':
      // A client that did not say that it is masked may be down all the same.
      return back || (act.which === 'old' && memory.done.includes('mask-failed'));
    case 'take-rung':
    case 'hold':
    case 'restart':
    case 'create':
    case 'check':
    case 'leave-pool':
    case 'standby':
    case 'launch':
    case 'keep-volumes':
    case 'mask-old':
      return false;
    default:
      return true;
  }
}
