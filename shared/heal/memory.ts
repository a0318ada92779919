// What heals that take a client down remember about it in NODE.operation: enough for any successor to finish, or to put back.
import type { Rung } from '../model/rungs.ts';
import type { FleetRole, Rank } from '../snapshots/model.ts';

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
  /** Of the snapshot. */
  readonly kmsKeyId?: string | null;
}

/** Volumes made from one set of snapshots, or from a sibling's volumes, or kept by a heal before; in the order of `found.volumes`. */
export interface RestoredVolumes {
  /** Of the set, the sibling's instance id, or the incident that kept the volumes. */
  readonly source: string;
  /** kept: volumes that were retired before, and are put back. */
  readonly from: 'snapshot' | 'sibling' | 'kept';
  readonly rank: Rank;
  /** The height that the ledger or a sibling tells; null where nobody knows. */
  readonly height: number | null;
  /** Of which node the data are: identity of another node must not be started. */
  readonly ofNode: string;
  /** Part of CreateVolume's token: volumes that were given up are not found again. */
  readonly generation: number;
  readonly availabilityZone: string;
  readonly volumes: readonly NewVolume[];
  /** Positions in `volumes` whose CreateVolume was asked for, and has not answered: EC2 may have made them. */
  readonly creating: readonly number[];
  /** How many of the volumes were checked, read-only, and found fit. */
  readonly checked: number;
  /** Which of the two is mounted, as the node said last. */
  readonly mounted: 'found' | 'restored';
  /** Set when they did not help: they are taken away again, and why. */
  readonly givenUp: Blame | null;
}

/**
 * mount: it cannot be mounted, or holds nothing. open: the client ends on it. lower-stop: it stands still below where the node had stopped.
 * forked: other blocks than most have. same-stop: it stands still where the node had stopped, so that the data are not to blame.
 * other: nothing that the data could help.
 */
export interface Blame {
  readonly fault: 'mount' | 'open' | 'lower-stop' | 'forked' | 'same-stop' | 'other';
  readonly reason: string;
  /** The KMS key that does not let a volume be made: what else is under it is not tried. */
  readonly deniedKey?: string;
}

export interface Tried extends Blame {
  readonly source: string;
  readonly rank: Rank;
  readonly snapshotIds: readonly string[];
}

/** The instance that takes the place of the original. */
export interface Replacement {
  /** Part of RunInstances' token. */
  readonly generation: number;
  readonly subnetId: string;
  readonly availabilityZone: string;
  /** Empty until RunInstances has answered. */
  readonly instanceId: string;
  /** The fence that this heal holds it by. */
  readonly fence: number;
  /** The fence under which it has answered: another holder asks first. 0: never. */
  readonly heard: number;
  /** Whose client may run. original → none → replacement (rules 13 and 14 of docs/model.md). */
  readonly identity: 'original' | 'none' | 'replacement';
  /** Whether its client was seen masked before anything else was done with it. */
  readonly masked: boolean;
  /** Whether the original's volumes are known to outlive it. */
  readonly volumesKept: boolean;
  /** The original may be masked, or have no root volume. */
  readonly fencingBegun: boolean;
  /** Of the original's client. unconfirmed: it was to be masked, and did not say that it is. */
  readonly originalMask: 'none' | 'intended' | 'unconfirmed';
  /** How the original's client is known not to run: it said so itself, or its instance is stopped and has no root volume. */
  readonly fencedBy: 'acknowledgement' | 'root-detached' | null;
  /** EC2's name of the original root's attachment and the volume, to put it back. */
  readonly originalRoot: { readonly device: string; readonly volumeId: string } | null;
  /** Whether discovery sees the replacement in place of the original. joining: it may. */
  readonly membership: 'apart' | 'joining' | 'joined';
  /**
   * Of the replacement's client. none: never told to start. intended: it may run. unconfirmed: it was to be masked again, and did not
   * say that it is. withdrawn: it is masked again, by its own word.
   */
  readonly takeOver: 'none' | 'intended' | 'unconfirmed' | 'withdrawn';
  readonly givenUp: string | null;
}

/** A call without a token: written before it, so that nobody repeats it blindly. */
export interface Intent {
  readonly call: string;
  readonly target: string;
  readonly atMs: number;
}

/** An act that failed, or whose answer was lost, several times in a row: it is repeated at intervals, and a person is told. */
export interface Setback {
  readonly act: string;
  readonly count: number;
  readonly reason: string;
  readonly atMs: number;
}

/** A launch that was refused. `isEverywhere`: for a reason that no other subnet changes. */
export interface Unplaced {
  readonly subnetId: string;
  readonly reason: string;
  readonly isEverywhere: boolean;
}

/** A rung that did not help. no-good-snapshot: there was nothing to restore from. */
export interface FailedRung {
  readonly rung: Rung;
  readonly reason: string;
  readonly code?: 'no-good-snapshot';
}

/** One piece of the cleanup after a proof. */
export interface CleanupPiece {
  readonly kind:
    | 'verify'
    | 'quarantine'
    | 'keep'
    | 'unkeep'
    | 'untarget'
    | 'hand-over'
    | 'register'
    | 'rotate'
    | 'release-holds'
    | 'leave-standby'
    | 'retire';
  /** Ids, or the name of a fleet or group; empty where the piece needs none. */
  readonly target: string;
}

export interface LadderState {
  /** When it began, ms since the epoch: a flap keeps its incident, and what is made then is not what was made before. */
  readonly beganAtMs: number;
  /** That it began for: what it has made is found again under this name, whichever incident goes on with it. */
  readonly incidentId: string;
  readonly found: FoundNode;
  readonly rung: Rung | null;
  readonly failed: readonly FailedRung[];
  /** Sets of snapshots that were tried, and siblings: none is tried twice in an incident. */
  readonly tried: readonly Tried[];
  /** Subnets without capacity, and of instances that were of no use: not tried again. */
  readonly exhausted: readonly string[];
  /** Launches that were refused, and why. */
  readonly unplaced?: readonly Unplaced[];
  /** How many volumes and instances were made: the next one's token. */
  readonly generation: number;
  readonly restoredVolumes: RestoredVolumes | null;
  readonly replacement: Replacement | null;
  /** mayBeDown: an act that may take it down was intended in this rung. */
  readonly client: 'untouched' | 'mayBeDown';
  /** The original instance, by this heal. stopIntended: a guard may have forbidden the stop. started: it ran again, in this rung. */
  readonly original: 'untouched' | 'stopIntended' | 'stopRequested' | 'started';
  /** Of the original in its Auto Scaling group. entering: it may be on standby. refused: the group does not set it aside. */
  readonly standby: 'none' | 'entering' | 'entered' | 'refused';
  /** Whether the original was taken out of the fleet's DNS pool in this rung. */
  readonly pool: 'in' | 'left';
  /** Of the snapshots that later rungs may need. unknown: they may be held. */
  readonly hold: 'none' | 'held' | 'unknown';
  /** A volume or an instance was made in this rung. */
  readonly hasMade: boolean;
  /** The call without a token that was intended last. */
  readonly pending: Intent | null;
  readonly setback: Setback | null;
  /** Since when the client of the rung under way is up, or was to be: what proves it comes after this. */
  readonly upSinceMs: number | null;
  /** Since when the act under way is waited for. */
  readonly waitingSinceMs: number | null;
  /** When the node was last asked while nothing was heard of its client. */
  readonly inspectedAtMs: number | null;
  /** The proof's own words, once it has been seen. */
  readonly proved: string | null;
  readonly cleared: readonly CleanupPiece[];
}

export interface SnapshotMemory {
  readonly found: FoundNode;
  readonly intent: Intent | null;
  readonly setId: string;
  readonly snapshotIds: readonly string[];
  /** What the client said when it had ended. */
  readonly clean: { readonly exitStatus: number; readonly lastLine: string } | null;
  /** Since when the client may run again, ms since the epoch: what was captured later is not of a stopped one. null: not told to start. */
  readonly upSinceMs: number | null;
}
