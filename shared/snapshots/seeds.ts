// SEEDS: what seed-groups remembers of a fleet. The versions themselves say what is in them; this says which snapshots must stay.
import { newRegister, type RegisterRecord } from '../guardrails/names.ts';

export interface SeedRecord extends RegisterRecord {
  /** Names of the fleet's groups: one without a member is found by nothing else. */
  readonly groups: readonly string[];
  /** By group: the snapshots that what it launches names, or is about to. prune-retired keeps them, or the group could launch nothing. */
  readonly named: Readonly<Record<string, readonly string[]>>;
  /** Keys that volumes of members had when there were some: the groups can launch with them. */
  readonly keys: readonly string[];
  /** Snapshots from which a new member did not come up, newest first: none is used again. */
  readonly failed: readonly string[];
}

export const noSeeds: SeedRecord = { ...newRegister, groups: [], named: {}, keys: [], failed: [] };

export const snapshotsNamed = (record: SeedRecord | undefined): ReadonlySet<string> =>
  new Set(Object.values(record?.named ?? {}).flat());
