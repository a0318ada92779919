// What heals that take a client down remember about it in NODE.operation: enough for any successor to finish, or to put back.
import type { FleetRole } from '../snapshots/model.ts';

/** A rung of the ladder of replace-node, mildest first. `instance` has a new instance in the end, the others do not. */
export const RUNGS = ['restart', 'stop-start', 'swap', 'replace'] as const;
export type Rung = (typeof RUNGS)[number];

/** One volume of a node as it was found: all that is needed to make one like it, and to put it back. */
export interface FoundVolume {
  readonly role: FleetRole;
  readonly volumeId: string;
  /** Where it is mounted on the node. */
  readonly path: string;
  /** EC2's name of the attachment, "/dev/sdf". */
  readonly device: string;
  readonly sizeGiB: number;
  readonly type: string;
  /** null where the type has none to set. */
  readonly iops: number | null;
  readonly throughputMiBps: number | null;
  readonly encrypted: boolean;
  readonly kmsKeyId: string | null;
  /** Users' tags: those of aws: and of chainmend: are not among them. */
  readonly tags: Readonly<Record<string, string>>;
}

/** How a node was before the first act of the first attempt. Written once and inherited. */
export interface FoundNode {
  readonly instanceId: string;
  readonly availabilityZone: string;
  readonly volumes: readonly FoundVolume[];
  /** Where it had stopped: the last height that was read of it; null where none ever was. */
  readonly height: number | null;
  readonly lagBlocks: number | null;
  readonly client: 'running' | 'stopped' | 'failed' | 'unknown';
}

/** A volume that takes the place of a found one. */
export interface NewVolume {
  readonly role: FleetRole;
  /** Empty until CreateVolume has answered. */
  readonly volumeId: string;
  /** EC2's name of the attachment that it gets. */
  readonly device: string;
  readonly snapshotId: string;
}

/** Volumes that were made, or are being made, from one set of snapshots (or from a sibling's volumes), in the order of `found.volumes`. */
export interface Copy {
  /** Of the set, or the sibling's instance id. */
  readonly source: string;
  readonly from: 'snapshot' | 'sibling';
  readonly rank: 'verified' | 'clean' | 'crash-consistent';
  /** The height that the ledger or a sibling tells; null where nobody knows. */
  readonly height: number | null;
  /** Of which node the data are: identity of another node must not be started. */
  readonly ofNode: string;
  /** Part of CreateVolume's token: a copy that was given up is not found again. */
  readonly generation: number;
  readonly availabilityZone: string;
  readonly volumes: readonly NewVolume[];
  readonly checked: boolean;
  /** Which of the two is mounted, as the node said last. */
  readonly mounted: 'found' | 'copy';
}

/** The instance that takes the place of the found one. */
export interface NewInstance {
  /** Part of RunInstances' token. */
  readonly generation: number;
  readonly subnetId: string;
  readonly availabilityZone: string;
  /** Empty until RunInstances has answered. */
  readonly instanceId: string;
  /** The fence that this heal holds it by. */
  readonly fence: number;
  /** identity: whose client may run. old → none → new (rules 13 and 14 of docs/model.md). */
  readonly identity: 'old' | 'none' | 'new';
}

/** A call without a token: written before it, so that nobody repeats it blindly. */
export interface Intent {
  readonly call: string;
  readonly target: string;
  readonly atMs: number;
}

export interface ReplaceMemory {
  readonly found: FoundNode;
  readonly rung: Rung | null;
  /** Rungs that did not help, and why. */
  readonly failed: readonly { readonly rung: Rung; readonly reason: string }[];
  /** Sets of snapshots that were tried, and siblings: none is tried twice in an incident. */
  readonly tried: readonly { readonly source: string; readonly rank: Copy['rank']; readonly reason: string }[];
  readonly copy: Copy | null;
  readonly machine: NewInstance | null;
  readonly intent: Intent | null;
  /** Since when the client of the rung under way is up, or was to be: what proves it comes after this. */
  readonly upSinceMs: number | null;
  /** Whether the proof has been seen. */
  readonly proved: boolean;
  /** What of the clearing up is done: "detach vol-…", "hand-over", … */
  readonly done: readonly string[];
}

export interface SnapshotMemory {
  readonly found: FoundNode;
  readonly intent: Intent | null;
  readonly setId: string;
  readonly snapshotIds: readonly string[];
  /** What the client said when it had ended. */
  readonly clean: { readonly exitStatus: number; readonly lastLine: string } | null;
}
