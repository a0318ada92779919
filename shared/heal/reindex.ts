// Whether a node's data are built again from the blocks on its disk, or exchanged for those of a good set: what drills have measured of both decides. Pure.
import { type DrillProof, type ReindexTrial, reindexTrialText, untriedReason } from './drill.ts';

/** What drills have measured. */
export interface Measured {
  /** The owner's command on a copy; null: no drill has tried one. */
  readonly trial: ReindexTrial | null;
  /** The newest set that a node came back from: as long as a swap takes, about. null: no drill has proved one. */
  readonly proved: Pick<DrillProof, 'minutes'> | null;
}

interface ReindexFile {
  readonly command: string;
  /** The most that a node may take. */
  readonly minutes: number;
  /** A measurement counts for so long. */
  readonly maxAgeHours: number;
}

export type ReindexVerdict =
  /** `minutes`: as measured. */
  | { readonly is: 'quicker'; readonly minutes: number; readonly text: string }
  | { readonly is: 'not'; readonly why: string };

/** Without a measurement of both it is not done: a swap is what every node comes back by. */
export function judgeReindex(
  { command, minutes, maxAgeHours }: ReindexFile,
  { trial, proved }: Measured,
  nowMs: number,
): ReindexVerdict {
  const untried = untriedReason({ command, maxAgeHours }, trial, nowMs, reindexTrialText);
  if (trial === null || untried !== null) return { is: 'not', why: untried ?? '' };
  if (proved === null) return { is: 'not', why: 'no drill has measured how long a node takes to come back by a swap' };
  const took = whole(trial.minutes);
  if (trial.minutes > minutes)
    return { is: 'not', why: `it took ${took} min on a copy, and may take ${minutes} (replace.reindex.minutes)` };
  const both = `reindex ${took} min, swap ${whole(proved.minutes)} min`;
  if (trial.minutes >= proved.minutes) return { is: 'not', why: `${both}: swap` };
  return { is: 'quicker', minutes: trial.minutes, text: `${both}: reindex` };
}

const whole = (minutes: number): number => Math.max(1, Math.round(minutes));

const MINUTE_MS = 60_000;
/** The node may be another one than the copy, and is seen once a minute. */
const PATIENCE = { factor: 2, moreMinutes: 15 } as const;

/** How long a client that builds its data again may say nothing, or stand where it is, and when it has to be at the tip; ms since the epoch. */
export function patienceOf(
  { measured, most }: { readonly measured: number; readonly most: number },
  nowMs: number,
): { readonly patientUntilMs: number; readonly untilMs: number } {
  const patient = Math.min(most, measured * PATIENCE.factor + PATIENCE.moreMinutes);
  return { patientUntilMs: nowMs + patient * MINUTE_MS, untilMs: nowMs + most * MINUTE_MS };
}
