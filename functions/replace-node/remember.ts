// The changes that what is remembered goes through, each named. Pure.

import type { Copy, NewInstance, ReplaceMemory } from '../../shared/heal/memory.ts';
import type { NodeState } from '../../shared/node-commands/node-answer.ts';
import { clearingKey } from './clearing.ts';
import type { Act } from './model.ts';
import { MADE } from './unspent.ts';

export const withDone = (memory: ReplaceMemory, ...what: readonly string[]): ReplaceMemory => ({
  ...memory,
  done: [...memory.done.filter((one) => !what.includes(one)), ...what],
});

export const withoutDone = (memory: ReplaceMemory, ...what: readonly string[]): ReplaceMemory => ({
  ...memory,
  done: memory.done.filter((one) => !what.includes(one)),
});

export const withCopy = (memory: ReplaceMemory, change: (copy: Copy) => Partial<Copy>): ReplaceMemory =>
  memory.copy ? { ...memory, copy: { ...memory.copy, ...change(memory.copy) } } : memory;

export const withMachine = (memory: ReplaceMemory, change: Partial<NewInstance>): ReplaceMemory =>
  memory.machine ? { ...memory, machine: { ...memory.machine, ...change } } : memory;

export const failRung = (memory: ReplaceMemory, reason: string): ReplaceMemory => ({
  ...withoutDone(memory, 'down', 'started', 'left-pool', 'not-aside', MADE),
  rung: null,
  upSinceMs: null,
  intent: null,
  setback: null,
  failed: memory.rung === null ? memory.failed : [...memory.failed, { rung: memory.rung, reason }],
});

export const gaveUp = (memory: ReplaceMemory, reason: string): ReplaceMemory =>
  withMachine({ ...memory, upSinceMs: null }, { givenUp: memory.machine?.givenUp ?? reason });

export const cleared = (
  memory: ReplaceMemory,
  { what, target }: Extract<Act, { readonly do: 'clear' }>,
): ReplaceMemory =>
  withDone(
    what === 'leave-standby' ? withoutDone(memory, 'standby', 'standing-by') : memory,
    clearingKey(what, target),
  );

/** Which of the two sets of volumes the node says is mounted; null where it says neither. */
export function mountedOf({ copy, found }: ReplaceMemory, seen: NodeState | null | undefined): Copy['mounted'] | null {
  const are = (volumes: readonly { readonly volumeId: string }[] = []): boolean =>
    volumes.length > 0 && volumes.every(({ volumeId }) => seen?.volumes.some((one) => one.volumeId === volumeId));
  return are(copy?.volumes) ? 'copy' : are(found.volumes) ? 'found' : null;
}
