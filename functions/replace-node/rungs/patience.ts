// How long AWS is waited for, and how often an act that fails is repeated before a person is told. Pure.
import type { LadderState, Setback } from '../../../shared/heal/memory.ts';
import { wait } from '../acts/decisions.ts';
import { type Act, retryKeyOf } from '../acts/table.ts';
import { type Decision, ended } from './rung.ts';

/** Ours, since AWS publishes none: what takes longer than this does not come. */
export const BOUND_MS = {
  /** A volume from `creating` to `available`: seconds. */
  create: 10 * 60_000,
  attach: 10 * 60_000,
  detach: 15 * 60_000,
  /** "If the OS does not cleanly shut down within a few minutes, a hard shutdown is performed" (StopInstances). */
  stop: 20 * 60_000,
  /** From `pending` to checks that pass and an agent that answers. */
  boot: 15 * 60_000,
  /** Blocks at 100 MiB/s, the slowest rate that can be asked for, of the largest volumes: two days. */
  initialize: 48 * 60 * 60_000,
  /** Until Describe shows an instance that is there. */
  shown: 5 * 60_000,
} as const;

/** Quick states are seen at once; what lasts is asked for once a minute. */
export function waitFor(state: LadderState, nowMs: number, what: string): Act {
  const forMs = waitedMs(state, nowMs);
  const seconds = forMs < 5_000 ? 2 : forMs < 30_000 ? 5 : forMs < 120_000 ? 10 : forMs < 15 * 60_000 ? 20 : 60;
  return wait({ seconds, what });
}

export const waitedMs = ({ waitingSinceMs }: LadderState, nowMs: number): number => nowMs - (waitingSinceMs ?? nowMs);

/** Failures in a row before a person is told. */
const MAX_IN_A_ROW = 3;
const AGAIN_AFTER_MS = 60_000;
const NEXT_ATTEMPT_MS = 30 * 60_000;

const keyOf = (decision: Decision): string | null => (decision.do === 'end' ? null : retryKeyOf(decision));

/** Whether an act has failed so often that something else is to be done, where there is something else. */
export const isSpent = ({ setback }: LadderState, decision: Decision): boolean =>
  setback !== null && setback.act === keyOf(decision) && setback.count >= MAX_IN_A_ROW;

/** Why an act is spent, for what is done in its place. */
export const sentenceOfSetback = ({ setback }: LadderState): string =>
  `${setback?.act} failed several times: ${setback?.reason}`;

/** The act, or the time until it is repeated, or the end of the attempt. */
export function paced(decision: Decision, state: LadderState, nowMs: number): Decision {
  const { setback } = state;
  if (setback === null || setback.act !== keyOf(decision)) return decision;
  const sinceMs = nowMs - setback.atMs;
  if (setback.count >= MAX_IN_A_ROW && sinceMs < NEXT_ATTEMPT_MS) return told(setback);
  return sinceMs < AGAIN_AFTER_MS ? waitFor(state, nowMs, `${setback.act} again: ${setback.reason}`) : decision;
}

const told = ({ act, count, reason }: Setback): Decision =>
  ended({
    as: 'failed',
    code: 'step-failed',
    reason: `${act} failed ${count} times in a row (${reason}), and it is needed: it is tried again`,
    retryAfterMs: NEXT_ATTEMPT_MS,
  });
