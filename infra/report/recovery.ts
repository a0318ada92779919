// Whether a fleet could be restored now: its newest snapshot set that has all its parts and no mark against it. Pure.
import type { Fleet } from '../../shared/fleet/model.ts';
import type { SnapshotFact, SnapshotSet } from '../../shared/snapshots/model.ts';
import { type SetContext, setsOf } from '../../shared/snapshots/sets.ts';
import type { Recovery } from './facts.ts';

/**
 * Says less than a heal would: which client, chain or role a set fits is judged for one node, at the time of its heal.
 *
 * @param facts of the fleet's snapshots, as `readSnapshots` gives them
 */
export function recoveryOf(facts: readonly SnapshotFact[], context: SetContext): Recovery {
  const sets = setsOf(facts, context);
  const usable = sets.filter((set) => isUsable(set, context.fleet));
  const newest = usable.reduce<SnapshotSet | null>(
    (best, set) => (best === null || set.takenAtMs > best.takenAtMs ? set : best),
    null,
  );
  return {
    is: 'known',
    newest: newest && {
      setId: newest.setId,
      node: newest.node,
      takenAtMs: newest.takenAtMs,
      height: newest.height,
      rank: newest.rank,
    },
    usable: usable.length,
    unusable: sets.length - usable.length,
  };
}

function isUsable({ parts }: SnapshotSet, { volumes }: Pick<Fleet, 'volumes'>): boolean {
  const all = Object.values(parts);
  return (
    volumes.every(({ role }) => parts[role] !== undefined) &&
    all.every(
      ({ state, archived, ledger }) =>
        state === 'completed' &&
        !archived &&
        ledger.quarantined === null &&
        (ledger.parts === null || ledger.parts === all.length),
    )
  );
}
