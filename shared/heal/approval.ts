// What a person's answer in mode ask is worth: only one that names this very plan is an approval. Pure.
import { plainText } from '../text/plain-text.ts';
import type { Guarded } from './ending.ts';

export type Approval = { readonly approved: true } | Guarded;

const ASK_AGAIN_MS = 60 * 60_000;
/** A plain no holds for a day; a call by hand asks again at once. */
const DENIED_MS = 24 * 60 * 60_000;

export const denied = (reason: string): Guarded => ({
  refuse: 'approval-denied',
  reason,
  page: false,
  lookAgainMs: ASK_AGAIN_MS,
});

/** The answer that a person gives with SendDurableExecutionCallbackSuccess: {"approve": true, "plan": "…"}. */
export function judgeApproval(answer: string | undefined, hash: string): Approval {
  const shown = answer === undefined ? 'nothing' : plainText(answer, 100);
  let said: unknown;
  try {
    said = JSON.parse(answer ?? '');
  } catch {
    return denied(`the answer is not JSON: ${shown}; expected {"approve": true, "plan": "${hash}"}`);
  }
  const { approve, plan, by } = (said ?? {}) as { approve?: unknown; plan?: unknown; by?: unknown };
  if (approve === false)
    return { ...denied(`${typeof by === 'string' ? plainText(by, 64) : 'a person'} said no`), lookAgainMs: DENIED_MS };
  if (approve !== true) return denied(`the answer ${shown} says neither yes nor no`);
  if (plan === undefined) return denied(`the answer names no plan, this one is ${hash}`);
  if (plan !== hash)
    return denied(
      `the answer is for plan ${typeof plan === 'string' ? plainText(plan, 32) : 'of no name'}, this one is ${hash}`,
    );
  return { approved: true };
}
