// Approvals: the terms that a person reads and that the answer is bound to, and the verdict on an answer. Pure.
import { createHash } from 'node:crypto';
import type { Refusal } from '../model/guardrail-codes.ts';
import { jsonOrUndefined } from '../text/json.ts';
import { plainText } from '../text/plain-text.ts';

/**
 * What would be done, and to what: name and value of each item that an approval covers, in the order in which a person reads them. The same text is
 * hashed, so nothing is approved that was not shown. Reasons and estimates are no terms: they change by the minute.
 */
export type Terms = readonly (readonly [name: string, value: string])[];

/** 16 hex digits of a SHA-256: short enough to compare by eye. */
export const hashOf = (terms: Terms): string =>
  createHash('sha256').update(JSON.stringify(terms)).digest('hex').slice(0, 16);

/** "source: set-0 (snap-1) → set-1 (snap-2)"; null where both are equal. */
export function changedTerms(before: Terms, after: Terms): string | null {
  const was = new Map(before);
  const is = new Map(after);
  const changes = [...new Set([...was.keys(), ...is.keys()])].flatMap((name) => {
    const [from = 'nothing', to = 'nothing'] = [was.get(name), is.get(name)];
    return from === to ? [] : [`${name}: ${from} → ${to}`];
  });
  return changes.length === 0 ? null : changes.join('; ');
}

/** `by` names the approver, as the answer claims; AWS does not tell. null where the answer names nobody. */
export type Approval =
  | { readonly approved: true; readonly by: string | null }
  | (Refusal & { readonly by: string | null });

const ASK_AGAIN_MS = 60 * 60_000;
/** A plain no holds for a day; a call by hand asks again immediately. */
const DENIED_MS = 24 * 60 * 60_000;
/** An answer is some sixty characters, and a name. "Result: Maximum length of 262144" (SendDurableExecutionCallbackSuccess, Lambda API). */
const MAX_ANSWER_CHARACTERS = 4_000;
const MAX_SHOWN = 100;
/** "arn:aws:sts::…:assumed-role/<role>/<session>": 64 characters each ("IAM and STS character limits", IAM guide). */
const MAX_BY = 256;

export const denied = (reason: string, by: string | null = null): Refusal & { readonly by: string | null } => ({
  refuse: 'approval-denied',
  reason,
  page: false,
  retryAfterMs: ASK_AGAIN_MS,
  by,
});

/**
 * The answer that a person gives with SendDurableExecutionCallbackSuccess: {"approve": true, "plan": "…", "by": "…"}. Any other JSON, and any text
 * that is no JSON, is no approval.
 */
export function judgeApproval(answer: string | undefined, plan: string): Approval {
  const not = (why: string): Approval =>
    denied(`not an approval: ${why}; expected {"approve":true,"plan":"${plan}"} or {"approve":false}`);
  if (answer === undefined || answer.trim() === '') return not('the answer is empty');
  if (answer.length > MAX_ANSWER_CHARACTERS)
    return not(`the answer has ${answer.length} characters, more than ${MAX_ANSWER_CHARACTERS}`);
  const shown = plainText(answer, MAX_SHOWN);
  const said = jsonOrUndefined(answer);
  if (said === undefined) return not(`the answer is not JSON: ${shown}`);
  if (typeof said !== 'object' || said === null || Array.isArray(said)) return not(`the answer is no object: ${shown}`);
  const field = (name: string): unknown =>
    Object.hasOwn(said, name) ? (said as Record<string, unknown>)[name] : undefined;
  const [approve, named, claimed] = [field('approve'), field('plan'), field('by')];
  const by = (typeof claimed === 'string' && plainText(claimed, MAX_BY)) || null;
  if (approve === false) return { ...denied(`a person said no${claimOf(by)}`, by), retryAfterMs: DENIED_MS };
  if (approve !== true) return not(`the answer says neither yes nor no: ${shown}`);
  if (named === undefined) return not('the answer names no plan');
  if (typeof named !== 'string') return not(`its plan is no text: ${shown}`);
  if (named !== plan) return denied(`the answer is for plan ${plainText(named, 32)}, this one is ${plan}`, by);
  return { approved: true, by };
}

const HOUR_MS = 60 * 60_000;

interface Asked {
  readonly terms: Terms;
  readonly answer?: { readonly said: string; readonly by: string | null; readonly atMs: number };
  readonly isOver?: true;
}

/**
 * A yes to these very terms that was given to an earlier attempt of the incident, and of which nothing was done: a guard held it, or the attempt died. Nobody
 * is asked the same again. null where there is none.
 */
export function standingYes(
  asked: Asked | undefined,
  terms: Terms,
  { nowMs, hours }: { readonly nowMs: number; readonly hours: number },
): { readonly by: string | null } | null {
  if (asked?.answer?.said !== 'approved' || asked.isOver === true) return null;
  if (nowMs - asked.answer.atMs >= hours * HOUR_MS) return null;
  const before = asked.terms.slice(Math.max(0, asked.terms.length - terms.length));
  return changedTerms(before, terms) === null ? { by: asked.answer.by } : null;
}

/** The approver for the journal: ", by arn:… as the answer claims", or that the answer names nobody. */
export const claimOf = (by: string | null): string =>
  by === null ? ', by whom was not told' : `, by ${by} as the answer claims`;
