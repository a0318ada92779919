// The words of the ladder: what is read each turn, the one act that is decided, and what may come of it.
import type { Checks, InstanceNow } from '../../shared/aws/instances.ts';
import type { KeyScope } from '../../shared/aws/keys.ts';
import type { VolumeNow } from '../../shared/aws/volumes.ts';
import type { Fleet, Role } from '../../shared/fleet/model.ts';
import type { Health } from '../../shared/fleet/observation.ts';
import type { BreakerReading } from '../../shared/guardrails/breaker.ts';
import type { Blame, Copy, NewInstance, ReplaceMemory } from '../../shared/heal/memory.ts';
import type { FailureCode, GuardrailCode, Refusal } from '../../shared/model/guardrail-codes.ts';
import type { Want } from '../../shared/model/payload.ts';
import type { Rung } from '../../shared/model/rungs.ts';
import type { NodeState } from '../../shared/node-commands/node-answer.ts';
import type { SnapshotFact, SnapshotSet } from '../../shared/snapshots/model.ts';

/** What watch-fleet said last of the node's client; null where it has not been observed lately. */
export interface Watched {
  readonly instanceId: string;
  readonly health: Health;
  readonly reason: string;
  readonly sinceMs: number;
  readonly observedAtMs: number;
  readonly height: number | null;
  readonly lagBlocks: number | null;
}

/** An instance, and how its agent and its client are, as far as is known. */
export interface Machine {
  readonly instance: InstanceNow;
  readonly checks: Checks | null;
  readonly agentOnline: boolean;
}

export interface Facts {
  readonly nowMs: number;
  readonly fleet: Fleet;
  readonly want: Want;
  readonly role: Role;
  readonly node: string;
  readonly incidentId: string;
  readonly onsetMs: number;
  /** The instance that the incident is about; null where EC2 does not know it any more. */
  readonly old: Machine | null;
  /** The one that takes its place, where there is one. */
  readonly young: Machine | null;
  /** Of both instances, and of the copy. */
  readonly volumes: readonly VolumeNow[];
  /** What the node that is to run the client said last under this heal's fence. */
  readonly seen: NodeState | null;
  readonly watched: Watched | null;
  readonly breaker: BreakerReading;
  readonly haltedSinceMs: number | null;
  /** What a new instance would need and lacks; null where it was not read in this turn. */
  readonly reach: Reach | null;
  /** What may be copied, best first; null where it was not read in this turn. */
  readonly sources: Sources | null;
  /** Whose KMS keys may be used. */
  readonly keyScope: KeyScope;
  /** What EC2 says of a launch before it is made; null where the next decision does not rest on it. */
  readonly launch: { readonly is: 'accepted' } | { readonly is: 'refused' | 'unknown'; readonly reason: string } | null;
  /** How far the copy's blocks are; null where nobody waits for them. */
  readonly initialization: {
    readonly percent: number;
    readonly etaSeconds: number | null;
    readonly done: boolean;
  } | null;
}

/** What carries no tags of the fleet, by name, so that no heal may use it. */
export interface Reach {
  /** The launch template and security groups: without them nothing is launched. */
  readonly launch: readonly string[];
  /** Addresses and target groups, which would go on pointing at the old instance. */
  readonly pointers: readonly string[];
}

export interface Sources {
  /** Why they could not be read, where nothing needed them yet: nothing is known of them. */
  readonly unread?: string;
  readonly good: readonly SnapshotSet[];
  readonly refused: readonly { readonly setId: string; readonly why: string }[];
  /** Volumes of a healthy sibling in the same zone, where the fleet file prefers them. */
  readonly sibling: SiblingSource | null;
  /** Volumes that a heal of before has kept of this node. */
  readonly kept: KeptSource | null;
}

export interface SiblingSource {
  readonly instanceId: string;
  readonly node: string;
  readonly height: number | null;
  readonly volumes: Readonly<Record<string, string>>;
}

export interface KeptSource {
  readonly incidentId: string;
  readonly availabilityZone: string;
  readonly volumes: Readonly<Record<string, string>>;
}

/** What beyond the instance and its volumes has to be read for the next decision. */
export interface Needs {
  readonly sources: boolean;
  /** The same, where nothing is decided by it yet: what cannot be read is told, and nothing waits for it. */
  readonly supply: boolean;
  readonly initialization: boolean;
}

/** How far the blocks of a copy have come. */
export interface Progress {
  readonly percent: number;
  readonly etaSeconds: number | null;
  readonly what: string;
}

export type Act =
  /** Nothing to do for so long but to look again. */
  | { readonly do: 'wait'; readonly seconds: number; readonly what: string; readonly progress?: Progress }
  /** The first word to the node: it raises the fence, and says how it is. */
  | { readonly do: 'inspect'; readonly which: 'old' | 'young' }
  | { readonly do: 'begin'; readonly memory: ReplaceMemory }
  | { readonly do: 'take-rung'; readonly rung: Rung; readonly reason: string }
  | { readonly do: 'fail-rung'; readonly reason: string }
  /** Known before anything of it is begun: it cannot be climbed. */
  | { readonly do: 'skip-rung'; readonly rung: Rung; readonly reason: string }
  /** `notUsed`: why others are not held, for the journal. */
  | {
      readonly do: 'hold';
      readonly snapshots: readonly Held[];
      readonly notUsed: readonly string[];
      readonly isUnread: boolean;
    }
  | { readonly do: 'restart'; readonly reason: string }
  | { readonly do: 'stop-instance'; readonly which: 'old' | 'young'; readonly reason: string }
  | { readonly do: 'start-instance'; readonly reason: string }
  | { readonly do: 'choose'; readonly copy: Copy; readonly reason: string }
  | { readonly do: 'create'; readonly at: number; readonly reason: string }
  | {
      readonly do: 'attach';
      readonly volumeId: string;
      readonly which: 'old' | 'young';
      readonly device: string;
      readonly reason: string;
    }
  | { readonly do: 'check'; readonly at: number }
  | { readonly do: 'leave-pool' }
  | { readonly do: 'standby'; readonly group: string }
  | { readonly do: 'swap'; readonly to: 'copy' | 'found'; readonly reason: string }
  | { readonly do: 'give-up-copy'; readonly blame: Blame }
  | {
      readonly do: 'detach';
      readonly volumeId: string;
      readonly which: 'old' | 'young';
      readonly device: string;
      readonly reason: string;
    }
  | { readonly do: 'drop-copy' }
  | { readonly do: 'plan-machine'; readonly machine: NewInstance; readonly reason: string }
  | { readonly do: 'launch'; readonly reason: string }
  | { readonly do: 'keep-volumes' }
  | { readonly do: 'mask-old'; readonly reason: string }
  | { readonly do: 'fenced'; readonly by: 'acknowledgement' | 'root-detached' }
  | { readonly do: 'masked' }
  | { readonly do: 'join' }
  | { readonly do: 'take-over'; readonly reason: string }
  | { readonly do: 'give-up-machine'; readonly reason: string }
  | { readonly do: 'mask-young'; readonly reason: string }
  | { readonly do: 'leave' }
  | { readonly do: 'start-old'; readonly reason: string }
  | { readonly do: 'drop-machine' }
  | { readonly do: 'prove'; readonly reason: string }
  /** One piece of the clearing up after a proof. */
  | { readonly do: 'clear'; readonly what: Clearing; readonly target: string }
  | { readonly do: 'end'; readonly end: End };

/** As much of a snapshot as holding it needs. */
export type Held = Pick<SnapshotFact, 'snapshotId' | 'policyId' | 'locked' | 'tags' | 'ledger'>;

export type Clearing =
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

export type End =
  | { readonly as: 'healed'; readonly reason: string }
  | { readonly as: 'refused'; readonly refusal: Refusal }
  /** Something must be put back and does not come off: a person is told, and the next attempt goes on from here. */
  | { readonly as: 'failed'; readonly code: FailureCode; readonly reason: string; readonly lookAgainMs: number }
  | {
      readonly as: 'escalated';
      readonly code: FailureCode | GuardrailCode;
      readonly reason: string;
      /** Whether the node is as it was found. */
      readonly asFound: boolean;
    };

/** What came of an act. */
export type Result =
  | {
      readonly is: 'done';
      readonly atMs: number;
      readonly volumeId?: string;
      readonly instanceId?: string;
      readonly fence?: number;
      readonly seen?: NodeState | null;
      readonly note?: string;
    }
  /** It did not and will not happen, for a reason that another try does not change. */
  | {
      readonly is: 'failed';
      readonly atMs: number;
      readonly reason: string;
      /** AWS's, where it was AWS that refused. */
      readonly code?: string;
      readonly fault?: 'data' | 'node' | 'none';
      readonly seen?: NodeState | null;
      readonly putBack?: boolean;
    }
  /** Nobody knows whether it happened, or ever will: truth tells. */
  | { readonly is: 'unknown'; readonly atMs: number; readonly reason: string }
  /** A guard said no, in the very step. */
  | { readonly is: 'refused'; readonly refusal: Refusal }
  | { readonly is: 'lost' };
