// Which sets of clean snapshots have had their day: those beyond what the fleet file keeps, and those in quarantine past their date. Never
// the last good one, none that anything holds, and none that somebody else made. Pure.
import { FLEET_TAG } from '../../shared/fleet/naming.ts';
import { isCleanSet } from '../../shared/snapshots/donor.ts';
import type { SnapshotFact, SnapshotSet } from '../../shared/snapshots/model.ts';
import { dateOf, INCIDENT_TAG, KEEP_UNTIL_TAG } from '../../shared/snapshots/tags.ts';
import { dateText, type PruneFacts, type Removal } from './decide.ts';

type SetRemoval = Extract<Removal, { kind: 'set' }>;

/** Oldest first. */
export function setsToRemove({ nowMs, fleet, busy, sets }: PruneFacts): readonly SetRemoval[] {
  const keep = fleet.cleanSnapshots?.keep;
  // Any of them may be what a heal of the fleet is about to use.
  if (keep === undefined || keep < 1 || busy.size > 0) return [];
  const ours = sets.filter((set) => isOurs(set, fleet.name));
  const good = ours.filter((set) => isGood(set, fleet)).toSorted((a, b) => b.takenAtMs - a.takenAtMs);
  // What is left then may be bad, and is all that there is.
  if (good.length === 0) return [];
  const newestGood = good.slice(0, keep);
  const kept = new Set<SnapshotSet>(newestGood);
  // A set that has proved itself is worth more than one that was never opened.
  const proved = good.find(({ rank }) => rank === 'verified');
  if (proved) kept.add(proved);
  const oldestKeptMs = newestGood.at(-1)?.takenAtMs ?? 0;
  return ours
    .filter((set) => !kept.has(set) && !isHeld(set))
    .flatMap((set): readonly SetRemoval[] => {
      const why = whyNow(set, { isGood: good.includes(set), full: good.length >= keep, oldestKeptMs, nowMs, keep });
      return why === null ? [] : [removalOf(set, why)];
    })
    .sort((a, b) => takenAt(sets, a) - takenAt(sets, b));
}

interface Place {
  readonly isGood: boolean;
  /** Whether as many good ones are kept as should be. */
  readonly full: boolean;
  readonly oldestKeptMs: number;
  readonly nowMs: number;
  readonly keep: number;
}

function whyNow(set: SnapshotSet, { isGood, full, oldestKeptMs, nowMs, keep }: Place): string | null {
  const facts = factsOf(set);
  if (facts.some(({ ledger }) => ledger.quarantined !== null)) {
    const dates = facts.map(({ tags }) => dateOf(tags[KEEP_UNTIL_TAG]));
    // A part that nobody has dated stays, and the others with it.
    const untilMs = dates.includes(null) ? Number.POSITIVE_INFINITY : Math.max(...dates.map((date) => date ?? 0));
    return untilMs <= nowMs ? `in quarantine until ${dateText(untilMs)}` : null;
  }
  if (!full || set.takenAtMs >= oldestKeptMs || facts.some(({ state }) => state === 'pending')) return null;
  return isGood ? `older than the ${keep} that are kept` : `never whole, and older than the ${keep} that are kept`;
}

/** Made by a heal of this fleet, every part of it; lifecycle policies and people remove what they have made. */
const isOurs = (set: SnapshotSet, fleet: string): boolean =>
  factsOf(set).every(
    ({ policyId, tags, ledger }) =>
      policyId === null && tags[FLEET_TAG] === fleet && tags[INCIDENT_TAG] !== undefined && ledger.setId !== null,
  );

const isGood = (set: SnapshotSet, fleet: PruneFacts['fleet']): boolean =>
  isCleanSet(set, fleet) &&
  factsOf(set).every(({ state, ledger }, _, facts) => {
    return state === 'completed' && (ledger.parts === null || ledger.parts === facts.length);
  });

const isHeld = (set: SnapshotSet): boolean =>
  factsOf(set).some(({ ledger, locked }) => ledger.heldBy !== null || locked);

const factsOf = ({ parts }: SnapshotSet): readonly SnapshotFact[] => Object.values(parts);

const takenAt = (sets: readonly SnapshotSet[], { id }: SetRemoval): number =>
  sets.find(({ setId }) => setId === id)?.takenAtMs ?? 0;

function removalOf(set: SnapshotSet, why: string): SetRemoval {
  const snapshotIds = factsOf(set)
    .map(({ snapshotId }) => snapshotId)
    .sort();
  const sentence = `snapshots ${snapshotIds.join(', ')} of ${set.node}, taken ${dateText(set.takenAtMs)}: ${why}`;
  return { kind: 'set', id: set.setId, node: set.node, sentence, snapshotIds };
}
