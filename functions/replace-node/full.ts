// A full disk: it stops clients and spoils every copy that is put in its place, and resize-volume grows it. Pure.
import type { IncidentRecord } from '../../shared/heal/records.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { Facts } from './facts.ts';
import { laterEachTime } from './person.ts';

const MINUTE_MS = 60_000;
/** From this usage on the disk is the cause, and resize-volume heals it. */
const FULL_PERCENT = 97;
/** An alarm sees a full disk within minutes, and its incident is open then: an attempt that still finds it full is one that nobody grows. */
const UNSEEN_AFTER_MS = 15 * MINUTE_MS;

/**
 * The refusal where a data volume was full when the node was asked; null where none was, or the node was not asked. The client is not looked at: with
 * little disk left geth ends itself with success, and others panic.
 *
 * @param sinceMs since when the node is in trouble, ms since the epoch: people are told of a disk that nobody has grown by then
 */
export function diskFullFirst(facts: Pick<Facts, 'seen' | 'nowMs' | 'onsetMs'>, sinceMs: number): Refusal | null {
  const full = facts.seen?.volumes.find(
    ({ usedBytes, sizeBytes }) => sizeBytes > 0 && usedBytes * 100 >= sizeBytes * FULL_PERCENT,
  );
  if (!full) return null;
  const reason = `${full.path} is full: it is grown first`;
  if (facts.nowMs - sinceMs < UNSEEN_AFTER_MS)
    return { refuse: 'disk-full-first', reason, page: false, retryAfterMs: 5 * MINUTE_MS };
  return {
    refuse: 'disk-full-first',
    reason: `${reason}, and nothing has grown it. Perhaps no alarm sees it: look whether the node’s CloudWatch agent still tells disk_used_percent of ${full.path}, or grow the volume and its filesystem by hand`,
    page: true,
    retryAfterMs: laterEachTime(facts),
  };
}

/**
 * The incident of a volume whose growth waits for this heal. One that was judged waits for something else: its ceiling, a budget, a person. That the node
 * was taken is no judgement of the disk.
 */
export const diskWaitingIn = (disks: readonly (IncidentRecord | undefined)[]): string | undefined =>
  disks.find(
    (disk) => disk?.state === 'open' && disk.refusedCodes.every((code) => code === 'busy') && disk.failures === 0,
  )?.incidentId;
