// The progress of a heal with slow work (a volume that is filled from its snapshot): on the node's record for people who ask now, and a line in the
// journal at each quarter for people who ask later.
import { type Changed, changeNode } from './claim.ts';
import type { HealContext } from './context.ts';
import { type Holder, holds } from './lease.ts';
import type { Progress } from './records.ts';

/** Shortest time between two writes of the node's record for progress. */
const WRITE_EVERY_MS = 60_000;

export type ProgressReport = Omit<Progress, 'incidentId'>;

const quarterOf = ({ percent }: Progress): number => Math.floor(percent / 25);

/**
 * What must be written of `now`, given the node's record.
 *
 * @returns `quarter`: 1 to 4 where that was reached since, of the same work; else null
 */
export function decideProgress(
  kept: Progress | undefined,
  now: Progress,
): { readonly write: boolean; readonly quarter: number | null } {
  const before = kept?.what === now.what && kept.incidentId === now.incidentId ? kept : undefined;
  const quarter = quarterOf(now);
  return {
    // A future time from another clock must not stop the writes.
    write: kept === undefined || Math.abs(now.atMs - kept.atMs) >= WRITE_EVERY_MS,
    quarter: quarter > (before ? quarterOf(before) : 0) ? quarter : null,
  };
}

/**
 * Body of a step, or part of one; safe to repeat.
 *
 * @param told `what` names the work, always in the same words: "fill vol-0123… from snap-0123…"
 * @param place orders the journal's lines: the effect's place
 * @throws RangeError where `percent` is not from 0 to 100
 */
export async function noteProgress(
  context: Pick<HealContext, 'store' | 'journal' | 'payload'>,
  holder: Holder,
  told: ProgressReport,
  place: string,
): Promise<Changed> {
  const { store, journal, payload } = context;
  const { percent, what, atMs } = told;
  if (!(percent >= 0 && percent <= 100)) throw new RangeError(`progress of ${what}: ${percent} %, expected 0 to 100`);
  const now: Progress = { ...told, incidentId: payload.incidentId };
  const read = await store.readNode(payload.instanceId);
  if (!holds(read, holder)) return { lost: true };
  const { write, quarter } = decideProgress(read?.progress, now);
  // Written before the record, which keeps what was reported; the same line twice is one line.
  if (quarter !== null)
    await journal(`${place}-progress-${quarter}`, {
      atMs,
      kind: 'progress',
      sentence: sentenceOf(now),
      evidence: told,
    });
  if (!write) return { written: true };
  return changeNode(context, holder, (node) => ({ ...node, progress: now }));
}

/** "fill vol-…: 50 %, about 42 min left" */
export const sentenceOf = ({ what, percent, etaSeconds }: ProgressReport): string =>
  `${what}: ${Math.floor(percent)} %${etaSeconds === null || percent >= 100 ? '' : `, about ${minutes(etaSeconds)} left`}`;

const minutes = (seconds: number): string =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
