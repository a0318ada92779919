// Which rungs have ended without having done anything: they give back what was reserved for them. Pure.
import type { ReplaceMemory } from '../../shared/heal/memory.ts';
import { phaseOf } from './intending.ts';
import type { Act, Result } from './model.ts';

/** Noted once a volume or an instance was made for the rung under way. */
export const MADE = 'made';

/**
 * Whether the rung that this act has ended did nothing: nothing was made for it, and the node felt nothing.
 * @param before as it was before the act was intended: what only this act has intended, and AWS has refused, did not happen
 */
export function isUnspent(before: ReplaceMemory, act: Act, { is }: Pick<Result, 'is'>, after: ReplaceMemory): boolean {
  if (before.rung === null || after.rung !== null) return false;
  const isRefused = is === 'failed' && (act.do === 'stop-instance' || act.do === 'standby');
  if (act.do !== 'fail-rung' && !isRefused) return false;
  const isMade = before.done.some((what) => what === MADE || what === 'started' || what.startsWith('making '));
  return !isMade && phaseOf(before) === 'preparing';
}
