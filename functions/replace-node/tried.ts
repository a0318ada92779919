// Which sources of data were tried, and which of them may be used now. Pure.
import type { LadderState, Tried } from '../../shared/heal/memory.ts';
import { FATE_OF } from '../../shared/model/doors.ts';

/** AWS's refusal of a source is no verdict on it: it is tried again after this time. */
export const AWS_AGAIN_MS = 60 * 60_000;

/** What AWS refuses for so long is a person's: launches failed for 491 minutes in us-east-1 on 2025-10-20 (https://aws.amazon.com/message/101925). */
export const AWS_ASKED_FOR_MS = 24 * 60 * 60_000;

/** Nothing is wrong with it: a person had asked for something else, or nobody has approved it. */
export const isBlameless = ({ fault }: Pick<Tried, 'fault'>): boolean =>
  fault === 'unwanted' || fault === 'unpermitted';

/** The tried sources that may not be used now. */
export const excludedOf = ({ tried, rung }: Pick<LadderState, 'tried' | 'rung'>, nowMs: number): readonly Tried[] =>
  tried.filter((one) => isExcluded(one, rung, nowMs));

function isExcluded(one: Tried, rung: LadderState['rung'], nowMs: number): boolean {
  if (isBlameless(one)) return false;
  switch (FATE_OF[one.door]) {
    case 'burnt':
      return true;
    case 'passed-over':
      return one.rung === rung;
    case 'waits':
      // What is denied under a key is not asked for again.
      return one.deniedKey !== undefined || nowMs - one.atMs < AWS_AGAIN_MS;
  }
}

/** The latest refusal of AWS that is still waited out; null where none is. */
export const awaitedOf = (state: Pick<LadderState, 'tried'>, nowMs: number): Tried | null =>
  state.tried.findLast(
    (one) => FATE_OF[one.door] === 'waits' && one.deniedKey === undefined && nowMs - one.atMs < AWS_AGAIN_MS,
  ) ?? null;

/** The first refusal of what AWS still refuses. */
export const refusedSinceMs = ({ atMs, sinceMs }: Pick<Tried, 'atMs' | 'sinceMs'>): number => sinceMs ?? atMs;

/** For a person: "chainmend tries again every hour until 2026-01-02 12:09 UTC". */
export const triedUntil = (atMs: number): string =>
  `chainmend tries again every hour until ${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
