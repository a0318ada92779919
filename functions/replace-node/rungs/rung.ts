// What a rung of the ladder is, and what is decided in a turn: the next act, or how the attempt ends. Pure.
import type { LadderState } from '../../../shared/heal/memory.ts';
import type { FailureCode, GuardrailCode, Refusal } from '../../../shared/model/guardrail-codes.ts';
import type { Rung as RungName } from '../../../shared/model/rungs.ts';
import type { Act } from '../acts/table.ts';
import type { Facts } from '../facts.ts';

/** One thing that may help a node. */
export interface Rung {
  readonly name: RungName;
  /** Which budget counts it, and which guards it. */
  readonly class: 'restart' | 'replace';
  /** Nothing is decided before the original has said how it is, under the fence of this attempt. */
  readonly asksOriginalFirst: boolean;
  /** Why it cannot be climbed, as is known before anything of it is begun; null where nothing speaks against it. `state` is null for a plan. */
  cannotBegin(facts: Facts, state: LadderState | null): string | null;
  /** The next act once it is taken: until the node is proved, or until the rung has ended and nothing of it is left. */
  next(facts: Facts, state: LadderState): Decision;
}

export type End =
  | { readonly as: 'healed'; readonly reason: string }
  | { readonly as: 'refused'; readonly refusal: Refusal }
  /** Something must be put back, and fails: a person is told, and the next attempt goes on from here. */
  | { readonly as: 'failed'; readonly code: FailureCode; readonly reason: string; readonly retryAfterMs: number }
  | {
      readonly as: 'escalated';
      readonly code: FailureCode | GuardrailCode;
      readonly reason: string;
      /** Whether the node is as it was found. */
      readonly asFound: boolean;
    };

export interface Ended {
  readonly do: 'end';
  readonly end: End;
}

export type Decision = Act | Ended;

export const ended = (end: End): Ended => ({ do: 'end', end });

export const refuse = (
  code: Refusal['refuse'],
  reason: string,
  { page = false, retryAfterMs = 5 * 60_000 }: { readonly page?: boolean; readonly retryAfterMs?: number } = {},
): Ended => ended({ as: 'refused', refusal: { refuse: code, reason, page, retryAfterMs } });

/** It may not end yet, and does not go on either: a person is told. */
export const stuck = (reason: string): Ended =>
  ended({ as: 'failed', code: 'step-failed', reason, retryAfterMs: 30 * 60_000 });
