// A full disk: it stops clients and spoils every copy that is put in its place, and resize-volume grows it. Pure.
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { Facts } from './facts.ts';
import { fullPathOf } from './open-disk.ts';
import { laterEachTime } from './person.ts';

const MINUTE_MS = 60_000;
/** An alarm sees a full disk within minutes, and its incident is open then: an attempt that still finds it full is one that nobody grows. */
const UNSEEN_AFTER_MS = 15 * MINUTE_MS;

/**
 * The refusal where a data volume was full when the node was asked; null where none was, or the node was not asked. The client is not looked at: with
 * little disk left geth ends itself with success, and others panic.
 *
 * @param sinceMs since when the node is in trouble, ms since the epoch: people are told of a disk of which nothing has known by then
 */
export function diskFullFirst(
  facts: Pick<Facts, 'seen' | 'nowMs' | 'onsetMs' | 'disk' | 'approved'>,
  sinceMs: number,
): Refusal | null {
  const path = fullPathOf(facts.seen);
  if (path === undefined) return null;
  const reason = `${path} is full, and has to grow first`;
  // Its own incident tells what keeps it from being grown. A person who said yes to this heal reads that the yes waits for it.
  if (facts.disk) {
    const { waits, refused, incidentId } = facts.disk;
    const page = refused === true && facts.approved === true;
    const why = `${reason}, by incident ${incidentId}${page ? ', which is refused: what was approved waits for it' : ''}`;
    return { ...OWN, reason: why, page, retryAfterMs: waits ? OWN.retryAfterMs : laterEachTime(facts) };
  }
  if (facts.nowMs - sinceMs < UNSEEN_AFTER_MS) return { ...OWN, reason };
  return {
    refuse: 'disk-full-first',
    reason: `${path} is full, but nothing has grown it. Perhaps no alarm sees it: check that the node’s CloudWatch agent still sends disk_used_percent of ${path}, or grow the volume and its filesystem by hand`,
    page: true,
    retryAfterMs: laterEachTime(facts),
  };
}

const OWN = { refuse: 'disk-full-first', page: false, retryAfterMs: 5 * MINUTE_MS } as const;
