// Whether somebody advances: what a reading adds to what is known of its progress.
import type { NodeStatus } from '../../shared/chains/client.ts';
import type { Track } from '../../shared/fleet/observation.ts';

export const UNTRACKED: Track = { progress: null, sinceMs: null, readAtMs: null, advancedAtMs: null };

/** Who was not read for so long was not watched: it may have been restarted, and its clock begins anew. */
export const WATCHED_MS = 3 * 60_000;

/** @param status undefined where it told no height: then nothing is learnt, and nothing forgotten */
export function follow(before: Track, status: NodeStatus | undefined, nowMs: number): Track {
  if (status === undefined) return before;
  const progress = progressOf(status);
  const { progress: known, sinceMs, readAtMs } = before;
  const advancedAtMs = known !== null && progress > known ? nowMs : before.advancedAtMs;
  const watched = readAtMs !== null && nowMs - readAtMs <= WATCHED_MS;
  // Going back, as in a reorganization, is no progress, and no standing still either.
  const stood = watched && sinceMs !== null && progress === known;
  return { progress, sinceMs: stood ? sinceMs : nowMs, readAtMs: nowMs, advancedAtMs };
}

/** geth's snap sync shows in no height until it ends, and is progress all the same. */
const progressOf = ({ height, syncing, syncHeight }: NodeStatus): number =>
  syncing === true ? Math.max(height, syncHeight ?? 0) : height;
