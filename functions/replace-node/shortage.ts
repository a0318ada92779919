// What AWS has too little of for now, capacity or a quota: another instance cannot be had, or this one not be started. It says nothing of the node, and
// passes by itself. It is told once and asked for again every hour, for a day. Pure.

import type { LadderState, Shortage, Unplaced } from '../../shared/heal/memory.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { AWS_AGAIN_MS, AWS_ASKED_FOR_MS, triedUntil } from './tried.ts';

const shortagesOf = ({
  unplaced = [],
  unstarted,
}: Pick<LadderState, 'unplaced' | 'unstarted'>): readonly Shortage[] => [
  ...unplaced.flatMap(({ shortage }) => shortage ?? []),
  ...(unstarted ? [unstarted] : []),
];

/** Whether it was asked for within the hour: the same call would have the same answer. */
const isFresh = ({ atMs }: Shortage, nowMs: number): boolean => nowMs - atMs < AWS_AGAIN_MS;

/** Whether it is still asked for again; after that it is a person's. */
const isAwaited = ({ sinceMs }: Shortage, nowMs: number): boolean => nowMs - sinceMs < AWS_ASKED_FOR_MS;

const shortageOf = (state: LadderState, of: Shortage['of'], atMs: number): Shortage => ({
  of,
  sinceMs: Math.min(atMs, ...shortagesOf(state).map(({ sinceMs }) => sinceMs)),
  atMs,
});

/** After a launch that was refused. @param of what AWS has too little of; null: the subnet is not tried again */
export function withUnplaced(
  state: LadderState,
  refused: Omit<Unplaced, 'shortage'>,
  of: Shortage['of'] | null,
  atMs: number,
): LadderState {
  const others = (state.unplaced ?? []).filter(({ subnetId }) => subnetId !== refused.subnetId);
  const one: Unplaced = of === null ? refused : { ...refused, shortage: shortageOf(state, of, atMs) };
  return { ...state, unplaced: [...others, one] };
}

/** After a launch that was accepted: its subnet has room, and no quota is in the way. */
export const withPlaced = (state: LadderState, subnetId: string): LadderState =>
  state.unplaced === undefined
    ? state
    : {
        ...state,
        unplaced: state.unplaced.filter((one) => one.subnetId !== subnetId && one.shortage?.of !== 'quota'),
      };

/** After a start of the original that was refused. A shortage is no setback: it is asked for again by its own clock. */
export const withUnstarted = (
  state: LadderState,
  of: Shortage['of'] | null,
  { reason, atMs }: { readonly reason: string; readonly atMs: number },
): LadderState =>
  of === null ? state : { ...state, setback: null, unstarted: { ...shortageOf(state, of, atMs), reason } };

/**
 * After a start of the original that was accepted. Where AWS had refused it before, the stop and the start are under way again: the client is proved as
 * after any other start.
 */
export function withStarted({ unstarted, ...state }: LadderState): LadderState {
  const started: LadderState = { ...state, original: 'started' };
  const wasRefused = unstarted !== undefined || state.failed.some(({ code }) => code === 'not-started');
  if (!wasRefused || state.rung !== null) return started;
  const failed = state.failed.filter(({ rung }) => rung !== 'stop-start');
  return { ...started, rung: 'stop-start', failed, upSinceMs: null, inspectedAtMs: null };
}

/** Whether the launch in this subnet was refused for a shortage, as the last thing that is known of it. */
export const isShortIn = ({ unplaced = [] }: Pick<LadderState, 'unplaced'>, subnetId: string): boolean =>
  unplaced.some((one) => one.subnetId === subnetId && one.shortage !== undefined);

/** Where the next launch is tried: in which subnet, not before an hour, or nowhere any more. */
export type Placement =
  | { readonly subnetId: string }
  | { readonly refusal: Refusal; readonly words: string }
  | { readonly nowhere: string };

/** @param subnetIds the node's own first */
export function placementOf(
  { exhausted, unplaced = [] }: Pick<LadderState, 'exhausted' | 'unplaced'>,
  subnetIds: readonly string[],
  nowMs: number,
): Placement {
  const hopeless = unplaced.find(({ isEverywhere, shortage }) => isEverywhere && shortage === undefined);
  if (hopeless) return { nowhere: hopeless.reason };
  const short = unplaced.filter(({ shortage }) => shortage !== undefined && isFresh(shortage, nowMs));
  const quota = short.find(({ isEverywhere }) => isEverywhere);
  const closed = new Set([
    ...exhausted,
    ...unplaced.filter(({ shortage }) => shortage === undefined).map(({ subnetId }) => subnetId),
    ...short.map(({ subnetId }) => subnetId),
  ]);
  const subnetId = quota ? undefined : subnetIds.find((id) => id !== '' && !closed.has(id));
  if (subnetId !== undefined) return { subnetId };
  const told = unplaced.map((one) => `${one.subnetId}: ${one.reason}`).join('; ');
  const words =
    quota?.reason ?? `none of ${closed.size} subnets accepted it; replace.subnets can name more${told && ` (${told})`}`;
  const refusal = refusalOf(
    short.flatMap(({ shortage }) => shortage ?? []),
    `AWS launches no other instance: ${words}`,
    nowMs,
  );
  return refusal ? { refusal, words } : { nowhere: words };
}

/**
 * Of an original that this heal has stopped, and AWS does not start; null where nothing of that is known, or it is a person's by now.
 *
 * @param refused why the attempt ends, where it is refused: another instance that cannot be had either is told with it
 */
export function unstartedRefusal(
  { unstarted }: Pick<LadderState, 'unstarted'>,
  nowMs: number,
  refused: Refusal | null,
): Refusal | null {
  const stopped = 'its instance is stopped, and AWS does not start it again';
  const short = unstarted && refusalOf([unstarted], `${stopped}: ${unstarted.reason}`, nowMs);
  if (!short) return null;
  return refused?.refuse === short.refuse ? { ...refused, reason: `${stopped}; ${refused.reason}` } : short;
}

/** Whether AWS has refused the start of the original within the hour. */
export const isUnstarted = ({ unstarted }: Pick<LadderState, 'unstarted'>, nowMs: number): boolean =>
  unstarted !== undefined && isFresh(unstarted, nowMs);

/** null where nothing is short, or a day has passed. The hour counts from the last answer: then all of them are asked for together. */
function refusalOf(short: readonly Shortage[], what: string, nowMs: number): Refusal | null {
  if (short.length === 0 || !short.every((one) => isAwaited(one, nowMs))) return null;
  const untilMs = Math.min(...short.map(({ sinceMs }) => sinceMs)) + AWS_ASKED_FOR_MS;
  return {
    refuse: short.some(({ of }) => of === 'quota') ? 'quota-reached' : 'no-capacity',
    reason: `${what}. ${triedUntil(untilMs)}`,
    page: true,
    retryAfterMs: Math.max(0, Math.max(...short.map(({ atMs }) => atMs)) + AWS_AGAIN_MS - nowMs) + 1_000,
  };
}
