// Whether anything can be done on an instance, by its state. Pure.
import type { Refusal } from '../model/guardrail-codes.ts';

const MINUTE_MS = 60_000;

/**
 * Why nothing can be done on an instance in this state; nobody is paged for it.
 *
 * @param state null where EC2 does not know the instance any more
 * @param needs what a running one is needed for, for the sentence
 */
export function judgeInstance(state: string | null, needs = 'commands reach only a running one'): Refusal | null {
  if (state === 'running') return null;
  const refusal = { page: false } as const;
  if (state === null || state === 'terminated' || state === 'shutting-down')
    return {
      ...refusal,
      refuse: 'instance-gone',
      reason: `the instance is ${state ?? 'not there any more'}`,
      lookAgainMs: 60 * MINUTE_MS,
    };
  return {
    ...refusal,
    refuse: 'instance-stopped',
    reason: `the instance is ${state}; ${needs}`,
    lookAgainMs: 5 * MINUTE_MS,
  };
}
