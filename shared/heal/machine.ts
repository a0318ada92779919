// A node's machine as watch-fleet has last seen it alive. EC2 forgets addresses, subnet and volumes of an instance that was terminated, and after an
// hour the instance: without this record nobody could make the node again.
import type { InstanceDescription } from '../aws/instances.ts';
import type { VolumeDescription } from '../aws/volumes.ts';

export interface MachineRecord {
  readonly observedAtMs: number;
  readonly instance: InstanceDescription;
  /** Those that were attached to it, its root volume left out. */
  readonly volumes: readonly VolumeDescription[];
  /** The client's own version string; null where it gave none. */
  readonly clientVersion: string | null;
  /** Seconds since the epoch. It is written again every few hours while the node lives. */
  readonly expiresAt: number;
}

/** A terminated node is missed for a day; the record outlives that. */
export const MACHINE_KEPT_SECONDS = 3 * 24 * 60 * 60;
