// Whether a drill may begin: whom it imitates, what its fleet is in, and what is left of the month's dollars. Pure.
import type { Fleet, Role } from '../fleet/model.ts';
import type { BreakerReading } from '../guardrails/breaker.ts';
import { judgeConditions, judgeHalt } from '../guardrails/conditions.ts';
import { type DrillRecord, spentIn } from '../heal/drill.ts';
import type { GuardrailCode, Refusal } from '../model/guardrail-codes.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A drill that could not run for so long proves nothing: no set opens and catches up faster. */
const LEAST_MS = 10 * MINUTE_MS;

/** Its launch template may hold a key, and a second copy of a validator must not run, not even for a minute. */
export function judgeImitated(role: Role): Refusal | null {
  if (role === 'follower') return null;
  if (role === 'validator') return refuse('validator', 'the node that would be imitated is a validator', HOUR_MS);
  const which = role === 'unknown' ? 'of unknown role' : `a ${role}`;
  return refuse('role-unknown', `a drill imitates a follower, and the node is ${which}`, HOUR_MS);
}

/** No drill beside a trouble of its fleet. */
export function judgeDrillBeside(
  { name }: Pick<Fleet, 'name'>,
  { breaker, haltedSinceMs }: { readonly breaker: BreakerReading; readonly haltedSinceMs: number | null },
): Refusal | null {
  const held =
    judgeHalt('drill', name, haltedSinceMs) ?? judgeConditions('drill', { instanceId: '', name }, breaker.conditions);
  if (held || !breaker.open) return held;
  return refuse('breaker-open', `${breaker.sentence}: no drill beside that`, 10 * MINUTE_MS);
}

interface Spent {
  readonly record: Pick<DrillRecord, 'spent'>;
  readonly usdPerHour: number;
  readonly nowMs: number;
  /** What a person asks for is in the budget, too: the person may raise it. */
  readonly byPerson: boolean;
}

export function judgeDrillBudget(
  { dollarsPerMonth }: Pick<NonNullable<Fleet['drills']>, 'dollarsPerMonth'>,
  { record, usdPerHour, nowMs, byPerson }: Spent,
): Refusal | null {
  const leastUsd = (LEAST_MS / HOUR_MS) * 2 * usdPerHour;
  if (dollarsPerMonth - spentIn(record, nowMs) >= leastUsd) return null;
  const spent = `$${spentIn(record, nowMs).toFixed(2)} of this month’s $${dollarsPerMonth} are spent`;
  return refuse('drill-waits', `${spent}${byPerson ? ' (drills.dollarsPerMonth)' : ''}`, HOUR_MS);
}

const refuse = (code: GuardrailCode, reason: string, retryAfterMs: number): Refusal => ({
  ...{ refuse: code, reason, page: false, retryAfterMs },
});
