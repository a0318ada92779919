// Whether a client goes on. Sweeps, the proofs of heals, drills, and looks at a client beside its node ask it here, so that progress is the same for all: what
// it counts, not its height alone. Pure.
import type { NodeStatus } from '../chains/client.ts';
import type { Track } from './observation.ts';

export const UNTRACKED: Track = { progress: null, sinceMs: null, readAtMs: null, advancedAtMs: null };

/** A source that was not read for this long was not watched: it may have been restarted, and its clock starts again. */
export const WATCHED_MS = 3 * 60_000;

/**
 * @param status undefined where it reported no height: then nothing is learnt, and nothing forgotten
 * @param watchedMs what is asked seldom is watched between its looks, too
 */
export function follow(
  before: Track,
  status: NodeStatus | undefined,
  nowMs: number,
  watchedMs: number = WATCHED_MS,
): Track {
  if (status === undefined) return before;
  const progress = progressOf(status);
  const { progress: known, sinceMs, readAtMs } = before;
  const advancedAtMs = known !== null && progress > known ? nowMs : before.advancedAtMs;
  const watched = readAtMs !== null && nowMs - readAtMs <= watchedMs;
  // Going back, as in a reorganization, is neither progress nor a standstill.
  const stood = watched && sinceMs !== null && progress === known;
  return {
    ...{ progress, sinceMs: stood ? sinceMs : nowMs, readAtMs: nowMs, advancedAtMs },
    ...counted(before, status.counters, nowMs),
  };
}

/** A client that does not tell its height yet may count all the same: how much of its blocks it has verified, or of a snapshot it has taken. */
export const followStart = (before: Track, counters: Counters | undefined, nowMs: number): Track => ({
  ...before,
  ...counted(before, counters, nowMs),
});

type Counters = NonNullable<NodeStatus['counters']>;

function counted(before: Track, counters: Counters | undefined, nowMs: number): Pick<Track, 'counters' | 'movedAtMs'> {
  const movedAtMs = counters && hasGrown(before.counters, counters) ? nowMs : before.movedAtMs;
  return { ...(counters && { counters }), ...(movedAtMs !== undefined && { movedAtMs }) };
}

/** A stage that is begun again may go back: that alone is no progress. A counter that is new tells nothing yet. */
export const hasGrown = (before: Counters | undefined, now: Counters): boolean =>
  Object.entries(now).some(([name, value]) => value > (before?.[name] ?? Number.POSITIVE_INFINITY));

/** Since when nothing of it moves: neither its height nor what it counts beside that. */
export const standsSince = ({ sinceMs, movedAtMs }: Track): number | null =>
  sinceMs === null ? null : Math.max(sinceMs, movedAtMs ?? sinceMs);

/** When it was last seen to move, gaps between looks included: a look that came late begins `standsSince` again, and not this. null: never seen to advance. */
export const advancedSince = ({ advancedAtMs, movedAtMs }: Track): number | null =>
  advancedAtMs === null ? null : Math.max(advancedAtMs, movedAtMs ?? 0);

/** geth's snap sync shows in no height until it ends, but it is progress. */
const progressOf = ({ height, syncing, syncHeight }: NodeStatus): number =>
  syncing === true ? Math.max(height, syncHeight ?? 0) : height;

/** Nothing of a client has moved for so long. `works`: what it says that it does, for a stage may take hours of which no counter tells. */
export interface Standstill {
  readonly forMs: number;
  readonly works?: string;
}

/** @returns null where something of it has moved within `afterMs` */
export function standstillOf(
  track: Track,
  { works }: Pick<NodeStatus, 'works'>,
  { afterMs, nowMs }: { readonly afterMs: number; readonly nowMs: number },
): Standstill | null {
  const forMs = nowMs - (standsSince(track) ?? nowMs);
  return forMs < afterMs ? null : { forMs, ...(works !== undefined && { works }) };
}
