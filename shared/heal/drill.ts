// What drills have proved of a fleet, what the one under way has made, and what follows from both: when the next is due, and recoverability in words. Pure.
import type { ReadFolder } from '../chains/start-files.ts';
import type { PageMemory } from '../guardrails/names.ts';
import type { Rank } from '../snapshots/model.ts';

/** DRILL: written by audit-snapshots alone. */
export interface DrillRecord {
  /** Written before anything is made, and removed once all of it is gone: whoever comes next finishes what is here. */
  readonly current: Drill | null;
  /** The newest set that a node came back from; null before there was one. */
  readonly proved: DrillProof | null;
  /** How the last drill ended, whatever it was; null before the first. */
  readonly last: DrillEnd | null;
  /** The sets that were tried, newest try first. */
  readonly tried: readonly TriedSet[];
  /** What drills have cost, by our own estimate. `month`: "2026-11". */
  readonly spent: { readonly month: string; readonly usd: number };
  /** Nobody looks for another set before, ms since the epoch. */
  readonly dueAtMs: number;
  /** What came of the last version that was tried on a copy; absent before the first. */
  readonly rehearsed?: Rehearsal;
  /** What came of the last roll-back that was tried on a copy; absent before the first. */
  readonly rolledBack?: RollBackTrial;
  /** The same of the owner's reindex. */
  readonly reindexed?: ReindexTrial;
  /** The same of the owner's pruning. */
  readonly pruned?: PruneTrial;
  /** What a client had read of the last set that told, from its start until it was proved: a heal reads as much of it before an exchange. */
  readonly startFiles?: StartFilesSeen;
  /** Where copies of another region are opened, and there were none: since when they are looked for, ms since the epoch. */
  readonly copiesSinceMs?: number;
  /** When people were told last that no copies come. */
  readonly copiesToldAtMs?: number;
  readonly version: number;
}

export const noDrill: DrillRecord = {
  ...{ current: null, proved: null, last: null, tried: [] },
  ...{ spent: { month: '', usd: 0 }, dueAtMs: 0, version: 0 },
};

export interface StartFilesSeen {
  readonly setId: string;
  readonly atMs: number;
  readonly folders: readonly ReadFolder[];
}

/** One drill. */
export interface Drill {
  readonly incidentId: string;
  /** ARN of the execution that works on it. */
  readonly execution: string;
  readonly set: DrilledSet;
  /** The version that is tried on the set, which proves nothing of the set itself; absent where the set is to be proved. */
  readonly rehearses?: string;
  /** The owner's command that takes the data back, tried once the set is proved; absent where the fleet file has none, or does not rehearse it. */
  readonly rollsBack?: string;
  /** What came of it; absent where it was not tried. */
  readonly rolledBack?: DrillVerdict;
  /** When it was begun, ms since the epoch. */
  readonly rolledBackAtMs?: number;
  /** The owner's command that has the data built again from the blocks on disk, tried last; absent where the fleet file has none. */
  readonly reindexes?: string;
  /** What came of it; absent where it was not tried. */
  readonly reindexed?: DrillVerdict;
  /** When it was begun, ms since the epoch. */
  readonly reindexedAtMs?: number;
  /** The owner's command that prunes, tried after the roll-back on the same copy; absent where the fleet file has none, or does not rehearse it. */
  readonly prunes?: string;
  /** What came of it; absent where it was not tried. */
  readonly pruned?: DrillVerdict;
  /** When it was begun, ms since the epoch. */
  readonly prunedAtMs?: number;
  /** What its volumes held right before and right after it, all together; null or absent where nobody could tell. */
  readonly prunedBytes?: { readonly before: number; readonly after: number } | null;
  /** Its node is asked what its client has read, once the set is proved; absent where no heal would read it before an exchange. */
  readonly learns?: true;
  /** What it had read; absent where nobody could tell. */
  readonly read?: readonly ReadFolder[];
  /** Of RunInstances: the same token never launches a second instance. */
  readonly token: string;
  /** Tried in this order where one has no capacity. */
  readonly subnetIds: readonly string[];
  readonly instanceType: string;
  /** Written right before the launch, ms since the epoch: from here on minutes and dollars count. */
  readonly startedAtMs: number;
  /** Empty until RunInstances has answered: until then nobody knows whether there is one. */
  readonly instanceId: string;
  readonly usdPerHour: number;
  /** null: there is none yet. */
  readonly verdict: DrillVerdict | null;
}

/** The set of a drill. */
export interface DrilledSet {
  readonly setId: string;
  /** The node that it was taken of. */
  readonly node: string;
  readonly takenAtMs: number;
  readonly rank: Rank;
  /** What its ledger says; null where it says nothing. */
  readonly height: number | null;
  readonly blockHash: string | null;
  readonly parts: readonly DrilledPart[];
}

/** One volume of the throw-away instance. */
export interface DrilledPart {
  readonly role: string;
  readonly path: string;
  readonly snapshotId: string;
  /** EC2's device name, "/dev/sdf". */
  readonly device: string;
  readonly sizeGiB: number;
  readonly type: string;
  readonly iops: number | null;
  readonly throughputMiBps: number | null;
}

/** A version of the client, tried on a copy of a node's data. */
export interface Rehearsal {
  readonly to: string;
  readonly setId: string;
  readonly is: DrillVerdict['is'];
  readonly atMs: number;
  readonly reason: string;
  /** From the launch until the verdict. */
  readonly minutes: number;
  /** It gave way to a heal, or had no room: that says nothing, and it is tried again. */
  readonly isToBeRepeated: boolean;
  /** null: it has not caught up. */
  readonly measured: { readonly openSeconds: number; readonly addedGiB: number | null } | null;
  readonly usd: number;
}

/** The owner's command that takes a client's data back by some blocks, or has them built again, tried on a copy. */
export interface RollBackTrial {
  readonly command: string;
  readonly setId: string;
  /** verified: the client was at the tip again after it, on the blocks of the fleet. */
  readonly is: DrillVerdict['is'];
  readonly atMs: number;
  readonly reason: string;
  /** From the stop of the client until the verdict. */
  readonly minutes: number;
}

/** The owner's command that has the data built again, tried on a copy. */
export interface ReindexTrial extends RollBackTrial {
  /** By how much its volumes had filled when it was at the tip again; null where nobody could tell. */
  readonly addedGiB: number | null;
}

/** The owner's command that prunes, tried on a copy. */
export interface PruneTrial extends RollBackTrial {
  /** null where nobody could tell. */
  readonly freedGiB: number | null;
}

export type DrillVerdict =
  /** Its client came up from the set and reached the tip, on the fleet's own blocks. */
  | {
      readonly is: 'verified';
      readonly atMs: number;
      readonly height: number;
      readonly reason: string;
      /** From its start until it told its first height, to the half minute: a client that migrates its data first answers nobody. */
      readonly openSeconds: number;
      /** Of a version that is tried, and of data that were built again: by how much its volumes had filled; null where nobody could tell. */
      readonly addedGiB?: number | null;
    }
  /** The data are to blame. */
  | { readonly is: 'unfit'; readonly atMs: number; readonly reason: string }
  /** Nothing is known of the set. `isTold`: people are paged, because only they can change the cause. */
  | { readonly is: 'unproved'; readonly atMs: number; readonly reason: string; readonly isTold: boolean };

export interface DrillProof {
  readonly setId: string;
  /** When the set was taken, ms since the epoch. */
  readonly takenAtMs: number;
  /** The height that the client had reached. */
  readonly height: number;
  readonly atMs: number;
  /** From the launch until it was caught up. */
  readonly minutes: number;
  readonly usd: number;
}

export interface DrillEnd {
  readonly setId: string;
  readonly is: DrillVerdict['is'];
  readonly atMs: number;
  readonly reason: string;
  readonly usd: number;
}

export interface TriedSet {
  readonly setId: string;
  readonly is: DrillVerdict['is'];
  readonly atMs: number;
  /** How often a drill of it has ended without a verdict. */
  readonly unproved: number;
}

/** DRILLS: the dispatcher's own memory of a fleet with drills. */
export interface DrillWatchRecord extends PageMemory {
  /** Since when the fleet file asks for drills, as far as a sweep has seen, ms since the epoch. */
  readonly sinceMs: number;
  /** A drill is due at once since then: a lifecycle policy has reported an error. Absent otherwise. */
  readonly wantedSinceMs?: number;
  readonly version: number;
}

/** More sets than any fleet keeps. */
const TRIED_KEPT = 100;
/** A set that gave no verdict so often is left to people, and the one before it is tried. */
const UNPROVED_MOST = 3;

export const monthOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 7);

/** US dollars that drills have cost in the month of `nowMs`. */
export const spentIn = ({ spent }: Pick<DrillRecord, 'spent'>, nowMs: number): number =>
  spent.month === monthOf(nowMs) ? spent.usd : 0;

export const usdOf = ({ startedAtMs, usdPerHour }: Pick<Drill, 'startedAtMs' | 'usdPerHour'>, nowMs: number): number =>
  (Math.max(0, nowMs - startedAtMs) / HOUR_MS) * usdPerHour;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** When a set is looked for again. A bad one is followed by the one before it soon: until then nobody knows what a heal would find. */
function againMsAfter(verdict: DrillVerdict, everyHours: number): number {
  switch (verdict.is) {
    case 'verified':
      return everyHours * HOUR_MS;
    case 'unfit':
      return 5 * MINUTE_MS;
    case 'unproved':
      return (verdict.isTold ? 6 : 1) * HOUR_MS;
  }
}

/**
 * The record once everything that a drill has made is gone.
 *
 * @param everyHours of the fleet file
 */
export function ended(record: DrillRecord, drill: Drill, everyHours: number, nowMs: number): DrillRecord {
  const verdict: DrillVerdict = drill.verdict ?? {
    ...{ is: 'unproved', atMs: nowMs, isTold: false },
    reason: 'it ended before there was a verdict',
  };
  const { setId, takenAtMs } = drill.set;
  const usd = usdOf(drill, nowMs);
  const minutes = (verdict.atMs - drill.startedAtMs) / MINUTE_MS;
  const spent = { month: monthOf(nowMs), usd: spentIn(record, nowMs) + usd };
  // What a version does says nothing of the set, and when the next drill is due stays as it was.
  if (drill.rehearses !== undefined)
    return {
      ...record,
      current: null,
      spent,
      rehearsed: rehearsalOf(drill, drill.rehearses, verdict, { minutes, usd }),
    };
  const before = record.tried.find((one) => one.setId === setId);
  const unproved = (before?.unproved ?? 0) + (verdict.is === 'unproved' && verdict.isTold ? 1 : 0);
  const tried: TriedSet = { setId, is: verdict.is, atMs: nowMs, unproved };
  const trial = trialOf(drill);
  const reindexed = reindexTrialOf(drill);
  const pruned = pruneTrialOf(drill);
  return {
    ...record,
    current: null,
    ...(trial && { rolledBack: trial }),
    ...(reindexed && { reindexed }),
    ...(pruned && { pruned }),
    ...(drill.read && { startFiles: { setId, atMs: verdict.atMs, folders: drill.read } }),
    ...(verdict.is === 'verified' && {
      proved: { setId, takenAtMs, height: verdict.height, atMs: verdict.atMs, minutes, usd },
    }),
    last: { setId, is: verdict.is, atMs: nowMs, reason: verdict.reason, usd },
    tried: [tried, ...record.tried.filter((one) => one.setId !== setId)].slice(0, TRIED_KEPT),
    spent,
    dueAtMs: nowMs + againMsAfter(verdict, everyHours),
  };
}

/** A try that gave way to a heal, or to a pause, says nothing: what was known before stays. */
const trialOf = ({ set, rollsBack, rolledBack, rolledBackAtMs }: Drill): RollBackTrial | null =>
  trialFrom(set, rollsBack, rolledBack, rolledBackAtMs);

function reindexTrialOf({ set, reindexes, reindexed, reindexedAtMs }: Drill): ReindexTrial | null {
  const trial = trialFrom(set, reindexes, reindexed, reindexedAtMs);
  return trial && { ...trial, addedGiB: addedOn(reindexed) };
}

export const addedOn = (verdict: DrillVerdict | undefined): number | null =>
  verdict?.is === 'verified' ? (verdict.addedGiB ?? null) : null;

function pruneTrialOf({ set, prunes, pruned, prunedAtMs, prunedBytes = null }: Drill): PruneTrial | null {
  const trial = trialFrom(set, prunes, pruned, prunedAtMs);
  return trial && { ...trial, freedGiB: freedOn(prunedBytes) };
}

/** How much less its volumes hold, in GiB; null where nobody could tell. */
export const freedOn = (bytes: NonNullable<Drill['prunedBytes']> | null): number | null =>
  bytes && Math.max(0, bytes.before - bytes.after) / GIB;

const GIB = 1024 ** 3;

function trialFrom(
  { setId }: Pick<DrilledSet, 'setId'>,
  command: string | undefined,
  verdict: DrillVerdict | undefined,
  begunAtMs: number | undefined,
): RollBackTrial | null {
  if (command === undefined || verdict === undefined || begunAtMs === undefined) return null;
  if (verdict.is === 'unproved' && !verdict.isTold) return null;
  const { is, atMs, reason } = verdict;
  return { command, setId, is, atMs, reason, minutes: Math.max(0, atMs - begunAtMs) / MINUTE_MS };
}

/** "/opt/node/roll-back on a copy of set-…: its client was at the tip again 4 min after its stop (…)"; or why it was not. */
export function trialText({ command, setId, is, reason, minutes }: Omit<RollBackTrial, 'atMs'>): string {
  const of = `${command} on a copy of ${setId}`;
  return is === 'verified'
    ? `${of}: its client was at the tip again ${Math.max(1, Math.round(minutes))} min after its stop`
    : `${of}: ${reason}`;
}

/** The same of a pruning, with what it has freed there. */
export function pruneTrialText(trial: Omit<PruneTrial, 'atMs'>): string {
  const { is, freedGiB } = trial;
  if (is !== 'verified') return trialText(trial);
  const freed = freedGiB === null ? 'what it has freed nobody knows' : `it has freed ${Math.round(freedGiB)} GiB`;
  return `${trialText(trial)}, and ${freed}`;
}

/** The same of data that were built again, with what they take there. */
export function reindexTrialText(trial: Omit<ReindexTrial, 'atMs'>): string {
  const { is, addedGiB } = trial;
  if (is !== 'verified') return trialText(trial);
  if (addedGiB === null) return `${trialText(trial)}, and how much its data take nobody knows`;
  const than = addedGiB === 0 ? 'as much as before' : `${Math.abs(addedGiB)} GiB ${addedGiB > 0 ? 'more' : 'less'}`;
  return `${trialText(trial)}, and its data take ${than}`;
}

/** Why an owner's command is not run on a node: the copy has not shown that a client comes back from it. null: it has. */
export function untriedReason<Trial extends RollBackTrial>(
  { command, maxAgeHours }: { readonly command: string; readonly maxAgeHours: number },
  trial: Trial | null,
  nowMs: number,
  textOf: (trial: Trial) => string = trialText,
): string | null {
  if (trial === null || trial.command !== command) return `no drill has tried ${command} on a copy yet`;
  if (trial.is !== 'verified') return `it did not come through: ${textOf(trial)}`;
  const hours = Math.floor((nowMs - trial.atMs) / HOUR_MS);
  return nowMs - trial.atMs > maxAgeHours * HOUR_MS
    ? `${command} was tried on a copy ${hours} h ago, and that counts for ${maxAgeHours} h (drills.maxAgeHours)`
    : null;
}

const rehearsalOf = (
  { set }: Drill,
  to: string,
  verdict: DrillVerdict,
  { minutes, usd }: Pick<Rehearsal, 'minutes' | 'usd'>,
): Rehearsal => ({
  ...{ to, setId: set.setId, is: verdict.is, atMs: verdict.atMs, reason: verdict.reason, minutes, usd },
  isToBeRepeated: verdict.is === 'unproved' && !verdict.isTold,
  measured: verdict.is === 'verified' ? { openSeconds: verdict.openSeconds, addedGiB: verdict.addedGiB ?? null } : null,
});

/** "28.1 on a copy of set-…: it answered 45 s after its start, added 3 GiB, and had caught up 7 min after the launch". */
export function rehearsalText({ to, setId, is, reason, minutes, measured }: Rehearsal): string {
  if (is !== 'verified' || measured === null) return `${to} on a copy of ${setId}: ${reason}`;
  const { openSeconds, addedGiB } = measured;
  const added = addedGiB === null ? '' : ` added ${addedGiB} GiB,`;
  const ready = Math.max(1, Math.round(minutes));
  return `${to} on a copy of ${setId}: it answered ${openSeconds} s after its start,${added} and had caught up ${ready} min after the launch`;
}

/**
 * The set that is tried next, of good ones: the newest that has not been tried. A set that is older than one that was proved tells nothing new. Where
 * there is none, the newest is proved again once its proof is older than half of what the fleet file allows.
 *
 * @param sets that heals would use
 */
export function nextSet<S extends { readonly setId: string; readonly takenAtMs: number; readonly rank: Rank }>(
  sets: readonly S[],
  { tried, proved }: Pick<DrillRecord, 'tried' | 'proved'>,
  { maxAgeHours, nowMs, isAsked }: { readonly maxAgeHours: number; readonly nowMs: number; readonly isAsked: boolean },
): S | { readonly none: 'no set' | 'nothing new' } {
  const newestFirst = sets.toSorted((a, b) => b.takenAtMs - a.takenAtMs || (a.setId < b.setId ? -1 : 1));
  const usable = newestFirst.filter(({ setId }) => {
    const before = tried.find((one) => one.setId === setId);
    return (
      before === undefined || before.is === 'verified' || (before.is === 'unproved' && before.unproved < UNPROVED_MOST)
    );
  });
  const [newest] = usable;
  if (newest === undefined) return { none: 'no set' };
  const isProved =
    newest.rank === 'verified' || tried.some((one) => one.setId === newest.setId && one.is === 'verified');
  if (!isProved || isAsked) return newest;
  const isOld = proved === null || nowMs - proved.atMs > (maxAgeHours * HOUR_MS) / 2;
  return isOld ? newest : { none: 'nothing new' };
}

/** "11 min to height 931,064, proved 6 h ago, $0.21 a drill"; or that nobody has proved anything. */
export function recoverability(record: Pick<DrillRecord, 'proved'> | undefined, nowMs: number): string {
  const proof = record?.proved ?? null;
  if (proof === null) return 'nobody has proved yet that a node comes back from a snapshot';
  const { minutes, height, atMs, usd } = proof;
  return `${Math.max(1, Math.round(minutes))} min to height ${height.toLocaleString('en-US')}, proved ${ago(nowMs - atMs)} ago, $${usd.toFixed(2)} a drill`;
}

function ago(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / MINUTE_MS));
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 72 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

/** Hours since the last proof; since the fleet has drills, where there is none. */
export const proofAgeHours = (
  record: Pick<DrillRecord, 'proved'> | undefined,
  { sinceMs }: Pick<DrillWatchRecord, 'sinceMs'>,
  nowMs: number,
): number => (nowMs - (record?.proved?.atMs ?? sinceMs)) / HOUR_MS;
