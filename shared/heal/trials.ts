// What drills have shown of the owner's commands of a fleet, for people: whether a heal would run each now, and where not, why. Pure.
import type { Fleet } from '../fleet/model.ts';
import { plainText } from '../text/plain-text.ts';
import {
  type DrillRecord,
  type DrillVerdict,
  type PruneTrial,
  pruneTrialText,
  type RollBackTrial,
  trialText,
  untriedReason,
} from './drill.ts';
import { judgeReindex } from './reindex.ts';

/** For people and machines. */
export interface TrialReport {
  readonly of: 'roll-back' | 'reindex' | 'prune';
  readonly command: string;
  /** Whether a heal would run it now, as far as drills are concerned. */
  readonly isUsed: boolean;
  /** Why not; or that no copy is asked for. null: it came through lately. */
  readonly why: string | null;
  /** The last try of this very command; null: there was none, or the file asks for none. */
  readonly tried: {
    readonly is: DrillVerdict['is'];
    /** ISO 8601. */
    readonly at: string;
    readonly ageSeconds: number;
    readonly set: string;
    /** From the stop of the client until it was at the tip again, or until it was given up. */
    readonly minutes: number;
    /** Of a pruning; null where nobody could tell. */
    readonly freedGiB?: number | null;
  } | null;
}

/** One for each of the owner's commands that the fleet file has. */
export function trialReports(
  { replace, disk, drills }: Pick<Fleet, 'replace' | 'disk' | 'drills'>,
  record: (Pick<DrillRecord, 'rolledBack' | 'reindexed' | 'pruned'> & Partial<Pick<DrillRecord, 'proved'>>) | undefined,
  nowMs: number,
): readonly TrialReport[] {
  const maxAgeHours = drills?.maxAgeHours ?? 0;
  return [
    ...reportOf('roll-back', replace.rollBack, { trial: record?.rolledBack, textOf: trialText, maxAgeHours, nowMs }),
    ...reindexReport(replace.reindex, record, { maxAgeHours, nowMs }),
    ...reportOf('prune', disk.prune, { trial: record?.pruned, textOf: pruneTrialText, maxAgeHours, nowMs }),
  ];
}

type Trials = Pick<DrillRecord, 'reindexed'> & Partial<Pick<DrillRecord, 'proved'>>;

/** It is used only where it is quicker than a swap. */
function reindexReport(
  file: Fleet['replace']['reindex'],
  { reindexed, proved = null }: Trials = {},
  { maxAgeHours, nowMs }: { readonly maxAgeHours: number; readonly nowMs: number },
): readonly TrialReport[] {
  if (file === undefined) return [];
  const { command } = file;
  const verdict = judgeReindex({ ...file, maxAgeHours }, { trial: reindexed ?? null, proved }, nowMs);
  const why = verdict.is === 'not' ? plainText(verdict.why) : null;
  const own = reindexed?.command === command ? reindexed : undefined;
  return [{ of: 'reindex', command, isUsed: verdict.is === 'quicker', why, tried: own ? triedOf(own, nowMs) : null }];
}

interface Known<Trial extends RollBackTrial> {
  readonly trial: Trial | undefined;
  readonly textOf: (trial: Trial) => string;
  readonly maxAgeHours: number;
  readonly nowMs: number;
}

function reportOf<Trial extends RollBackTrial & Partial<PruneTrial>>(
  of: TrialReport['of'],
  file: { readonly command: string; readonly rehearse: boolean } | undefined,
  { trial, textOf, maxAgeHours, nowMs }: Known<Trial>,
): readonly TrialReport[] {
  if (file === undefined) return [];
  const { command, rehearse } = file;
  if (!rehearse) return [{ of, command, isUsed: true, why: 'tried on no copy (rehearse: false)', tried: null }];
  const why = untriedReason({ command, maxAgeHours }, trial ?? null, nowMs, textOf);
  // What was tried before the file was changed is another command.
  const own = trial?.command === command ? trial : undefined;
  return [{ of, command, isUsed: why === null, why: why && plainText(why), tried: own ? triedOf(own, nowMs) : null }];
}

const SET_CHARACTERS = 256;

function triedOf(
  { is, atMs, setId, minutes, freedGiB }: RollBackTrial & Partial<PruneTrial>,
  nowMs: number,
): TrialReport['tried'] {
  return {
    ...{ is, at: new Date(atMs).toISOString(), ageSeconds: Math.max(0, Math.round((nowMs - atMs) / 1_000)) },
    set: plainText(setId, SET_CHARACTERS),
    minutes: Math.max(1, Math.round(minutes)),
    ...(freedGiB !== undefined && { freedGiB: freedGiB === null ? null : Math.round(freedGiB) }),
  };
}
