// The memory of heals that take a client down, in NODE.operation: enough for any later attempt to finish, or to put back.
import type { VolumeShape } from '../aws/volumes.ts';
import type { Track } from '../fleet/observation.ts';
import type { Door } from '../model/doors.ts';
import type { Rung } from '../model/rungs.ts';
import type { Layer } from '../node-commands/node-answer.ts';
import type { FleetRole, Rank } from '../snapshots/model.ts';
import type { MachineRecord } from './machine.ts';

/** One volume of a node as it was found: all that is needed to create an equal one, and to put it back. */
export interface FoundVolume extends VolumeShape {
  readonly role: FleetRole;
  readonly volumeId: string;
  /** Where it is mounted on the node. */
  readonly path: string;
  /** EC2's device name of the attachment, "/dev/sdf". */
  readonly device: string;
  /** The node said that nothing was mounted there: its filesystem may be broken. */
  readonly wasUnmounted?: true;
  /** It holds no filesystem but a part of this: no copy of it can be mounted as it is. */
  readonly layer?: Layer;
  /** What mounts it there, where that is not /etc/fstab alone, as the first answer of the node tells. */
  readonly heldBy?: string;
  /** Users' tags, without those of aws: and of chainmend:. */
  readonly tags: Readonly<Record<string, string>>;
}

/** The node before the first act of the first attempt. Written once and inherited. */
export interface FoundNode {
  readonly instanceId: string;
  readonly availabilityZone: string;
  readonly volumes: readonly FoundVolume[];
  /** The height at which it had stopped: the last one that was read; null where none ever was. */
  readonly height: number | null;
  readonly lagBlocks: number | null;
  /** Where its own data were: the last height that it told, also where it was silent by then; absent where nobody knows. */
  readonly dataHeight?: number;
  /** Since when it had no newer block; absent where nobody knows. */
  readonly stoodSinceMs?: number;
  readonly client: 'running' | 'stopped' | 'failed' | 'unknown';
  /** Its public address, where a stop loses it; absent where it has none, or an elastic one. */
  readonly lostAddress?: string;
  /** Set where somebody had terminated its instance: as it was while it lived, since EC2 forgets. */
  readonly machine?: Pick<MachineRecord, 'instance' | 'clientVersion'>;
  /** Its volumes went with its instance, or cannot be proved to be its own: the data come from elsewhere. */
  readonly dataLost?: true;
}

/** A volume that takes the place of a found one. */
export interface NewVolume {
  readonly role: FleetRole;
  /** Empty until CreateVolume has answered. */
  readonly volumeId: string;
  /** EC2's device name for its attachment. */
  readonly device: string;
  readonly snapshotId: string;
  /** Of the snapshot, which never changes; 0 where it is not made of one. */
  readonly snapshotGiB: number;
  /** What the node's own volume had when this one was chosen, where somebody had grown it since it was found. */
  readonly grownGiB?: number;
  /** The key of the snapshot. */
  readonly kmsKeyId?: string | null;
}

/** Volumes made from one set of snapshots, or from a sibling's volumes, or kept by an earlier heal; in the order of `found.volumes`. */
export interface RestoredVolumes {
  /** The id of the set, the sibling's instance id, or the incident that kept the volumes. */
  readonly source: string;
  /** kept: volumes that were retired before, and are put back. */
  readonly from: 'snapshot' | 'sibling' | 'kept';
  readonly rank: Rank;
  /** The height in the ledger or of the sibling; null where it is not known. */
  readonly height: number | null;
  /** The node of the data: another node's identity must not be started. */
  readonly ofNode: string;
  /** Part of CreateVolume's token: volumes that were given up are not found again. */
  readonly generation: number;
  readonly availabilityZone: string;
  readonly volumes: readonly NewVolume[];
  /** Positions in `volumes` whose CreateVolume was requested, and has not answered: EC2 may have created them. */
  readonly creating: readonly number[];
  /** How many of the volumes were checked, read-only, and found fit. */
  readonly checked: number;
  /** How many of the volumes were read for the start of their client; absent: none. */
  readonly warmed?: number;
  /** Which of the two is mounted, by the node's last answer. */
  readonly mounted: 'found' | 'restored';
  /** From its client's start until it is in step with its chain, ms, by the rate that the fleet had shown; absent where that is not known. */
  readonly catchUpMs?: number;
  /** Set when they did not help: the reason why they are removed again. */
  readonly givenUp: Blame | null;
  /** Set where the one volume is a smaller one, made empty, that gets the files of a copy. */
  readonly shrink?: Shrink;
}

/** How a smaller volume gets its files. */
export interface Shrink {
  readonly toGiB: number;
  /** The copy of the snapshot that the files come from: attached beside the node as well, and never mounted where its client looks. */
  readonly copy: NewVolume;
  /** When the node was first told to copy, ms since the epoch; null: not yet. */
  readonly sinceMs: number | null;
  /** By the node's last answer; null: it has not told. */
  readonly left: { readonly files: number; readonly bytes: number; readonly ofBytes: number } | null;
  /** All files are there, and were compared: the copy is not needed any more. */
  readonly isFilled: boolean;
}

/**
 * mount: it cannot be mounted, or holds nothing. open: the client ends on it. unopened: it syncs from the first block beside it. lower-stop: it stops below the height where the node had stopped.
 * forked: other blocks than most have. same-stop: it stops where the node had stopped, so that the data are not the cause. other: a cause outside the
 * data.
 */
type Fault =
  | { readonly door: 'data'; readonly fault: 'mount' | 'open' | 'unopened' | 'lower-stop' | 'forked' }
  | {
      readonly door: Exclude<Door, 'data'>;
      /** unwanted: a person has asked for other data since. unpermitted: nobody has approved it. Nothing is wrong with either. */
      readonly fault:
        | 'open'
        | 'unopened'
        | 'lower-stop'
        | 'forked'
        | 'same-stop'
        | 'unwanted'
        | 'unpermitted'
        | 'other';
    };

/** Why a copy was given up, and at whose door that is laid. */
export type Blame = Fault & {
  readonly reason: string;
  /** The KMS key that does not let a volume be created: nothing else under this key is tried. */
  readonly deniedKey?: string;
  /** AWS would refuse every other source, too: a quota, or no capacity. */
  readonly isEverywhere?: true;
};

export type Tried = Blame & {
  readonly source: string;
  readonly rank: Rank;
  readonly snapshotIds: readonly string[];
  /** The rung in which it was tried. */
  readonly rung: Rung | null;
  readonly atMs: number;
  /** When it was tried first, where it was tried again since. */
  readonly sinceMs?: number;
};

/** The instance that takes the place of the original. */
export interface Replacement {
  /** Part of RunInstances' token. */
  readonly generation: number;
  readonly subnetId: string;
  readonly availabilityZone: string;
  /** Empty until RunInstances has answered. */
  readonly instanceId: string;
  /** The fence under which this heal holds it. */
  readonly fence: number;
  /** The fence under which it has answered: another holder asks first. 0: never. */
  readonly heard: number;
  /** The instance whose client may run. original → none → replacement (rules 13 and 14 of docs/model.md). */
  readonly identity: 'original' | 'none' | 'replacement';
  /** Whether its client was seen masked before any other act on it. */
  readonly masked: boolean;
  /** Whether the original's volumes are known to outlive it. */
  readonly volumesKept: boolean;
  /** The original may be masked, or have no root volume. */
  readonly fencingBegun: boolean;
  /** A data volume of the original may be off it. Absent otherwise. */
  readonly mayBeUnplugged?: true;
  /** The mask of the original's client. unconfirmed: it was requested, and the client did not confirm it. */
  readonly originalMask: 'none' | 'intended' | 'unconfirmed';
  /** How the original's client is known not to run: it acknowledged so itself, its instance is stopped and has no root volume, or it is terminated. */
  readonly fencedBy: 'acknowledgement' | 'root-detached' | 'terminated' | null;
  /** EC2's device name of the original root's attachment and the volume, to put it back. */
  readonly originalRoot: { readonly device: string; readonly volumeId: string } | null;
  /** Whether discovery sees the replacement in place of the original. joining: it may. */
  readonly membership: 'apart' | 'joining' | 'joined';
  /**
   * State of the replacement's client. none: never told to start. intended: it may run. unconfirmed: it had to be masked again, and did not confirm
   * it. withdrawn: it is masked again, as it confirmed itself.
   */
  readonly takeOver: 'none' | 'intended' | 'unconfirmed' | 'withdrawn';
  readonly givenUp: string | null;
  /** It was given up since its client did not open its data, and syncs from the first block. */
  readonly isUnopened?: true;
  /** Given up because nobody has approved it: nothing is wrong with it, and its rung has not failed. */
  readonly isUnpermitted?: true;
  /** The data that its client has named as the cause of its end, or did not open: the original's own, which were moved here, or a copy. */
  readonly badData?: 'own' | 'copy';
}

/** A call without a token: written before the call, so that nobody repeats it blindly. */
export interface Intent {
  readonly call: string;
  readonly target: string;
  readonly atMs: number;
  /** Of a command that takes the original's clients down: its id, and how they were before. Where the node has never begun it, they are so still. */
  readonly command?: { readonly id: string; readonly client: LadderState['client']; readonly ran?: true };
}

/** An act that failed, or whose answer was lost, several times in a row: it is repeated at intervals, and a person is paged. */
export interface Setback {
  readonly act: string;
  readonly count: number;
  readonly reason: string;
  readonly atMs: number;
}

/** What AWS has too little of, for now. It says nothing of the node, passes by itself, and is asked for again. */
export interface Shortage {
  readonly of: 'capacity' | 'quota';
  /** Since when anything was short in this heal, ms since the epoch. */
  readonly sinceMs: number;
  /** When it was asked for last, ms since the epoch. */
  readonly atMs: number;
}

/** A launch that was refused. `isEverywhere`: every other subnet would refuse it, too. `shortage`: the subnet may take it later. */
export interface Unplaced {
  readonly subnetId: string;
  readonly reason: string;
  readonly isEverywhere: boolean;
  readonly shortage?: Shortage;
}

/**
 * A rung that did not help. no-good-snapshot: there was nothing to restore from. not-started: EC2 did not start again what the rung had stopped. unopened:
 * the client did not open its data, and syncs from the first block.
 */
export interface FailedRung {
  readonly rung: Rung;
  readonly reason: string;
  readonly code?: 'no-good-snapshot' | 'not-started' | 'unopened';
  /** It was known before that it could not be climbed. Absent in records of earlier versions. */
  readonly notBegun?: true;
  /** On another instance its client has ended, and named the data, or did not open them: its own, or a copy. The rung is climbed once more, with others. */
  readonly badData?: 'own' | 'copy';
}

/** One piece of the cleanup after a proof. */
export interface CleanupPiece {
  readonly kind:
    | 'verify'
    | 'quarantine'
    | 'keep'
    | 'drop-copy'
    | 'unkeep'
    | 'untarget'
    | 'hand-over'
    | 'register'
    | 'rotate'
    | 'release-holds'
    | 'leave-standby'
    | 'give-place'
    | 'retire';
  /** Ids, or the name of a fleet or group; empty where the piece needs none. */
  readonly target: string;
}

/** What others saw of a client at one moment. */
export interface Sighting {
  readonly atMs: number;
  readonly height: number;
  /** null where nobody knows the height of its chain. */
  readonly lagBlocks: number | null;
}

/** A change of the client's version. */
export interface VersionChange {
  /** The name of the template's instance that was found, and of the one that is wanted. */
  readonly from: string;
  readonly to: string;
  /** Which of them the node would start, by its last answer; unknown: a command that changes it was not answered. */
  readonly is: 'from' | 'to' | 'unknown';
  /** Whether the wanted one may have run: then it may have changed the data, and the data of before are put back with the version of before. */
  readonly mayHaveRun: boolean;
  /** Where the client stands among the units of the fleet file. */
  readonly at: number;
  /** The data of before: the newest clean snapshot of this node, taken since then, ms since the epoch. */
  readonly cleanSinceMs: number;
  /** The first block that only the wanted version makes: nothing is taken back then. */
  readonly atHeight?: number;
  /** Why it is taken back; null while it is not. */
  readonly givenUp: string | null;
}

/** What a client said that no sweep asks, because its instance is not in the fleet yet: judged by the blocks of the fleet. */
export interface BesideLook {
  readonly atMs: number;
  readonly health: 'synced' | 'behind' | 'starting' | 'stuck' | 'forked' | 'unreachable' | 'unknown';
  readonly reason: string;
  readonly height: number | null;
  /** null where nobody knows the height of its chain. */
  readonly lagBlocks: number | null;
  /** What moves of it. */
  readonly track: Track;
}

/** The wanted version on another instance, beside the node that goes on. */
export interface Beside {
  /** The name of the template's instance that the node has, and of the one that is wanted. */
  readonly from: string;
  readonly to: string;
  /** Where the client stands among the units of the fleet file. */
  readonly at: number;
  /** Whether a start or a boot of the new instance would start the wanted version and no other, by its own last answer. */
  readonly isEnabled: boolean;
  /** The first height that it told. */
  readonly firstHeight: number | null;
  /** When it was last nearer to its chain than ever before. */
  readonly nearest: { readonly lagBlocks: number; readonly atMs: number } | null;
  readonly look: BesideLook | null;
  /** When it was last known where it stands. */
  readonly knownAtMs: number | null;
  /** The proof's own words. Until then nothing is done to the node. */
  readonly proved: string | null;
  /** It may have been in the fleet in the place of the node. */
  readonly mayHaveServed: boolean;
}

export interface LadderState {
  /** When it began, ms since the epoch: a flap keeps its incident, and later resources differ from earlier ones. */
  readonly beganAtMs: number;
  /** The incident at its begin: its resources are found under this name, no matter which incident continues it. */
  readonly incidentId: string;
  readonly found: FoundNode;
  readonly rung: Rung | null;
  readonly failed: readonly FailedRung[];
  /** Sets of snapshots that were tried, and siblings: none is tried twice in an incident. */
  readonly tried: readonly Tried[];
  /** Subnets that refused a launch for good, and subnets of instances that did not help: not tried again. */
  readonly exhausted: readonly string[];
  /** Launches that were refused, and why: one for each subnet. */
  readonly unplaced?: readonly Unplaced[];
  /** The last start of the original, where AWS refused it for a shortage; absent where none is refused. */
  readonly unstarted?: Shortage & { readonly reason: string };
  /** How many volumes and instances were created: part of the next one's token. */
  readonly generation: number;
  readonly restoredVolumes: RestoredVolumes | null;
  readonly replacement: Replacement | null;
  /** mayBeDown: an act that may take it down was intended in this rung. */
  readonly client: 'untouched' | 'mayBeDown';
  /** The original has said that its clients run, since anything was intended that takes them down: whoever stops one now, it is not the heal. */
  readonly ran?: true;
  /** Set where another version of the client is wanted. */
  readonly upgrade?: VersionChange;
  /** The owner's roll-back was intended: it is not done twice. Absent otherwise. */
  readonly rolledBack?: true;
  /**
   * The owner's reindex was intended: it is not done twice. Until when its client may say nothing, or stand where it is, and until when it has to be at the
   * tip; ms since the epoch. Absent otherwise.
   */
  readonly reindexed?: { readonly patientUntilMs: number; readonly untilMs: number };
  /** Set where another instance runs the wanted version beside the node. */
  readonly beside?: Beside;
  /** What this heal did to the original instance. stopIntended: a guard may have forbidden the stop. started: it ran again, in this rung. */
  readonly original: 'untouched' | 'stopIntended' | 'stopRequested' | 'started';
  /** State of the original in its Auto Scaling group. entering: it may be on standby. refused: the group does not set it to standby. */
  readonly standby: 'none' | 'entering' | 'entered' | 'refused';
  /** The group that sets it aside, from before the call on: its place is given back where its instance is gone. */
  readonly standbyIn?: string;
  /** Whether the original was taken out of the fleet's DNS pool in this rung. */
  readonly pool: 'in' | 'left';
  /** State of the snapshots that later rungs may need. unknown: they may be held. */
  readonly hold: 'none' | 'held' | 'unknown';
  /** A volume or an instance was created in this rung. */
  readonly hasMade: boolean;
  /** The heal stops and starts the instance of a well node: its client is stopped first, and started after the boot. Absent otherwise. */
  readonly moves?: true;
  /**
   * The type that its instance has, and the one that it is to have. stays: why it goes on with the first. held: a guard forbade the other one, for now.
   * Absent where the type is not the heal's.
   */
  readonly retypes?: { readonly from: string; readonly to: string; readonly stays?: string; readonly held?: true };
  /** The call without a token that was intended last. */
  readonly pending: Intent | null;
  readonly setback: Setback | null;
  /** Since when the client of the rung under way is up, or should be: its proof comes after this time. */
  readonly upSinceMs: number | null;
  /** What others saw of the client that is up since then: its first height, and where it was last nearer to its chain than ever before. */
  readonly cameUp?: {
    readonly upSinceMs: number;
    readonly height: number;
    /** The sighting from which its catch-up is measured; absent in memories of earlier versions, and once it was found down. */
    readonly first?: Sighting;
    readonly nearest: Sighting;
  };
  /** Since when the new version was first seen to follow its chain: the first node of a fleet is watched from there. */
  readonly followsSinceMs?: number;
  /** Which of its clients was restarted last, where that was one alone; a consensus client at fault is, once in an incident. */
  readonly restartedOnly?: string;
  /** Since when the heal waits for the act under way. */
  readonly waitingSinceMs: number | null;
  /** When the node was last asked while its client was silent. */
  readonly inspectedAtMs: number | null;
  /** The proof's own words, once there is one. */
  readonly proved: string | null;
  readonly cleared: readonly CleanupPiece[];
}

export interface SnapshotMemory {
  readonly found: FoundNode;
  readonly intent: Intent | null;
  readonly setId: string;
  readonly snapshotIds: readonly string[];
  /** The client's evidence after it had ended; and until when it stays so for sure, ms since the epoch, where the node's own timer would start it. */
  readonly clean: { readonly exitStatus: number; readonly lastLine: string; readonly untilMs?: number } | null;
  /** When AWS began the last of the snapshots, ms since the epoch; absent while there is none. */
  readonly takenAtMs?: number;
  /**
   * Since when the client may run again, ms since the epoch, by our command or by the node's own word; 0: nobody knows since when. A later capture is not
   * one of a stopped client. null: not told to start.
   */
  readonly upSinceMs: number | null;
}
