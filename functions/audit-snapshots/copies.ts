// What is different where a fleet has copies of another region or account alone: when their absence is told, and which of their snapshots count. Pure.
import { type Fleet, placeOf } from '../../shared/fleet/model.ts';
import type { DrilledSet } from '../../shared/heal/drill.ts';
import type { Ending } from '../../shared/heal/outcome.ts';
import type { SnapshotFact } from '../../shared/snapshots/model.ts';
import type { CopiesFacts, CopiesNote, DrillFacts } from './state.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** People are told again after this time. */
const TELL_AGAIN_MS = 24 * HOUR_MS;
const FAILED_SHOWN = 3;
/** Data Lifecycle Manager's own, which its copies have, too; no tag of AWS's tells of their policy there. */
const MANAGED_TAG = 'dlm:managed';

/**
 * A copy has the tags of its volume, and with them perhaps a ledger that is not its own: it is no more than what a policy took of a running client.
 *
 * @param isShared by another account: the tags of its policy are not shown
 */
export const asCopied = (fact: SnapshotFact, isShared = false): SnapshotFact =>
  fact.policyId === null && (isShared || fact.tags[MANAGED_TAG] === 'true') ? { ...fact, policyId: 'copied' } : fact;

/** A root volume has 8 to 30 GiB, and a chain's data have hundreds. */
const ROOTS_SHARE = 1 / 4;

/**
 * A policy takes each volume with the tags of the data, and a launch template gives them to root volumes, too. Which device a volume was is not known here:
 * what is much smaller than the largest is not opened, for its "data" would not open, and the blame would be on the copy.
 */
export function withoutRoots(snapshots: readonly SnapshotFact[]): {
  readonly data: readonly SnapshotFact[];
  readonly roots: DrillFacts['refused'];
} {
  const largestGiB = Math.max(0, ...snapshots.map(({ sizeGiB }) => sizeGiB));
  const [data, roots] = [true, false].map((isData) =>
    snapshots.filter(({ sizeGiB }) => sizeGiB >= largestGiB * ROOTS_SHARE === isData),
  ) as [SnapshotFact[], SnapshotFact[]];
  return {
    data,
    roots: roots.map(({ snapshotId, sizeGiB }) => ({
      setId: snapshotId,
      why: `it is of ${sizeGiB} GiB where the largest is of ${largestGiB}: it is taken for a root volume`,
    })),
  };
}

/** @param snapshots of the fleet, newest first */
export function copiesIn(snapshots: readonly SnapshotFact[]): Pick<CopiesFacts, 'newestAtMs' | 'failed'> {
  const newest = snapshots.find(({ state }) => state === 'completed');
  return {
    newestAtMs: newest?.startedAtMs ?? null,
    failed: snapshots
      .filter(({ state, startedAtMs }) => state === 'error' && startedAtMs > (newest?.startedAtMs ?? 0))
      .map(({ snapshotId }) => snapshotId),
  };
}

type Known = Pick<DrillFacts, 'fleet' | 'record' | 'copies' | 'nowMs'>;

/** What is written down at a look: since when none has come. */
export const copiesNote = ({ record, copies, nowMs }: Known): CopiesNote =>
  copies?.newestAtMs === null ? { copiesSinceMs: record.copiesSinceMs ?? nowMs } : {};

/** The end of an attempt that tells people of it, and how soon the newest copy is looked at; null where they come, or where people were told today. */
export function copiesLate(facts: Known): { readonly ending: Ending; readonly note: CopiesNote } | null {
  const { fleet, record, copies, nowMs } = facts;
  const { copiesFrom } = fleet;
  if (copiesFrom === undefined || copies === undefined) return null;
  const note = copiesNote(facts);
  const sinceMs = copies.newestAtMs ?? note.copiesSinceMs ?? nowMs;
  if (nowMs - sinceMs <= copiesFrom.maxAgeHours * HOUR_MS) return null;
  if (record.copiesToldAtMs !== undefined && nowMs - record.copiesToldAtMs < TELL_AGAIN_MS) return null;
  const hours = Math.floor((nowMs - sinceMs) / HOUR_MS);
  const what =
    copies.newestAtMs === null
      ? `no copy has come from ${placeOf(copiesFrom)} for the ${hours} h that they are looked for`
      : `the newest copy from ${placeOf(copiesFrom)} came ${hours} h ago`;
  const shown = copies.failed.slice(0, FAILED_SHOWN).join(', ');
  const { account } = copiesFrom;
  const failed = account
    ? `look whether ${account.policy} is enabled there and names this account (snapshots.shareWith): another policy has another id`
    : shown === ''
      ? 'look whether its policy is enabled there and names this region (snapshots.copyTo)'
      : `since then ${shown} ended in error: look whether the key here is enabled, and lets the policy’s role use it (snapshots.copyTo.kmsKeyArn)`;
  return {
    ending: {
      ...{ outcome: 'escalated', code: 'copies-old', asFound: true },
      reason: `${what}, and the fleet file allows ${copiesFrom.maxAgeHours} h: ${failed}`,
    },
    note: { ...note, copiesToldAtMs: nowMs },
  };
}

/** Until the newest copy that is known would be too old: its successor is looked for then at the latest. */
function untilOldMs({ copiesFrom }: Pick<Fleet, 'copiesFrom'>, newestAtMs: number, nowMs: number): number {
  if (copiesFrom === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(10 * MINUTE_MS, newestAtMs + copiesFrom.maxAgeHours * HOUR_MS + MINUTE_MS - nowMs);
}

/** When the copies are looked at again. @param everyMs where nothing else is due before */
export const againMs = ({ fleet, copies, nowMs }: Known, everyMs: number): number =>
  copies?.newestAtMs == null ? everyMs : Math.min(everyMs, untilOldMs(fleet, copies.newestAtMs, nowMs));

/** How long after a drill the next look is due, in hours. */
export const hoursUntilDue = (
  fleet: Pick<Fleet, 'drills' | 'copiesFrom'>,
  { takenAtMs }: Pick<DrilledSet, 'takenAtMs'>,
  nowMs: number,
): number => Math.min(fleet.drills?.everyHours ?? 24, untilOldMs(fleet, takenAtMs, nowMs) / HOUR_MS);

/** A copy comes perhaps every hour, and is not opened more often than drills are asked for. null: it may be. */
export function provedLately({ fleet, record, copies, nowMs }: Known, everyHours: number): string | null {
  const { proved } = record;
  if (copies === undefined || fleet.copiesFrom === undefined || proved === null) return null;
  return nowMs - proved.atMs < everyHours * HOUR_MS
    ? `one was proved within the last ${everyHours} h, and the newest came ${sinceText(copies, nowMs)} ago`
    : null;
}

const sinceText = ({ newestAtMs }: CopiesFacts, nowMs: number): string =>
  `${Math.max(0, Math.round((nowMs - (newestAtMs ?? nowMs)) / MINUTE_MS))} min`;

/** ", copied from eu-west-1 35 min ago"; empty where a node is imitated. */
export const copiedText = (
  { fleet: { copiesFrom }, nowMs }: Known,
  { takenAtMs }: Pick<DrilledSet, 'takenAtMs'>,
): string =>
  copiesFrom === undefined
    ? ''
    : `, ${copiesFrom.account ? 'taken in' : 'copied from'} ${placeOf(copiesFrom)} ${Math.max(0, Math.round((nowMs - takenAtMs) / MINUTE_MS))} min ago`;
