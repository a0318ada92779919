// Which sets of clean snapshots may be removed: those beyond the number that the fleet file keeps, and those in quarantine past their date. Never the
// last good set, none that is held, and none that somebody else made: a set counts where a heal has recorded that it took it. Pure.
import { keptOf } from '../../shared/heal/kept.ts';
import { dateOf, FLEET_TAG, INCIDENT_TAG, KEEP_UNTIL_TAG } from '../../shared/model/tags.ts';
import { isCleanSet } from '../../shared/snapshots/donor.ts';
import type { SnapshotFact, SnapshotSet } from '../../shared/snapshots/model.ts';
import { dateText, type PruneFacts, quarantineOf, type Removal, setDiffers } from './retired-resources.ts';

type SetRemoval = Extract<Removal, { kind: 'set' }>;

export interface SetRemovals {
  /** Oldest first. */
  readonly removals: readonly SetRemoval[];
  /** Sets that their tags would have removed, and why they stay, one sentence each. */
  readonly strange: readonly string[];
}

const NONE: SetRemovals = { removals: [], strange: [] };

export function setsToRemove({ nowMs, fleet, busy, sets, seeds, kept: records }: PruneFacts): SetRemovals {
  const keep = fleet.cleanSnapshots?.keep;
  // A heal of the fleet may be about to use any of them.
  if (keep === undefined || keep < 1 || busy.size > 0) return NONE;
  const taken = keptOf(records, 'set');
  // A validator's are for itself alone, and few: they neither count among the fleet's nor go before a person removes them.
  const told = sets.filter((set) => saysOurs(set, fleet.tag) && !isOfValidator(set));
  const differing = new Map(told.map((set) => [set, setDiffers(set, taken.get(set.setId))]));
  const ours = told.filter((set) => differing.get(set) === null);
  const good = ours.filter((set) => isGood(set, fleet)).toSorted((a, b) => b.takenAtMs - a.takenAtMs);
  // The sets that are left then may be bad, but there are no others.
  if (good.length === 0) return NONE;
  const newestGood = good.slice(0, keep);
  const kept = new Set<SnapshotSet>(newestGood);
  // A set that was verified is worth more than one that was never opened.
  const proved = good.find(({ rank }) => rank === 'verified');
  if (proved) kept.add(proved);
  const oldestKeptMs = newestGood.at(-1)?.takenAtMs ?? 0;
  const held = new Set([...seeds, ...[...keptOf(records, 'hold').values()].flatMap(({ snapshotIds }) => snapshotIds)]);
  const bad = keptOf(records, 'quarantine');
  const removals: SetRemoval[] = [];
  const strange: string[] = [];
  for (const set of told) {
    if (kept.has(set) || isHeld(set, held)) continue;
    const place = { isGood: good.includes(set), full: good.length >= keep, oldestKeptMs, nowMs, keep };
    const why = removalReasonOf(set, place, bad);
    if (why === null) continue;
    const differs = differing.get(set) ?? ('differs' in why ? why.differs : null);
    if (differs !== null) strange.push(`set ${set.setId}: ${differs}`);
    else if ('because' in why) removals.push(removalOf(set, why.because));
  }
  return { removals: removals.sort((a, b) => setTakenAtMs(sets, a) - setTakenAtMs(sets, b)), strange };
}

interface RetentionPosition {
  readonly isGood: boolean;
  /** Whether as many good sets are kept as the fleet file asks for. */
  readonly full: boolean;
  readonly oldestKeptMs: number;
  readonly nowMs: number;
  readonly keep: number;
}

type RemovalReason = { readonly because: string } | { readonly differs: string } | null;

function removalReasonOf(
  set: SnapshotSet,
  { isGood, full, oldestKeptMs, nowMs, keep }: RetentionPosition,
  bad: Parameters<typeof quarantineOf>[1],
): RemovalReason {
  const facts = factsOf(set);
  if (facts.some(({ ledger }) => ledger.quarantined !== null)) {
    const dates = facts.map(({ tags }) => dateOf(tags[KEEP_UNTIL_TAG]));
    // A part without a date stays, and the other parts with it.
    const datedMs = dates.includes(null) ? Number.POSITIVE_INFINITY : Math.max(...dates.map((date) => date ?? 0));
    if (datedMs > nowMs) return null;
    const quarantine = quarantineOf(facts, bad);
    if ('differs' in quarantine) return quarantine;
    const untilMs = Math.max(datedMs, quarantine.untilMs);
    return untilMs <= nowMs ? { because: `in quarantine until ${dateText(untilMs)}` } : null;
  }
  if (!full || set.takenAtMs >= oldestKeptMs || facts.some(({ state }) => state === 'pending')) return null;
  return {
    because: isGood ? `older than the ${keep} that are kept` : `never whole, and older than the ${keep} that are kept`,
  };
}

/** The tags of every part say that a heal of this fleet made it. */
const saysOurs = (set: SnapshotSet, tag: string): boolean =>
  factsOf(set).every(
    ({ policyId, tags, ledger }) =>
      policyId === null && tags[FLEET_TAG] === tag && tags[INCIDENT_TAG] !== undefined && ledger.setId !== null,
  );

const isGood = (set: SnapshotSet, fleet: PruneFacts['fleet']): boolean =>
  isCleanSet(set, fleet) &&
  factsOf(set).every(({ state, ledger }, _, facts) => {
    return state === 'completed' && (ledger.parts === null || ledger.parts === facts.length);
  });

const isOfValidator = (set: SnapshotSet): boolean => factsOf(set).some(({ ledger }) => ledger.ofValidator);

/** Held by a tag, which a person may write, or by a record, which removing a tag does not end. */
const isHeld = (set: SnapshotSet, held: ReadonlySet<string>): boolean =>
  factsOf(set).some(({ snapshotId, ledger, locked }) => ledger.heldBy !== null || locked || held.has(snapshotId));

const factsOf = ({ parts }: SnapshotSet): readonly SnapshotFact[] => Object.values(parts);

const setTakenAtMs = (sets: readonly SnapshotSet[], { id }: SetRemoval): number =>
  sets.find(({ setId }) => setId === id)?.takenAtMs ?? 0;

function removalOf(set: SnapshotSet, why: string): SetRemoval {
  const snapshotIds = factsOf(set)
    .map(({ snapshotId }) => snapshotId)
    .sort();
  const sentence = `snapshots ${snapshotIds.join(', ')} of ${set.node}, taken ${dateText(set.takenAtMs)}: ${why}`;
  return { kind: 'set', id: set.setId, node: set.node, sentence, snapshotIds };
}
