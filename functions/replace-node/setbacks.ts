// What did not come off is made again, at intervals and a few times; then a person is told, and the next attempt tries once more. Pure.
import type { ReplaceMemory, Setback } from '../../shared/heal/memory.ts';
import type { Act } from './model.ts';
import { waitFor } from './waits.ts';

/** So often in a row before a person is told. */
const MAX_IN_A_ROW = 3;
const AGAIN_AFTER_MS = 60_000;
const NEXT_ATTEMPT_MS = 30 * 60_000;

/** An act by what it does and what to; null for what is only decided, and for what may be asked as often as one likes. */
function nameOf(act: Act): string | null {
  switch (act.do) {
    case 'restart':
    case 'start-instance':
    case 'mask-old':
    case 'mask-young':
    case 'take-over':
    case 'start-old':
    case 'join':
    case 'leave':
    case 'drop-copy':
    case 'drop-machine':
    case 'keep-volumes':
    case 'leave-pool':
    case 'standby':
    case 'hold':
      return act.do;
    case 'swap':
      return `swap to ${act.to}`;
    case 'stop-instance':
      return `stop ${act.which}`;
    case 'attach':
    case 'detach':
      return `${act.do} ${act.volumeId}`;
    case 'clear':
      return `clear ${act.what} ${act.target}`;
    default:
      return null;
  }
}

export const withSetback = (memory: ReplaceMemory, act: Act, reason: string, atMs: number): ReplaceMemory => {
  const name = nameOf(act);
  if (name === null) return memory;
  const count = memory.setback?.act === name ? memory.setback.count + 1 : 1;
  return { ...memory, setback: { act: name, count, reason: reason.slice(0, 300), atMs } };
};

/** Whether an act has been tried in vain so often that something else is to be done, where there is something else. */
export const isSpent = ({ setback }: ReplaceMemory, act: Act): boolean =>
  setback !== null && setback.act === nameOf(act) && setback.count >= MAX_IN_A_ROW;

/** The act, or the time until it is made again, or the end of the attempt. */
export function paced(act: Act, memory: ReplaceMemory, nowMs: number): Act {
  const { setback } = memory;
  if (setback === null || setback.act !== nameOf(act)) return act;
  const sinceMs = nowMs - setback.atMs;
  if (setback.count >= MAX_IN_A_ROW && sinceMs < NEXT_ATTEMPT_MS) return told(setback);
  return sinceMs < AGAIN_AFTER_MS ? waitFor(memory, nowMs, `${setback.act} again: ${setback.reason}`) : act;
}

const told = ({ act, count, reason }: Setback): Act => ({
  do: 'end',
  end: {
    as: 'failed',
    code: 'step-failed',
    reason: `${act} did not come off ${count} times (${reason}), and it has to: it is tried again`,
    lookAgainMs: NEXT_ATTEMPT_MS,
  },
});
