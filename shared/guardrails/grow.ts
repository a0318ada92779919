// Guardrails of growth across a fleet: its turn while the breaker is open, and the monthly ceiling, as pure decisions.

import type { ExecutionStatus } from '../model/execution.ts';
import type { Refusal } from '../model/guardrail-codes.ts';
import type { Write } from '../model/write.ts';
import type { BreakerReading } from './breaker.ts';
import type { BudgetRecord, GrowRecord } from './records.ts';

/** One proof lets the rest of the fleet grow for this long. */
export const PROOF_VALID_MS = 60 * 60_000;
/** The first proof takes half a minute. This is less than a sweep's minute, so the very next sweep looks again. */
const STAGGERED_AGAIN_MS = 10_000;

/**
 * Growing destroys nothing, and a breaker that stopped it would stop the cure. While the breaker is open one heal goes first, and its proof lets the
 * rest go in parallel. `owner` is the status of the execution that holds the lease now.
 */
export function judgeStagger(
  breaker: BreakerReading,
  read: GrowRecord | undefined,
  execution: string,
  owner: ExecutionStatus,
  nowMs: number,
): { readonly go: true } | Write<GrowRecord> | Refusal {
  if (read?.holder === execution) return { go: true };
  if (read && nowMs - read.provenAtMs < PROOF_VALID_MS) return { go: true };
  if (read && read.holder !== null && owner.state !== 'ended') {
    if (!breaker.open) return { go: true };
    const reason = `${breaker.sentence}; another node of the fleet is grown first`;
    return { refuse: 'staggered', reason, page: false, retryAfterMs: STAGGERED_AGAIN_MS };
  }
  const taken = { holder: execution, provenAtMs: read?.provenAtMs ?? 0, version: (read?.version ?? 0) + 1 };
  return { next: breaker.open ? taken : { ...taken, whileClosed: true } };
}

/**
 * Whether a heal that is started now would only have to wait for its turn. The dispatcher asks before it starts one, so that hundreds of waiting
 * nodes do not each get a command every minute; `judgeStagger` decides.
 */
export function judgeQueued(read: GrowRecord | undefined, owner: ExecutionStatus, nowMs: number): Refusal | null {
  if (!read || read.holder === null || read.whileClosed || owner.state === 'ended') return null;
  if (nowMs - read.provenAtMs < PROOF_VALID_MS) return null;
  const reason = 'another node of the fleet is grown and proved first';
  return { refuse: 'staggered', reason, page: false, retryAfterMs: STAGGERED_AGAIN_MS };
}

/** The lease of a heal that ends: after a proof the others may go, otherwise the next one goes first. */
export function leaveStagger(
  read: GrowRecord | undefined,
  execution: string,
  proved: boolean,
  nowMs: number,
): Write<GrowRecord> | { readonly leave: true } {
  if (read?.holder !== execution) return { leave: true };
  return { next: { holder: null, provenAtMs: proved ? nowMs : read.provenAtMs, version: read.version + 1 } };
}

/** The key of one growth, for all of its attempts: a volume leaves each of its sizes once, because sizes only go up. */
export const growthKey = (volumeId: string, fromGiB: number): string => `${volumeId}@${fromGiB}`;

/** Sum of the month's additions, without the growths that are `about` to be tried (again). */
export const addedUsd = (read: BudgetRecord | undefined, about: readonly string[] = []): number =>
  Object.entries(read?.addedUsd ?? {}).reduce((sum, [key, usd]) => (about.includes(key) ? sum : sum + usd), 0);

/** Whether a sum of money is over its limit: floating-point addition may add up to half a cent. */
export const exceeds = (usd: number, limitUsd: number): boolean => usd > limitUsd + 0.005;

/** Reserves `usd` a month for one growth; the same key is reserved once, and up to the larger sum when it is tried again for more. */
export function reserve(
  read: BudgetRecord | undefined,
  month: string,
  key: string,
  usd: number,
  limitUsd: number,
): { readonly reserved: true } | Write<BudgetRecord> | Refusal {
  if (read && Object.hasOwn(read.addedUsd, key) && (read.addedUsd[key] ?? 0) >= usd) return { reserved: true };
  const before = addedUsd(read, [key]);
  if (exceeds(before + usd, limitUsd)) {
    const reason = `growth added $${before.toFixed(2)} a month since the month began, $${usd.toFixed(2)} more exceeds the limit of $${limitUsd.toFixed(2)}`;
    return { refuse: 'cost-ceiling', reason, page: true, retryAfterMs: 60 * 60_000 };
  }
  return { next: { month, addedUsd: { ...read?.addedUsd, [key]: usd }, version: (read?.version ?? 0) + 1 } };
}

/** AWS has refused the growth: it costs nothing. */
export function refund(read: BudgetRecord | undefined, key: string): Write<BudgetRecord> | { readonly leave: true } {
  if (!read || !Object.hasOwn(read.addedUsd, key)) return { leave: true };
  const { [key]: _, ...others } = read.addedUsd;
  return { next: { ...read, addedUsd: others, version: read.version + 1 } };
}

export const monthOf = (nowMs: number): string => new Date(nowMs).toISOString().slice(0, 7);
