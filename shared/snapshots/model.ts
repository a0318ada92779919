// The model of a fleet's snapshots: sets of parts. Each part is of one volume; all were taken at one moment and are restored together.
import type { OwnSnapshot } from '../fleet/membership.ts';

/** Role of a volume: data, ancient, … */
export type FleetRole = string;

/** The ledger: what the tags of a snapshot say about its content. A missing tag is null. */
export interface Ledger {
  /** As its tag says it: with the suite's name before it, where that has one. */
  readonly fleet: string | null;
  readonly node: string | null;
  /** Of a validator when it was taken, with its key: for no other node, whatever the node's role is now. */
  readonly ofValidator: boolean;
  readonly role: FleetRole | null;
  /** The same for all parts of one moment. */
  readonly setId: string | null;
  /** How many parts the set has. */
  readonly parts: number | null;
  readonly height: number | null;
  readonly blockHash: string | null;
  readonly chainId: string | null;
  readonly client: string | null;
  readonly clientVersion: string | null;
  /** pruned, archive, index…: how the client keeps its data. */
  readonly mode: string | null;
  readonly cleanStop: boolean;
  /** When a restore from it was proved, ms since the epoch. */
  readonly verifiedAtMs: number | null;
  /** Why it must not be used. */
  readonly quarantined: string | null;
  /** The incident that holds it, so that no retention removes it. */
  readonly heldBy: string | null;
}

/** One snapshot of the fleet as EC2 shows it. */
export interface SnapshotFact extends OwnSnapshot {
  readonly volumeId: string;
  readonly sizeGiB: number;
  readonly startedAtMs: number;
  readonly state: 'pending' | 'completed' | 'error' | 'recoverable' | 'recovering';
  readonly encrypted: boolean;
  readonly kmsKeyId: string | null;
  readonly ownerId: string;
  readonly tags: Readonly<Record<string, string>>;
  /** The lifecycle policy that made it; null for all others. */
  readonly policyId: string | null;
  /** By anybody: AWS does not show whose lock it is. */
  readonly locked: boolean;
  /** In the archive tier, from which no volume can be made until a person restores it. */
  readonly archived: boolean;
  readonly ledger: Ledger;
}

export type Rank = 'verified' | 'clean' | 'crash-consistent';

/** Parts of one moment, one for each volume of a node. */
export interface SnapshotSet {
  readonly setId: string;
  /** By its name in the fleet; its volume's id where the node is not known. */
  readonly node: string;
  /** The time of its earliest part. */
  readonly takenAtMs: number;
  readonly parts: Readonly<Record<FleetRole, SnapshotFact>>;
  /** The time of its latest part: nothing in the set is newer. */
  readonly untilMs: number;
  readonly rank: Rank;
  readonly height: number | null;
}
